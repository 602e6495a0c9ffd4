"""Why foreign tables can't carry the rows of a job: what they can't do, and what would be unsafe."""

from __future__ import annotations

from collections.abc import Iterator

from pg_xcopy.catalog.existing import ExistingCatalog
from pg_xcopy.catalog.model import SourceCatalog, TargetCatalog
from pg_xcopy.manifest.models import Job
from pg_xcopy.planning.plan import CopyPlan, PlanProblem

HINT = "or take `transport: stream`, which needs nothing of the servers"
ANY = "SQL_ASCII"
"""The encoding of databases that take bytes for what they are."""

FETCHING, PUSHING = "transport postgres_fdw", "push"
OTHERS = "take `transport: dblink` or `stream`"
PUSHED = "take `push: true`, or `transport: dblink` or `stream`"
ON_SOURCE = f"with `push: true` the source evaluates it; or {OTHERS}"


def foreign_problems(job: Job, source: SourceCatalog, target: TargetCatalog | ExistingCatalog) -> Iterator[PlanProblem]:
    """Say what speaks against foreign tables, whatever the tables are."""
    encodings = (source.server.encoding, target.server.encoding)
    if encodings[1] == ANY and encodings[0] not in (ANY, "UTF8"):
        message = f"the target's database is in {ANY}, and nothing would convert what comes in {encodings[0]}"
        yield PlanProblem(FETCHING, message, OTHERS)
    yield from _pushing_problems(job, source) if job.push else _fetching_problems(job, source)


def _pushing_problems(job: Job, source: SourceCatalog) -> Iterator[PlanProblem]:
    if job.source.database.protected:
        message = "the source's connection is `protected`, and its server would have to write down where the target is"
        yield PlanProblem(PUSHING, message, f"leave `push` out, {HINT}")
    if source.server.in_recovery:
        message = "the source is a standby, which can't write down where the target is"
        yield PlanProblem(PUSHING, message, OTHERS)


def _fetching_problems(job: Job, source: SourceCatalog) -> Iterator[PlanProblem]:
    if source.server.in_recovery:
        message = "the source is a standby, whose tables can't be kept from changing as long as no snapshot is shared"
        yield PlanProblem(FETCHING, message, OTHERS)
    if job.transaction == "table":
        message = "each transaction would read the source at an instant of its own"
        yield PlanProblem(FETCHING, message, f"leave `transaction: table` out, or {OTHERS}")


def transform_problems(copies: tuple[CopyPlan, ...]) -> Iterator[PlanProblem]:
    """Say which expressions a foreign table can't have evaluated on the source."""
    for copy in copies:
        names = [each.name for each in copy.columns if each.transformed]
        if names:
            message = f"a foreign table runs no SELECT of ours, so {', '.join(names)} would be transformed too late"
            yield PlanProblem(str(copy.source), f"{message}: raw values would leave the source", ON_SOURCE)
        for each in copy.conversions:
            message = f"the source has to cast {each.column} from {each.given} to {each.wanted}, and a foreign table"
            yield PlanProblem(str(copy.source), f"{message} runs no SELECT of ours", OTHERS)
