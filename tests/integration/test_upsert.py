"""`mode: upsert`: rows that are not there are added, those that are there are updated."""

from __future__ import annotations

import pytest
from copying import messages
from filling import append, plan_of, upsert

from pg_xcopy.errors import DatabaseError, DuplicateRowsError, PlanError
from pg_xcopy.results import UpsertedTable

VERSIONS = [(12, 18), (18, 12), (15, 15)]


USERS = "CREATE TABLE users (id int PRIMARY KEY, email text, nick text)"
SOURCE = f"{USERS}; INSERT INTO users VALUES (1, 'a', 'A'), (2, 'b', 'B'), (3, 'c', 'C')"
TARGET = f"""{USERS}; ALTER TABLE users ADD note text DEFAULT 'new';
             INSERT INTO users VALUES (1, 'a', 'A', 'same'), (2, 'b', 'old', 'differs'), (9, 'z', 'Z', 'only here')"""


@pytest.fixture
def users(pair):
    return pair(SOURCE, TARGET)


def written(result):
    return {each.table: (each.rows, each.inserted, each.updated) for each in result.tables}


def test_rows_are_added_or_updated(users):
    source, target = users

    first = upsert(source, target)

    assert target.rows("SELECT * FROM app.users ORDER BY id") == [
        (1, "a", "A", "same"),
        (2, "b", "B", "differs"),
        (3, "c", "C", "new"),
        (9, "z", "Z", "only here"),
    ]
    assert written(first) == {"app.users": (3, 1, 1)}
    assert written(upsert(source, target)) == {"app.users": (3, 0, 0)}


@pytest.mark.parametrize(
    ("update", "expected"),
    [
        ("all", [("b2", "B2", "differs"), ("c", "C", "new")]),
        ("none", [("b", "old", "differs"), ("c", "C", "new")]),
        (["nick"], [("b", "B2", "differs"), ("c", "C", "new")]),
    ],
)
def test_what_is_updated(users, update, expected):
    source, target = users
    source.execute("UPDATE app.users SET email = 'b2', nick = 'B2' WHERE id = 2")

    upsert(source, target, update=update)

    assert target.rows("SELECT email, nick, note FROM app.users WHERE id IN (2, 3) ORDER BY id") == expected


def test_a_rule_of_a_table_goes_before_the_target(users):
    source, target = users
    target.execute("CREATE UNIQUE INDEX by_email ON app.users (email); UPDATE app.users SET id = 20 WHERE id = 2")

    upsert(source, target, {"users": {"key": "by_email", "update": ["nick"]}}, update="none")

    assert target.rows("SELECT id, email, nick FROM app.users WHERE email = 'b'") == [(20, "b", "B")]


def test_a_row_that_does_not_change_is_not_written(users):
    """Not even by a trigger: nothing is updated, whatever the types, and whatever counts as equal."""
    source, target = users
    target.execute("""
        ALTER TABLE app.users ADD at timestamptz DEFAULT 'epoch';
        CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.at := now(); RETURN NEW; END';
        CREATE TRIGGER touching BEFORE UPDATE ON app.users FOR EACH ROW EXECUTE FUNCTION app.touch()""")

    upsert(source, target)

    assert target.column("SELECT id FROM app.users WHERE at > 'epoch'") == [2]


def test_values_that_are_equal_or_have_no_equality_are_compared_as_they_are(pair):
    columns = (
        "(id int PRIMARY KEY, j json, x xml, p point, b box, n numeric, f float8, i interval, a numeric[], t text)"
    )
    row = """'{"a": 1}', '<a/>', '(1,2)', '(1,1),(0,0)', 1.0, 0, '1 mon', '{1.0}', 'x'"""
    same_but = {
        "j": """'{"a":1}'""",
        "x": "'<b/>'",
        "p": "'(1,3)'",
        "b": "'(2,2),(1,1)'",
        "n": "1.00",
        "f": "'-0'",
        "i": "'30 days'",
        "a": "'{1.00}'",
        "t": "'X'",
    }
    values = "; ".join(f"INSERT INTO t VALUES ({number}, {row})" for number in range(len(same_but) + 1))
    source, target = pair(f"CREATE TABLE t {columns}; {values}", f"CREATE TABLE t {columns}; {values}")
    for number, (name, value) in enumerate(same_but.items(), start=1):
        source.execute(f"UPDATE app.t SET {name} = {value} WHERE id = {number}")

    result = upsert(source, target)

    assert written(result) == {"app.t": (10, 0, 9)}
    shown = (
        "SELECT id, j::text, x::text, p::text, b::text, n::text, f::text, i::text, a::text, t FROM app.t ORDER BY id"
    )
    assert target.rows(shown) == source.rows(shown)


@pytest.mark.parametrize("update", ["all", "none"])
def test_rows_of_the_source_that_are_the_same_by_the_key(pair, update):
    source, target = pair(
        "CREATE TABLE t (id int, n int); INSERT INTO t VALUES (1, 1), (2, 2), (1, 3)",
        "CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 0)",
    )

    with pytest.raises(DuplicateRowsError) as caught:
        upsert(source, target, update=update)

    assert str(caught.value) == (
        "upserting into app.t: several rows of the source are one and the same by the key t_pkey."
        " Leave some out with `where`, or name a `key` that tells them apart."
    )
    assert target.rows("TABLE app.t") == [(1, 0)]


KEYS = {
    "a constraint of several columns": ("CONSTRAINT k UNIQUE (a, b)", "", 2),
    "an index": ("", "CREATE UNIQUE INDEX k ON t (b, a)", 2),
    "an expression": ("", "CREATE UNIQUE INDEX k ON t (lower(b), (a + 0))", 2),
    "a predicate": ("", "CREATE UNIQUE INDEX k ON t (a) WHERE c > 0", 2),
    "included columns": ("", "CREATE UNIQUE INDEX k ON t (a, b) INCLUDE (c)", 2),
    "another collation": ("", 'CREATE UNIQUE INDEX k ON t (b COLLATE "C" text_pattern_ops, a)', 2),
}


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("version", [12, 18])
def test_keys(name, version, server_of, new_database):
    constraint, index, updated = KEYS[name]
    source, target = new_database(server_of(version)), new_database(server_of(version, "b"))
    columns = "a int, b text, c int"
    source.execute(
        f"CREATE SCHEMA app; CREATE TABLE app.t ({columns}); INSERT INTO app.t VALUES (1,'x',10),(2,'y',20),(3,'z',30)"
    )
    target.execute(
        f"CREATE SCHEMA app; SET search_path = app; CREATE TABLE t ({', '.join(filter(None, (columns, constraint)))});"
        f"{index}; INSERT INTO t VALUES (1, 'x', 1), (2, 'y', 2)"
    )

    result = upsert(source, target, key="k")

    assert target.rows("SELECT * FROM app.t ORDER BY a") == [(1, "x", 10), (2, "y", 20), (3, "z", 30)]
    assert written(result) == {"app.t": (3, 1, updated)}


def test_keys_that_do_not_serve(pair):
    tables = {
        "none": "(a int)",
        "others": "(a int UNIQUE)",
        "late": "(a int PRIMARY KEY DEFERRABLE)",
        "left": "(a int, id serial PRIMARY KEY)",
        "ruled": "(a int PRIMARY KEY)",
    }
    source, target = pair(
        "; ".join(f'CREATE TABLE "{name}" (a int)' for name in tables),
        "; ".join(f'CREATE TABLE "{name}" {columns}' for name, columns in tables.items())
        + '; CREATE RULE loud AS ON INSERT TO ruled DO NOTIFY "x"',
    )

    with pytest.raises(PlanError) as caught:
        upsert(source, target)

    no_key = "it has no primary key, by which `mode: upsert` could tell which rows are there already"
    name_one = "name a unique constraint or index of it with `key`; it has"
    assert sorted(caught.value.reasons) == [
        "app.late: by its key late_pkey PostgreSQL can't tell which rows are there already: it is deferrable"
        " (name another one with `key`)",
        "app.left: its key left_pkey needs id, into which nothing is copied (copy it, or name another `key`)",
        f"app.none: {no_key} ({name_one} none)",
        f"app.others: {no_key} ({name_one} others_a_key)",
        "app.ruled: it has the rule loud, and INSERT … ON CONFLICT does not work with rules"
        " (drop the rule, or use another mode)",
    ]


def test_a_key_and_columns_that_are_not_there(users):
    source, target = users
    target.execute(
        "CREATE UNIQUE INDEX by_email ON app.users (email);ALTER TABLE app.users ADD n int GENERATED ALWAYS AS IDENTITY"
    )
    source.execute("ALTER TABLE app.users ADD n int")

    with pytest.raises(PlanError) as caught:
        upsert(source, target, key="by_mail", update=["emial"])
    assert caught.value.reasons == (
        "app.users: it has no unique constraint or index by_mail, which `key` names (did you mean 'by_email'?)",
    )

    with pytest.raises(PlanError) as caught:
        upsert(source, target, update=["emial", "note", "id", "n"])
    assert caught.value.reasons == (
        "app.users: `update` names a column emial, which it does not have (did you mean email?)",
        "app.users: `update` names a column note, into which nothing is copied (take it out of the list)",
        "app.users: `update` names a column id, which belongs to the key users_pkey (take it out of the list)",
        "app.users: `update` names a column n, which is GENERATED ALWAYS AS IDENTITY and can't be updated"
        " (take it out of the list)",
    )


def test_an_identity_column_that_is_not_the_key(pair):
    source, target = pair(
        "CREATE TABLE t (id int, email text, n int); INSERT INTO t VALUES (1, 'a', 10), (2, 'b', 20)",
        """CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, email text CONSTRAINT k UNIQUE, n int);
           INSERT INTO t (email, n) OVERRIDING SYSTEM VALUE VALUES ('a', 1)""",
    )

    upsert(source, target, key="k")

    assert target.rows("SELECT * FROM app.t ORDER BY email") == [(1, "a", 10), (2, "b", 20)]
    assert target.value("SELECT nextval('app.t_id_seq')") == 3


def test_rows_without_a_key(pair):
    source, target = pair(
        "CREATE TABLE t (a text, n int); INSERT INTO t VALUES (NULL, 1), ('x', 2), (NULL, 3)",
        "CREATE TABLE t (a text CONSTRAINT k UNIQUE, n int)",
    )

    result = upsert(source, target, key="k")
    upsert(source, target, key="k", update="none")

    assert target.value("SELECT count(*) FROM app.t") == 5
    assert messages(result) == [
        "app.t.a: key: a row in which it is NULL is never there already, by the key k: each run adds it again"
    ]


def test_rows_that_a_partial_key_does_not_know(pair):
    source, target = pair(
        "CREATE TABLE t (a int NOT NULL, live bool); INSERT INTO t VALUES (1, true), (2, false), (2, false), (3, NULL)",
        "CREATE TABLE t (a int NOT NULL, live bool); CREATE UNIQUE INDEX k ON t (a) WHERE live",
    )

    for _ in range(2):
        result = upsert(source, target, key="k")

    assert target.column("SELECT a FROM app.t ORDER BY 1") == [1, 2, 2, 2, 2, 3, 3]
    assert messages(result) == [
        "app.t: key: a row that is not among those WHERE live is never there already, by the key k:"
        " each run adds it again"
    ]


def test_nulls_that_are_not_distinct(server_of, new_database):
    source, target = new_database(server_of(15)), new_database(server_of(18))
    source.execute(
        "CREATE SCHEMA app; CREATE TABLE app.t (a text, n int); INSERT INTO app.t VALUES (NULL, 1), ('x', 2)"
    )
    target.execute("CREATE SCHEMA app; CREATE TABLE app.t (a text CONSTRAINT k UNIQUE NULLS NOT DISTINCT, n int)")

    for _ in range(2):
        result = upsert(source, target, key="k")

    assert (target.value("SELECT count(*) FROM app.t"), result.warnings) == (2, ())
    source.execute("INSERT INTO app.t VALUES (NULL, 3)")
    with pytest.raises(DuplicateRowsError):
        upsert(source, target, key="k", update="none")


def test_a_key_without_overlaps(server_of, new_database):
    source, target = new_database(server_of(18)), new_database(server_of(18, "b"))
    target.require_extension("btree_gist")
    source.execute("CREATE SCHEMA app; CREATE TABLE app.t (id int, at daterange)")
    target.execute(
        "CREATE SCHEMA app; CREATE TABLE app.t (id int, at daterange, PRIMARY KEY (id, at WITHOUT OVERLAPS))"
    )

    with pytest.raises(
        PlanError, match="t_pkey PostgreSQL can't tell which rows are there already: it is no plain unique index"
    ):
        upsert(source, target)


@pytest.mark.parametrize(("source", "target"), VERSIONS)
def test_partitioned_tables_and_references(server_of, new_database, source, target):
    here, there = new_database(server_of(source)), new_database(server_of(target, "b"))
    here.execute("""
        CREATE SCHEMA app; SET search_path = app;
        CREATE TABLE users (id int PRIMARY KEY, boss int, name text);
        CREATE TABLE orders (id int, at date, user_id int);
        INSERT INTO users VALUES (1, 2, 'a'), (2, NULL, 'b');
        INSERT INTO orders VALUES (1, '2024-01-05', 1), (2, '2024-02-05', 2), (3, '2024-02-06', 2)""")
    there.execute("""
        CREATE SCHEMA app; SET search_path = app;
        CREATE TABLE users (id bigint PRIMARY KEY, name varchar(9), boss bigint REFERENCES users);
        CREATE TABLE orders (user_id bigint REFERENCES users, at date, id int, PRIMARY KEY (id, at))
            PARTITION BY RANGE (at);
        CREATE TABLE january PARTITION OF orders FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
        CREATE TABLE february PARTITION OF orders FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
        INSERT INTO users VALUES (1, 'old'); INSERT INTO orders VALUES (1, '2024-02-06', 3), (1, '2024-01-05', 1)""")

    result = upsert(here, there)

    assert there.rows("SELECT id, name, boss FROM app.users ORDER BY id") == [(1, "a", 2), (2, "b", None)]
    assert there.rows("SELECT id, user_id FROM app.orders ORDER BY id") == [(1, 1), (2, 2), (3, 2)]
    assert written(result) == {"app.users": (2, 1, 1), "app.orders": (3, 1, 1)}
    assert written(upsert(here, there)) == {"app.users": (2, 0, 0), "app.orders": (3, 0, 0)}


def test_another_key_that_does_not_hold(users):
    source, target = users
    target.execute("CREATE UNIQUE INDEX by_nick ON app.users (nick); UPDATE app.users SET nick = 'C' WHERE id = 9")

    with pytest.raises(DatabaseError) as caught:
        upsert(source, target)

    assert "upserting into app.users: the target" in str(caught.value)
    assert 'duplicate key value violates unique constraint "by_nick" (SQLSTATE 23505)' in str(caught.value)
    assert target.rows("SELECT nick FROM app.users WHERE id = 2") == [("old",)]


def test_a_subquery_of_a_trigger_is_not_taken_for_rows_that_are_the_same(users):
    source, target = users
    target.execute("""
        CREATE FUNCTION app.odd() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN NEW.nick := (SELECT n::text FROM generate_series(1, 2) AS n); RETURN NEW; END $$;
        CREATE TRIGGER odd BEFORE INSERT ON app.users FOR EACH ROW EXECUTE FUNCTION app.odd()""")

    with pytest.raises(DatabaseError, match="more than one row returned by a subquery"):
        upsert(source, target)


def test_where_the_server_does_not_count(users):
    source, target = users
    target.execute(f'ALTER DATABASE "{target.name}" SET track_counts = off')

    result = upsert(source, target)

    assert written(result) == {"app.users": (3, None, None)}
    assert all(isinstance(each, UpsertedTable) for each in result.tables)


def test_what_a_role_needs(users, hostile_role):
    source, target = users
    target.execute(f'REVOKE ALL ON DATABASE "{target.name}" FROM PUBLIC')
    connecting = f'CONNECT ON DATABASE "{target.name}"'
    poor = hostile_role(target, grant=[connecting, "USAGE ON SCHEMA app"])
    able = hostile_role(
        target,
        grant=[
            *(f'CONNECT, TEMPORARY ON DATABASE "{target.name}"', "USAGE ON SCHEMA app"),
            *("INSERT (id, email, nick) ON app.users", "SELECT (id, nick) ON app.users", "UPDATE (nick) ON app.users"),
        ],
    )

    with pytest.raises(PlanError) as caught:
        upsert(source, target.url_as(poor), update=["nick"])
    result = upsert(source, target.url_as(able), update=["nick"])

    to = f'TO "{poor.name}"'
    assert caught.value.reasons == (
        f"target database {target.name}: the role {poor.name} may not make temporary tables in it, in which upserted"
        f' rows land first (ask for: GRANT TEMPORARY ON DATABASE "{target.name}" {to})',
        f"app.users: the target's role {poor.name} may not INSERT, UPDATE or SELECT there"
        f' (ask for: GRANT INSERT, UPDATE, SELECT ON "app"."users" {to})',
    )
    assert written(result) == {"app.users": (3, 1, 1)}


def test_types_of_the_landing_table(pair):
    """It has the target's types, collations and domains, wherever these live."""
    source, target = pair(
        """CREATE TABLE t (id int PRIMARY KEY, m text, c text, d int, v text, a text);
           INSERT INTO t VALUES (1, 'x', 'y', 1, 'z', '{q}')""",
        """CREATE SCHEMA other; CREATE TYPE other.mood AS ENUM ('x'); CREATE COLLATION mine FROM "C";
           CREATE DOMAIN small AS int CHECK (VALUE < 10); CREATE TYPE q AS ENUM ('q');
           CREATE TABLE t (id int PRIMARY KEY, m other.mood, c text COLLATE mine, d small, v varchar(3), a q[])""",
    )

    upsert(source, target)

    assert target.rows("SELECT id, m, c, d, v, a::text FROM app.t") == [(1, "x", "y", 1, "z", "{q}")]
    source.execute("UPDATE app.t SET v = 'too long'")
    with pytest.raises(DatabaseError, match="value too long"):
        upsert(source, target)


def test_nothing_is_left_of_the_landing_tables(users):
    source, target = users

    upsert(source, target)

    assert target.value("SELECT count(*) FROM pg_class WHERE relname LIKE '\\_xcopy%'") == 0
    assert plan_of("upsert", source, target).fills[0].merge.key == "users_pkey"
    append(source, target, {"users": {"where": "id > 100"}})
