"""The short transaction in which tables of a schema leave and others take their places."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from pg_xcopy.catalog.objects import Function, ObjectId, Sequence, UserType
from pg_xcopy.catalog.servers import schemas_of
from pg_xcopy.catalog.surroundings import StandingKey, StandingView
from pg_xcopy.planning.needs.order import Needs
from pg_xcopy.planning.plan import KeptKey, Step, Topic
from pg_xcopy.planning.schemas import marker
from pg_xcopy.planning.staying.setting import Setting
from pg_xcopy.planning.staying.twins import Pair
from pg_xcopy.planning.swapping.moving import bring_in, move_object, signature
from pg_xcopy.planning.versions import PARTITIONED_NOT_VALID
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql
from pg_xcopy.sql.render import render
from pg_xcopy.sql.search_path import set_search_path

LOCKED_WITHIN = 800
"""Milliseconds that all locks but the first may be waited for: deadlock_timeout is a second, and a reader that holds
one of these tables and waits for another would be told of a deadlock then. We give way before."""


class Exchange(Struct, frozen=True):
    """What changes places, and what is made again because of it."""

    setting: Setting
    needs: Needs
    views: tuple[StandingView, ...]
    keys: tuple[StandingKey, ...]
    moved_out: tuple[Pair, ...]
    positions: tuple[Sequence, ...]

    def statements(self) -> Iterator[Sql]:
        """Give all of them, in their order."""
        schemas, extensions = self.setting.schemas, schemas_of(self.setting.target.extensions)
        yield from self._locks()
        yield render("staging/create_schema.sql.j2", schema=schemas.retired, marker=marker(schemas.target, "retired"))
        yield from self._drop_keys()
        yield set_search_path([schemas.target, *extensions])
        yield from self._move_out()
        yield set_search_path([schemas.staging, schemas.target, *extensions])
        yield from bring_in(self.setting.designs, self.needs, schemas, self.setting.target.server.version)
        yield set_search_path([])
        for view in self.views:
            yield render("swap/remake_view.sql.j2", view=view.name, options=view.options, definition=view.definition)
        yield from (self._add_key(key) for key in self.keys)
        yield from (self._advance(sequence) for sequence in self.positions)

    def _locks(self) -> Iterator[Sql]:
        """Lock views before tables, those that refer before those referred to, roots before partitions, as users do."""
        locks = [render("swap/lock_view.sql.j2", view=view.name, owner=view.owner) for view in self.views]
        others = {key.table: None for key in self.keys} | {
            key.referenced: None for key in self._outward() if key.referenced in self._ours
        }
        leaving = sorted(self.setting.leaving.values(), key=lambda each: each.is_partition)
        tables = [*others, *(self.setting.named(each) for each in leaving)]
        if tables and not locks:
            first = tables.pop(0)
            locks.append(render("swap/lock_tables.sql.j2", tables=[first]))
        if tables:
            locks.append(render("swap/lock_tables.sql.j2", tables=tables))
        patience = max(10, LOCKED_WITHIN // max(1, len(tables) + len(self.views)))
        yield from locks[:1]
        yield Sql(f"SET LOCAL lock_timeout = '{patience}ms'")
        yield from locks[1:]

    @property
    def _ours(self) -> frozenset[TableName]:
        setting = self.setting
        return frozenset(setting.named(each) for each in setting.surroundings.relations if each.ours)

    def _outward(self) -> Iterator[StandingKey]:
        """Give the keys of tables that leave to tables that stay: dropped later, they would bind these still."""
        for key in self.setting.surroundings.keys:
            if key.table_oid in self.setting.leaving and key.referenced_oid not in self.setting.leaving:
                yield key

    def _drop_keys(self) -> Iterator[Sql]:
        for key in (*self.keys, *self._outward()):
            yield render("staging/drop_constraint.sql.j2", table=key.table, constraint=key.name)

    def _move_out(self) -> Iterator[Sql]:
        retired, target = self.setting.schemas.retired, self.setting.target.schema
        for pair in self.moved_out:
            if isinstance(pair.standing, Function):
                yield move_object("FUNCTION", signature(pair.standing), retired)
        for pair in self.moved_out:
            if isinstance(pair.standing, UserType):
                yield move_object("TYPE", pair.standing.name.sql, retired)
        for table in self.setting.leaving.values():
            yield move_object("TABLE", self.setting.named(table).sql, retired)
            for statistics in table.statistics:
                yield move_object("STATISTICS", TableName(target, statistics).sql, retired)

    def _add_key(self, key: StandingKey) -> Sql:
        return render(
            "swap/add_key.sql.j2",
            table=key.table,
            constraint=key.name,
            definition=key.definition,
            later=self._is_checked_later(key),
            comment=key.comment,
        )

    def _is_checked_later(self, key: StandingKey) -> bool:
        """Tell whether its rows can wait: a key on a partitioned table can't before PostgreSQL 18."""
        old = self.setting.target.server.version < PARTITIONED_NOT_VALID
        return key.checked and not (key.partitioned and old)

    def _advance(self, sequence: Sequence) -> Sql:
        return render(
            "swap/advance_sequence.sql.j2",
            name=sequence.name.within(self.setting.target.schema),
            value=sequence.last_value,
            is_called=sequence.is_called,
            descending=sequence.increment < 0,
        )

    def kept_keys(self) -> Iterator[KeptKey]:
        """Give the foreign keys with the query that tells whether they hold, and the statement that then says so."""
        for key in self.keys:
            if not key.checked:
                continue
            subject = f"{key.table}.{key.name}"
            validate = render("staging/validate_constraint.sql.j2", table=key.table, constraint=key.name)
            what = f"{' '.join(key.definition.split())} holds for new rows only"
            step = Step(validate, f"validating foreign key {subject}", subject, Topic.UNCHECKED, what)
            yield KeptKey(
                subject=subject,
                what=what,
                breaks=None if key.temporal else self._breaks(key),
                validate=step if self._is_checked_later(key) else None,
            )

    def _breaks(self, key: StandingKey) -> Sql:
        return render(
            "swap/breaks_key.sql.j2",
            only=not key.partitioned,
            table=key.table,
            columns=list(zip(key.columns, key.referenced_columns, strict=True)),
            referenced=key.referenced.within(self.setting.schemas.staging),
        )


def moved_out(pairs: tuple[Pair, ...], falling: frozenset[ObjectId]) -> tuple[Pair, ...]:
    """Give what has to leave with the tables, because it needs them, and comes again."""
    return tuple(pair for pair in pairs if pair.standing_id in falling)
