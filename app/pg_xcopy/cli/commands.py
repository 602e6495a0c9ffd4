"""The commands. Each imports what it needs when it runs, so that `--help` pays for none of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from pg_xcopy.cli import options

if TYPE_CHECKING:
    from pg_xcopy.manifest.models import Job


COMMANDS = ("run", "plan", "validate", "list", "schema", "demo")


@click.command(short_help="Run the jobs whose names match.")
@options.manifest
@options.patterns
@options.running
def run(manifest: str, patterns: tuple[str, ...], **how: Any) -> None:  # noqa: ANN401 - what options.running says
    """Run the jobs of MANIFEST whose names match a PATTERN (a name or a glob; all jobs by default).

    \b
    Examples:   pg-xcopy run jobs.yaml
                pg-xcopy run jobs.yaml "export:*" --fail-on-warnings
                pg-xcopy run jobs.yaml --json | jq .jobs[].rows

    \b
    Exit codes: 0 done; 1 a job failed; 2 usage, manifest or secret;
                3 done, with warnings (--fail-on-warnings);
                130, 143 stopped by SIGINT, SIGTERM
    """  # noqa: D301 - click wants the character itself
    _run(manifest, patterns, **how)


class _InPlaceOfTheGroup(click.Context):
    """What `pg-xcopy PATTERN` runs has no name of its own."""

    @property
    def command_path(self) -> str:
        return self.parent.command_path if self.parent else ""


class _ShortForm(click.Command):
    context_class = _InPlaceOfTheGroup


@click.command(cls=_ShortForm, hidden=True)
@options.some_patterns
@options.config
@options.running
def short_form(patterns: tuple[str, ...], config: str | None, **how: Any) -> None:  # noqa: ANN401 - what options.running says
    """Run the jobs whose names match PATTERN, from the manifest in this directory or the one given with -c."""
    _refuse_misspelt_command(patterns)
    _run(config or options.default_manifest(), patterns, **how)


def _refuse_misspelt_command(patterns: tuple[str, ...]) -> None:
    """Someone who writes `pg-xcopy rnu jobs.yaml` does not mean a job called rnu."""
    from pathlib import Path

    from pg_xcopy.manifest.near import did_you_mean

    if len(patterns) > 1 and Path(patterns[1]).exists():
        near = did_you_mean(patterns[0], COMMANDS)
        raise click.UsageError(f"there is no command {patterns[0]!r}{f'; {near}' if near else ''}")


def _run(
    manifest: str,
    patterns: tuple[str, ...],
    **how: Any,  # noqa: ANN401 - as above
) -> None:
    from pg_xcopy.cli.manner import Manner
    from pg_xcopy.cli.running import run_all

    manner = Manner(**how)
    ctx = click.get_current_context()
    try:
        code = run_all(lambda: _chosen(manifest, patterns), manner)
    except BaseException as error:
        if not manner.for_machines:  # who was told of it in a line of JSON
            raise
        from pg_xcopy.cli.failing import exit_code_of

        code = exit_code_of(error)
    ctx.exit(code)


def _chosen(manifest: str, patterns: tuple[str, ...]) -> tuple[Job, ...]:
    from pg_xcopy import api

    return api.select_jobs(patterns, api.load_manifest(manifest))


@click.command(short_help="Show what run would do; write nothing.")
@options.manifest
@options.patterns
@options.option(
    "--sql",
    "as_sql",
    is_flag=True,
    variable="SQL",
    help="Print every statement that would be sent.",
)
@options.report
@options.as_json
@options.verbose
def plan(  # noqa: PLR0913 - an argument for each option
    manifest: str, patterns: tuple[str, ...], *, as_sql: bool, report: str | None, as_json: bool, verbose: bool
) -> None:
    """Show everything that `run` would do: tables, columns, filters, keys, what is dropped, estimated rows and bytes.

    Every SELECT is checked on the source; nothing is written anywhere.

    \b
    Examples:   pg-xcopy plan jobs.yaml
                pg-xcopy plan jobs.yaml "export:*" --sql
                pg-xcopy plan jobs.yaml --json | jq .jobs[].copies[].select

    \b
    Exit codes: 0 all jobs can run; 1 one can't; 2 usage, manifest or secret
    """  # noqa: D301 - click wants the character itself
    from pg_xcopy.cli.planning import plan_all

    form = "json" if as_json else "sql" if as_sql else "text"
    code = plan_all(lambda: _chosen(manifest, patterns), form, verbose=verbose, report=report)
    click.get_current_context().exit(code)


@click.command(short_help="Check a manifest without connecting to anything.")
@options.manifest
@options.verbose
def validate(manifest: str, *, verbose: bool) -> None:  # noqa: ARG001 - for errors, options.verbose remembers it
    """Check MANIFEST and report every mistake with its line and column. No connection is opened.

    \b
    Examples:   pg-xcopy validate jobs.yaml
                generate-jobs | pg-xcopy validate -

    \b
    Exit codes: 0 it is valid; 2 it is not, or usage
    """  # noqa: D301 - click wants the character itself
    from pg_xcopy import api

    jobs = api.load_manifest(manifest).jobs
    click.echo(f"{manifest}: valid, {len(jobs)} job{'s' * (len(jobs) != 1)}: {', '.join(jobs)}")


@click.command("list", short_help="List the jobs of a manifest.")
@options.manifest
@options.patterns
@options.as_json
@options.verbose
def list_jobs(manifest: str, patterns: tuple[str, ...], *, as_json: bool, verbose: bool) -> None:  # noqa: ARG001 - as for validate
    """List the jobs of MANIFEST whose names match, with where they read and write.

    \b
    Examples:   pg-xcopy list jobs.yaml
                pg-xcopy list jobs.yaml "tenant:*" --json | jq -r .jobs[].job

    \b
    Exit codes: 0 done; 2 usage or manifest
    """  # noqa: D301 - click wants the character itself
    jobs = _chosen(manifest, patterns)
    if as_json:
        click.echo(json.dumps({"jobs": [_listed(job) for job in jobs]}, indent=2, ensure_ascii=False))
        return
    width = max((len(job.name) for job in jobs), default=0)
    for job in jobs:
        source = f"{job.source.database.described} schema {job.source.schema_name}"
        for number, target in enumerate(job.all_targets):
            name = "" if number else job.name
            click.echo(f"{name:{width}}  {source} → {target.database.described} schema {target.schema_name}")


def _listed(job: Job) -> dict[str, Any]:
    return {
        "job": job.name,
        "source": f"{job.source.database.described} schema {job.source.schema_name}",
        "targets": [
            {"database": each.database.described, "schema": each.schema_name, "mode": each.mode}
            for each in job.all_targets
        ],
        "tables": list(job.tables),
    }


@click.command(short_help="Print the JSON Schema of a manifest.")
def schema() -> None:
    """Print the JSON Schema of a manifest, for editors with a YAML language server.

    \b
    Examples:   pg-xcopy schema > pg-xcopy.schema.json

    \b
    Exit codes: 0 done; 2 usage
    """  # noqa: D301 - click wants the character itself
    from pg_xcopy.manifest.schema import json_schema_text

    click.echo(json_schema_text(), nl=False)


@click.command(short_help="Run the four use cases on two throw-away servers.")
@options.option(
    "--keep",
    is_flag=True,
    variable="KEEP",
    help="Leave the servers running until Enter is pressed.",
)
@options.verbose
def demo(*, keep: bool, verbose: bool) -> None:  # noqa: ARG001 - as for validate
    """Copy a made-up shop between two throw-away PostgreSQL servers, in four ways, and show what became of its rows.

    \b
    Examples:   pg-xcopy demo
                pg-xcopy demo --keep

    \b
    Exit codes: 0 done; 1 no server was found, or a copy failed;
                2 usage; 130, 143 stopped by SIGINT, SIGTERM
    """  # noqa: D301 - click wants the character itself
    from pg_xcopy.cli.signals import StoppedBySignal, signals_raise
    from pg_xcopy.demo.show import show

    try:
        with signals_raise():
            show(keep=keep)
    except StoppedBySignal as stop:
        stop.effect = "the servers are stopped, and all that they wrote is removed"
        raise
