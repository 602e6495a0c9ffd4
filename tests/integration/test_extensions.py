"""What belongs to an extension outlives the schema that it lives in."""

from __future__ import annotations

import pytest
from copying import beside, copy, messages

from judge import read_schema
from pg_xcopy.errors import PlanError
from pg_xcopy.observe.events import Stage, StageStarted


@pytest.fixture
def source(source_db):
    source_db.require_extension("citext")
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE TABLE app.people (id int PRIMARY KEY, email citext UNIQUE, names citext[] DEFAULT '{}');
        CREATE INDEX people_by_name ON app.people USING gin (names);
        CREATE INDEX people_by_first ON app.people ((lower(email::text)));
        INSERT INTO app.people VALUES (1, 'Ann@Example.com', '{Ann,ANN}'), (2, 'bob@example.com', NULL)""")
    return source_db


@pytest.fixture
def target(target_db):
    """citext and pgcrypto live in the target schema, and tables elsewhere have columns of its types."""
    target_db.execute("CREATE SCHEMA app; CREATE SCHEMA other")
    target_db.require_extension("pgcrypto")
    target_db.require_extension("citext")
    target_db.execute("""
        ALTER EXTENSION citext SET SCHEMA app;
        ALTER EXTENSION pgcrypto SET SCHEMA app;
        CREATE TABLE other.addresses (email app.citext PRIMARY KEY, salt text DEFAULT app.gen_salt('md5'));
        INSERT INTO other.addresses VALUES ('Eve@example.com', 'x')""")
    return target_db


def home_of(target, extension):
    return target.value("SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = %s", (extension,))


def survived(source, target):
    assert home_of(target, "citext") == home_of(target, "pgcrypto") == "app"
    eve = "SELECT email::text FROM other.addresses WHERE email OPERATOR(app.=) 'EVE@EXAMPLE.COM'::app.citext"
    assert target.column(eve) == ["Eve@example.com"]
    assert target.value("SELECT length(app.crypt('secret', app.gen_salt('md5')))") == 34
    assert target.value(
        "SELECT count(*) FROM app.people WHERE email OPERATOR(app.=) 'ANN@example.COM'::app.citext"
    ) == 1  # fmt: skip
    assert read_schema(target, "app")["rows"] == read_schema(source, "app")["rows"]
    assert len(read_schema(target, "app")["indexes"]) == 4
    assert beside(target) == []


def test_extensions_in_the_target_schema(source, target):
    results = [copy(source, target) for _ in range(3)]

    survived(source, target)
    assert [messages(result) for result in results] == [[], [], []]


def test_an_extension_that_can_not_be_moved(source, target):
    """postgis and others are like that: then the tables move, not the schemas."""
    target.execute("UPDATE pg_extension SET extrelocatable = false WHERE extname = 'citext'")

    results = [copy(source, target) for _ in range(3)]

    survived(source, target)
    assert [messages(result) for result in results] == [[], [], []]


RANGES = """
    CREATE TYPE app.mood AS ENUM ('sad', 'ok');
    CREATE TYPE app.span AS RANGE (SUBTYPE = float8);
    CREATE TYPE app.moodrange AS RANGE (SUBTYPE = app.mood);
    CREATE TYPE app.pair AS (one app.span, other text);
    CREATE TABLE app.spans (id int PRIMARY KEY, s app.span, m app.moodrange, p app.pair);
    INSERT INTO app.spans VALUES (1, '[1,2]', '[sad,ok]', ('[3,4]', 'x'));
"""


@pytest.mark.parametrize("names", ["given", "PostgreSQL's"])
def test_ranges_are_moved_with_all_that_is_theirs(source, target, names):
    """An extension that can't be moved makes the tables move.

    ALTER TYPE … SET SCHEMA leaves a range's constructors and its multirange behind.
    """
    source.execute(RANGES)
    target.execute("""
        UPDATE pg_extension SET extrelocatable = false WHERE extname = 'citext';
        CREATE TYPE app.pair AS (one int);
        CREATE FUNCTION app.of_pair(app.pair) RETURNS int LANGUAGE sql AS 'SELECT 1'""")
    new = min(source.server.major, target.server.major) >= 14
    if new:
        given = ", MULTIRANGE_TYPE_NAME = app.many" if names == "given" else ""
        source.execute(f"""
            CREATE TYPE app.of_dates AS RANGE (SUBTYPE = date{given});
            CREATE TABLE app.dates (d app.{"many" if given else "of_dates_multirange"});
            INSERT INTO app.dates VALUES ('{{[2024-01-01,2024-02-01)}}')""")

    results = [copy(source, target) for _ in range(3)]

    assert read_schema(target, "app") == read_schema(source, "app")
    assert target.value("SELECT app.span(1, 2, '[]') = s FROM app.spans") is True
    if new:
        assert target.value("SELECT app.span_multirange(s)::text FROM app.spans") == "{[1,2]}"
    assert beside(target) == []
    assert [messages(result) for result in results[1:]] == [[], []]


def test_an_extension_of_another_role(source, target, hostile_role):
    """As on managed servers, where the provider installs them: the runner owns the schema and its tables only."""
    role = hostile_role(target)
    target.execute(f"GRANT CREATE ON DATABASE {target.name} TO {role.name}; ALTER SCHEMA app OWNER TO {role.name}")

    results = [copy(source, target.url_as(role)) for _ in range(3)]

    survived(source, target)
    assert [messages(result) for result in results] == [[], [], []]


def test_an_extension_in_public_and_public_replaced(source, target_db):
    """The commonest of all: everything in public."""
    target_db.require_extension("citext")

    for _ in range(2):
        copy(source, target_db, into="public")

    assert home_of(target_db, "citext") == "public"
    assert read_schema(target_db, "public")["rows"] == read_schema(source, "app")["rows"]
    assert beside(target_db) == []


def test_an_extension_that_the_target_lacks(source, target_db):
    with pytest.raises(Exception, match='CREATE EXTENSION "citext"'):
        copy(source, target_db)


def test_tables_of_an_extension_are_not_copied(source_db, target_db):
    """Extensions bring tables of their own, such as postgis its spatial_ref_sys."""
    source_db.require_extension("citext")
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE TABLE app.things (id int); CREATE TABLE app.theirs (id int);
        ALTER EXTENSION citext ADD TABLE app.theirs""")

    result = copy(source_db, target_db)

    assert [table.table for table in result.tables] == ["app.things"]


# --- Extensions that the run creates


WITH_EXTENSIONS = """
    CREATE SCHEMA app;
    CREATE TABLE app.people (id int PRIMARY KEY, email {home}.citext UNIQUE, more {home}.hstore, name text);
    INSERT INTO app.people VALUES (1, 'Ann@Example.com', 'a=>1', 'Ann'), (2, 'bob@example.com', NULL, 'Bob')"""


def lacking(source, home="public"):
    """A source whose columns need citext and hstore, which the target does not have."""
    source.execute(f"CREATE SCHEMA IF NOT EXISTS {home}")
    for name in ("citext", "hstore"):
        source.require_extension(name)
        source.execute(f"ALTER EXTENSION {name} SET SCHEMA {home}")
    source.execute(WITH_EXTENSIONS.format(home=home))
    return source


def is_whole(target, schema, home):
    assert (home_of(target, "citext"), home_of(target, "hstore")) == (home, home)
    assert target.rows(f"SELECT id, email::text, more::text, name FROM {schema}.people ORDER BY id") == [
        (1, "Ann@Example.com", '"a"=>"1"', "Ann"),
        (2, "bob@example.com", None, "Bob"),
    ]
    assert len(read_schema(target, schema)["indexes"]) == 2
    assert beside(target) == []


def test_created_in_the_schema_that_is_replaced_it_outlives_it(source_db, target_db):
    """An empty database has nothing but a schema public: the extension stands there, and so will the tables."""
    lacking(source_db)

    results = [copy(source_db, target_db, into="public", create_missing=True) for _ in range(3)]

    is_whole(target_db, "public", "public")
    assert messages(results[0]) == [
        "extension citext: created outside the schema: in schema public",
        "extension hstore: created outside the schema: in schema public",
    ]
    assert messages(results[1]) == messages(results[2]) == []


def test_created_by_a_role_that_can_not_move_it(source_db, target_db, hostile_role):
    """Objects of a trusted extension belong to the superuser, whoever created it."""
    if target_db.server.major < 13:
        pytest.skip("trusted extensions came with PostgreSQL 13")
    lacking(source_db)
    role = hostile_role(target_db)
    target_db.execute(f"ALTER DATABASE {target_db.name} OWNER TO {role.name}; ALTER SCHEMA public OWNER TO {role.name}")

    results = [copy(source_db, target_db.url_as(role), into="public", create_missing=True) for _ in range(3)]

    is_whole(target_db, "public", "public")
    assert messages(results[1]) == messages(results[2]) == []


def test_one_that_can_not_be_moved_is_created_in_the_schema_that_is_replaced(source_db, target_db):
    source_db.require_extension("xml2")
    source_db.execute("""
        CREATE SCHEMA app; CREATE TABLE app.t (id int, ok boolean DEFAULT public.xml_valid('<a/>'));
        INSERT INTO app.t VALUES (1)""")

    for _ in range(2):
        copy(source_db, target_db, into="public", create_missing=True)

    assert home_of(target_db, "xml2") == "public"
    target_db.execute("INSERT INTO public.t VALUES (2)")
    assert target_db.column("SELECT ok FROM public.t") == [True, True]


@pytest.mark.parametrize(
    ("home", "into", "found"),
    [("extensions", "app", "extensions"), ("public", "app", "public"), ("public", "public", "public")],
)
def test_created_where_no_schema_is(source_db, target_db, home, into, found):
    """Schema public may have been dropped, and the target's own may not be there yet."""
    lacking(source_db, home)
    target_db.execute("DROP SCHEMA public")

    for _ in range(2):
        copy(source_db, target_db, into=into, create_missing=True)

    is_whole(target_db, into, found)


def test_what_an_extension_requires_is_created_with_it(source_db, target_db):
    source_db.require_extension("cube")
    source_db.require_extension("earthdistance")
    source_db.execute("""
        CREATE SCHEMA app; CREATE TABLE app.places (id int, e public.earth);
        INSERT INTO app.places VALUES (1, public.ll_to_earth(1, 2))""")

    for _ in range(2):
        copy(source_db, target_db, into="public", create_missing=True)

    assert (home_of(target_db, "cube"), home_of(target_db, "earthdistance")) == ("public", "public")
    assert target_db.value("SELECT round(latitude(e)) FROM public.places") == 1


def test_extensions_that_depend_on_each_other(source_db, target_db):
    """Both are moved, so neither is dropped: nothing to refuse, nothing to warn about."""
    for database in (source_db, target_db):
        database.require_extension("cube")
        database.require_extension("earthdistance")
    source_db.execute("""
        CREATE TABLE public.places (id int, e earth);
        INSERT INTO public.places VALUES (1, ll_to_earth(1, 2));
        CREATE INDEX places_by_e ON public.places USING gist (e)""")

    results = [copy(source_db, target_db, schema="public", cascade=cascade) for cascade in (False, False, True)]

    assert [messages(result) for result in results] == [[], [], []]
    assert target_db.value("SELECT round(latitude(e)) FROM public.places") == 1


def test_one_that_appears_in_the_schema_during_the_run_forbids_the_swap(source, target_db):
    """The rename would take it along into what is dropped."""
    target_db.require_extension("citext")
    target_db.execute("CREATE SCHEMA app; CREATE TABLE app.old (id int)")

    def interfere(event):
        if isinstance(event, StageStarted) and event.stage is Stage.FINISH:
            target_db.execute("CREATE EXTENSION hstore SCHEMA app; CREATE TABLE public.theirs (h app.hstore)")

    with pytest.raises(PlanError, match=r"extension hstore appeared in schema app while the job ran"):
        copy(source, target_db, observer=interfere)

    assert home_of(target_db, "hstore") == "app"
    assert target_db.column("SELECT attname FROM pg_attribute WHERE attrelid = 'theirs'::regclass AND attnum > 0") == [
        "h"
    ]
    assert target_db.rows("SELECT * FROM app.old") == []
    assert beside(target_db) == []
