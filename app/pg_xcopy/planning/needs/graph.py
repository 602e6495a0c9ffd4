"""What needs what: the objects of the schema that CREATE statements make, and what pg_depend says of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from pg_xcopy.catalog.objects import Cast, Collation, Function, ObjectId, TextSearch, UserType
from pg_xcopy.planning.selecting.design import Design

Node = Cast | Collation | TextSearch | UserType | Function | Design
"""What a statement makes; sequences are none, because they need nothing."""


class Lack(Struct, frozen=True):
    """Why something that is needed will not be there, and how to mend it."""

    reason: str
    hint: str


class Graph(Struct, frozen=True):
    """Nodes by the first of their ids, what each needs, and whose each id is: an array type's is its element's node.

    What a node needs may be outside of the graph.
    """

    nodes: Mapping[ObjectId, Node]
    edges: Mapping[ObjectId, tuple[ObjectId, ...]]
    homes: Mapping[ObjectId, ObjectId]

    def also(self, further: Mapping[ObjectId, tuple[ObjectId, ...]]) -> Graph:
        """Give the graph in which these nodes need more."""
        return replace(self, edges={one: (*needs, *further.get(one, ())) for one, needs in self.edges.items()})

    def reach(self, roots: Iterable[ObjectId]) -> tuple[ObjectId, ...]:
        """Give these and all that they need, inside and outside, each after what it needs.

        Where nodes need each other, the one that was reached first comes last: functions may call each other, because
        text bodies are not looked at when they are created.
        """
        met: set[ObjectId] = set()
        order: list[ObjectId] = []

        def visit(one: ObjectId) -> None:
            home = self.homes.get(one, one)
            if home not in met:
                met.add(home)
                for need in self.edges.get(home, ()):
                    visit(need)
                order.append(home)

        for root in roots:
            visit(root)
        return tuple(order)

    def users(self, nodes: Iterable[ObjectId]) -> dict[ObjectId, frozenset[ObjectId]]:
        """Give for each id those of the nodes that need it."""
        found: dict[ObjectId, set[ObjectId]] = defaultdict(set)
        for one in nodes:
            for need in self.edges.get(one, ()):
                found[need].add(one)
        return {need: frozenset(users) for need, users in found.items()}

    def lacking(self, absent: Mapping[ObjectId, Lack]) -> dict[ObjectId, Lack]:
        """Give all ids that will not be there because something that they need is absent."""
        lacks = dict(absent)
        for one in self.reach(self.nodes):
            if found := next((lacks[each] for each in (one, *self.edges.get(one, ())) if each in lacks), None):
                lacks |= dict.fromkeys(self._ids(one), found)
        return lacks

    def late(self) -> frozenset[ObjectId]:
        """Give all ids of tables, and of what needs a table: its row type, or its columns."""
        late: set[ObjectId] = set()
        for one in self.reach(self.nodes):
            if isinstance(self.nodes.get(one), Design) or not late.isdisjoint(self.edges.get(one, ())):
                late.update(self._ids(one))
        return frozenset(late)

    def _ids(self, one: ObjectId) -> tuple[ObjectId, ...]:
        return ids_of(self.nodes[one]) if one in self.nodes else (one,)


def ids_of(node: Node) -> tuple[ObjectId, ...]:
    """Give the ids under which a node is needed; the first is its own."""
    return node.relation.ids if isinstance(node, Design) else node.ids


def make_graph(needs: Iterable[tuple[Node, Iterable[ObjectId]]]) -> Graph:
    """Make the graph from its nodes, each with the ids of what it needs."""
    pairs = [(node, ids_of(node), tuple(wanted)) for node, wanted in needs]
    return Graph(
        nodes={ids[0]: node for node, ids, _ in pairs},
        edges={ids[0]: tuple(each for each in wanted if each not in ids) for _, ids, wanted in pairs},
        homes={each: ids[0] for _, ids, _ in pairs for each in ids},
    )
