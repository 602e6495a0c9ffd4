"""The statements that build the staging schema: types, functions, sequences, tables, partitions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property

from msgspec import Struct

from pg_xcopy.catalog.objects import ObjectId, Sequence
from pg_xcopy.catalog.servers import Server
from pg_xcopy.planning.needs.order import Needs
from pg_xcopy.planning.plan import Step, TableStart
from pg_xcopy.planning.selecting.design import Design, Designs, Schemas
from pg_xcopy.planning.structure.inheritance import Inheritance
from pg_xcopy.planning.structure.objects import create
from pg_xcopy.planning.structure.properties import column_steps
from pg_xcopy.planning.structure.tables import Tables
from pg_xcopy.planning.versions import UNLOGGED_SEQUENCES
from pg_xcopy.sql.render import render


class Structure(Struct, frozen=True):
    """`prepare` is to be done in this order, in which each finds what it needs; then `separate`, in any order."""

    prepare: tuple[Step, ...]
    separate: tuple[TableStart, ...]

    @property
    def steps(self) -> tuple[Step, ...]:
        """All of them, in an order in which they can be done."""
        return (*self.prepare, *(step for table in self.separate for step in table.steps))


def plan_structure(designs: Designs, needs: Needs, schemas: Schemas, server: Server) -> Structure:
    """Decide how the empty structure is built; `server` is the target's."""
    building = _Building(designs, needs, schemas, server)
    return Structure(tuple(building.prepare()), tuple(building.separate()))


class _Building(Struct, frozen=True, dict=True):
    designs: Designs
    needs: Needs
    schemas: Schemas
    server: Server

    def prepare(self) -> Iterator[Step]:
        for sequence in self.needs.sequences:
            if sequence.id not in self._owned:
                yield self._create_sequence(sequence)
        for each in self.needs.order:
            if not isinstance(each, Design):
                yield from create(each, self.server.version)
            elif each.relation.oid not in self._separate:
                yield self._tables.create(each)
        for design in self.designs.tables:
            if design.relation.oid not in self._separate:
                yield from self._complete(design)
        for sequence in self.needs.sequences:
            if sequence.id not in self._owned:
                yield from self._give(sequence)

    def separate(self) -> Iterator[TableStart]:
        for oid, design in self._separate.items():
            own = self._own.get(oid, [])
            yield TableStart(
                design.name,
                (
                    *map(self._create_sequence, own),
                    self._tables.create(design),
                    *self._complete(design),
                    *(step for sequence in own for step in self._give(sequence)),
                ),
            )

    @cached_property
    def _tables(self) -> Tables:
        return Tables(self.needs, Inheritance(self.designs, self.server.version))

    @cached_property
    def _separate(self) -> Mapping[int, Design]:
        """Tables that stand alone, by OID: nothing else is made of them, and they hang on no other table."""
        inherited = {oid for design in self.designs.tables for oid in design.inherits}
        return {
            design.relation.oid: design
            for design in self.designs.tables
            if not (design.attached_to or design.inherits or design.partition_key)
            and design.relation.oid not in inherited
            and not any(self.needs.users.get(each) for each in design.relation.ids)
            and design.relation.oid not in self._lenders
        }

    @cached_property
    def _lenders(self) -> frozenset[int]:
        """Tables that own a sequence which another needs; by OID. It is given to its column before any stands alone."""
        by_oid, users = self.designs.by_oid, self.needs.users
        owned = ((by_oid.get(each.owner) if each.owner else None, each) for each in self.needs.sequences)
        return frozenset(
            design.relation.oid
            for design, sequence in owned
            if design and not users.get(sequence.id, frozenset()) <= {design.relation.ids[0]}
        )

    @cached_property
    def _own(self) -> Mapping[int, list[Sequence]]:
        """Sequences that only the table needs that owns them, where that stands alone; by its OID."""
        found: dict[int, list[Sequence]] = defaultdict(list)
        for sequence in self.needs.sequences:
            design = self._separate.get(sequence.owner) if sequence.owner else None
            if design and self.needs.users.get(sequence.id, frozenset()) <= {design.relation.ids[0]}:
                found[design.relation.oid].append(sequence)
        return found

    @cached_property
    def _owned(self) -> frozenset[ObjectId]:
        return frozenset(sequence.id for own in self._own.values() for sequence in own)

    def _complete(self, design: Design) -> Iterator[Step]:
        yield from self._tables.late_not_nulls(design)
        yield from column_steps(design, self.server.compressions)
        yield from _attach(design)

    def _create_sequence(self, sequence: Sequence) -> Step:
        unlogged = sequence.persistence == "u" and self.server.version >= UNLOGGED_SEQUENCES
        name = sequence.name.within(self.schemas.staging)
        sql = render("staging/create_sequence.sql.j2", name=name, sequence=sequence, unlogged=unlogged)
        return Step(sql, f"creating sequence {sequence.name.name}", sequence.name.name)

    def _give(self, sequence: Sequence) -> Iterator[Step]:
        design = self.designs.by_oid.get(sequence.owner) if sequence.owner else None
        if design and any(column.name == sequence.owner_column for column in design.columns.kept):
            sql = render(
                "staging/own_sequence.sql.j2",
                name=sequence.name.within(self.schemas.staging),
                table=design.staged,
                column=sequence.owner_column,
            )
            yield Step(sql, f"giving sequence {sequence.name.name} to its column", sequence.name.name)


def _attach(design: Design) -> Iterator[Step]:
    if design.attached_to:
        sql = render(
            "staging/attach_partition.sql.j2",
            parent=design.attached_to,
            table=design.staged,
            bound=design.relation.partition_bound,
        )
        yield Step(sql, f"attaching partition {design.name}", str(design.name))
