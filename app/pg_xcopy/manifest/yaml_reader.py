"""A YAML file as plain data, with the place of every key and value."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from pg_xcopy.errors import ManifestError, Problem
from pg_xcopy.manifest import yaml_scalars as scalars
from pg_xcopy.manifest.document import Document, Path, Positions, refused
from pg_xcopy.manifest.paths import shown_path
from pg_xcopy.manifest.yaml_composer import MAX_DEPTH, composed, start_of

MAX_REPEATS = 100_000


def read_yaml(content: bytes, file: str) -> Document:
    """Read a manifest from the bytes of a YAML file.

    Raises ManifestError: one problem if the file is no YAML mapping, else each duplicate key and refused tag.
    """
    builder = _Builder(file)
    raw = builder.build(composed(content, file), ())
    if builder.problems:
        raise ManifestError(tuple(sorted(builder.problems)))
    return Document(file, raw, builder.positions)


class _Builder(Struct):
    """Walks the graph of nodes, in which an alias leads to the node of its anchor a second time."""

    file: str
    positions: Positions = field(default_factory=Positions)
    problems: set[Problem] = field(default_factory=set)
    _seen: set[int] = field(default_factory=set)
    _open: list[int] = field(default_factory=list)
    _repeats: int = 0

    def build(self, node: Node, path: Path) -> Any:  # noqa: ANN401 - whatever the file says
        """Turn a node into plain data and note where it stands."""
        self._refuse_endless(node)
        self._open.append(id(node))
        built = self._built(node, path)
        self._open.pop()
        # After its parts: what a merge key brings in was noted at the same path.
        self.positions.values[path] = start_of(node)
        return built

    def _refuse_endless(self, node: Node) -> None:
        if id(node) in self._open:
            raise refused(self.file, "this anchor (&name) contains itself", "", start_of(node))
        self._repeats += id(node) in self._seen
        self._seen.add(id(node))
        if self._repeats > MAX_REPEATS or len(self._open) > MAX_DEPTH:
            raise refused(self.file, "the aliases (*name) unfold to far too much", "", start_of(node))

    def _built(self, node: Node, path: Path) -> Any:  # noqa: ANN401 - whatever the file says
        if isinstance(node, MappingNode) and node.tag == scalars.MAP:
            return self._mapping(node, path)
        if isinstance(node, SequenceNode) and node.tag == scalars.SEQ:
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
        if isinstance(node, ScalarNode) and scalars.is_known(node.tag):
            return self._scalar(node, path)
        tag = node.tag.replace(scalars.TAG, "!!")
        self._problem(node, path, f"the tag {tag} is not supported", "quote a text that starts with !")
        return None

    def _scalar(self, node: ScalarNode, path: Path) -> Any:  # noqa: ANN401 - whatever the file says
        try:
            return scalars.read(node.tag, node.value)
        except ValueError:
            tag = node.tag.replace(scalars.TAG, "!!")
            self._problem(node, path, f"this is not what the tag {tag} says", "leave the tag out")
            return None

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        built: dict[str, Any] = {}
        for key_node, value_node in reversed(node.value):
            if key_node.tag == scalars.MERGE:
                built.update(self._merged(value_node, path))
        first: dict[str, Node] = {}
        for key_node, value_node in node.value:
            if key_node.tag != scalars.MERGE:
                key = self._key(key_node, path, first)
                built[key] = self.build(value_node, (*path, key))
        return built

    def _key(self, node: Node, path: Path, first: dict[str, Node]) -> str:
        """Take a key as it is written: `no`, `1` and `null` are names of columns like any other."""
        if not isinstance(node, ScalarNode) or not scalars.is_known(node.tag):
            self._problem(node, path, "a key must be plain text", 'inside { }, put "${…}" in quotes')
            return ""
        key = scalars.joined(node.value)
        if key in first:
            line, column = start_of(first[key])
            twice = f"this key is written twice, first in line {line}, column {column}"
            self._problem(node, (*path, key), twice, "")
        first.setdefault(key, node)
        entry = (*path, key)
        self.positions.keys[entry] = start_of(node)
        return key

    def _merged(self, node: Node, path: Path) -> dict[str, Any]:
        """Unfold `<<`: of several mappings, the first goes before the others (https://yaml.org/type/merge.html)."""
        merged: dict[str, Any] = {}
        for source in reversed(node.value) if isinstance(node, SequenceNode) else [node]:
            if isinstance(source, MappingNode):
                merged.update(self.build(source, path))
            else:
                self._problem(source, path, "'<<' takes a mapping, or a list of mappings", "")
        return merged

    def _problem(self, node: Node, path: Path, message: str, hint: str) -> None:
        self.problems.add(Problem(self.file, *start_of(node), shown_path(path), message, hint))
