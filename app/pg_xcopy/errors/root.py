"""What all errors of the library share: one sentence, a hint, an exit code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar


@dataclass(eq=False)
class XcopyError(Exception):
    """The root of all errors that the library raises; nothing else leaves it on purpose."""

    exit_code: ClassVar[int] = 1

    @property
    def sentence(self) -> str:
        """What happened and where, in one sentence."""
        raise AttributeError(f"{type(self).__name__} has no sentence")

    @property
    def hint(self) -> str:
        """How to mend it; empty where there is nothing to add."""
        return ""

    @property
    def code(self) -> str:
        """What kind of error it is, for machines: the class's name, written like `plan_error`."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(self).__name__).lower()

    def __str__(self) -> str:
        return f"{self.sentence} {self.hint}".strip()


def sqlstate_of(error: BaseException | None) -> str:
    """Find the SQLSTATE that a server gave, for an error or for what led to it; empty where none did."""
    while error is not None:
        if found := getattr(error, "sqlstate", ""):
            return str(found)
        error = getattr(error, "cause", None) or error.__cause__
    return ""
