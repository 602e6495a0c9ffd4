"""Both ends of a job as every plan shows them, and the path along which the source's sessions look names up."""

from __future__ import annotations

from pg_xcopy.catalog.existing import ExistingCatalog
from pg_xcopy.catalog.model import SourceCatalog, TargetCatalog
from pg_xcopy.catalog.servers import schemas_of
from pg_xcopy.manifest.ends import Source, Target
from pg_xcopy.manifest.models import Job
from pg_xcopy.planning.plan import Endpoint
from pg_xcopy.sql.quoting import Sql
from pg_xcopy.sql.search_path import search_path


def endpoints(job: Job, source: SourceCatalog, target: TargetCatalog | ExistingCatalog) -> tuple[Endpoint, Endpoint]:
    """Name the source and the target, with what was read of each."""
    return _endpoint(job.source, source), _endpoint(job.only_target, target)


def _endpoint(end: Source | Target, catalog: SourceCatalog | TargetCatalog | ExistingCatalog) -> Endpoint:
    return Endpoint(end.database.described, catalog.server.database, catalog.schema, catalog.server.version)


def source_path(source: SourceCatalog) -> Sql:
    """Look in the copied schema, where extensions live, and in public, where what a `transform` calls may be."""
    return search_path([source.schema, *schemas_of(source.extensions), "public"])
