"""Which table of the target takes the rows of which relation of the source: the one of the same name."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from pg_xcopy.catalog.existing import ExistingCatalog
from pg_xcopy.catalog.relations import Relation
from pg_xcopy.manifest.near import did_you_mean
from pg_xcopy.planning.plan import Notice, PlanProblem, Topic
from pg_xcopy.planning.selecting.selection import Selected

_NO_TABLES = {"v": "a view", "m": "a materialised view", "f": "a foreign table"}


class Match(Struct, frozen=True):
    """A relation of the source that was selected, and the table that its rows go `into`."""

    selected: Selected
    into: Relation

    @property
    def read(self) -> tuple[Relation, ...]:
        """Give what is read: the relation, or the partitions that hold its rows."""
        relation = self.selected.relation
        return tuple(each for each in self.selected.partitions if each.kind != "p") or (relation,)


class Matches(Struct, frozen=True):
    """All of them, and what is to be said of the rest."""

    tables: tuple[Match, ...]
    problems: tuple[PlanProblem, ...]
    notices: tuple[Notice, ...]


def match(selected: tuple[Selected, ...], existing: ExistingCatalog) -> Matches:
    """Find the target's tables; one under a pattern that the target lacks is skipped, with a notice."""
    tables: list[Match] = []
    problems: list[PlanProblem] = []
    notices: list[Notice] = []
    for each in selected:
        into = existing.by_name.get(each.relation.name.name)
        if into is None and not (each.exact or each.asked):
            notices.append(Notice(Topic.TABLE, str(each.relation.name), "the target has no such table"))
        elif into is None:
            problems.append(_missing(each, existing))
        else:
            tables.append(Match(each, into))
            problems += _unfit(into, existing)
    if selected and not (tables or problems):
        problems.append(PlanProblem(f"target schema {existing.schema}", "it has none of the selected tables"))
    return Matches(tuple(tables), tuple(problems), tuple(notices))


def _missing(selected: Selected, existing: ExistingCatalog) -> PlanProblem:
    name = selected.relation.name.within(existing.schema)
    near = did_you_mean(name.name, existing.by_name)
    return PlanProblem(str(name), "there is no such table in the target", near or "create it, or use `mode: replace`")


def _unfit(into: Relation, existing: ExistingCatalog) -> Iterator[PlanProblem]:
    if kind := _NO_TABLES.get(into.kind):
        yield PlanProblem(str(into.name), f"in the target it is {kind}, which takes no rows", "exclude it")
    elif into.row_security:
        yield PlanProblem(
            str(into.name),
            f"its row-level security applies to the target's role {existing.server.role}, and COPY does not work then",
            "use its owner or a role with BYPASSRLS",
        )
