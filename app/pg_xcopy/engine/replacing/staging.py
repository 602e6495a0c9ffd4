"""The staging schema: built beside the target, empty."""

from __future__ import annotations

from pg_xcopy.connect.session import Session
from pg_xcopy.engine.reporting import Reporter
from pg_xcopy.engine.steps import batches, together
from pg_xcopy.observe.spans import Phase
from pg_xcopy.planning.plan import ReplacePlan, Step
from pg_xcopy.planning.schemas import marker
from pg_xcopy.sql.render import render
from pg_xcopy.sql.search_path import search_path


def make_durable(plan: ReplacePlan, session: Session) -> None:
    """Wait for the disk before the swap does: then it holds its locks for no longer than it takes to change places."""
    session.begin_writer(search_path([]), settings=(("synchronous_commit", "on"),))
    mark = marker(plan.target.schema, "staging")
    session.run(render("swap/comment_schema.sql.j2", schema=plan.staging, comment=mark), "waiting for the disk")
    session.commit()


def build(plan: ReplacePlan, session: Session, reporter: Reporter) -> None:
    """Create the schema, marked as ours from its first moment, and all that stands in it.

    In several transactions: one that creates thousands of tables would take more locks than a server has.
    """
    sql = render("staging/create_schema.sql.j2", schema=plan.staging, marker=marker(plan.target.schema, "staging"))
    created = Step(sql, "creating the staging schema", plan.target.schema)
    for batch in batches((created, *plan.prepare)):
        together(batch, plan, session, reporter.during(Phase.BUILD))
