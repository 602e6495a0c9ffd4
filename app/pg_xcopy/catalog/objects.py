"""What a schema has beside its relations, as frozen values, and how any object is told from all others."""

from __future__ import annotations

from typing import NewType

from msgspec import Struct

from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql

ObjectId = NewType("ObjectId", str)
"""An object of a catalog: the catalog's name and the object's OID there, `pg_proc 16412`."""


class TypeName(Struct, frozen=True):
    """A type by its name in pg_type (`int4`, not `integer`); of an `array`, the type of its elements."""

    schema: str
    name: str
    array: bool = False


class UserType(Struct, frozen=True):
    """An enum ('e'), domain ('d'), composite ('c') or range ('r') type.

    `parts` are the types that it is made of, in the order of a composite's `fields`. `ids` are its own and those of the
    types that come with it: array and multirange types. `canonical` tells whether a range type has a CANONICAL
    function. `late_checks` are a domain's that are NOT VALID, by name.
    """

    ids: tuple[ObjectId, ...]
    name: TableName
    kind: str
    labels: tuple[str, ...] = ()
    base_type: Sql | None = None
    not_null: bool = False
    default_expression: Sql | None = None
    collation: Sql | None = None
    not_null_name: str | None = None
    checks: tuple[Sql, ...] = ()
    late_checks: tuple[tuple[str, Sql], ...] = ()
    attributes: tuple[Sql, ...] = ()
    fields: tuple[str, ...] = ()
    operator_class: Sql | None = None
    subtype_diff: Sql | None = None
    parts: tuple[TypeName, ...] = ()
    multirange: str | None = None
    multirange_ids: tuple[ObjectId, ...] = ()
    canonical: bool = False
    needs: tuple[ObjectId, ...] = ()


class Function(Struct, frozen=True):
    """A function of the schema; `definition` begins with its arguments, whose types alone are in `arguments`.

    No two functions of one name and schema have the same in `takes`: the types of what they are called with.
    An aggregate has no definition. `sql_body` tells a body that was parsed when it was created (BEGIN ATOMIC, RETURN)
    from one that is text, and `reads` are the columns that it names, each with the OID of its relation; `body` is the
    text, where it is SQL or PL/pgSQL. That it is `leakproof` is not in the
    definition, because only a superuser may say so. `comment` is what COMMENT ON says.
    """

    ids: tuple[ObjectId, ...]
    name: TableName
    definition: Sql | None
    arguments: Sql
    needs: tuple[ObjectId, ...] = ()
    sql_body: bool = False
    reads: tuple[tuple[int, str], ...] = ()
    body: str | None = None
    leakproof: bool = False
    comment: str | None = None
    takes: str = ""


class Sequence(Struct, frozen=True):
    """A sequence; `last_value` is None where the role may not read it. `owner` is the OID of the owning table."""

    oid: int
    id: ObjectId
    name: TableName
    type: Sql
    start: int
    increment: int
    minimum: int
    maximum: int
    cache: int
    cycle: bool
    persistence: str = "p"
    owner: int | None = None
    owner_column: str | None = None
    identity: bool = False
    readable: bool = True
    last_value: int | None = None
    is_called: bool = False


class Collation(Struct, frozen=True):
    """A collation; `provider` is libc, icu or builtin, `ctype` is libc's LC_CTYPE."""

    ids: tuple[ObjectId, ...]
    name: TableName
    provider: str
    locale: str
    ctype: str | None
    deterministic: bool
    rules: str | None = None


class TextSearch(Struct, frozen=True):
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


class Cast(Struct, frozen=True):
    """A cast from or to a type of the schema; `signature` is `(type AS type)`, `method` what follows."""

    ids: tuple[ObjectId, ...]
    signature: Sql
    method: Sql
    needs: tuple[ObjectId, ...] = ()


class Comment(Struct, frozen=True):
    """A comment. `kind` is the object's as COMMENT ON spells it, or DOMAIN CONSTRAINT, or TYPE COLUMN.

    `owner` is the relation or domain of a column, constraint or index. DOMAIN NOT NULL is a constraint too.
    """

    kind: str
    name: str
    owner: str | None
    text: str


class SchemaObjects(Struct, frozen=True):
    """What CREATE statements make in a schema beside tables; of sequences, not where they stand."""

    types: tuple[UserType, ...] = ()
    functions: tuple[Function, ...] = ()
    collations: tuple[Collation, ...] = ()
    text_searches: tuple[TextSearch, ...] = ()
    casts: tuple[Cast, ...] = ()
    sequences: tuple[Sequence, ...] = ()
