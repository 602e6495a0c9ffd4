"""What does not fit: the job and the databases, found before anything is changed."""

from __future__ import annotations

from dataclasses import dataclass

from pg_xcopy.errors.root import XcopyError


@dataclass(eq=False)
class SchemaNotFoundError(XcopyError):
    """A schema does not exist, or may not be looked into.

    `usage` is the GRANT that lets our role in, `selects` the one for what it may not read in it either.
    """

    label: str
    schema: str
    near: str = ""
    role_without_usage: str = ""
    usage: str = ""
    selects: str = ""
    side: str = "source"

    @property
    def sentence(self) -> str:
        """Which schema, where."""
        if self.role_without_usage:
            role = self.role_without_usage
            return f"the {self.side} {self.label} does not let the role {role} into schema {self.schema}."
        return f"the {self.side} {self.label} has no schema {self.schema}."

    @property
    def hint(self) -> str:
        """A near name, or the missing GRANTs."""
        if not self.role_without_usage:
            return f"Did you mean {self.near}?" if self.near else ""
        selects = f" And for what the job copies of these: {self.selects}." if self.selects else ""
        return f"Ask for: {self.usage}.{selects}"


@dataclass(eq=False)
class PlanError(XcopyError):
    """The job does not fit the databases; every reason found is in `reasons`, and nothing has been changed."""

    job: str
    reasons: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """One reason a line."""
        count = f"{len(self.reasons)} problems" if len(self.reasons) > 1 else "1 problem"
        return "\n".join(
            [
                f"job {self.job} can't run, {count}; nothing was changed:",
                *(f"  {each}" for each in self.reasons),
            ]
        )


@dataclass(eq=False)
class SameSchemaError(XcopyError):
    """Source and target are the same schema of the same database."""

    label: str
    schema: str

    @property
    def sentence(self) -> str:
        """Which schema."""
        return f"source and target are both schema {self.schema} of {self.label}: a copy would replace what it reads."

    @property
    def hint(self) -> str:
        """Use another schema."""
        return "Choose another target schema or database."


@dataclass(eq=False)
class ProtectedTargetError(XcopyError):
    """The target is a protected database under another spelling. `protected` is the connection's label."""

    label: str
    protected: str

    @property
    def sentence(self) -> str:
        """Which connection it is."""
        return f"the target {self.label} is the database of connection {self.protected}, which is protected."

    @property
    def hint(self) -> str:
        """Use another one."""
        return "It is never written; choose another target."


@dataclass(eq=False)
class TargetLockedError(XcopyError):
    """Another run writes the same target schema. `holder` says who, as far as the server tells."""

    label: str
    schema: str
    holder: str

    @property
    def sentence(self) -> str:
        """Which schema, who holds it."""
        return f"schema {self.schema} of the target {self.label} is being written by another run: {self.holder}."

    @property
    def hint(self) -> str:
        """Wait."""
        return "Wait until it has ended, then run again."
