"""Plans jobs one after the other and prints the plans."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import click

from pg_xcopy import api
from pg_xcopy.cli.failing import say_causes, say_error
from pg_xcopy.cli.reporting import reporting
from pg_xcopy.errors import XcopyError
from pg_xcopy.manifest.models import Job
from pg_xcopy.manifest.secrets.masking import masked
from pg_xcopy.planning import describe
from pg_xcopy.planning.plan import Plan
from pg_xcopy.planning.wording import flat


def plan_all(choose: Callable[[], Sequence[Job]], form: str, *, verbose: bool, report: str | None = None) -> int:
    """Print the plans (text, sql or json) of the jobs that `choose` gives; return the exit code.

    A job that has none does not hide the next.
    """
    with reporting(report, "plan", lambda text: click.echo(f"warning: {text}", err=True)) as told:
        jobs = api.read_secrets(choose())
        told.expect(jobs)
        outcomes = [(job, _outcome(job, verbose=verbose)) for job in jobs]
        for job, outcome in outcomes:
            told.planned(job, outcome)
    plans = [(job, plan) for job, outcome in outcomes if not isinstance(outcome, XcopyError) for plan in outcome]
    failed = any(isinstance(outcome, XcopyError) for _, outcome in outcomes)
    if form == "json":
        data = [masked(each, job.hidden) for job, outcome in outcomes for each in _as_data(job, outcome)]
        click.echo(json.dumps({"jobs": data}, indent=2, ensure_ascii=False))
    elif plans:
        show = describe.as_text if form == "text" else _titled if len(plans) > 1 else describe.as_sql
        click.echo("\n\n".join(masked(show(plan), job.hidden) for job, plan in plans))
    return 1 if failed else 0


def _titled(plan: Plan) -> str:
    """Write the statements below a comment that says whose they are."""
    ends = f"{plan.source.label} schema {plan.source.schema} → {plan.target.label} schema {plan.target.schema}"
    return f"-- {flat(f'job {plan.job}: {ends}')}\n{describe.as_sql(plan)}"


def _outcome(job: Job, *, verbose: bool) -> tuple[Plan, ...] | XcopyError:
    try:
        return api.plan_targets(job)
    except XcopyError as error:
        say_error(error)
        if verbose:
            say_causes(error)
        return error


def _as_data(job: Job, outcome: tuple[Plan, ...] | XcopyError) -> list[dict[str, object]]:
    if isinstance(outcome, XcopyError):
        return [{"job": job.name, "error": {"type": type(outcome).__name__, "message": str(outcome)}}]
    return [describe.as_data(plan) for plan in outcome]
