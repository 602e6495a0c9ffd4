"""How the staging schema takes the old one's place, what goes with the old one, and what forbids it."""

from __future__ import annotations

from collections.abc import Iterator

from pg_xcopy.catalog.model import TargetCatalog
from pg_xcopy.catalog.objects import UserType
from pg_xcopy.catalog.servers import Extension, schemas_of
from pg_xcopy.catalog.standing import Dependent, StandingSchema
from pg_xcopy.planning.needs.order import Needs
from pg_xcopy.planning.plan import Notice, PlanProblem, SwapMethod, SwapPlan, Topic
from pg_xcopy.planning.schemas import is_ours, marker
from pg_xcopy.planning.selecting.design import Designs, Schemas
from pg_xcopy.planning.swapping.moving import bring_in, move_object
from pg_xcopy.sql.grants import grant
from pg_xcopy.sql.quoting import Sql, identifier
from pg_xcopy.sql.render import render
from pg_xcopy.sql.search_path import set_search_path

_ALTER_KINDS = {"composite type": "TYPE", "statistics object": "STATISTICS"}
_WITH_ARGUMENTS = frozenset({"aggregate", "function", "operator", "procedure"})
"""Kinds of objects that are named with the types of their arguments."""

MANY = 10
"""How many names a message lists before it counts the rest."""


def plan_swap(target: TargetCatalog, designs: Designs, needs: Needs, schemas: Schemas) -> SwapPlan:
    """Choose the method: by renaming schemas, unless the old one can't be renamed or its extensions can't follow."""
    standing = target.standing
    if standing is None:
        return SwapPlan(SwapMethod.RENAME, tuple(_take_name(schemas, None)))
    if reason := _why_not_rename(standing, target):
        return SwapPlan(SwapMethod.MOVE, tuple(_move(target, designs, needs, schemas)), reason)
    return SwapPlan(SwapMethod.RENAME, tuple(_rename(standing, _living_in(target), schemas)))


def _living_in(target: TargetCatalog) -> tuple[Extension, ...]:
    return tuple(each for each in target.extensions if each.schema == target.schema)


def _why_not_rename(standing: StandingSchema, target: TargetCatalog) -> str:
    if not standing.ours:
        return f"schema {target.schema} belongs to {standing.owner}"
    for each in _living_in(target):
        if not each.relocatable:
            return f"extension {each.name} lives in it and can't be moved"
        if not each.ours:
            return f"extension {each.name} lives in it and belongs to another role"
    return ""


def _rename(standing: StandingSchema, extensions: tuple[Extension, ...], schemas: Schemas) -> Iterator[Sql]:
    yield render("swap/rename.sql.j2", schema=schemas.target, to=schemas.retired)
    yield _comment(schemas.retired, marker(schemas.target, "retired"))
    yield from _take_name(schemas, standing.comment)
    for each in extensions:
        yield render("swap/move_extension.sql.j2", extension=each.name, schema=schemas.target)


def _take_name(schemas: Schemas, comment: str | None) -> Iterator[Sql]:
    yield render("swap/rename.sql.j2", schema=schemas.staging, to=schemas.target)
    yield _comment(schemas.target, comment)


def _move(target: TargetCatalog, designs: Designs, needs: Needs, schemas: Schemas) -> Iterator[Sql]:
    yield render("staging/create_schema.sql.j2", schema=schemas.retired, marker=marker(schemas.target, "retired"))
    # What is not ours of the parts of types can't be moved; it falls with its type from where it is.
    parts = (each for each in target.standing.parts if each.ours) if target.standing else ()
    standing = (*target.standing.objects, *parts) if target.standing else ()
    # Functions first: their argument types are looked up in the schema that still has them.
    for old in sorted(standing, key=lambda old: old.kind not in _WITH_ARGUMENTS):
        yield move_object(_ALTER_KINDS.get(old.kind, old.kind.upper()), Sql(old.identity), schemas.retired)
    yield set_search_path([schemas.staging, *schemas_of(target.extensions)])
    yield from bring_in(designs, needs, schemas, target.server.version)


def _comment(schema: str, comment: str | None) -> Sql:
    return render("swap/comment_schema.sql.j2", schema=schema, comment=comment)


def drop_notices(target: TargetCatalog, designs: Designs, needs: Needs, *, cascade: bool) -> Iterator[Notice]:
    """Say what is lost for good: what the copy does not bring again, and what falls with it outside the schema."""
    if target.standing is None:
        return
    tables = {design.relation.name.name for design in designs.tables}
    others = _other_names(designs, needs)
    for each in target.standing.objects:
        if not each.is_partition and each.name not in (tables if each.kind == "table" else others):
            yield Notice(
                Topic.DROPPED,
                each.identity,
                f"this {each.kind} stands in the target and the copy does not bring it",
            )
    for each in target.standing.attachments:
        yield Notice(Topic.DROPPED, each.identity, f"a {each.kind} of a table that is replaced; the copy brings none")
    for dependent in _outside(target.standing, target.schema):
        if dependent.publication:
            yield Notice(
                Topic.DROPPED,
                dependent.description,
                f"it goes with {dependent.on_object}; add the new table again",
            )
        elif cascade:
            yield Notice(Topic.CASCADE, dependent.description, f"it depends on {dependent.on_object}")


def _other_names(designs: Designs, needs: Needs) -> set[str]:
    names = {each.name.name for each in (*needs.collations, *needs.text_searches, *needs.objects, *needs.sequences)}
    return names | {each.name for design in designs.tables for each in design.relation.statistics}


def swap_problems(target: TargetCatalog, method: SwapMethod, *, cascade: bool) -> Iterator[PlanProblem]:
    """Give all that forbids replacing the target's schema."""
    if target.standing is None or target.server.in_recovery:
        return
    place = f"target schema {target.schema}"
    yield from _foreign_objects(target, target.standing, method, place)
    if not cascade:
        yield from _broken_dependents(target.standing, target.schema)


def server_problems(target: TargetCatalog) -> Iterator[PlanProblem]:
    """Give what forbids building anything beside the target's schema."""
    server = target.server
    if server.in_recovery:
        yield PlanProblem("target", "it is a hot standby, which can't be written", "connect to its primary")
    elif not server.may_create_schemas:
        asked = grant(server.role, f"CREATE ON DATABASE {identifier(server.database)}")
        yield PlanProblem(
            f"target schema {target.schema}",
            f"the role {server.role} may not create the staging schema beside it",
            f"ask for: {asked}; the modes append, truncate and upsert fill existing tables without it",
        )


def _foreign_objects(
    target: TargetCatalog, standing: StandingSchema, method: SwapMethod, place: str
) -> Iterator[PlanProblem]:
    role = target.server.role
    foreign = [each.identity for each in standing.objects if not each.ours]
    # Who owns a schema may drop whatever is in it; only to move an object takes its owner.
    if foreign and method is SwapMethod.MOVE:
        owners = ", ".join(sorted({each.owner or "" for each in standing.objects if not each.ours}))
        yield PlanProblem(
            place,
            f"the role {role} can't drop what others own there: {listed(foreign)}",
            f"run as a member of {owners}, or let the owner hand them over: ALTER TABLE … OWNER TO",
        )
    elif method is SwapMethod.MOVE and not standing.may_create:
        yield PlanProblem(
            place,
            f"the role {role} may not create tables in it",
            f"ask for: {grant(role, f'CREATE ON SCHEMA {identifier(target.schema)}')}",
        )


def unmovable_types(target: TargetCatalog, swap: SwapPlan, needs: Needs) -> Iterator[PlanProblem]:
    """Give range types that would have to be moved by a role that can't do it."""
    if swap.method is not SwapMethod.RENAME and not target.server.superuser:
        for each in needs.objects:
            if isinstance(each, UserType) and each.kind == "r":
                yield PlanProblem(
                    f"type {each.name.name}",
                    "the functions that construct ranges belong to the superuser, so the role"
                    f" {target.server.role} can't move them, and the schema can't be renamed: {swap.reason}",
                    "run as a role that can rename it, or as a superuser",
                )


def _outside(standing: StandingSchema, schema: str) -> Iterator[Dependent]:
    """Give what depends on the schema, but for what dead runs left: that is dropped before anything is built."""
    return (each for each in standing.dependents if not is_ours(each.schema, schema))


def _broken_dependents(standing: StandingSchema, schema: str) -> Iterator[PlanProblem]:
    outside = _outside(standing, schema)
    broken = [f"{each.description} (on {each.on_object})" for each in outside if not each.publication]
    if broken:
        yield PlanProblem(
            f"target schema {schema}",
            f"objects outside it depend on what would be dropped: {listed(broken)}",
            "drop them first, or set `cascade: true` to have them dropped too",
        )


def listed(names: list[str]) -> str:
    """List names, not too many of them."""
    more = f" and {len(names) - MANY} more" if len(names) > MANY else ""
    return ", ".join(names[:MANY]) + more
