"""Options that several commands share. Each has an environment variable."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from pg_xcopy.cli.completion import job_names
from pg_xcopy.cli.defaults import DEFAULT_MANIFESTS

Decorated = TypeVar("Decorated", bound=Callable[..., object])


def option(*names: str, variable: str, **how: Any) -> Callable[[Decorated], Decorated]:  # noqa: ANN401 - click's own
    """Make an option that PG_XCOPY_`variable` gives as well, as its help says."""
    return click.option(*names, envvar=f"PG_XCOPY_{variable}", show_envvar=True, **how)


manifest = click.argument("manifest", envvar="PG_XCOPY_MANIFEST", type=click.Path(allow_dash=True, readable=False))
patterns = click.argument("patterns", metavar="[PATTERN]...", nargs=-1, shell_complete=job_names)
some_patterns = click.argument("patterns", metavar="PATTERN...", nargs=-1, required=True, shell_complete=job_names)
as_json = option(
    "--json",
    "as_json",
    is_flag=True,
    variable="JSON",
    help="Print JSON on standard output, for machines.",
)
verbose = option(
    "-v",
    "--verbose",
    is_flag=True,
    variable="VERBOSE",
    help="Tell every step; after an error, its causes too.",
    callback=lambda ctx, _, given: _remember_verbose(ctx, given),
)
quiet = option(
    "-q",
    "--quiet",
    is_flag=True,
    variable="QUIET",
    help="Tell nothing but warnings and errors.",
)
fail_on_warnings = option(
    "--fail-on-warnings",
    is_flag=True,
    variable="FAIL_ON_WARNINGS",
    help="Exit with 3 where there were warnings.",
)
config = option(
    "-c",
    "--config",
    variable="CONFIG",
    type=click.Path(allow_dash=True, readable=False),
    help=f"The manifest; by default {' or '.join(DEFAULT_MANIFESTS)} in this directory.",
)
audit_log = option(
    "--audit-log",
    metavar="DIR",
    variable="AUDIT_LOG",
    help="Write what became of each table to a new file in this directory.",
)
log_format = option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    variable="LOG_FORMAT",
    help="How events are written to standard error: text, or a line of JSON each.",
)
summary = option(
    "--summary",
    metavar="FILE",
    variable="SUMMARY",
    help="Write what the whole run did to this file, as JSON, also when it fails.",
)
metrics_textfile = option(
    "--metrics-textfile",
    metavar="FILE",
    variable="METRICS_TEXTFILE",
    help="Write metrics for node_exporter's textfile collector (needs the extra metrics).",
)
pushgateway = option(
    "--pushgateway",
    metavar="URL",
    variable="PUSHGATEWAY",
    help="Push metrics to this Prometheus Pushgateway (needs the extra metrics).",
)
report = option(
    "--report",
    metavar="FILE",
    variable="REPORT",
    help="Write an HTML page that shows all of it: outcome, time, tables, warnings, plan.",
)


def running(function: Decorated) -> Decorated:
    """Add the options of commands that run jobs."""
    for each in (
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
        function = each(function)
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
