"""The statements that build the staging schema: types, functions, sequences, tables, partitions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property

from msgspec import Struct

from pg_xcopy.catalog.objects import Cast, Collation, Function, ObjectId, Sequence, TextSearch, UserType
from pg_xcopy.catalog.relations import Column
from pg_xcopy.catalog.servers import Server
from pg_xcopy.planning.needs.order import Needs
from pg_xcopy.planning.plan import Notice, Step, TableStart, Topic
from pg_xcopy.planning.selecting.design import Design, Designs, Schemas
from pg_xcopy.planning.structure.comments import Comments
from pg_xcopy.planning.structure.inheritance import Inheritance
from pg_xcopy.planning.structure.properties import column_steps
from pg_xcopy.planning.structure.tables import Tables, carries_default
from pg_xcopy.planning.versions import MULTIRANGES, UNLOGGED_SEQUENCES
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql
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
                yield from _create(each, self.server.version)
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


def _create(each: Cast | Collation | TextSearch | UserType | Function, version: int) -> Iterator[Step]:
    if isinstance(each, UserType):
        yield _create_type(each, version)
    elif isinstance(each, Collation):
        sql = render("staging/create_collation.sql.j2", name=each.name, collation=each)
        yield Step(sql, f"creating collation {each.name.name}", each.name.name)
    elif isinstance(each, TextSearch):
        yield _create_text_search(each)
    elif isinstance(each, Cast):
        yield _create_cast(each)
    else:
        yield _create_function(each, replace=False)
        if each.leakproof:
            yield _mark_leakproof(each)


def _create_cast(each: Cast) -> Step:
    sql = render("staging/create_cast.sql.j2", cast=each)
    # one WITHOUT FUNCTION takes a superuser
    return Step(sql, f"creating cast {each.signature}", f"cast {each.signature}", Topic.OBJECT, each.method)


def _create_text_search(each: TextSearch) -> Step:
    sql = render(
        "staging/create_text_search.sql.j2",
        kind=each.kind,
        name=each.name,
        made_from=each.made_from,
        options=each.options,
        mappings=each.mappings,
    )
    return Step(sql, f"creating text search {each.kind.lower()} {each.name.name}", each.name.name)


def _create_function(each: Function, *, replace: bool) -> Step:
    sql = render(
        "staging/create_function.sql.j2",
        name=each.name,
        definition=each.definition,
        replace=replace,
        arguments=each.arguments,
        comment=None if replace else each.comment,
    )
    return Step(sql, f"creating function {each.name.name}", each.name.name)


def _mark_leakproof(each: Function) -> Step:
    subject = f"function {each.name.name}({each.arguments})"
    sql = render("staging/mark_leakproof.sql.j2", name=each.name, arguments=each.arguments)
    return Step(sql, f"marking {subject}", subject, Topic.PROPERTY, what="LEAKPROOF")


def late_check_steps(needs: Needs, comments: Comments) -> Iterator[Step]:
    """Give the checks of domains that are NOT VALID: the values that are copied may break them."""
    for each in needs.objects:
        for check, definition in each.late_checks if isinstance(each, UserType) else ():
            sql = render("staging/add_domain_check.sql.j2", domain=each.name, check=check, definition=definition)
            commented = comments.after(sql, "DOMAIN CONSTRAINT", check, each.name.name)
            yield Step(commented, f"adding check {check} of domain {each.name.name}", each.name.name)


def respelling_steps(needs: Needs) -> Iterator[Step]:
    """Give functions, whose text named the staging schema, the text that names the one which it will be.

    After all that is computed with them, and before the swap, so that they are right from its first moment.
    """
    return (_create_function(each, replace=True) for each in needs.respelled)


def _create_type(each: UserType, version: int) -> Step:
    multirange = multirange_of(each) if each.kind == "r" and version >= MULTIRANGES else None
    sql = render("staging/create_type.sql.j2", name=each.name, type=each, multirange=multirange)
    return Step(sql, f"creating type {each.name.name}", each.name.name)


def multirange_of(each: UserType) -> TableName:
    """Name a range's multirange type: as in the source, or where that has none as a server would.

    See makeMultirangeTypeName in PostgreSQL's catalog/pg_type.c.
    """
    name = each.name.name
    chosen = name.replace("range", "multirange", 1) if "range" in name else f"{_cut(name, 63 - 11)}_multirange"
    return TableName(each.name.schema, each.multirange or _cut(chosen, 63))


def _cut(name: str, size: int) -> str:
    return name.encode()[:size].decode(errors="ignore")


def default_steps(design: Design, needs: Needs, by_oid: Mapping[int, Design]) -> Iterator[Step]:
    """Defaults that CREATE TABLE did not carry: those that may fail, and those that differ from a parent's."""
    for column in design.columns.kept:
        said = column.local and column.expression
        differs = not said and _inherited_default(column, design, by_oid) != column.expression
        if (
            column.generated
            or column.identity
            or not (differs or (column.expression and not carries_default(column, needs)))
        ):
            continue
        if needs.lack(column.expression_needs):
            continue  # see default_notices
        sql = render(
            "staging/set_default.sql.j2",
            table=design.staged,
            column=column.name,
            expression=column.expression,
        )
        yield Step(
            sql,
            f"setting the default of {design.name}.{column.name}",
            f"{design.name}.{column.name}",
            Topic.DEFAULT,
        )


def default_notices(design: Design, needs: Needs) -> Iterator[Notice]:
    """Say which defaults go because something that they need will not be there."""
    for column in design.columns.kept:
        if not column.generated and (lack := needs.lack(column.expression_needs)):
            yield Notice(Topic.DEFAULT, f"{design.name}.{column.name}", lack.reason)


def _inherited_default(column: Column, design: Design, by_oid: Mapping[int, Design]) -> Sql | None:
    parents = [by_oid[oid].columns.kept for oid in design.inherits]
    inherited = (c.expression for kept in parents for c in kept if c.name == column.name and c.expression)
    return next(inherited, None) if parents else column.expression


def _attach(design: Design) -> Iterator[Step]:
    if design.attached_to:
        sql = render(
            "staging/attach_partition.sql.j2",
            parent=design.attached_to,
            table=design.staged,
            bound=design.relation.partition_bound,
        )
        yield Step(sql, f"attaching partition {design.name}", str(design.name))
