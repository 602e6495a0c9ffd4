"""What a catalog answers about itself."""

from pg_xcopy.catalog.model import SourceCatalog
from pg_xcopy.catalog.objects import TypeName
from pg_xcopy.catalog.relations import Column, Relation
from pg_xcopy.catalog.servers import Server
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql

SERVER = Server(160000, "shop", "me", in_recovery=False, may_create_schemas=True)
ID = Column("id", Sql("integer"), Sql("integer"), TypeName("pg_catalog", "int4"))
ROOT = Relation(1, TableName("app", "events"), "p", (ID,))
PART = Relation(2, TableName("app", "events_1"), "r", (ID,), is_partition=True, parents=(1,))
CHILD = Relation(3, TableName("app", "child"), "r", (), parents=(1,))
VIEW = Relation(4, TableName("app", "view"), "v", (ID,))
CATALOG = SourceCatalog(SERVER, "app", (ROOT, PART, CHILD, VIEW))


def test_relations_by_oid_and_by_name():
    assert CATALOG.by_oid[2] is PART
    assert CATALOG.by_name["view"] is VIEW


def test_partitions_are_not_children_by_inheritance():
    assert list(CATALOG.partitions_of(ROOT)) == [PART]


def test_tables_and_their_columns():
    assert [each.is_table for each in CATALOG.relations] == [True, True, True, False]
    assert ROOT.column_names == {"id"}
    assert CHILD.column_names == frozenset()
