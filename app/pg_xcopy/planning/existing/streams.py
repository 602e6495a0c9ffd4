"""The streams into existing tables: one SELECT on the source, one COPY on either side, for every table."""

from __future__ import annotations

from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from pg_xcopy.catalog.existing import ExistingCatalog
from pg_xcopy.catalog.model import SourceCatalog, TargetCatalog
from pg_xcopy.catalog.relations import Relation
from pg_xcopy.manifest.models import Job
from pg_xcopy.planning.existing.makes import Makes
from pg_xcopy.planning.existing.overlap import Filled, Overlap
from pg_xcopy.planning.foreign import Rows
from pg_xcopy.planning.plan import ColumnPlan, Conversion, CopyPlan, PlanProblem
from pg_xcopy.planning.rows.copies import guard
from pg_xcopy.planning.rows.filters import condition
from pg_xcopy.planning.rows.formats import Formats
from pg_xcopy.planning.rows.shape import ALONE, FOR_ALL, Agreement
from pg_xcopy.planning.transporting import Writing, writing
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql, identifier
from pg_xcopy.sql.render import render


class Streams(Struct, frozen=True, dict=True):
    """Decides for all tables of a job."""

    job: Job
    source: SourceCatalog
    target: ExistingCatalog
    agreement: Agreement = ALONE

    @cached_property
    def types(self) -> Makes:
        """What the target's types are made of."""
        return Makes(self.target)

    @cached_property
    def _formats(self) -> Formats:
        return Formats(self.source, TargetCatalog(self.target.server, self.target.schema))

    @cached_property
    def _writing(self) -> Writing | None:
        return writing(self.job, self.source, self.target)

    def format_of(self, one: Overlap, select: Sql) -> tuple[str, str]:
        """Choose binary where every value may travel so; else text, with the reason."""
        if self._writing:
            return "text", self._writing.why_text
        if select in self.agreement.text:
            return "text", FOR_ALL
        asked, reason = self._asked(one), self._why_text(one)
        if asked == "text":
            return "text", "as the job says"
        return ("text", reason) if reason and asked == "auto" else ("binary", "")

    def problem(self, one: Overlap) -> PlanProblem | None:
        """Say why a table can't travel in binary, where the job insists on it."""
        if self._writing and (rule := next((each for each in self.target.reacting(one.table) if each.rule), None)):
            message = f"it has the rule {rule.name}, which INSERT heeds, and COPY does not"
            return PlanProblem(str(one.table.name), message, "drop the rule, or take `transport: stream`")
        reason = next((each.wire.why_text for each in one.filled if each.wire.why_text), "")
        if reason and self._asked(one) == "binary":
            return PlanProblem(str(one.table.name), f"it can't travel in binary: {reason}", "take `format: auto`")
        return None

    def copy(self, one: Overlap, into: TableName, *, frozen: bool) -> CopyPlan:
        """Write the statements of one stream; the rows land in `into`."""
        relation, rule = one.match.selected.relation, one.match.selected.rule
        unwanted = one.match.selected.unwanted(relation)
        where = None if rule.where is None else condition(rule.where, relation.column_names)
        # One statement, whatever the number of partitions: keys within the table are checked at its end.
        select = Sql("\nUNION ALL ".join(_select(one, each, where) for each in one.match.read))
        chosen, why_text = self.format_of(one, select)
        writes, rows = self._writing, Rows(one.match.read, where)
        return CopyPlan(
            source=relation.name,
            target=one.table.name,
            columns=(*map(_column, one.filled), *(ColumnPlan(each.name, each.type, None) for each in one.computed)),
            left_out=tuple(each.name for each in relation.columns if each.name in unwanted),
            select=select,
            copy_to=(render("copy/copy_to.sql.j2", select=select, format=Sql(chosen)),),
            copy_from=render("copy/copy_from.sql.j2", table=into, columns=one.names, format=Sql(chosen), frozen=frozen),
            condition=where,
            guard=guard(
                one.match.selected,
                one.match.read[0],
                (each.expression for each in one.filled if each.expression is not None),
            ),
            estimated_rows=sum(each.estimated_rows for each in one.match.read),
            estimated_bytes=sum(each.bytes for each in one.match.read),
            format=chosen,
            why_text=why_text,
            conversions=tuple(_conversions(one)),
            parts=tuple(each.name for each in one.match.read if each is not relation),
            between=writes.statements(into, self._carried(one), [select], rows) if writes else (),
            count=writes.count(map(_column, one.filled), select, rows) if writes and self._may_lose(one) else None,
            trial=writes.trial(rows) if writes else None,
        )

    def _carried(self, one: Overlap) -> list[ColumnPlan]:
        """Give the columns as the server knows their types that copies them to the other, or from it."""
        return [_sent(each) if self.job.push else _column(each) for each in one.filled]

    def _may_lose(self, one: Overlap) -> bool:
        """Tell whether rows may fall on their way; those that are pushed land where nothing reacts to them."""
        return not self.job.push and any(each.before_insert for each in self.target.reacting(one.table))

    def _asked(self, one: Overlap) -> str:
        return one.match.selected.rule.format or self.job.format

    def _why_text(self, one: Overlap) -> str:
        reason = next((each.wire.why_text for each in one.filled if each.wire.why_text), "")
        return reason or self._formats.why_text(each.wire.type_name for each in one.filled)


def _select(one: Overlap, relation: Relation, where: Sql | None) -> Sql:
    columns = [
        {
            "name": each.name,
            "expression": None if each.expression is None else Sql(each.expression),
            "cast": each.wire.cast,
        }
        for each in one.filled
    ]
    only = relation.kind == "r"
    return render("existing/select.sql.j2", table=relation.name, only=only, columns=columns, condition=where)


def _column(each: Filled) -> ColumnPlan:
    if each.expression is not None:
        return ColumnPlan(each.name, each.into.type, Sql(each.expression), transformed=True)
    name = identifier(each.name)
    return ColumnPlan(each.name, each.into.type, name if each.wire.cast is None else Sql(f"{name}::{each.wire.cast}"))


def _sent(each: Filled) -> ColumnPlan:
    """Give a column with the type that the source gives it."""
    given = each.wire.cast or (each.column or each.into).type
    return replace(_column(each), type=given)


def _conversions(one: Overlap) -> list[Conversion]:
    relation = one.match.read[0]
    return [
        Conversion(
            each.name,
            each.column.type,
            each.into.type,
            render(
                "existing/convert.sql.j2",
                column=each.name,
                type=each.wire.cast,
                only=relation.kind == "r",
                table=relation.name,
            ),
        )
        for each in one.filled
        if each.column is not None and each.wire.cast is not None
    ]
