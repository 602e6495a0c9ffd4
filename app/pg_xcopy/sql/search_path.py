"""Search paths: which schemas an unqualified name is looked up in."""

from __future__ import annotations

from collections.abc import Iterable

from pg_xcopy.sql.quoting import Sql, identifier


def search_path(schemas: Iterable[str]) -> Sql:
    """Quote a search_path; temporary objects come last, so that none can shadow a table.

    pg_catalog is always searched first unless it is named, so it is not.
    """
    names = dict.fromkeys(name for name in schemas if name != "pg_catalog")
    return Sql(", ".join([*map(identifier, names), "pg_temp"]))


def set_search_path(schemas: Iterable[str]) -> Sql:
    """Write what sets a search_path until the transaction ends."""
    return Sql(f"SET LOCAL search_path = {search_path(schemas)}")
