"""What is too young for the target's server, and can't be left out: columns, types, functions, collations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pg_xcopy.catalog.model import Builtins, Collation, Column, Function, SourceCatalog, TargetCatalog, UserType
from pg_xcopy.planning.design import Design, Designs
from pg_xcopy.planning.needs import Needs
from pg_xcopy.planning.plan import PlanProblem
from pg_xcopy.planning.versions import (
    BUILTIN_COLLATIONS,
    ICU_RULES,
    MULTIRANGES,
    PG_UNICODE_FAST,
    SQL_BODIES,
    VIRTUAL_COLUMNS,
    missing_builtin,
    missing_collation,
    missing_feature,
    missing_type,
    needs_version,
)
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql

LEAVE_OUT = "leave the column out with `transform`"
REWRITE = "leave out what uses it, or rewrite it in the source"
REWRITE_BODY = "leave out what uses it, or rewrite it with a body as text"


@dataclass(frozen=True)
class Younger:
    """What the target's version is, what its server lacks by itself, and which types it can't be given."""

    version: int
    lacking: Builtins
    multiranges: frozenset[TableName]

    def expression(self, text: str | None) -> str:
        """Say what in an expression it does not know; empty if it knows all."""
        return (missing_feature(text, self.version) or missing_builtin(text, self.lacking)) if text else ""

    def type(self, text: str | None) -> str:
        """Say what in the spelling of a type it does not know."""
        return (missing_feature(text, self.version) or missing_type(text, self.lacking)) if text else ""

    def collation(self, name: str | None) -> str:
        """Say that it does not know a collation of the server's own."""
        return missing_collation(f"COLLATE {name}", self.lacking) if name else ""

    def multirange(self, column: Column) -> str:
        """Say that it can't have the multirange of a range that is copied."""
        if TableName(column.type_schema, column.type_name) not in self.multiranges:
            return ""
        return needs_version(f"the multirange type {column.type_name}", MULTIRANGES, self.version)


def too_young(designs: Designs, needs: Needs, source: SourceCatalog, target: TargetCatalog) -> Iterator[PlanProblem]:
    """Give one reason for each thing that the target can't be given."""
    version = target.server.version
    ranges = [TableName(each.name.schema, each.multirange) for each in source.types if each.multirange]
    younger = Younger(version, source.builtins - target.builtins, frozenset(ranges if version < MULTIRANGES else ()))
    for design in designs.tables:
        for column in design.columns.kept:
            yield from _of_column(design, column, younger)
        if reason := younger.expression(design.partition_key):
            yield PlanProblem(str(design.name), f"its partition key: {reason}", "leave out a column of the key")
    for collation in needs.collations:
        yield from _of_collation(collation, version)
    for each in needs.objects:
        yield from _of_function(each, younger) if isinstance(each, Function) else _of_type(each, younger)


def _of_column(design: Design, column: Column, younger: Younger) -> Iterator[PlanProblem]:
    subject = f"{design.name}.{column.name}"
    if reason := younger.type(column.type) or younger.multirange(column) or younger.collation(column.collation):
        yield PlanProblem(subject, reason, LEAVE_OUT)
    elif column.generated and column.name not in design.columns.transformed:
        if column.generated == "v" and younger.version < VIRTUAL_COLUMNS:
            reason = "it is a virtual generated column, which the target does not know before PostgreSQL 18"
        else:
            reason = younger.expression(column.expression)
        if reason:
            yield PlanProblem(subject, reason, "give it a `transform`, or null to leave it out")


def _of_collation(each: Collation, version: int) -> Iterator[PlanProblem]:
    if each.provider == "builtin" and version < BUILTIN_COLLATIONS:
        reason = needs_version("the builtin provider", BUILTIN_COLLATIONS, version)
    elif each.provider == "builtin" and each.locale == "PG_UNICODE_FAST" and version < PG_UNICODE_FAST:
        reason = needs_version("the locale PG_UNICODE_FAST", PG_UNICODE_FAST, version)
    elif each.rules and version < ICU_RULES:
        reason = needs_version("RULES", ICU_RULES, version)
    else:
        return
    yield PlanProblem(f"collation {each.name.name}", reason, "let the source use another one")


def _of_type(each: UserType, younger: Younger) -> Iterator[PlanProblem]:
    expressions = (each.default_expression, *each.checks)
    attributes = (_type_of(attribute) for attribute in each.attributes)
    reasons = [
        *map(younger.type, (each.base_type, *attributes)),
        *map(younger.expression, expressions),
        younger.collation(each.collation),
    ]
    if reason := next(filter(None, reasons), ""):
        yield PlanProblem(f"type {each.name.name}", f"the copied columns need it, and {reason}", REWRITE)


def _type_of(attribute: Sql) -> str:
    """Give the type of an attribute, whose name, quoted where it must be, stands in front of it."""
    return attribute[attribute.index('" ', 1) + 2 :] if attribute.startswith('"') else attribute.partition(" ")[2]


def _of_function(each: Function, younger: Younger) -> Iterator[PlanProblem]:
    if each.sql_body and younger.version < SQL_BODIES:
        reason = "its body in standard SQL needs PostgreSQL 14"
        yield PlanProblem(_called(each), f"the copied tables need it, and {reason}", REWRITE_BODY)
        return
    head, _, _ = each.definition.partition("\nAS ")
    if reason := younger.type(head) or (younger.expression(each.definition) if each.sql_body else ""):
        yield PlanProblem(_called(each), f"the copied tables need it, and {reason}", REWRITE)


def _called(each: Function) -> str:
    return f"function {each.name.name}"
