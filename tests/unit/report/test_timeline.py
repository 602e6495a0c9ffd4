"""Where the time went, on one axis."""

from __future__ import annotations

import pytest

from made_up import span
from pg_xcopy.observe.spans import Phase
from pg_xcopy.report.timeline import GROUPS, WIDTH, bars, make_timeline

SPANS = [
    span(Phase.CONNECT, "", 0, 0.0, 1.0),
    span(Phase.COPY, "users", 1, 1.0, 2.0, rows=10, bytes=1000),
    span(Phase.COPY, "orders", 2, 1.0, 1.0, rows=10, bytes=4000),
    span(Phase.KEYS, "orders", 2, 2.0, 2.0),
]


def test_lanes():
    line = make_timeline(SPANS)

    assert [(each.name, each.busy, len(each.bars)) for each in line.lanes] == [
        ("Job", 1.0, 1), ("Worker 1", 2.0, 1), ("Worker 2", 3.0, 2)
    ]  # fmt: skip
    assert [(each.x, each.width) for each in line.lanes[2].bars] == [(250.0, 250.0), (500.0, 500.0)]
    assert line.lanes[1].bars[0].label == "copy: copy users: 2.0 s, 10 rows, 1000 B, worker 1"


def test_shares():
    shares = {each.phase: (each.pieces, each.seconds, round(each.percent)) for each in make_timeline(SPANS).shares}

    assert shares == {"connect": (1, 1.0, 17), "copy": (2, 3.0, 50), "keys": (1, 2.0, 33)}


def test_throughput():
    line = make_timeline(SPANS)

    assert line.peak == pytest.approx(4500)
    assert (line.rates[10], line.rates[30], line.rates[60]) == (0, 1, pytest.approx(500 / 4500))
    assert line.rates[80] == 0


def test_all_bytes_are_under_the_curve():
    line = make_timeline([*SPANS, span(Phase.COPY, "tiny", 1, 3.9999, 0.0001, bytes=100)])

    assert sum(line.rates) * line.peak * line.seconds / len(line.rates) == pytest.approx(5100, rel=0.03)


@pytest.mark.parametrize("seconds", [0.004, 0.9, 7.0, 59, 61, 3600, 86400 * 3])
def test_the_axis_has_a_few_round_marks(seconds):
    ticks = make_timeline([span(Phase.COPY, "a", 1, 0.0, seconds)]).ticks

    assert 3 <= len(ticks) <= 9
    assert ticks[0] == (0, "0")
    assert all(0 <= x <= WIDTH for x, _ in ticks)


def test_what_is_too_fine_is_drawn_together():
    many = [span(Phase.COPY, f"t{n}", 1, n * 0.001, 0.0009) for n in range(10_000)]

    drawn = bars(many, 1000.0)

    assert len(drawn) < 120
    assert sum(int(each.label.split()[0]) for each in drawn if "pieces" in each.label) >= 9_900


def test_nothing_is_known():
    assert make_timeline([]) is None
    assert make_timeline([span(Phase.CONNECT, "", 0, 0.0, 0.0)]).seconds > 0


def test_every_phase_has_a_colour():
    assert set(GROUPS) == set(Phase)
