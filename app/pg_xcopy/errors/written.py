"""What the user wrote is wrong: the manifest, or the call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pg_xcopy.errors.root import XcopyError


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in what the user wrote: where it is, what it is, how to mend it."""

    file: str
    line: int
    column: int
    path: str
    message: str
    hint: str = ""

    @property
    def place(self) -> str:
        """`file:line:column`, as editors and terminals make it clickable; a line of 0 means "the whole file"."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file

    def __str__(self) -> str:
        path = f"{self.path}: " if self.path else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.place}: {path}{self.message}{hint}"


@dataclass(eq=False)
class ManifestError(XcopyError):
    """The manifest is wrong; every mistake found is in `problems`."""

    problems: tuple[Problem, ...]
    exit_code: ClassVar[int] = 2

    @property
    def sentence(self) -> str:
        """One problem a line, in the order of the file."""
        return "\n".join(str(problem) for problem in self.problems)


@dataclass(eq=False)
class SecretsError(ManifestError):
    """Secrets that the manifest refers to could not be read; it may be right, and a later run may succeed."""

    exit_code: ClassVar[int] = 1


@dataclass(eq=False)
class UsageError(XcopyError):
    """The command or the call can't be carried out as it was given."""

    message: str
    advice: str = ""
    exit_code: ClassVar[int] = 2

    @property
    def sentence(self) -> str:
        """What is wrong with the call."""
        return self.message

    @property
    def hint(self) -> str:
        """What to call instead."""
        return self.advice


@dataclass(eq=False)
class AuditLogError(XcopyError):
    """No audit log can be begun, and without one nothing is to run. `reason` is the operating system's."""

    directory: str
    reason: str
    exit_code: ClassVar[int] = 2

    @property
    def sentence(self) -> str:
        """Where, and why not."""
        return f"the audit log can't be written in {self.directory}: {self.reason}; nothing was run."

    @property
    def hint(self) -> str:
        """Another directory."""
        return "Name a directory in which this user may create files."
