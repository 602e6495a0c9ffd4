"""Where the time went: spans of work, laid out on one axis."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from pg_xcopy.observe.spans import Phase, Span
from pg_xcopy.observe.wording import bytes_text, count_text, seconds_text

WIDTH = 1000.0
"""Units of the axis."""

BINS = 100
"""Points of the curve of throughput."""

FINEST = 0.4
"""Units: what is narrower is drawn together with its neighbour of the same kind, so that a page has a size."""

SLOWEST = 15
MOST_TICKS = 8

GROUPS = {
    Phase.CONNECT: "prepare",
    Phase.PLAN: "prepare",
    Phase.CHECK: "prepare",
    Phase.BUILD: "build",
    Phase.EMPTY: "build",
    Phase.COPY: "copy",
    Phase.MERGE: "merge",
    Phase.KEYS: "keys",
    Phase.INDEXES: "indexes",
    Phase.FINISH: "finish",
    Phase.ANALYZE: "finish",
    Phase.FOREIGN_KEYS: "foreign-keys",
    Phase.SETTLE: "finish",
    Phase.SWAP: "swap",
    Phase.COMMIT: "swap",
    Phase.CLEAN: "swap",
}
"""Which colour each phase has: more than a few can't be told apart."""


class Bar(Struct, frozen=True):
    """A piece of work on the axis, of `WIDTH` units."""

    x: float
    width: float
    group: str
    label: str


class Lane(Struct, frozen=True):
    """What one worker did."""

    name: str
    busy: float
    bars: tuple[Bar, ...]


class Share(Struct, frozen=True):
    """How long all workers together were in one phase, in seconds, and how much of all their work that was."""

    phase: str
    group: str
    pieces: int
    seconds: float
    percent: float


class Timeline(Struct, frozen=True):
    """The picture: lanes, shares, the slowest pieces of work, and how many bytes a second passed (`rates`, 0 to 1)."""

    seconds: float
    ticks: tuple[tuple[float, str], ...]
    lanes: tuple[Lane, ...]
    shares: tuple[Share, ...]
    slowest: tuple[Span, ...]
    rates: tuple[float, ...]
    peak: float


def make_timeline(spans: Sequence[Span]) -> Timeline | None:
    """Lay out what was done; None where nothing is known."""
    if not spans:
        return None
    seconds = end_of(spans)
    rates = _rates(spans, seconds)
    peak = max(rates)
    return Timeline(
        seconds=seconds,
        ticks=tuple(_ticks(seconds)),
        lanes=tuple(_lanes(spans, seconds)),
        shares=tuple(_shares(spans)),
        slowest=tuple(sorted(spans, key=lambda each: -each.seconds)[:SLOWEST]),
        rates=tuple(rate / peak if peak else 0.0 for rate in rates),
        peak=peak,
    )


def end_of(spans: Iterable[Span]) -> float:
    """Tell when the last work ended, in seconds since the run began; never 0."""
    return max((each.ended for each in spans), default=0.0) or 0.001


def bars(spans: Iterable[Span], seconds: float) -> tuple[Bar, ...]:
    """Put spans on the axis; those too fine to be seen, and next to each other, are one."""
    drawn: list[Bar] = []
    together = 1
    for span in sorted(spans, key=lambda each: each.started):
        bar = _bar(span, seconds)
        last = drawn[-1] if drawn else None
        if last and last.group == bar.group and max(last.width, bar.width) < FINEST and bar.x - last.x < FINEST:
            together += 1
            width = max(last.width, bar.x + bar.width - last.x)
            drawn[-1] = replace(last, width=width, label=f"{together} pieces of {span.phase.value}")
        else:
            together = 1
            drawn.append(bar)
    return tuple(drawn)


def _bar(span: Span, seconds: float) -> Bar:
    who = f", worker {span.worker}" if span.worker else ""
    moved = f", {count_text(span.rows, 'row')}, {bytes_text(span.bytes)}" if span.rows or span.bytes else ""
    failed = ", in vain" if span.failed else ""
    label = f"{span.phase.value}: {span.doing}: {seconds_text(span.seconds)}{moved}{who}{failed}"
    x, width = (round(WIDTH * each / seconds, 2) for each in (span.started, span.seconds))
    return Bar(x, max(width, 0.3), GROUPS[span.phase], label)


def _lanes(spans: Sequence[Span], seconds: float) -> Iterator[Lane]:
    by_worker: dict[int, list[Span]] = defaultdict(list)
    for span in spans:
        by_worker[span.worker].append(span)
    for worker, own in sorted(by_worker.items()):
        busy = sum(each.seconds for each in own)
        yield Lane(f"Worker {worker}" if worker else "Job", busy, bars(own, seconds))


def _shares(spans: Sequence[Span]) -> Iterator[Share]:
    whole = sum(each.seconds for each in spans) or 1.0
    for phase in Phase:
        own = [each for each in spans if each.phase is phase]
        if own:
            seconds = sum(each.seconds for each in own)
            yield Share(phase.value, GROUPS[phase], len(own), seconds, 100 * seconds / whole)


def _rates(spans: Iterable[Span], seconds: float) -> list[float]:
    """Give bytes a second in each of `BINS` stretches of time; within a span they are taken to pass evenly."""
    width = seconds / BINS
    rates = [0.0] * BINS
    for span in spans:
        if not span.bytes:
            continue
        rate = span.bytes / max(span.seconds, width)
        ended = span.started + max(span.seconds, width)
        for number in range(int(span.started / width), min(BINS, int(ended / width) + 1)):
            overlap = min(ended, (number + 1) * width) - max(span.started, number * width)
            rates[number] += rate * max(overlap, 0.0) / width
    return rates


def _ticks(seconds: float) -> Iterator[tuple[float, str]]:
    """Mark the axis at round times."""
    step = 0.001
    while seconds / step > MOST_TICKS:
        step = next(each for each in _steps() if each > step)
    number = 0
    while number * step <= seconds:
        yield round(WIDTH * number * step / seconds, 2), seconds_text(number * step) if number else "0"
        number += 1


def _steps() -> Iterator[float]:
    yield from (base * 10.0**power for power in range(-3, 2) for base in (1, 2, 5) if base * 10.0**power < 60)  # noqa: PLR2004
    minute = 60.0
    yield from (minute * each for each in (1, 2, 5, 10, 20, 30))
    hours = 1.0
    while True:
        yield 60 * minute * hours
        hours *= 2
