"""Where the keys and values of a Python manifest stand, as far as its dictionaries are written out."""

from __future__ import annotations

import ast

from msgspec import Struct, field

from pg_xcopy.manifest.document import Path, Position, Positions

MAX_DEPTH = 64
SECTIONS = {"CONNECTIONS": "connections", "DEFAULTS": "defaults", "JOBS": "jobs"}


def python_positions(tree: ast.Module, source: str) -> Positions:
    """Map the sections that a module assigns; a value that is computed has the position of its expression."""
    mapper = _Mapper(source.splitlines(), dict(_assignments(tree)))
    for name, section in SECTIONS.items():
        if name in mapper.assigned:
            mapper.visit(mapper.assigned[name], (section,))
    return mapper.positions


def _assignments(tree: ast.Module) -> list[tuple[str, ast.expr]]:
    """List the module-level `NAME = expression`, annotated or not."""
    found = []
    for statement in tree.body:
        if isinstance(statement, ast.Assign):
            found += [(each.id, statement.value) for each in statement.targets if isinstance(each, ast.Name)]
        if isinstance(statement, ast.AnnAssign) and statement.value and isinstance(statement.target, ast.Name):
            found.append((statement.target.id, statement.value))
    return found


class _Mapper(Struct):
    lines: list[str]
    assigned: dict[str, ast.expr]
    positions: Positions = field(default_factory=Positions)
    _open: list[ast.expr] = field(default_factory=list)

    def visit(self, node: ast.expr, path: Path) -> None:
        """Note the place of an expression, and of its parts if it is a literal or the name of one."""
        literal = self._literal(node)
        if literal in self._open or len(self._open) > MAX_DEPTH:
            return  # A = {**A, …} is fine in Python
        self.positions.values[path] = self._place(node)
        self._open.append(literal)
        self._parts(literal, path)
        self._open.pop()

    def _parts(self, literal: ast.expr, path: Path) -> None:
        if isinstance(literal, ast.Dict):
            self._mapping(literal, path)
        if isinstance(literal, ast.List | ast.Tuple):
            for index, item in enumerate(literal.elts):
                self.visit(item, (*path, index))

    def _mapping(self, node: ast.Dict, path: Path) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:  # {**OTHER}
                self.visit(value, path)
            elif isinstance(key, ast.Constant):
                entry = (*path, str(key.value))
                self.positions.keys[entry] = self._place(key)
                self.visit(value, entry)

    def _literal(self, node: ast.expr) -> ast.expr:
        """Follow a name to what was assigned to it, a bounded number of times: names can lead in circles."""
        for _ in range(MAX_DEPTH):
            if not isinstance(node, ast.Name) or node.id not in self.assigned:
                break
            node = self.assigned[node.id]
        return node

    def _place(self, node: ast.expr) -> Position:
        """Count columns in characters; Python counts them in bytes of UTF-8."""
        before = self.lines[node.lineno - 1].encode()[: node.col_offset]
        return Position(node.lineno, len(before.decode(errors="replace")) + 1)
