"""Rows that the servers copy between themselves: what is asked of which server, one statement a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pg_xcopy.catalog.existing import ExistingCatalog
from pg_xcopy.catalog.model import SourceCatalog, TargetCatalog
from pg_xcopy.manifest.models import Job
from pg_xcopy.planning.plan import ColumnPlan, PlanProblem, Transport
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql
from pg_xcopy.sql.render import render

STREAM = "stream"
HINT = "or take `transport: stream`, which needs nothing of the servers"
ANY = "SQL_ASCII"
"""The encoding of databases that take bytes for what they are."""


@dataclass(frozen=True)
class Pulling:
    """Writes the statements of dblink, for the target to run."""

    transport: Transport

    @property
    def why_text(self) -> str:
        """Why values travel as text."""
        return f"{self.transport.name} knows no other way"

    def statements(self, into: TableName, columns: Iterable[ColumnPlan], reads: Iterable[Sql]) -> tuple[Sql, ...]:
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

    def count(self, select: Sql) -> Sql:
        """Write what counts the rows that a SELECT gives."""
        return render("transports/dblink_count.sql.j2", functions=self.transport.functions, select=select)


def pulling(job: Job, target: TargetCatalog | ExistingCatalog) -> Pulling | None:
    """Give what writes the statements, where the target fetches its rows itself."""
    found = plan_transport(job, target)
    return Pulling(found) if found else None


def plan_transport(job: Job, target: TargetCatalog | ExistingCatalog) -> Transport | None:
    """Decide how the servers will talk to each other; None where they don't, or can't: see transport_problems."""
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
    if _functions(job, target) is None:
        yield PlanProblem(
            f"transport {job.transport}",
            f"the target's database does not have the extension {job.transport}",
            f"ask its administrator for: CREATE EXTENSION {job.transport}; {HINT}",
        )
    if source.server.encoding == ANY != target.server.encoding:
        yield PlanProblem(
            f"transport {job.transport}",
            f"the source's database is in {ANY}, and nothing would check what it sends",
            "take `transport: stream`",
        )


def _functions(job: Job, target: TargetCatalog | ExistingCatalog) -> str | None:
    return next((each.schema for each in target.extensions if each.name == job.transport), None)
