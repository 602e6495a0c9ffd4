"""How the rows of a job travel: through this program, or from server to server.

No `from __future__ import annotations` here: Pydantic reads the annotations when the classes are made.
"""

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from pydantic import Field, ValidationError, ValidationInfo
from pydantic_core import InitErrorDetails

from pg_xcopy.manifest.declared import Declared
from pg_xcopy.manifest.fields import Count, Name, refusal

Given = TypeVar("Given")

STREAM = "stream"
MAX_PORT = 65535
TRANSPORT = (
    "stream: rows pass through pg-xcopy, from one COPY into another. dblink, postgres_fdw: the target's server fetches "
    "them from the source's itself, with the extension of that name; or, with `push`, the source's server sends them."
)
PUSH = "With `transport: postgres_fdw`: the source's server sends the rows, instead of the target's fetching them."

Transport = Literal["stream", "dblink", "postgres_fdw"]


class Route(Declared):
    """Where the server that connects finds the other, if that is not where pg-xcopy finds it."""

    host: Name = Field(description="The source's host, as the target's server knows it; with `push`, the other's.")
    port: Count | None = Field(default=None, ge=1, le=MAX_PORT, description="Its port; by default that server's own.")


def of_foreign_tables(value: bool, info: ValidationInfo) -> bool:  # noqa: FBT001 - a validator's signature
    """Refuse to push with what can't."""
    transport = info.data.get("transport", "postgres_fdw")
    if value and transport == STREAM:
        raise refusal("this says nothing with `transport: stream`: rows pass through pg-xcopy", "leave it out")
    if value and transport != "postgres_fdw":
        raise refusal(f"{transport} could push rows only as literals in statements", "take `transport: postgres_fdw`")
    return value


def of_servers(value: Given, info: ValidationInfo) -> Given:
    """Refuse what only means something where the servers copy between themselves."""
    if value is not None and info.data.get("transport", "") == STREAM:
        raise refusal("this says nothing with `transport: stream`: rows pass through pg-xcopy", "leave it out")
    return value


def of_stream(value: Given, info: ValidationInfo) -> Given:
    """Refuse what is said of rows that pass through here, where none do."""
    if value is not None and value != "auto" and _between_servers(info):
        raise _refused(info)
    return value


def rules_of_stream(tables: Mapping[str, Any], info: ValidationInfo) -> Mapping[str, Any]:
    """Refuse the same in the rules of tables."""
    wrong = [name for name, rule in tables.items() if rule.format not in (None, "auto")]
    if wrong and _between_servers(info):
        errors = [
            InitErrorDetails(type=_refused(info), loc=(name, "format"), input=tables[name].format) for name in wrong
        ]
        raise ValidationError.from_exception_data("tables", errors)
    return tables


def _between_servers(info: ValidationInfo) -> bool:
    return bool(info.data.get("transport", STREAM) != STREAM)


def _refused(info: ValidationInfo) -> Any:  # noqa: ANN401 - Pydantic's own error
    said = f"this says nothing with `transport: {info.data['transport']}`: no row passes through pg-xcopy"
    return refusal(said, "leave it out, or take `transport: stream`")
