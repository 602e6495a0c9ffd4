"""Which sequences come along: those of their own, and those of identity columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pg_xcopy.catalog.model import SourceCatalog, TargetCatalog
from pg_xcopy.catalog.objects import Sequence
from pg_xcopy.planning.needs.extent import Extent
from pg_xcopy.planning.needs.wants import defaults_need
from pg_xcopy.planning.selecting.design import Design
from pg_xcopy.planning.versions import SHARED_IDENTITIES


def own_sequences(designs: tuple[Design, ...], source: SourceCatalog, extent: Extent) -> Iterator[Sequence]:
    """Give those that defaults use, columns own, or that come with everything; not those of identity columns."""
    owners = set(kept_columns(designs))
    used = {id_ for design in designs for id_ in defaults_need(design)}
    for each in source.sequences:
        stands_alone = extent.everything and each.owner is None
        if each.id in extent.standing.ids or each.identity:
            continue
        if each.id in used or (each.owner, each.owner_column) in owners or stands_alone:
            yield each


def identity_sequences(
    designs: tuple[Design, ...], source: SourceCatalog, target: TargetCatalog
) -> dict[tuple[int, str], Sequence]:
    """Give the sequences of identity columns; from PostgreSQL 17 on, a partition's identity is its root's."""
    shared = target.server.version >= SHARED_IDENTITIES
    owners = set(kept_columns(design for design in designs if not (shared and design.attached_to)))
    return {
        (each.owner, each.owner_column): each
        for each in source.sequences
        if each.identity
        and each.owner is not None
        and each.owner_column is not None
        and (each.owner, each.owner_column) in owners
    }


def kept_columns(designs: Iterable[Design]) -> Iterator[tuple[int, str]]:
    """Give the columns that are copied, each by its table's OID and its name."""
    return ((design.relation.oid, column.name) for design in designs for column in design.columns.kept)
