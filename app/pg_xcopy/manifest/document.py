"""What a file says and where it says it, before any of it is checked."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Any, NamedTuple

from msgspec import Struct, field
from msgspec.structs import replace

from pg_xcopy.errors import ManifestError, Problem

Path = tuple[str | int, ...]


class Position(NamedTuple):
    """A place in a file; lines and columns count from 1, in characters. A line of 0 is the whole file."""

    line: int = 0
    column: int = 0


class Positions(Struct):
    """Where each key and each value of a document stands."""

    keys: dict[Path, Position] = field(default_factory=dict)
    values: dict[Path, Position] = field(default_factory=dict)

    def of_value(self, path: Path) -> Position:
        """Find a value, or the nearest key above it that is known."""
        return self.values[path] if path and path in self.values else self.of_key(path)

    def of_key(self, path: Path) -> Position:
        """Find a key, or the nearest one above it that is known."""
        for length in range(len(path), 0, -1):
            for known in (self.keys, self.values):
                if path[:length] in known:
                    return known[path[:length]]
        return Position()


class Document(Struct):
    """The plain data of a file; `variables` tells which values came, wholly or in part, from `${…}`.

    `base` is the directory that paths in it are relative to, where that is not the file's own.
    """

    file: str
    raw: dict[str, Any]
    positions: Positions = field(default_factory=Positions)
    variables: dict[Path, str] = field(default_factory=dict)
    base: FilePath | None = None

    @property
    def directory(self) -> FilePath:
        """Tell what paths in it are relative to."""
        return self.base or FilePath(self.file).parent

    def with_raw(self, raw: dict[str, Any], variables: dict[Path, str]) -> Document:
        """Build the same document with its values filled in."""
        return replace(self, raw=raw, variables=variables)


WHOLE_FILE = Position()


def refused(file: str, message: str, hint: str = "", position: Position = WHOLE_FILE) -> ManifestError:
    """Build the error for a file that can't even be read as a manifest: one problem, no path."""
    return ManifestError((Problem(file, *position, "", message, hint),))
