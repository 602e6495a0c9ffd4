"""Where the manifest of a request comes from: the function's own files, S3, or the event."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pg_xcopy import api
from pg_xcopy.aws_lambda.storage import SCHEME, read_object
from pg_xcopy.errors import ManifestError, UsageError
from pg_xcopy.manifest import loader
from pg_xcopy.manifest.build import built
from pg_xcopy.manifest.document import Document, refused
from pg_xcopy.manifest.frozen import FrozenMapping
from pg_xcopy.manifest.overriding import overridden

if TYPE_CHECKING:
    from pg_xcopy.aws_lambda.request import Request
    from pg_xcopy.manifest.models import Manifest

DEFAULT = "jobs.yaml"
EVENT = "<event>"
NO = {"", "0", "false", "no", "off"}


def manifest_of(request: Request) -> Manifest:
    """Read the manifest, keep the jobs that are asked for, lay the overrides over them.

    Raises UsageError and ManifestError.
    """
    _refuse_what_is_fixed(request)
    document, problems = _document(request.manifest)
    manifest = built(document, problems)
    chosen = [job.name for job in api.select_jobs(request.jobs, manifest)]
    if request.overrides:
        manifest = overridden(document, chosen, _overrides(request.overrides))
    return manifest.model_copy(update={"jobs": FrozenMapping({name: manifest.jobs[name] for name in chosen})})


def _overrides(given: Mapping[str, Any]) -> Document:
    document, problems = loader.plain_document(given, "<overrides>", base=_own_directory())
    if problems:
        raise ManifestError(tuple(problems))
    return document


def _refuse_what_is_fixed(request: Request) -> None:
    """Leave an event only the choice of jobs, where the function's owner wants that."""
    if os.environ.get("PG_XCOPY_FIXED_MANIFEST", "").lower() in NO:
        return
    for key, given in (("a manifest", request.manifest), ("overrides", request.overrides)):
        if given is not None:
            raise UsageError(f"the event brings {key}, and this function takes none.", "See PG_XCOPY_FIXED_MANIFEST.")


def _document(given: str | Mapping[str, Any] | None) -> loader.Filled:
    if given is None:
        return _stored(os.environ.get("PG_XCOPY_MANIFEST") or DEFAULT)
    if isinstance(given, Mapping):
        return loader.plain_document(given, EVENT, base=_own_directory())
    if "\n" in given or ": " in given or given.startswith("{"):
        return loader.yaml_document(given.encode(errors="surrogatepass"), EVENT, base=_own_directory())
    if not given.startswith(SCHEME) and (Path(given).is_absolute() or ".." in Path(given).parts):
        raise UsageError("the event's manifest is no file of this function.", "Name one relative to its directory.")
    return _stored(given)


def _stored(place: str) -> loader.Filled:
    if not place.startswith(SCHEME):
        return loader.file_document(_own_directory() / place)
    content = read_object(place, loader.MAX_BYTES + 1)
    if len(content) > loader.MAX_BYTES:
        raise refused(place, "the file is larger than 16 MiB", "is it a manifest?")
    return loader.yaml_document(content, place, base=_own_directory())


def _own_directory() -> Path:
    return Path(os.environ.get("LAMBDA_TASK_ROOT", ""))
