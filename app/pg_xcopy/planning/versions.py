"""What an older target does not know, so that it is said in the plan and is no syntax error halfway."""

from __future__ import annotations

import re

MAJOR = 10000
"""What PostgreSQL's version numbers count major versions in."""

MULTIRANGES = 140000
STATISTICS_ON_EXPRESSIONS = 140000
SQL_BODIES = 140000
UNLOGGED_SEQUENCES = 150000
COLLATION_RULES = 160000
BUILTIN_COLLATIONS = 170000
SHARED_IDENTITIES = 170000
NAMED_NOT_NULL = 180000
VIRTUAL_COLUMNS = 180000
"""The versions, as PostgreSQL numbers them, from which on a server has these."""

_STRINGS = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
_FEATURES = (
    ("NULLS NOT DISTINCT", re.compile(r"\bNULLS NOT DISTINCT\b"), 150000),
    ("SET NULL or SET DEFAULT with columns", re.compile(r"\bON DELETE SET (NULL|DEFAULT) \("), 150000),
    ("WITHOUT OVERLAPS", re.compile(r"\bWITHOUT OVERLAPS\b"), 180000),
    ("PERIOD", re.compile(r"[(, ]PERIOD "), 180000),
    ("NOT ENFORCED", re.compile(r"\bNOT ENFORCED\b"), 180000),
)


def missing_feature(definition: str, version: int) -> str:
    """Say what in a deparsed constraint or index a server of this version does not know; empty if it knows all."""
    bare = _STRINGS.sub("''", definition)
    for name, pattern, since in _FEATURES:
        if version < since and pattern.search(bare):
            return f"{name} needs PostgreSQL {since // 10000}, the target is {version // 10000}"
    return ""
