"""How tables are created: columns with defaults and NOT NULLs, and children that INHERITS alone would not make so."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from pg_xcopy.catalog.objects import Sequence
from pg_xcopy.catalog.relations import Column
from pg_xcopy.planning.needs.order import Needs
from pg_xcopy.planning.needs.wants import is_generated
from pg_xcopy.planning.plan import Step
from pg_xcopy.planning.selecting.design import Design
from pg_xcopy.planning.structure.inheritance import Inheritance
from pg_xcopy.planning.versions import NAMED_NOT_NULL, UNLOGGED_SEQUENCES, known_parameters
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql
from pg_xcopy.sql.render import render


class ColumnDefinition(Struct, frozen=True):
    """A column as CREATE TABLE spells it. `sequence` is set for identity columns only."""

    name: str
    type: Sql
    collation: Sql | None
    generated: str
    identity: str
    expression: Sql | None
    not_null: bool
    not_null_name: str | None
    no_inherit: bool
    sequence: Sequence | None
    sequence_name: TableName | None


class Tables(Struct, frozen=True):
    """Writes the statements that make tables."""

    needs: Needs
    inheritance: Inheritance

    @property
    def _names_not_nulls(self) -> bool:
        return self.inheritance.version >= NAMED_NOT_NULL

    def create(self, design: Design) -> Step:
        """Give the statements that make a table."""
        if self.inheritance.follows(design):
            sql = self._create(design, [parent.staged for parent in self.inheritance.parents(design)])
        else:
            sql = self._create_beside(design)
        for further in (*self._inherited_identities(design), *self._differently_logged(design)):
            sql = Sql(f"{sql};\n{further}")
        return Step(sql, f"creating table {design.name}", str(design.name))

    def late_not_nulls(self, design: Design) -> Iterator[Step]:
        """Give the NOT NULLs that a table has apart from its parents or its children."""
        if columns := list(self.inheritance.late_not_nulls(design)):
            actions = [(column, Sql("SET NOT NULL")) for column in columns]
            sql = render("staging/alter_columns.sql.j2", table=design.staged, actions=actions)
            yield Step(sql, f"setting columns of {design.name} NOT NULL", str(design.name))

    def _create(self, design: Design, parents: list[TableName]) -> Sql:
        inherited = self.inheritance.inherited(design)
        of_type = design.relation.of_type if design.columns.untouched else None
        definitions = [
            self._definition(design, column)
            for column in design.columns.kept
            if column.local or column.name not in inherited
        ]
        return self._render(
            design,
            of_type=of_type,
            columns=[each for each in definitions if each.not_null or each.expression] if of_type else definitions,
            parents=parents,
        )

    def _render(self, design: Design, **given: object) -> Sql:
        usual: dict[str, object] = {
            "table": design.staged,
            "unlogged": _is_unlogged(design),
            "of_type": None,
            "not_nulls": list(self._own_not_nulls(design)) if self._names_not_nulls else [],
            "parents": [],
            "partition_key": design.partition_key,
            "options": known_parameters(design.relation.options, self.inheritance.version),
        }
        return render("staging/create_table.sql.j2", **{**usual, **given})

    def _own_not_nulls(self, design: Design) -> Iterator[ColumnDefinition]:
        """Give the columns that a child does not declare and says NOT NULL of."""
        inherited = self.inheritance.inherited(design)
        for column in design.columns.kept:
            if not column.local and column.name in inherited and self.inheritance.is_own_not_null(design, column):
                yield self._definition(design, column)

    def _create_beside(self, design: Design) -> Sql:
        """Make a child whose columns have another order than its parents', or defaults that these can't agree on.

        It inherits from a table that is made for it, with its very columns, and changes parents. So it has its columns
        in their order, and those that only its parents speak of don't become its own.
        """
        model = TableName(design.schemas.staging, design.schemas.staging)
        inherited = self.inheritance.inherited(design)
        columns = [self._definition(design, column) for column in design.columns.kept]
        handed = self.inheritance.handed_down[design.relation.oid]
        own = [
            replace(each, expression=None, generated="")
            for each, column in zip(columns, design.columns.kept, strict=True)
            if column.local or column.name not in inherited
        ]
        of_model = [
            replace(
                each,
                sequence=None,
                not_null=each.name in handed,
                not_null_name=each.not_null_name or self._first_name(design, each.name),
                no_inherit=False,
            )
            for each in columns
        ]
        return render(
            "staging/create_beside.sql.j2",
            model=model,
            model_table=self._render(design, table=model, unlogged=False, columns=of_model, not_nulls=[], options=()),
            child=self._render(design, columns=own, parents=[model]),
            table=design.staged,
            parents=[parent.staged for parent in self.inheritance.parents(design)],
        )

    def _first_name(self, design: Design, column: str) -> str | None:
        """Name the NOT NULL that a child gets from its parent as the server would."""
        parent = next(each for each in self.inheritance.parents(design))
        return f"{parent.name.name}_{column}_not_null" if self._names_not_nulls else None

    def _definition(self, design: Design, column: Column) -> ColumnDefinition:
        generated = column.generated if is_generated(column, design) else ""
        identity = self.needs.identities.get((design.relation.oid, column.name))
        plain_default = column.expression if not column.generated and carries_default(column, self.needs) else None
        return ColumnDefinition(
            name=column.name,
            type=column.type,
            collation=column.collation,
            generated=generated,
            identity=column.identity,
            expression=column.expression if generated else plain_default,
            not_null=self.inheritance.is_own_not_null(design, column),
            not_null_name=column.not_null_name if self._names_not_nulls else None,
            no_inherit=self._names_not_nulls and self.inheritance.keeps_to_itself(design, column),
            sequence=identity,
            sequence_name=identity.name.within(design.schemas.staging) if identity else None,
        )

    def _inherited_identities(self, design: Design) -> Iterator[Sql]:
        """Give the identities of columns that a child does not declare."""
        inherited = self.inheritance.inherited(design)
        for column in design.columns.kept:
            given = self._definition(design, column)
            if given.sequence and not column.local and column.name in inherited:
                yield render("staging/add_identity.sql.j2", table=design.staged, column=given)

    def _differently_logged(self, design: Design) -> Iterator[Sql]:
        """Set apart the sequences of identities that are unlogged where the table is not, or the other way round."""
        if self.inheritance.version < UNLOGGED_SEQUENCES:
            return
        for column in design.columns.kept:
            sequence = self.needs.identities.get((design.relation.oid, column.name))
            if sequence and (unlogged := sequence.persistence == "u") != _is_unlogged(design):
                name = sequence.name.within(design.schemas.staging)
                yield render("staging/log_sequence.sql.j2", name=name, unlogged=unlogged)


def _is_unlogged(design: Design) -> bool:
    """Tell whether the table is made so; a partitioned one has no rows, and from PostgreSQL 18 on may not be."""
    return design.relation.persistence == "u" and design.partition_key is None


def carries_default(column: Column, needs: Needs) -> bool:
    """Tell whether all that a default needs is certain to be there when the table is created."""
    calls = "(" in (column.expression or "") and needs.position_ids.isdisjoint(column.expression_needs)
    return needs.certain.issuperset(column.expression_needs) and not (calls and needs.newer_source)
