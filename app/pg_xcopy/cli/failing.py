"""What a person sees of an error, and what a shell does."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from contextlib import suppress

import click

from pg_xcopy.cli.signals import StoppedBySignal
from pg_xcopy.errors import TargetsFailedError, XcopyError


def exit_code_of(error: BaseException) -> int:
    """Give the exit code: the error's own, 128 + the signal's number, or 1."""
    if isinstance(error, XcopyError):
        return error.exit_code
    if isinstance(error, StoppedBySignal):
        return 128 + error.number
    if isinstance(error, BrokenPipeError):
        return 128 + signal.SIGPIPE
    return 128 + signal.SIGINT if isinstance(error, KeyboardInterrupt) else 1


def report_failure(error: BaseException, *, verbose: bool) -> None:
    """Say it on stderr: sentence, hint, and with `verbose` the chain of causes."""
    if isinstance(error, XcopyError):
        say_error(error)
        if verbose:
            say_causes(error)
    elif isinstance(error, StoppedBySignal):
        click.echo(f"pg-xcopy: stopped by {error.name}; {error.effect}", err=True)
    elif isinstance(error, KeyboardInterrupt):
        click.echo("pg-xcopy: stopped by SIGINT", err=True)
    elif isinstance(error, BrokenPipeError):
        _write_no_more()
    elif isinstance(error, OSError):
        with suppress(OSError):  # it may be stderr that is full
            click.echo(f"{_mark()} the operating system says: {error}.", err=True)
        _write_no_more()
    else:
        kind = type(error).__name__
        click.echo(f"{_mark()} unexpected {kind}: {error}. This is a bug; -v shows where.", err=True)
        if verbose:
            click.echo("".join(traceback.format_exception(error)), err=True)


def report_misuse(error: click.UsageError) -> None:
    """Say on stderr what is wrong with the command line, and how the command is used."""
    click.echo(f"{_mark()} {error.format_message()}", err=True)
    if error.ctx:
        click.echo(f"  {error.ctx.get_usage()} ({error.ctx.command_path} --help says more)", err=True)


def say_error(error: XcopyError) -> None:
    """Print an error's sentence and hint; of several mistakes each with its mark, as linters do."""
    for line in error.sentence.splitlines():
        click.echo(line if line.startswith(" ") else f"{_mark()} {line}", err=True)
    if error.hint:
        click.echo(f"  {error.hint}", err=True)


def say_causes(error: BaseException) -> None:
    """Print what led to an error, the nearest cause first; of several targets, what led to the error of each.

    Of errors that are not ours only the kind: their texts quote what they stumbled over, a line with a password in it.
    """
    if isinstance(error, TargetsFailedError):
        for failure in error.failures.values():
            say_causes(failure)
    cause = error.__cause__
    while cause is not None:
        ours = type(cause).__module__.startswith("pg_xcopy.")
        click.echo(f"  caused by {type(cause).__qualname__}{f': {cause}' if ours else ''}", err=True)
        cause = cause.__cause__


def may_color() -> bool:
    """Tell whether the user has nothing against colours (no-color.org)."""
    return not os.environ.get("NO_COLOR")


def _mark() -> str:
    return click.style("error:", fg="red", bold=True) if may_color() else "error:"


def _write_no_more() -> None:
    """Have the interpreter's last flush go nowhere: whoever read our output has gone (Python manual, SIGPIPE)."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())
