"""What an older target does not know, so that it is said in the plan and is no syntax error halfway."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pg_xcopy.catalog.servers import Builtins
from pg_xcopy.sql.quoting import Sql

STATISTICS_TARGETS = 130000
MULTIRANGES = 140000
STATISTICS_ON_EXPRESSIONS = 140000
SQL_BODIES = 140000
TID_RANGE_SCANS = 140000
UNLOGGED_SEQUENCES = 150000
COLLATION_RULES = 160000
BUILTIN_COLLATIONS = 170000
PARTITIONED_EXCLUSION = 170000
INFINITE_INTERVALS = 170000
SHARED_IDENTITIES = 170000
NAMED_NOT_NULL = 180000
VIRTUAL_COLUMNS = 180000
PG_UNICODE_FAST = 180000
PARTITIONED_NOT_VALID = 180000
"""The versions, as PostgreSQL numbers them, from which on a server has these."""

MAJOR = 10000
"""What PostgreSQL's version numbers count major versions in."""

LENIENT_OIDS = 140000
"""From PostgreSQL 14 on, array_recv and record_recv let differing OIDs of user-made types pass (commit 670c0a1d474)."""

_STRINGS = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
_WITHOUT_OVERLAPS = re.compile(r"\bWITHOUT OVERLAPS\b")
_NUMERIC = re.compile(r"\bnumeric\((\d+),(-?\d+)\)")


def _has_odd_scale(definition: str) -> bool:
    return any(int(scale) < 0 or int(scale) > int(precision) for precision, scale in _NUMERIC.findall(definition))


_FEATURES = (
    ("operator class parameters", re.compile(r"_ops \(\w+=").search, 130000),
    ("a minmax-multi or bloom operator class", re.compile(r"_(minmax_multi|bloom)_ops\b").search, 140000),
    ("a subscript that is text", re.compile(r"(?<!ARRAY)\[''").search, 140000),
    ("INCLUDE in an SP-GiST index", re.compile(r"^USING spgist .*\) INCLUDE \(").search, 140000),
    ("SUBSTRING … SIMILAR", re.compile(r"\bSUBSTRING\(.* SIMILAR ").search, 140000),
    ("NULLS NOT DISTINCT", re.compile(r"\bNULLS NOT DISTINCT\b").search, 150000),
    ("SET NULL or SET DEFAULT with columns", re.compile(r"\bON DELETE SET (NULL|DEFAULT) \(").search, 150000),
    ("a scale below 0 or beyond the precision", _has_odd_scale, 150000),
    ("IS JSON", re.compile(r"\bIS JSON\b").search, 160000),
    ("JSON_OBJECT or JSON_ARRAY", re.compile(r"\bJSON_(OBJECT|ARRAY)\(").search, 160000),
    ("JSON_EXISTS, JSON_QUERY or JSON_VALUE", re.compile(r"\bJSON_(EXISTS|QUERY|VALUE)\(").search, 170000),
    ("AT LOCAL", re.compile(r"\bAT LOCAL\b").search, 170000),
    ("WITHOUT OVERLAPS", _WITHOUT_OVERLAPS.search, 180000),
    ("PERIOD", re.compile(r"[(, ]PERIOD ").search, 180000),
    ("NOT ENFORCED", re.compile(r"\bNOT ENFORCED\b").search, 180000),
)
"""What deparsed SQL shows of a feature, its strings and quoted names taken out, and the version that brought it."""

_PARAMETERS = {
    "autovacuum_vacuum_insert_threshold": 130000,
    "autovacuum_vacuum_insert_scale_factor": 130000,
    "deduplicate_items": 130000,
    "autovacuum_vacuum_max_threshold": 180000,
    "vacuum_max_eager_freeze_failure_rate": 180000,
}
"""Storage parameters that are younger than the oldest server (PostgreSQL manual, CREATE TABLE and CREATE INDEX)."""

_VALUES = {("vacuum_index_cleanup", "auto"): 140000}
"""Values that are younger than their parameter."""

_CALLED = re.compile(r"(?<![\w.])([a-z_]\w*)\(")
_CAST = re.compile(r"::(\w+)")
_WORD = re.compile(r"(?<![\w.])[a-z_]\w*")
_COLLATE = re.compile(r'COLLATE (?:pg_catalog\.)?(?:(\w+)|"((?:[^"]|"")*)")')
_WITH = re.compile(r" WITH \(((?:\w+=(?:\w+|'[^']*')(?:, )?)+)\)")
"""Storage parameters as pg_get_indexdef prints them."""


def needs_version(what: str, since: int, version: int) -> str:
    """Say that a server of this version is too old for something."""
    return f"{what} needs PostgreSQL {since // MAJOR}, the target is {version // MAJOR}"


def missing_feature(definition: str, version: int) -> str:
    """Say what in a deparsed expression, constraint or index a server of this version does not know, if anything."""
    bare = _STRINGS.sub("''", definition)
    for name, is_in, since in _FEATURES:
        if version < since and is_in(bare):
            return needs_version(name, since, version)
    return ""


def missing_builtin(expression: str, lacking: Builtins) -> str:
    """Say which function, type or collation of the source's server an expression needs and the target's lacks."""
    bare = _STRINGS.sub("''", expression)
    if found := lacking.functions.intersection(_CALLED.findall(bare)):
        return f"the target's server has no function {min(found)}()"
    if found := lacking.types.intersection(_CAST.findall(bare)):
        return f"the target's server has no type {min(found)}"
    return missing_collation(expression, lacking)


def missing_type(type_: str, lacking: Builtins) -> str:
    """Say which type of the source's server the target's lacks, of those that a type is made of."""
    found = lacking.types.intersection(_WORD.findall(_STRINGS.sub("''", type_)))
    return f"the target's server has no type {min(found)}" if found else ""


def missing_collation(definition: str, lacking: Builtins) -> str:
    """Say which collation of the source's server a definition with COLLATE needs and the target's lacks."""
    found = lacking.collations.intersection(one or other for one, other in _COLLATE.findall(definition))
    return f"the target's server has no collation {min(found)}" if found else ""


def known_parameters(options: Iterable[tuple[Sql, str]], version: int) -> tuple[tuple[Sql, str], ...]:
    """Give the storage parameters of a table that a server of this version knows."""
    return tuple((name, value) for name, value in options if _since(name, value) <= version)


def unknown_parameters(options: Iterable[tuple[str, str]], version: int) -> Iterator[str]:
    """Say of each of the other storage parameters which version it needs."""
    for name, value in options:
        if (since := _since(name, value)) > version:
            yield needs_version(f"storage parameter {name}={value}", since, version)


def split_parameters(definition: Sql, version: int) -> tuple[Sql, tuple[str, ...]]:
    """Take from the definition of an index what `unknown_parameters` says, and give that too."""
    found = _WITH.search(definition)
    if not found:
        return definition, ()
    parameters = [each.partition("=") for each in found[1].split(", ")]
    options = [(Sql(name), value) for name, _, value in parameters]
    kept = ", ".join(f"{name}={value}" for name, value in known_parameters(options, version))
    fitted = definition[: found.start()] + (f" WITH ({kept})" if kept else "") + definition[found.end() :]
    return Sql(fitted), tuple(unknown_parameters(options, version))


def _since(name: str, value: str) -> int:
    parameter = name.removeprefix("toast.")
    return max(_PARAMETERS.get(parameter, 0), _VALUES.get((parameter, value), 0))
