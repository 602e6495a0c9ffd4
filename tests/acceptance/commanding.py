"""What the tests through the command share: manifests in a few lines, and what a user sees of a run."""

from __future__ import annotations

import time
from textwrap import dedent, indent

HEAD = """\
connections:
  source: {url: "${SOURCE_DB_URL}"}
  target: {url: "${TARGET_DB_URL}"}
defaults: {source: {database: source}, target: {database: target}}
"""


def urls(source, target):
    """The environment that HEAD reads; either may be a database or a connection string."""
    return {
        "SOURCE_DB_URL": getattr(source, "url", source),
        "TARGET_DB_URL": getattr(target, "url", target),
    }


def manifest(job, name="copy"):
    """A manifest of one job, given as the YAML below its name."""
    return f"{HEAD}jobs:\n  {name}:\n{indent(dedent(job), '    ')}"


def write(directory, text, name="jobs.yaml"):
    path = directory / name
    path.write_text(text, encoding="utf-8")
    return path


def problems(finished):
    """The lines of stderr that say what went wrong: neither progress nor warnings."""
    return [line for line in finished.stderr.splitlines() if not line.startswith("copy: ")]


def leftovers(database):
    """Schemas that a run left beside its target."""
    return database.column("SELECT nspname FROM pg_namespace WHERE nspname LIKE '%xcopy%'")


def wait_until(condition, seconds=30):
    """Wait for something to become true; give what it was then."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
    return found


def is_idle(database):
    """Tell whether no session of a run is left; a server process needs a moment to end when its client has left."""
    ours = "application_name LIKE 'pg-xcopy%' AND datname = current_database()"
    return not database.rows(f"SELECT 1 FROM pg_stat_activity WHERE {ours}")
