"""Databases in other encodings: a character that both sides have arrives, any other is said and changes nothing."""

from __future__ import annotations

import pytest
from copying import beside, copy, messages

from judge import read_schema
from pg_xcopy.errors import XcopyError

NO_ARROW = (
    'character with byte sequence 0xe2 0x86 0x92 in encoding "UTF8" has no equivalent in encoding "LATIN1"{} '
    "(SQLSTATE 22P05). That database's encoding has no such character: replace it with `transform`, or use a database "
    "in UTF8."
)
NOT_UTF8 = (
    'invalid byte sequence for encoding "UTF8": {} (SQLSTATE 22021). It is no UTF-8 text. In a SQL_ASCII database '
    "`transform` can say what it is, here LATIN1: \"convert_from(convert(convert_to(body, 'SQL_ASCII'), 'LATIN1', "
    "'UTF8'), 'SQL_ASCII')\"."
)


@pytest.fixture
def source_in(source_server, new_database):
    """`source_in("LATIN1")` is a source of that encoding with an empty schema `app`."""
    return lambda encoding: _with_schema(new_database(source_server, encoding=encoding))


@pytest.fixture
def target_in(target_server, new_database):
    """`target_in("LATIN1")` is a target of that encoding, whose schema `app` is in use."""

    def create(encoding):
        database = _with_schema(new_database(target_server, encoding=encoding))
        database.execute("CREATE TABLE app.things (id int, body text); INSERT INTO app.things VALUES (1, 'old')")
        return database

    return create


def _with_schema(database):
    database.execute("CREATE SCHEMA app")
    return database


def failure_of(source, target, tables=None):
    """What a copy says that fails; it leaves the target as it was, with nothing beside it."""
    before = read_schema(target, "app")
    with pytest.raises(XcopyError) as caught:
        copy(source, target, tables)
    assert read_schema(target, "app") == before
    assert beside(target) == []
    return str(caught.value)


def bytes_of(database, table="app.things"):
    return [bytes(each) for each in database.column(f"SELECT convert_to(body, 'SQL_ASCII') FROM {table} ORDER BY id")]


# --- LATIN1


def test_values_of_latin1(source_in, target_in):
    source, target = source_in("LATIN1"), target_in("UTF8")
    source.execute(
        "CREATE TABLE app.things (id int, body text); INSERT INTO app.things VALUES (1, 'é ß ÿ'), (2, '\xa0')"
    )

    copy(source, target)

    assert target.column("SELECT body FROM app.things ORDER BY id") == ["é ß ÿ", "\xa0"]


@pytest.mark.parametrize(("one", "other"), [("LATIN1", "UTF8"), ("UTF8", "LATIN1")])
def test_names_of_latin1(source_in, target_in, one, other):
    """Twice: the second time there is something to replace, which has such names too."""
    source, target = source_in(one), target_in(other)
    source.execute("""
        CREATE TYPE app."Größe" AS ENUM ('für', 'wider');
        CREATE TABLE app."Straße" (
            "Hausnr°" int PRIMARY KEY, "Maß" app."Größe" DEFAULT 'für', t text DEFAULT '§', CHECK (t <> 'ÿ')
        );
        CREATE TABLE app."Tür" ("Straße" int CONSTRAINT "führt zu" REFERENCES app."Straße");
        CREATE INDEX "schön" ON app."Straße" (t) WHERE t <> 'é';
        COMMENT ON COLUMN app."Straße"."Maß" IS '½ ¾';
        INSERT INTO app."Straße" VALUES (1, DEFAULT, DEFAULT), (2, NULL, 'æ'); INSERT INTO app."Tür" VALUES (1)""")

    for _ in range(2):
        copy(source, target, {"Straße": {"where": {"t": ["§", "æ"]}}, "T*": {"where": '"Straße" = 1'}})

    original, found = read_schema(source, "app"), read_schema(target, "app")
    original.pop("rows"), found.pop("rows")  # hashes of bytes, which differ
    assert found == original
    assert target.rows('SELECT "Maß"::text, t FROM app."Straße" ORDER BY 2') == [("für", "§"), (None, "æ")]
    assert target.value("SELECT col_description('app.\"Straße\"'::regclass, 2)") == "½ ¾"


def test_a_character_that_the_target_lacks(source_in, target_in):
    source, target = source_in("UTF8"), target_in("LATIN1")
    source.execute("CREATE TABLE app.things (id int, body text)")
    source.execute("INSERT INTO app.things VALUES (1, 'é'), (2, 'from → to'), (3, 'x')")

    said = failure_of(source, target)

    assert said.startswith("copying app.things: the target ")
    assert said.endswith(" said: " + NO_ARROW.format(", column body, row 2"))


def test_a_character_that_is_replaced(source_in, target_in):
    source, target = source_in("UTF8"), target_in("LATIN1")
    source.execute("CREATE TABLE app.things (id int, body text)")
    source.execute("INSERT INTO app.things VALUES (1, 'é'), (2, 'from → to'), (3, 'x')")

    copy(source, target, {"things": {"transform": {"body": "replace(body, '→', '->')"}}})

    assert target.column("SELECT body FROM app.things ORDER BY id") == ["é", "from -> to", "x"]


@pytest.mark.parametrize(
    ("made", "doing"),
    [
        ('CREATE TABLE app."→" (id int)', "creating table app.→"),
        ('CREATE TABLE app.things ("→" int)', "creating table app.things"),
        ("CREATE TYPE app.way AS ENUM ('→'); CREATE TABLE app.things (way app.way)", "creating type way"),
        ("CREATE TABLE app.things (id int); COMMENT ON TABLE app.things IS '→'", "commenting on things"),
    ],
    ids=["table", "column", "enum", "comment"],
)
def test_a_definition_that_the_target_lacks_a_character_for(source_in, target_in, made, doing):
    source, target = source_in("UTF8"), target_in("LATIN1")
    source.execute(made)

    said = failure_of(source, target)

    assert said.startswith(f"{doing}: the target ")
    assert said.endswith(" said: " + NO_ARROW.format(""))


def test_a_constraint_that_the_target_lacks_a_character_for(source_in, target_in):
    source, target = source_in("UTF8"), target_in("LATIN1")
    source.execute("CREATE TABLE app.things (t text CHECK (t <> '→'))")

    result = copy(source, target)

    (warning,) = messages(result)
    assert warning.startswith("app.things.things_t_check: constraint left out: ")
    assert "→" in warning
    assert 'has no equivalent in encoding "LATIN1"' in warning


def test_a_filter_that_the_source_lacks_a_character_for(source_in, target_in):
    source, target = source_in("LATIN1"), target_in("UTF8")
    source.execute("CREATE TABLE app.things (id int, body text)")

    said = failure_of(source, target, {"things": {"where": {"body": "→"}}})

    assert "1 problem; nothing was changed:\n  app.things: character with byte sequence 0xe2 0x86 0x92" in said
    assert "That database's encoding has no such character" in said


# --- SQL_ASCII, which takes any bytes and knows what none of them means


def test_utf8_in_sql_ascii(source_in, target_in):
    source, target = source_in("SQL_ASCII"), target_in("UTF8")
    source.execute(r"""CREATE TABLE app.things (id int, body text, more text DEFAULT E'\xc3\xa9');
                       INSERT INTO app.things VALUES (1, E'gr\xc3\xbcn \xf0\x9f\x90\x98', DEFAULT)""")

    copy(source, target)

    assert target.rows("SELECT * FROM app.things") == [(1, "grün 🐘", "é")]


def test_a_target_in_sql_ascii(source_in, target_in):
    source, target = source_in("UTF8"), target_in("SQL_ASCII")
    source.execute("CREATE TABLE app.things (id int, body text); INSERT INTO app.things VALUES (1, 'grün 🐘')")

    for _ in range(2):
        copy(source, target)

    assert bytes_of(target) == ["grün 🐘".encode()]


@pytest.fixture
def mixed(source_in):
    """SQL_ASCII, where somebody wrote LATIN1, and another table that is in order."""
    source = source_in("SQL_ASCII")
    source.execute(r"""CREATE TABLE app.good (id int); INSERT INTO app.good SELECT generate_series(1, 100);
                       CREATE TABLE app.things (id int, body text);
                       INSERT INTO app.things VALUES (1, 'plain'), (2, E'caf\xe9 \\ noir')""")
    return source


@pytest.mark.parametrize("encoding", ["UTF8", "LATIN1", "SQL_ASCII"])
def test_bytes_that_are_no_text(mixed, target_in, encoding):
    said = failure_of(mixed, target_in(encoding))

    assert said.startswith("copying app.things: the source ")
    assert said.endswith(" said: " + NOT_UTF8.format("0xe9 0x20 0x5c"))


def test_what_the_hint_says_mends_it(mixed, target_in):
    target = target_in("UTF8")
    with pytest.raises(XcopyError) as caught:
        copy(mixed, target)
    expression = caught.value.hint.split('"')[1]

    copy(mixed, target, {"things": {"transform": {"body": expression}}, "*": {}})

    assert target.column("SELECT body FROM app.things ORDER BY id") == ["plain", "café \\ noir"]


def test_names_that_are_no_text(source_in, target_in):
    source = source_in("SQL_ASCII")
    source.execute(r"""DO $$BEGIN EXECUTE E'CREATE TABLE app."gr\xfcn" (id int)'; END$$""")

    said = failure_of(source, target_in("UTF8"))

    assert said.startswith("reading the catalog: the source ")
    assert said.endswith(" said: " + NOT_UTF8.format("0xfc"))


def test_a_name_that_the_server_cut_within_a_character(server_of, new_database):
    """makeMultirangeTypeName keeps 52 bytes of the range's name, whatever they are: nothing can be done about it."""
    source, target = new_database(server_of(18)), new_database(server_of(18))
    source.execute("""
        CREATE SCHEMA app; CREATE TABLE app.things (id int);
        CREATE TYPE app."a🐘🐘🐘🐘🐘🐘🐘🐘🐘🐘🐘🐘🐘🐘" AS RANGE (subtype = float8)""")

    with pytest.raises(
        XcopyError, match=r"reading the catalog: the source .* said: bytes that are no character in UTF8"
    ):
        copy(source, target)
