"""Who copies: pg-xcopy and its peers, each as the command line that a shell is given.

A command finds $SOURCE_DB_URL and $TARGET_DB_URL, $PYTHON, and a fresh $SCRATCH directory that it is run in.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from shlex import quote
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

OURS = "pg-xcopy"
JOBS = 2

REPLACING = "pg-xcopy, replacing"
"""Ours, too: it makes the table in a new schema, gathers statistics and swaps, which its peers don't."""

RUN = '"$PYTHON" -m pg_xcopy run'
JOB = """
jobs:
  bench:
    source: {database: "${SOURCE_DB_URL}", schema: public}
"""
MANIFEST = f"""{JOB}    target: {{database: "${{TARGET_DB_URL}}", schema: public}}
"""


@dataclass(frozen=True)
class Contestant:
    """`before` is SQL that the target is prepared with, `files` are written to the scratch directory."""

    name: str
    command: str
    needs: tuple[str, ...] = ()
    before: str = ""
    files: Mapping[str, str] = field(default_factory=dict)

    def lacks(self, path: str) -> str:
        """Name the programs that are not in `path`."""
        return ", ".join(program for program in self.needs if not shutil.which(program, path=path))


def pg_xcopy(tables: str = '{"*": {}}', *, name: str = OURS, **options: object) -> Contestant:
    """The whole command, from starting Python to the report; `tables` in YAML, `options` of the job."""
    job = "".join(f"    {key}: {value}\n" for key, value in {"tables": tables, **options}.items())
    return Contestant(name, f"exec {RUN} jobs.yaml -q", files={"jobs.yaml": MANIFEST + job})


def pg_xcopy_into(create: str, tables: str = '{"*": {}}', *, name: str = OURS, **options: object) -> Contestant:
    """What `psql | psql` does: rows into a table that stands there, empty, without statistics; nothing is replaced."""
    target = '    target: {database: "${TARGET_DB_URL}", schema: public, mode: truncate}\n'
    further = {"analyze": "false", "tables": tables, **options}
    job = JOB + target + "".join(f"    {key}: {value}\n" for key, value in further.items())
    return Contestant(name, f"exec {RUN} jobs.yaml -q", before=create, files={"jobs.yaml": job})


def pg_xcopy_to(schemas: Sequence[str]) -> Contestant:
    """One job with a target for each of the schemas."""
    targets = ", ".join(f'{{database: "${{TARGET_DB_URL}}", schema: {schema}}}' for schema in schemas)
    manifest = f"{JOB}    targets: [{targets}]\n    tables: {{'*': {{}}}}\n"
    return Contestant(OURS, f"exec {RUN} jobs.yaml -q", files={"jobs.yaml": manifest})


def pg_xcopy_apart(schemas: Sequence[str]) -> Contestant:
    """The same, a command for each."""
    target = "    target: {database: '${TARGET_DB_URL}', schema: '${SCHEMA}'}\n    tables: {'*': {}}\n"
    command = f'for schema in {" ".join(schemas)}; do SCHEMA="$schema" {RUN} jobs.yaml -q || exit; done'
    return Contestant("three runs", command, files={"jobs.yaml": JOB + target})


def pg_xcopy_help() -> Contestant:
    return Contestant(OURS, 'exec "$PYTHON" -m pg_xcopy --help')


def psql(table: str, create: str, select: str = "", form: str = "text") -> Contestant:
    """`psql | psql` into a table that stands there, empty. A first half that fails is seen by the rows that lack."""
    options = f" (FORMAT {form})"
    read = f"COPY {f'({select})' if select else table} TO STDOUT{options}"
    write = f"COPY {table} FROM STDIN{options}"
    command = (
        f'psql -qX "$SOURCE_DB_URL" -c {quote(read)} | psql -qX "$TARGET_DB_URL" -v ON_ERROR_STOP=1 -c {quote(write)}'
    )
    return Contestant(f"psql {form}", command, ("psql",), create)


def pg_dump() -> Contestant:
    command = 'pg_dump "$SOURCE_DB_URL" | psql -qX -o /dev/null -v ON_ERROR_STOP=1 "$TARGET_DB_URL"'
    return Contestant("pg_dump | psql", command, ("pg_dump", "psql"))


def pg_restore() -> Contestant:
    """Without compression, which would cost more than the copy."""
    command = (
        f'pg_dump -Fd -j {JOBS} -Z 0 -f "$SCRATCH/dump" "$SOURCE_DB_URL"'
        f' && pg_restore -j {JOBS} -d "$TARGET_DB_URL" "$SCRATCH/dump"'
    )
    return Contestant("pg_dump, pg_restore", command, ("pg_dump", "pg_restore"))


def pgcopydb() -> Contestant:
    command = (
        f'exec pgcopydb clone --source "$SOURCE_DB_URL" --target "$TARGET_DB_URL" --dir "$SCRATCH/pgcopydb"'
        f" --table-jobs {JOBS} --index-jobs {JOBS} --no-owner --no-acl"
    )
    return Contestant("pgcopydb", command, ("pgcopydb", "pg_dump", "pg_restore"))
