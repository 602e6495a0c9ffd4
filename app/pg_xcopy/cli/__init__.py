"""The command: options, output, exit codes. Nothing below it prints, and nothing below it exits."""

import os

from pg_xcopy.cli.signals import answer_as_first_process

__all__ = ["main"]


def main() -> None:
    """Run the command. What it is made of takes a while to import, and signals are answered before that."""
    answer_as_first_process()
    # Pydantic looks for plugins in all that is installed, which takes 20 ms of each command; ours has no use for any.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from pg_xcopy.cli.main import main as run

    run()
