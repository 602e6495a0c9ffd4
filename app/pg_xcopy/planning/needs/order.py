"""All that the chosen tables need, in the order of its making, and what of it will not be there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from msgspec import Struct, field
from msgspec.structs import replace

from pg_xcopy.catalog.model import SourceCatalog, TargetCatalog
from pg_xcopy.catalog.objects import Cast, Collation, Function, ObjectId, Sequence, TextSearch, UserType
from pg_xcopy.planning.needs.absences import find_absences
from pg_xcopy.planning.needs.extent import Extent
from pg_xcopy.planning.needs.graph import Lack, Node, ids_of, make_graph
from pg_xcopy.planning.needs.sequences import identity_sequences, kept_columns, own_sequences
from pg_xcopy.planning.needs.spelling import Spelling, spell
from pg_xcopy.planning.needs.wants import casts_among, computed_with, defaults_need, nodes, wanted_by
from pg_xcopy.planning.selecting.design import Design, Designs, Schemas
from pg_xcopy.planning.versions import MAJOR


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

    def standing_alone(self, designs: Designs) -> Iterator[Sequence]:
        """Give the sequences that no column of the copy owns: it may have been left out, with its table or without."""
        owners = set(kept_columns(designs.tables))
        return (each for each in self.sequences if (each.owner, each.owner_column) not in owners)

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
    graph = make_graph(each for each in nodes(designs, source, target) if ids_of(each[0])[0] not in standing)
    wanted = graph.reach(wanted_by(designs, source, extent))
    wanted = graph.reach((*wanted, *casts_among(wanted, graph, source, standing)))
    missing = _missing_extensions(wanted, source, target)
    created = missing & target.available_extensions.keys() if extent.create_missing else frozenset()
    absent = find_absences(designs, source, target, missing - created)
    lacking = graph.lacking({id_: lack for id_, lack in absent.items() if id_ not in standing})
    late = graph.late()
    carried = {ids_of(each)[0]: tuple(id_ for id_ in defaults_need(each) if id_ not in late) for each in designs}
    roots = {*wanted, *carried}
    graph = graph.also(carried)
    reached = graph.reach(one for one in (*graph.nodes, *standing) if one in roots)
    order = tuple(graph.nodes[one] for one in reached if one in graph.nodes and one not in lacking)
    sequences = tuple(own_sequences(designs, source, extent))
    identities = identity_sequences(designs, source, target)
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
        computed=frozenset(graph.reach(computed_with(designs))),
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


def _missing_extensions(reached: Iterable[ObjectId], source: SourceCatalog, target: TargetCatalog) -> frozenset[str]:
    used = {source.members[each] for each in reached if each in source.members}
    return frozenset(used - {each.name for each in target.extensions})
