"""From a file, or from plain dictionaries, to the checked manifest; nothing is connected to."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from pg_xcopy.errors import Problem
from pg_xcopy.manifest.build import built
from pg_xcopy.manifest.document import Document, refused
from pg_xcopy.manifest.interpolation import interpolated
from pg_xcopy.manifest.near import did_you_mean
from pg_xcopy.manifest.python_reader import read_python
from pg_xcopy.manifest.structure import checked_structure
from pg_xcopy.manifest.yaml_reader import read_yaml

if TYPE_CHECKING:
    from pg_xcopy.manifest.connections import Connection
    from pg_xcopy.manifest.models import Job, Manifest

STDIN = "-"
MAX_BYTES = 16 << 20


def load_manifest(path: str | Path, environ: Mapping[str, str] | None = None) -> Manifest:
    """Read and check a manifest.

    `path` is a YAML file, a Python file (its name ends in .py), or `-` for YAML on standard input. `${VAR}`
    is looked up in `environ`, by default the process's own. Raises ManifestError with all mistakes found.
    """
    return built(*file_document(path, environ))


def parse_manifest(raw: Mapping[str, Any], file: str = "<dict>") -> Manifest:
    """Check a manifest given as dictionaries (connections, defaults, jobs); `${…}` has no meaning in them.

    Raises ManifestError with every mistake found, shown as being in `file`.
    """
    if not isinstance(raw, Mapping):
        raise refused(file, f"expected a mapping with the key jobs, found a Python {type(raw).__name__}")
    return built(checked_structure(Document(file, dict(raw))))


def parse_job(
    raw: Mapping[str, Any] | Job,
    name: str = "job",
    connections: Mapping[str, Mapping[str, Any] | Connection] | None = None,
) -> Job:
    """Check one job given as a dictionary; `connections` has the databases it names. Raises ManifestError."""
    return parse_manifest({"connections": connections or {}, "jobs": {name: raw}}).jobs[name]


Filled = tuple[Document, list[Problem]]
"""A document in which every `${…}` is filled in, and what went wrong with that."""


def file_document(path: str | Path, environ: Mapping[str, str] | None = None) -> Filled:
    """Read a file as load_manifest does, and check nothing that it says."""
    if str(path) == STDIN:
        return yaml_document(sys.stdin.buffer.read(), "<stdin>", environ)
    content = _content(Path(path))
    if str(path).endswith(".py"):
        return checked_structure(read_python(content, str(path))), []
    return yaml_document(content, str(path), environ)


def yaml_document(
    content: bytes, file: str, environ: Mapping[str, str] | None = None, base: Path | None = None
) -> Filled:
    """Read YAML that came from elsewhere; `file` is what to call it, `base` what paths in it are relative to."""
    return interpolated(replace(read_yaml(content, file), base=base), os.environ if environ is None else environ)


def plain_document(
    raw: Mapping[str, Any], file: str, environ: Mapping[str, str] | None = None, base: Path | None = None
) -> Filled:
    """Take dictionaries in which `${…}` means what it does in YAML."""
    document = checked_structure(Document(file, dict(raw), base=base))
    return interpolated(document, os.environ if environ is None else environ)


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise refused(str(path), "there is no such file", _neighbour(path)) from error
    except IsADirectoryError as error:
        raise refused(str(path), "this is a directory", "name a YAML or Python file in it") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise refused(str(path), f"the file can't be read: {reason}") from error
    if len(content) > MAX_BYTES:
        raise refused(str(path), "the file is larger than 16 MiB", "is it a manifest?")
    return content


def _neighbour(path: Path) -> str:
    try:
        return did_you_mean(path.name, (near.name for near in path.parent.iterdir()))
    except OSError:
        return ""
