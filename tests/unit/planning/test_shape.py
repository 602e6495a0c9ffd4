"""Into how many parts a table is cut, and whether its rows arrive frozen."""

import pytest
from catalogs import in_staging, partition_of, partitioned, plan, server, source, table

from pg_xcopy.planning.rows.shape import FROZEN_BYTES, PART_BYTES

LARGE = {"bytes": 8 * PART_BYTES, "blocks": 1000}


def parts(*relations, tables=None, version=160000, **options):
    options.setdefault("parallel", 2)
    made = plan(tables or {"*": {}}, source(*relations, server=server(version=version)), **options)
    return {each.source.name: [sql.partition(" WHERE ")[2] for sql in each.copy_to] for each in made.copies}


def test_a_large_table_is_cut_by_its_blocks():
    cut = parts(table("t", "id", **LARGE))["t"]

    assert [each.partition(") TO ")[0] for each in cut] == [
        "ctid >= '(0,0)' AND ctid < '(250,0)'",
        "ctid >= '(250,0)' AND ctid < '(500,0)'",
        "ctid >= '(500,0)' AND ctid < '(750,0)'",
        "ctid >= '(750,0)'",
    ]


@pytest.mark.parametrize(
    ("relation", "given"),
    [
        (table("t", "id", bytes=PART_BYTES, blocks=1000), {}),
        (table("t", "id", **LARGE), {"parallel": 1}),
        (table("t", "id", **LARGE), {"version": 130000}),
        (table("t", "id", **LARGE), {"tables": {"t": {"where": {"id": 1}}}}),
        (table("t", "id", bytes=8 * PART_BYTES, blocks=1), {}),
        (table("t", "id", kind="m", **LARGE), {"tables": {"t": {}}}),
    ],
    ids=["small", "one worker", "before TID range scans", "filtered", "one block", "materialised view"],
)
def test_what_is_not_cut(relation, given):
    assert [len(each) for each in parts(relation, **given).values()] == [1]


def test_a_table_among_larger_ones_is_not_cut():
    small, large = (
        table("small", "id", bytes=2 * PART_BYTES, blocks=9),
        table("large", "id", bytes=40 * PART_BYTES, blocks=99),
    )

    assert {name: len(each) for name, each in parts(small, large).items()} == {"small": 1, "large": 4}


def frozen(tables, *relations, **options):
    return {
        in_staging(each.copy_from).split('"')[1]: "FREEZE" in each.copy_from and each.truncate is not None
        for each in plan(tables, source(*relations), **options).copies
    }


def test_rows_that_one_copy_brings_are_frozen():
    assert frozen({"*": {}}, table("t", "id", bytes=FROZEN_BYTES)) == {"t": True}
    assert frozen({"*": {}}, table("t", "id", bytes=FROZEN_BYTES - 1)) == {"t": False}
    assert frozen({"*": {}}, table("t", "id", **LARGE), parallel=2) == {"t": False}


def test_partitions_are_frozen_unless_their_rows_may_move():
    root = partitioned("t", "a", "a")
    relations = (root, *(partition_of(root, name, bytes=FROZEN_BYTES) for name in ("t_1", "t_2")))

    assert frozen({"*": {}}, *relations) == {"t_1": True, "t_2": True}
    assert frozen({"t": {"transform": {"a": "a + 1"}}}, *relations) == {"t": False}


def test_several_relations_into_one_table_are_not_frozen():
    root = partitioned("t", "a", "a", "b")

    made = frozen({"t": {"transform": {"a": None}}}, root, partition_of(root, "t_1"), partition_of(root, "t_2"))

    assert made == {"t": False}
