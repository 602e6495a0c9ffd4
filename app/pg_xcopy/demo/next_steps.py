"""What to type next: commands that work as they stand, however the demo was called."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pg_xcopy.demo.excerpts import MANIFEST

if TYPE_CHECKING:
    from pg_xcopy.demo.shops import Shop


def ourselves() -> str:
    """Spell this command so that the shell that started it finds it again."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return f"{shlex.quote(sys.executable)} -m pg_xcopy"
    found = shutil.which(called.name)
    on_path = found is not None and Path(found).resolve() == called.resolve()
    return shlex.quote(called.name if on_path else sys.argv[0])


def manifest() -> str:
    """Spell the path of the demo's manifest, seen from here where that is shorter."""
    return shlex.quote(min(str(MANIFEST), os.path.relpath(MANIFEST), key=len))


def with_the_demo(source: Shop, target: Shop) -> tuple[str, ...]:
    """List what works as long as the servers are kept."""
    return (
        f"export PGPASSWORD={shlex.quote(source.server.password)}",
        f"export SOURCE_DB_URL={shlex.quote(source.url_without_password)}",
        f"export TARGET_DB_URL={shlex.quote(target.url_without_password)}",
        f'{ourselves()} plan {manifest()} "anonymise:*"',
        f"{ourselves()} run {manifest()}",
        *(('psql "$TARGET_DB_URL"',) if shutil.which("psql") else ()),
    )


def with_your_own_data() -> tuple[str, ...]:
    """List what leads from the demo to a manifest of one's own."""
    return (
        f"cp {manifest()} jobs.yaml  # and edit it",
        "export SOURCE_DB_URL=postgresql://user:password@host/database",
        "export TARGET_DB_URL=postgresql://user:password@host/database",
        f"{ourselves()} plan jobs.yaml  # what would it do? writes nothing",
        f"{ourselves()} run jobs.yaml",
    )
