"""Extensions that the job may create on the target: which, in which order, where, and what is to be known of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pg_xcopy.catalog.model import SourceCatalog, TargetCatalog
from pg_xcopy.catalog.servers import Extension
from pg_xcopy.planning.plan import Notice, Step, Topic
from pg_xcopy.sql import grants
from pg_xcopy.sql.render import render

FALLBACK_SCHEMA = "public"


def created_extensions(names: Iterable[str], source: SourceCatalog, target: TargetCatalog) -> Iterator[Extension]:
    """Give these and what they require, in the order of their making, each with its home."""
    there = {each.name for each in target.extensions}
    for name in _with_required(names, target, there):
        made = target.available_extensions[name]
        home = made.schema or _home(name, source, target)
        yield Extension(name, home, version="", relocatable=made.relocatable, ours=made.ours)


def _with_required(names: Iterable[str], target: TargetCatalog, met: set[str]) -> Iterator[str]:
    for name in names:
        if name not in met and name in target.available_extensions:
            met.add(name)
            yield from _with_required(target.available_extensions[name].requires, target, met)
            yield name


def _home(extension: str, source: SourceCatalog, target: TargetCatalog) -> str:
    """Choose the schema that an extension has in the source, or public; one that is there, if one of them is.

    Neither that which is copied, nor that which is replaced: an extension goes there only where public is replaced.
    """
    found = next((each.schema for each in source.extensions if each.name == extension), FALLBACK_SCHEMA)
    fits = found not in (source.schema, target.schema)
    return found if fits and (found in target.schemas or FALLBACK_SCHEMA not in target.schemas) else FALLBACK_SCHEMA


def creation_notice(extension: Extension, target: TargetCatalog) -> Notice:
    """Say what will be created; no reason not to, since some providers let others than superusers create it."""
    asked = grants.create_extension(extension.name)
    limit = f", for which PostgreSQL itself wants a superuser (ask for: {asked})"
    restricted = target.available_extensions[extension.name].restricted
    where = f"in schema {extension.schema}{limit if restricted else ''}"
    return Notice(Topic.CREATED, f"extension {extension.name}", where)


def create_extension(extension: Extension) -> Step:
    """Give the statement that creates it."""
    name, schema = extension.name, extension.schema
    sql = render("staging/create_extension.sql.j2", extension=name, schema=schema)
    return Step(sql, f"creating extension {name}", name)


def create_schema(name: str) -> Step:
    """Give the statement that creates a home for one, or for a type."""
    sql = render("staging/create_missing_schema.sql.j2", schema=name)
    return Step(sql, f"creating schema {name}", name)
