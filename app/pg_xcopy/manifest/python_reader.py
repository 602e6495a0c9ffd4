"""A Python file as plain data: its JOBS, CONNECTIONS and DEFAULTS, with the values that it gives them."""

from __future__ import annotations

import ast
import re
import runpy
import sys
import tokenize
import traceback
from contextlib import contextmanager, redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pg_xcopy.connect.dsn import redact, secrets
from pg_xcopy.manifest.document import Document, Position, Positions, refused
from pg_xcopy.manifest.near import did_you_mean
from pg_xcopy.manifest.python_positions import SECTIONS, python_positions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pg_xcopy.errors import ManifestError


def read_python(content: bytes, file: str) -> Document:
    """Run a Python file and take its sections, unchanged; raises ManifestError if that fails.

    The file is run under its own name, not as `__main__`, with its directory first on sys.path; what it
    prints goes to standard error, because standard output belongs to our results.
    """
    positions = _positions(content, file)
    variables = _run(file)
    if "JOBS" not in variables:
        near = did_you_mean("JOBS", (name for name in variables if not name.startswith("_")))
        raise refused(file, "the file defines no JOBS", near or 'define JOBS = {"a name": {…}}')
    raw = {section: variables[name] for name, section in SECTIONS.items() if name in variables}
    return Document(file, raw, positions)


def _positions(content: bytes, file: str) -> Positions:
    try:
        encoding, _ = tokenize.detect_encoding(BytesIO(content).readline)
        source = TextIOWrapper(BytesIO(content), encoding).read()
        return python_positions(ast.parse(content, file), source)
    except SyntaxError as error:
        place = Position(error.lineno or 0, error.offset or 1) if error.lineno else Position()
        raise refused(file, f"this is not valid Python: {error.msg}", "", place) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise refused(file, f"this is not valid Python: {error}") from error


def _run(file: str) -> Mapping[str, Any]:
    try:
        with _importing_from(Path(file).resolve().parent), redirect_stdout(sys.stderr):
            return runpy.run_path(file, run_name=Path(file).stem)
    except (Exception, SystemExit) as error:
        raise _raised(error, file) from error


@contextmanager
def _importing_from(directory: Path) -> Iterator[None]:
    before = sys.path[:]
    sys.path.insert(0, str(directory))
    try:
        yield
    finally:
        sys.path[:] = before


def _raised(error: BaseException, file: str) -> ManifestError:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    place = Position(frames[-1].lineno or 0, 1) if frames else Position()
    text = _without_secrets(str(error))
    said = f"{type(error).__name__}: {text}" if text else type(error).__name__
    message = "the file ends the process itself" if isinstance(error, SystemExit) else "the file raises"
    return refused(file, f"{message}: {said}", "", place)


def _without_secrets(text: str) -> str:
    """Mask what an exception's message may quote of a connection string."""
    strings = re.findall(r"\w+://\S+|\w*password\s*=\s*\S+", text)
    return redact(text, {secret for string in strings for secret in secrets(string)})
