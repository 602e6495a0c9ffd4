"""Reads the secrets that jobs wait for, and checks the jobs again with what they say: all guards hold then as ever."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from pg_xcopy.connect.secrets_manager import SecretsManager, UnreadableSecretError
from pg_xcopy.errors import ManifestError, Problem, SecretsError
from pg_xcopy.manifest.build import built, merged
from pg_xcopy.manifest.document import Document
from pg_xcopy.manifest.paths import shown_path
from pg_xcopy.manifest.secrets.masking import spellings
from pg_xcopy.manifest.secrets.narrowing import connections_of, job_alone
from pg_xcopy.manifest.secrets.origin import Origin
from pg_xcopy.manifest.secrets.references import Unread

if TYPE_CHECKING:
    from pg_xcopy.manifest.document import Path
    from pg_xcopy.manifest.models import Job
    from pg_xcopy.manifest.secrets.contents import Reader

ADDRESSES = frozenset({"url", "database"})
GUARD = "it is read to protect this database; where url says host and dbname, that is not needed"


def revealed(jobs: Iterable[Job], manager: SecretsManager) -> tuple[Job, ...]:
    """Complete jobs with what secrets say; those that wait for none are handed back as they are.

    Raises ManifestError with every mistake, SecretsError where AWS or the way to it was the reason of one.
    """
    done: list[Job] = []
    problems: set[Problem] = set()
    for job in jobs:
        try:
            done.append(_revealed(job, manager.text) if job.unread else job)
        except ManifestError as error:
            problems.update(error.problems)
    if problems:
        raise (SecretsError if manager.failed else ManifestError)(tuple(sorted(problems)))
    return tuple(done)


def _revealed(job: Job, read: Reader) -> Job:
    origin = job.origin or Origin(Document("<dict>", {}), {}, None)
    name = origin.job.name if origin.job else job.name or "job"
    defaults, alone = job_alone(job, origin, name)
    filling = _Filling(origin.document, read)
    defaults, alone = filling.filled(defaults, ("defaults",)), filling.filled(alone, ("jobs", name))
    connections, guarded = connections_of(merged(defaults, alone), origin)
    connections = filling.filled(connections, ("connections",))
    raw = {"connections": connections, "defaults": defaults, "jobs": {name: alone}}
    document = origin.document.with_raw(raw, origin.document.variables)
    try:
        checked = built(document, filling.problems, read).jobs[name]
    except ManifestError as error:
        raise ManifestError(tuple(_explained(each, guarded) for each in error.problems)) from None
    return checked.model_copy(update={"name": job.name}).hiding(frozenset(filling.hidden))


def _explained(problem: Problem, guarded: Iterable[str]) -> Problem:
    """Say why a secret is read at all that the job seems to have no use for."""
    places = tuple(f"{shown_path(('connections', name))}." for name in guarded)
    if not problem.path.startswith(places):
        return problem
    return replace(problem, hint="; ".join(filter(None, (problem.hint, GUARD))))


class _Filling(Struct):
    """Fills in what is unread; `hidden` is what may not be shown of it."""

    document: Document
    read: Reader
    problems: list[Problem] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)

    def filled(self, value: Any, path: Path) -> Any:  # noqa: ANN401 - whatever the file says
        if isinstance(value, dict):
            return {key: self.filled(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self.filled(item, (*path, index)) for index, item in enumerate(value)]
        return self._text(value, path) if isinstance(value, Unread) else value

    def _text(self, text: Unread, path: Path) -> str:
        try:
            values = text.values(self.read)
        except UnreadableSecretError as error:
            place = self.document.positions.of_value(path)
            self.problems.append(Problem(self.document.file, *place, shown_path(path), error.reason, error.hint))
            return ""
        if not ADDRESSES & {*path}:  # of a connection string it is known what in it is secret
            self.hidden.update(*map(spellings, values.values()))
        return text.filled(values)
