"""The command: options, output, exit codes. Nothing below it prints, and nothing below it exits."""

import gc
import os

from pg_xcopy.cli.priority import stand_back
from pg_xcopy.cli.signals import answer_as_first_process

__all__ = ["main"]

RARELY = 100_000
"""How many objects more than were there before have Python look for those that only refer to each other; else 700."""


def main() -> None:
    """Run the command. What it is made of takes a while to import, and signals are answered before that."""
    answer_as_first_process()
    stand_back()
    # Pydantic looks for plugins in all that is installed, which takes 20 ms of each command; ours has no use for any.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # Of what is imported nothing is ever garbage; to look for some, then and at the end, took 45 ms of each command.
    gc.set_threshold(RARELY)
    from pg_xcopy.cli.main import main as run

    try:
        run()
    finally:
        gc.freeze()
