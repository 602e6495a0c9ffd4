"""Both ends of a stream count its rows; a table that lost some on the way is a failure."""

from __future__ import annotations

import os

import pytest

from pg_xcopy.engine.reporting import Reporter
from pg_xcopy.engine.rows.loading import Hands, Loading
from pg_xcopy.engine.rows.pump import Producer
from pg_xcopy.errors import RowCountMismatchError
from pg_xcopy.observe.events import TableCopied, TableStarted
from pg_xcopy.planning.plan import CopyPlan, Plan, Resources
from pg_xcopy.planning.schedule import Load
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql


class Feed:
    """A source of three rows."""

    def producer(self, _copy, _part):
        return Producer(run=self.rows, stop=self.never, cut=self.never)

    def rows(self, sink):
        sink.write(b"1\n2\n3\n")
        return 3

    def never(self):
        raise AssertionError("nothing is to be cancelled")


class Writer:
    """A target that takes all bytes and keeps as many rows as it likes."""

    def __init__(self, kept):
        self.kept, self.done = kept, []
        self.quiet, self._peer = os.pipe()

    def fileno(self):
        return self.quiet

    def begin_writer(self, _search_path, **_settings):
        self.done.append("begin")

    def copy_from(self, statement, stream, _doing):
        self.done.append(statement)
        while stream.read(2):
            pass
        return self.kept

    def commit(self):
        self.done.append("commit")


def copy_of(name, parts=1):
    values = dict.fromkeys(CopyPlan.__struct_fields__)
    statements = tuple(Sql(f"COPY {name} {part}") for part in range(parts))
    table = TableName("app", name)
    return CopyPlan(
        **{**values, "source": table, "target": table, "copy_to": statements, "copy_from": Sql(f"COPY {name}")}
    )


QUIET = Reporter("job", lambda _: None)


def loading(copies, tell=lambda _: None):
    values = dict.fromkeys(Plan.__struct_fields__)
    resources = Resources(1, 1, None, ())
    plan = Plan(**{**values, "job": "job", "target_path": Sql("x"), "copies": copies, "resources": resources})
    return Loading(plan, Reporter("job", tell), lambda _: None)


def test_a_row_that_vanishes():
    copy, writer, told = copy_of("things"), Writer(kept=2), []

    with pytest.raises(RowCountMismatchError) as caught:
        loading((copy,), told.append).load(Load(((copy, 0),)), Hands(Feed(), writer, QUIET))

    assert (caught.value.table, caught.value.sent, caught.value.received) == ("app.things", 3, 2)
    assert "commit" not in writer.done
    assert not any(isinstance(event, TableCopied) for event in told)


def test_all_rows_of_tables_that_go_together():
    one, other, writer = copy_of("one"), copy_of("other"), Writer(kept=3)
    both = loading((one, other))

    both.load(Load(((one, 0), (other, 0))), Hands(Feed(), writer, QUIET))

    assert [(each.table, each.rows, each.bytes) for each in both.results] == [("app.one", 3, 6), ("app.other", 3, 6)]
    assert writer.done == ["begin", "COPY one", "COPY other", "commit"]


def test_a_table_in_parts_is_copied_when_all_of_them_are():
    copy, told = copy_of("things", parts=2), []
    parts = loading((copy,), told.append)

    parts.load(Load(((copy, 1),)), Hands(Feed(), Writer(kept=3), QUIET))
    assert not any(isinstance(event, TableCopied) for event in told)
    parts.load(Load(((copy, 0),)), Hands(Feed(), Writer(kept=3), QUIET))

    assert [each.rows for each in parts.results] == [6]
    assert sum(isinstance(event, TableStarted) for event in told) == 1
    assert sum(isinstance(event, TableCopied) for event in told) == 1
