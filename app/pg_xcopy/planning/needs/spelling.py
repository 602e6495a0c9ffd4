"""The schema's name in the text of functions: a rename does not reach it, so that it is written anew.

The server follows what it has parsed: expressions, bodies in standard SQL. `SET search_path` and other bodies are text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from pg_xcopy.catalog.model import SourceCatalog, TargetCatalog
from pg_xcopy.catalog.objects import Function
from pg_xcopy.sql.quoting import Sql, identifier, literal

_TOKEN = re.compile(
    r"""(?P<comment>--[^\n]*|/\*.*?\*/)
      | (?P<string>[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$)
      | (?P<name>"(?:[^"]|"")+"|[^\W\d][\w$]*)
      | (?P<blank>\s+)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_QUALIFIED = re.compile(r'(?<![\w$."])("(?:[^"]|"")+"|[^\W\d][\w$]*)\.("(?:[^"]|"")+"|[^\W\d][\w$]*)')
_PATH = re.compile(r"^ SET search_path TO ('(?:[^']|'')*'(?:, '(?:[^']|'')*')*)$", re.MULTILINE)
_PATH_ITEM = re.compile(r"'((?:[^']|'')*)'")
_BODY = re.compile(r"^(?:AS |BEGIN ATOMIC|RETURN )", re.MULTILINE)
_CLOSING = re.compile(r"\$functionx*\$\s*\Z")
"""How pg_get_functiondef (PostgreSQL's utils/adt/ruleutils.c) begins a body, and how it ends one that is text."""


class Spelling(Struct, frozen=True):
    """How the source's schema is called: by `source` in the source, by `schema` where the functions are to work.

    `beside` are schemas in which the target keeps what the source keeps in its own: extensions. `copied` are the names
    of all that comes along: what does not may well be meant where it is. While that is built, other names are
    `standing` in the schema `home`.
    """

    source: str
    schema: str
    beside: tuple[str, ...] = ()
    copied: frozenset[str] = frozenset()
    standing: frozenset[str] = frozenset()
    home: str = ""

    def respelled(self, function: Function) -> Function:
        """Give the function with the name wherever it certainly means the schema, and what comes along of it."""
        if function.definition is None:
            return function
        head, body, tail = _parts(function)
        if self.schema != self.source and not self._is_ambiguous(function.name.name, head, body):
            body = "".join(self._renamed(body))
        return replace(function, definition=Sql(_PATH.sub(self._path, head) + body + tail))

    def unclear(self, function: Function) -> bool:
        """Tell whether the text names what comes along where nobody can say for certain that it does."""
        if function.definition is None:
            return False
        head, body, _ = _parts(function)
        strings = [each.text for each in _tokens(body) if each.kind == "string"]
        if self._is_ambiguous(function.name.name, head, body):
            strings.append(body)
        return any(map(self.names_it, strings))

    def names_it(self, text: str) -> bool:
        """Tell whether a text names something of the schema that comes along."""
        return any(
            _folded(schema) == self.source and _folded(name) in self.copied for schema, name in _QUALIFIED.findall(text)
        )

    def _path(self, clause: re.Match[str]) -> str:
        names = [name.replace("''", "'") for name in _PATH_ITEM.findall(clause[1])]
        if self.source not in names:
            return clause[0]
        found = [each for name in names for each in ((self.schema, *self.beside) if name == self.source else (name,))]
        return f" SET search_path TO {', '.join(literal(each).strip() for each in dict.fromkeys(found))}"

    def _is_ambiguous(self, function: str, head: str, body: str) -> bool:
        """Tell whether something else has the name too: it would be declared without a dot behind it."""
        declared = (each for text in (head, body) for each in _tokens(text) if each.qualifies is None)
        return function == self.source or any(_folded(each.text) == self.source for each in declared if each.is_first)

    def _renamed(self, body: str) -> Iterator[str]:
        for each in _tokens(body):
            means_it = each.is_first and _folded(each.text) == self.source
            copied, stands = each.qualifies in self.copied, each.qualifies in self.standing
            schema = self.schema if copied else self.home if stands else ""
            yield identifier(schema) if means_it and schema else each.text


class _Token(Struct, frozen=True):
    """A piece of a text; a name `is_first` where no dot is before it, and `qualifies` what follows a dot behind it."""

    kind: str
    text: str
    is_first: bool = False
    qualifies: str | None = None


def _tokens(text: str) -> Iterator[_Token]:
    found = [(each.lastgroup or "", each[0]) for each in _TOKEN.finditer(text)]
    said = [text for kind, text in found if kind not in ("comment", "blank")]
    place = -1
    for kind, piece in found:
        place += kind not in ("comment", "blank")
        if kind != "name":
            yield _Token(kind, piece)
        else:
            behind = _folded("".join(said[place + 2 : place + 3])) if said[place + 1 : place + 2] == ["."] else None
            yield _Token(kind, piece, said[place - 1 : place] != ["."], behind)


def _folded(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()


def _parts(function: Function) -> tuple[str, str, str]:
    """Split the definition into what is before a body of text that can be read, the body, and what is behind it."""
    definition, body = function.definition or "", function.body or ""
    closing = _CLOSING.search(definition)
    if body and closing and definition.endswith(body, 0, closing.start()):
        return definition[: closing.start() - len(body)], body, definition[closing.start() :]
    begin = _BODY.search(definition)
    at = begin.start() if begin else len(definition)
    return definition[:at], "", definition[at:]


def spell(
    source: SourceCatalog,
    target: TargetCatalog,
    schema: str,
    copied: frozenset[str],
    standing: frozenset[str] = frozenset(),
) -> Spelling:
    """Give the spelling under which functions work in this schema of the target."""
    own = {each.name for each in source.extensions if each.schema == source.schema}
    home = {target.schema} if standing else set()
    beside = home | {each.schema for each in target.extensions if each.name in own}
    return Spelling(source.schema, schema, tuple(sorted(beside - {schema})), copied, standing, target.schema)
