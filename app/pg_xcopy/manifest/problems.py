"""From Pydantic's errors to problems that name the place, what was expected, and what was probably meant."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pg_xcopy.errors import ManifestError, Problem
from pg_xcopy.manifest.paths import shown_path
from pg_xcopy.manifest.sentences import sentence

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from pg_xcopy.manifest.document import Document, Path, Position

KEY_ERRORS = frozenset({"extra_forbidden", "missing"})


@dataclass
class Findings:
    """The mistakes found in one document so far; one that `defaults` brings into many jobs counts once."""

    document: Document
    problems: set[Problem] = field(default_factory=set)
    _without_value: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        # A `${…}` that could not be filled in is reported; that nothing is there now is no second mistake.
        self._without_value = frozenset(problem.path for problem in self.problems)

    def add(self, prefix: Path, errors: Iterable[ErrorDetails]) -> None:
        """Note all that is wrong with the value at a path."""
        for details in errors:
            self._note((*prefix, *details["loc"]), details)

    def raise_if_any(self) -> None:
        """Raise ManifestError with every problem, in the order of the file."""
        if self.problems:
            raise ManifestError(tuple(sorted(self.problems)))

    def _note(self, located: Path, details: ErrorDetails) -> None:
        path = plain(located)
        declared = self._declared_at(path)
        if details["type"] != "missing":
            # `id: [[1]]` is short for `id: {in: [[1]]}`; the `in` is not there to be pointed at.
            declared = declared[: _known(self.document.raw, declared)]
        if shown_path(declared) in self._without_value:
            return
        about_key = details["type"] in KEY_ERRORS or located[-1:] == ("[key]",)
        message, hint = sentence(details, path, self.document.variables.get(declared))
        place = self._place(declared, about_key=about_key)
        self.problems.add(Problem(self.document.file, *place, shown_path(declared), message, hint))

    def _place(self, path: Path, *, about_key: bool) -> Position:
        positions = self.document.positions
        return positions.of_key(path) if about_key else positions.of_value(path)

    def _declared_at(self, path: Path) -> Path:
        """Find where a job's key was written: in the job, or in the defaults that were merged under it."""
        if path[:1] != ("jobs",):
            return path
        inherited = ("defaults", *path[2:])
        raw = self.document.raw
        return inherited if _known(raw, inherited) - 1 > max(_known(raw, path) - 2, 0) else path


def plain(located: Path) -> Path:
    """Drop what Pydantic adds to a path: the branch of a union it took, and a mark for keys."""
    return tuple(part for part in located if part != "[key]" and not str(part).startswith("\0"))


def _known(raw: Any, path: Path) -> int:  # noqa: ANN401 - whatever the file says
    """Count how many keys of a path the document has."""
    count = 0
    while count < len(path) and path[count] in _keys(raw):
        raw = raw[path[count]]
        count += 1
    return count


def _keys(raw: object) -> Container[str | int]:
    if isinstance(raw, Mapping):
        return raw
    return range(len(raw)) if isinstance(raw, list) else ()
