"""What each relation becomes: partitions, partitions whose key is changed, inheritance."""

import pytest
from catalogs import designed, partition_of, partitioned, plan, replace, source, table

EVENTS = partitioned("events", "at", "id", "at", "note")
NESTED = partition_of(EVENTS, "events_a", partition_key="LIST (id)", partition_columns=("id",))
LEAF = partition_of(NESTED, "events_a1")
OTHER = partition_of(EVENTS, "events_b")
TREE = source(EVENTS, NESTED, LEAF, OTHER)


def shape(designs):
    """Each table with what it hangs on."""
    return {each.name.name: each.attached_to.name if each.attached_to else None for each in designs.tables}


def flows(designs):
    return [(each.relation.name.name, each.design.name.name) for each in designs.flows]


def test_partitions_stay_partitions():
    designs, _ = designed({"events": {"transform": {"note": "1"}}}, TREE)

    assert shape(designs) == {"events": None, "events_a": "events", "events_a1": "events_a", "events_b": "events"}
    assert flows(designs) == [("events_a1", "events_a1"), ("events_b", "events_b")]
    assert [each.depth for each in designs.tables] == [0, 1, 2, 1]
    assert [each.partition_key for each in designs.tables] == ["RANGE (at)", "LIST (id)", None, None]


def test_a_key_that_is_transformed_sends_rows_through_the_root():
    designs, _ = designed({"events": {"transform": {"at": "at + 1"}}}, TREE)

    assert flows(designs) == [("events_a1", "events"), ("events_b", "events")]
    assert len(designs.tables) == 4


def test_a_key_below_the_root_sends_rows_through_the_table_that_it_splits():
    designs, _ = designed({"events": {"transform": {"id": "id + 1"}}}, TREE)

    assert flows(designs) == [("events_a1", "events_a"), ("events_b", "events_b")]


def test_a_key_that_is_left_out_makes_one_plain_table():
    designs, _ = designed({"events": {"transform": {"at": None}}}, TREE)

    assert shape(designs) == {"events": None}
    assert designs.tables[0].partition_key is None
    assert flows(designs) == [("events_a1", "events"), ("events_b", "events")]


def test_a_key_that_is_left_out_below_the_root():
    designs, _ = designed({"events": {"transform": {"id": None}}}, TREE)

    assert shape(designs) == {"events": None, "events_a": "events", "events_b": "events"}
    assert flows(designs) == [("events_a1", "events_a"), ("events_b", "events_b")]


@pytest.mark.parametrize(
    ("transform", "tables", "sink"),
    [({}, 2, "hashed_1"), ({"note": "1"}, 2, "hashed"), ({"note": None}, 1, "hashed")],
)
def test_a_key_that_is_an_expression_may_need_any_column(transform, tables, sink):
    root = table("hashed", "id", "note", kind="p", partition_key="HASH ((id + note))", partitioned_by_expression=True)
    catalog = source(root, partition_of(root, "hashed_1"))

    designs, _ = designed({"hashed": {"transform": transform}}, catalog)

    assert len(designs.tables) == tables
    assert flows(designs) == [("hashed_1", sink)]


def test_an_excluded_partition_is_not_built_and_not_read():
    designs, _ = designed({"*": {}}, TREE, exclude=["events_a"])

    assert shape(designs) == {"events": None, "events_b": "events"}
    assert flows(designs) == [("events_b", "events_b")]


def test_a_partition_by_itself_is_a_plain_table():
    designs, _ = designed({"events_b": {}}, TREE)

    assert shape(designs) == {"events_b": None}
    assert designs.tables[0].partition_key is None


def test_partitioning_that_is_lost_is_said():
    made = plan({"events": {"transform": {"at": None}}}, TREE)

    assert [str(each) for each in made.notices] == [
        "app.events: partitioning left out: a column of its partition key is left out"
    ]


# --- INHERITS

PARENT = table("a_parent", "id", "note")
CHILD = table("child", "id", "note", "extra", parents=(PARENT.oid,))
GRANDCHILD = table("a_grandchild", "id", "note", "extra", parents=(CHILD.oid,))


def test_parents_come_first_and_children_inherit():
    designs, _ = designed({"*": {}}, source(GRANDCHILD, CHILD, PARENT))

    assert [each.name.name for each in designs.tables] == ["a_parent", "child", "a_grandchild"]
    assert [each.inherits for each in designs.tables] == [(), (PARENT.oid,), (CHILD.oid,)]
    assert len(designs.flows) == 3


def test_a_child_without_its_parent_stands_alone():
    designs, _ = designed({"child": {}}, source(GRANDCHILD, CHILD, PARENT))

    assert [each.inherits for each in designs.tables] == [()]


def test_a_child_that_leaves_out_what_its_parent_keeps_can_not_inherit():
    designs, _ = designed({"a_parent": {}, "child": {"transform": {"note": None}}}, source(CHILD, PARENT))

    assert [each.inherits for each in designs.tables] == [(), ()]


def test_a_child_that_leaves_out_the_same_as_its_parent_inherits():
    designs, _ = designed({"*": {"transform": {"note": None}}}, source(CHILD, PARENT))

    assert [each.inherits for each in designs.tables] == [(), (PARENT.oid,)]


def test_several_parents():
    other = table("b_parent", "id")
    child = replace(CHILD, parents=(PARENT.oid, other.oid))

    designs, _ = designed({"*": {}}, source(child, other, PARENT))

    assert designs.tables[-1].inherits == (PARENT.oid, other.oid)
