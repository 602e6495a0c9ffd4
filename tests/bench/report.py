"""What the runs say: medians, ratios within each round, what of it had to be reached; as a table and as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import median
from typing import TYPE_CHECKING

from rich.table import Table

from bench.peers import OURS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bench.measure import Run
    from bench.run import Entry, Result
    from bench.works import Limit

HEADINGS = ("work", "who", "seconds", "ours to theirs", "at most", "client", "source", "target", "peak MB")


@dataclass(frozen=True)
class Ratio:
    """Our seconds to a peer's in the same round: the median over all rounds, and the extremes."""

    median: float
    lowest: float
    highest: float


def ratio(ours: list[Run], theirs: list[Run]) -> Ratio | None:
    """Compare round by round; None where one of the two has no rounds."""
    each = [mine.seconds / other.seconds for mine, other in zip(ours, theirs, strict=False)]
    return Ratio(median(each), min(each), max(each)) if each else None


def as_json(result: Result) -> dict[str, object]:
    """Give one work as plain values: seconds, bytes."""
    ours = _ours(result)
    return {
        "name": result.work.name,
        "about": result.work.about,
        "rows": result.rows,
        "limits": [{**asdict(limit), "measured": _measured(limit, result)} for limit in result.work.limits],
        "contestants": [
            {
                "name": entry.contestant.name,
                "lacks": entry.lacks or None,
                "failed": entry.failed or None,
                "median_seconds": _median(entry.runs, lambda run: run.seconds),
                "ratio": asdict(found) if entry is not ours and (found := ratio(ours.runs, entry.runs)) else None,
                "runs": [asdict(run) for run in entry.runs],
            }
            for entry in result.entries
        ],
    }


def as_table(results: Iterable[Result]) -> Table:
    """Lay all works out; CPU is in seconds."""
    table = Table(box=None, pad_edge=False)
    for heading in HEADINGS:
        table.add_column(heading, justify="left" if heading in HEADINGS[:2] else "right")
    for result in results:
        for number, entry in enumerate(result.entries):
            table.add_row(result.work.name if number == 0 else "", entry.contestant.name, *_cells(entry, result))
    return table


def _cells(entry: Entry, result: Result) -> tuple[str, ...]:
    if entry.lacks:
        return (f"no {entry.lacks}",)
    if entry.failed:
        return ("[red]failed[/]",)
    ours = _ours(result)
    found = ratio(ours.runs, entry.runs) if entry is not ours else None
    limits = [one for one in result.work.limits if (one.against or OURS) == entry.contestant.name]
    return (
        _figure(_median(entry.runs, lambda run: run.seconds)),
        f"{found.median:.2f} ({found.lowest:.2f}-{found.highest:.2f})" if found else "",
        ", ".join(_verdict(limit, result) for limit in limits),
        *(_figure(_median(entry.runs, part)) for part in _CPU),
        _figure(_median(entry.runs, lambda run: run.peak / 1e6), digits=0),
    )


_CPU: tuple[Callable[[Run], float | None], ...] = (
    lambda run: run.client_cpu,
    lambda run: run.source_cpu,
    lambda run: run.target_cpu,
)


def _verdict(limit: Limit, result: Result) -> str:
    shown = f"{limit.at_most / 1e6:.0f} MB" if limit.quantity == "peak" else f"{limit.at_most:.2f}"
    measured = _measured(limit, result)
    if measured is None:
        return shown
    return shown + (" [green]✓[/]" if measured <= limit.at_most else " [red]✗[/]")


def _measured(limit: Limit, result: Result) -> float | None:
    ours = _ours(result).runs
    if limit.quantity == "seconds":
        return _median(ours, lambda run: run.seconds)
    if limit.quantity == "peak":
        return max((run.peak for run in ours), default=None)
    theirs = next((entry.runs for entry in result.entries if entry.contestant.name == limit.against), [])
    found = ratio(ours, theirs)
    return found and found.median


def _ours(result: Result) -> Entry:
    return next(entry for entry in result.entries if entry.contestant.name == OURS)


def _median(runs: list[Run], part: Callable[[Run], float | None]) -> float | None:
    figures = [figure for run in runs if (figure := part(run)) is not None]
    return median(figures) if figures else None


def _figure(value: float | None, digits: int = 2) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
