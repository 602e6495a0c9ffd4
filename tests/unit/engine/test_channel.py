"""The queue between the two sides of a copy: in order, bounded, and never an end that was none."""

from __future__ import annotations

import os
import select
import threading

import pytest

from pg_xcopy.connect.session import CHUNK
from pg_xcopy.engine.rows.channel import Channel, NobodyListensError, ProducerDiedError, in_chunks


@pytest.fixture
def channel():
    channel = Channel(ahead=2)
    yield channel
    channel.leave()


def rings(channel):
    return bool(select.select([channel.descriptor], [], [], 0)[0])


def test_chunks_come_in_their_order_and_then_the_end(channel):
    channel.put(b"one")
    channel.put(b"two")
    channel.end()

    assert [channel.take() for _ in range(4)] == [b"one", b"two", b"", b""]


def test_there_is_room_for_as_many_as_it_was_made_for(channel):
    assert channel.put(b"one", patience=0)
    assert channel.put(b"two", patience=0)
    assert not channel.put(b"three", patience=0)

    assert channel.take() == b"one"
    assert channel.put(b"three", patience=0)


def test_who_waits_for_room_gets_it(channel):
    channel.put(b"one")
    channel.put(b"two")
    writer = threading.Thread(target=channel.put, args=(b"three",))
    writer.start()

    assert channel.take() == b"one"

    writer.join(10)
    assert [channel.take(), channel.take()] == [b"two", b"three"]


@pytest.mark.parametrize("news", [lambda channel: channel.put(b"one"), Channel.end, Channel.break_off])
def test_the_bell_rings_once_for_who_found_nothing(channel, news):
    assert channel.take() is None
    assert not rings(channel)

    news(channel)

    assert rings(channel)
    channel.heard()
    assert not rings(channel)


def test_no_bell_where_nobody_waits(channel):
    channel.put(b"one")
    channel.end()

    assert not rings(channel)


def test_data_that_broke_off_has_no_end(channel):
    channel.put(b"one")
    channel.break_off()

    with pytest.raises(ProducerDiedError):
        channel.take()


def test_nothing_is_taken_by_who_has_left(channel):
    channel.put(b"one")
    channel.put(b"two")
    caught = []

    def write():
        with pytest.raises(NobodyListensError) as error:
            channel.put(b"three")
        caught.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    channel.leave()
    writer.join(10)

    assert len(caught) == 1
    with pytest.raises(NobodyListensError):
        channel.write(b"four")


def test_descriptors_are_given_back():
    channel = Channel()
    channel.leave()
    channel.leave()

    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(channel.descriptor)


def test_a_long_row_passes_in_pieces():
    row, channel = os.urandom(5 * CHUNK // 2), Channel()

    assert channel.write(memoryview(row)) == len(row)
    channel.end()

    pieces = list(iter(channel.take, b""))
    assert [len(each) for each in pieces] == [CHUNK, CHUNK, CHUNK // 2]
    assert b"".join(pieces) == row
    channel.leave()


def test_short_rows_are_gathered(channel):
    def rows(sink):
        for number in range(1000):
            sink.write(b"%d\n" % number)
        return 1000

    assert in_chunks(rows, channel) == 1000
    assert channel.take().count(b"\n") == 1000
    assert channel.take() is None
