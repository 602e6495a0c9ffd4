"""Tables of the source of which row-level security hides rows from the role that reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pg_xcopy.catalog.relations import Relation
from pg_xcopy.planning.plan import Notice, PlanProblem, Topic


def hidden_rows(relations: Iterable[Relation]) -> Iterator[PlanProblem]:
    """Refuse them: the copy would be short, and nobody would know."""
    for each in relations:
        if each.row_security:
            yield PlanProblem(
                str(each.name),
                "row-level security would hide rows of it from the source's role",
                "use its owner or a role with BYPASSRLS, or set `allow_row_security: true`",
            )


def hidden_row_notices(relations: Iterable[Relation]) -> Iterator[Notice]:
    """Name them, where the job allows it."""
    for each in relations:
        if each.row_security:
            yield Notice(Topic.PARTIAL, str(each.name), "row-level security decides which of its rows are copied")
