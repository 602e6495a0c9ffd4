"""What is too young for the target's server: in columns, partition keys, types and functions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from pg_xcopy.catalog.model import SourceCatalog, TargetCatalog
from pg_xcopy.catalog.objects import Function, UserType
from pg_xcopy.catalog.relations import Column
from pg_xcopy.catalog.servers import Builtins
from pg_xcopy.planning.plan import PlanProblem
from pg_xcopy.planning.selecting.design import Design, Designs
from pg_xcopy.planning.versions import (
    VIRTUAL_COLUMNS,
    missing_builtin,
    missing_collation,
    missing_feature,
    missing_type,
)
from pg_xcopy.sql.quoting import Sql

_BODY = re.compile(r"\n\s*(?:AS |RETURN |BEGIN ATOMIC)")
"""Where the body begins in what pg_get_functiondef prints."""


class Younger(Struct, frozen=True):
    """What the target's version is, and what its server lacks by itself of what the source's has."""

    version: int
    lacking: Builtins

    def expression(self, text: str | None) -> str:
        """Say what in an expression it does not know; empty if it knows all."""
        return (missing_feature(text, self.version) or missing_builtin(text, self.lacking)) if text else ""

    def type(self, text: str | None) -> str:
        """Say what in the spelling of a type it does not know."""
        return (missing_feature(text, self.version) or missing_type(text, self.lacking)) if text else ""

    def collation(self, name: str | None) -> str:
        """Say that it does not know a collation of the server's own."""
        return missing_collation(f"COLLATE {name}", self.lacking) if name else ""

    def user_type(self, each: UserType) -> str:
        """Say what in the definition of a type it does not know."""
        reasons = [
            *map(self.type, (each.base_type, *map(_type_of, each.attributes))),
            *map(self.expression, (each.default_expression, *each.checks)),
            self.collation(each.collation),
        ]
        return next(filter(None, reasons), "")

    def function(self, each: Function) -> str:
        """Say what in the definition of a function it does not know; a body that is text is not looked at."""
        definition = each.definition or ""
        return self.type(_BODY.split(definition)[0]) or (self.expression(definition) if each.sql_body else "")


def younger_than(source: SourceCatalog, target: TargetCatalog) -> Younger:
    """Compare the two servers."""
    return Younger(target.server.version, source.builtins - target.builtins)


def _type_of(attribute: Sql) -> str:
    """Give the type of an attribute, whose name, quoted where it must be, stands in front of it."""
    return attribute[attribute.index('" ', 1) + 2 :] if attribute.startswith('"') else attribute.partition(" ")[2]


def too_young(designs: Designs, source: SourceCatalog, target: TargetCatalog) -> Iterator[PlanProblem]:
    """Give the columns and partition keys that the target can't be given."""
    younger = younger_than(source, target)
    for design in designs.tables:
        for column in design.columns.kept:
            yield from _of_column(design, column, younger)
        if reason := younger.expression(design.partition_key):
            yield PlanProblem(
                str(design.relation.name), f"its partition key: {reason}", "leave out a column of the key"
            )


def _of_column(design: Design, column: Column, younger: Younger) -> Iterator[PlanProblem]:
    subject = f"{design.relation.name}.{column.name}"
    if reason := younger.type(column.type) or younger.collation(column.collation):
        yield PlanProblem(subject, reason, "leave it out with `transform`, or upgrade the target")
    elif column.generated and column.name not in design.columns.transformed:
        if column.generated == "v" and younger.version < VIRTUAL_COLUMNS:
            reason = "it is a virtual generated column, which the target does not know before PostgreSQL 18"
        else:
            reason = younger.expression(column.expression)
        if reason:
            yield PlanProblem(subject, reason, "give it a `transform`, or null to leave it out")
