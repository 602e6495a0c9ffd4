"""The contest: everyone in turn, round after round, each time into a fresh database that is looked at afterwards."""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import count, groupby, product
from pathlib import Path
from typing import TYPE_CHECKING

from bench.datasets import DATASETS, Dataset
from bench.delay import delayed
from bench.equality import Contents, NotEqualError, all_tables, compare, contents, structure
from bench.measure import CommandFailedError, Run, measure
from bench.peers import OURS, Contestant
from bench.stage import Stage, environment, new_database
from servers import Database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.works import Work

ONE_WAY = 0.020

SETTLING = 5.0
"""Seconds, at scale 1, in which a file system gives back the blocks of what was removed."""

_numbers = count(1)


@dataclass(frozen=True)
class Terms:
    """How much and how often: rounds that count, rounds before them that don't, seconds for one command."""

    scale: float
    repeat: int
    warm_up: int
    timeout: float
    against: str = "*"


@dataclass
class Entry:
    """One contestant's runs, or why it has none: programs that are not here, or how it failed."""

    contestant: Contestant
    lacks: str = ""
    failed: str = ""
    runs: list[Run] = field(default_factory=list)


@dataclass
class Result:
    """`rows` are those of all tables together, 0 where nothing is copied."""

    work: Work
    rows: int
    entries: list[Entry]


@dataclass(frozen=True)
class Room:
    """What one run has for itself on a stage: an empty database on the target, an empty directory that it is run in."""

    stage: Stage
    target: Database
    scratch: Path


@dataclass(frozen=True)
class Origin:
    """The database that is copied, and what a copy must have."""

    database: Database
    expected: Contents
    structure: list[str] | None


def compete(works: list[Work], stage: Stage, terms: Terms, tell: Callable[[str], None]) -> Iterator[Result]:
    """Hold the works, one after the other; a data set is built once for those that follow each other on it."""
    for name, group in groupby(works, key=lambda work: work.dataset):
        with new_database(stage.source, "bench") as database:
            dataset = DATASETS.get(name, Dataset("nothing"))
            tell(f"building {dataset.name}")
            dataset.build(database, terms.scale)
            for work in group:
                yield _hold(work, _origin(work, database), stage, terms, tell)


def _origin(work: Work, database: Database) -> Origin:
    expected = contents(database, work.rows or all_tables(database))
    return Origin(database, expected, None if work.rows else structure(database))


def _hold(work: Work, origin: Origin, stage: Stage, terms: Terms, tell: Callable[[str], None]) -> Result:
    chosen = (one for one in work.contestants if one.name == OURS or fnmatchcase(one.name, terms.against))
    entries = [Entry(one, one.lacks(stage.path)) for one in chosen]
    rounds = range(1 - terms.warm_up, terms.repeat + 1)
    with ExitStack() as kept:
        for number, entry in product(rounds, entries):
            if entry.lacks or entry.failed:
                continue
            said = f"{work.name}, {f'round {number}' if number > 0 else 'warm-up'}, {entry.contestant.name}"
            try:
                with ExitStack() as removed:
                    room = (kept if work.many_files else removed).enter_context(_room(stage))
                    run = _once(work, entry.contestant, origin, room, terms.timeout)
            except (CommandFailedError, NotEqualError) as error:
                entry.failed = str(error)
                tell(f"{said}: FAILED: {error}")
            else:
                tell(f"{said}: {run.seconds:.2f} s")
                entry.runs += [run] if number > 0 else []
            _settle(stage, terms.scale)
    return Result(work, sum(count for count, _ in origin.expected.values()), entries)


@contextmanager
def _room(stage: Stage) -> Iterator[Room]:
    """Make a database and a directory for one run, and remove them for good.

    Kept, they would fill the system's cache: in memory that is used for the first time, which a host gives to a virtual
    machine page by page, or from which others are pushed out. Whoever came next took up to half as long again.
    """
    with (
        new_database(stage.target, f"bench_{next(_numbers)}") as target,
        tempfile.TemporaryDirectory(prefix="pg-xcopy-bench-") as scratch,
    ):
        yield Room(stage, target, Path(scratch))


def _settle(stage: Stage, scale: float) -> None:
    """Have what a run left written, or what was removed given back, so that the next run finds what it found."""
    Database(stage.target, "postgres").execute("CHECKPOINT")
    os.sync()
    time.sleep(SETTLING * min(scale, 1.0))


def _once(work: Work, contestant: Contestant, origin: Origin, room: Room, timeout: float) -> Run:
    stage, target, scratch = room.stage, room.target, room.scratch
    with ExitStack() as stack:
        target.execute(contestant.before or "SELECT")
        for name, text in contestant.files.items():
            (scratch / name).write_text(text, encoding="utf-8")
        source_url = _way(stack, origin.database, distant=work.distant == "source")
        target_url = _way(stack, target, distant=work.distant == "target")
        for database in (origin.database, target):
            database.execute("CHECKPOINT")
        env = environment(stage, source_url, target_url, scratch)
        run = measure(contestant.command, scratch, env, stage.servers, timeout)
        for schema in work.schemas if origin.expected else ():
            compare(origin.expected, target, schema)
        if origin.structure is not None and structure(target) != origin.structure:
            raise NotEqualError("other indexes or constraints than the source has")
        return run


def _way(stack: ExitStack, database: Database, *, distant: bool) -> str:
    if not distant:
        return database.url
    near = database.server.port
    far = stack.enter_context(delayed(near, ONE_WAY))
    return database.url.replace(f":{near}/", f":{far}/")
