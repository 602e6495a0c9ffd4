"""Copies through a bastion: an OpenSSH server on this machine, with the database behind it."""

from __future__ import annotations

import pytest

from judge import read_schema
from pg_xcopy import run_jobs
from pg_xcopy.manifest.loader import parse_manifest


@pytest.fixture
def things(source_db):
    source_db.execute("CREATE SCHEMA app; CREATE TABLE app.things (id int PRIMARY KEY, body text)")
    source_db.execute("INSERT INTO app.things SELECT n, md5(n::text) FROM generate_series(1, 1000) AS n")
    return source_db


def run(connections, **options):
    job = {
        "source": {"database": "source", "schema": "app"},
        "target": {"database": "target", "schema": "app"},
        "tables": {"*": {}},
        **options,
    }
    return run_jobs("*", parse_manifest({"connections": connections, "jobs": {"copy": job}}))[0]


@pytest.mark.parametrize("sides", ["source", "target", "source target"])
def test_a_copy(things, target_db, bastion, sides):
    connections = {"source": {"url": things.url}, "target": {"url": target_db.url}}
    for side in sides.split():
        connections[side]["ssh"] = bastion.ssh()

    for _ in range(2):
        run(connections)

    assert read_schema(target_db, "app") == read_schema(things, "app")
