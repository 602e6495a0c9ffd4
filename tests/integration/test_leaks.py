"""No password and no value of a row reaches an error, an event, a log, a process title or a list of sessions."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path
from urllib.parse import quote

import pytest
from copying import copy, in_background, job_of, running, wait_until

from pg_xcopy import XcopyError, plan_job, run_job

PASSWORDS = [
    "plain-Passw0rd",
    "p@ss:w/rd%41",
    "it's a 'quoted' one",
    'back\\slash "and" blank',
    "ünï ¢ödé 🐘",
    "#?&=+;",
]


@pytest.fixture(params=PASSWORDS)
def password(request):
    return request.param


@pytest.fixture
def things(source_db):
    source_db.execute("CREATE SCHEMA app; CREATE TABLE app.things (id int PRIMARY KEY, body text)")
    source_db.execute("INSERT INTO app.things SELECT n, 'confidential ' || n FROM generate_series(1, 100) AS n")
    return source_db


def url_of(server, name, user, password, port=None):
    return f"postgresql://{user}:{quote(password, safe='')}@127.0.0.1:{port or server.port}/{name}"


def keywords_of(server, name, user, password, port=None):
    escaped = password.replace("\\", "\\\\").replace("'", "\\'")
    return f"host=127.0.0.1 port={port or server.port} dbname={name} user={user} password='{escaped}'"


SPELLINGS = pytest.mark.parametrize("spell", [url_of, keywords_of], ids=["url", "keywords"])


def everything_said(call, caplog):
    """All that a run says anywhere: its error with the whole chain, its events, its log."""
    events = []
    with caplog.at_level(logging.DEBUG):
        try:
            result = call(events.append)
        except XcopyError as error:
            result = error
            events.append("".join(traceback.format_exception(error)))
            events += [str(error), repr(error), error.sentence, error.hint, vars(error)]
    return result, repr(result) + "\n".join(map(str, events)) + "\n".join(map(repr, events)) + caplog.text


def spelled(password):
    return {
        password,
        quote(password, safe=""),
        quote(password),
        password.replace("\\", "\\\\"),
        password.replace("'", "\\'"),
    }


@SPELLINGS
@pytest.mark.parametrize("wrong", ["password", "port", "database", "nothing"])
def test_no_password_is_said(things, target_db, hostile_role, caplog, password, spell, wrong):  # noqa: PLR0917 - by name
    role = hostile_role(things, password=password, grant=["USAGE ON SCHEMA app", "SELECT ON app.things"])
    given = password + "X" if wrong == "password" else password
    port = 1 if wrong == "port" else None
    dsn = spell(things.server, "nowhere" if wrong == "database" else things.name, role.name, given, port)
    job = job_of(dsn, target_db)

    result, said = everything_said(lambda observe: run_job(job, observer=observe, verbose=True), caplog)

    assert isinstance(result, XcopyError) == (wrong != "nothing"), said
    assert not [form for form in spelled(given) if form in said]


@SPELLINGS
def test_no_password_is_shown_where_processes_are(things, target_db, hostile_role, password, spell):
    role = hostile_role(things, password=password, grant=["USAGE ON SCHEMA app", "SELECT ON app.things"])
    dsn = spell(things.server, things.name, role.name, password)
    slowly = {"things": {"transform": {"body": "body || pg_sleep(0.02)"}}}
    with in_background(lambda: copy(dsn, target_db, slowly)) as run:
        wait_until(lambda: running(things, "%COPY%"))
        shown = repr(things.rows("SELECT * FROM pg_stat_activity")) + repr(
            target_db.rows("SELECT * FROM pg_stat_activity")
        )
        shown += Path("/proc/self/cmdline").read_text() + Path("/proc/self/comm").read_text()
        run.result(timeout=30)

    assert not [form for form in spelled(password) if form in shown]


def test_no_password_in_a_plan(things, target_db, hostile_role, password):
    role = hostile_role(things, password=password, grant=["USAGE ON SCHEMA app", "SELECT ON app.things"])

    plan = plan_job(job_of(url_of(things.server, things.name, role.name, password), target_db))

    assert not [form for form in spelled(password) if form in repr(plan)]


def test_a_password_that_was_not_encoded(things, target_db, caplog):
    """The commonest mistake: the URL is then cut in the wrong places, and libpq's own message quotes a piece of it."""
    url = f"postgresql://somebody:hunter2@/x:y#z@127.0.0.1:{things.server.port}/{things.name}"

    result, said = everything_said(lambda observe: run_job(job_of(url, target_db), observer=observe), caplog)

    assert isinstance(result, XcopyError)
    assert "hunter2" not in said
    assert "x:y" not in said


VALUES = {
    "a conversion": {"transform": {"id": "body::int"}},
    "out of range": {"transform": {"id": "(regexp_replace(body, '[^0-9]', '') || '0123456789')::int"}},
    "a date": {"transform": {"body": "to_date(body, 'DD')::text"}},
    "a json": {"transform": {"body": "body::jsonb::text"}},
    "an array": {"transform": {"body": "body::int[]::text"}},
    "a uuid": {"transform": {"body": "body::uuid::text"}},
    "a bytea": {"transform": {"body": "decode(body, 'hex')::text"}},
    "a bit": {"transform": {"body": "body::bit(4)::text"}},
    "a length": {"transform": {"short": "body"}},
    "a domain": {"transform": {"checked": "body"}},
}


@pytest.mark.parametrize("rule", VALUES.values(), ids=VALUES)
def test_no_value_of_a_row_is_said(things, target_db, caplog, rule):
    things.execute("""
        CREATE DOMAIN app.harmless AS text CHECK (VALUE !~ 'confidential' OR current_setting('port') IS NULL);
        ALTER TABLE app.things ADD COLUMN short varchar(3), ADD COLUMN checked app.harmless;
        UPDATE app.things SET body = 'confidential 471104711'""")

    result, said = everything_said(lambda observe: copy(things, target_db, {"things": rule}, observer=observe), caplog)

    assert isinstance(result, XcopyError)
    assert "confidential" not in said
    assert "471104711" not in said


@pytest.mark.parametrize("quotes", ['"{}"', "»{}«", "« {} »", "„{}“", "“{}”"])
def test_no_value_is_said_in_another_language(things, target_db, caplog, quotes):
    """A server quotes as its lc_messages does: this is what a German one says of a number that is none."""
    things.execute(f"""
        CREATE FUNCTION app.fail() RETURNS text LANGUAGE plpgsql AS $$BEGIN
            RAISE invalid_text_representation USING MESSAGE = 'kein Typ integer: {quotes.format("confidential")}';
        END$$""")

    rule = {"transform": {"body": "fail()"}}
    result, said = everything_said(lambda observe: copy(things, target_db, {"things": rule}, observer=observe), caplog)

    assert 'said: kein Typ integer: "…" (SQLSTATE 22P02)' in str(result)
    assert "confidential" not in said


PLACES = {
    "a length": ({"short": "body"}, "value too long for type character varying(3), column short, row 1"),
    "a row that looks like a place": (
        {"body": "'x, line 7, column confidential: y'", "id": "0"},
        "division by zero, row 1",
    ),
}


@pytest.mark.parametrize(("transform", "said"), PLACES.values(), ids=PLACES)
def test_where_in_a_table_it_was(source_db, target_db, transform, said):
    """What a server says of the place begins like that; the row, or a part of it, follows."""
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE TABLE app.things (body text, id int, short varchar(3), share int GENERATED ALWAYS AS (100 / id) STORED);
        INSERT INTO app.things VALUES ('confidential', 1, NULL)""")

    with pytest.raises(XcopyError) as caught:
        copy(source_db, target_db, {"things": {"transform": transform}})

    assert caught.value.reason == said
    assert "confidential" not in str(caught.value)


def test_no_value_of_a_row_is_said_in_warnings(things, target_db, caplog):
    """DETAIL would quote them: Key (body)=(confidential 1) is duplicated."""
    things.execute("ALTER TABLE app.things ADD UNIQUE (body), ADD CHECK (id > 0)")
    rule = {"transform": {"body": "'confidential'", "id": "-471104711"}}

    result, said = everything_said(lambda observe: copy(things, target_db, {"things": rule}, observer=observe), caplog)

    assert len(result.warnings) == 3
    assert "confidential" not in said
    assert "471104711" not in said
