"""The statements that build the staging schema: types, functions, sequences, tables, partitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pg_xcopy.catalog.model import Column, Function, Sequence, Server, UserType
from pg_xcopy.catalog.objects import Cast, Collation, TextSearch
from pg_xcopy.planning.comments import Comments
from pg_xcopy.planning.design import Design, Designs, Schemas
from pg_xcopy.planning.needs import Needs, is_generated
from pg_xcopy.planning.plan import Notice, Step, Topic
from pg_xcopy.planning.properties import column_steps
from pg_xcopy.planning.versions import MULTIRANGES, NAMED_NOT_NULL, UNLOGGED_SEQUENCES, known_parameters
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql
from pg_xcopy.sql.render import render


@dataclass(frozen=True)
class ColumnDefinition:
    """A column as CREATE TABLE spells it. `sequence` is set for identity columns only."""

    name: str
    type: Sql
    collation: Sql | None
    generated: str
    identity: str
    expression: Sql | None
    not_null: bool
    not_null_name: str | None
    no_inherit: bool
    sequence: Sequence | None
    sequence_name: TableName | None


def prepare_steps(designs: Designs, needs: Needs, schemas: Schemas, server: Server) -> Iterator[Step]:
    """Give the statements in an order in which each finds what it needs; `server` is the target's."""
    version = server.version
    for sequence in needs.sequences:
        yield _create_sequence(sequence, schemas, version)
    by_oid = {design.relation.oid: design for design in designs.tables}
    for each in needs.order:
        if isinstance(each, Design):
            yield _create_table(each, needs, version, [by_oid[oid] for oid in each.inherits])
        else:
            yield _create(each, version)
            if isinstance(each, Function) and each.leakproof:
                yield _mark_leakproof(each)
    for design in designs.tables:
        yield from column_steps(design, server.compressions)
        yield from _attach(design)
    yield from _own_sequences(designs, needs, schemas)


def _create(each: Cast | Collation | TextSearch | UserType | Function, version: int) -> Step:
    if isinstance(each, UserType):
        return _create_type(each, version)
    if isinstance(each, Collation):
        sql = render("staging/create_collation.sql.j2", name=each.name, collation=each)
        return Step(sql, f"creating collation {each.name.name}", each.name.name)
    if isinstance(each, TextSearch):
        return _create_text_search(each)
    if isinstance(each, Cast):
        return _create_cast(each)
    return _create_function(each, replace=False)


def _create_cast(each: Cast) -> Step:
    sql = render("staging/create_cast.sql.j2", cast=each)
    # one WITHOUT FUNCTION takes a superuser
    return Step(sql, f"creating cast {each.signature}", f"cast {each.signature}", Topic.OBJECT, each.method)


def _create_text_search(each: TextSearch) -> Step:
    sql = render(
        "staging/create_text_search.sql.j2",
        kind=each.kind,
        name=each.name,
        made_from=each.made_from,
        options=each.options,
        mappings=each.mappings,
    )
    return Step(sql, f"creating text search {each.kind.lower()} {each.name.name}", each.name.name)


def _create_function(each: Function, *, replace: bool) -> Step:
    sql = render(
        "staging/create_function.sql.j2",
        name=each.name,
        definition=each.definition,
        replace=replace,
        arguments=each.arguments,
        comment=None if replace else each.comment,
    )
    return Step(sql, f"creating function {each.name.name}", each.name.name)


def _mark_leakproof(each: Function) -> Step:
    subject = f"function {each.name.name}({each.arguments})"
    sql = render("staging/mark_leakproof.sql.j2", name=each.name, arguments=each.arguments)
    return Step(sql, f"marking {subject}", subject, Topic.PROPERTY, what="LEAKPROOF")


def late_check_steps(needs: Needs, comments: Comments) -> Iterator[Step]:
    """Give the checks of domains that are NOT VALID: the values that are copied may break them."""
    for each in needs.objects:
        for check, definition in each.late_checks if isinstance(each, UserType) else ():
            sql = render("staging/add_domain_check.sql.j2", domain=each.name, check=check, definition=definition)
            commented = comments.after(sql, "DOMAIN CONSTRAINT", check, each.name.name)
            yield Step(commented, f"adding check {check} of domain {each.name.name}", each.name.name)


def respelling_steps(needs: Needs) -> Iterator[Step]:
    """Give functions, whose text named the staging schema, the text that names the one which it will be.

    After all that is computed with them, and before the swap, so that they are right from its first moment.
    """
    return (_create_function(each, replace=True) for each in needs.respelled)


def _create_type(each: UserType, version: int) -> Step:
    multirange = multirange_of(each) if each.kind == "r" and version >= MULTIRANGES else None
    sql = render("staging/create_type.sql.j2", name=each.name, type=each, multirange=multirange)
    return Step(sql, f"creating type {each.name.name}", each.name.name)


def multirange_of(each: UserType) -> TableName:
    """Name a range's multirange type: as in the source, or where that has none as a server would.

    See makeMultirangeTypeName in PostgreSQL's catalog/pg_type.c.
    """
    name = each.name.name
    chosen = name.replace("range", "multirange", 1) if "range" in name else f"{_cut(name, 63 - 11)}_multirange"
    return TableName(each.name.schema, each.multirange or _cut(chosen, 63))


def _cut(name: str, size: int) -> str:
    return name.encode()[:size].decode(errors="ignore")


def _create_sequence(sequence: Sequence, schemas: Schemas, version: int) -> Step:
    unlogged = sequence.persistence == "u" and version >= UNLOGGED_SEQUENCES
    name = sequence.name.within(schemas.staging)
    sql = render("staging/create_sequence.sql.j2", name=name, sequence=sequence, unlogged=unlogged)
    return Step(sql, f"creating sequence {sequence.name.name}", sequence.name.name)


def _create_table(design: Design, needs: Needs, version: int, parents: list[Design]) -> Step:
    inherited = {column.name for parent in parents for column in parent.columns.kept}
    of_type = design.relation.of_type if design.columns.untouched else None
    handed_down = {column.name for parent in parents for column in parent.columns.kept if column.not_null}
    definitions = [
        _definition(design, column, needs, version, comes_not_null=column.name in handed_down)
        for column in design.columns.kept
        if column.local or column.name not in inherited
    ]
    sql = render(
        "staging/create_table.sql.j2",
        table=design.staged,
        unlogged=design.relation.persistence == "u" and design.partition_key is None,
        of_type=of_type,
        columns=[each for each in definitions if each.not_null or each.expression] if of_type else definitions,
        options=known_parameters(design.relation.options, version),
        parents=[parent.staged for parent in parents],
        partition_key=design.partition_key,
    )
    return Step(sql, f"creating table {design.name}", str(design.name))


def _definition(
    design: Design, column: Column, needs: Needs, version: int, *, comes_not_null: bool
) -> ColumnDefinition:
    transformed = column.name in design.columns.transformed
    generated = column.generated if is_generated(column, design) else ""
    # A partition takes its identity from its root when it is attached (PostgreSQL 17), or has none (before).
    identity = None if design.attached_to else needs.identities.get((design.relation.oid, column.name))
    plain_default = column.expression if not column.generated and carries_default(column, needs) else None
    return ColumnDefinition(
        name=column.name,
        type=column.type,
        collation=column.collation,
        generated=generated,
        identity=column.identity,
        expression=column.expression if generated else plain_default,
        not_null=column.not_null
        and column.not_null_valid
        and not transformed
        and (column.not_null_local or not comes_not_null),
        not_null_name=column.not_null_name,
        no_inherit=column.not_null_no_inherit and version >= NAMED_NOT_NULL,
        sequence=identity,
        sequence_name=identity.name.within(design.schemas.staging) if identity else None,
    )


def carries_default(column: Column, needs: Needs) -> bool:
    """Tell whether all that a default needs is certain to be there when the table is created."""
    calls = "(" in (column.expression or "") and needs.position_ids.isdisjoint(column.expression_needs)
    return needs.certain.issuperset(column.expression_needs) and not (calls and needs.newer_source)


def default_steps(design: Design, needs: Needs, by_oid: Mapping[int, Design]) -> Iterator[Step]:
    """Defaults that CREATE TABLE did not carry: those that may fail, and those that differ from a parent's."""
    for column in design.columns.kept:
        inherited = None if column.local else _inherited_default(column, design, by_oid)
        differs = bool(design.inherits) and not column.local and inherited != column.expression
        if column.generated or not (differs or (column.expression and not carries_default(column, needs))):
            continue
        if needs.lack(column.expression_needs):
            continue  # see default_notices
        sql = render(
            "staging/set_default.sql.j2",
            table=design.staged,
            column=column.name,
            expression=column.expression,
        )
        yield Step(
            sql,
            f"setting the default of {design.name}.{column.name}",
            f"{design.name}.{column.name}",
            Topic.DEFAULT,
        )


def default_notices(design: Design, needs: Needs) -> Iterator[Notice]:
    """Say which defaults go because something that they need will not be there."""
    for column in design.columns.kept:
        if not column.generated and (lack := needs.lack(column.expression_needs)):
            yield Notice(Topic.DEFAULT, f"{design.name}.{column.name}", lack.reason)


def _inherited_default(column: Column, design: Design, by_oid: Mapping[int, Design]) -> Sql | None:
    parents = (by_oid[oid].columns.kept for oid in design.inherits if oid in by_oid)
    return next((c.expression for kept in parents for c in kept if c.name == column.name), None)


def _attach(design: Design) -> Iterator[Step]:
    if design.attached_to:
        sql = render(
            "staging/attach_partition.sql.j2",
            parent=design.attached_to,
            table=design.staged,
            bound=design.relation.partition_bound,
        )
        yield Step(sql, f"attaching partition {design.name}", str(design.name))


def _own_sequences(designs: Designs, needs: Needs, schemas: Schemas) -> Iterator[Step]:
    by_oid = {design.relation.oid: design for design in designs.tables}
    for sequence in needs.sequences:
        design = by_oid.get(sequence.owner) if sequence.owner else None
        if design and any(column.name == sequence.owner_column for column in design.columns.kept):
            sql = render(
                "staging/own_sequence.sql.j2",
                name=sequence.name.within(schemas.staging),
                table=design.staged,
                column=sequence.owner_column,
            )
            yield Step(sql, f"giving sequence {sequence.name.name} to its column", sequence.name.name)
