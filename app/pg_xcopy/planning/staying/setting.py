"""What decisions about what stays look at: the job's tables, and the target's schema as it is."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from msgspec import Struct

from pg_xcopy.catalog.model import SourceCatalog, TargetCatalog
from pg_xcopy.catalog.surroundings import StandingRelation, Surroundings
from pg_xcopy.planning.selecting.design import Design, Designs, Schemas
from pg_xcopy.sql.names import TableName

TABLES = ("r", "p")
"""The kinds of relations that a job replaces: tables, and partitioned ones."""


class Setting(Struct, frozen=True, dict=True):
    """The tables that come, and the schema that they come into."""

    source: SourceCatalog
    target: TargetCatalog
    surroundings: Surroundings
    designs: Designs
    schemas: Schemas

    @cached_property
    def leaving(self) -> Mapping[int, StandingRelation]:
        """The tables that make room, by OID: those of the names that come, and all their partitions in the schema."""
        tables = [each for each in self.surroundings.relations if each.kind in TABLES and not each.extension]
        found = {each.oid for each in tables if each.name in self.coming}
        # Partitions of partitions too: until nothing is added.
        while (
            below := {each.oid for each in tables if each.is_partition and not found.isdisjoint(each.parents)} - found
        ):
            found |= below
        return {each.oid: each for each in tables if each.oid in found}

    @cached_property
    def coming(self) -> Mapping[str, Design]:
        """The tables that come, by name."""
        return {design.name.name: design for design in self.designs.tables}

    @cached_property
    def kept_tables(self) -> frozenset[TableName]:
        """The tables of the schema that stay."""
        relations = self.surroundings.relations
        return frozenset(self.named(each) for each in relations if each.kind in TABLES and each.oid not in self.leaving)

    def named(self, relation: StandingRelation) -> TableName:
        """Give a relation's name with the schema's."""
        return TableName(self.target.schema, relation.name)
