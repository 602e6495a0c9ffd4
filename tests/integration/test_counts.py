"""Both ends of a stream count its rows; a table that lost some on the way is a failure."""

from __future__ import annotations

import os

import pytest

from pg_xcopy.engine.reporting import Reporter
from pg_xcopy.engine.streaming import Pair, copy_table
from pg_xcopy.errors import RowCountMismatchError
from pg_xcopy.observe.events import TableCopied
from pg_xcopy.planning.plan import CopyPlan, Plan
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql


class Reader:
    """A source of three rows."""

    def copy_to(self, _statement, sink, _doing):
        sink.write(b"1\n2\n3\n")
        return 3

    def cancel(self):
        raise AssertionError("nothing is to be cancelled")

    sever = cancel


class Writer:
    """A target that takes all bytes and keeps as many rows as it likes."""

    def __init__(self, kept):
        self.kept, self.done = kept, []
        self.quiet, self._peer = os.pipe()

    def fileno(self):
        return self.quiet

    def begin_writer(self, _search_path):
        self.done.append("begin")

    def copy_from(self, _statement, stream, _doing):
        while stream.read(2):
            pass
        return self.kept

    def commit(self):
        self.done.append("commit")


def plan_of_a_job():
    values = dict.fromkeys(Plan.__dataclass_fields__)
    return Plan(**{**values, "job": "job", "target_path": Sql("x")})


def copy_of_things():
    values = dict.fromkeys(CopyPlan.__dataclass_fields__)
    return CopyPlan(
        **{**values, "source": TableName("app", "things"), "copy_to": Sql("COPY"), "copy_from": Sql("COPY")}
    )


def test_a_row_that_vanishes():
    writer, told = Writer(kept=2), []

    with pytest.raises(RowCountMismatchError) as caught:
        copy_table(copy_of_things(), Pair(Reader(), writer), plan_of_a_job(), Reporter("job", told.append))

    assert (caught.value.table, caught.value.sent, caught.value.received) == ("app.things", 3, 2)
    assert "commit" not in writer.done
    assert not any(isinstance(event, TableCopied) for event in told)


def test_all_rows_arrive():
    writer = Writer(kept=3)

    result = copy_table(copy_of_things(), Pair(Reader(), writer), plan_of_a_job(), Reporter("job", lambda _: None))

    assert (result.rows, result.bytes) == (3, 6)
    assert writer.done == ["begin", "commit"]
