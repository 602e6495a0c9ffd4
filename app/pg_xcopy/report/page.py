"""What the page shows, as frozen data: everything is decided here, the templates only write it down."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from msgspec import Struct

from pg_xcopy.report.diagram import Diagram
from pg_xcopy.report.timeline import Bar, Timeline


class State(str, Enum):
    """How a job, or the whole run, ended."""

    DONE = "done"
    WARNED = "done with warnings"
    FAILED = "failed"
    STOPPED = "stopped"
    PLANNED = "planned"
    NOT_BEGUN = "not begun"


class Figure(Struct, frozen=True):
    """A number that matters, written for people, with what it counts and a remark."""

    value: str
    what: str
    remark: str = ""


class TableLine(Struct, frozen=True):
    """One table. `rows` are those that the source sent; None where nothing was sent yet.

    `expected` and `expected_bytes` are the source's estimates. `written` says how many rows the target took, in words
    where they were upserted. `copying` and `after` are seconds: of its rows, and of its keys and indexes.
    """

    name: str
    became: str
    expected: int
    expected_bytes: int
    rows: int | None = None
    written: str = ""
    bytes: int | None = None
    copying: float | None = None
    after: float | None = None
    bars: tuple[Bar, ...] = ()
    anchor: str = ""

    @property
    def rate(self) -> float | None:
        """Rows a second."""
        return self.rows / self.copying if self.rows and self.copying else None


class Warnings(Struct, frozen=True):
    """The warnings on one topic, with what can be done about them; each is a subject and a message."""

    topic: str
    hint: str
    each: tuple[tuple[str, str], ...]


class Part(Struct, frozen=True):
    """A constraint or index, and what became of it."""

    name: str
    kind: str
    definition: str
    became: str
    why: str = ""


class ColumnLine(Struct, frozen=True):
    """A column of a planned table; `how` its values come about, `expression` by what SQL."""

    name: str
    type: str
    how: str
    expression: str = ""


class PlannedTable(Struct, frozen=True):
    """What is planned for one table."""

    name: str
    into: str
    anchor: str
    travels: str
    condition: str
    columns: tuple[ColumnLine, ...]
    select: str

    @property
    def changes(self) -> tuple[ColumnLine, ...]:
        """The columns that don't arrive as they are."""
        return tuple(each for each in self.columns if each.how != AS_IT_IS)


AS_IT_IS = "as it is"


class Planned(Struct, frozen=True):
    """The plan: facts in a line each, lists under a title, tables, and every statement."""

    facts: tuple[tuple[str, str], ...]
    lists: tuple[tuple[str, tuple[str, ...]], ...]
    tables: tuple[PlannedTable, ...]
    sql: str


class JobSection(Struct, frozen=True):
    """One job, or one target of a job with several: `to`.

    `sentence` says how it ended, `hint` how to mend it, `effect` what state the target is in.
    """

    anchor: str
    job: str
    to: str
    state: State
    sentence: str
    hint: str
    effect: str
    source: str
    target: str
    versions: tuple[tuple[str, str], ...]
    run_id: str
    began: datetime | None
    seconds: float | None
    figures: tuple[Figure, ...]
    tables: tuple[TableLine, ...]
    warnings: tuple[Warnings, ...]
    parts: tuple[Part, ...]
    timeline: Timeline | None
    diagram: Diagram | None
    plan: Planned | None

    @property
    def title(self) -> str:
        """Name it."""
        return f"{self.job} → {self.to}" if self.to else self.job

    @property
    def warned(self) -> int:
        """How many warnings there are."""
        return sum(len(each.each) for each in self.warnings)


class Page(Struct, frozen=True):
    """The whole report. `environment` are facts: versions, options; `kind` is run or plan."""

    kind: str
    state: State
    headline: str
    sentence: str
    hint: str
    made: datetime
    figures: tuple[Figure, ...]
    jobs: tuple[JobSection, ...]
    environment: tuple[tuple[str, str], ...]
    options: tuple[tuple[str, str, str], ...]
