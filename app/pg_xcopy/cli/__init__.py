"""The command: options, output, exit codes. Nothing below it prints, and nothing below it exits."""

from pg_xcopy.cli.main import main

__all__ = ["main"]
