"""What stands outside a schema that is about to be dropped, and would fall with it: DROP … CASCADE does not ask."""

from __future__ import annotations

from pg_xcopy.catalog.standing import Dependent
from pg_xcopy.catalog.target import read_dependents
from pg_xcopy.connect.session import Session
from pg_xcopy.sql.render import render

DOING = "looking at what would be dropped"


def extensions_within(session: Session, schema_oid: int) -> tuple[str, ...]:
    """Name the extensions that would be dropped: never ours to drop, whatever uses them."""
    rows = session.rows(render("cleanup/extensions_within.sql.j2", schema_oid=schema_oid), DOING)
    return tuple(row["name"] for row in rows)


def dependents_of(session: Session, schema_oid: int, target_schema: str, *, cascades: bool) -> tuple[Dependent, ...]:
    """Give what would be broken; where the job `cascades`, only what is in the schema that it made.

    Publications lose what they published, and that is said in the plan.
    """
    broken = (each for each in read_dependents(session, schema_oid) if not each.publication)
    return tuple(each for each in broken if not cascades or each.schema == target_schema)
