"""Sequences of existing tables move beyond the values that were copied, so that the next number is free."""

from __future__ import annotations

from collections.abc import Iterator

from pg_xcopy.catalog.existing import ExistingCatalog, Rights
from pg_xcopy.catalog.objects import Sequence
from pg_xcopy.planning.existing.overlap import Overlap
from pg_xcopy.planning.numbering import holds_numbers
from pg_xcopy.planning.plan import Notice, Step, Topic
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import identifier
from pg_xcopy.sql.render import render


def sequence_steps(one: Overlap, existing: ExistingCatalog, held: TableName | None = None) -> Iterator[Step | Notice]:
    """Move the sequences of columns that are filled; what our role may not do is said with the GRANT for it.

    `held` is where the copied values can be read, if not in the table itself.
    """
    for sequence in existing.sequences_of(one.table):
        column = next((each.into for each in one.filled if each.name == sequence.owner_column), None)
        if column is None:
            continue
        if not holds_numbers(column, existing.types):
            message = f"it stays where it is: {column.name}, which owns it, is {column.type}"
            yield Notice(Topic.SEQUENCE, str(sequence.name), message)
            continue
        missing = list(_missing(sequence, one, existing, reads=held is None))
        if missing:
            grants = "; ".join(f"GRANT {each} TO {identifier(existing.server.role)}" for each in missing)
            message = f"it stays where it is, as the role may not move it (ask for: {grants})"
            yield Notice(Topic.SEQUENCE, str(sequence.name), message)
        else:
            yield _step(sequence, held or one.table.name)


def _missing(sequence: Sequence, one: Overlap, existing: ExistingCatalog, *, reads: bool) -> Iterator[str]:
    if sequence.oid not in existing.settable:
        yield f"SELECT, UPDATE ON SEQUENCE {sequence.name.sql}"
    if reads and sequence.owner_column not in existing.rights.get(one.table.oid, Rights()).selects:
        yield f"SELECT ON {one.table.name.sql}"


def _step(sequence: Sequence, held: TableName) -> Step:
    sql = render(
        "existing/continue_sequence.sql.j2",
        sequence=sequence.name,
        table=held,
        column=sequence.owner_column,
        descending=sequence.increment < 0,
        minimum=sequence.minimum,
        maximum=sequence.maximum,
    )
    return Step(sql, f"moving sequence {sequence.name}", str(sequence.name))
