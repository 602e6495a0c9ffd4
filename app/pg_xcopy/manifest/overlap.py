"""Whether two jobs may name the same table, as far as their patterns tell: no database is asked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from itertools import product

from pg_xcopy.manifest.ends import Target
from pg_xcopy.manifest.models import Job

_WILD = re.compile(r"[*?\[\]]")
"""What ends the part of a pattern that stands for itself."""


def shared_table(earlier: tuple[Job, Target], later: tuple[Job, Target]) -> str:
    """Give a name or pattern under which two jobs may write the same table of a target; empty if they certainly don't.

    Each job with its target, which may take some of the job's tables only.
    """
    (one, first), (other, second) = earlier, later
    found = (name for name in _shared(one.tables, other.tables) if not (_excluded(name, one) or _excluded(name, other)))
    taken = next(_shared(first.tables or one.tables, second.tables or other.tables), "")
    return next(found, "") and taken


def _shared(some: Iterable[str], others: Iterable[str]) -> Iterator[str]:
    for first, second in product(some, others):
        if _may_meet(first, second):
            yield first if first == second or not _is_glob(first) else second


def _may_meet(first: str, second: str) -> bool:
    if _is_glob(first) and _is_glob(second):
        return _agree(_head(first), _head(second)) and _agree(_tail(first), _tail(second))
    return first == second or fnmatchcase(first, second) or fnmatchcase(second, first)


def _is_glob(name: str) -> bool:
    return any(character in name for character in "*?[")


def _excluded(name: str, job: Job) -> bool:
    """Tell whether a job's exclusions keep it from a table that the other names; a pattern may mean more than that."""
    return not _is_glob(name) and name not in job.tables and any(fnmatchcase(name, each) for each in job.exclude)


def _head(pattern: str) -> str:
    """Give what every name that it matches begins with."""
    return _WILD.split(pattern)[0]


def _tail(pattern: str) -> str:
    """Give what every name that it matches ends with, backwards."""
    return _WILD.split(pattern)[-1][::-1]


def _agree(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
