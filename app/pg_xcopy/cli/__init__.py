"""The command: options, output, exit codes. Nothing below it prints, and nothing below it exits."""

from pg_xcopy.cli.signals import answer_as_first_process

__all__ = ["main"]


def main() -> None:
    """Run the command. What it is made of takes a while to import, and signals are answered before that."""
    answer_as_first_process()
    from pg_xcopy.cli.main import main as run

    run()
