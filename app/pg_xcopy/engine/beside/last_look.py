"""What stands outside a schema that is about to be dropped, and would fall with it: DROP … CASCADE does not ask."""

from __future__ import annotations

from msgspec import Struct

from pg_xcopy.catalog.standing import Dependent
from pg_xcopy.catalog.target import read_dependents
from pg_xcopy.connect.session import Session
from pg_xcopy.planning.plan import ReplacePlan, SwapMethod
from pg_xcopy.planning.schemas import is_ours
from pg_xcopy.sql.render import render

DOING = "looking at what would be dropped"


def extensions_within(session: Session, schema_oid: int) -> tuple[str, ...]:
    """Name the extensions that would be dropped: never ours to drop, whatever uses them."""
    rows = session.rows(render("cleanup/extensions_within.sql.j2", schema_oid=schema_oid), DOING)
    return tuple(row["name"] for row in rows)


class Permission(Struct, frozen=True):
    """What may be broken: where a job `cascades`, all but what is in the schema that it made.

    Where only tables are replaced, it made only a part of that: what `may_fall` has been named then. Publications lose
    what they published, and that is said in the plan. What a dead run left may always go.
    """

    target_schema: str
    cascades: bool = False
    may_fall: frozenset[str] | None = None

    def covers(self, each: Dependent) -> bool:
        """Tell whether this may be broken."""
        if each.publication or is_ours(each.schema, self.target_schema):
            return True
        if self.may_fall is not None:
            return each.id in self.may_fall
        return self.cascades and each.schema != self.target_schema


def permission_of(plan: ReplacePlan) -> Permission:
    """Give what a job may break of what depends on what it replaced."""
    tables = plan.swap.method is SwapMethod.TABLES
    return Permission(plan.target.schema, plan.cascades, frozenset(plan.swap.may_fall) if tables else None)


def dependents_of(session: Session, schema_oid: int, permission: Permission) -> tuple[Dependent, ...]:
    """Give what would be broken and may not be."""
    return tuple(each for each in read_dependents(session, schema_oid) if not permission.covers(each))
