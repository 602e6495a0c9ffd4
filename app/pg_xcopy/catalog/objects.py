"""Objects of a schema that are no relations, types or functions, and how any of them is told from the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql

ObjectId = NewType("ObjectId", str)
"""An object of a catalog: the catalog's name and the object's OID there, `pg_proc 16412`."""


@dataclass(frozen=True)
class Collation:
    """A collation; `provider` is libc, icu or builtin, `ctype` is libc's LC_CTYPE."""

    ids: tuple[ObjectId, ...]
    name: TableName
    provider: str
    locale: str
    ctype: str | None
    deterministic: bool
    rules: str | None = None


@dataclass(frozen=True)
class TextSearch:
    """A text search DICTIONARY or CONFIGURATION, `made_from` a template or a parser.

    `mappings` are what follows ADD MAPPING FOR.
    """

    ids: tuple[ObjectId, ...]
    kind: Sql
    name: TableName
    made_from: Sql
    options: Sql | None = None
    mappings: tuple[Sql, ...] = ()
    needs: tuple[ObjectId, ...] = ()


@dataclass(frozen=True)
class Cast:
    """A cast from or to a type of the schema; `signature` is `(type AS type)`, `method` what follows."""

    ids: tuple[ObjectId, ...]
    signature: Sql
    method: Sql
    needs: tuple[ObjectId, ...] = ()
