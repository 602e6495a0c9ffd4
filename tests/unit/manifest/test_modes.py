"""Keys that mean something in some modes only are mistakes elsewhere, each with its place."""

import pytest

from pg_xcopy.errors import ManifestError
from pg_xcopy.manifest.loader import load_manifest, parse_job


def a_job(mode, rule=None, **options):
    own = {name: options.pop(name) for name in ("key", "update") if name in options}
    return {
        "source": {"database": "host=s"},
        "target": {"database": "host=t", "mode": mode, **own},
        "tables": {"a": rule or {}},
        **options,
    }


def mistakes(**given):
    with pytest.raises(ManifestError) as caught:
        parse_job(a_job(**given), "j")
    return [f"{each.path}: {each.message}{f' ({each.hint})' if each.hint else ''}" for each in caught.value.problems]


@pytest.mark.parametrize("mode", ["replace", "append", "truncate"])
@pytest.mark.parametrize("given", [{"key": "k"}, {"update": "none"}])
def test_what_says_how_to_upsert(mode, given):
    (name,) = given

    assert mistakes(mode=mode, **given) == [
        f"jobs.j.target.{name}: this says something with `mode: upsert` only (the mode is {mode})"
    ]
    assert mistakes(mode=mode, rule=given) == [
        f"jobs.j.tables.a.{name}: this says something with `mode: upsert` only (the target's mode is {mode})"
    ]
    parse_job(a_job("upsert", given, **given))


@pytest.mark.parametrize("mode", ["append", "truncate", "upsert"])
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("strict", "a constraint of the target that does not hold fails the job anyway"),
        ("cascade", "nothing is dropped"),
        ("create_missing", "nothing is created"),
    ],
)
def test_what_would_be_done_to_structure(mode, name, why):
    assert mistakes(mode=mode, **{name: True}) == [
        f"jobs.j.{name}: this says nothing with `mode: {mode}`: {why} (leave it out, or set it to false)"
    ]
    parse_job(a_job(mode, **{name: False}))


def test_transactions_of_tables():
    assert mistakes(mode="replace", transaction="table") == [
        "jobs.j.transaction: a schema is replaced as a whole, so its tables can't be done each by itself"
        " (it goes with the modes append, truncate and upsert)"
    ]
    assert parse_job(a_job("replace", transaction="job")).transaction == "job"
    assert parse_job(a_job("append", transaction="table")).transaction == "table"


@pytest.mark.parametrize("update", [None, "some", [], [""], ["a", 1], {"a": 1}, 1])
def test_update_is_all_none_or_columns(update):
    assert mistakes(mode="upsert", update=update) == ["jobs.j.target.update: expected all, none, or a list of columns"]


def test_all_mistakes_have_their_places(tmp_path):
    path = tmp_path / "jobs.yaml"
    path.write_text(
        """\
defaults: {cascade: true}
jobs:
  a:
    source: {database: host=s}
    target: {database: host=t, mode: append}
    tables:
      users: {key: email_key, update: none}
    strict: true
""",
        encoding="utf-8",
    )

    with pytest.raises(ManifestError) as caught:
        load_manifest(path)

    assert [(each.line, each.column, each.path) for each in caught.value.problems] == [
        (1, 21, "defaults.cascade"),
        (7, 20, "jobs.a.tables.users.key"),
        (7, 39, "jobs.a.tables.users.update"),
        (8, 13, "jobs.a.strict"),
    ]
