"""What our role needs on the target to fill tables, and has not: with the GRANT that mends it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from pg_xcopy.catalog.existing import ExistingCatalog, Rights
from pg_xcopy.planning.existing.overlap import Overlap
from pg_xcopy.planning.foreign_problems import HINT
from pg_xcopy.planning.plan import PlanProblem
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import identifier


class Wanted(Struct, frozen=True):
    """What is done to one table: its `inserted` columns, those that are `updated` and those that are read."""

    overlap: Overlap
    inserted: frozenset[str]
    updated: frozenset[str] = frozenset()
    read: frozenset[str] = frozenset()
    truncated: bool = False


def schema_problems(existing: ExistingCatalog, *, temporary: bool, pushed: bool) -> Iterator[PlanProblem]:
    """Say that the role may not go into the schema, or not make the tables in which rows land.

    That are `temporary` ones, or, for what is `pushed`, those of a schema of ours.
    """
    role = identifier(existing.server.role)
    if not existing.usable:
        yield PlanProblem(
            f"target schema {existing.schema}",
            f"the role {existing.server.role} may not use what is in it",
            f"ask for: GRANT USAGE ON SCHEMA {identifier(existing.schema)} TO {role}",
        )
    if temporary and not existing.may_make_temporary:
        yield PlanProblem(
            f"target database {existing.server.database}",
            f"the role {existing.server.role} may not make temporary tables in it, in which upserted rows land first",
            f"ask for: GRANT TEMPORARY ON DATABASE {identifier(existing.server.database)} TO {role}",
        )
    if pushed and not existing.server.may_create_schemas:
        yield PlanProblem(
            f"target database {existing.server.database}",
            f"the role {existing.server.role} may not make schemas in it, in one of which pushed rows land first",
            f"ask for: GRANT CREATE ON DATABASE {identifier(existing.server.database)} TO {role}; {HINT}",
        )


def table_problems(wanted: Wanted, existing: ExistingCatalog) -> Iterator[PlanProblem]:
    """Say what the role may not do with one table, and with the sequences that its defaults advance."""
    table, role = wanted.overlap.table, existing.server.role
    lacking = list(_lacking(wanted, existing.rights.get(table.oid, Rights())))
    if lacking:
        yield PlanProblem(
            str(table.name),
            f"the target's role {role} may not {_listed(lacking)} there",
            f"ask for: GRANT {', '.join(lacking)} ON {table.name.sql} TO {identifier(role)}",
        )
    for sequence in _advanced(wanted, existing):
        yield PlanProblem(
            str(table.name),
            f"its defaults take numbers from {sequence}, and the target's role {role} may not use that",
            f"ask for: GRANT USAGE ON SEQUENCE {sequence.sql} TO {identifier(role)}",
        )


def _lacking(wanted: Wanted, rights: Rights) -> Iterator[str]:
    if wanted.inserted - rights.inserts:
        yield "INSERT"
    if wanted.updated - rights.updates:
        yield "UPDATE"
    if wanted.read - rights.selects:
        yield "SELECT"
    if wanted.truncated and not rights.truncates:
        yield "TRUNCATE"


def _advanced(wanted: Wanted, existing: ExistingCatalog) -> Iterator[TableName]:
    """Give the sequences of serial columns that are left to their default; those of identity columns ask nobody."""
    left = {each.name for each in wanted.overlap.untouched}
    for sequence in existing.sequences_of(wanted.overlap.table):
        ours = sequence.owner_column in left and not sequence.identity
        if ours and sequence.oid not in existing.advanced:
            yield sequence.name


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
