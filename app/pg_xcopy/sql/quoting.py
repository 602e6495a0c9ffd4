"""The only two functions that quote, and the type that says that a text has been through them."""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

Value = str | bool | int | float | Decimal | date | datetime | time | timedelta | UUID | None


class Sql(str):
    """Text that may be sent to a server.

    It comes from `identifier`, `literal`, a rendered template, PostgreSQL's own deparsing functions, or one of the
    manifest's fields that are SQL by definition. Joining two of them gives a plain `str`, which templates refuse.
    """

    __slots__ = ()


def identifier(name: str) -> Sql:
    """Quote a name, whatever is in it; always quoted, so that no list of reserved words can be out of date."""
    if "\0" in name:
        raise ValueError("a name can't contain a NUL character")
    return Sql('"' + name.replace('"', '""') + '"')


def literal(value: Value) -> Sql:
    """Write a value as a constant that means the same under every setting of standard_conforming_strings.

    Text, dates and UUIDs become untyped constants, which PostgreSQL reads as the type they are compared with. A
    backslash makes it an escape string constant (PostgreSQL manual, 4.1.2.2), as the server's quote_literal does.
    """
    if value is None:
        return Sql("NULL")
    if isinstance(value, bool):
        return Sql("true" if value else "false")
    if isinstance(value, int | Decimal) or (isinstance(value, float) and math.isfinite(value)):
        return _number(value)
    if isinstance(value, timedelta):
        # With microseconds spelled out: str() says "1 day, 0:00:00", which no interval input accepts.
        return _quoted(f"{value.days} days {value.seconds} seconds {value.microseconds} microseconds")
    if isinstance(value, float):
        return _quoted({math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN"))
    return _quoted(value if isinstance(value, str) else str(value))


def signed(value: int) -> Sql:
    """Write a whole number where the grammar takes a sign but no parentheses, as in MINVALUE -5."""
    return Sql(str(int(value)))


def _number(value: float | Decimal) -> Sql:
    if isinstance(value, Decimal) and not value.is_finite():
        return _quoted(str(value))
    # A minus sign glued to an operator or to another minus would be read as an operator or as a comment.
    # Not str(): an enum that is a number prints its name.
    kind = next(kind for kind in (Decimal, float, int) if isinstance(value, kind))
    digits = format(kind(value), "")
    return Sql(f"({digits})" if value < 0 else digits)


def _quoted(text: str) -> Sql:
    if "\0" in text:
        raise ValueError("a text constant can't contain a NUL character")
    escaped = text.replace("'", "''")
    if "\\" not in escaped:
        return Sql(f"'{escaped}'")
    return Sql(" E'" + escaped.replace("\\", "\\\\") + "'")
