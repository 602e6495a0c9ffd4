"""The two ends of a job: where it reads, and where it writes.

No `from __future__ import annotations` here: Pydantic reads the annotations when the classes are made.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from pg_xcopy.manifest.connections import DATABASE, Database, writable
from pg_xcopy.manifest.declared import Declared, Frozen, Plain
from pg_xcopy.manifest.fields import LISTS, NON_EMPTY, Name, Names, Updates, refusal
from pg_xcopy.manifest.frozen import FrozenMapping
from pg_xcopy.manifest.modes import of_upsert

Mode = Literal["replace", "replace_tables", "append", "truncate", "upsert"]


class Source(Declared):
    """Where a job reads: a database and one of its schemas. It is never written."""

    database: Database = Field(description=DATABASE)
    schema_name: Name = Field(default="public", alias="schema", description="The schema to read.")


def _replaceable(schema: str) -> str:
    if schema.startswith(("pg_", "_xcopy_")) or schema == "information_schema":
        raise refusal("this schema belongs to the server or to pg-xcopy itself", "choose another target schema")
    return schema


def _chosen(given: object) -> object:
    """Take a list of tables, and null for its columns, for all of their columns."""
    if isinstance(given, LISTS) and all(isinstance(name, str) for name in given):
        given = dict.fromkeys(given)
    if not isinstance(given, Mapping):
        return given
    if not given:
        raise refusal("expected at least one table", "leave the key out where all tables are meant")
    if [] in given.values():
        raise refusal("a table has no columns here", "write null for all of them, or leave the table out")
    return {name: () if columns is None else columns for name, columns in given.items()}


_COLUMNS = {"type": "array", "items": NON_EMPTY, "minItems": 1}
CHOICE = WithJsonSchema(
    {
        "anyOf": [
            {"type": "array", "items": NON_EMPTY, "minItems": 1},
            {"type": "object", "minProperties": 1, "additionalProperties": {"anyOf": [_COLUMNS, {"type": "null"}]}},
        ]
    }
)


KEY = (
    "upsert: the name of the unique constraint or index that tells which rows are the same; by default the primary key."
)
UPDATE = (
    "upsert: what becomes of rows that are there already: all (every copied column but the key's is set, the default), "
    "a list of columns, or none (they are left as they are)."
)


class Target(Declared):
    """Where a job writes: a database, one of its schemas, and how."""

    database: Annotated[Database, AfterValidator(writable)] = Field(description=DATABASE)
    schema_name: Annotated[Name, AfterValidator(_replaceable)] = Field(
        default="public",
        alias="schema",
        description="The schema to write: with mode replace all of it. With replace and replace_tables it is made if "
        "it does not exist.",
    )
    mode: Mode = Field(
        default="replace",
        description="replace: build the schema anew beside the old one, then swap the two. replace_tables: the same "
        "for the job's tables alone; everything else in the schema stays. The others fill tables that exist, with the "
        "columns that both sides have: append adds rows, truncate empties the tables and fills them, upsert adds the "
        "rows that are not there and updates those that are.",
    )
    key: Annotated[Name, AfterValidator(of_upsert)] | None = Field(default=None, description=KEY)
    update: Annotated[Updates, AfterValidator(of_upsert)] = Field(default=None, description=UPDATE)
    tables: Annotated[Mapping[Name, Names], BeforeValidator(_chosen), CHOICE, Frozen, Plain] = Field(
        default_factory=FrozenMapping,
        description="Which of the job's tables go here, by name or glob pattern: a list, or a mapping to the columns "
        "of each, where null is all of them. Without it, all tables.",
    )

    @property
    def label(self) -> str:
        """What to call it where a job has several."""
        return f"{self.database.described}/{self.schema_name}"

    @property
    def fills_existing(self) -> bool:
        """Tell whether the target's tables stay what they are and only take rows."""
        return self.mode not in ("replace", "replace_tables")
