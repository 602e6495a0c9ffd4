"""Where a job was declared that waits for secrets: what is needed to check it again once they are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pg_xcopy.manifest.connections import Connection
    from pg_xcopy.manifest.document import Document
    from pg_xcopy.manifest.models import Job


@dataclass(frozen=True)
class Origin:
    """The document, its connections, and the job as it was built from it, which a program may have changed since.

    A job that a program made has no document. Two jobs that say the same are equal, wherever they were written.
    """

    document: Document = field(compare=False, repr=False)
    connections: Mapping[str, Connection] = field(compare=False, repr=False)
    job: Job | None = field(compare=False, repr=False)
