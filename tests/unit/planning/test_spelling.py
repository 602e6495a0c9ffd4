"""Where the text of a function certainly means the source's schema, and where it may."""

import pytest
from catalogs import STAGING, extension, function, replace, source, target

from pg_xcopy.planning.needs.spelling import spell
from pg_xcopy.sql.quoting import Sql

CATALOG = source()
COPIED = frozenset({"s", "norm"})
NAME = f'"{STAGING}"'


def made(body, *, path="", arguments="$1 text", name="f"):
    definition = f"({arguments})\n RETURNS text\n LANGUAGE sql\n{path}AS $function${body}$function$\n"
    return replace(function(name, oid=9), definition=Sql(definition), body=body)


def respelled(each):
    return str(spell(CATALOG, target(), STAGING, COPIED).respelled(each).definition)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("SELECT app.norm($1)", f"SELECT {NAME}.norm($1)"),
        ('SELECT APP . norm($1), "app"."norm"($1)', f'SELECT {NAME} . norm($1), {NAME}."norm"($1)'),
        ("SELECT 'app.norm', E'\\'app.norm', $q$ app.norm $q$", None),
        ("SELECT 1 -- app.norm\n/* app.norm */", None),
        ("SELECT db.app.norm(1), t.app.norm", None),
        ('SELECT "APP".norm(1), app2.norm(1), my_app.norm(1)', None),
        ("SELECT app.norm FROM t AS app", None),
        ("SELECT app.stays_behind($1)", None),
        ("DECLARE app record; BEGIN RETURN app.norm; END", None),
    ],
)
def test_names_in_a_body(body, expected):
    assert respelled(made(body)) == str(made(expected or body).definition)


def test_an_argument_that_has_the_name():
    each = made("SELECT app.norm", arguments="app thing")

    assert respelled(each) == each.definition
    assert spell(CATALOG, target(), STAGING, COPIED).unclear(each)


def test_a_function_that_has_the_name():
    each = made("SELECT app.x", arguments="x text", name="app")

    assert respelled(each) == each.definition


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (" SET search_path TO 'app', 'pg_temp'\n", f" SET search_path TO '{STAGING}', 'pg_temp'\n"),
        (" SET search_path TO ''\n", " SET search_path TO ''\n"),
        (" SET search_path TO 'it''s', 'app', 'app'\n", f" SET search_path TO 'it''s', '{STAGING}'\n"),
        (" SET search_path TO 'App', '$user'\n", " SET search_path TO 'App', '$user'\n"),
        (" SET work_mem TO '1MB'\n", " SET work_mem TO '1MB'\n"),
    ],
)
def test_the_search_path_of_a_function(path, expected):
    body = "SELECT '\n SET search_path TO ''app''\n'"

    assert respelled(made(body, path=path)) == str(made(body, path=expected).definition)


def test_schemas_of_extensions_that_the_source_keeps_in_its_own():
    catalog = source(extensions=(extension("citext", schema="app"), extension("cube")))
    there = target(extensions=(extension("citext", schema="contrib"), extension("cube", schema="x")))

    each = spell(catalog, there, STAGING, COPIED).respelled(made("SELECT 1", path=" SET search_path TO 'app'\n"))

    assert f"SET search_path TO '{STAGING}', 'contrib'\n" in each.definition


@pytest.mark.parametrize(
    ("body", "unclear"),
    [
        ("SELECT nextval('app.s')", True),
        ("""SELECT nextval('"app"."s"')""", True),
        ("SELECT 'app.example.com'", False),
        ("SELECT 'www.app.s'", False),
        ("SELECT app.norm($1)", False),
        ("SELECT app.norm FROM t AS app", True),
        ("SELECT app.id FROM t AS app", False),
    ],
)
def test_what_may_mean_the_schema(body, unclear):
    assert spell(CATALOG, target(), STAGING, COPIED).unclear(made(body)) is unclear
