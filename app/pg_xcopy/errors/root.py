"""What all errors of the library share: one sentence, a hint, an exit code."""

from __future__ import annotations

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

    def __str__(self) -> str:
        return f"{self.sentence} {self.hint}".strip()
