"""How far to follow what the chosen tables need: what comes although nothing needs it, and what is not made again."""

from __future__ import annotations

from msgspec import Struct, field

from pg_xcopy.catalog.objects import ObjectId


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
