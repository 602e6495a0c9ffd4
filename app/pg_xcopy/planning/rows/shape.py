"""The shape of each stream: its format, the parts it is cut into, whether its rows arrive frozen."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from math import ceil

from msgspec import Struct, field

from pg_xcopy.catalog.model import SourceCatalog, TargetCatalog
from pg_xcopy.catalog.relations import Relation
from pg_xcopy.catalog.servers import Server
from pg_xcopy.manifest.models import Job
from pg_xcopy.planning.rows.formats import Formats
from pg_xcopy.planning.selecting.design import Designs, Flow
from pg_xcopy.planning.transporting import Writing, writing
from pg_xcopy.planning.versions import TID_RANGE_SCANS
from pg_xcopy.sql.quoting import Sql

PART_BYTES = 64 * 1024 * 1024
"""Tables are not cut into smaller parts than this: a part costs a transaction on either side."""

FROZEN_BYTES = 64 * 1024
"""For smaller tables the new files that TRUNCATE makes cost more than a vacuum ever will: a third of copying them."""

PARTS_EACH = 2
"""How many parts every worker would get if a job had one table only: with more, the last to end is waited for less."""

FOR_ALL = "another target takes it as text, and it is read once for all"

_MAYBE_WINDOW = re.compile(r"\bover\b", re.IGNORECASE)
"""Finds every window function, and some that are none, which costs them a few parts."""

Blocks = tuple[int, int | None]
"""The first block of a part, and the block after its last; None where that is the end of the table."""


class Agreement(Struct, frozen=True):
    """What the targets of a job must have in common for a SELECT to be read once for all: its format, its parts.

    `neighbours` counts the targets on each server that has several: they share what is meant for one.
    """

    text: frozenset[Sql] = frozenset()
    parts: Mapping[Sql, int] = field(default_factory=dict)
    neighbours: Mapping[str, int] = field(default_factory=dict)

    def targets_on(self, server: Server) -> int:
        """Count the job's targets on a server."""
        return self.neighbours.get(server.instance, 1)

    def share(self, workers: int, server: Server) -> int:
        """Give how many of so many workers are for each target on a server."""
        return max(1, workers // self.targets_on(server))


ALONE = Agreement()
"""There is no other target."""


class Shape(Struct, frozen=True, dict=True):
    """Decides for all flows of a job, since one flow's parts depend on the size of all."""

    job: Job
    designs: Designs
    source: SourceCatalog
    target: TargetCatalog
    agreement: Agreement = ALONE

    @cached_property
    def _formats(self) -> Formats:
        return Formats(self.source, self.target)

    @cached_property
    def writing(self) -> Writing | None:
        """What writes the statements, where the servers copy between themselves."""
        return writing(self.job, self.source, self.target)

    @cached_property
    def _bytes(self) -> int:
        return sum(flow.relation.bytes for flow in self.designs.flows)

    @cached_property
    def _flows_into(self) -> Counter[object]:
        return Counter(flow.design.name for flow in self.designs.flows)

    def format_of(self, flow: Flow, select: Sql) -> tuple[str, str]:
        """Choose binary where every type allows it; else text, with the reason."""
        if self.writing:
            return "text", self.writing.why_text
        if select in self.agreement.text:
            return "text", FOR_ALL
        asked = flow.design.selected.rule.format or self.job.format
        if asked != "auto":
            return asked, "as the job says" if asked == "text" else ""
        types = [column.type_name for column in flow.design.columns.kept]
        reason = self._formats.why_text(types) if types else "it has no columns"
        return ("text", reason) if reason else ("binary", "")

    def parts_of(self, flow: Flow, select: Sql) -> tuple[Blocks | None, ...]:
        """Cut a large table by its blocks, so that several workers copy it; None stands for all of it.

        Its TOAST table counts for its size, since it goes with the rows. A filter may have an index, which serves it
        better than parts would; before PostgreSQL 14, each part would read the whole table. A window function (OVER)
        would see the rows of one part only.
        """
        relation = flow.relation
        whole = relation.kind != "r" or flow.design.selected.rule.where is not None
        whole = whole or bool(self.writing and self.writing.transport.at_once)
        whole = whole or any(map(_MAYBE_WINDOW.search, filter(None, flow.design.selected.rule.transform.values())))
        if whole or self.source.server.version < TID_RANGE_SCANS:
            return (None,)
        number = self.agreement.parts.get(select) or self._number_of_parts(relation)
        if number < 2:  # noqa: PLR2004 - one part is the whole
            return (None,)
        starts = [relation.blocks * i // number for i in range(number)]
        return tuple(zip(starts, (*starts[1:], None), strict=True))

    def _number_of_parts(self, relation: Relation) -> int:
        workers = self.agreement.share(self.job.parallel, self.target.server)
        if workers == 1:
            return 1
        return min(ceil(relation.bytes / max(PART_BYTES, self._bytes / (workers * PARTS_EACH))), relation.blocks)

    def freezes(self, flow: Flow, select: Sql) -> bool:
        """Tell whether one COPY alone fills one table, as FREEZE demands, and the table is worth truncating for it."""
        if self.writing:
            return False
        alone = self._flows_into[flow.design.name] == 1 and self.parts_of(flow, select) == (None,)
        return alone and flow.design.partition_key is None and flow.relation.bytes >= FROZEN_BYTES
