"""Of a document, what one job needs: a secret that it has no use for is not read, and need not be readable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pg_xcopy.manifest.ends import Source, Target
from pg_xcopy.manifest.models import Job
from pg_xcopy.manifest.secrets.references import Unread

if TYPE_CHECKING:
    from pydantic import BaseModel

    from pg_xcopy.manifest.connections import Connection
    from pg_xcopy.manifest.secrets.origin import Origin

Raw = Mapping[str, Any]
ADDRESS = frozenset({"url", "aws_secret", "ssh", "protected"})


def job_alone(job: Job, origin: Origin, name: str) -> tuple[Raw, Raw]:
    """Give the defaults that the job leaves in force, and the job; what a program changed in it goes before both."""
    changed = _changed(job, origin.job)
    defaults = _section(origin, "defaults")
    raw = {**_section(origin, "jobs").get(name, {}), **changed}
    return _in_force({key: value for key, value in defaults.items() if key not in changed}, raw), raw


def connections_of(job: Raw, origin: Origin) -> tuple[Raw, frozenset[str]]:
    """Give the connections that a job needs, and the names of those that are there only to be protected from it.

    To protect a database it has to be known which one it is; where its `url` says so, its secret is not read.
    """
    used = frozenset(_databases({key: value for key, value in job.items() if key != "tables"}))
    declared = _section(origin, "connections")
    guarded = {name for name, raw in declared.items() if name not in used and _guards(origin.connections[name], raw)}
    needed = {name: raw for name, raw in declared.items() if name in used}
    addresses = {name: _address(origin.connections[name], declared[name]) for name in guarded}
    return {**needed, **addresses}, frozenset(guarded)


def _section(origin: Origin, name: str) -> Raw:
    section: Raw = origin.document.raw.get(name) or {}
    return section


def _in_force(under: Raw, over: Raw) -> Raw:
    """Drop from the defaults what a job says itself."""
    both = [key for key in under if isinstance(under[key], Mapping) and isinstance(over.get(key), Mapping)]
    return {
        **{key: value for key, value in under.items() if key not in over},
        **{key: _in_force(under[key], over[key]) for key in both},
    }


def _changed(job: Job, built: Job | None) -> Raw:
    """Spell out, as a manifest would, what is not as it was built; of a job that was never built, all of it."""
    names = job.model_fields_set if built is None else type(job).model_fields
    others = (name for name in names if built is None or getattr(job, name) != getattr(built, name))
    return {_key(job, name): _spelled_out(getattr(job, name)) for name in others if name != "name"}


def _spelled_out(value: object) -> object:
    """Open up what contains a connection, so that it is checked again."""
    if isinstance(value, Source | Target):
        return {_key(value, name): getattr(value, name) for name in value.model_fields_set}
    return [_spelled_out(item) for item in value] if isinstance(value, tuple) else value


def _key(model: BaseModel, name: str) -> str:
    return type(model).model_fields[name].alias or name


def _databases(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        if isinstance(value.get("database"), str):
            yield value["database"]
        for item in value.values():
            yield from _databases(item)
    elif isinstance(value, list):
        for item in value:
            yield from _databases(item)


def _guards(connection: Connection, raw: Raw) -> bool:
    return connection.protected or isinstance(raw.get("protected"), Unread)


def _address(connection: Connection, raw: Raw) -> Raw | Connection:
    """Say where it leads; of what is known of that, no secret is read."""
    bastion = raw.get("ssh") or {}
    if {Unread} & {type(raw.get("protected")), type(bastion.get("host")), type(bastion.get("port"))}:
        return {key: value for key, value in raw.items() if key in ADDRESS}
    if connection.located:
        return connection
    known = {"ssh": connection.ssh} if connection.ssh and connection.ssh.known else {}
    return {key: value for key, value in {**raw, **known}.items() if key in ADDRESS}
