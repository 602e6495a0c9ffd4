"""The heart: a stream that breaks off, wherever and however, is a failure with its first cause, never a short copy."""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack

import pytest
from copying import Clock, beside, copy, in_background, our_threads, running, terminate, wait_until
from hypothesis import given, settings
from hypothesis import strategies as st

from judge import read_schema
from pg_xcopy.connect.address import Address
from pg_xcopy.connect.sessions import Sessions
from pg_xcopy.engine.rows.channel import in_chunks
from pg_xcopy.engine.rows.pacing import Pace
from pg_xcopy.engine.rows.pump import Consumer, Producer, Watch, pump
from pg_xcopy.errors import DatabaseError
from pg_xcopy.sql.quoting import Sql
from pg_xcopy.sql.search_path import search_path

WATCH = Watch(lambda _: None, Pace(None), lambda _: None)
# The source sends a few rows, then takes its time.
TRICKLE = {"things": {"transform": {"body": "body || CASE WHEN id > 2000 THEN pg_sleep(0.01)::text ELSE '' END"}}}
# The source thinks for a long time and sends nothing at all.
SILENT = {"things": {"where": "id > 0 OR pg_sleep(60) IS NULL", "transform": {"body": "body || pg_sleep(60)"}}}


@pytest.fixture
def things(source_db):
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE TABLE app.things (id int PRIMARY KEY, body text NOT NULL);
        INSERT INTO app.things SELECT n, repeat(md5(n::text), 8) FROM generate_series(1, 200000) AS n;
        CREATE TABLE app.others (id int PRIMARY KEY);
        INSERT INTO app.others SELECT generate_series(1, 1000);
        ANALYZE""")
    return source_db


@pytest.fixture
def standing(target_db):
    """A target that is in use; after a failure it is as it was, with nothing beside it and nobody working in it."""
    target_db.execute("""
        CREATE SCHEMA app;
        CREATE TABLE app.things (id int PRIMARY KEY, body text);
        INSERT INTO app.things VALUES (1, 'old')""")
    before = read_schema(target_db, "app")
    threads = set(threading.enumerate())
    yield target_db
    assert read_schema(target_db, "app") == before
    assert beside(target_db) == []
    assert wait_until(lambda: running(target_db) == [], seconds=5)
    assert set(threading.enumerate()) <= threads
    assert our_threads() == []


def failure_of(call):
    with pytest.raises(DatabaseError) as caught:
        call()
    return caught.value


@pytest.mark.parametrize("parallel", [1, 4])
@pytest.mark.parametrize("tables", [TRICKLE, SILENT], ids=["streaming", "silent"])
def test_source_killed(things, standing, tables, parallel):
    with in_background(lambda: copy(things, standing, {**tables, "*": {}}, parallel=parallel)) as run:
        wait_until(lambda: terminate(things, waiting="PgSleep"))

        error = failure_of(lambda: run.result(timeout=10))

    assert (error.side, error.sqlstate, error.doing) == ("source", "57P01", "copying app.things")


def test_source_killed_before_its_copy_begins(source_db, target_db):
    """While a query is planned, libpq gives a lost connection and not the server's farewell."""
    source_db.execute("""
        CREATE SCHEMA app; CREATE TABLE app.things (a int); INSERT INTO app.things VALUES (1);
        CREATE FUNCTION app.slow() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$BEGIN
            IF current_query() LIKE '%COPY%' THEN PERFORM pg_sleep(60); END IF;
            RETURN 1;
        END$$""")
    with in_background(lambda: copy(source_db, target_db, {"things": {"transform": {"a": "slow()"}}})) as run:
        wait_until(lambda: terminate(source_db))

        error = failure_of(lambda: run.result(timeout=10))

    assert (error.side, error.doing, error.connection_lost) == ("source", "copying app.things", True)
    assert beside(target_db) == []


@pytest.mark.parametrize("parallel", [1, 4])
@pytest.mark.parametrize("tables", [TRICKLE, SILENT], ids=["streaming", "silent"])
def test_target_killed(things, standing, tables, parallel):
    with in_background(lambda: copy(things, standing, {**tables, "*": {}}, parallel=parallel)) as run, Clock() as clock:
        wait_until(lambda: terminate(standing, "%COPY%things%", waiting="ClientRead"))

        error = failure_of(lambda: run.result(timeout=10))

    assert (error.side, error.sqlstate, error.doing) == ("target", "57P01", "copying app.things")
    assert clock.seconds < 10
    assert wait_until(lambda: running(things) == [], seconds=5)


def test_both_killed(things, standing):
    with in_background(lambda: copy(things, standing, TRICKLE)) as run:
        wait_until(lambda: running(standing, "%COPY%") and running(things, "%COPY%"))
        with ExitStack() as together:
            for database in (things, standing):
                together.enter_context(in_background(lambda victim=database: terminate(victim)))

        error = failure_of(lambda: run.result(timeout=10))

    assert error.sqlstate == "57P01"


def test_source_server_stops(new_database, server_of, standing, installations):
    """A crash of the whole server, which says no farewell to a stopped client."""
    server = server_of(installations[0].major, "crashing")
    source = new_database(server)
    source.execute("CREATE SCHEMA app; CREATE TABLE app.things (id int, body text)")
    source.execute("INSERT INTO app.things SELECT n, md5(n::text) FROM generate_series(1, 9000) AS n")
    try:
        with in_background(lambda: copy(source, standing, TRICKLE)) as run:
            wait_until(lambda: running(source, "%COPY%"))
            server.stop()

            error = failure_of(lambda: run.result(timeout=10))
    finally:
        server.start()

    assert error.side == "source"
    assert error.connection_lost


def test_source_fails_on_the_last_row(source_db, standing):
    """Row 1,000,000 can't be converted; 999,999 rows are already on their way."""
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE TABLE app.things AS SELECT n AS id, n::text AS body FROM generate_series(1, 999999) AS n;
        INSERT INTO app.things VALUES (1000000, 'not a number')""")

    error = failure_of(lambda: copy(source_db, standing, {"things": {"transform": {"id": "body::int"}}}))

    assert (error.side, error.sqlstate, error.doing) == ("source", "22P02", "copying app.things")
    assert "not a number" not in str(error)


def test_target_fails_on_an_early_row(source_db, standing):
    """A value too long for its column, far before the end of a table that would take minutes: it ends at once."""
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE TABLE app.things (id int, body varchar(4), padding text);
        INSERT INTO app.things SELECT n, '', repeat('x', 1000) FROM generate_series(1, 20000) AS n""")
    body = "CASE WHEN id = 1000 THEN 'confidential' WHEN id > 2000 THEN pg_sleep(0.01)::text ELSE '' END"

    with Clock() as clock:
        error = failure_of(lambda: copy(source_db, standing, {"things": {"transform": {"body": body}}}))

    assert clock.seconds < 10
    assert (error.side, error.sqlstate, error.doing) == ("target", "22001", "copying app.things")
    assert "confidential" not in str(error)


def test_no_room_on_the_source(things, standing):
    things.execute(f"ALTER DATABASE {things.name} SET temp_file_limit = '1MB'")
    things.execute(f"ALTER DATABASE {things.name} SET work_mem = '64kB'")

    error = failure_of(lambda: copy(things, standing, {"things": {"transform": {"id": "rank() OVER (ORDER BY body)"}}}))

    assert (error.side, error.sqlstate, error.doing) == ("source", "53400", "copying app.things")


def test_no_room_on_the_target(things, standing):
    """A key that can't be made because a disk is full is no key that can't hold: the job fails."""
    standing.execute(f"ALTER DATABASE {standing.name} SET temp_file_limit = '1MB'")
    standing.execute(f"ALTER DATABASE {standing.name} SET maintenance_work_mem = '1MB'")

    error = failure_of(lambda: copy(things, standing))

    assert (error.side, error.sqlstate) == ("target", "53400")
    assert error.doing == "adding primary key app.things.things_pkey"


# --- Any failure on this machine, around real sessions


@pytest.fixture
def pair(things, target_db):
    """A reader and a writer in their transactions, and a table for the rows to go to."""
    target_db.execute("CREATE SCHEMA app; CREATE TABLE app.things (id int, body text)")
    with Sessions() as sessions:
        reader = sessions.open(Address("source", "here", things.dsn))
        writer = sessions.open(Address("target", "there", target_db.dsn))
        reader.begin_reader(search_path([]))
        writer.begin_writer(search_path([]))
        yield reader, writer


def sides(pair, *, wrap_sink=lambda sink: sink, wrap_stream=lambda stream: stream):
    reader, writer = pair
    return (
        Producer(
            lambda channel: in_chunks(
                lambda sink: reader.copy_to(Sql("COPY app.things TO STDOUT"), wrap_sink(sink), "reading"), channel
            ),
            stop=reader.cancel,
            cut=reader.sever,
        ),
        Consumer(
            lambda stream: writer.copy_from(Sql("COPY app.things FROM STDIN"), wrap_stream(stream), "writing"),
            descriptor=writer.fileno(),
        ),
    )


class Breaking:
    """A file that fails at its n-th call."""

    def __init__(self, file, calls, error):
        self.file, self.left, self.error = file, calls, error

    def write(self, data):
        self._count()
        return self.file.write(data)

    def read(self, size=-1):
        self._count()
        return self.file.read(size)

    def _count(self):
        self.left -= 1
        if self.left < 0:
            raise self.error


@pytest.mark.parametrize("calls", [0, 1, 150_000])
def test_write_fails(pair, target_db, calls):
    producer, consumer = sides(pair, wrap_sink=lambda sink: Breaking(sink, calls, MemoryError("no memory")))

    with pytest.raises(MemoryError, match="no memory"):
        pump(producer, consumer, WATCH)

    assert target_db.value("SELECT count(*) FROM app.things") == 0
    assert our_threads() == []


@pytest.mark.parametrize("calls", [0, 1, 20])
def test_read_fails(pair, target_db, calls):
    producer, consumer = sides(pair, wrap_stream=lambda stream: Breaking(stream, calls, ValueError("no luck")))

    with pytest.raises((ValueError, DatabaseError), match="no luck"):
        pump(producer, consumer, WATCH)

    assert target_db.value("SELECT count(*) FROM app.things") == 0
    assert our_threads() == []


@pytest.mark.parametrize("failing", ["observer", "first progress"])
def test_the_observer_fails(things, standing, failing):
    """Whoever watches a run may fail too; that ends it, and is what is said."""

    def observer(event):
        if type(event).__name__ == {"observer": "TableStarted", "first progress": "TableProgress"}[failing]:
            raise KeyError("no such gauge")

    with pytest.raises(Exception, match="no such gauge"):
        copy(things, standing, TRICKLE, observer=observer)


# --- Whatever the bytes


class Bytes:
    """A stand-in for both servers: chunks go in, what comes out is kept."""

    def __init__(self, chunks, fail_producer_after=None, fail_consumer_after=None):
        self.chunks, self.received = chunks, bytearray()
        self.fail_producer_after, self.fail_consumer_after = fail_producer_after, fail_consumer_after
        self.quiet, self.peer = os.pipe()

    def produce(self, sink):
        for number, chunk in enumerate(self.chunks):
            if number == self.fail_producer_after:
                raise ProducerTestError
            sink.write(chunk)
        return len(self.chunks)

    def consume(self, stream):
        reads = 0
        while True:
            if reads == self.fail_consumer_after:
                raise ConsumerTestError
            chunk = stream.read(8192)
            reads += 1
            if not chunk:
                return len(self.chunks)
            self.received += chunk

    def pump(self):
        try:
            return pump(
                Producer(self.produce, stop=lambda: None, cut=lambda: None),
                Consumer(self.consume, self.quiet),
                WATCH,
            )
        finally:
            os.close(self.quiet)
            os.close(self.peer)


class ProducerTestError(Exception):
    pass


class ConsumerTestError(Exception):
    pass


CHUNKS = st.lists(
    st.binary(min_size=1, max_size=40).flatmap(lambda b: st.sampled_from([b, b * 997, b * 30011])), max_size=12
)


@given(CHUNKS)
@settings(deadline=None, max_examples=150)
def test_bytes_arrive_as_they_were(chunks):
    both = Bytes(chunks)

    pumped = both.pump()

    assert bytes(both.received) == b"".join(chunks)
    assert pumped.bytes == len(both.received)


@given(CHUNKS.filter(bool), st.data())
@settings(deadline=None, max_examples=150)
def test_a_producer_that_fails_anywhere_is_never_a_short_success(chunks, data):
    both = Bytes(chunks, fail_producer_after=data.draw(st.integers(0, len(chunks) - 1)))

    with pytest.raises(ProducerTestError):
        both.pump()


@given(CHUNKS, st.integers(0, 3))
@settings(deadline=None, max_examples=150)
def test_a_consumer_that_fails_anywhere_is_never_a_short_success(chunks, reads):
    both = Bytes(chunks, fail_consumer_after=reads)

    try:
        both.pump()
    except ConsumerTestError:
        return
    assert bytes(both.received) == b"".join(chunks)  # there was less to read than it took to fail


@given(CHUNKS.filter(bool), st.integers(0, 2))
@settings(deadline=None, max_examples=50)
def test_both_fail(chunks, reads):
    both = Bytes(chunks, fail_producer_after=0, fail_consumer_after=reads)

    with pytest.raises((ProducerTestError, ConsumerTestError)):
        both.pump()
