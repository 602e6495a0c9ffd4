"""Owners, grants and default privileges: a new schema starts without those of the old one."""

from __future__ import annotations

from collections.abc import Iterator

from pg_xcopy.catalog.model import TargetCatalog
from pg_xcopy.catalog.standing import Grant, StandingObject, StandingSchema
from pg_xcopy.planning.needs.order import Needs
from pg_xcopy.planning.plan import Notice, Step, SwapMethod, Topic
from pg_xcopy.planning.selecting.design import Designs, Schemas
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql, identifier
from pg_xcopy.sql.render import render


def early_access(target: TargetCatalog, schemas: Schemas, method: SwapMethod) -> Iterator[Step]:
    """Give what must be there before the first table is."""
    if target.standing and method is SwapMethod.RENAME:
        yield from _default_privilege_steps(target.standing, schemas)
    elif target.standing and method is SwapMethod.TABLES:
        # What others make in the schema keeps what they gave it; here, everything is made by our role.
        yield from _default_privilege_steps(target.standing, schemas, maker=target.server.role)


def late_access(
    target: TargetCatalog, designs: Designs, needs: Needs, schemas: Schemas, method: SwapMethod
) -> Iterator[Step]:
    """Give the rest, in its order, when all is made."""
    if target.standing:
        # The schema first: a table can only be given to a role that may create tables in its schema.
        if method is SwapMethod.RENAME:
            yield from _schema_steps(target.standing, target, schemas)
        yield from _object_steps(target.standing, designs, needs, schemas)
        owned = _owned_again(target.standing, target, designs, needs)
        if method is not SwapMethod.RENAME:
            yield from _creation_steps(owned, schemas)
        yield from _owner_steps(owned, schemas)


def _default_privilege_steps(standing: StandingSchema, schemas: Schemas, maker: str | None = None) -> Iterator[Step]:
    """Default privileges, which must be there before the first table is; only for what `maker` makes, if given."""
    for grant in standing.grants:
        if grant.scope == "default" and maker in (None, grant.for_role):
            sql = render(
                "staging/default_privilege.sql.j2",
                role=grant.for_role,
                schema=schemas.staging,
                privilege=Sql(grant.privilege),
                kind=Sql(grant.object_kind or ""),
                grantee=grant.grantee,
                grantable=grant.grantable,
            )
            yield _best_effort(sql, f"default privileges of {grant.for_role} in schema {schemas.target}")


def _schema_steps(standing: StandingSchema, target: TargetCatalog, schemas: Schemas) -> Iterator[Step]:
    """Give the schema's own grants, then its owner."""
    for grant in standing.grants:
        if grant.scope == "schema":
            yield _grant(grant, "SCHEMA", identifier(schemas.staging), f"schema {schemas.target}")
    if standing.owner != target.server.role:
        yield _owner("SCHEMA", identifier(schemas.staging), standing.owner, f"schema {schemas.target}")


def _object_steps(standing: StandingSchema, designs: Designs, needs: Needs, schemas: Schemas) -> Iterator[Step]:
    """Grants on the tables and sequences whose names were there before."""
    tables = {design.relation.name.name: design.columns for design in designs.tables}
    sequences = {each.name.name for each in (*needs.sequences, *needs.identities.values())}
    for each in standing.objects:
        kind = {"table": "TABLE", "sequence": "SEQUENCE"}.get(each.kind, "")
        if kind and each.name in (tables if kind == "TABLE" else sequences):
            yield from _without_defaults(standing, kind, TableName(schemas.staging, each.name), schemas)
    guarded = {each.name for each in standing.objects if each.row_security}
    for grant in standing.grants:
        name = grant.name or ""
        if name in guarded and grant.scope in ("table", "column"):
            continue  # see guarded_notices
        in_table = grant.scope in ("table", "column") and name in tables
        if grant.scope == "column" and in_table:
            in_table = any(column.name == grant.column for column in tables[name].kept)
        if in_table or (grant.scope == "sequence" and name in sequences):
            kind = "SEQUENCE" if grant.scope == "sequence" else "TABLE"
            yield _grant(grant, kind, TableName(schemas.staging, name).sql, f"{schemas.target}.{name}")


def _owned_again(
    standing: StandingSchema, target: TargetCatalog, designs: Designs, needs: Needs
) -> tuple[StandingObject, ...]:
    """Give the tables of others, and their sequences that no column owns, whose names come again."""
    names = {
        "table": {design.relation.name.name for design in designs.tables},
        "sequence": {each.name.name for each in needs.standing_alone(designs)},
    }
    of_others = (each for each in standing.objects if each.owner and each.owner != target.server.role)
    return tuple(each for each in of_others if each.name in names.get(each.kind, ()))


def _creation_steps(owned: tuple[StandingObject, ...], schemas: Schemas) -> Iterator[Step]:
    """Let owners into the staging schema: who is given a table must be allowed to create one where it stands."""
    for owner in sorted({each.owner for each in owned if each.owner}):
        grant = Grant("schema", None, None, owner, "CREATE", grantable=False)
        yield _grant(grant, "SCHEMA", identifier(schemas.staging), f"role {owner}")


def _owner_steps(owned: tuple[StandingObject, ...], schemas: Schemas) -> Iterator[Step]:
    """Give things to those who own what bears their names."""
    for each in owned:
        name = TableName(schemas.staging, each.name).sql
        yield _owner(each.kind.upper(), name, each.owner or "", f"{schemas.target}.{each.name}")


def guarded_notices(standing: StandingSchema, designs: Designs) -> Iterator[Notice]:
    """Name tables whose grants stay behind: what row-level security hid from a role would be open to it."""
    tables = {design.relation.name.name for design in designs.tables}
    granted = {grant.name for grant in standing.grants if grant.scope in ("table", "column")}
    for each in standing.objects:
        if each.row_security and each.name in tables & granted:
            reason = "its grants stay behind, because its row-level security does"
            yield Notice(Topic.ACCESS, each.identity, reason)


def _without_defaults(standing: StandingSchema, kind: str, name: TableName, schemas: Schemas) -> Iterator[Step]:
    """Take back what default privileges just gave: the old object's own grants are what counts."""
    given = {g.grantee for g in standing.grants if g.scope.endswith("default") and g.object_kind == f"{kind}S"}
    for grantee in sorted(given, key=str):
        sql = render("staging/revoke.sql.j2", kind=Sql(kind), object=name.sql, grantee=grantee)
        yield _best_effort(sql, f"{schemas.target}.{name.name}")


def _grant(grant: Grant, kind: str, target_object: Sql, subject: str) -> Step:
    sql = render(
        "staging/grant.sql.j2",
        privilege=Sql(grant.privilege),
        column=grant.column,
        kind=Sql(kind),
        object=target_object,
        grantee=grant.grantee,
        grantable=grant.grantable,
    )
    return _best_effort(sql, subject)


def _owner(kind: str, target_object: Sql, owner: str, subject: str) -> Step:
    sql = render("staging/set_owner.sql.j2", kind=Sql(kind), object=target_object, owner=owner)
    return _best_effort(sql, subject)


def _best_effort(sql: Sql, subject: str) -> Step:
    return Step(sql, f"carrying over privileges of {subject}", subject, Topic.ACCESS)
