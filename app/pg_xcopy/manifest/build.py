"""From a document to the models: connections first, then each job over the defaults, all mistakes at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import Field, SecretStr, ValidationError

from pg_xcopy.manifest.connections import Connection
from pg_xcopy.manifest.declared import Declared
from pg_xcopy.manifest.fields import Name, OrNothing
from pg_xcopy.manifest.models import Job, Manifest
from pg_xcopy.manifest.problems import Findings

if TYPE_CHECKING:
    from pg_xcopy.errors import Problem
    from pg_xcopy.manifest.document import Document

M = TypeVar("M", Connection, Job)


class _Sections(Declared):
    """The first level of a manifest; what is below is checked with the models, once it is merged."""

    connections: Annotated[dict[Name, Any], OrNothing] = Field(default_factory=dict)
    defaults: Annotated[dict[Name, Any], OrNothing] = Field(default_factory=dict)
    jobs: Annotated[dict[Name, Any], Field(min_length=1)]


def built(document: Document, problems: Iterable[Problem] = ()) -> Manifest:
    """Check a document and build the manifest; raises ManifestError with `problems` and all that is found."""
    findings = Findings(document, set(problems))
    sections = {name: _section(document, name) for name in _Sections.model_fields}
    _check_sections(document, findings)
    connections = {
        name: _checked(Connection, name, raw, {}, findings) or _placeholder(name)
        for name, raw in sections["connections"].items()
    }
    jobs = {
        name: _checked(Job, name, merged(sections["defaults"], raw), connections, findings)
        for name, raw in sections["jobs"].items()
    }
    findings.raise_if_any()
    return Manifest(connections=connections, jobs={name: job for name, job in jobs.items() if job})


def merged(under: Any, over: Any) -> Any:  # noqa: ANN401 - whatever the two files say
    """Lay a job over the defaults: mappings merge, lists and single values are replaced."""
    if not isinstance(under, Mapping) or not isinstance(over, Mapping):
        return over
    both = {key: merged(under[key], value) if key in under else value for key, value in over.items()}
    return {**both, **{key: value for key, value in under.items() if key not in over}}


def _section(document: Document, name: str) -> Mapping[str, Any]:
    section = document.raw.get(name)
    return section if isinstance(section, Mapping) else {}


def _check_sections(document: Document, findings: Findings) -> None:
    try:
        _Sections.model_validate(document.raw)
    except ValidationError as error:
        findings.add((), error)


def _checked(
    model: type[M], name: str, raw: object, connections: Mapping[str, Connection], findings: Findings
) -> M | None:
    section = "connections" if model is Connection else "jobs"
    context = {"connections": connections, "written": True}
    try:
        # By alias only: the names of the fields in Python are no keys of the manifest.
        checked = model.model_validate(raw, context=context, by_alias=True, by_name=False)
    except ValidationError as error:
        findings.add((section, name), error)
        return None
    return checked.model_copy(update={"name": name})


def _placeholder(name: str) -> Connection:
    """Stand in for a connection that is wrong, so that its jobs are checked for their own mistakes."""
    return Connection.model_construct(name=name, url=SecretStr(""))
