"""The layered drawing of a graph."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pg_xcopy.report.layers import components, layers

NODES = [f"t{number}" for number in range(12)]
EDGES = st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=40)


def test_what_is_referred_to_stands_first():
    assert layers(["lines", "orders", "users"], [("lines", "orders"), ("orders", "users"), ("lines", "users")]) == [
        ["users"], ["orders"], ["lines"]
    ]  # fmt: skip


def test_a_circle_is_broken_once():
    assert sorted(map(len, layers(["a", "b", "c"], [("a", "b"), ("b", "c"), ("c", "a")]))) == [1, 1, 1]


def test_a_reference_to_itself_is_no_layer():
    assert layers(["tree"], [("tree", "tree")]) == [["tree"]]


def test_neighbours_stand_side_by_side():
    """Without an order of their own, the lines would cross."""
    rows = layers(["a", "b", "x", "y"], [("x", "b"), ("y", "a")])

    assert [row.index(each) for row, each in zip(rows, ("b", "x"), strict=True)] in ([0, 0], [1, 1])


def test_a_chain_deeper_than_the_stack():
    chain = [f"t{number}" for number in range(3000)]

    assert layers(chain, [*zip(chain[1:], chain, strict=False)]) == [[each] for each in chain]


def test_components():
    found = components(["a", "b", "c", "d", "e"], [("d", "c"), ("c", "e")])

    assert found == [["c", "d", "e"], ["a"], ["b"]]


@given(EDGES)
def test_every_table_has_one_place(edges):
    places = [node for row in layers(NODES, edges) for node in row]

    assert sorted(places) == sorted(NODES)


@given(EDGES)
def test_without_circles_every_line_leads_to_an_earlier_layer(edges):
    downward = [(one, other) for one, other in edges if NODES.index(one) > NODES.index(other)]
    depth = {node: number for number, row in enumerate(layers(NODES, downward)) for node in row}

    assert all(depth[child] > depth[parent] for child, parent in downward)
