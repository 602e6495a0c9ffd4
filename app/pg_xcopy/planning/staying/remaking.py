"""What depends on the tables that leave and is made again on those that come: plain views, and foreign keys."""

from __future__ import annotations

from functools import cached_property

from msgspec import Struct

from pg_xcopy.catalog.objects import ObjectId
from pg_xcopy.catalog.surroundings import StandingKey, StandingRelation, StandingView
from pg_xcopy.planning.selecting.design import Design
from pg_xcopy.planning.staying.setting import Setting
from pg_xcopy.sql.grants import grant
from pg_xcopy.sql.quoting import identifier


class Remaking(Struct, frozen=True, dict=True):
    """Decides of each view and foreign key that stays whether it can be made again."""

    setting: Setting

    @cached_property
    def keys(self) -> tuple[StandingKey, ...]:
        """The foreign keys of tables that stay to tables that leave."""
        leaving = self.setting.leaving
        return tuple(
            each
            for each in self.setting.surroundings.keys
            if each.referenced_oid in leaving and each.table_oid not in leaving
        )

    @cached_property
    def reasons(self) -> dict[ObjectId, str]:
        """Why each of the views and keys, by the ids under which they depend on tables, can't be; empty if it can."""
        views = {_id("pg_class", each.oid): self._why_no_view(each) for each in self.setting.surroundings.views}
        keys = {_id("pg_constraint", oid): self._why_no_key(each) for each in self.keys for oid in each.oids}
        return views | keys

    def _why_no_view(self, view: StandingView) -> str:
        role = self.setting.target.server.role
        if view.temporary:
            return "it is temporary, in another session"
        if not view.ours:
            return f"it belongs to {view.owner}, so that the role {role} can't make it again"
        if not view.may_create:
            asked = grant(role, f"CREATE ON SCHEMA {identifier(view.name.schema)}")
            return f"the role {role} can't make it again: ask for: {asked}"
        whole = (self.setting.leaving[oid] for oid in view.rows_of if oid in self.setting.leaving)
        for table in whole:
            return f"it has whole rows of {self.setting.named(table)} as values"
        leaving = ((self.setting.leaving[oid], column) for oid, column in view.reads if oid in self.setting.leaving)
        return next(filter(None, (self._why_no_column(table, column) for table, column in leaving)), "")

    def _why_no_column(self, table: StandingRelation, column: str) -> str:
        """Say what is another with a column that a view reads: its columns can't come to have another type."""
        design, name = self.setting.coming.get(table.name), f"{self.setting.named(table)}.{column}"
        types = {each.name: str(each.type) for each in design.columns.kept} if design else {}
        if column not in types:
            return f"it reads {name}, which the copy does not have"
        old, new = table.columns[column], types[column]
        return "" if old == new else f"it reads {name}, whose type was {old} and will be {new}"

    def _why_no_key(self, key: StandingKey) -> str:
        if not key.ours:
            return (
                f"its table belongs to {key.owner}, so that the role {self.setting.target.server.role} can't alter it"
            )
        design = self.setting.coming.get(key.referenced.name)
        if design is None:
            return f"the copy does not have {key.referenced}"
        kept = {column.name for column in design.columns.kept}
        if missing := ", ".join(name for name in key.referenced_columns if name not in kept):
            return f"it refers to {key.referenced} ({missing}), which the copy does not have"
        if not _is_unique(design, frozenset(key.referenced_columns)):
            columns = ", ".join(key.referenced_columns)
            return f"it refers to {key.referenced} ({columns}), of which the copy has no unique key"
        return ""


def _is_unique(design: Design, columns: frozenset[str]) -> bool:
    """Tell whether a key can refer to these columns; those that an index only includes are taken for its own."""
    relation, lost = design.relation, design.columns.left_out
    keys = [frozenset(each.columns) for each in relation.constraints if each.kind in ("p", "u")]
    keys += [frozenset(each.columns) for each in relation.indexes if each.is_unique and each.valid]
    return any(columns <= key and lost.isdisjoint(key) for key in keys)


def _id(catalog: str, oid: int) -> ObjectId:
    return ObjectId(f"{catalog} {oid}")
