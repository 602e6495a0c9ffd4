"""`pg-xcopy` itself: its commands, its short form, and what becomes of errors."""

from __future__ import annotations

import sys
from itertools import takewhile
from typing import Any

import click
from click.shell_completion import CompletionItem

from pg_xcopy import __version__
from pg_xcopy.cli import commands
from pg_xcopy.cli.completion import names_in
from pg_xcopy.cli.defaults import DEFAULT_MANIFESTS
from pg_xcopy.cli.failing import exit_code_of, report_failure, report_misuse

SHORT_FORM = "short-form"
OWN_OPTIONS = ("-h", "--help", "--version")
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Commands(click.Group):
    """A group in which a first word that is no command is a job's name or pattern: the short form."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Send what does not begin with a command, switches such as -v aside, to the short form."""
        switches = list(takewhile(_is_switch, args))
        word = next(iter(args[len(switches) :]), "")
        if word in self.commands:
            args = [word, *switches, *args[len(switches) + 1 :]]
        elif args and args[0] not in OWN_OPTIONS:
            args = [SHORT_FORM, *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Offer the commands, and what the short form takes: the jobs of the manifest that is here."""
        jobs = [] if incomplete.startswith("-") else names_in(DEFAULT_MANIFESTS, incomplete)
        return [*super().shell_complete(ctx, incomplete), *map(CompletionItem, jobs)]

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own signature
        """Turn any error into its sentence and its exit code."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            report_misuse(error)
            ctx.exit(error.exit_code)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except BaseException as error:  # noqa: BLE001 - the one place where everything ends
            report_failure(error, verbose=bool(ctx.find_root().meta.get("pg_xcopy.verbose")))
            ctx.exit(exit_code_of(error))


def _is_switch(word: str) -> bool:
    return word.startswith("-") and word not in {*OWN_OPTIONS, "-c", "--config", "--"}


@click.group(cls=Commands, context_settings=CONTEXT, no_args_is_help=True)
@click.version_option(__version__, prog_name="pg-xcopy")
def command() -> None:
    """\\copy on steroids: stream filtered, transformed tables between PostgreSQL databases.

    Jobs are declared in one YAML or Python file. The target's schema is built anew beside the old one, constraints and
    indexes included, and takes its place at the very end: whatever fails, the old one is still there. Or, with another
    mode, tables that exist take the rows, in one transaction.

    \b
    Short form:   pg-xcopy PATTERN [-c FILE] [-v]
                  FILE defaults to pg_xcopy_jobs.py, then jobs.yaml

    \b
    Exit codes:   0 done            2 usage or manifest
                  1 a job failed    3 done, with warnings (--fail-on-warnings)
                  130, 143 stopped by SIGINT, SIGTERM
    """  # noqa: D301 - click wants the character itself


for each in (
    commands.run,
    commands.plan,
    commands.validate,
    commands.list_jobs,
    commands.schema,
    commands.demo,
):
    command.add_command(each)
command.add_command(commands.short_form, SHORT_FORM)


def main() -> None:
    """Run the command; the only place where the process is told to exit."""
    sys.exit(command(prog_name="pg-xcopy"))
