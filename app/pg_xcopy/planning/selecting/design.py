"""What each relation of the source becomes on the target, and where the rows of each go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from pg_xcopy.catalog.model import SourceCatalog
from pg_xcopy.catalog.relations import Relation
from pg_xcopy.planning.selecting.columns import Columns, choose_columns
from pg_xcopy.planning.selecting.selection import Selected
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql


class Schemas(Struct, frozen=True):
    """The names at play: what is built as `staging` will be known as `target`; `retired` is what it replaces."""

    target: str
    staging: str
    retired: str


class Design(Struct, frozen=True):
    """One table of the target. `attached_to` is its partitioned table; `inherits` are its parents by INHERITS.

    `depth` counts the tables above it.
    """

    relation: Relation
    selected: Selected
    columns: Columns
    schemas: Schemas
    partition_key: Sql | None = None
    attached_to: TableName | None = None
    depth: int = 0
    inherits: tuple[int, ...] = ()

    @property
    def name(self) -> TableName:
        """The name that it will have."""
        return self.relation.name.within(self.schemas.target)

    @property
    def staged(self) -> TableName:
        """The name under which it is built."""
        return self.relation.name.within(self.schemas.staging)


class Flow(Struct, frozen=True):
    """Rows of one relation of the source go into one table of the target."""

    relation: Relation
    design: Design


class Designs(Struct, frozen=True, dict=True):
    """All tables of the target, parents before what hangs on them, and all flows of rows."""

    tables: tuple[Design, ...]
    flows: tuple[Flow, ...]

    def namesakes(self) -> Iterator[tuple[TableName, TableName]]:
        """Give pairs of relations that would have one name: a partition from elsewhere, and whoever has it already."""
        first: dict[TableName, TableName] = {}
        for design in self.tables:
            if (other := first.setdefault(design.name, design.relation.name)) != design.relation.name:
                yield other, design.relation.name

    @cached_property
    def by_oid(self) -> Mapping[int, Design]:
        """Designs by the OID of the relation that they come from."""
        return {design.relation.oid: design for design in self.tables}

    @cached_property
    def partitions(self) -> Mapping[TableName, list[Design]]:
        """The partitions of each partitioned table, by the name under which it is built."""
        found = defaultdict(list)
        for design in self.tables:
            if design.attached_to:
                found[design.attached_to].append(design)
        return found

    def above(self, design: Design) -> tuple[Design, ...]:
        """Give the tables that hand things down to this one: its partitioned table, or its parents by INHERITS."""
        oids = design.relation.parents if design.attached_to else design.inherits
        return tuple(self.by_oid[oid] for oid in oids)

    def by_source(self) -> Mapping[TableName, Design]:
        """Designs by the name of the relation that they come from."""
        return {design.relation.name: design for design in self.tables}


def design_tables(selected: tuple[Selected, ...], source: SourceCatalog, schemas: Schemas) -> Designs:
    """Decide for every selected relation, and for the partitions that it brings."""
    tables: list[Design] = []
    flows: list[Flow] = []
    made: dict[int, Design] = {}
    for each in _parents_first(selected, source):
        root = _with_parents(_design(each, each.relation, schemas), made)
        made[each.relation.oid] = root
        branch = _branch(root, source, sink=None)
        tables += branch.tables
        flows += branch.flows
    return Designs(tuple(tables), tuple(flows))


def _with_parents(design: Design, made: Mapping[int, Design]) -> Design:
    """Keep INHERITS for parents that are copied too, unless one keeps a column that the child leaves out."""
    if design.relation.is_partition:
        return design
    parents = [made[oid] for oid in design.relation.parents if oid in made]
    if not parents or any(c.name in design.columns.left_out for parent in parents for c in parent.columns.kept):
        return design
    depth = 1 + max(parent.depth for parent in parents)
    return replace(design, inherits=tuple(each.relation.oid for each in parents), depth=depth)


def _design(selected: Selected, relation: Relation, schemas: Schemas) -> Design:
    columns = choose_columns(selected, relation)
    keeps_key = columns.left_out.isdisjoint(relation.partition_columns)
    # A key expression may use any column; with one left out it can't be trusted to still hold.
    keeps_key = keeps_key and not (relation.partitioned_by_expression and columns.left_out)
    return Design(relation, selected, columns, schemas, relation.partition_key if keeps_key else None)


def _branch(design: Design, source: SourceCatalog, sink: Design | None) -> Designs:
    """Design what hangs below a table; `sink` takes all rows where the partition keys are transformed."""
    if design.relation.kind != "p":
        return Designs((design,), (Flow(design.relation, sink or design),))
    if design.partition_key is None:
        leaves = _leaves(design.relation, design.selected, source)
        return Designs((design,), tuple(Flow(leaf, sink or design) for leaf in leaves))
    sink = sink or (design if _routes(design) else None)
    tables: list[Design] = [design]
    flows: list[Flow] = []
    for partition in _partitions(design.relation, design.selected):
        child = replace(
            _design(design.selected, partition, design.schemas),
            attached_to=design.staged,
            depth=design.depth + 1,
        )
        below = _branch(child, source, sink)
        tables += below.tables
        flows += below.flows
    return Designs(tuple(tables), tuple(flows))


def _routes(design: Design) -> bool:
    """Tell whether a transform may send a row to another partition than the one it came from."""
    changed = design.columns.transformed
    return bool(changed & set(design.relation.partition_columns)) or bool(
        design.relation.partitioned_by_expression and changed
    )


def _partitions(parent: Relation, selected: Selected) -> Iterator[Relation]:
    return (each for each in selected.partitions if parent.oid in each.parents)


def _leaves(parent: Relation, selected: Selected, source: SourceCatalog) -> Iterator[Relation]:
    for partition in _partitions(parent, selected):
        if partition.kind == "p":
            yield from _leaves(partition, selected, source)
        else:
            yield partition


def _parents_first(selected: tuple[Selected, ...], source: SourceCatalog) -> list[Selected]:
    """Order by depth of inheritance; a table comes after those that it inherits from."""

    def depth(relation: Relation) -> int:
        return 1 + max((depth(source.by_oid[oid]) for oid in relation.parents if oid in source.by_oid), default=0)

    return sorted(selected, key=lambda each: (depth(each.relation), each.relation.name))
