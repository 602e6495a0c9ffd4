"""From a `where` to a condition in SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from pg_xcopy.manifest.conditions import Condition
from pg_xcopy.sql.quoting import Sql, Value, identifier, literal

Values = tuple[Value, ...]


def condition(where: str | Mapping[str, Condition], columns: frozenset[str]) -> Sql | None:
    """Write a condition over the given columns; None where there is nothing to filter by.

    Text is SQL by definition: it stands between parentheses on lines of its own, so that neither an OR nor a trailing
    comment in it reaches what follows. Of a mapping, the conditions on columns that the table has are joined by AND.
    """
    if isinstance(where, str):
        return Sql(f"(\n{where}\n)")
    parts = [
        _OPERATORS[operator](identifier(column), operand)
        for column, wanted in where.items()
        if column in columns
        for operator, operand in wanted.operators
    ]
    return Sql(" AND ".join(parts)) if parts else None


def missing_columns(where: str | Mapping[str, Condition] | None, columns: frozenset[str]) -> tuple[str, ...]:
    """Name the columns that a mapping filters by and the table does not have."""
    return () if where is None or isinstance(where, str) else tuple(name for name in where if name not in columns)


def _equal(column: Sql, operand: object) -> str:
    value = cast("Value", operand)
    return f"{column} IS NULL" if value is None else f"{column} = {literal(value)}"


def _not_equal(column: Sql, operand: object) -> str:
    value = cast("Value", operand)
    return f"{column} IS NOT NULL" if value is None else f"{column} <> {literal(value)}"


def _in(column: Sql, operand: object) -> str:
    """Write IN: an empty list is FALSE, it must never mean "no filter"; NULL in a list means IS NULL."""
    values = cast("Values", operand)
    parts = []
    if given := [literal(value) for value in values if value is not None]:
        parts.append(f"{column} IN ({', '.join(given)})")
    if None in values:
        parts.append(f"{column} IS NULL")
    return f"({' OR '.join(parts)})" if len(parts) > 1 else "".join(parts) or "FALSE"


def _not_in(column: Sql, operand: object) -> str:
    values = cast("Values", operand)
    parts = []
    if given := [literal(value) for value in values if value is not None]:
        parts.append(f"{column} NOT IN ({', '.join(given)})")
    if None in values:
        parts.append(f"{column} IS NOT NULL")
    return " AND ".join(parts) or "TRUE"


def _between(column: Sql, operand: object) -> str:
    low, high = cast("Values", operand)
    return f"{column} BETWEEN {literal(low)} AND {literal(high)}"


def _is_null(column: Sql, operand: object) -> str:
    return f"{column} IS NULL" if operand else f"{column} IS NOT NULL"


def _compared_by(sign: str) -> Callable[[Sql, object], str]:
    return lambda column, operand: f"{column} {sign} {literal(cast('Value', operand))}"


_OPERATORS: Mapping[str, Callable[[Sql, object], str]] = {
    "eq": _equal,
    "ne": _not_equal,
    "gt": _compared_by(">"),
    "gte": _compared_by(">="),
    "lt": _compared_by("<"),
    "lte": _compared_by("<="),
    "in_": _in,
    "not_in": _not_in,
    "like": _compared_by("LIKE"),
    "ilike": _compared_by("ILIKE"),
    "between": _between,
    "is_null": _is_null,
}
