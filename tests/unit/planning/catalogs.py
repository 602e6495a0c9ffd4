"""Catalogs and jobs as values, in a line each: planning needs no database."""

from __future__ import annotations

from itertools import count

from msgspec.structs import replace  # noqa: F401 - for tests that vary a value

from pg_xcopy.catalog.existing import ExistingCatalog, Reaction, Reference, Rights, UniqueKey
from pg_xcopy.catalog.model import SourceCatalog, TargetCatalog
from pg_xcopy.catalog.objects import Function, Sequence, TypeName, UserType
from pg_xcopy.catalog.relations import Column, Constraint, Index, Relation
from pg_xcopy.catalog.servers import AvailableExtension, Builtins, Extension, Server
from pg_xcopy.catalog.standing import Dependent, Grant, StandingObject, StandingSchema
from pg_xcopy.catalog.surroundings import Dependence, StandingKey, StandingRelation, StandingView, Surroundings
from pg_xcopy.manifest.loader import parse_job
from pg_xcopy.planning.existing.planner import make_existing_plan
from pg_xcopy.planning.integrity.constraints import Means
from pg_xcopy.planning.integrity.finish import plan_integrity
from pg_xcopy.planning.needs.extent import Extent
from pg_xcopy.planning.needs.order import find_needs
from pg_xcopy.planning.planner import make_plan
from pg_xcopy.planning.rows.shape import ALONE
from pg_xcopy.planning.schemas import name_schemas
from pg_xcopy.planning.selecting.design import design_tables
from pg_xcopy.planning.selecting.selection import select
from pg_xcopy.planning.structure.comments import Comments
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql

SCHEMA, RUN = "app", "r1"
STAGING, RETIRED = name_schemas(SCHEMA, RUN).staging, name_schemas(SCHEMA, RUN).retired
INTEGER = 23
_oids = count(100_000)


def ids(catalog, *oids):
    """The ids of objects of one catalog."""
    return tuple(f"{catalog} {oid}" for oid in oids)


def needs(given):
    """Take out of `given` what something needs: OIDs of `types` and `functions`."""
    return (*ids("pg_type", *given.pop("types", ())), *ids("pg_proc", *given.pop("functions", ())))


def column(name, type_="integer", **given):
    expression, collation = given.pop("expression", None), given.pop("collation", None)
    return Column(
        name=name,
        type=Sql(type_),
        bare_type=Sql(type_.partition("(")[0]),
        needs=ids("pg_type", given.pop("type_oid", INTEGER)),
        expression_needs=(*ids("pg_class", *given.pop("sequences", ())), *ids("pg_proc", *given.pop("functions", ()))),
        type_name=TypeName(given.pop("type_schema", "pg_catalog"), given.pop("type_name", "int4")),
        expression=None if expression is None else Sql(expression),
        collation=None if collation is None else Sql(collation),
        **given,
    )


def table(name, *columns, **given):
    """A table; a column that is only a name is an integer."""
    for item in ("partition_key", "partition_bound"):
        if item in given:
            given[item] = Sql(given[item])
    oid = given.pop("oid", next(_oids))
    return Relation(
        oid=oid,
        ids=(*ids("pg_class", oid), *ids("pg_type", oid + 1_000_000)),
        name=TableName(SCHEMA, name),
        kind=given.pop("kind", "r"),
        columns=tuple(each if isinstance(each, Column) else column(each) for each in columns),
        **given,
    )


def partitioned(name, key, *columns, **given):
    """A table that is partitioned by the range of one column."""
    return table(name, *columns, kind="p", partition_key=f"RANGE ({key})", partition_columns=(key,), **given)


def partition_of(parent, name, **given):
    """A partition; with a `partition_key` in `given` it is partitioned itself."""
    return table(
        name,
        *parent.columns,
        kind="p" if "partition_key" in given else "r",
        is_partition=True,
        parents=(parent.oid,),
        partition_bound=given.pop("bound", f"FOR VALUES OF {name}"),
        **given,
    )


def key(name, *columns, kind="p", **given):
    definition = given.pop("definition", f"{kind.upper()} ({', '.join(columns)})")
    return Constraint(name, kind, Sql(definition), columns, needs=needs(given), **given)


def foreign_key(name, column_name, to, **given):
    schema = given.pop("schema", SCHEMA)
    return Constraint(
        name,
        "f",
        Sql(f"FOREIGN KEY ({column_name}) REFERENCES {to}(id)"),
        (column_name,),
        referenced=TableName(schema, to),
        referenced_columns=("id",),
        **given,
    )


def index(name, *columns, **given):
    return Index(
        name,
        is_unique=given.pop("is_unique", False),
        valid=given.pop("valid", True),
        definition=Sql(f"USING btree ({', '.join(columns)})"),
        columns=columns,
        needs=needs(given),
        **given,
    )


def sequence(name, owner=None, owner_column=None, **given):
    given.setdefault("last_value", 1 if given.get("readable", True) else None)
    limits = {"start": 1, "increment": 1, "minimum": 1, "maximum": 2147483647, "cache": 1, "cycle": False}
    oid = given.pop("oid", next(_oids))
    return Sequence(
        oid=oid,
        id=ids("pg_class", oid)[0],
        name=TableName(SCHEMA, name),
        type=Sql("integer"),
        owner=owner,
        owner_column=owner_column,
        **{**limits, **given},
    )


def enum(name, *labels, oid, **given):
    return UserType(ids("pg_type", oid, oid + 1), TableName(SCHEMA, name), "e", labels=labels, **given)


def domain(name, base_type, *, oid, **given):
    wanted = needs(given)
    return UserType(
        ids("pg_type", oid, oid + 1), TableName(SCHEMA, name), "d", base_type=Sql(base_type), needs=wanted, **given
    )


def function(name, *, oid, arguments="integer", **given):
    definition = Sql(f"({arguments}) RETURNS integer LANGUAGE sql AS 'SELECT 1'")
    wanted = needs(given)
    return Function(ids("pg_proc", oid), TableName(SCHEMA, name), definition, Sql(arguments), needs=wanted, **given)


def extension(name, schema="public", **given):
    return Extension(name, schema, "1.0", relocatable=given.pop("relocatable", True), ours=given.pop("ours", True))


def available(*names, **given):
    return {name: AvailableExtension(name, **given) for name in names}


def server(**given):
    usual = {
        "version": 160004,
        "database": "shop",
        "role": "worker",
        "superuser": True,
        "in_recovery": False,
        "may_create_schemas": True,
    }
    return Server(**{**usual, **given})


def source(*relations, **given):
    return SourceCatalog(given.pop("server", server()), SCHEMA, relations, **given)


def target(standing=None, **given):
    on_server = {name: given.pop(name) for name in list(given) if name in Server.__struct_fields__}
    types = given.pop("types_elsewhere", frozenset()) | {TableName("pg_catalog", "int4")}
    schema = given.pop("schema", SCHEMA)
    return TargetCatalog(server(database="staging", **on_server), schema, standing, types_elsewhere=types, **given)


KNOWN = Builtins(frozenset({"int4", "int8", "text", "varchar", "numeric", "timestamptz", "date"}))


def existing(*relations, **given):
    """A target's schema that is to be filled, by a role that may do everything in it."""
    given.setdefault("rights", {each.oid: all_rights(each) for each in relations})
    references = tuple(
        Reference(
            key.name,
            each.oid,
            each.name,
            next(other.oid for other in relations if other.name == key.referenced),
            deferrable="DEFERRABLE" in key.definition,
        )
        for each in relations
        for key in each.constraints
        if key.kind == "f"
    )
    on_server = {name: given.pop(name) for name in list(given) if name in Server.__struct_fields__}
    given.setdefault("references", references)
    return ExistingCatalog(server(database="staging", **on_server), given.pop("schema", SCHEMA), relations, **given)


def all_rights(relation):
    return Rights(relation.column_names, relation.column_names, relation.column_names, truncates=True, analyzes=True)


def unique_key(name, *columns, **given):
    parts = tuple(Sql(part) for part in given.pop("parts", (f'"{each}"' for each in columns)))
    return UniqueKey(name, parts, columns, given.pop("needs", columns), **given)


def trigger(name, **given):
    return Reaction(name, before_insert=True, **given)


def standing(*objects, **given):
    usual = {"oid": 1, "owner": "worker", "ours": True}
    return StandingSchema(objects=objects, **{**usual, **given})


def standing_table(name, **given):
    return StandingObject("table", name, f"{SCHEMA}.{name}", given.pop("owner", "worker"), **given)


def grant(scope, privilege, name=None, grantee="reader", **given):
    return Grant(scope, name, given.pop("column", None), grantee, privilege, given.pop("grantable", False), **given)


def dependent(description, on_object, **given):
    return Dependent(description, on_object, **given)


def standing_relation(oid, name, kind="r", **given):
    """What has a name among the relations of the target's schema; a table, if nothing else is said."""
    usual = {"home": oid, "owner": "worker"}
    return StandingRelation(oid, name, kind, **{**usual, **given})


def standing_view(oid, name, *reads, **given):
    """A view of the target's schema that reads these columns: pairs of a table's OID and a name."""
    definition = Sql(given.pop("definition", f" SELECT 1 FROM {SCHEMA}.users"))
    return StandingView(oid, TableName(SCHEMA, name), definition, given.pop("owner", "worker"), reads=reads, **given)


def standing_key(oid, name, table_oid, referenced_oid, **given):
    """A foreign key (user_id) of app.orders to app.users (id), unless something else is said."""
    usual = {
        "table": TableName(SCHEMA, "orders"),
        "referenced": TableName(SCHEMA, "users"),
        "definition": Sql(f"FOREIGN KEY (user_id) REFERENCES {SCHEMA}.users(id)"),
        "columns": ("user_id",),
        "referenced_columns": ("id",),
        "owner": "worker",
    }
    return StandingKey((oid,), name, table_oid, referenced_oid=referenced_oid, **{**usual, **given})


def dependence(id_, description, home, on_home, on_description, **given):
    """Something that depends on a relation of the target; `home` is None for what is no part of one."""
    on = given.pop("on", f"pg_class {on_home}")
    return Dependence(id_, on, description, on_description, home=home, on_home=on_home, **given)


def surroundings(*relations, **given):
    return Surroundings(relations=relations, **given)


def job(tables=None, **given):
    """A job from schema app into schema app; `tables` is what a manifest says."""
    return parse_job(
        {
            "source": {"database": "host=here dbname=shop", "schema": SCHEMA},
            "target": {
                "database": "host=there dbname=staging",
                "schema": given.pop("schema", SCHEMA),
                "mode": given.pop("mode", "replace"),
            },
            "tables": {"*": {}} if tables is None else tables,
            **given,
        },
        "copy",
    )


def fill(mode, tables, catalog, into, **given):
    """The plan of a job that fills existing tables; `key` and `update` are the target's."""
    own = {name: given.pop(name) for name in ("key", "update") if name in given}
    agreement = given.pop("agreement", ALONE)
    to = {"database": "host=there dbname=staging", "schema": into.schema, "mode": mode, **own}
    return make_existing_plan(job(tables, target=to, **given), catalog, into, "r1", agreement)


def plan(tables, catalog, into=None, *, agreement=ALONE, **given):
    """The plan of a job."""
    into = into or target()
    return make_plan(job(tables, schema=into.schema, **given), catalog, into, RUN, agreement)


def designed(tables, catalog, **given):
    """What the tables of a job become, and what they need."""
    selection = select(job(tables, **given), catalog)
    designs = design_tables(selection.tables, catalog, name_schemas(SCHEMA, RUN))
    schemas = name_schemas(SCHEMA, RUN)
    return designs, find_needs(
        designs.tables, catalog, target(), schemas, Extent(selection.everything, create_missing=False)
    )


def integrity(tables, catalog, into=None, **given):
    """What is made of the tables of a job when their rows are in."""
    designs, needs = designed(tables, catalog, **given)
    comments = Comments(catalog.comments, name_schemas(SCHEMA, RUN))
    return plan_integrity(designs, Means(needs, comments, into or target(), designs))


def in_staging(sql):
    """A statement as it reads without the staging schema's name."""
    return str(sql).replace(f'"{STAGING}".', "").replace(f'"{RETIRED}"', "retired").replace(f'"{STAGING}"', "staging")
