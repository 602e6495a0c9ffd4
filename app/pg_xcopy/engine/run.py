"""One execution of a job: its identity, its sessions, its voice, and the two sides it stands between."""

from __future__ import annotations

from dataclasses import dataclass

from pg_xcopy.connect.sessions import Sessions
from pg_xcopy.engine.reporting import Reporter
from pg_xcopy.engine.source import Source
from pg_xcopy.engine.target import Target
from pg_xcopy.manifest.models import Job


@dataclass(frozen=True)
class Run:
    """What all stages of one execution share."""

    job: Job
    run_id: str
    sessions: Sessions
    reporter: Reporter


@dataclass(frozen=True)
class Sides:
    """Both databases of a run, each with the session that holds what the run relies on: the snapshot, the lock."""

    source: Source
    target: Target
