"""Which types, functions and sequences of the schema the chosen tables need, and in which order they can be made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from graphlib import CycleError, TopologicalSorter

from pg_xcopy.catalog.model import (
    Collation,
    Constraint,
    Function,
    Index,
    Sequence,
    SourceCatalog,
    Statistics,
    TargetCatalog,
    UserType,
)
from pg_xcopy.planning.design import Design, Schemas

MAJOR = 10000
"""What PostgreSQL's version numbers count major versions in."""


@dataclass(frozen=True)
class Needs:
    """Types and functions in the order of their making, and sequences that are not an identity column's.

    `objects` have the names under which they are made: in the staging schema, or as in the source where they live in a
    schema of their own that the target lacks them in. `extensions` are those that the target lacks.
    A `newer_source` may use functions of the server's own that the target does not have.
    """

    collations: tuple[Collation, ...]
    objects: tuple[UserType | Function, ...]
    sequences: tuple[Sequence, ...]
    identities: Mapping[tuple[int, str], Sequence]
    extensions: tuple[str, ...] = ()
    newer_source: bool = False

    @cached_property
    def oids(self) -> frozenset[int]:
        """What will be there for a default, check or index to use."""
        return frozenset({each.oid for each in self.objects} | {each.oid for each in self.sequences})


def find_needs(
    designs: tuple[Design, ...], source: SourceCatalog, target: TargetCatalog, schemas: Schemas, *, everything: bool
) -> Needs:
    """Follow the dependencies of the chosen tables; with `everything`, all types and sequences come along."""
    # Only types of other schemas are looked for on the target; the schema's own are always made anew.
    lacking = [t for t in source.types if t.name.schema == source.schema or t.name not in target.types_elsewhere]
    made: list[UserType | Function] = [*lacking, *source.functions]
    makers = {each.oid: each for each in made}
    wanted = set(_wanted(designs))
    if everything:
        wanted |= {each.oid for each in lacking if each.name.schema == source.schema}
    kept = [(design.relation.oid, column) for design in designs for column in design.columns.kept]
    owners = {(table, column.name) for table, column in kept}
    used = {oid for _, column in kept for oid in column.sequences}
    return Needs(
        collations=source.collations,
        objects=tuple(_placed(makers[oid], source, schemas) for oid in _in_order(_closure(wanted, makers, source))),
        sequences=tuple(
            each
            for each in source.sequences
            if not each.identity
            and (each.oid in used or (each.owner, each.owner_column) in owners or (everything and each.owner is None))
        ),
        identities={
            (each.owner, each.owner_column): each
            for each in source.sequences
            if each.identity
            and each.owner is not None
            and each.owner_column is not None
            and (each.owner, each.owner_column) in owners
        },
        extensions=_lacking_extensions(designs, target),
        newer_source=source.server.version // MAJOR > target.server.version // MAJOR,
    )


def _placed(each: UserType | Function, source: SourceCatalog, schemas: Schemas) -> UserType | Function:
    own = each.name.schema == source.schema
    return replace(each, name=each.name.within(schemas.staging)) if own else each


def _lacking_extensions(designs: tuple[Design, ...], target: TargetCatalog) -> tuple[str, ...]:
    installed = {each.name for each in target.extensions}
    used = {column.type_extension for design in designs for column in design.columns.kept}
    return tuple(sorted(name for name in used if name and name not in installed))


def _wanted(designs: Iterable[Design]) -> Iterator[int]:
    for design in designs:
        if design.relation.of_type_oid:
            yield design.relation.of_type_oid
        for column in design.columns.kept:
            yield column.type_oid
            yield from column.functions
        parts: list[Constraint | Index | Statistics] = [
            *design.relation.constraints,
            *design.relation.indexes,
            *design.relation.statistics,
        ]
        for part in parts:
            if design.columns.left_out.isdisjoint(part.columns):
                yield from part.functions


def _closure(wanted: set[int], makers: Mapping[int, UserType | Function], source: SourceCatalog) -> dict[int, set[int]]:
    """Map every needed type and function to those that must be made before it."""
    graph: dict[int, set[int]] = {}
    open_ends = [own for oid in wanted if (own := _own(oid, makers, source))]
    while open_ends:
        oid = open_ends.pop()
        if oid not in graph:
            each = makers[oid]
            further = each.types if isinstance(each, Function) else each.functions
            graph[oid] = {own for d in (*each.depends_on, *further) if (own := _own(d, makers, source)) and own != oid}
            open_ends += graph[oid]
    return graph


def _own(oid: int, makers: Mapping[int, UserType | Function], source: SourceCatalog) -> int | None:
    """Find the type or function of ours behind an OID: an array type stands for its element's."""
    if oid in makers:
        return oid
    found = source.type_by_oid.get(oid)
    return found.oid if found and found.oid in makers else None


def _in_order(graph: dict[int, set[int]]) -> Iterable[int]:
    try:
        return tuple(TopologicalSorter(dict(sorted(graph.items()))).static_order())
    except CycleError:  # functions that call each other: bodies are not checked while they are created
        return tuple(sorted(graph))
