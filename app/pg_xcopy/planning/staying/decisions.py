"""All that is decided where only tables of a schema are replaced: how, at what price, and what forbids it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from msgspec import Struct

from pg_xcopy.catalog.objects import Cast, ObjectId, Sequence, UserType
from pg_xcopy.planning.needs.extent import Standing
from pg_xcopy.planning.needs.graph import ids_of
from pg_xcopy.planning.needs.order import Needs
from pg_xcopy.planning.plan import Notice, PlanProblem, SwapMethod, SwapPlan, Topic
from pg_xcopy.planning.staying.clashes import name_problems
from pg_xcopy.planning.staying.exchange import Exchange, moved_out
from pg_xcopy.planning.staying.falling import Falling
from pg_xcopy.planning.staying.leaving import leaving_problems, loss_notices
from pg_xcopy.planning.staying.remaking import Remaking
from pg_xcopy.planning.staying.setting import Setting
from pg_xcopy.planning.staying.twins import Pair, Twins
from pg_xcopy.planning.swapping.swap import listed
from pg_xcopy.sql.grants import grant
from pg_xcopy.sql.quoting import identifier


class Before(Struct, frozen=True, dict=True):
    """What is known before it is known what the tables need: which objects that stand serve them as they are."""

    setting: Setting

    @cached_property
    def twins(self) -> Twins:
        """The pairs of the source's objects and the target's."""
        return Twins(self.setting)

    @cached_property
    def remaking(self) -> Remaking:
        """What of views and foreign keys can be made again."""
        return Remaking(self.setting)

    @cached_property
    def standing(self) -> Standing:
        """The objects that are used where they stand: the same as in the source, and not needing what leaves."""
        falling = Falling(self.setting, self.remaking).ids
        same = [pair for pair in self.twins.pairs if not pair.difference and pair.standing_id not in falling]
        return Standing(frozenset(id_ for pair in same for id_ in pair.ids), self.twins.names)


class After(Struct, frozen=True, dict=True):
    """What follows from what the tables need."""

    before: Before
    needs: Needs
    cascade: bool

    @property
    def _setting(self) -> Setting:
        return self.before.setting

    @cached_property
    def _coming(self) -> tuple[Pair, ...]:
        """Objects that come, although something of their names stands there."""
        made = {id_ for each in self.needs.order for id_ in ids_of(each)} | {each.id for each in self.needs.sequences}
        return tuple(pair for pair in self.before.twins.pairs if not made.isdisjoint(pair.ids))

    @cached_property
    def _renewed(self) -> frozenset[ObjectId]:
        """Those of them that are the same, and leave with the tables that they need."""
        falling = Falling(self._setting, self.before.remaking).ids
        return frozenset(
            pair.standing_id for pair in self._coming if not pair.difference and pair.standing_id in falling
        )

    @cached_property
    def _falling(self) -> Falling:
        return Falling(self._setting, self.before.remaking, self._renewed)

    @cached_property
    def _exchange(self) -> Exchange:
        setting, remade = self._setting, self._falling.remade
        return Exchange(
            setting,
            self.needs,
            views=tuple(v for v in setting.surroundings.views if f"pg_class {v.oid}" in remade),
            keys=tuple(k for k in self.before.remaking.keys if f"pg_constraint {k.oids[0]}" in remade),
            moved_out=moved_out(self._coming, self._falling.ids | self._renewed),
            positions=tuple(each for each in self._positions() if each.last_value is not None),
        )

    @cached_property
    def _used(self) -> tuple[Pair, ...]:
        """What the tables need and use where it stands."""
        return tuple(pair for pair in self.before.twins.pairs if not self.needs.standing.isdisjoint(pair.ids))

    def _positions(self) -> Iterator[Sequence]:
        """Give the sequences that are used where they stand, as the source has them."""
        return (pair.original for pair in self._used if isinstance(pair.original, Sequence))

    def _casts_left(self) -> Iterator[Cast]:
        """Give the casts of types that are used where they stand and have none there."""
        types = {id_ for pair in self._used for id_ in pair.ids}
        there = {cast.signature for cast in self._setting.surroundings.objects.casts}
        return (
            cast
            for cast in self._setting.source.casts
            if not types.isdisjoint(cast.needs) and cast.signature not in there
        )

    def swap(self) -> SwapPlan:
        """Give the short transaction at the end, and what goes with it."""
        exchange = self._exchange
        return SwapPlan(
            SwapMethod.TABLES,
            tuple(exchange.statements()),
            f"all else in schema {self._setting.target.schema} stays",
            again=(
                *(f"view {view.name}" for view in exchange.views),
                *(f"foreign key {key.table}.{key.name}{'' if key.checked else ', unchecked'}" for key in exchange.keys),
            ),
            used=tuple(f"{pair.kind} {pair.original.name.name}" for pair in self._used),
            kept_keys=tuple(exchange.kept_keys()),
            may_fall=tuple(sorted(self._falling.ids)) if self.cascade else (),
        )

    def dropped(self) -> Iterator[str]:
        """Give all that is dropped: the tables, what is lost with them, what depends on them."""
        yield from (f"table {self._setting.named(each)}" for each in self._setting.leaving.values())
        yield from (
            f"{pair.kind} {self._setting.target.schema}.{pair.original.name.name}" for pair in self._exchange.moved_out
        )
        yield from (notice.subject for notice in loss_notices(self._setting))
        if self.cascade:
            yield from (each.description for each in self._falling.fallen)

    def problems(self) -> Iterator[PlanProblem]:
        """Give all that forbids it."""
        setting = self._setting
        yield from self._closed()
        yield from leaving_problems(setting)
        differing = [pair for pair in self._coming if pair.difference and pair.standing_id not in self._falling.ids]
        for pair in differing:
            yield PlanProblem(
                f"{pair.kind} {pair.original.name.within(setting.target.schema)}",
                f"the copied tables need it, and it stands there, defined otherwise ({pair.difference});"
                " what stays may use it",
                "make it like the source's, or leave out with `transform` what needs it",
            )
        yield from self._denied()
        told = {pair.original.name.within(setting.target.schema) for pair in differing}
        yield from name_problems(setting, self.needs, told)
        if self._falling.fallen and not self.cascade:
            fallen = listed([str(each) for each in self._falling.fallen])
            yield PlanProblem(
                f"target schema {setting.target.schema}",
                f"what stays depends on tables that are replaced: {fallen}",
                "drop it first, or set `cascade: true` to have it dropped too",
            )

    def _closed(self) -> Iterator[PlanProblem]:
        target = self._setting.target
        missing = [
            privilege
            for privilege, lacking in (("USAGE", target.schemas_closed), ("CREATE", target.schemas_sealed))
            if target.schema in lacking
        ]
        if missing:
            asked = grant(target.server.role, f"{', '.join(missing)} ON SCHEMA {identifier(target.schema)}")
            yield PlanProblem(
                f"target schema {target.schema}",
                f"the role {target.server.role} may not create tables in it",
                f"ask for: {asked}",
            )

    def _denied(self) -> Iterator[PlanProblem]:
        target = self._setting.target
        for pair in self._used:
            name = pair.original.name.within(target.schema)
            if isinstance(pair.original, UserType) and name in target.types_denied:
                yield PlanProblem(
                    f"type {name}",
                    f"the copied tables need it, it stands there, and the role {target.server.role} may not use it",
                    f"ask for: {grant(target.server.role, f'USAGE ON TYPE {name.sql}')}",
                )

    def notices(self) -> Iterator[Notice]:
        """Give what the user should know."""
        yield from loss_notices(self._setting)
        for sequence in self._positions():
            if sequence.last_value is None:
                asked = grant(self._setting.source.server.role, f"SELECT ON {sequence.name.sql}")
                reason = f"the target's goes on where it stands, as the role may not read it (ask for: {asked})"
                yield Notice(Topic.SEQUENCE, str(sequence.name), reason)
        for cast in self._casts_left():
            yield Notice(
                Topic.OBJECT, f"cast {cast.signature}", "its types stand in the target, and are left as they are"
            )
        for each in self._falling.fallen if self.cascade else ():
            if each.publication:
                yield Notice(Topic.REPLACED, each.description, f"it goes with {each.on}; add the new table again")
            else:
                yield Notice(Topic.CASCADE, each.description, f"it depends on {each.on}")
