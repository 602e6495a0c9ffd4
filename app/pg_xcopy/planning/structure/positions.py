"""Sequences continue from where the source's stand."""

from __future__ import annotations

from collections.abc import Iterator

from pg_xcopy.catalog.model import SourceCatalog
from pg_xcopy.catalog.objects import Sequence
from pg_xcopy.catalog.servers import Server
from pg_xcopy.planning.needs.order import Needs
from pg_xcopy.planning.numbering import holds_numbers
from pg_xcopy.planning.plan import Notice, Position, Step, Topic
from pg_xcopy.planning.selecting.design import Design, Designs, Schemas
from pg_xcopy.sql.grants import grant
from pg_xcopy.sql.render import render


def position_steps(designs: Designs, needs: Needs, schemas: Schemas, source: SourceCatalog) -> Iterator[Step | Notice]:
    """Set every sequence; one that may not be read continues beyond the values that were copied, with a notice."""
    by_oid = {design.relation.oid: design for design in designs.tables}
    for sequence in (*needs.sequences, *needs.identities.values()):
        design = by_oid.get(sequence.owner) if sequence.owner else None
        column = next((c for c in design.columns.kept if c.name == sequence.owner_column), None) if design else None
        if sequence.identity and not column:
            continue
        if sequence.last_value is not None:
            yield _set(sequence, schemas)
            continue
        continues = column is not None and holds_numbers(column, source.types)
        yield _unknown(sequence, source.server, "continues beyond the copied values" if continues else "starts anew")
        if design and column and continues:
            yield _continue(sequence, design, column.name, schemas)


def late_positions(designs: Designs, needs: Needs, schemas: Schemas) -> Iterator[Position]:
    """Give the sequences whose positions are known, for those who have to ask for them again."""
    by_oid = {design.relation.oid: design for design in designs.tables}
    for sequence in (*needs.sequences, *needs.identities.values()):
        design = by_oid.get(sequence.owner) if sequence.owner else None
        kept = {each.name for each in design.columns.kept} if design else frozenset()
        if sequence.last_value is not None and (not sequence.identity or sequence.owner_column in kept):
            yield Position(sequence.name, sequence.name.within(schemas.staging))


def _set(sequence: Sequence, schemas: Schemas) -> Step:
    name = sequence.name.within(schemas.staging)
    sql = render("staging/set_sequence.sql.j2", name=name, value=sequence.last_value, is_called=sequence.is_called)
    return Step(sql, f"setting sequence {sequence.name.name}", sequence.name.name)


def _continue(sequence: Sequence, design: Design, column: str, schemas: Schemas) -> Step:
    sql = render(
        "staging/continue_sequence.sql.j2",
        name=sequence.name.within(schemas.staging),
        table=design.staged,
        column=column,
        descending=sequence.increment < 0,
        minimum=sequence.minimum,
        maximum=sequence.maximum,
    )
    return Step(sql, f"setting sequence {sequence.name.name}", sequence.name.name)


def _unknown(sequence: Sequence, source: Server, effect: str) -> Notice:
    asked = grant(source.role, f"SELECT ON {sequence.name.sql}")
    reason = f"the role may not read it (ask for: {asked})"
    if source.in_recovery and sequence.persistence == "u":
        reason = "a standby does not have what is unlogged"
    return Notice(Topic.SEQUENCE, str(sequence.name), f"it {effect}, as {reason}")
