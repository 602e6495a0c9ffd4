"""What a table loses because its kin is not copied with it is said, unless the job names it alone."""

from catalogs import column, partition_of, partitioned, plan, replace, sequence, source, table, target

PARENT = table("a_parent", "id", "note", oid=1)
CHILD = table("child", "id", "note", parents=(1, 99), parent_names=("app.a_parent", "base.root"))
ROOT = partitioned("m", "k", column("id", identity="a"), "k", oid=3)
PART = partition_of(ROOT, "m_1", parent_names=("app.m",), oid=4)


def said(tables, *relations, into=None, sequences=(), **given):
    made = plan(tables, source(*relations, sequences=sequences), into, **given)
    return [str(each) for each in made.notices]


def test_a_parent_that_is_not_copied():
    assert said({"*": {}}, PARENT, CHILD) == [
        "app.child: property left out: it inherits from base.root, which is not copied"
    ]
    assert said({"child": {}}, PARENT, CHILD) == []


def test_a_parent_that_keeps_what_the_child_leaves_out():
    assert said({"a_parent": {}, "child": {"transform": {"note": None}}}, PARENT, CHILD) == [
        "app.child: property left out: it inherits from app.a_parent, which keeps a column that is left out here"
    ]


def test_a_partitioned_table_in_another_schema():
    stray = replace(PART, columns=PART.columns[1:], parents=(99,), parent_names=("base.m",))

    assert said({"*": {}}, stray) == ["app.m_1: property left out: it is a partition of base.m, which is not copied"]
    assert said({"m_1": {}}, stray) == []


def test_an_identity_that_is_the_root_s():
    owned = (sequence("m_id_seq", 3, "id", identity=True),)

    assert said({"*": {}}, ROOT, PART, sequences=owned) == []
    assert said({"m_1": {}}, ROOT, PART, sequences=owned) == [
        "app.m_1.id: default left out: the sequence of its identity belongs to a table that is not copied"
    ]


def test_an_identity_of_a_partition_s_own():
    root = replace(ROOT, columns=(column("id"), ROOT.columns[1]))
    owned = (sequence("m_1_id_seq", 4, "id", identity=True),)

    assert said({"*": {}}, root, PART, sequences=owned) == []
    assert said({"*": {}}, root, PART, sequences=owned, into=target(version=170000)) == [
        "app.m_1.id: default left out: from PostgreSQL 17 on a partition has no identity of its own"
    ]


def test_row_level_security():
    tables = [table("none", "id"), table("one", "id", policies=1), table("shut", "id", policies=0)]

    assert said({"*": {}}, *tables) == [
        "app.one: property left out: its row-level security (1 policy) is not copied",
        "app.shut: property left out: its row-level security (0 policies) is not copied",
    ]
