"""Indexes and keys of partitioned tables: what the root has alone, what is attached to it, what it makes itself."""

import catalogs
import pytest
from catalogs import in_staging, index, key, partition_of, partitioned, replace, source, target


def made(relations, name="t", tables=None):
    result = catalogs.integrity(tables or {"*": {}}, source(*relations), target(version=170000))
    return [in_staging(step.sql) for each in result.finish if each.table.name == name for step in each.steps[:-1]]


@pytest.fixture
def tree():
    """A root, a partition that is partitioned itself, a partition of that."""
    root = partitioned("t", "a", "a")
    branch = partition_of(root, "t_1", partition_key="LIST (b)")
    return root, branch, partition_of(branch, "t_11")


def with_indexes(tree, **of_root):
    parts = (index("t_i", "a", **of_root), index("t_1_i", "a", part_of="t_i"), index("t_11_i", "a", part_of="t_1_i"))
    return [replace(each, indexes=(part,)) for each, part in zip(tree, parts, strict=True)]


def with_keys(tree, **given):
    parts = (key("t_k", "a", **given), key("t_1_k", "a", part_of="t_k", **given), key("x'y", part_of="t_1_k", **given))
    return [replace(each, constraints=(part,)) for each, part in zip(tree, parts, strict=True)]


def test_keys_are_made_on_each_level_alone_and_attached(tree):
    relations = with_keys(tree)

    assert made(relations) == [
        'ALTER TABLE ONLY "t" ADD CONSTRAINT "t_k" P (a);\nALTER INDEX "t_k" ATTACH PARTITION "t_1_k"'
    ]
    assert made(relations, "t_1") == [
        'ALTER TABLE ONLY "t_1" ADD CONSTRAINT "t_1_k" P (a);\nALTER INDEX "t_1_k" ATTACH PARTITION "x\'y"'
    ]
    assert made(relations, "t_11") == ['ALTER TABLE "t_11" ADD CONSTRAINT "x\'y" P ()']


def test_indexes_are_made_on_each_level_alone_and_attached(tree):
    relations = with_indexes(tree)

    assert made(relations) == [
        'CREATE INDEX "t_i" ON ONLY "t" USING btree (a);\nALTER INDEX "t_i" ATTACH PARTITION "t_1_i"'
    ]
    assert made(relations, "t_11") == ['CREATE INDEX "t_11_i" ON "t_11" USING btree (a)']


def test_a_partition_that_is_a_foreign_table_gets_its_part_from_the_root(tree):
    relations = [*with_indexes(tree), replace(partition_of(tree[0], "t_2"), kind="f")]

    assert made(relations) == ['CREATE INDEX "t_i" ON "t" USING btree (a)']


def test_an_index_that_is_incomplete_in_the_source(tree):
    relations = [*with_indexes(tree, on_root_only=True), partition_of(tree[0], "t_2")]

    assert made(relations) == [
        'CREATE INDEX "t_i" ON ONLY "t" USING btree (a);\nALTER INDEX "t_i" ATTACH PARTITION "t_1_i"'
    ]


def test_an_index_of_a_table_whose_partitions_are_merged_into_it():
    root = partitioned("t", "b", "a", "b")
    relations = with_indexes((root, partition_of(root, "t_1"), partition_of(root, "t_2")))

    assert made(relations, tables={"t": {"transform": {"b": None}}}) == ['CREATE INDEX "t_i" ON "t" USING btree (a)']


def test_what_excludes_is_made_by_the_root_and_named_as_in_the_source(tree):
    relations = with_keys(tree, kind="x", excludes=True)

    (step,) = made(relations)

    assert step.startswith('ALTER TABLE "t" ADD CONSTRAINT "t_k" X (a);\nDO ')
    assert step.index("'t_1_k'") < step.index("x''''y")
    assert made(relations, "t_1") == made(relations, "t_11") == []


def test_what_excludes_in_a_partition_alone(tree):
    relations = with_keys(tree, kind="x", excludes=True)

    assert made(relations, "t_11", {"t_11": {}}) == ['ALTER TABLE "t_11" ADD CONSTRAINT "x\'y" X ()']
