"""From a document to the models: connections first, then each job over the defaults, all mistakes at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from msgspec import Struct
from pydantic import Field, SecretStr, ValidationError

from pg_xcopy.manifest.connections import Connection
from pg_xcopy.manifest.declared import Declared
from pg_xcopy.manifest.fields import Label, Name, OrNothing
from pg_xcopy.manifest.models import Job, Manifest
from pg_xcopy.manifest.problems import Findings, plain
from pg_xcopy.manifest.secrets.references import has_unread
from pg_xcopy.manifest.secrets.setting_aside import is_unread, without

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from pg_xcopy.errors import Problem
    from pg_xcopy.manifest.document import Document, Path
    from pg_xcopy.manifest.secrets.contents import Reader

M = TypeVar("M", Connection, Job)
NOTHING: Mapping[Path, ErrorDetails] = MappingProxyType({})


class _Sections(Declared):
    """The first level of a manifest; what is below is checked with the models, once it is merged."""

    connections: Annotated[dict[Label, Any], OrNothing] = Field(default_factory=dict)
    defaults: Annotated[dict[Name, Any], OrNothing] = Field(default_factory=dict)
    jobs: Annotated[dict[Label, Any], Field(min_length=1)]


def built(document: Document, problems: Iterable[Problem] = (), read: Reader | None = None) -> Manifest:
    """Check a document and build the manifest; raises ManifestError with `problems` and all that is found.

    Without `read`, jobs that wait for secrets are checked as far as that goes, and know where they come from.
    """
    findings = Findings(document, set(problems))
    sections = {name: _section(document, name) for name in _Sections.model_fields}
    _check_sections(document, findings)
    checking = _Checking(findings, {"read": read, "written": True, "directory": document.directory})
    connections = {
        name: checking.check(Connection, name, raw) or _placeholder(name)
        for name, raw in sections["connections"].items()
    }
    checking = _Checking(findings, {**checking.context, "connections": connections})
    jobs = {
        name: checking.check(Job, name, _over_defaults(sections["defaults"], raw))
        for name, raw in sections["jobs"].items()
    }
    findings.raise_if_any()
    known = {name: job for name, job in jobs.items() if job}
    if read is None and _waits(document, connections, known):
        made = {name for name, raw in sections["jobs"].items() if isinstance(raw, Job)}
        known = {name: job if name in made else job.declared_in(document, connections) for name, job in known.items()}
    return Manifest(connections=connections, jobs=known)


def _waits(document: Document, connections: Mapping[str, Connection], jobs: Mapping[str, Job]) -> bool:
    """Tell whether anything is to be read from a secret."""
    return (
        has_unread(document.raw)
        or any(connection.unread for connection in connections.values())
        or any(job.unread for job in jobs.values())
    )


def merged(under: Any, over: Any) -> Any:  # noqa: ANN401 - whatever the two files say
    """Lay a job over the defaults: mappings merge, lists and single values are replaced."""
    if not isinstance(under, Mapping) or not isinstance(over, Mapping):
        return over
    both = {key: merged(under[key], value) if key in under else value for key, value in over.items()}
    return {**both, **{key: value for key, value in under.items() if key not in over}}


def _over_defaults(defaults: Mapping[str, Any], job: Any) -> Any:  # noqa: ANN401 - whatever the file says
    """Lay a job over the defaults, each of its `targets` over the `target` that these may have."""
    several = job.get("targets") if isinstance(job, Mapping) else None
    if not isinstance(several, list) or "target" not in defaults:
        return merged(defaults, job)
    targets = [merged(defaults["target"], each) for each in several]
    return merged({key: value for key, value in defaults.items() if key != "target"}, {**job, "targets": targets})


def _section(document: Document, name: str) -> Mapping[str, Any]:
    section = document.raw.get(name)
    return section if isinstance(section, Mapping) else {}


def _check_sections(document: Document, findings: Findings) -> None:
    try:
        _Sections.model_validate(document.raw)
    except ValidationError as error:
        findings.add((), error.errors(include_url=False))


class _Checking(Struct, frozen=True):
    """Checks values against a model, by alias only: the names of the fields in Python are no keys of a manifest."""

    findings: Findings
    context: Mapping[str, Any]

    def check(self, model: type[M], name: str, raw: Any, aside: Mapping[Path, ErrorDetails] = NOTHING) -> M | None:  # noqa: ANN401 - whatever the two files say
        """Note what is wrong; `aside` is what was, with values that wait for a secret and are left out meanwhile."""
        try:
            checked = model.model_validate(raw, context=self.context, by_alias=True, by_name=False)
        except ValidationError as error:
            errors = [aside.get(each["loc"], each) for each in error.errors(include_url=False)]
        else:
            return checked.model_copy(update={"name": name})
        waiting = {each["loc"]: each for each in errors if is_unread(raw, plain(each["loc"]))}
        if waiting:
            return self.check(model, name, reduce(without, map(plain, waiting), raw), waiting)
        self.findings.add(("connections" if model is Connection else "jobs", name), errors)
        return None


def _placeholder(name: str) -> Connection:
    """Stand in for a connection that is wrong, so that its jobs are checked for their own mistakes."""
    return Connection.model_construct(name=name, url=SecretStr(""), ssh=None)
