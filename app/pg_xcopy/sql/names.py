"""A schema and a name are one value."""

from __future__ import annotations

from msgspec import Struct

from pg_xcopy.sql.quoting import Sql, identifier


class TableName(Struct, frozen=True, order=True):
    """The name of a relation (or of any other object that lives in a schema), as PostgreSQL's catalog holds it."""

    schema: str
    name: str

    @property
    def sql(self) -> Sql:
        """Qualified and quoted."""
        return Sql(f"{identifier(self.schema)}.{identifier(self.name)}")

    def within(self, schema: str) -> TableName:
        """Return the same name in another schema."""
        return TableName(schema, self.name)

    def __str__(self) -> str:
        # For people: a line break in a name must not break the line that it is shown in.
        text = f"{self.schema}.{self.name}"
        if text.isprintable():
            return text
        return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
