"""What ran: versions of the tool, of Python and of what it stands on; nothing that is secret."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

_PACKAGES = ("psycopg2-binary", "pydantic", "Jinja2")


def facts(of_tool: str) -> tuple[tuple[str, str], ...]:
    """List them, each with its name; `of_tool` is our own version, which only the package above knows."""
    system = f"{platform.system()} {platform.release()} ({platform.machine()})"
    python = f"{platform.python_version()} ({platform.python_implementation()})"
    return (("pg-xcopy", of_tool), ("Python", python), *_installed(), ("System", system))


def _installed() -> tuple[tuple[str, str], ...]:
    found = []
    for package in _PACKAGES:
        try:
            found.append((package, version(package)))
        except PackageNotFoundError:  # psycopg2 may be another build of it
            continue
    return tuple(found)
