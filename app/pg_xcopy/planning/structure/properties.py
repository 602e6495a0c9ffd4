"""What a table has beside columns, keys and indexes: storage, statistics, what CLUSTER and replication remember."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from pg_xcopy.catalog.model import SourceCatalog
from pg_xcopy.catalog.relations import Column, Statistics
from pg_xcopy.planning.needs.order import Needs
from pg_xcopy.planning.plan import Notice, Step, Topic
from pg_xcopy.planning.selecting.design import Design, Designs
from pg_xcopy.planning.versions import STATISTICS_ON_EXPRESSIONS, STATISTICS_TARGETS, needs_version
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql, signed
from pg_xcopy.sql.render import render

_REPLICA_IDENTITIES = {"n": Sql("NOTHING"), "f": Sql("FULL")}


def column_steps(design: Design, compressions: frozenset[str]) -> Iterator[Step]:
    """Give storage, compression, statistics targets, options of columns; `compressions` are what the target knows."""
    kept = design.columns.kept
    if actions := [(column.name, action) for column in kept for action in _actions(column, compressions)]:
        sql = render("staging/alter_columns.sql.j2", table=design.staged, actions=actions)
        yield Step(sql, f"setting column properties of {design.name}", str(design.name))


def compression_notices(design: Design, compressions: frozenset[str]) -> Iterator[Notice]:
    """Say where values will be compressed in another way: every server knows pglz, not every one lz4."""
    for column in design.columns.kept:
        if column.compression not in {None, "pglz", *compressions}:
            reason = f"COMPRESSION {column.compression}, which the target's server does not know"
            yield Notice(Topic.PROPERTY, f"{design.name}.{column.name}", reason)


def row_security_notices(design: Design) -> Iterator[Notice]:
    """Say which tables all who may read them will read whole: policies are the target's own business."""
    if (count := design.relation.policies) is not None:
        policies = "1 policy" if count == 1 else f"{count} policies"
        yield Notice(Topic.PROPERTY, str(design.name), f"its row-level security ({policies}) is not copied")


def _actions(column: Column, compressions: frozenset[str]) -> Iterator[Sql]:
    if column.storage:
        yield Sql(f"SET STORAGE {column.storage}")
    if column.compression in compressions:
        yield Sql(f"SET COMPRESSION {column.compression}")
    if column.statistics is not None:
        yield Sql(f"SET STATISTICS {signed(column.statistics)}")
    if column.options:
        yield Sql(f"SET ({column.options})")


def why_no_statistics(each: Statistics, design: Design, needs: Needs, version: int) -> str:
    """Say why extended statistics can't be made; empty if they can."""
    if lost := ", ".join(name for name in each.columns if name in design.columns.left_out):
        return f"these statistics need {lost}, which is left out"
    if lack := needs.lack(each.needs):
        return lack.reason
    if "(" in f" {each.definition}".partition(" ON ")[2] and version < STATISTICS_ON_EXPRESSIONS:
        return needs_version("an expression in it", STATISTICS_ON_EXPRESSIONS, version)
    return ""


def kept_statistics(design: Design, needs: Needs, version: int) -> Iterator[Statistics]:
    """Give the extended statistics that can be made."""
    return (each for each in design.relation.statistics if not why_no_statistics(each, design, needs, version))


def create_statistics(design: Design, each: Statistics, version: int) -> Step:
    """Give the statement that makes extended statistics."""
    sql = render(
        "staging/create_statistics.sql.j2",
        name=TableName(design.schemas.staging, each.name),
        definition=each.definition,
        table=design.staged,
        target=each.target if version >= STATISTICS_TARGETS else None,
    )
    subject = f"{design.name}.{each.name}"
    return Step(sql, f"creating statistics {subject}", subject, Topic.PROPERTY, f"statistics {each.definition}")


def identity_steps(design: Design) -> Iterator[Step]:
    """Give what CLUSTER and logical replication remember of a table's indexes."""
    relation, subject = design.relation, str(design.name)
    if relation.cluster_index:
        sql = render("staging/cluster_on.sql.j2", table=design.staged, index=relation.cluster_index)
        yield Step(sql, f"marking the cluster index of {subject}", subject, Topic.PROPERTY, "CLUSTER ON")
    if relation.is_table and relation.replica_identity != "d":
        sql = render(
            "staging/replica_identity.sql.j2",
            table=design.staged,
            index=relation.replica_identity_index,
            identity=_REPLICA_IDENTITIES.get(relation.replica_identity),
        )
        yield Step(sql, f"setting the replica identity of {subject}", subject, Topic.PROPERTY, "REPLICA IDENTITY")


def by_default(source: SourceCatalog) -> SourceCatalog:
    """Have identity columns take values, as an INSERT that another server sends can't override that they don't."""
    return replace(
        source,
        relations=tuple(
            replace(each, columns=tuple(replace(one, identity="d" if one.identity else "") for one in each.columns))
            for each in source.relations
        ),
    )


def always_steps(source: SourceCatalog, designs: Designs, needs: Needs) -> Iterator[Step]:
    """Give identity columns back what `by_default` took from them."""
    always = {(each.oid, one.name) for each in source.relations for one in each.columns if one.identity == "a"}
    for design in designs.tables:
        names = [one.name for one in design.columns.kept if (design.relation.oid, one.name) in always]
        actions = [
            (name, Sql("SET GENERATED ALWAYS")) for name in names if (design.relation.oid, name) in needs.identities
        ]
        if actions:
            sql = render("staging/set_always.sql.j2", table=design.staged, actions=actions)
            yield Step(sql, f"setting identity columns of {design.name}", str(design.name))
