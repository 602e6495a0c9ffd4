"""A job that does not fit its databases, or can't reach them: exit 1, one clear sentence, nothing changed."""

import socket

import pytest
from commanding import leftovers, manifest, problems, urls, write
from psycopg2.sql import SQL, Identifier

SHELF = """
CREATE TABLE books (id int PRIMARY KEY, title text NOT NULL, price numeric(6, 2));
CREATE TABLE authors (id int PRIMARY KEY, name text);
INSERT INTO books VALUES (1, 'one', 1.5), (2, 'two', 2.5);
"""
FORTY = [f"t{number:02}" for number in range(40)]


@pytest.fixture
def source(source_db):
    source_db.execute(SHELF)
    return source_db


@pytest.fixture
def target(target_db):
    """A target with something in it, which no failure may touch."""
    target_db.execute("CREATE TABLE precious (id int); INSERT INTO precious VALUES (42)")
    yield target_db
    assert target_db.rows("SELECT * FROM precious") == [(42,)]
    assert leftovers(target_db) == []


@pytest.fixture
def run(run_cli, tmp_path, source, target):
    def run_manifest(job, *options, **given):
        env = {**urls(source, target), **given.pop("env", {})}
        return run_cli("run", write(tmp_path, manifest(job)), *options, env=env, **given)

    return run_manifest


def said(done):
    """What a failed run said, besides how far it came."""
    lines = problems(done)
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert done.code == 1
    return lines


# --- Names that are not there


def test_tables_and_columns_that_do_not_exist_all_at_once(run):
    done = run("""\
        exclude: [drafts]
        tables:
          boks: {}
          "film*": {}
          books: {where: {prise: {gt: 1}}, transform: {titel: upper(title)}}
        """)

    assert said(done) == [
        "error: job copy can't run, 5 problems; nothing was changed:",
        "  public.boks: there is no such table in the source (did you mean 'books'?)",
        "  public.film*: no table of the source matches it",
        "  public.drafts: excluded, but there is no such table in the source",
        "  public.books: `where` filters by column prise, which it does not have (did you mean price?)",
        "  public.books: `transform` names a column titel that it does not have (did you mean title?)",
    ]


def test_a_filter_that_a_table_under_a_pattern_can_not_have(run):
    done = run('tables: {"*": {where: {title: one}}}')

    assert said(done) == [
        "error: job copy can't run, 1 problem; nothing was changed:",
        "  public.authors: `where` filters by column title, which it does not have"
        " (exclude the table, or say `on_missing_column: skip_table` or `copy_all`)",
    ]


def test_a_schema_that_does_not_exist(run):
    done = run('{source: {schema: pubic}, tables: {"*": {}}}')

    assert said(done) == ["error: the source source has no schema pubic.", "  Did you mean public?"]


def test_every_expression_is_checked_before_the_target_is_touched(run):
    done = run("""\
        tables:
          authors: {where: "nmae > 1"}
          books: {transform: {title: "lower(title"}}
        """)

    assert said(done) == [
        "error: job copy can't run, 2 problems; nothing was changed:",
        '  public.authors: column "nmae" does not exist (Check the column names in `where` and `transform`.)',
        '  public.books: syntax error at or near "AS" (Check the SQL in `where` and `transform`.)',
    ]


def test_a_syntax_error_in_the_first_table(run):
    done = run("tables: {authors: {where: name =}, books: {where: id =}}")

    assert said(done)[0] == "error: job copy can't run, 2 problems; nothing was changed:"


def test_a_value_that_its_column_can_not_hold_is_not_repeated(run):
    done = run("tables: {books: {where: {id: hush-hush}}}")

    assert said(done)[1:] == [
        '  public.books: invalid input syntax for type integer: "…"'
        " (A value does not fit its column: see `where` and `transform`.)"
    ]


def test_one_typo_in_forty_tables_is_reported_with_the_others_checked(run, source):
    for name in FORTY:
        source.execute(SQL("CREATE TABLE {} (id int, tenant int)").format(Identifier(name)))
    rules = dict.fromkeys(FORTY, "{where: tenant = 1}")
    rules["t07"] = "{where: tennant = 1}"
    rules["t31"] = "{where: tenant = }"

    done = run("tables: {" + ", ".join(f"{name}: {rule}" for name, rule in rules.items()) + "}")

    assert said(done) == [
        "error: job copy can't run, 2 problems; nothing was changed:",
        '  public.t07: column "tennant" does not exist (Check the column names in `where` and `transform`.)',
        '  public.t31: syntax error at or near ")" (Check the SQL in `where` and `transform`.)',
    ]


# --- Privileges


def test_a_source_role_that_may_not_read_a_table(run, source, hostile_role):
    role = hostile_role(source, grant=["USAGE ON SCHEMA public", "SELECT ON authors"])

    done = run('tables: {"*": {}}', env={"SOURCE_DB_URL": source.url_as(role)})

    assert said(done) == [
        "error: job copy can't run, 1 problem; nothing was changed:",
        "  public.books: permission denied for table books"
        f' (ask for: GRANT SELECT ON "public"."books" TO "{role.name}")',
    ]


def test_a_source_role_that_may_not_look_into_the_schema(run, source, hostile_role):
    role = hostile_role(source)
    source.execute("CREATE SCHEMA vault")

    done = run('{source: {schema: vault}, tables: {"*": {}}}', env={"SOURCE_DB_URL": source.url_as(role)})

    assert said(done) == [
        f"error: the source source does not let the role {role.name} into schema vault.",
        f'  Ask for: GRANT USAGE ON SCHEMA "vault" TO "{role.name}".',
    ]


def test_a_target_role_that_may_not_create_schemas(run, target, hostile_role):
    role = hostile_role(target)

    done = run("{target: {schema: fresh}, tables: {books: {}}}", env={"TARGET_DB_URL": target.url_as(role)})

    assert said(done) == [
        "error: job copy can't run, 1 problem; nothing was changed:",
        f"  target schema fresh: the role {role.name} may not create the staging schema beside it"
        f' (ask for: GRANT CREATE ON DATABASE "{target.name}" TO "{role.name}";'
        " the modes append, truncate and upsert fill existing tables without it)",
    ]


def test_a_target_role_that_may_not_drop_what_stands_there(run, target, hostile_role):
    role = hostile_role(target)
    target.execute(SQL("GRANT CREATE ON DATABASE {} TO {}").format(Identifier(target.name), Identifier(role.name)))

    done = run("tables: {books: {}}", env={"TARGET_DB_URL": target.url_as(role)})

    assert said(done) == [
        "error: job copy can't run, 1 problem; nothing was changed:",
        f"  target schema public: the role {role.name} can't drop what others own there: public.precious"
        " (run as a member of postgres, or let the owner hand them over: ALTER TABLE … OWNER TO)",
    ]


# --- Servers


def test_a_server_that_is_down(run):
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]

    done = run("tables: {books: {}}", env={"SOURCE_DB_URL": f"postgresql://me:hush-hush@127.0.0.1:{port}/shop"})

    sentence, hint = said(done)
    assert sentence.startswith(
        f'error: can\'t connect to the source source: connection to server at "127.0.0.1", port {port}'
    )
    assert "Connection refused" in sentence
    assert hint == "  Check host and port, and that the server runs."
    assert "hush-hush" not in done.stderr


def test_a_host_that_is_unknown(run):
    done = run("tables: {books: {}}", env={"TARGET_DB_URL": "postgresql://me@no-such-host.invalid/shop"})

    sentence, hint = said(done)
    assert sentence.startswith(
        'error: can\'t connect to the target target: could not translate host name "no-such-host.invalid"'
    )
    assert hint == "  Check the host's name."


def test_a_wrong_password(run, source, hostile_role):
    role = hostile_role(source)
    wrong = source.url_as(role).replace(role.password, "hush-hush")

    done = run("tables: {books: {}}", env={"SOURCE_DB_URL": wrong})

    sentence, hint = said(done)
    assert sentence.endswith(f'password authentication failed for user "{role.name}".')
    assert hint == "  Check the user and the password."
    assert "hush-hush" not in done.stderr


def test_a_database_that_does_not_exist(run, source):
    done = run("tables: {books: {}}", env={"SOURCE_DB_URL": source.url + "x"})

    sentence, hint = said(done)
    assert sentence.endswith(f'database "{source.name}x" does not exist.')
    assert hint == "  Check the name of the database and of the role."


@pytest.mark.parametrize("spelled", ["url", "dsn"])
def test_a_target_that_is_the_source(run, target, spelled):
    done = run('tables: {"*": {}}', env={"SOURCE_DB_URL": getattr(target, spelled)})

    assert said(done) == [
        "error: source and target are both schema public of target: a copy would replace what it reads.",
        "  Choose another target schema or database.",
    ]


def test_a_protected_target_is_a_mistake_of_the_manifest(run_cli, tmp_path, source, target):
    text = manifest("tables: {books: {}}").replace(
        'target: {url: "${TARGET_DB_URL}"}', 'target: {url: "${TARGET_DB_URL}", protected: true}'
    )

    done = run_cli("run", write(tmp_path, text), env=urls(source, target))

    assert done.stderr.splitlines()[0].endswith("connection 'target' is protected: it is never written")
    assert done.code == 2


# --- A target that others need


def test_a_view_elsewhere_that_depends_on_the_target(run, target):
    target.execute("CREATE SCHEMA reports; CREATE VIEW reports.answer AS SELECT id FROM precious")

    done = run("tables: {books: {}}")

    assert said(done) == [
        "error: job copy can't run, 1 problem; nothing was changed:",
        "  target schema public: objects outside it depend on what would be dropped:"
        " view reports.answer (on table public.precious)"
        " (drop them first, or set `cascade: true` to have them dropped too)",
    ]


def test_strict_says_what_can_not_hold_before_a_row_is_copied(run):
    done = run("{strict: true, tables: {books: {transform: {id: null}}}}")

    assert said(done) == [
        "error: job copy can't run, 1 problem; nothing was changed:",
        "  public.books.books_pkey: constraint left out: primary key: it needs id, which is left out"
        " (`strict: true` forbids it)",
    ]


def test_a_row_that_its_new_type_can_not_hold(run):
    done = run("tables: {books: {transform: {price: price * 1000000}}}")

    sentence, *_ = said(done)
    assert sentence == (
        "error: copying public.books: the target target said: numeric field overflow, column price, row 1"
        " (SQLSTATE 22003)."
    )


def test_a_partition_in_another_schema_is_not_lost(run, source, target):
    source.execute("""
        CREATE SCHEMA attic;
        CREATE TABLE events (at int) PARTITION BY RANGE (at);
        CREATE TABLE attic.events_old PARTITION OF events FOR VALUES FROM (0) TO (10);
        INSERT INTO events VALUES (1);
        """)

    done = run("{target: {schema: fresh}, tables: {events: {}}}")

    assert done.code == 0
    assert target.rows("SELECT at, tableoid::regclass::text FROM fresh.events") == [(1, "fresh.events_old")]


def test_a_partition_from_elsewhere_that_would_have_the_name_of_another_table(run, source):
    source.execute("""
        CREATE SCHEMA attic;
        CREATE TABLE events (at int) PARTITION BY RANGE (at);
        CREATE TABLE attic.books PARTITION OF events FOR VALUES FROM (0) TO (10);
        """)

    done = run("{target: {schema: fresh}, tables: {events: {}, books: {}}}")

    assert said(done)[1:] == [
        "  attic.books: in the target it would have the name of public.books (exclude one of them)"
    ]
