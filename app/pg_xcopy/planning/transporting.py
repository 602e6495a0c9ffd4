"""Rows that the servers copy between themselves: what is asked of which server, one statement a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from msgspec import Struct

from pg_xcopy.catalog.existing import ExistingCatalog
from pg_xcopy.catalog.model import SourceCatalog, TargetCatalog
from pg_xcopy.manifest.models import Job
from pg_xcopy.planning.foreign import Foreign, Rows, plan_foreign
from pg_xcopy.planning.foreign_problems import ANY, HINT, foreign_problems, transform_problems
from pg_xcopy.planning.plan import ColumnPlan, Plan, PlanProblem, Transport
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql
from pg_xcopy.sql.render import render

STREAM = "stream"
FOREIGN_TABLES = "postgres_fdw"


class Writing(Protocol):
    """Writes the statements by which the servers copy between themselves."""

    @property
    def transport(self) -> Transport:
        """How they talk to each other."""

    @property
    def why_text(self) -> str:
        """Why values travel as text."""

    def statements(
        self, into: TableName, columns: Iterable[ColumnPlan], reads: Iterable[Sql], rows: Rows
    ) -> tuple[Sql, ...]:
        """Write what copies each SELECT; they give `columns` in their order, save those that are generated."""

    def count(self, columns: Iterable[ColumnPlan], select: Sql, rows: Rows) -> Sql:
        """Write what counts the rows that a SELECT gives."""

    def trial(self, rows: Rows) -> Sql | None:
        """Write what asks the target which part of a filter the source would get to see."""


class Pulling(Struct, frozen=True):
    """Writes the statements of dblink, for the target to run."""

    transport: Transport

    @property
    def why_text(self) -> str:
        """Why values travel as text."""
        return f"{self.transport.name} knows no other way"

    def statements(
        self, into: TableName, columns: Iterable[ColumnPlan], reads: Iterable[Sql], _rows: Rows
    ) -> tuple[Sql, ...]:
        """Write one INSERT for each SELECT; they give `columns` in their order, save those that are generated."""
        taken = [{"name": each.name, "type": each.type} for each in columns if each.expression is not None]
        return tuple(
            render(
                "transports/dblink_insert.sql.j2",
                functions=self.transport.functions,
                table=into,
                columns=taken,
                select=each,
            )
            for each in reads
        )

    def count(self, _columns: Iterable[ColumnPlan], select: Sql, _rows: Rows) -> Sql:
        """Write what counts the rows that a SELECT gives."""
        return render("transports/dblink_count.sql.j2", functions=self.transport.functions, select=select)

    def trial(self, _rows: Rows) -> None:
        """Ask nothing: the source evaluates all of a SELECT."""


def writing(job: Job, source: SourceCatalog, target: TargetCatalog | ExistingCatalog) -> Writing | None:
    """Give what writes the statements, where the servers copy between themselves."""
    found = plan_transport(job, target)
    if found and found.name == FOREIGN_TABLES:
        return Foreign(found, source.server.version)
    return Pulling(found) if found else None


def plan_transport(job: Job, target: TargetCatalog | ExistingCatalog) -> Transport | None:
    """Decide how the servers will talk to each other; None where they don't, or can't: see transport_problems."""
    if job.transport == FOREIGN_TABLES:
        return plan_foreign(push=job.push)
    schema = _functions(job, target)
    if schema is None:
        return None
    # Bytes are sent to a database that takes any as a stream would bring them there.
    encoding = "UTF8" if target.server.encoding == ANY else target.server.encoding
    return Transport(
        name=job.transport,
        functions=schema,
        encoding=encoding,
        connect=render("transports/dblink_connect.sql.j2", functions=schema),
        process=render("transports/dblink_process.sql.j2", functions=schema),
        disconnect=render("transports/dblink_disconnect.sql.j2", functions=schema),
    )


def transport_problems(
    job: Job, source: SourceCatalog, target: TargetCatalog | ExistingCatalog
) -> Iterator[PlanProblem]:
    """Say what keeps the servers from talking to each other."""
    if job.transport == STREAM:
        return
    if job.transport == FOREIGN_TABLES:
        yield from foreign_problems(job, source, target)
    side = "source" if job.push else "target"
    if _functions(job, source if job.push else target) is None:
        yield PlanProblem(
            f"transport {job.transport}",
            f"the {side}'s database does not have the extension {job.transport}",
            f"ask its administrator for: CREATE EXTENSION {job.transport}; {HINT}",
        )
    if source.server.encoding == ANY != target.server.encoding:
        yield PlanProblem(
            f"transport {job.transport}",
            f"the source's database is in {ANY}, and nothing would check what it sends",
            "take `transport: stream`",
        )


def carrying_problems(plan: Plan) -> Iterator[PlanProblem]:
    """Say which rows the chosen way can't carry."""
    if plan.transport and plan.transport.at_once:
        yield from transform_problems(plan.copies)


def _functions(job: Job, catalog: SourceCatalog | TargetCatalog | ExistingCatalog) -> str | None:
    return next((each.schema for each in catalog.extensions if each.name == job.transport), None)
