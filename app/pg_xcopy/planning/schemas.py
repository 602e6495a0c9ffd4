"""The names of the schemas beside the target's, and the marks by which a later run knows them for ours."""

from __future__ import annotations

import hashlib
import re

from pg_xcopy.planning.selecting.design import Schemas

PURPOSES = ("staging", "retired", "landing")
"""What is built, what it replaced, and where rows land that another session than ours pushes into tables that stay."""

_PREFIX = "_xcopy"
"""Not pg_xcopy: PostgreSQL keeps names that begin with pg_ for itself."""


def name_schemas(target: str, run_id: str) -> Schemas:
    """Name them so that no two runs collide, within PostgreSQL's 63 bytes whatever the target's name is."""
    return Schemas(target, f"{prefix(target, 'staging')}{run_id}", f"{prefix(target, 'retired')}{run_id}")


def name_landing_schema(target: str, run_id: str) -> str:
    """Name the schema in which rows land that are pushed into tables of the target's."""
    return f"{prefix(target, 'landing')}{run_id}"


def prefix(target: str, purpose: str) -> str:
    """Give what the names of all schemas of one purpose for one target begin with."""
    digest = hashlib.sha256(target.encode()).hexdigest()[:12]
    return f"{_PREFIX}_{purpose}_{digest}_"


def is_ours(schema: str | None, target: str) -> bool:
    """Tell whether a schema is one that runs make beside this target: of a dead one, if it is not of this run."""
    return (schema or "").startswith(tuple(prefix(target, purpose) for purpose in PURPOSES))


def without_staging(text: str) -> str:
    """Take the staging schema out of what a server says: a user knows the names of things within it."""
    return re.sub(rf"{_PREFIX}_staging_[0-9a-f]{{12}}_\w+\.", "", text)


def marker(target: str, purpose: str) -> str:
    """Give the comment that such a schema carries; nothing without it is ever dropped."""
    return f"pg-xcopy: {purpose} schema for {target}; safe to drop when no run is under way"
