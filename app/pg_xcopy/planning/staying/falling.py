"""What depends on the tables that leave: what is made again, and what would fall with them, at all levels."""

from __future__ import annotations

from functools import cached_property

from msgspec import Struct

from pg_xcopy.catalog.objects import ObjectId
from pg_xcopy.catalog.surroundings import Dependence
from pg_xcopy.planning.schemas import is_ours
from pg_xcopy.planning.staying.remaking import Remaking
from pg_xcopy.planning.staying.setting import Setting

Place = tuple[ObjectId, int]
"""An object, and a part of it: a column; 0 for all of it."""


class Fallen(Struct, frozen=True):
    """Something that would fall, on what it depends, and why it can't be made again, where that is tried."""

    description: str
    on: str
    reason: str
    publication: bool

    def __str__(self) -> str:
        return f"{self.description} (on {self.on}{': ' if self.reason else ''}{self.reason})"


class Falling(Struct, frozen=True, dict=True):
    """Follows pg_depend from the tables that leave, and from what is `renewed`: it leaves because it comes again."""

    setting: Setting
    remaking: Remaking
    renewed: frozenset[ObjectId] = frozenset()

    @cached_property
    def ids(self) -> frozenset[ObjectId]:
        """The ids of all that falls."""
        return frozenset(id_ for id_, _ in self._fallen)

    @cached_property
    def fallen(self) -> tuple[Fallen, ...]:
        """All that falls, once each, in the order of their names."""
        once: dict[str, Fallen] = {}
        for each in self._fallen.values():
            reason = self.remaking.reasons.get(_asked(each), "")
            once.setdefault(
                each.description, Fallen(each.description, each.on_description, reason, each.kind == "publication")
            )
        return tuple(once[name] for name in sorted(once))

    @cached_property
    def remade(self) -> frozenset[ObjectId]:
        """The ids of the views and foreign keys that are made again."""
        return frozenset(
            _asked(each)
            for each in self._dependences
            if self._is_direct(each) and self._can_be_remade(each) and _place(each) not in self._fallen
        )

    @cached_property
    def _dependences(self) -> tuple[Dependence, ...]:
        """Give what counts: not what leaves too, nor what dead runs left, which is gone before anything is built."""
        return tuple(
            each
            for each in self.setting.surroundings.dependences
            if each.home not in self.setting.leaving
            and self.renewed.isdisjoint((each.id, each.whole))
            and not is_ours(each.schema, self.setting.target.schema)
        )

    @cached_property
    def _fallen(self) -> dict[Place, Dependence]:
        """Give what falls, each with the first reason why: what is made again does not, unless it needs what does."""
        found: dict[Place, Dependence] = {}
        whole: set[int] = set()
        for _ in self._dependences:  # each round adds one at least, or was the last
            before = len(found)
            for each in self._dependences:
                falls = each.on_home in whole or (each.on, 0) in found or (each.on, each.on_part) in found
                if falls or (self._is_direct(each) and not self._can_be_remade(each)):
                    found.setdefault(_place(each), each)
                    if each.home is not None and _is_whole(each):
                        whole.add(each.home)
            if len(found) == before:
                break
        return found

    def _is_direct(self, each: Dependence) -> bool:
        return each.on_home in self.setting.leaving or each.on in self.renewed

    def _can_be_remade(self, each: Dependence) -> bool:
        return self.remaking.reasons.get(_asked(each)) == ""


def _place(each: Dependence) -> Place:
    return each.id, each.part


def _is_whole(each: Dependence) -> bool:
    """Tell whether a relation falls with it, and not only a part of one: a view does with its rule."""
    return each.kind == "view" or (each.id, each.part) == (f"pg_class {each.home}", 0)


def _asked(each: Dependence) -> ObjectId:
    """Give the id by which it is known whether it can be made again: a view's own, not that of its rule."""
    return ObjectId(f"pg_class {each.home}") if each.kind == "view" else each.id
