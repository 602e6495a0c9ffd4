"""How figures are written for people."""

from __future__ import annotations

from pg_xcopy.results import TableResult, UpsertedTable

_STEP = 1024
_TENTHS_BELOW = 10


def count_text(number: int, noun: str) -> str:
    """Write `1 row`, `12,345 rows`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def rows_text(result: TableResult) -> str:
    """Write how many rows were copied, and of those that were upserted what became of them, as far as it is known."""
    rows = count_text(result.rows, "row")
    if isinstance(result, UpsertedTable) and result.inserted is not None and result.updated is not None:
        return f"{rows} ({result.inserted:,} inserted, {result.updated:,} updated)"
    return rows


def bytes_text(number: float) -> str:
    """Write a number of bytes in binary units: `512 B`, `3.4 MiB`."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if round(number) < _STEP:
            whole = unit == "B" or round(number, 1) >= _TENTHS_BELOW
            return f"{number:.0f} {unit}" if whole else f"{number:.1f} {unit}"
        number /= _STEP
    return f"{number:.1f} TiB"


def seconds_text(seconds: float) -> str:
    """Write a duration: `35 ms`, `4.2 s`, `42 s`, `3 min 05 s`, `2 h 07 min`."""
    if round(seconds, 3) < 1:
        return f"{seconds * 1000:.0f} ms"
    if round(seconds, 1) < _TENTHS_BELOW:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes_left = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes_left:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def one_line(text: str) -> str:
    """Write a text of several lines as one, whatever is in it: a name with a line break can't make up a line."""
    joined = "; ".join(filter(None, (line.strip() for line in text.split("\n")))).replace(":; ", ": ")
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in joined)
