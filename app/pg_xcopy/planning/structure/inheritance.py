"""INHERITS: what parents hand down, and which children CREATE TABLE … INHERITS would make as they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property

from msgspec import Struct

from pg_xcopy.catalog.relations import Column
from pg_xcopy.planning.selecting.design import Design, Designs
from pg_xcopy.planning.versions import NAMED_NOT_NULL


class Inheritance(Struct, frozen=True, dict=True):
    """The tables that inherit from each other; `version` is the target's."""

    designs: Designs
    version: int

    def parents(self, design: Design) -> tuple[Design, ...]:
        """Give the tables that it inherits from, in their order; a partition has a root instead."""
        return tuple(self.designs.by_oid[oid] for oid in design.inherits)

    def inherited(self, design: Design) -> Mapping[str, list[Column]]:
        """Give the columns that parents hand down, in the order that CREATE TABLE gives them, each as they have it."""
        found: dict[str, list[Column]] = {}
        for parent in self.parents(design):
            for column in parent.columns.kept:
                found.setdefault(column.name, []).append(column)
        return found

    def follows(self, design: Design) -> bool:
        """Tell whether CREATE TABLE … INHERITS would give the columns their order, and could be said at all.

        Parents that disagree on a default need one in the child; and before 16, a child can't say how a column is
        generated that its parents have too.
        """
        inherited = self.inherited(design)
        own = [column.name for column in design.columns.kept if column.name not in inherited]
        if [column.name for column in design.columns.kept] != [*inherited, *own]:
            return False
        merged = (column for column in design.columns.kept if column.name in inherited)
        return not any(
            (column.local and column.generated)
            or (
                len({each.expression for each in inherited[column.name]}) > 1
                and not (column.local and column.expression)
            )
            for column in merged
        )

    def not_null_at_once(self, design: Design, column: Column) -> bool:
        """Tell whether a column is NOT NULL before its rows come."""
        return column.not_null and column.not_null_valid and column.name not in design.columns.transformed

    def keeps_to_itself(self, design: Design, column: Column) -> bool:
        """Tell whether children don't get a column's NOT NULL: ALTER TABLE ONLY could do that before PostgreSQL 18."""
        if self.version >= NAMED_NOT_NULL and column.not_null_no_inherit:
            return True
        return (design.relation.oid, column.name) in self._nullable_below

    @cached_property
    def handed_down(self) -> Mapping[int, frozenset[str]]:
        """The columns that are NOT NULL when a child is created, because a parent's are, by the child's OID."""
        found: dict[int, frozenset[str]] = {}
        for design in self.designs.tables:  # parents before children
            found[design.relation.oid] = frozenset(
                column.name
                for parent in self.parents(design)
                for column in parent.columns.kept
                if not self.keeps_to_itself(parent, column)
                and self.not_null_at_once(parent, column)
                and not self._comes_later(parent, column, found[parent.relation.oid])
            )
        return found

    def is_own_not_null(self, design: Design, column: Column) -> bool:
        """Tell whether a child, or a table without parents, says NOT NULL itself when it is created."""
        handed = self.handed_down[design.relation.oid]
        return (
            self.not_null_at_once(design, column)
            and (column.not_null_local or column.name not in handed)
            and not self._comes_later(design, column, handed)
        )

    def late_not_nulls(self, design: Design) -> Iterator[str]:
        """Give the columns that become NOT NULL when all tables are there, and in this one alone."""
        handed = self.handed_down[design.relation.oid]
        for column in design.columns.kept:
            if self.not_null_at_once(design, column) and self._comes_later(design, column, handed):
                yield column.name

    def _comes_later(self, design: Design, column: Column, handed: frozenset[str]) -> bool:
        if self.version >= NAMED_NOT_NULL or column.name in handed:
            return False
        return self.keeps_to_itself(design, column) or (not column.local and column.name in self.inherited(design))

    @cached_property
    def _nullable_below(self) -> frozenset[tuple[int, str]]:
        """The columns that some child has too, directly or not, and there without NOT NULL."""
        found: dict[int, set[str]] = defaultdict(set)
        for design in reversed(self.designs.tables):  # children before parents
            nullable = {each.name for each in design.columns.kept if not each.not_null}
            for oid in design.inherits:
                found[oid] |= nullable | found[design.relation.oid]
        return frozenset((oid, name) for oid, names in found.items() for name in names)
