"""What will not be on the target for reasons of its own: extensions, what is not copied, what it is too old for."""

from __future__ import annotations

from pg_xcopy.catalog.model import Function, SourceCatalog, TargetCatalog
from pg_xcopy.catalog.objects import Collation, ObjectId
from pg_xcopy.planning.design import Design
from pg_xcopy.planning.graph import Lack
from pg_xcopy.planning.versions import BUILTIN_COLLATIONS, COLLATION_RULES, MULTIRANGES, SQL_BODIES
from pg_xcopy.sql.names import TableName


def find_absences(
    designs: tuple[Design, ...], source: SourceCatalog, target: TargetCatalog, missing: frozenset[str]
) -> dict[ObjectId, Lack]:
    """Give what will not be there for reasons of its own."""
    absent = {id_: _no_extension(name, target) for id_, name in source.members.items() if name in missing}
    absent |= {
        id_: Lack(f"it needs {what}, which is not copied", "leave out what needs it, or write it otherwise")
        for id_, what in source.unmakeable.items()
    }
    copied = {design.relation.oid for design in designs}
    for relation in source.relations:
        if relation.oid not in copied:
            lack = Lack(f"it needs {relation.name}, which is not copied", "copy that too, or leave out what needs it")
            absent |= dict.fromkeys(relation.ids, lack)
    for function in source.functions:
        if reason := _why_no_function(function, target.server.version):
            absent[function.ids[0]] = Lack(reason, "leave out what needs it, or write it otherwise")
    for collation in source.collations:
        if reason := _why_no_collation(collation, target.server.version):
            absent[collation.ids[0]] = Lack(reason, "leave out what has it, or upgrade the target")
    for id_, name in source.functions_elsewhere.items():
        if id_ not in source.members and name not in target.functions_elsewhere:
            absent[id_] = _no_function_elsewhere(name, target)
    if target.server.version < MULTIRANGES:
        lack = Lack("multirange types need PostgreSQL 14", "leave it out with `transform`, or upgrade the target")
        absent |= {id_: lack for each in source.types for id_ in each.multirange_ids}
    return absent


def _no_function_elsewhere(name: TableName, target: TargetCatalog) -> Lack:
    if name.schema == target.schema:
        return Lack(f"it needs function {name}, and the copy replaces that schema", "leave out what needs it")
    return Lack(
        f"it needs function {name}, which the target lacks", "create it there first, or leave out what needs it"
    )


def _no_extension(name: str, target: TargetCatalog) -> Lack:
    if name not in target.available_extensions:
        return Lack(
            f"it needs extension {name}, whose files the target's server does not have",
            "ask its administrator to install them, or leave it out with `transform`",
        )
    return Lack(
        f"it needs extension {name}, which the target lacks",
        f'set `create_missing: true`, or ask for: CREATE EXTENSION "{name}"',
    )


def _why_no_function(function: Function, version: int) -> str:
    if function.definition is None:
        return f"it needs the aggregate {function.name.name}, and aggregates are not copied"
    if function.sql_body and version < SQL_BODIES:
        return f"it needs function {function.name.name}, whose body in standard SQL needs PostgreSQL 14"
    return ""


def _why_no_collation(collation: Collation, version: int) -> str:
    if collation.provider == "builtin" and version < BUILTIN_COLLATIONS:
        return f"it needs collation {collation.name.name}, whose provider `builtin` needs PostgreSQL 17"
    if collation.rules and version < COLLATION_RULES:
        return f"it needs collation {collation.name.name}, whose rules need PostgreSQL 16"
    return ""
