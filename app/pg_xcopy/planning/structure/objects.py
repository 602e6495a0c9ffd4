"""How types, functions, collations, casts and text searches are made, and what is left to do to them at the end."""

from __future__ import annotations

from collections.abc import Iterator

from pg_xcopy.catalog.objects import Cast, Collation, Function, TextSearch, UserType
from pg_xcopy.planning.needs.order import Needs
from pg_xcopy.planning.plan import Step, Topic
from pg_xcopy.planning.structure.comments import Comments
from pg_xcopy.planning.versions import MULTIRANGES
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.render import render


def create(each: Cast | Collation | TextSearch | UserType | Function, version: int) -> Iterator[Step]:
    """Give the statements that make one; `version` is the target's."""
    if isinstance(each, UserType):
        yield _create_type(each, version)
    elif isinstance(each, Collation):
        sql = render("staging/create_collation.sql.j2", name=each.name, collation=each)
        yield Step(sql, f"creating collation {each.name.name}", each.name.name)
    elif isinstance(each, TextSearch):
        yield _create_text_search(each)
    elif isinstance(each, Cast):
        yield _create_cast(each)
    else:
        yield _create_function(each, replace=False)
        if each.leakproof:
            yield _mark_leakproof(each)


def _create_cast(each: Cast) -> Step:
    sql = render("staging/create_cast.sql.j2", cast=each)
    # one WITHOUT FUNCTION takes a superuser
    return Step(sql, f"creating cast {each.signature}", f"cast {each.signature}", Topic.OBJECT, each.method)


def _create_text_search(each: TextSearch) -> Step:
    sql = render(
        "staging/create_text_search.sql.j2",
        kind=each.kind,
        name=each.name,
        made_from=each.made_from,
        options=each.options,
        mappings=each.mappings,
    )
    return Step(sql, f"creating text search {each.kind.lower()} {each.name.name}", each.name.name)


def _create_function(each: Function, *, replace: bool) -> Step:
    sql = render(
        "staging/create_function.sql.j2",
        name=each.name,
        definition=each.definition,
        replace=replace,
        arguments=each.arguments,
        comment=None if replace else each.comment,
    )
    return Step(sql, f"creating function {each.name.name}", each.name.name)


def _mark_leakproof(each: Function) -> Step:
    subject = f"function {each.name.name}({each.arguments})"
    sql = render("staging/mark_leakproof.sql.j2", name=each.name, arguments=each.arguments)
    return Step(sql, f"marking {subject}", subject, Topic.PROPERTY, what="LEAKPROOF")


def late_check_steps(needs: Needs, comments: Comments) -> Iterator[Step]:
    """Give the checks of domains that are NOT VALID: the values that are copied may break them."""
    for each in needs.objects:
        for check, definition in each.late_checks if isinstance(each, UserType) else ():
            sql = render("staging/add_domain_check.sql.j2", domain=each.name, check=check, definition=definition)
            commented = comments.after(sql, "DOMAIN CONSTRAINT", check, each.name.name)
            yield Step(commented, f"adding check {check} of domain {each.name.name}", each.name.name)


def respelling_steps(needs: Needs) -> Iterator[Step]:
    """Give functions, whose text named the staging schema, the text that names the one which it will be.

    After all that is computed with them, and before the swap, so that they are right from its first moment.
    """
    return (_create_function(each, replace=True) for each in needs.respelled)


def _create_type(each: UserType, version: int) -> Step:
    multirange = multirange_of(each) if each.kind == "r" and version >= MULTIRANGES else None
    sql = render("staging/create_type.sql.j2", name=each.name, type=each, multirange=multirange)
    return Step(sql, f"creating type {each.name.name}", each.name.name)


def multirange_of(each: UserType) -> TableName:
    """Name a range's multirange type: as in the source, or where that has none as a server would.

    See makeMultirangeTypeName in PostgreSQL's catalog/pg_type.c.
    """
    name = each.name.name
    chosen = name.replace("range", "multirange", 1) if "range" in name else f"{_cut(name, 63 - 11)}_multirange"
    return TableName(each.name.schema, each.multirange or _cut(chosen, 63))


def _cut(name: str, size: int) -> str:
    return name.encode()[:size].decode(errors="ignore")
