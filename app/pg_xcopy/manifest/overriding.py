"""What somebody lays over jobs for one run, checked as if the manifest had said it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from pg_xcopy.manifest.build import built, merged
from pg_xcopy.manifest.document import Document, Positions

if TYPE_CHECKING:
    from pg_xcopy.manifest.models import Manifest


def overridden(document: Document, names: Iterable[str], over: Document) -> Manifest:
    """Lay what `over` says over the jobs of these names: mappings merge, lists and single values are replaced.

    `document` has been found right, so each mistake is one of `over`: ManifestError names that, and the job's key.
    """
    jobs, variables = dict(document.raw["jobs"]), dict(document.variables)
    for name in names:
        jobs[name] = merged(jobs[name], over.raw)
        variables |= {("jobs", name, *path): text for path, text in over.variables.items()}
    filled = document.with_raw({**document.raw, "jobs": jobs}, variables)
    return built(replace(filled, file=over.file, base=document.directory, positions=Positions()))
