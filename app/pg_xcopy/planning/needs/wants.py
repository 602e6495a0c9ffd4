"""What tables want: the ids of what their making, their rows and their completion need, as pg_depend has it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from pg_xcopy.catalog.model import SourceCatalog, TargetCatalog
from pg_xcopy.catalog.objects import Function, ObjectId
from pg_xcopy.catalog.relations import Column, Constraint, Index, Statistics
from pg_xcopy.planning.needs.extent import Extent
from pg_xcopy.planning.needs.graph import Graph, Node
from pg_xcopy.planning.selecting.design import Design

_CALLED = re.compile(r'("(?:[^"]|"")+"|[^\W\d][\w$]*)\s*\(')
"""A name in front of a parenthesis, in the text of a function."""


def nodes(
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
        yield design, (*design.relation.needs, *parents, *columns_need(design))


def _called(function: Function) -> Iterator[str]:
    """Guess the names that a body of text calls; of a schema's own functions, all overloads come along."""
    for name in dict.fromkeys(_CALLED.findall(function.body or "")):
        yield name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()


def columns_need(design: Design) -> Iterator[ObjectId]:
    """Give what the columns can't be made without: types, collations, what generates them."""
    for column in design.columns.kept:
        yield from column.needs
        if is_generated(column, design):
            yield from column.expression_needs


def is_generated(column: Column, design: Design) -> bool:
    """Tell whether the target generates the column: a transform makes it an ordinary one."""
    return bool(column.generated) and column.name not in design.columns.transformed


def defaults_need(design: Design) -> Iterator[ObjectId]:
    """Give what the defaults of columns call."""
    return (id_ for column in design.columns.kept if not column.generated for id_ in column.expression_needs)


def computed_with(designs: Iterable[Design]) -> Iterator[ObjectId]:
    """Give what is called while the copy is built; defaults are not."""
    for design in designs:
        yield from (*design.relation.needs, *columns_need(design), *_parts_need(design))


def _parts_need(design: Design) -> Iterator[ObjectId]:
    relation = design.relation
    parts: list[Constraint | Index | Statistics] = [*relation.constraints, *relation.indexes, *relation.statistics]
    for part in parts:
        if design.columns.left_out.isdisjoint(part.columns):
            yield from part.needs


def wanted_by(designs: Iterable[Design], source: SourceCatalog, extent: Extent) -> Iterator[ObjectId]:
    """Give all that the tables need, and what else the job brings."""
    for design in designs:
        yield from design.relation.needs
        yield from columns_need(design)
        yield from defaults_need(design)
        yield from _parts_need(design)
    if extent.everything:
        yield from (each.ids[0] for each in source.collations)
        yield from (each.ids[0] for each in source.text_searches)
        yield from (each.ids[0] for each in source.types if each.name.schema == source.schema)


def casts_among(
    wanted: Iterable[ObjectId], graph: Graph, source: SourceCatalog, standing: frozenset[ObjectId]
) -> Iterator[ObjectId]:
    """Give the casts whose types come along; nothing that uses a cast is recorded to need it."""
    types = ({each.ids[0] for each in source.types} - set(wanted)) | standing
    for cast in source.casts:
        if types.isdisjoint(graph.homes.get(id_, id_) for id_ in cast.needs):
            yield cast.ids[0]
