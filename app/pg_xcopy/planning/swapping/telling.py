"""How the plan to replace a schema is told: to a person, and as the statements that will be sent."""

from __future__ import annotations

from collections.abc import Iterator

from pg_xcopy.observe.wording import count_text
from pg_xcopy.planning.plan import ReplacePlan, Step, SwapMethod
from pg_xcopy.planning.schemas import marker
from pg_xcopy.planning.wording import carrying, connecting, copy_lines, extent, heading, section
from pg_xcopy.sql.quoting import identifier
from pg_xcopy.sql.render import render


def lines(plan: ReplacePlan) -> Iterator[str]:
    """Say what is read, what changes on the way, what stands and falls."""
    tables = plan.swap.method is SwapMethod.TABLES
    yield from heading(plan)
    yield f"copies {count_text(len(plan.copies), 'table')}, {extent(plan.copies)}"
    for copy in plan.copies:
        yield from copy_lines(copy)
    yield ""
    yield from section("then makes", (step.doing for step in _integrity(plan)))
    yield from section("uses what stands", plan.swap.used)
    yield from section("makes again", plan.swap.again)
    yield from section(f"drops with the old {'tables' if tables else 'schema'}", plan.dropped)
    yield from section("warnings", map(str, plan.notices))
    yield f"then swaps: {plan.swap.method.value}{f' ({plan.swap.reason})' if plan.swap.reason else ''}"


def _integrity(plan: ReplacePlan) -> Iterator[Step]:
    for table in plan.finish:
        yield from (step for step in table.steps if step.topic)
    yield from (key.add for key in plan.foreign_keys)


def statements(plan: ReplacePlan) -> Iterator[str]:
    """Give every statement in the order of the run; those on either side of a stream are marked with their side."""
    mark = marker(plan.target.schema, "staging")
    yield f"-- on the target\nSET search_path = {plan.target_path}"
    yield render("staging/create_schema.sql.j2", schema=plan.staging, marker=mark)
    yield from (step.sql for step in plan.prepare)
    yield from (step.sql for table in plan.separate for step in table.steps)
    yield from connecting(plan)
    for copy in plan.copies:
        yield from carrying(copy, plan)
        if copy.between:
            continue
        filled = f"BEGIN;\n{copy.truncate};\n{copy.copy_from};\nCOMMIT" if copy.truncate else copy.copy_from
        for part in copy.copy_to:
            yield f"-- on the source\n{part}"
            yield f"-- on the target\n{filled}"
    for table in sorted(plan.finish, key=lambda table: -table.depth):
        yield from (step.sql for step in table.steps)
    yield from (key.add.sql for key in plan.foreign_keys)
    yield from (key.validate.sql for key in plan.foreign_keys if key.validate)
    yield from (step.sql for step in plan.settle)
    yield "-- in one transaction\nBEGIN"
    yield from plan.swap.statements
    yield "COMMIT"
    yield from (key.validate.sql for key in plan.swap.kept_keys if key.validate)
    yield from (f"DROP SCHEMA IF EXISTS {identifier(schema)} CASCADE" for schema in (plan.retired, plan.staging))
