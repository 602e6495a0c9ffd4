"""The plan prints itself: for people, as SQL, and as plain data for machines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from pg_xcopy.planning.existing import telling as existing
from pg_xcopy.planning.existing.plan import ExistingPlan
from pg_xcopy.planning.plan import Plan, ReplacePlan
from pg_xcopy.planning.swapping import telling as replacing
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql


def as_text(plan: Plan) -> str:
    """Tell the plan to a person."""
    return "\n".join(_LINES[type(plan)](plan))


def as_sql(plan: Plan) -> str:
    """Write every statement in the order of the run."""
    return "\n".join(f"{statement};" for statement in _STATEMENTS[type(plan)](plan))


def as_data(plan: Plan) -> dict[str, Any]:
    """Give the plan as mappings, lists and scalars, ready for JSON; names are text, `schema.name`."""
    return {name: _plain(value) for name, value in asdict(plan).items()}


_LINES: Mapping[type[Plan], Callable[[Any], Iterator[str]]] = {
    ReplacePlan: replacing.lines,
    ExistingPlan: existing.lines,
}
_STATEMENTS: Mapping[type[Plan], Callable[[Any], Iterator[str]]] = {
    ReplacePlan: replacing.statements,
    ExistingPlan: existing.statements,
}


def _plain(value: object) -> Any:  # noqa: ANN401 - JSON's own variety
    if isinstance(value, TableName | Sql):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Struct):
        return {name: _plain(each) for name, each in asdict(value).items()}
    return [_plain(each) for each in value] if isinstance(value, tuple) else value
