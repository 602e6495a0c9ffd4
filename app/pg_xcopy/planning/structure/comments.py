"""Comments on everything that is copied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from msgspec import Struct

from pg_xcopy.catalog.objects import Comment, UserType
from pg_xcopy.planning.needs.order import Needs
from pg_xcopy.planning.plan import Step
from pg_xcopy.planning.selecting.design import Designs, Schemas
from pg_xcopy.planning.versions import NAMED_NOT_NULL
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql, identifier
from pg_xcopy.sql.render import render

_WITH_THEIR_OBJECT = frozenset({"CONSTRAINT", "INDEX", "STATISTICS"})
"""Comments that are made together with what they are on, because it may turn out that it can't be made."""


class Comments(Struct, frozen=True, dict=True):
    """The source's comments, to be found by what they are on."""

    all: tuple[Comment, ...]
    schemas: Schemas

    @cached_property
    def _texts(self) -> Mapping[tuple[str, str, str | None], Comment]:
        return {(each.kind, each.name, each.owner): each for each in self.all}

    def after(self, sql: Sql, kind: str, name: str, owner: str | None = None) -> Sql:
        """Append the comment, if there is one, to the statement that makes what it is on, if that is still to do."""
        comment = self._texts.get((kind, name, owner))
        return Sql(";\n".join(filter(None, [sql, _statement(comment, self.schemas)]))) if comment else sql

    def steps(self, designs: Designs, needs: Needs, version: int) -> Iterator[Step]:
        """Give the comments on tables, columns, sequences, types and collations."""
        late = {(each.name.name, check) for each in _types(needs) for check, _ in each.late_checks}
        columns = {design.relation.name.name: {c.name for c in design.columns.kept} for design in designs.tables}
        made = (*needs.collations, *needs.text_searches, *needs.objects, *needs.sequences, *needs.identities.values())
        others = {each.name.name for each in made}
        for comment in self.all:
            if comment.kind in _WITH_THEIR_OBJECT or (comment.owner, comment.name) in late:
                continue
            if comment.kind == "DOMAIN NOT NULL" and version < NAMED_NOT_NULL:
                continue
            if _is_copied(comment, columns, others):
                subject = f"{comment.owner}.{comment.name}" if comment.owner else comment.name
                yield Step(_statement(comment, self.schemas), f"commenting on {subject}", subject)


def _types(needs: Needs) -> Iterator[UserType]:
    return (each for each in needs.objects if isinstance(each, UserType))


def _is_copied(comment: Comment, columns: Mapping[str, set[str]], others: set[str]) -> bool:
    if comment.kind == "COLUMN":
        return comment.name in columns.get(comment.owner or "", ())
    if comment.kind == "TABLE":
        return comment.name in columns
    return (comment.owner or comment.name) in others


def _statement(comment: Comment, schemas: Schemas) -> Sql:
    kind, placed = _placed(comment, schemas)
    return render("staging/comment.sql.j2", kind=kind, object=placed, text=comment.text)


def _placed(comment: Comment, schemas: Schemas) -> tuple[Sql, Sql]:
    """Spell the object's kind and name as COMMENT ON wants them."""
    if comment.owner is None or comment.kind == "INDEX":
        return Sql(comment.kind), TableName(schemas.staging, comment.name).sql
    owner, part = TableName(schemas.staging, comment.owner).sql, identifier(comment.name)
    if comment.kind in ("COLUMN", "TYPE COLUMN"):
        return Sql("COLUMN"), Sql(f"{owner}.{part}")
    domain = "DOMAIN " if comment.kind.startswith("DOMAIN") else ""
    return Sql("CONSTRAINT"), Sql(f"{part} ON {domain}{owner}")
