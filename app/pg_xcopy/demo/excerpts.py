"""The shipped manifest, and the lines of it that declare one job."""

from __future__ import annotations

from itertools import takewhile
from pathlib import Path
from textwrap import dedent

from msgspec import Struct

MANIFEST = Path(__file__).with_name("demo.yaml")
_INDENT = "  "


class Excerpt(Struct, frozen=True):
    """What a job is for, from the comment above it, and its declaration."""

    purpose: str
    text: str


def excerpt(job: str) -> Excerpt:
    """Find a job in the manifest."""
    lines = MANIFEST.read_text(encoding="utf-8").splitlines()
    start = lines.index(f'{_INDENT}"{job}":')
    body = takewhile(lambda line: line.startswith(_INDENT * 2), lines[start + 1 :])
    return Excerpt(lines[start - 1].strip(" #"), dedent("\n".join([lines[start], *body])))
