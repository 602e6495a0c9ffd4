"""Privileges that our role needs outside the target schema, and has not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pg_xcopy.catalog.model import SourceCatalog, TargetCatalog
from pg_xcopy.catalog.objects import UserType
from pg_xcopy.planning.plan import PlanProblem
from pg_xcopy.planning.selecting.design import Designs
from pg_xcopy.sql.grants import grant
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import identifier


def missing_privileges(
    designs: Designs,
    made_elsewhere: Iterable[UserType],
    homes: Mapping[str, str],
    source: SourceCatalog,
    target: TargetCatalog,
) -> Iterator[PlanProblem]:
    """Give one reason for each type that may not be used, and for each schema in which one may not be made.

    `homes` are the schemas of the extensions that are about to be created.
    """
    role = target.server.role
    places = {**{each.name: each.schema for each in target.extensions}, **homes}
    for design in designs.tables:
        for column in design.columns.kept:
            extension = next((source.members[each] for each in column.needs if each in source.members), None)
            if not extension and column.type_name.schema == source.schema:
                continue  # made anew, or where it stands and serves: see planning.staying
            schema = places.get(extension, "") if extension else column.type_name.schema
            name = TableName(schema, column.type_name.name)
            grants = [f"USAGE ON SCHEMA {identifier(name.schema)}"] if name.schema in target.schemas_closed else []
            grants += [f"USAGE ON TYPE {name.sql}"] if name in target.types_denied else []
            if grants:
                reason = f"the target's role may not use its type {column.type}"
                yield PlanProblem(f"{design.relation.name}.{column.name}", reason, f"ask for: {grant(role, *grants)}")
    for schema in sorted({each.name.schema for each in made_elsewhere} & target.schemas_sealed):
        yield PlanProblem(
            f"target schema {schema}",
            "the copied columns need types in it, and the role may not create them",
            f"ask for: {grant(role, f'CREATE ON SCHEMA {identifier(schema)}')}",
        )
