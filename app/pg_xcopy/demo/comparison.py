"""Before and after: the same question asked on both sides of a job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from pg_xcopy.sql.render import render
from pg_xcopy.sql.search_path import search_path

if TYPE_CHECKING:
    from pg_xcopy.connect.sessions import Sessions
    from pg_xcopy.demo.shops import Shop

NOT_COPIED = "not copied"
LEFT_OUT = "column left out"

Answers = Mapping[tuple[str, str], str | None]


class Fact(Struct, frozen=True):
    """One line of a comparison: `what` of `subject`, as it is in the source and as it came out."""

    subject: str
    what: str
    before: str
    after: str

    @property
    def gone(self) -> bool:
        """Tell whether the target has nothing in this place."""
        return self.after in {NOT_COPIED, LEFT_OUT}


def ask(shop: Shop, schema: str, job: str, sessions: Sessions) -> Answers:
    """Ask a job's question (sql/demo/, by the job's name) about one schema."""
    session = shop.open(sessions, user=shop.role, database=shop.database)
    session.begin_reader(search_path([schema]))
    rows = session.rows(render(f"demo/{job.replace(':', '_')}.sql"), f"looking at {schema}")
    sessions.close(session)
    return {(row["subject"], row["what"]): row["value"] for row in rows}


def compare(before: Answers, after: Answers) -> tuple[Fact, ...]:
    """Put the answers side by side, in the order of the source's."""
    return tuple(
        Fact(*asked, before=value or "NULL", after=(after[asked] or LEFT_OUT) if asked in after else NOT_COPIED)
        for asked, value in before.items()
    )
