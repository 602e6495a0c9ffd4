"""`${VAR}` and its relatives, in the values of a manifest that has been parsed already.

The text of the file is never touched, so a variable's value can't add a key, a comment or a quote to it.
"""

from __future__ import annotations

import re
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from pg_xcopy.errors import Problem
from pg_xcopy.manifest.paths import shown_path
from pg_xcopy.manifest.secrets.references import SCHEME, Reference, Unread, parsed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pg_xcopy.manifest.document import Document, Path

MAX_SECRET_BYTES = 1 << 20
FORMS = (
    "write ${VAR}, ${VAR:-default}, ${VAR:?message}, ${file:/path} or ${aws-sm:secret#key}; a literal ${ is written $${"
)

_TOKEN = re.compile(r"\$\$\{|\$\{([^}]*)\}|\$\{")
_VARIABLE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:(:-|:\?)(.*))?", re.DOTALL)
_FILE = re.compile(r"file:(.+)", re.DOTALL)


class _Unusable(Exception):  # noqa: N818 - never leaves this module: one reason why one `${…}` has no value
    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def interpolated(document: Document, environ: Mapping[str, str]) -> tuple[Document, list[Problem]]:
    """Fill in every `${…}` among a document's values; `${file:…}` is relative to the manifest's directory.

    A text with `${aws-sm:…}` becomes Unread: such secrets are read when a job runs. No problem ever quotes the value
    of a variable or of a file.
    """
    filler = _Filler(document, environ)
    raw = filler.fill(document.raw, ())
    return document.with_raw(raw, filler.variables), filler.problems


def _split(text: str) -> Iterator[str | re.Match[str]]:
    """Take a text apart, into what is as it is and what has a meaning."""
    end = 0
    for token in _TOKEN.finditer(text):
        yield text[end : token.start()]
        yield token
        end = token.end()
    yield text[end:]


def references(text: str) -> str:
    """List the variables and files that a text refers to, without their defaults."""
    bodies = [token.group(1) for token in _TOKEN.finditer(text) if token.group(1) is not None]
    return ", ".join("${%s}" % re.split(r":[-?]", body)[0] for body in bodies)  # noqa: UP031 - braces within braces


class _Filler(Struct):
    document: Document
    environ: Mapping[str, str]
    problems: list[Problem] = field(default_factory=list)
    variables: dict[Path, str] = field(default_factory=dict)

    def fill(self, value: Any, path: Path) -> Any:  # noqa: ANN401 - whatever the file says
        """Fill in a value and all that it contains; keys stay as they are."""
        if isinstance(value, dict):
            return {key: self.fill(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self.fill(item, (*path, index)) for index, item in enumerate(value)]
        return self._text(value, path) if isinstance(value, str) and "${" in value else value

    def _text(self, text: str, path: Path) -> str:
        try:
            parts = [each if isinstance(each, str) else self._token(each) for each in _split(text)]
        except _Unusable as error:
            self._problem(path, error)
            return ""
        if references(text):
            self.variables[path] = references(text)
        known = [part for part in parts if isinstance(part, str)]
        return "".join(known) if len(known) == len(parts) else Unread.of(parts)

    def _token(self, token: re.Match[str]) -> str | Reference:
        if token.group() == "$${":
            return "${"
        body = token.group(1)
        if body is None:
            raise _Unusable("a ${ is never closed with }", FORMS)
        return self._value(body)

    def _value(self, body: str) -> str | Reference:
        if "${" in body:
            raise _Unusable("a ${…} can't contain another one", FORMS)
        variable = _VARIABLE.fullmatch(body)
        if variable:
            return self._variable(*variable.groups())
        file = _FILE.fullmatch(body)
        if file:
            return _content(self.document.directory / file.group(1))
        secret = parsed(body.removeprefix(SCHEME)) if body.startswith(SCHEME) else None
        if secret:
            return secret
        raise _Unusable("this ${…} is malformed", FORMS)

    def _variable(self, name: str, operator: str | None, operand: str | None) -> str:
        value = self.environ.get(name)
        if operator == ":-":
            return value or operand or ""
        if operator == ":?" and not value:
            raise _Unusable(f"the variable {name} is not set or empty: {operand or 'it is required'}")
        if value is None:
            raise _Unusable(f"the variable {name} is not set", f"set it, or give a default: ${{{name}:-…}}")
        return value

    def _problem(self, path: Path, error: _Unusable) -> None:
        place = self.document.positions.of_value(path)
        self.problems.append(Problem(self.document.file, *place, shown_path(path), error.message, error.hint))


def _content(path: FilePath) -> str:
    """Read a mounted secret, less the one line break that editors and `echo` leave at its end."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_SECRET_BYTES + 1)
        text = content.decode()
    except OSError as error:
        raise _Unusable(f"the file {path} can't be read: {error.strerror}") from None
    except ValueError:
        raise _Unusable(f"the file {path} is not UTF-8 text") from None
    if len(content) > MAX_SECRET_BYTES:
        raise _Unusable(f"the file {path} is larger than 1 MiB")
    return re.sub(r"\r?\n\Z", "", text)
