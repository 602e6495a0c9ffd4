"""The terminal that the demo writes to; or a pipe, a file, a CI log."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import ClassVar

from rich.console import Console
from rich.highlighter import RegexHighlighter
from rich.theme import Theme

WIDEST = 100
"""Columns; longer lines are hard to read."""

_THEME = Theme({"yaml.key": "bold", "yaml.text": "green", "yaml.comment": "dim"})


class Yaml(RegexHighlighter):
    """Marks keys, texts and comments of a manifest."""

    base_style = "yaml."
    highlights: ClassVar[list[str]] = [
        r"(?P<key>^ *(\"[^\"]+\"|\w+)(?=:( |$))|(?<=\{)\w+(?=: )|(?<=, )\w+(?=: ))",
        r"(?P<text>(?<=: )\"[^\"]*\")",
        r"(?P<comment>(?<= )# .*$)",
    ]


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to the command what becomes of a reader that went away; rich would exit."""
        raise  # noqa: PLE0704 - called where BrokenPipeError is being handled


def open_console() -> Console:
    """Take standard output, as wide as the terminal within reason."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # no check mark is worth a UnicodeEncodeError
    console = _Console(theme=_THEME, highlight=False)
    console.width = min(console.width, WIDEST)
    return console
