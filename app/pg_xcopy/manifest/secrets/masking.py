"""Masks what came from secrets wherever a text may repeat it, in every spelling that it may have there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pg_xcopy.connect.dsn import redact
from pg_xcopy.sql.quoting import literal

SHORTEST = 3
"""Characters: to mask what is shorter would mask half of any message."""

BOTH_QUOTES = "'\""
"""A repr escapes quotes according to what else is in the text."""


def spellings(value: str) -> frozenset[str]:
    """Give a value as it is, as in SQL, either also in one line, in JSON and in a repr; nothing, if it is too short."""
    if len(value) < SHORTEST:
        return frozenset()
    in_sql = str(literal(value)).strip().removeprefix("E")[1:-1]
    written = {value, in_sql, " ".join(value.split()), " ".join(in_sql.split())}
    quoted = {spell(text)[1:-1] for text in written for spell in (json.dumps, repr)}
    quoted |= {repr(BOTH_QUOTES + text)[4:-1] for text in written}
    return frozenset(text for text in written | quoted if len(text) >= SHORTEST)


def masked(data: Any, hidden: Iterable[str]) -> Any:  # noqa: ANN401 - whatever a model or a plan is written as
    """Mask hidden texts within plain data."""
    if isinstance(data, str):
        return redact(data, hidden)
    if isinstance(data, Mapping):
        return {key: masked(item, hidden) for key, item in data.items()}
    return [masked(item, hidden) for item in data] if isinstance(data, list | tuple) else data
