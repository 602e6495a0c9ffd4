"""Where the source's schema is named in text that can't be written anew: it keeps naming what it names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pg_xcopy.catalog.model import SourceCatalog, TargetCatalog
from pg_xcopy.planning.needs.order import Needs
from pg_xcopy.planning.needs.spelling import spell
from pg_xcopy.planning.plan import Notice, Topic
from pg_xcopy.planning.selecting.design import Designs

_STRING = re.compile(r"'(?:[^']|'')*'")


def text_notices(designs: Designs, needs: Needs, source: SourceCatalog, target: TargetCatalog) -> Iterator[Notice]:
    """Name functions and defaults that may come upon another schema than the copy, now or later."""
    spelling = spell(source, target, target.schema, needs.copied)
    moved = source.schema != target.schema
    made = {id_ for each in needs.objects for id_ in each.ids}
    for function in source.functions:
        if made.issuperset(function.ids) and spelling.unclear(function):
            if moved:
                yield _notice(f"function {function.name.name}", source, f"the copy will be called {target.schema}")
            elif not needs.computed.isdisjoint(function.ids):
                stands = "is still the old one" if target.standing else "does not exist yet"
                reason = f"while the copy is built, which takes this function, that {stands}"
                yield _notice(f"function {function.name.name}", source, reason)
    for design in designs.tables if moved else ():
        for column in design.columns.kept:
            if any(map(spelling.names_it, _STRING.findall(column.expression or ""))):
                place = f"{design.name}.{column.name}"
                yield _notice(place, source, f"the copy will be called {target.schema}")


def _notice(subject: str, source: SourceCatalog, reason: str) -> Notice:
    return Notice(Topic.TEXT, subject, f"it names {source.schema} where that can't be followed, and {reason}")
