"""Types, functions and their like that the copied tables need and that stand in the target's schema already."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from msgspec import Struct

from pg_xcopy.catalog.objects import Collation, Function, ObjectId, Sequence, TextSearch, UserType
from pg_xcopy.planning.needs.spelling import Spelling, spell
from pg_xcopy.planning.staying.setting import Setting
from pg_xcopy.planning.versions import COLLATION_RULES

Twin = UserType | Function | Collation | TextSearch | Sequence


class Pair(Struct, frozen=True):
    """An object of the source, and what has its name in the target; `difference` is empty where they are the same."""

    original: Twin
    standing: Twin
    difference: str

    @property
    def kind(self) -> str:
        """What it is, as people call it."""
        if isinstance(self.original, TextSearch):
            return f"text search {self.original.kind.lower()}"
        return {UserType: "type", Function: "function", Collation: "collation"}.get(type(self.original), "sequence")

    @property
    def ids(self) -> tuple[ObjectId, ...]:
        """The ids under which the source's is needed."""
        return (self.original.id,) if isinstance(self.original, Sequence) else self.original.ids

    @property
    def standing_id(self) -> ObjectId:
        """The id of the target's, in the target."""
        return self.standing.id if isinstance(self.standing, Sequence) else self.standing.ids[0]


class Twins(Struct, frozen=True, dict=True):
    """All pairs of a source and a target, found and compared."""

    setting: Setting

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """The pairs, in the order of the source's objects."""
        return tuple(self._pairs())

    @cached_property
    def _spelling(self) -> Spelling:
        return spell(self.setting.source, self.setting.target, self.setting.target.schema, self.names)

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that the target's schema will have, of those in the source: what a function's text may mean."""
        source, surroundings = self.setting.source, self.setting.surroundings
        objects: list[Twin] = [*source.types, *source.functions, *source.collations]
        objects += [*source.text_searches, *source.sequences]
        made = {each.name.name for each in objects if each.name.schema == source.schema}
        there = {each.name for each in surroundings.relations} & source.by_name.keys()
        return frozenset(made | there | self.setting.coming.keys())

    def _pairs(self) -> Iterator[Pair]:
        setting, there = self.setting, self.setting.surroundings.objects
        types = {each.name.name: each for each in there.types if each.name.schema == setting.target.schema}
        for each in setting.source.types:
            if each.name.schema == setting.source.schema and (type_ := types.get(each.name.name)):
                yield Pair(each, type_, _difference(each, type_, _OF_TYPES))
        functions = {(each.name.name, each.takes): each for each in there.functions}
        for one in setting.source.functions:
            if function := functions.get((one.name.name, one.takes)):
                yield Pair(one, function, "" if self._means_the_same(one, function) else "its definition is another")
        collations = {each.name.name: each for each in there.collations}
        for collation in setting.source.collations:
            if found := collations.get(collation.name.name):
                yield Pair(collation, found, self._between_collations(collation, found))
        searches = {(each.kind, each.name.name): each for each in there.text_searches}
        for search in setting.source.text_searches:
            if other := searches.get((search.kind, search.name.name)):
                yield Pair(search, other, _difference(search, other, _OF_TEXT_SEARCHES))
        yield from self._sequences()

    def _sequences(self) -> Iterator[Pair]:
        """Pair sequences that no table brings along: those that stand, whatever owns them, unless it leaves."""
        setting = self.setting
        kept = {(d.relation.oid, column.name) for d in setting.designs.tables for column in d.columns.kept}
        there = {
            each.name.name: each for each in setting.surroundings.objects.sequences if each.owner not in setting.leaving
        }
        for each in setting.source.sequences:
            if (each.owner, each.owner_column) not in kept and (found := there.get(each.name.name)):
                yield Pair(each, found, _difference(each, found, _OF_SEQUENCES))

    def _means_the_same(self, original: Function, standing: Function) -> bool:
        return original.definition is not None and self._spelling.respelled(original).definition == standing.definition

    def _between_collations(self, original: Collation, standing: Collation) -> str:
        """Compare them; from 16 on a server writes ICU's locales in a form of its own (PostgreSQL 16 release notes)."""
        younger = self.setting.source.server.version < COLLATION_RULES <= self.setting.target.server.version
        respelled = original.provider == standing.provider == "icu" and younger
        return _difference(original, standing, ("provider", "deterministic") if respelled else _OF_COLLATIONS)


_OF_TYPES = (
    "kind", "labels", "base_type", "not_null", "default_expression", "collation", "checks", "late_checks", "attributes",
    "operator_class", "subtype_diff",
)  # fmt: skip
_OF_COLLATIONS = ("provider", "locale", "ctype", "deterministic", "rules")
_OF_TEXT_SEARCHES = ("made_from", "options", "mappings")
_OF_SEQUENCES = ("type", "increment", "minimum", "maximum", "cycle")
_KINDS = {"e": "enum", "d": "domain", "c": "composite type", "r": "range"}


def _difference(original: object, standing: object, parts: tuple[str, ...]) -> str:
    """Say in what they differ first; empty if in nothing that counts."""
    for part in parts:
        one, other = getattr(original, part), getattr(standing, part)
        if one != other:
            return f"its {part.replace('_', ' ')}: {_shown(other)} there, {_shown(one)} in the source"
    return ""


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(str(each) for each in value)})"
    return "none" if value is None else _KINDS.get(str(value), str(value))
