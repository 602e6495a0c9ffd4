"""Jobs that fill existing tables, in a line each."""

from __future__ import annotations

from copying import job_of

from pg_xcopy import plan_job, run_job

OF_TARGET = ("key", "update")


def filling(mode, source, target, tables=None, **options):
    """A job of this mode as a dictionary, from schema app into schema app; `key` and `update` are the target's."""
    own = {name: options.pop(name) for name in OF_TARGET if name in options}
    job = job_of(source, target, tables, **options)
    return {**job, "target": {**job["target"], "mode": mode, **own}}


def append(source, target, tables=None, **options):
    return run("append", source, target, tables, **options)


def truncate(source, target, tables=None, **options):
    return run("truncate", source, target, tables, **options)


def upsert(source, target, tables=None, **options):
    return run("upsert", source, target, tables, **options)


def run(mode, source, target, tables=None, *, observer=None, **options):
    watching = {"observer": observer} if observer else {}
    return run_job(filling(mode, source, target, tables, **options), **watching)


def plan_of(mode, source, target, tables=None, **options):
    return plan_job(filling(mode, source, target, tables, **options))
