"""Everything that can go wrong, as small classes: data in fields, one sentence, a hint, an exit code."""

from pg_xcopy.errors.plans import (
    PlanError,
    ProtectedTargetError,
    SameSchemaError,
    SchemaNotFoundError,
    TargetLockedError,
)
from pg_xcopy.errors.root import XcopyError, sqlstate_of
from pg_xcopy.errors.runs import (
    CancelledError,
    CopyFailedError,
    DuplicateRowsError,
    JobsFailedError,
    PartlyDoneError,
    RowCountMismatchError,
    SourceReplacedError,
    StalledTargetError,
    StrictError,
    TargetsFailedError,
    TimeUpError,
)
from pg_xcopy.errors.servers import (
    READING_THE_CATALOG,
    ConnectionFailedError,
    DatabaseError,
    MissingExtraError,
    ReadOnlyTargetError,
    ServerTooOldError,
    TunnelFailedError,
)
from pg_xcopy.errors.written import AuditLogError, ManifestError, Problem, SecretsError, UsageError

__all__ = [
    "READING_THE_CATALOG",
    "AuditLogError",
    "CancelledError",
    "ConnectionFailedError",
    "CopyFailedError",
    "DatabaseError",
    "DuplicateRowsError",
    "JobsFailedError",
    "ManifestError",
    "MissingExtraError",
    "PartlyDoneError",
    "PlanError",
    "Problem",
    "ProtectedTargetError",
    "ReadOnlyTargetError",
    "RowCountMismatchError",
    "SameSchemaError",
    "SchemaNotFoundError",
    "SecretsError",
    "ServerTooOldError",
    "SourceReplacedError",
    "StalledTargetError",
    "StrictError",
    "TargetLockedError",
    "TargetsFailedError",
    "TimeUpError",
    "TunnelFailedError",
    "UsageError",
    "XcopyError",
    "sqlstate_of",
]
