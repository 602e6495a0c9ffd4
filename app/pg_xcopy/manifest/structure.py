"""The shape of what a Python file or a caller hands over: mappings with text as keys, finite."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pg_xcopy.errors import ManifestError, Problem
from pg_xcopy.manifest.paths import shown_path

if TYPE_CHECKING:
    from pg_xcopy.manifest.document import Document, Path

MAX_DEPTH = 64


def checked_structure(document: Document) -> Document:
    """Copy a document into plain dictionaries and lists; raises ManifestError where that can't be done."""
    walker = _Walker(document)
    raw = walker.copy(document.raw, ())
    if walker.problems:
        raise ManifestError(tuple(sorted(walker.problems)))
    return document.with_raw(raw, {})


@dataclass
class _Walker:
    document: Document
    problems: set[Problem] = field(default_factory=set)

    def copy(self, value: Any, path: Path) -> Any:  # noqa: ANN401 - whatever the caller hands over
        if len(path) > MAX_DEPTH:
            return self._problem(path[:4], "this contains itself, or is nested too deeply")
        if isinstance(value, Mapping):
            return {self._key(key, path): self.copy(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.copy(item, (*path, index)) for index, item in enumerate(value)]
        return value

    def _key(self, key: Any, path: Path) -> str:  # noqa: ANN401 - as above
        if not isinstance(key, str):
            self._problem(path, f"expected text as a key, found a Python {type(key).__name__}")
        return str(key)

    def _problem(self, path: Path, message: str) -> None:
        place = self.document.positions.of_value(path)
        self.problems.add(Problem(self.document.file, *place, shown_path(path), message))
