"""`plan` says everything that `run` would do, and writes nothing."""

import json
import re

import pytest
from commanding import leftovers, manifest, urls, write
from psycopg2.sql import SQL, Identifier

SOURCE = """
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TABLE users (id serial PRIMARY KEY, email text UNIQUE, phone text, mood mood);
CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users, total int CHECK (total > 0));
CREATE INDEX orders_user ON orders (user_id);
INSERT INTO users (email) SELECT 'user' || n FROM generate_series(1, 1000) n;
INSERT INTO orders SELECT n, n, n FROM generate_series(1, 1000) n;
ANALYZE;
"""
TARGET = """
CREATE TABLE users (id int); INSERT INTO users VALUES (42);
CREATE TABLE old_things (id int);
"""
JOB = manifest("""\
    tables:
      users: {transform: {email: "'user' || id", phone: null}}
      orders: {where: {total: {lte: 10}}}
    """)
STATE = """
SELECT n.nspname, c.relname, c.relkind, pg_relation_filenode(c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname NOT LIKE 'pg_%' AND n.nspname <> 'information_schema' ORDER BY 1, 2
"""


@pytest.fixture
def target(target_db):
    """A target that a plan leaves exactly as it was, transaction counter aside."""
    target_db.execute(TARGET)
    before = target_db.rows(STATE)
    yield target_db
    assert target_db.rows(STATE) == before
    assert target_db.rows("SELECT * FROM users") == [(42,)]
    assert leftovers(target_db) == []


@pytest.fixture
def plan(run_cli, tmp_path, source_db, target):
    source_db.execute(SOURCE)

    def plan_manifest(*options, text=JOB, **env):
        return run_cli("plan", write(tmp_path, text), *options, env={**urls(source_db, target), **env})

    return plan_manifest


def test_text(plan, source_db, target):
    done = plan()

    version = r"PostgreSQL \d+\.\d+"
    lines = done.stdout.splitlines()
    assert (done.code, done.stderr) == (0, "")
    assert re.fullmatch(rf"  from  source, schema public \(database {source_db.name}, {version}\)", lines[1])
    assert re.fullmatch(rf"  to    target, schema public \(database {target.name}, {version}\)", lines[2])
    # A filter's rows are the server's guess, and a size depends on how it stores rows.
    figures = re.sub(r"(about |~)[\d,]+ rows?, [\d.]+ \w+", r"\1…", "\n".join([lines[0], *lines[3:]]))
    assert figures == (
        """\
job copy

copies 2 tables, about … on disk
  public.orders  ~…, in binary
      where "total" <= 10
  public.users  ~…, in binary
      email = 'user' || id
      without phone

then makes (6)
  adding primary key public.orders.orders_pkey
  adding check public.orders.orders_total_check
  creating index public.orders.orders_user
  adding primary key public.users.users_pkey
  adding unique constraint public.users.users_email_key
  adding foreign key public.orders.orders_user_id_fkey

drops with the old schema (2)
  table public.old_things
  table public.users

warnings (1)
  public.old_things: dropped with the old schema: this table stands in the target and the copy does not bring it

then swaps: rename the schemas"""
    )


def test_sql_is_complete_and_in_order(plan):
    done = plan("--sql")

    lines = [line for line in done.stdout.splitlines() if re.match("[A-Z]", line)]
    commands = [re.match(r"[A-Z]+( (SCHEMA|TYPE|TABLE|SEQUENCE|INDEX))?", line).group() for line in lines]
    build = ["SET", "CREATE SCHEMA", "COMMENT", "CREATE TYPE"]
    tables = ["CREATE TABLE", "CREATE SEQUENCE", "CREATE TABLE", "ALTER SEQUENCE"]
    orders, users = ["ALTER TABLE", "ALTER TABLE", "CREATE INDEX", "ANALYZE"], ["ALTER TABLE", "ALTER TABLE", "ANALYZE"]
    fill = ["BEGIN", "TRUNCATE", "COMMIT"]
    swap = ["BEGIN", "ALTER SCHEMA", "COMMENT", "ALTER SCHEMA", "COMMENT", "COMMIT", "DROP SCHEMA", "DROP SCHEMA"]
    assert done.code == 0
    assert commands.count("COPY") == 4
    assert [command for command in commands if command not in ("COPY", "GRANT")] == [
        *(*build, *tables),
        *fill,
        *fill,
        *(*orders, *users, "ALTER TABLE", "SELECT"),
        *(["ALTER SCHEMA"] if "OWNER TO" in done.stdout else []),  # public is the database owner's since PostgreSQL 14
        *swap,
    ]


def test_sql_can_be_run_by_hand(plan, run_cli, tmp_path, source_db, new_database):
    """What is printed is what is sent: played into an empty target, it gives the structure that a run gives."""
    by_hand, by_run = new_database(source_db.server), new_database(source_db.server)
    printed = plan("--sql", TARGET_DB_URL=by_hand.url).stdout
    streams = r"-- on the source\nCOPY .*?;\n-- on the target\n(BEGIN;\n)?(TRUNCATE .*?;\n)?COPY .*?;\n(COMMIT;\n)?"
    statements = re.sub(streams, "", printed, flags=re.DOTALL)

    by_hand.execute(statements)
    run_cli("run", tmp_path / "jobs.yaml", env=urls(source_db, by_run))

    structure = "SELECT relname, relkind, relnatts FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1"
    assert by_hand.rows(structure) == by_run.rows(structure)
    assert leftovers(by_hand) == []


def test_json(plan, source_db):
    done = plan("--json")

    (planned,) = json.loads(done.stdout)["jobs"]
    users = next(copy for copy in planned["copies"] if copy["source"] == "public.users")
    assert (done.code, done.stderr) == (0, "")
    assert planned["job"] == "copy"
    assert planned["source"]["database"] == source_db.name
    assert [column["name"] for column in users["columns"]] == ["id", "email", "mood"]
    assert users["columns"][1] == {"name": "email", "type": "text", "expression": "'user' || id", "transformed": True}
    assert users["left_out"] == ["phone"]
    assert users["estimated_rows"] == 1000
    assert users["estimated_bytes"] > 1000
    assert planned["dropped"] == ["table public.old_things", "table public.users"]
    assert planned["notices"] == [
        {
            "topic": "dropped with the old schema",
            "subject": "public.old_things",
            "message": "this table stands in the target and the copy does not bring it",
            "refers_to": None,
        }
    ]


def test_several_jobs(plan):
    text = JOB + manifest("tables: {orders: {}}", name="other").partition("jobs:\n")[2]

    assert [job["job"] for job in json.loads(plan("--json", text=text).stdout)["jobs"]] == ["copy", "other"]
    assert plan("other", text=text).stdout.startswith("job other\n")


def test_problems_are_the_ones_of_a_run(plan):
    done = plan(text=JOB.replace("phone:", "fone:"))

    assert done.code == 1
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "error: job copy can't run, 1 problem; nothing was changed:",
        "  public.users: `transform` names a column fone that it does not have (did you mean phone?)",
    ]


def test_with_a_target_role_that_may_only_look(plan, target, hostile_role):
    role = hostile_role(target, grant=["USAGE ON SCHEMA public"])
    target.execute(
        SQL("ALTER ROLE {} SET default_transaction_read_only = on").format(Identifier(role.name)),
    )

    done = plan(TARGET_DB_URL=target.url_as(role))

    assert done.code == 1
    assert "may not create the staging schema beside it" in done.stderr
    assert "Traceback" not in done.stderr


def test_into_a_schema_that_does_not_exist_yet(plan, target):
    done = plan(text=JOB.replace("tables:", "target: {schema: fresh}\n    tables:"))

    assert done.code == 0
    assert "drops" not in done.stdout
    assert "  public.users → fresh.users  ~1,000 rows, " in done.stdout
    assert target.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'fresh'") == 0
