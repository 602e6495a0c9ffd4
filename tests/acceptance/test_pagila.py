"""Pagila, a public sample database, through the command: copied as it is, filtered and transformed, and strictly."""

import pytest
from commanding import leftovers, manifest, urls, write

from judge import read_schema

EVERYTHING = manifest('tables: {"*": {}}')
PARTLY = """\
    tables:
      film: {where: {rating: [PG, G]}}
      customer: {transform: {email: lower(email), active: null}}
      "*": {}
"""
FILTERED = "rating IN ('PG', 'G')"
BROKEN_KEYS = ("film_actor_film_id_fkey", "film_category_film_id_fkey", "inventory_film_id_fkey")


@pytest.fixture
def run(run_cli, tmp_path, pagila, target_db):
    def run_manifest(text, *options):
        return run_cli("run", write(tmp_path, text), *options, env=urls(pagila, target_db))

    return run_manifest


def test_every_row_key_and_index_arrives_and_again(run, pagila, target_db):
    original = read_schema(pagila, "public")

    first = run(EVERYTHING)
    once = read_schema(target_db, "public")
    second = run(EVERYTHING, "--fail-on-warnings")
    twice = read_schema(target_db, "public")

    assert (first.code, second.code) == (0, 0), first.stderr + second.stderr
    assert sum(count for count, _ in original["rows"].values()) == 46_273
    assert once == original
    assert twice == original
    assert leftovers(target_db) == []


def test_filter_and_transform(run, pagila, target_db):
    done = run(manifest(PARTLY))

    assert done.code == 0, done.stderr
    assert target_db.rows("SELECT * FROM film ORDER BY film_id") == pagila.rows(
        f"SELECT * FROM film WHERE {FILTERED} ORDER BY film_id"
    )
    assert target_db.rows("SELECT customer_id, email, last_name FROM customer ORDER BY 1") == pagila.rows(
        "SELECT customer_id, lower(email), last_name FROM customer ORDER BY 1"
    )
    assert "active" not in target_db.column(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'customer'::regclass AND NOT attisdropped"
    )
    assert target_db.value("SELECT count(*) FROM rental") == pagila.value("SELECT count(*) FROM rental")


def test_keys_that_cannot_hold_are_warnings_that_name_them(run, target_db):
    done = run(manifest(PARTLY))

    warned = [line for line in done.stderr.splitlines() if "warning" in line and "done" not in line]
    assert done.code == 0
    assert len(warned) == len(BROKEN_KEYS)
    for key, line in zip(BROKEN_KEYS, sorted(warned), strict=True):
        assert key in line
        assert "rows refer to others that were not copied" in line
        assert "_xcopy" not in line
        assert not target_db.rows("SELECT conname FROM pg_constraint WHERE conname = %s", (key,))
    assert target_db.rows("SELECT conname FROM pg_constraint WHERE conname = 'rental_customer_id_fkey'")


def test_warnings_can_fail_a_run_that_is_done(run, pagila, target_db):
    done = run(manifest(PARTLY), "--fail-on-warnings")

    assert done.code == 3
    assert target_db.value("SELECT count(*) FROM film") == pagila.value(f"SELECT count(*) FROM film WHERE {FILTERED}")


def test_strict_fails_and_leaves_the_old_target(run, target_db):
    assert run(EVERYTHING).code == 0
    before = read_schema(target_db, "public")

    done = run(manifest(PARTLY + "    strict: true\n"))

    assert done.code == 1
    assert "job copy is strict and 3 things can't be replicated; the target is as it was:" in done.stderr
    assert all(key in done.stderr for key in BROKEN_KEYS)
    assert read_schema(target_db, "public") == before
    assert leftovers(target_db) == []


def test_between_the_oldest_and_the_newest_server(run_cli, tmp_path, pagila, server_of, new_database):
    target = new_database(server_of(12))
    original = read_schema(pagila, "public")

    done = run_cli("run", write(tmp_path, EVERYTHING), env=urls(pagila, target))

    assert done.code == 0, done.stderr
    assert read_schema(target, "public")["rows"] == original["rows"]
    assert read_schema(target, "public")["indexes"] == original["indexes"]
