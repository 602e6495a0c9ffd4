"""Which columns of an existing table are filled: those that both sides have, and what a `transform` makes."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from pg_xcopy.catalog.existing import ExistingCatalog
from pg_xcopy.catalog.objects import UserType
from pg_xcopy.catalog.relations import Column, Relation
from pg_xcopy.manifest.near import did_you_mean
from pg_xcopy.planning.existing.matching import Match
from pg_xcopy.planning.existing.values import Values, Wire
from pg_xcopy.planning.plan import Notice, PlanProblem, Topic
from pg_xcopy.planning.selecting.columns import near_columns, unknown_columns

ALWAYS = "a"
"""pg_attribute.attidentity of GENERATED ALWAYS AS IDENTITY."""


class Filled(Struct, frozen=True):
    """A column of the target `into` which values go: those of `column`, or those of an `expression`."""

    into: Column
    column: Column | None
    expression: str | None
    wire: Wire

    @property
    def name(self) -> str:
        """What it is called, on either side."""
        return self.into.name


class Overlap(Struct, frozen=True):
    """The columns of one table of the target.

    `filled` get values, `computed` are generated there, `untouched` are the others; `only_in_source` are columns of the
    source that go nowhere, those that nobody wants aside: `transform` leaves them out, or the target asks for others.
    """

    match: Match
    filled: tuple[Filled, ...]
    computed: tuple[Column, ...]
    untouched: tuple[Column, ...]
    only_in_source: tuple[str, ...]

    @property
    def table(self) -> Relation:
        """The target's table."""
        return self.match.into

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns that get values, in the order of the target."""
        return tuple(each.name for each in self.filled)


def overlap(match: Match, values: Values) -> Overlap:
    """Bring the columns of both sides together, by name; in the source's order, as other targets read them too."""
    transform, only = match.selected.rule.transform, match.selected.only
    unwanted = match.selected.unwanted(match.selected.relation)
    columns = {each.name: each for each in match.selected.relation.columns}
    places = {name: place for place, name in enumerate(columns)}
    filled: list[Filled] = []
    untouched: list[Column] = []
    for into in sorted(match.into.columns, key=lambda each: places.get(each.name, len(places))):
        if into.generated:
            continue
        expression, column = transform.get(into.name), columns.get(into.name)
        left_out = into.name in unwanted or (only and into.name not in only)
        if left_out or (expression is None and (column is None or into.name in transform)):
            untouched.append(into)
        elif expression is None:
            filled.append(Filled(into, column, None, values.wire(column, into)))
        else:
            filled.append(Filled(into, None, expression, values.wire(None, into)))
    return Overlap(
        match=match,
        filled=tuple(filled),
        computed=tuple(each for each in match.into.columns if each.generated),
        untouched=tuple(untouched),
        only_in_source=tuple(name for name in columns if name not in match.into.column_names and name not in unwanted),
    )


def overlap_problems(one: Overlap, existing: ExistingCatalog) -> Iterator[PlanProblem]:
    """Give the reasons why a row of the source can't become one of the target."""
    table = one.table
    yield from _transform_problems(one)
    yield from unknown_columns(one.match.selected)
    yield from _asked_in_vain(one)
    if not one.filled:
        yield PlanProblem(
            str(table.name),
            f"none of its columns is one of {one.match.selected.relation.name}",
            near_columns(table, *one.match.selected.relation.column_names),
        )
        return
    for each in one.filled:
        if each.wire.problem:
            hint = f"say how with `transform: {{{each.name}: …}}`, or leave it out with null"
            yield PlanProblem(f"{table.name}.{each.name}", each.wire.problem, hint)
    if any(each.before_insert for each in existing.reacting(table)):
        return  # which may fill what is missing
    for column in one.untouched:
        if _must_have_value(column, existing):
            yield PlanProblem(
                f"{table.name}.{column.name}",
                "it is NOT NULL, has no default, and nothing is copied into it",
                f"give it a value with `transform: {{{column.name}: …}}`, or a default",
            )


def _transform_problems(one: Overlap) -> Iterator[PlanProblem]:
    table, relation = one.table, one.match.selected.relation
    generated, only = {each.name for each in one.computed}, one.match.selected.only
    for name, expression in one.match.selected.rule.transform.items():
        if only and name not in only:
            continue  # the target does without it
        if name in generated and expression is not None:
            yield PlanProblem(
                f"{table.name}.{name}", "`transform` gives it a value, but the target computes it", "leave it out there"
            )
        elif one.match.selected.exact and name not in table.column_names:
            if expression is not None:
                message = f"`transform` names a column {name} that the target's table does not have"
                yield PlanProblem(str(table.name), message, near_columns(table, name))
            elif name not in relation.column_names:
                message = f"`transform` names a column {name} that it does not have"
                yield PlanProblem(str(relation.name), message, did_you_mean(name, relation.column_names))


def _asked_in_vain(one: Overlap) -> Iterator[PlanProblem]:
    """Find columns that the target asks for, that come, and that its table does not have."""
    table, selected = one.table, one.match.selected
    coming = selected.relation.column_names | frozenset(selected.rule.transform)
    for name in selected.only:
        if name in coming and name not in table.column_names:
            message = f"the target asks for a column {name} that its table does not have"
            yield PlanProblem(str(table.name), message, near_columns(table, name))


def _must_have_value(column: Column, existing: ExistingCatalog) -> bool:
    domain = _domain(column, existing)
    needed = column.not_null or (domain is not None and domain.not_null)
    default = column.expression or (domain.default_expression if domain else None)
    return needed and not (default or column.identity)


def _domain(column: Column, existing: ExistingCatalog) -> UserType | None:
    if column.type_name.array:
        return None
    home, name = column.type_name.schema, column.type_name.name
    types = (each for each in existing.types if each.kind == "d")
    return next((each for each in types if (each.name.schema, each.name.name) == (home, name)), None)


def overlap_notices(one: Overlap, values: Values) -> Iterator[Notice]:
    """Say what of the source does not arrive, or arrives as something else."""
    relation, table = one.match.selected.relation, one.table
    unwanted = one.match.selected.unwanted(relation) | frozenset(one.match.selected.rule.transform)
    for name in one.only_in_source:
        yield Notice(Topic.COLUMN, f"{relation.name}.{name}", "the target's table has no such column")
    sources = {each.name: each for each in relation.columns}
    for column in one.computed:
        given = sources.get(column.name)
        if given is not None and not given.generated and column.name not in unwanted:
            yield Notice(Topic.COLUMN, f"{relation.name}.{column.name}", "the target computes this column itself")
    for each in one.filled:
        if each.wire.loss:
            yield Notice(Topic.CONVERTED, f"{table.name}.{each.name}", each.wire.loss)
        if each.column and (missing := values.missing_labels(each.column, each.into)):
            listed = ", ".join(missing)
            yield Notice(
                Topic.CONVERTED, f"{table.name}.{each.name}", f"the target's {each.into.type} has no label {listed}"
            )
