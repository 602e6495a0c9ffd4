"""The bytes of a YAML file as PyYAML's graph of nodes: every complaint about the syntax comes from here."""

from __future__ import annotations

from typing import Any

from yaml.composer import Composer
from yaml.error import MarkedYAMLError
from yaml.nodes import MappingNode, Node, SequenceNode
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner

from pg_xcopy.manifest.document import Position, refused
from pg_xcopy.manifest.yaml_scalars import ScalarResolver
from pg_xcopy.manifest.yaml_syntax import explained

MAX_DEPTH = 64


class _Composer(Reader, Scanner, Parser, Composer, ScalarResolver):
    """PyYAML without its constructors, so that no tag can make an object."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        ScalarResolver.__init__(self)
        self._depth = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:  # noqa: ANN401 - PyYAML's own
        self._depth += 1
        if self._depth > MAX_DEPTH:
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise MarkedYAMLError(problem="too deep", problem_mark=event.start_mark)
        node: Node | None = super().compose_node(parent, index)
        self._depth -= 1
        return node


def composed(content: bytes, file: str) -> MappingNode:
    """Parse the one document of a file; raises ManifestError with one problem if it is not a mapping."""
    root = _root(_decoded(content, file), file)
    if root is None or root.start_mark.index == root.end_mark.index:
        raise refused(file, "the file is empty", "a manifest has at least the key jobs")
    if not isinstance(root, MappingNode):
        kind = "a list" if isinstance(root, SequenceNode) else "a single value"
        raise refused(file, f"expected a mapping with the key jobs, found {kind}", "", start_of(root))
    return root


def start_of(node: Node) -> Position:
    """Say where a node begins."""
    return Position(node.start_mark.line + 1, node.start_mark.column + 1)


def _root(text: str, file: str) -> Node | None:
    try:
        return _Composer(text).get_single_node()
    except MarkedYAMLError as error:
        raise explained(error, file, text) from error


def _decoded(content: bytes, file: str) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig", "replace")
        raise refused(file, "this is not UTF-8 text", "save it as UTF-8", _end_of(before)) from error
    odd = Reader.NON_PRINTABLE.search(text)
    if odd:
        message = f"the character U+{ord(odd.group()):04X} can't be in a YAML file"
        raise refused(file, message, "in double quotes, write it as an escape", _end_of(text[: odd.start()]))
    return text


def _end_of(text: str) -> Position:
    return Position(text.count("\n") + 1, len(text) - text.rfind("\n"))
