"""What depends on a table that `replace_tables` replaces: made again where that loses nothing, else refused by name."""

from __future__ import annotations

import pytest
from copying import beside, messages
from replacing_tables import IN_SCHEMA, plan_of, refusal, replace

from pg_xcopy.engine.replacing import swap
from pg_xcopy.errors import StrictError
from pg_xcopy.observe.events import Stage, StageStarted

THINGS = """
    CREATE SCHEMA app;
    CREATE TABLE app.things (id int PRIMARY KEY, kind text, n int, UNIQUE (kind, n));
    INSERT INTO app.things SELECT n, 'k', n FROM generate_series(1, 50) AS n;
"""


@pytest.fixture
def source(source_db):
    source_db.execute(THINGS)
    source_db.execute("UPDATE app.things SET n = n + 100")
    return source_db


@pytest.fixture
def target(target_db):
    target_db.execute(THINGS)
    return target_db


# --- Views


VIEWS = """
    CREATE SCHEMA other;
    CREATE TABLE app.own (thing int);
    INSERT INTO app.own VALUES (1);
    CREATE VIEW app.plain AS SELECT * FROM app.things;
    CREATE VIEW app.guarded WITH (security_barrier, check_option = local) AS
        SELECT id, n FROM app.things WHERE id < 9;
    CREATE VIEW app.on_view AS SELECT count(*) AS c FROM app.plain;
    CREATE VIEW other.far AS SELECT t.n FROM app.things t JOIN app.own ON t.id = own.thing;
    CREATE VIEW app.by_key AS SELECT id, kind, count(*) FROM app.things GROUP BY id;
    CREATE RECURSIVE VIEW app.chain (id) AS
        SELECT 1 UNION ALL SELECT t.id FROM app.things t JOIN chain c ON t.id = c.id + 1;
    CREATE FUNCTION app.put() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN INSERT INTO app.own VALUES (new.id); RETURN new; END';
    CREATE TRIGGER instead INSTEAD OF INSERT ON app.by_key FOR EACH ROW EXECUTE FUNCTION app.put();
    ALTER VIEW app.plain ALTER kind SET DEFAULT 'new';
    GRANT SELECT, INSERT ON app.things TO {owner};
    GRANT USAGE, CREATE ON SCHEMA app TO {owner};
    ALTER VIEW app.plain OWNER TO {owner};
    GRANT SELECT ON app.plain, other.far TO {reader};
    GRANT SELECT (n) ON app.guarded TO {reader};
    COMMENT ON VIEW app.plain IS 'all';
    COMMENT ON COLUMN app.plain.n IS 'n';
"""
OF_VIEWS = """
    SELECT oid, relname, relowner, relacl::text, reloptions, pg_get_viewdef(oid), obj_description(oid),
           col_description(oid, 3)
    FROM pg_class WHERE relkind = 'v' AND oid > 16384 ORDER BY relname
"""


def test_views_read_the_new_tables(source, target, hostile_role):
    """In the schema and elsewhere, on each other, with all that belongs to a view; the very same views as before."""
    target.execute(VIEWS.format(**{who: hostile_role(target, who).name for who in ("owner", "reader")}))
    before = target.rows(OF_VIEWS)

    plan = plan_of(source, target, "things")
    for _ in range(2):
        assert messages(replace(source, target, "things")) == []

    remade = ("app.by_key", "app.chain", "app.guarded", "app.plain", "other.far")
    assert plan.swap.again == tuple(f"view {name}" for name in remade)
    assert target.rows(OF_VIEWS) == before
    assert target.rows("SELECT min(n), (SELECT c FROM app.on_view) FROM app.plain") == [(101, 50)]
    assert target.column("SELECT n FROM other.far") == [101]
    assert target.value("SELECT count(*) FROM app.chain") == 50
    target.execute("INSERT INTO app.by_key (id) VALUES (77); INSERT INTO app.plain (id) VALUES (78)")
    assert target.rows("SELECT max(thing), (SELECT kind FROM app.things WHERE id = 78) FROM app.own") == [(77, "new")]
    with pytest.raises(Exception, match="check option"):
        target.execute("INSERT INTO app.guarded VALUES (500, 1)")


@pytest.mark.parametrize(
    ("view", "rule", "reason"),
    [
        ("SELECT id, n FROM app.things", {"transform": {"n": None}},
         "it reads app.things.n, which the copy does not have"),
        ("SELECT kind FROM app.things WHERE n > 1", {"transform": {"n": None}},
         "it reads app.things.n, which the copy does not have"),
        ("SELECT t FROM app.things t", {}, "it has whole rows of app.things as values"),
        ("SELECT array_agg(t) FROM app.things t", {}, "it has whole rows of app.things as values"),
    ],
)  # fmt: skip
def test_views_that_the_new_tables_do_not_fit(source, target, view, rule, reason):
    target.execute(f"CREATE VIEW app.v AS {view}; CREATE VIEW app.w AS SELECT * FROM app.v")

    (said,) = refusal(source, target, tables={"things": rule})

    assert said.startswith("target schema app: what stays depends on tables that are replaced: ")
    assert f"view app.v (on table app.things: {reason}), view app.w (on view app.v)" in said
    assert said.endswith("(drop it first, or set `cascade: true` to have it dropped too)")
    result = replace(source, target, tables={"things": rule}, cascade=True)
    assert "view app.v: dropped by cascade: it depends on table app.things" in messages(result)
    assert "view app.w: dropped by cascade: it depends on view app.v" in messages(result)
    assert (
        target.column("SELECT relname FROM pg_class WHERE relnamespace = 'app'::regnamespace AND relkind = 'v'") == []
    )
    assert beside(target) == []


def test_a_view_on_a_column_whose_type_changes(source, target):
    source.execute("ALTER TABLE app.things ALTER n TYPE bigint")
    target.execute("CREATE VIEW app.v AS SELECT n FROM app.things; CREATE VIEW app.w AS SELECT kind FROM app.things")

    (said,) = refusal(source, target, "things")

    assert "view app.v (on table app.things: it reads app.things.n, whose type was integer and will be bigint)" in said
    assert "app.w" not in said


def test_a_view_of_another_session(source, target):
    connection = target.connect()
    connection.cursor().execute("CREATE TEMP VIEW mine AS SELECT id FROM app.things")

    (said,) = refusal(source, target, "things")

    assert "(on table app.things: it is temporary, in another session)" in said
    connection.close()


# --- Foreign keys of tables that stay


def test_foreign_keys_of_all_kinds(source, target):
    target.execute(
        """
        CREATE SCHEMA other;
        CREATE TABLE other.refers (
            id int CONSTRAINT one REFERENCES app.things ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
            kind text, n int, CONSTRAINT two FOREIGN KEY (n, kind) REFERENCES app.things (n, kind) MATCH FULL);
        CREATE TABLE app.lax (id int);
        INSERT INTO other.refers VALUES (7, 'k', 107), (8, NULL, NULL); INSERT INTO app.lax VALUES (999);
        ALTER TABLE app.lax ADD CONSTRAINT three FOREIGN KEY (id) REFERENCES app.things NOT VALID;
        COMMENT ON CONSTRAINT one ON other.refers IS 'it''s one'""".replace("107", "7")
    )
    keys = """SELECT conname, pg_get_constraintdef(oid), obj_description(oid, 'pg_constraint')
              FROM pg_constraint WHERE contype = 'f' ORDER BY 1"""
    before = target.rows(keys)
    source.execute("UPDATE app.things SET n = n - 100")

    for _ in range(2):
        assert messages(replace(source, target, "things")) == []

    assert target.rows(keys) == before
    assert [definition.endswith("NOT VALID") for _, definition, _ in before] == [False, True, False]
    target.execute("DELETE FROM app.things WHERE id = 8")
    assert target.column("SELECT id FROM other.refers") == [7]


def test_rows_that_stay_and_refer_to_some_that_do_not_come(source, target):
    """The key is there and holds for new rows: as with all constraints, one that can't hold is a warning."""
    target.execute("CREATE TABLE app.own (id int CONSTRAINT fk REFERENCES app.things); INSERT INTO app.own VALUES (50)")
    rule = {"things": {"where": "id < 50"}}
    before = target.rows(IN_SCHEMA)

    with pytest.raises(StrictError, match=r"app\.own\.fk: left not valid: .*rows refer to others that were not copied"):
        replace(source, target, tables=rule, strict=True)

    assert target.rows(IN_SCHEMA) == before
    first, again = (replace(source, target, tables=rule) for _ in range(2))
    assert messages(first) == [
        "app.own.fk: left not valid: FOREIGN KEY (id) REFERENCES app.things(id) holds for new rows only:"
        " rows refer to others that were not copied, or that a transform changed"
    ]
    assert messages(again) == []
    with pytest.raises(Exception, match="fk"):
        target.execute("INSERT INTO app.own VALUES (51)")
    target.execute("DELETE FROM app.own WHERE id = 50")
    assert target.column("SELECT convalidated FROM pg_constraint WHERE conname = 'fk'") == [False]


def test_a_foreign_key_of_a_partitioned_table(source, target):
    """Before PostgreSQL 18 it is checked within the swap: so rows that break it are looked for before."""
    target.execute("""
        CREATE TABLE app.own (id int CONSTRAINT fk REFERENCES app.things) PARTITION BY LIST (id);
        CREATE TABLE app.own_all PARTITION OF app.own DEFAULT; INSERT INTO app.own VALUES (50)""")

    for _ in range(2):
        assert messages(replace(source, target, "things")) == []

    assert target.column("""
        SELECT conrelid::regclass::text FROM pg_constraint
        WHERE conname = 'fk' AND convalidated AND confrelid = 'app.things'::regclass ORDER BY 1""") == [
        "app.own", "app.own_all",
    ]  # fmt: skip
    if target.server.major < 18:
        with pytest.raises(
            Exception, match=r"foreign key app\.own\.fk, which stays: rows refer to others that were not"
        ):
            replace(source, target, tables={"things": {"where": "id < 50"}})
        assert target.value("SELECT count(*) FROM app.things") == 50


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"transform": {"kind": None}}, "it refers to app.things (kind), which the copy does not have"),
        ({}, "it refers to app.things (kind, n), of which the copy has no unique key"),
    ],
)
def test_foreign_keys_that_can_not_be_made_again(source, target, rule, reason):
    source.execute("ALTER TABLE app.things DROP CONSTRAINT things_kind_n_key")
    target.execute("""CREATE TABLE app.own (k text, n int,
                      CONSTRAINT fk FOREIGN KEY (k, n) REFERENCES app.things (kind, n))""")

    (said,) = refusal(source, target, tables={"things": rule})

    assert f"constraint fk on table app.own (on table app.things: {reason})" in said
    result = replace(source, target, tables={"things": rule}, cascade=True)
    assert "constraint fk on table app.own: dropped by cascade: it depends on table app.things" in messages(result)
    assert target.column("SELECT conname FROM pg_constraint WHERE conname = 'fk'") == []
    assert beside(target) == []


# --- Everything else


OTHERS = {
    "a materialized view": ("CREATE MATERIALIZED VIEW app.m AS SELECT id FROM app.things", "materialized view app.m"),
    "a function on its rows": (
        "CREATE FUNCTION app.f(app.things) RETURNS int LANGUAGE sql AS 'SELECT 1'", "function app.f(app.things)"
    ),
    "a rule": ("CREATE TABLE app.own (id int); CREATE RULE r AS ON INSERT TO app.own DO ALSO SELECT * FROM app.things",
               "rule r on table app.own"),
    "a rule of a view": (
        "CREATE VIEW app.v AS SELECT 1 AS id; CREATE RULE r AS ON INSERT TO app.v DO INSTEAD SELECT id FROM app.things",
        "rule r on view app.v",
    ),
    "a policy": (
        "CREATE TABLE app.own (id int); CREATE POLICY p ON app.own USING (id IN (SELECT id FROM app.things))",
        "policy p on table app.own",
    ),
    "a child": ("CREATE TABLE app.child () INHERITS (app.things)", "table app.child"),
    "a column": ("CREATE TABLE app.own (id int, thing app.things)", "column thing of table app.own"),
    "a cast": (
        "CREATE FUNCTION app.f(app.things) RETURNS text LANGUAGE sql AS 'SELECT $1.kind';"
        "CREATE CAST (app.things AS text) WITH FUNCTION app.f",
        "cast from app.things to text",
    ),
    "a publication": (
        "CREATE PUBLICATION news FOR TABLE app.things", "publication of table app.things in publication news"
    ),
    "a constraint trigger": (
        "CREATE TABLE app.own (id int);"
        "CREATE FUNCTION app.look() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';"
        "CREATE CONSTRAINT TRIGGER c AFTER INSERT ON app.own FROM app.things FOR EACH ROW EXECUTE FUNCTION app.look()",
        "trigger c on table app.own",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("sql", "name"), OTHERS.values(), ids=OTHERS)
def test_what_can_not_be_made_again_is_refused_by_name(source, target, sql, name):
    target.execute(sql)

    (said,) = refusal(source, target, "things")

    assert f"{name} (on " in said


@pytest.mark.parametrize(("sql", "name"), OTHERS.values(), ids=OTHERS)
def test_cascade_drops_it_and_says_so(source, target, sql, name):
    target.execute(sql)

    result = replace(source, target, "things", cascade=True)

    assert [each for each in messages(result) if each.startswith(f"{name}: ")]
    assert beside(target) == []
    assert target.value("SELECT min(n) FROM app.things") == 101
    assert messages(replace(source, target, "things")) == []


def test_a_default_of_a_table_that_stays(source_db, target_db):
    """It takes its numbers from a sequence that belongs to the table that leaves."""
    for database in (source_db, target_db):
        database.execute("CREATE SCHEMA app; CREATE TABLE app.things (id serial PRIMARY KEY)")
    target_db.execute("CREATE TABLE app.own (id int DEFAULT nextval('app.things_id_seq'))")

    (said,) = refusal(source_db, target_db, "things")

    assert "default value for column id of table app.own (on table app.things)" in said


def test_cascade_names_what_falls_at_all_levels_and_spares_the_rest(source, target):
    target.execute("""
        CREATE SCHEMA other;
        CREATE MATERIALIZED VIEW app.m AS SELECT id FROM app.things;
        CREATE UNIQUE INDEX by_id ON app.m (id);
        CREATE VIEW app.on_m AS SELECT id FROM app.m;
        CREATE VIEW other.of_both AS SELECT t.id FROM app.things t JOIN app.m USING (id);
        CREATE TABLE app.child () INHERITS (app.things); ALTER TABLE app.child ADD PRIMARY KEY (id);
        CREATE TABLE other.of_child (id int CONSTRAINT to_child REFERENCES app.child);
        CREATE VIEW app.spared AS SELECT id FROM app.things; CREATE VIEW app.spared_too AS SELECT * FROM app.spared""")

    result = replace(source, target, "things", cascade=True)

    assert messages(result) == [
        "constraint to_child on table other.of_child: dropped by cascade: it depends on table app.child",
        "materialized view app.m: dropped by cascade: it depends on table app.things",
        "table app.child: dropped by cascade: it depends on table app.things",
        "view app.on_m: dropped by cascade: it depends on materialized view app.m",
        "view other.of_both: dropped by cascade: it depends on materialized view app.m",
    ]
    assert target.column("SELECT relname FROM pg_class WHERE relkind IN ('v', 'm') AND oid > 16384 ORDER BY 1") == [
        "spared", "spared_too",
    ]  # fmt: skip
    assert target.value("SELECT count(*) FROM app.spared_too") == 50
    assert beside(target) == []


# --- While the job runs


LATE = {
    "a view": ("CREATE VIEW app.late AS SELECT id FROM app.things", "view app.late"),
    "a view that is another now": ("CREATE OR REPLACE VIEW app.v AS SELECT id, 1 AS one FROM app.things", "what stays"),
    "a view that has gone": ("DROP VIEW app.v", "view app.v"),
    "a foreign key": ("ALTER TABLE app.own ADD CONSTRAINT fk FOREIGN KEY (id) REFERENCES app.things",
                      "foreign key app.own.fk"),
    "a trigger": (
        "CREATE FUNCTION app.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';"
        "CREATE TRIGGER late BEFORE INSERT ON app.things FOR EACH ROW EXECUTE FUNCTION app.f()",
        "trigger late on table app.things",
    ),
    "an index": ("CREATE INDEX late ON app.things (n)", "index app.things.late"),
    "a materialized view": ("CREATE MATERIALIZED VIEW app.late AS SELECT id FROM app.things",
                            "materialized view app.late"),
    "a name": ("ALTER TABLE app.things RENAME TO away", r"index of app\.away, which stays"),
    "a partition": ("CREATE TABLE app.root (LIKE app.things) PARTITION BY LIST (id);"
                    "ALTER TABLE app.root ATTACH PARTITION app.things DEFAULT", "a partition of app.root"),
}  # fmt: skip


@pytest.mark.parametrize(("sql", "name"), LATE.values(), ids=LATE)
def test_what_changes_during_the_run_is_not_lost(source, target, sql, name):
    target.execute("CREATE TABLE app.own (id int); CREATE VIEW app.v AS SELECT id FROM app.things")
    after = []

    def interfere(event):
        if isinstance(event, StageStarted) and event.stage is Stage.FINISH:
            target.execute(sql)
            after.extend(target.rows(IN_SCHEMA))

    with pytest.raises(Exception, match=name):
        replace(source, target, "things", observer=interfere)

    assert target.rows(IN_SCHEMA) == after
    assert beside(target) == []


def test_what_comes_at_the_last_moment_is_found_within_the_swap(source, target, monkeypatch):
    """After the second look, when nobody is asked any more: what would be left behind is looked at under its locks."""
    look = swap._refuse_what_changed
    monkeypatch.setattr(
        swap, "_refuse_what_changed",
        lambda *given: (look(*given), target.execute("CREATE VIEW app.late AS SELECT id FROM app.things")),
    )  # fmt: skip

    with pytest.raises(Exception, match=r"view app\.late depends on table app\.things, which would be dropped"):
        replace(source, target, "things")

    assert target.value("SELECT count(*) FROM app.late") == 50
    assert target.value("SELECT min(n) FROM app.things") == 1
    assert beside(target) == []
