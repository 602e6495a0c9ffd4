"""The recipes are run as they are written, between databases that have the tables of which they speak."""

from __future__ import annotations

import re

import pytest
import yaml
from documents import shown

from conftest import CHECKOUT
from pg_xcopy import run_job
from pg_xcopy.manifest.loader import load_manifest

RECIPES = {
    name: block.text
    for block in shown("yaml")
    if block.page == "docs/recipes.md"
    for name, job in yaml.safe_load(block.text)["jobs"].items()
    if "source" in job
}
ELSEWHERE = {"refresh": "tests/acceptance/test_reach.py"}
"""Where a bastion and AWS are needed, a test of its own runs such a manifest from end to end."""

USERS = """
    CREATE TABLE users (id int PRIMARY KEY, email text, full_name text, phone text, password_hash text, born date);
    INSERT INTO users VALUES (1, 'a@real.example', 'Real Name', '555', 'hash', '2000-01-01');
    CREATE TABLE messages (id int PRIMARY KEY, body text, created_at timestamptz);
    INSERT INTO messages VALUES (1, 'old secret', '2024-12-31'), (2, 'new secret', '2025-06-01');
    CREATE TABLE audit_log (id int); CREATE TABLE sessions (id int); CREATE TABLE tags (id int);
    INSERT INTO tags VALUES (1);
"""
TENANTS = """
    CREATE TABLE countries (code text PRIMARY KEY); CREATE TABLE plans (id int PRIMARY KEY);
    CREATE TABLE orders (id int PRIMARY KEY, tenant_id int);
    CREATE TABLE order_lines (id int PRIMARY KEY, order_id int REFERENCES orders);
    INSERT INTO countries VALUES ('DE'); INSERT INTO plans VALUES (1);
    INSERT INTO orders VALUES (1, 123), (2, 5); INSERT INTO order_lines VALUES (1, 1), (2, 2);
"""
CUSTOMERS = """
    CREATE TABLE customers (id int PRIMARY KEY, name text, email text, vat_id text);
    CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers, status text);
"""
SOLD = (
    CUSTOMERS
    + """
    INSERT INTO customers VALUES (1, 'Ann', 'ann@b.example', 'DE1'), (2, 'Bob', 'bob@b.example', 'DE2');
    INSERT INTO orders VALUES (1, 1, 'paid'), (2, 2, 'open'), (3, 2, 'shipped');
"""
)
BILLED = (
    CUSTOMERS
    + """
    ALTER TABLE customers ADD reminded_at date;
    INSERT INTO customers VALUES (1, 'Anne', 'old@b.example', 'DE1', '2025-01-01');
    INSERT INTO orders VALUES (1, 1, 'booked');
"""
)
EVENTS = """
    CREATE SCHEMA events; CREATE TABLE events.visits (id int, created_at timestamptz, updated_at timestamptz);
    CREATE TABLE events.kinds (id int);
    INSERT INTO events.visits VALUES (1, '2024-06-01 12:00Z', '2024-06-02 12:00Z');
"""


@pytest.fixture
def copied(source_db, target_db, tmp_path):
    """`copied("demo", of_source)` runs the recipe with its addresses changed; gives the target's database."""

    def copy(name, of_source, of_target=""):
        for database, statements in ((source_db, of_source), (target_db, of_target)):
            if statements:
                database.execute(statements)
        text, variables = _addressed(RECIPES[name], source_db.url, target_db.url)
        path = tmp_path / "jobs.yaml"
        path.write_text(text, encoding="utf-8")
        run_job(load_manifest(path, variables).jobs[name])
        return target_db

    return copy


def _addressed(text, source, target):
    """Put the tests' databases where the recipe has its own: the first one is where it reads."""
    first, second = dict.fromkeys(re.findall(r"\$\{(\w+)\}|(postgresql://[^\"]+)", text))
    urls = {first: source, second: target}
    for (_, literal), url in urls.items():
        text = text.replace(literal, url) if literal else text
    return text, {variable: url for (variable, _), url in urls.items() if variable}


def test_anonymised(copied):
    target = copied("anonymise", USERS)

    assert target.rows("SELECT * FROM users") == [
        (1, "user1@example.com", "User 1", "x", target.value("SELECT '2000-01-01'::date"))
    ]
    assert target.rows("SELECT id, body FROM messages") == [(2, "message 2")]
    assert target.column("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1") == [
        "messages", "tags", "users",
    ]  # fmt: skip


def test_one_tenant(copied):
    target = copied("tenant:123", TENANTS)

    assert target.rows("SELECT * FROM orders") == [(1, 123)]
    assert target.rows("SELECT * FROM order_lines") == [(1, 1)]
    assert target.column("SELECT code FROM countries") == ["DE"]


def test_into_another_service(copied):
    target = copied("customers", SOLD, BILLED)

    assert target.rows("SELECT name, email, reminded_at IS NULL FROM customers ORDER BY id") == [
        ("Ann", "ann@b.example", False), ("Bob", "bob@b.example", True),
    ]  # fmt: skip
    assert target.rows("SELECT id, status FROM orders ORDER BY id") == [(1, "booked"), (3, "shipped")]


def test_always_today(copied):
    target = copied("demo", EVENTS)

    days = "created_at::date - current_date, updated_at::date - current_date"
    assert target.rows(f"SELECT {days} FROM events.visits") == [(0, 1)]


def test_from_a_replica(copied):
    assert copied("reports", "CREATE TABLE t AS SELECT 1 AS n").value("SELECT n FROM t") == 1


def test_every_recipe_is_run():
    assert set(RECIPES) - set(ELSEWHERE) == {"anonymise", "tenant:123", "customers", "demo", "reports"}
    assert all((CHECKOUT / path).exists() for path in ELSEWHERE.values())
