"""Chinook, a public sample database, through the command: copied as it is, and one country's customers of it."""

import pytest
from commanding import leftovers, manifest, urls, write

from judge import read_schema


@pytest.fixture
def run(run_cli, tmp_path, chinook, target_db):
    def run_manifest(text, *options):
        return run_cli("run", write(tmp_path, text), *options, env=urls(chinook, target_db))

    return run_manifest


def test_every_row_key_and_index_arrives_and_again(run, chinook, target_db):
    everything = manifest('tables: {"*": {}}')
    original = read_schema(chinook, "public")

    first = run(everything)
    once = read_schema(target_db, "public")
    second = run(everything, "--fail-on-warnings")

    assert (first.code, second.code) == (0, 0), first.stderr + second.stderr
    assert len(original["rows"]) == 11
    assert once == original
    assert read_schema(target_db, "public") == original
    assert leftovers(target_db) == []


def test_one_country_with_all_that_belongs_to_it(run, chinook, target_db):
    done = run(
        manifest("""\
            target: {schema: brazil}
            strict: true
            tables:
              customer:
                where: {country: Brazil}
                transform: {email: "'user' || customer_id || '@example.com'", phone: null}
              invoice: {where: {billing_country: Brazil}}
              invoice_line:
                where: >-
                  invoice_id IN (SELECT invoice_id FROM invoice WHERE billing_country = 'Brazil') -- theirs
              "*": {}
            """)
    )

    assert done.code == 0, done.stderr
    assert target_db.rows("SELECT customer_id, email FROM brazil.customer ORDER BY 1") == chinook.rows(
        "SELECT customer_id, 'user' || customer_id || '@example.com' FROM customer WHERE country = 'Brazil' ORDER BY 1"
    )
    assert target_db.value("SELECT count(*) FROM brazil.invoice_line") == chinook.value(
        "SELECT count(*) FROM invoice_line JOIN invoice USING (invoice_id) WHERE billing_country = 'Brazil'"
    )
    assert "example.com" in target_db.value("SELECT string_agg(email, ' ') FROM brazil.customer")
    assert target_db.value("SELECT count(*) FROM brazil.track") == chinook.value("SELECT count(*) FROM track")
