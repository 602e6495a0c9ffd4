"""pg-xcopy: declarative, filtered, transformed copies of tables between PostgreSQL databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pg_xcopy.api import load_manifest, plan_job, plan_targets, run_job, run_jobs
    from pg_xcopy.errors import XcopyError
    from pg_xcopy.observe.audit import AuditLog

__version__ = "0.1.0"
__all__ = ["AuditLog", "XcopyError", "__version__", "load_manifest", "plan_job", "plan_targets", "run_job", "run_jobs"]


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> object:
    """Import the library on first use (PEP 562), so that `pg-xcopy --help` does not pay for the driver."""
    if name == "XcopyError":
        from pg_xcopy.errors import XcopyError

        return XcopyError
    if name == "AuditLog":
        from pg_xcopy.observe.audit import AuditLog

        return AuditLog
    if name in __all__:
        from pg_xcopy import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
