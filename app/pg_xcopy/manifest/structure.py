"""The shape of what a Python file or a caller hands over: mappings with text as keys, finite."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

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


class _Walker(Struct):
    document: Document
    problems: set[Problem] = field(default_factory=set)
    _open: list[int] = field(default_factory=list)

    def copy(self, value: Any, path: Path) -> Any:  # noqa: ANN401 - whatever the caller hands over
        if id(value) in self._open or len(self._open) > MAX_DEPTH:
            return self._problem(path, "this contains itself, or is nested too deeply")
        if not isinstance(value, Mapping | list | tuple):
            return value
        self._open.append(id(value))
        parts = self._parts(value, path)
        self._open.pop()
        return parts

    def _parts(self, value: Mapping[Any, Any] | list[Any] | tuple[Any, ...], path: Path) -> Any:  # noqa: ANN401
        if isinstance(value, Mapping):
            return {self._key(key, path): self.copy(item, (*path, str(key))) for key, item in value.items()}
        return [self.copy(item, (*path, index)) for index, item in enumerate(value)]

    def _key(self, key: Any, path: Path) -> str:  # noqa: ANN401 - as above
        if not isinstance(key, str):
            self._problem((*path, str(key)), f"expected text as a key, found a Python {type(key).__name__}")
        return str(key)

    def _problem(self, path: Path, message: str) -> None:
        place = self.document.positions.of_key(path)
        self.problems.add(Problem(self.document.file, *place, shown_path(path), message))
