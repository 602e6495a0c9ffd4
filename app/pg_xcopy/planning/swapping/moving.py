"""Objects that change schemas one by one, where the schemas themselves can't change names."""

from __future__ import annotations

from collections.abc import Iterator

from pg_xcopy.catalog.objects import Function, UserType
from pg_xcopy.planning.needs.order import Needs
from pg_xcopy.planning.selecting.design import Designs, Schemas
from pg_xcopy.planning.structure.objects import multirange_of
from pg_xcopy.planning.structure.properties import kept_statistics
from pg_xcopy.planning.versions import MULTIRANGES
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql
from pg_xcopy.sql.render import render


def bring_in(designs: Designs, needs: Needs, schemas: Schemas, version: int) -> Iterator[Sql]:
    """Move all that was built from the staging schema to the target's; `version` is the target's.

    Indexes and owned sequences come with their tables. Types of arguments are looked up along the search_path.
    """
    own = [each for each in needs.objects if each.name.schema == schemas.staging]
    functions = [signature(each) for each in own if isinstance(each, Function)]
    types = [each for each in own if isinstance(each, UserType)]
    constructors = [sql for each in types for sql in _constructors(each, multiranges=version >= MULTIRANGES)]
    for each in (*functions, *constructors):
        yield move_object("FUNCTION", each, schemas.target)
    for type_ in types:
        yield move_object("TYPE", type_.name.sql, schemas.target)
        if type_.kind == "r" and version >= MULTIRANGES:
            yield move_object("TYPE", multirange_of(type_).sql, schemas.target)
    for collation in needs.collations:
        yield move_object("COLLATION", collation.name.sql, schemas.target)
    for search in needs.text_searches:
        yield move_object(f"TEXT SEARCH {search.kind}", search.name.sql, schemas.target)
    for design in designs.tables:
        yield move_object("TABLE", design.staged.sql, schemas.target)
        for statistics in kept_statistics(design, needs, version):
            yield move_object("STATISTICS", TableName(schemas.staging, statistics.name).sql, schemas.target)
    for sequence in needs.standing_alone(designs):
        yield move_object("SEQUENCE", sequence.name.within(schemas.staging).sql, schemas.target)


def signature(each: Function) -> Sql:
    """Name a function with what it takes."""
    return Sql(f"{each.name.sql}({each.arguments})")


def _constructors(each: UserType, *, multiranges: bool) -> Iterator[Sql]:
    """Give the functions that CREATE TYPE … AS RANGE made, and that stay where they are when the type is moved."""
    if each.kind == "r":
        name = each.name.sql
        yield Sql(f"{name}({each.base_type}, {each.base_type})")
        yield Sql(f"{name}({each.base_type}, {each.base_type}, text)")
        if multiranges:
            yield from (Sql(f"{multirange_of(each).sql}({arguments})") for arguments in ("", name, f"{name}[]"))


def move_object(kind: str, name: Sql, schema: str) -> Sql:
    """Give the statement that moves one object."""
    return render("swap/move_object.sql.j2", kind=Sql(kind), object=name, schema=schema)
