"""Which types, functions, collations and sequences the chosen tables need, and in which order all of it is made."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from pg_xcopy.catalog.model import (
    Collation,
    Column,
    Constraint,
    Function,
    Index,
    ObjectId,
    Sequence,
    SourceCatalog,
    Statistics,
    TargetCatalog,
    UserType,
)
from pg_xcopy.planning.absences import find_absences
from pg_xcopy.planning.design import Design, Schemas
from pg_xcopy.planning.graph import Lack, Node, ids_of, make_graph
from pg_xcopy.planning.versions import MAJOR, SHARED_IDENTITIES

_CALLED = re.compile(r'("(?:[^"]|"")+"|[^\W\d][\w$]*)\s*\(')
"""A name in front of a parenthesis, in the text of a function."""


@dataclass(frozen=True)
class Extent:
    """How far to go: `everything` of the schema comes along, used or not; `create_missing` allows new extensions."""

    everything: bool
    create_missing: bool


@dataclass(frozen=True)
class Needs:
    """Everything that is made, each after what it needs, and sequences that are not an identity column's.

    Types, functions and collations have the names under which they are made: in the staging schema, or as in the source
    where they live in a schema of their own that the target lacks them in. What is `certain` is there when a table is
    made; what is `lacking` will never be. `extensions` are created first. A `newer_source` may use functions of the
    server's own that the target does not have.
    """

    order: tuple[Node, ...]
    sequences: tuple[Sequence, ...]
    identities: Mapping[tuple[int, str], Sequence]
    certain: frozenset[ObjectId]
    lacking: Mapping[ObjectId, Lack]
    extensions: tuple[str, ...] = ()
    newer_source: bool = False

    @cached_property
    def collations(self) -> tuple[Collation, ...]:
        """The collations among them."""
        return tuple(each for each in self.order if isinstance(each, Collation))

    @cached_property
    def objects(self) -> tuple[UserType | Function, ...]:
        """The types and functions among them."""
        return tuple(each for each in self.order if isinstance(each, UserType | Function))

    @cached_property
    def position_ids(self) -> frozenset[ObjectId]:
        """The sequences among them."""
        return frozenset(each.id for each in self.sequences)

    def lack(self, ids: Iterable[ObjectId]) -> Lack | None:
        """Find the first of these that will not be there."""
        return next((self.lacking[each] for each in ids if each in self.lacking), None)


def find_needs(
    designs: tuple[Design, ...],
    source: SourceCatalog,
    target: TargetCatalog,
    schemas: Schemas,
    extent: Extent,
) -> Needs:
    """Follow the dependencies of the chosen tables."""
    graph = make_graph(_nodes(designs, source, target))
    wanted = graph.reach(_wanted(designs, source, extent))
    missing = _missing_extensions(wanted, source, target)
    created = missing & target.available_extensions if extent.create_missing else frozenset()
    lacking = graph.lacking(find_absences(designs, source, target, missing - created))
    late = graph.late()
    carried = {ids_of(each)[0]: tuple(id_ for id_ in _defaults_need(each) if id_ not in late) for each in designs}
    roots = {*wanted, *carried}
    reached = graph.also(carried).reach(one for one in graph.nodes if one in roots)
    order = tuple(graph.nodes[one] for one in reached if one in graph.nodes and one not in lacking)
    sequences = tuple(_sequences(designs, source, extent))
    present = {id_ for id_, name in source.members.items() if id_.startswith("pg_type ") and id_ not in lacking}
    return Needs(
        order=tuple(_placed(each, source, schemas) for each in order),
        sequences=sequences,
        identities=_identities(designs, source, target),
        certain=frozenset({id_ for each in order for id_ in ids_of(each)} | {each.id for each in sequences} | present)
        - late,
        lacking=lacking,
        extensions=tuple(sorted(created)),
        newer_source=source.server.version // MAJOR > target.server.version // MAJOR,
    )


def _placed(each: Node, source: SourceCatalog, schemas: Schemas) -> Node:
    if isinstance(each, Design) or each.name.schema != source.schema:
        return each
    return replace(each, name=each.name.within(schemas.staging))


def _nodes(
    designs: tuple[Design, ...], source: SourceCatalog, target: TargetCatalog
) -> Iterator[tuple[Node, Iterable[ObjectId]]]:
    """Give all that could be made, in the order in which it is made where nothing speaks against it."""
    for collation in source.collations:
        yield collation, ()
    for each in source.types:
        # Only types of other schemas are looked for on the target; the schema's own are always made anew.
        if each.name.schema == source.schema or each.name not in target.types_elsewhere:
            yield each, each.needs
    by_name = defaultdict(list)
    for function in source.functions:
        by_name[function.name.name].append(function.ids[0])
    for function in source.functions:
        yield function, (*function.needs, *(id_ for name in _called(function) for id_ in by_name[name]))
    by_oid = {design.relation.oid: design for design in designs}
    for design in designs:
        parents = (by_oid[oid].relation.ids[0] for oid in design.inherits)
        yield design, (*design.relation.needs, *parents, *_columns_need(design))


def _called(function: Function) -> Iterator[str]:
    """Guess the names that a body of text calls; of a schema's own functions, all overloads come along."""
    for name in dict.fromkeys(_CALLED.findall(function.body or "")):
        yield name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()


def _columns_need(design: Design) -> Iterator[ObjectId]:
    """Give what the columns can't be made without: types, collations, what generates them."""
    for column in design.columns.kept:
        yield from column.needs
        if is_generated(column, design):
            yield from column.expression_needs


def is_generated(column: Column, design: Design) -> bool:
    """Tell whether the target generates the column: a transform makes it an ordinary one."""
    return bool(column.generated) and column.name not in design.columns.transformed


def _defaults_need(design: Design) -> Iterator[ObjectId]:
    return (id_ for column in design.columns.kept if not column.generated for id_ in column.expression_needs)


def _wanted(designs: Iterable[Design], source: SourceCatalog, extent: Extent) -> Iterator[ObjectId]:
    for design in designs:
        yield from design.relation.needs
        yield from _columns_need(design)
        yield from _defaults_need(design)
        parts: list[Constraint | Index | Statistics] = [
            *design.relation.constraints,
            *design.relation.indexes,
            *design.relation.statistics,
        ]
        for part in parts:
            if design.columns.left_out.isdisjoint(part.columns):
                yield from part.needs
    if extent.everything:
        yield from (each.ids[0] for each in source.collations)
        yield from (each.ids[0] for each in source.types if each.name.schema == source.schema)


def _missing_extensions(reached: Iterable[ObjectId], source: SourceCatalog, target: TargetCatalog) -> frozenset[str]:
    used = {source.members[each] for each in reached if each in source.members}
    return frozenset(used - {each.name for each in target.extensions})


def _sequences(designs: tuple[Design, ...], source: SourceCatalog, extent: Extent) -> Iterator[Sequence]:
    owners = set(_kept(designs))
    used = {id_ for design in designs for id_ in _defaults_need(design)}
    for each in source.sequences:
        stands_alone = extent.everything and each.owner is None
        if not each.identity and (each.id in used or (each.owner, each.owner_column) in owners or stands_alone):
            yield each


def _identities(
    designs: tuple[Design, ...], source: SourceCatalog, target: TargetCatalog
) -> dict[tuple[int, str], Sequence]:
    """Give the sequences of identity columns; from PostgreSQL 17 on, a partition's identity is its root's."""
    shared = target.server.version >= SHARED_IDENTITIES
    owners = set(_kept(design for design in designs if not (shared and design.attached_to)))
    return {
        (each.owner, each.owner_column): each
        for each in source.sequences
        if each.identity
        and each.owner is not None
        and each.owner_column is not None
        and (each.owner, each.owner_column) in owners
    }


def _kept(designs: Iterable[Design]) -> Iterator[tuple[int, str]]:
    return ((design.relation.oid, column.name) for design in designs for column in design.columns.kept)
