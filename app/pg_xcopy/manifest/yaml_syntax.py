"""The YAML parser's complaints, as sentences for people who never read the YAML specification."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pg_xcopy.manifest.document import Position, refused

if TYPE_CHECKING:
    from yaml.error import MarkedYAMLError

    from pg_xcopy.errors import ManifestError

# What PyYAML says (a pattern; the first that fits counts) -> what we say.
_MESSAGES = {
    r"quoted scalar.*(end of stream|document separator)": "a quote is opened here and never closed",
    r"flow (mapping|sequence).*got '(\{|<scalar>)'": "a comma or a closing bracket is missing",
    r"flow (mapping|sequence).*got ':'": "a comma or a closing bracket is missing before this ':'",
    r"flow (mapping|sequence)": "a bracket is opened here and never closed",
    r"mapping values are not allowed": "a ':' is out of place",
    r"could not find expected ':'": "a key without a ':' after it",
    r"expected <block end>": "this line is not indented like the ones it belongs to",
    r"sequence entries are not allowed": "a '-' is out of place",
    r"unknown escape character": "an unknown escape in double quotes",
    r"hexadecimal numbers": "an escape in double quotes lacks digits",
    r"undefined alias": "this alias (*name) has no anchor (&name) above it",
    r"duplicate anchor": "this anchor (&name) is defined twice",
    r"scanning an? (alias|anchor)": "'*' and '&' at the start have a meaning of their own",
    r"block scalar": "'>' and '|' at the start have a meaning of their own",
    r"cannot start any token": "a text can't start with this character",
    r"\btag\b": "tags (!…) are not supported",
    r"expected a single document": "a second document ('---') starts here",
    r"document start": "there is text outside of the document",
    r"too deep": "this is nested too deeply",
}
_HINTS = {
    r"flow (mapping|sequence)": 'inside { } or [ ], put "${…}" in quotes',
    r"mapping values": "check this line's indentation and the line above, or quote a text that contains ': '",
    r"sequence entries": "a list starts on the line below its key",
    r"escape|hexadecimal": "put texts with backslashes in single quotes",
    r"single document": "put all jobs under one jobs:",
    r"alias|anchor": 'quote it: "*"',
    r"block scalar|token|\btag\b|expected ':'": "quote texts with special characters",
}
_ABOUT_ITS_START = r"quoted scalar|flow (mapping|sequence)(?!.*got '(\{|:|<scalar>)')"


def explained(error: MarkedYAMLError, file: str, text: str) -> ManifestError:
    """Build our error from PyYAML's; its own message stays the cause."""
    said = f"{error.context or ''}: {error.problem or ''}"
    position = _position(error, said)
    tab = _tab_indent(text, position)
    if tab:
        return refused(file, "a tab is used for indentation", "YAML indents with spaces only", tab)
    message = _first(said, _MESSAGES, "something is missing, or too much, here")
    return refused(file, f"this is not valid YAML: {message}", _first(said, _HINTS, ""), position)


def _position(error: MarkedYAMLError, said: str) -> Position:
    """Point to where the trouble began: for an open quote or bracket that is not where it was noticed."""
    began = re.search(_ABOUT_ITS_START, said, re.DOTALL) and error.context_mark
    mark = began or error.problem_mark or error.context_mark
    return Position(mark.line + 1, mark.column + 1) if mark else Position()


def _first(said: str, table: dict[str, str], otherwise: str) -> str:
    return next((text for pattern, text in table.items() if re.search(pattern, said, re.DOTALL)), otherwise)


def _tab_indent(text: str, near: Position) -> Position | None:
    """Find a tab in the indentation of the line of the complaint, or of the one before it."""
    lines = text.splitlines()
    for number in (near.line, near.line - 1):
        line = lines[number - 1] if 0 < number <= len(lines) else ""
        indentation = line[: len(line) - len(line.lstrip())]
        if "\t" in indentation:
            return Position(number, indentation.index("\t") + 1)
    return None
