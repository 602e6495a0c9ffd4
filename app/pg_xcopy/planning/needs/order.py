"""Which types, functions, collations and sequences the chosen tables need, and in which order all of it is made."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from msgspec import Struct, field
from msgspec.structs import replace

from pg_xcopy.catalog.model import SourceCatalog, TargetCatalog
from pg_xcopy.catalog.objects import Cast, Collation, Function, ObjectId, Sequence, TextSearch, UserType
from pg_xcopy.catalog.relations import Column, Constraint, Index, Statistics
from pg_xcopy.planning.needs.absences import find_absences
from pg_xcopy.planning.needs.graph import Graph, Lack, Node, ids_of, make_graph
from pg_xcopy.planning.needs.spelling import Spelling, spell
from pg_xcopy.planning.selecting.design import Design, Designs, Schemas
from pg_xcopy.planning.versions import MAJOR, SHARED_IDENTITIES

_CALLED = re.compile(r'("(?:[^"]|"")+"|[^\W\d][\w$]*)\s*\(')
"""A name in front of a parenthesis, in the text of a function."""


class Standing(Struct, frozen=True):
    """What of the source's is not made, because the target's schema stays and has the same: types, functions, etc.

    `names` are all that the schema will have of those in the source's: what the text of a function may mean.
    """

    ids: frozenset[ObjectId] = frozenset()
    names: frozenset[str] = frozenset()


class Extent(Struct, frozen=True):
    """How far to go: `everything` of the schema comes along, used or not; `create_missing` allows new extensions."""

    everything: bool
    create_missing: bool
    standing: Standing = field(default_factory=Standing)


class Needs(Struct, frozen=True, dict=True):
    """Everything that is made, each after what it needs, and sequences that are not an identity column's.

    Types, functions and collations have the names under which they are made: in the staging schema, or as in the source
    where they live in a schema of their own that the target lacks them in. What is `certain` is there when a table is
    made; what is `lacking` will never be, and of what is wanted that is `unmade`. `extensions` are created first. A
    `newer_source` may use functions of the server's own that the target does not have. Functions whose text names their
    schema are `respelled` when all that is `computed` with them is; `copied` are the names in it that come along.
    `users` are those that need each of them. What is used as it stands in the target's schema is in `standing`.
    """

    order: tuple[Node, ...]
    sequences: tuple[Sequence, ...]
    identities: Mapping[tuple[int, str], Sequence]
    certain: frozenset[ObjectId]
    lacking: Mapping[ObjectId, Lack]
    extensions: tuple[str, ...] = ()
    newer_source: bool = False
    unmade: tuple[Node, ...] = ()
    computed: frozenset[ObjectId] = frozenset()
    respelled: tuple[Function, ...] = ()
    copied: frozenset[str] = frozenset()
    users: Mapping[ObjectId, frozenset[ObjectId]] = field(default_factory=dict)
    standing: frozenset[ObjectId] = frozenset()

    @cached_property
    def collations(self) -> tuple[Collation, ...]:
        """The collations among them."""
        return tuple(each for each in self.order if isinstance(each, Collation))

    @cached_property
    def text_searches(self) -> tuple[TextSearch, ...]:
        """The text search dictionaries and configurations among them."""
        return tuple(each for each in self.order if isinstance(each, TextSearch))

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
    standing = extent.standing.ids
    graph = make_graph(each for each in _nodes(designs, source, target) if ids_of(each[0])[0] not in standing)
    wanted = graph.reach(_wanted(designs, source, extent))
    wanted = graph.reach((*wanted, *_casts_among(wanted, graph, source, standing)))
    missing = _missing_extensions(wanted, source, target)
    created = missing & target.available_extensions.keys() if extent.create_missing else frozenset()
    absent = find_absences(designs, source, target, missing - created)
    lacking = graph.lacking({id_: lack for id_, lack in absent.items() if id_ not in standing})
    late = graph.late()
    carried = {ids_of(each)[0]: tuple(id_ for id_ in _defaults_need(each) if id_ not in late) for each in designs}
    roots = {*wanted, *carried}
    graph = graph.also(carried)
    reached = graph.reach(one for one in (*graph.nodes, *standing) if one in roots)
    order = tuple(graph.nodes[one] for one in reached if one in graph.nodes and one not in lacking)
    sequences = tuple(_sequences(designs, source, extent))
    identities = _identities(designs, source, target)
    copied = frozenset(_names((*order, *sequences, *identities.values()), source.schema))
    named = copied | extent.standing.names
    building = spell(source, target, schemas.staging, copied, extent.standing.names)
    placed = tuple(_placed(each, building) for each in order)
    present = {id_ for id_, name in source.members.items() if id_.startswith("pg_type ") and id_ not in lacking}
    return Needs(
        order=placed,
        sequences=sequences,
        identities=identities,
        certain=frozenset(
            {id_ for each in order for id_ in ids_of(each)} | {each.id for each in sequences} | present | standing
        )
        - late,
        lacking=lacking,
        extensions=tuple(sorted(created)),
        newer_source=source.server.version // MAJOR > target.server.version // MAJOR,
        unmade=tuple(graph.nodes[one] for one in wanted if one in graph.nodes and one in lacking),
        computed=frozenset(graph.reach(_computed_with(designs))),
        respelled=tuple(_respelled(order, placed, spell(source, target, schemas.target, named))),
        copied=named if source.schema != target.schema else copied,
        users=graph.users(reached),
        standing=standing.intersection(reached),
    )


def _placed(each: Node, building: Spelling) -> Node:
    if isinstance(each, Design | Cast) or each.name.schema != building.source:
        return each
    name = each.name.within(building.schema)
    return replace(building.respelled(each) if isinstance(each, Function) else each, name=name)


def _names(copied: Iterable[Node | Sequence], schema: str) -> Iterator[str]:
    for each in copied:
        name = None if isinstance(each, Cast) else each.relation.name if isinstance(each, Design) else each.name
        if name and name.schema == schema:
            yield name.name


def _respelled(order: Iterable[Node], placed: Iterable[Node], built: Spelling) -> Iterator[Function]:
    for original, made in zip(order, placed, strict=True):
        if isinstance(original, Function) and isinstance(made, Function):
            final = replace(built.respelled(original), name=made.name)
            if final != made:
                yield final


def _nodes(
    designs: tuple[Design, ...], source: SourceCatalog, target: TargetCatalog
) -> Iterator[tuple[Node, Iterable[ObjectId]]]:
    """Give all that could be made, in the order in which it is made where nothing speaks against it."""
    for collation in source.collations:
        yield collation, ()
    for cast in source.casts:
        yield cast, cast.needs
    for text_search in source.text_searches:
        yield text_search, text_search.needs
    for each in source.types:
        # Only types of other schemas are looked for on the target; the schema's own are made anew, unless it stays.
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


def _computed_with(designs: Iterable[Design]) -> Iterator[ObjectId]:
    """Give what is called while the copy is built; defaults are not."""
    for design in designs:
        yield from (*design.relation.needs, *_columns_need(design), *_parts_need(design))


def _parts_need(design: Design) -> Iterator[ObjectId]:
    relation = design.relation
    parts: list[Constraint | Index | Statistics] = [*relation.constraints, *relation.indexes, *relation.statistics]
    for part in parts:
        if design.columns.left_out.isdisjoint(part.columns):
            yield from part.needs


def _wanted(designs: Iterable[Design], source: SourceCatalog, extent: Extent) -> Iterator[ObjectId]:
    for design in designs:
        yield from design.relation.needs
        yield from _columns_need(design)
        yield from _defaults_need(design)
        yield from _parts_need(design)
    if extent.everything:
        yield from (each.ids[0] for each in source.collations)
        yield from (each.ids[0] for each in source.text_searches)
        yield from (each.ids[0] for each in source.types if each.name.schema == source.schema)


def _casts_among(
    wanted: Iterable[ObjectId], graph: Graph, source: SourceCatalog, standing: frozenset[ObjectId]
) -> Iterator[ObjectId]:
    """Give the casts whose types come along; nothing that uses a cast is recorded to need it."""
    types = ({each.ids[0] for each in source.types} - set(wanted)) | standing
    for cast in source.casts:
        if types.isdisjoint(graph.homes.get(id_, id_) for id_ in cast.needs):
            yield cast.ids[0]


def _missing_extensions(reached: Iterable[ObjectId], source: SourceCatalog, target: TargetCatalog) -> frozenset[str]:
    used = {source.members[each] for each in reached if each in source.members}
    return frozenset(used - {each.name for each in target.extensions})


def _sequences(designs: tuple[Design, ...], source: SourceCatalog, extent: Extent) -> Iterator[Sequence]:
    owners = set(_kept(designs))
    used = {id_ for design in designs for id_ in _defaults_need(design)}
    for each in source.sequences:
        stands_alone = extent.everything and each.owner is None
        if each.id in extent.standing.ids or each.identity:
            continue
        if each.id in used or (each.owner, each.owner_column) in owners or stands_alone:
            yield each


def standing_alone(designs: Designs, needs: Needs) -> Iterator[Sequence]:
    """Give the sequences that no column of the copy owns: it may have been left out, with its table or without."""
    owners = set(_kept(designs.tables))
    return (each for each in needs.sequences if (each.owner, each.owner_column) not in owners)


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
