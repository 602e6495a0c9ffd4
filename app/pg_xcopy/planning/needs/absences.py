"""What will not be on the target for reasons of its own: extensions, what is not copied, what it is too old for."""

from __future__ import annotations

from pg_xcopy.catalog.model import SourceCatalog, TargetCatalog
from pg_xcopy.catalog.objects import Collation, Function, ObjectId
from pg_xcopy.planning.needs.graph import Lack
from pg_xcopy.planning.needs.youth import Younger, younger_than
from pg_xcopy.planning.selecting.design import Design
from pg_xcopy.planning.versions import BUILTIN_COLLATIONS, COLLATION_RULES, MULTIRANGES, PG_UNICODE_FAST, SQL_BODIES
from pg_xcopy.sql.grants import create_extension
from pg_xcopy.sql.names import TableName


def find_absences(
    designs: tuple[Design, ...], source: SourceCatalog, target: TargetCatalog, missing: frozenset[str]
) -> dict[ObjectId, Lack]:
    """Give what will not be there for reasons of its own."""
    absent = {id_: _no_extension(name, target) for id_, name in source.members.items() if name in missing}
    return absent | _not_copied(designs, source) | _not_elsewhere(source, target) | _too_young(source, target)


def _not_copied(designs: tuple[Design, ...], source: SourceCatalog) -> dict[ObjectId, Lack]:
    absent = {
        id_: Lack(f"it needs {what}, which is not copied", "leave out what needs it, or write it otherwise")
        for id_, what in source.unmakeable.items()
    }
    copied = {design.relation.oid: design for design in designs}
    for function in source.functions:
        for oid, column in function.reads:
            if oid in copied and column in copied[oid].columns.left_out:
                lack = Lack(
                    f"it needs {copied[oid].relation.name}.{column}, which is left out",
                    "copy that column too, or leave out what needs it",
                )
                absent[function.ids[0]] = lack
    for relation in source.relations:
        if relation.oid not in copied:
            lack = Lack(f"it needs {relation.name}, which is not copied", "copy that too, or leave out what needs it")
            absent |= dict.fromkeys(relation.ids, lack)
    return absent


def _not_elsewhere(source: SourceCatalog, target: TargetCatalog) -> dict[ObjectId, Lack]:
    return {
        id_: _no_function_elsewhere(name, target)
        for id_, name in source.functions_elsewhere.items()
        if id_ not in source.members and name not in target.functions_elsewhere
    }


def _too_young(source: SourceCatalog, target: TargetCatalog) -> dict[ObjectId, Lack]:
    absent: dict[ObjectId, Lack] = {}
    younger = younger_than(source, target)
    for function in source.functions:
        if reason := _why_no_function(function, younger):
            absent[function.ids[0]] = Lack(reason, "leave out what needs it, or write it otherwise")
    for each in source.types:
        if reason := younger.user_type(each):
            lack = Lack(f"it needs type {each.name.name}, and {reason}", "leave out what has it, or upgrade the target")
            absent |= dict.fromkeys(each.ids, lack)
    for collation in source.collations:
        if reason := _why_no_collation(collation, target.server.version):
            absent[collation.ids[0]] = Lack(reason, "leave out what has it, or upgrade the target")
    if target.server.version < MULTIRANGES:
        lack = Lack("multirange types need PostgreSQL 14", "leave it out with `transform`, or upgrade the target")
        absent |= {id_: lack for each in source.types for id_ in each.multirange_ids}
    return absent


def _no_function_elsewhere(name: TableName, target: TargetCatalog) -> Lack:
    if name.schema == target.schema and target.surroundings is None:
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
        f"set `create_missing: true`, or ask for: {create_extension(name)}",
    )


def _why_no_function(function: Function, younger: Younger) -> str:
    if function.definition is None:
        return f"it needs the aggregate {function.name.name}, and aggregates are not copied"
    if function.sql_body and younger.version < SQL_BODIES:
        return f"it needs function {function.name.name}, whose body in standard SQL needs PostgreSQL 14"
    reason = younger.function(function)
    return f"it needs function {function.name.name}, and {reason}" if reason else ""


def _why_no_collation(collation: Collation, version: int) -> str:
    if collation.provider == "builtin" and version < BUILTIN_COLLATIONS:
        return f"it needs collation {collation.name.name}, whose provider `builtin` needs PostgreSQL 17"
    if collation.provider == "builtin" and collation.locale == "PG_UNICODE_FAST" and version < PG_UNICODE_FAST:
        return f"it needs collation {collation.name.name}, whose locale PG_UNICODE_FAST needs PostgreSQL 18"
    if collation.rules and version < COLLATION_RULES:
        return f"it needs collation {collation.name.name}, whose rules need PostgreSQL 16"
    return ""
