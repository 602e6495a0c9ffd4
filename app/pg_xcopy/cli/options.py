"""Options that several commands share. Each has an environment variable."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from pg_xcopy.cli.completion import job_names
from pg_xcopy.cli.defaults import DEFAULT_MANIFESTS

Decorated = TypeVar("Decorated", bound=Callable[..., object])

manifest = click.argument("manifest", envvar="PG_XCOPY_MANIFEST", type=click.Path(allow_dash=True, readable=False))
patterns = click.argument("patterns", metavar="[PATTERN]...", nargs=-1, shell_complete=job_names)
some_patterns = click.argument("patterns", metavar="PATTERN...", nargs=-1, required=True, shell_complete=job_names)
as_json = click.option(
    "--json",
    "as_json",
    is_flag=True,
    envvar="PG_XCOPY_JSON",
    show_envvar=True,
    help="Print JSON on standard output, for machines.",
)
verbose = click.option(
    "-v",
    "--verbose",
    is_flag=True,
    envvar="PG_XCOPY_VERBOSE",
    show_envvar=True,
    help="Tell every step; after an error, its causes too.",
    callback=lambda ctx, _, given: _remember_verbose(ctx, given),
)
quiet = click.option(
    "-q",
    "--quiet",
    is_flag=True,
    envvar="PG_XCOPY_QUIET",
    show_envvar=True,
    help="Tell nothing but warnings and errors.",
)
fail_on_warnings = click.option(
    "--fail-on-warnings",
    is_flag=True,
    envvar="PG_XCOPY_FAIL_ON_WARNINGS",
    show_envvar=True,
    help="Exit with 3 where there were warnings.",
)
config = click.option(
    "-c",
    "--config",
    envvar="PG_XCOPY_CONFIG",
    show_envvar=True,
    type=click.Path(allow_dash=True, readable=False),
    help=f"The manifest; by default {' or '.join(DEFAULT_MANIFESTS)} in this directory.",
)
audit_log = click.option(
    "--audit-log",
    metavar="DIR",
    envvar="PG_XCOPY_AUDIT_LOG",
    show_envvar=True,
    help="Write what became of each table to a new file in this directory.",
)
log_format = click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    envvar="PG_XCOPY_LOG_FORMAT",
    show_envvar=True,
    help="How events are written to standard error: text, or a line of JSON each.",
)
summary = click.option(
    "--summary",
    metavar="FILE",
    envvar="PG_XCOPY_SUMMARY",
    show_envvar=True,
    help="Write what the whole run did to this file, as JSON, also when it fails.",
)
metrics_textfile = click.option(
    "--metrics-textfile",
    metavar="FILE",
    envvar="PG_XCOPY_METRICS_TEXTFILE",
    show_envvar=True,
    help="Write metrics for node_exporter's textfile collector (needs the extra metrics).",
)
pushgateway = click.option(
    "--pushgateway",
    metavar="URL",
    envvar="PG_XCOPY_PUSHGATEWAY",
    show_envvar=True,
    help="Push metrics to this Prometheus Pushgateway (needs the extra metrics).",
)
report = click.option(
    "--report",
    metavar="FILE",
    envvar="PG_XCOPY_REPORT",
    show_envvar=True,
    help="Write an HTML page that shows all of it: outcome, time, tables, warnings, plan.",
)


def running(function: Decorated) -> Decorated:
    """Add the options of commands that run jobs."""
    for option in (
        report,
        pushgateway,
        metrics_textfile,
        summary,
        log_format,
        audit_log,
        fail_on_warnings,
        quiet,
        verbose,
        as_json,
    ):
        function = option(function)
    return function


def default_manifest() -> str:
    """Find the manifest of the short form; a click.UsageError says where it was looked for."""
    for name in DEFAULT_MANIFESTS:
        if Path(name).exists():
            return name
    raise click.UsageError(f"there is neither {' nor '.join(DEFAULT_MANIFESTS)} here; name the manifest with -c FILE")


def _remember_verbose(ctx: click.Context, given: bool) -> bool:  # noqa: FBT001 - click's own signature
    ctx.find_root().meta["pg_xcopy.verbose"] = given
    return given
