"""Whole manifests: what a good one gives, and every mistake of a bad one with its place and remedy."""

import io
import sys
from textwrap import dedent

import pytest

from pg_xcopy.errors import ManifestError
from pg_xcopy.manifest.connections import Connection
from pg_xcopy.manifest.loader import load_manifest, parse_job, parse_manifest
from pg_xcopy.manifest.models import Job

ENVIRONMENT = {
    "PROD": "postgresql://reader:pr0dpass@prod.example/shop",
    "STAGING": "postgresql://writer:stagepass@staging.example/shop",
    "MANY": "lots",
    "EMPTY": "",
}
GOOD = """\
connections:
  prod: {url: "${PROD}", protected: true}
  staging:
    url: ${STAGING}
defaults:
  parallel: 2
  source: {database: prod}
  tables:
    users: {transform: {phone: null}}
jobs:
  "export:users":
    target: {database: staging, schema: copy}
    tables:
      users: {where: {active: true}}
      "*":
  second:
    source: {schema: other}
    target: {database: "host=x dbname=y"}
    parallel: ${UNSET:-3}
"""


def load(tmp_path, text, environ=ENVIRONMENT):
    path = tmp_path / "jobs.yaml"
    path.write_text(dedent(text), encoding="utf-8")
    return load_manifest(path, environ)


def complaints(tmp_path, text):
    with pytest.raises(ManifestError) as caught:
        load(tmp_path, text)
    return [str(problem).removeprefix(f"{tmp_path}/") for problem in caught.value.problems]


# --- Good manifests


def test_order_and_names_are_those_of_the_file(tmp_path):
    manifest = load(tmp_path, GOOD)

    assert [(name, job.name) for name, job in manifest.jobs.items()] == [
        ("export:users", "export:users"),
        ("second", "second"),
    ]
    assert [(name, each.name) for name, each in manifest.connections.items()] == [
        ("prod", "prod"),
        ("staging", "staging"),
    ]


def test_databases_are_names_or_connection_strings(tmp_path):
    jobs = load(tmp_path, GOOD).jobs

    assert jobs["export:users"].source.database.dsn == ENVIRONMENT["PROD"]
    assert jobs["export:users"].source.database.protected
    assert jobs["second"].target.database == Connection(url="host=x dbname=y")


def test_defaults_merge_under_every_job(tmp_path):
    jobs = load(tmp_path, GOOD).jobs

    assert list(jobs["export:users"].tables) == ["users", "*"]
    assert jobs["export:users"].tables["users"].transform == {"phone": None}
    assert jobs["export:users"].tables["users"].where is not None
    assert jobs["second"].source.schema_name == "other"
    assert [job.parallel for job in jobs.values()] == [2, 3]


def test_environment_of_the_process_is_the_default(tmp_path, monkeypatch):
    monkeypatch.setenv("SOME_URL", "host=from_environment")

    manifest = load(tmp_path, GOOD.replace("${PROD}", "${SOME_URL}").replace("${STAGING}", "host=t"), None)

    assert manifest.connections["prod"].dsn == "host=from_environment"


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(GOOD.encode())))

    assert list(load_manifest("-", ENVIRONMENT).jobs) == ["export:users", "second"]


def test_mistake_in_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"jobz: 1")))

    with pytest.raises(ManifestError, match="<stdin>:1:1: jobz: unknown key"):
        load_manifest("-")


@pytest.mark.parametrize("suffix", [".yaml", ".yml", ".json", ""])
def test_any_other_suffix_is_yaml(tmp_path, suffix):
    path = tmp_path / f"jobs{suffix}"
    path.write_text(GOOD)

    assert load_manifest(str(path), ENVIRONMENT).jobs


# --- Dictionaries

SOURCE = {"database": "postgresql://reader@prod/shop", "schema": "public"}
JOB = {"source": SOURCE, "target": {"database": "host=t"}, "tables": {"users": {"where": {"active": True}}}}


def test_job_from_a_dictionary():
    job = parse_job(JOB, "export:users")

    assert (job.name, job.source.schema_name, list(job.tables)) == ("export:users", "public", ["users"])


def test_job_from_a_model():
    job = parse_job(JOB)

    assert parse_job(job) == job


@pytest.mark.parametrize("connection", [{"url": "host=prod"}, Connection(url="host=prod")])
def test_job_with_connections(connection):
    job = parse_job({**JOB, "source": {"database": "prod"}}, connections={"prod": connection})

    assert job.source.database == Connection(name="prod", url="host=prod")


def test_ready_made_connection_in_a_job():
    connection = Connection(url="host=prod")

    assert parse_job({**JOB, "source": {"database": connection}}).source.database is connection


def test_no_interpolation_in_dictionaries():
    assert parse_job({**JOB, "tables": {"a": {"where": "x = '${Y}'"}}}).tables["a"].where == "x = '${Y}'"


def test_manifest_from_models():
    job = parse_job(JOB)

    manifest = parse_manifest({"jobs": {"a": job}})

    assert manifest.jobs["a"] == Job(**{**dict(job), "name": "a"})


def test_mistakes_in_a_dictionary_have_a_path_but_no_line():
    with pytest.raises(ManifestError) as caught:
        parse_job({**JOB, "tabels": {}}, "a")

    assert str(caught.value) == "<dict>: jobs.a.tabels: unknown key (did you mean 'tables'?)"


def test_not_even_a_dictionary():
    with pytest.raises(ManifestError, match="expected a mapping with the key jobs, found a Python list"):
        parse_manifest([])


# --- Files that can't be read


@pytest.mark.parametrize("name", ["jobz.yaml", "nothing_like_it", "no/such/directory.yaml"])
def test_missing_file(tmp_path, name):
    (tmp_path / "jobs.yaml").touch()

    with pytest.raises(ManifestError) as caught:
        load_manifest(tmp_path / name)

    hint = " (did you mean 'jobs.yaml'?)" if name == "jobz.yaml" else ""
    assert str(caught.value) == f"{tmp_path / name}: there is no such file{hint}"


@pytest.mark.parametrize("suffix", ["", ".py"])
def test_directory(tmp_path, suffix):
    path = tmp_path / f"jobs{suffix}"
    path.mkdir()

    with pytest.raises(ManifestError, match=r"this is a directory \(name a YAML or Python file in it\)"):
        load_manifest(path)


def test_unreadable_file(tmp_path):
    path = tmp_path / "loop"
    path.symlink_to(path)

    with pytest.raises(ManifestError, match="the file can't be read: Too many levels of symbolic links"):
        load_manifest(path)


def test_endless_file():
    with pytest.raises(ManifestError, match="/dev/zero: the file is larger than 16 MiB"):
        load_manifest("/dev/zero")


# --- Bad manifests: a job that is right but for the lines of the case

KEYS_OF_A_RULE = "(known keys: where, transform, on_missing_column, format, key, update)"
LIMITS = (
    "max_source_connections, max_target_connections, format, toast_compression, maintenance_work_mem, "
    "max_parallel_maintenance_workers, analyze, max_rate"
)
DECLARED = "(declared are: prod, staging)"
OPERATORS = "(known keys: eq, ne, gt, gte, lt, lte, in, not_in, like, ilike, between, is_null)"

SETTINGS = [
    ("tabels: {}", "6:5: jobs.a.tabels: unknown key (did you mean 'tables'?)"),
    ("name: x", "6:5: jobs.a.name: unknown key (known keys: source, target, targets, transport, push, route, tables, "
                "exclude, on_missing_column, transaction, strict, cascade, create_missing, allow_row_security, "
                f"parallel, {LIMITS})"),
    ("schema_name: x", "6:5: jobs.a.schema_name: unknown key (known keys: source, target, targets, transport, push, "
                       "route, tables, exclude, on_missing_column, transaction, strict, cascade, create_missing, "
                       f"allow_row_security, parallel, {LIMITS})"),
    ("on_missing_column: eror", "6:24: jobs.a.on_missing_column: expected 'error', 'skip_table' or 'copy_all', "
                                "found 'eror' (did you mean 'error'?)"),
    ("on_missing_column: 1", "6:24: jobs.a.on_missing_column: expected 'error', 'skip_table' or 'copy_all', found "
                             "the number 1"),
    ("transport: dblnk", "6:16: jobs.a.transport: expected 'stream', 'dblink' or 'postgres_fdw', found "
                          "'dblnk' (did you mean 'dblink'?)"),
    ("transport: dblink\n    push: true", "7:11: jobs.a.push: dblink could push rows only as literals in statements "
                                          "(take `transport: postgres_fdw`)"),
    ("push: true", "6:11: jobs.a.push: this says nothing with `transport: stream`: rows pass through pg-xcopy "
                   "(leave it out)"),
    ("transport: stream\n    route: {host: h}", "7:12: jobs.a.route: this says nothing with `transport: stream`: rows "
                                               "pass through pg-xcopy (leave it out)"),
    ("route: {host: h}", "6:12: jobs.a.route: this says nothing with `transport: stream`: rows pass through pg-xcopy "
                         "(leave it out)"),
    ("transport: dblink\n    route: {port: 5432}", "7:5: jobs.a.route.host: this key is missing"),
    ("transport: dblink\n    max_rate: 1MB/s", "7:15: jobs.a.max_rate: this says nothing with `transport: dblink`: "
                                              "no row passes through pg-xcopy (leave it out, or take "
                                              "`transport: stream`)"),
    ("transport: dblink\n    format: binary", "7:13: jobs.a.format: this says nothing with `transport: dblink`: no row "
                                             "passes through pg-xcopy (leave it out, or take `transport: stream`)"),
    ("strict: maybe", "6:13: jobs.a.strict: expected true or false, found 'maybe'"),
    ("strict: [true]", "6:13: jobs.a.strict: expected true or false, found a list"),
    ("parallel: 0", "6:15: jobs.a.parallel: expected a number of at least 1, found the number 0"),
    ("parallel: 65", "6:15: jobs.a.parallel: expected a number of at most 64, found the number 65"),
    ("parallel: 1.5", "6:15: jobs.a.parallel: expected a whole number, found the number 1.5"),
    ("parallel: true", "6:15: jobs.a.parallel: expected a whole number, found true"),
    ("parallel:", "6:14: jobs.a.parallel: expected a whole number, found null"),
    ("parallel: ${MANY}", "6:15: jobs.a.parallel: expected a whole number, found the value of ${MANY}"),
    ("parallel: ${NO}", "6:15: jobs.a.parallel: the variable NO is not set (set it, or give a default: ${NO:-…})"),
    ("exclude: audit_*", "6:14: jobs.a.exclude: expected a list of names, found text (put it in brackets: [name])"),
    ("exclude: [a, 7]", "6:18: jobs.a.exclude[1]: expected text, found the number 7 (put it in quotes)"),
    ("exclude: {a: b}", "6:14: jobs.a.exclude: expected a list, found a mapping"),
]  # fmt: skip
RULES = [
    ("[]", "5:21: jobs.a.tables.users: expected a mapping, found a list"),
    ("users", "5:21: jobs.a.tables.users: expected a mapping, found 'users'"),
    ("{wher: {}}", "5:22: jobs.a.tables.users.wher: unknown key (did you mean 'where'?)"),
    ("{filter: {}}", f"5:22: jobs.a.tables.users.filter: unknown key {KEYS_OF_A_RULE}"),
    ("{where: ' '}", "5:29: jobs.a.tables.users.where: the SQL text is blank (leave the key out where nothing is "
                     "meant)"),
    ("{where: [1]}", "5:29: jobs.a.tables.users.where: expected conditions on columns, or a SQL condition as text, "
                     "found a list"),
    ("{where: {id: {}}}", "5:34: jobs.a.tables.users.where.id: an empty mapping is no condition (use an operator such "
                          "as eq, gte or in)"),
    ("{where: {id: {gt: null}}}", "5:39: jobs.a.tables.users.where.id.gt: a comparison with null is never true (use "
                                  "is_null: true or is_null: false)"),
    ("{where: {id: {between: [1]}}}", "5:44: jobs.a.tables.users.where.id.between: expected a list of exactly two "
                                      "values: the lowest and the highest"),
    ("{where: {id: {equals: 1}}}", f"5:35: jobs.a.tables.users.where.id.equals: unknown key {OPERATORS}"),
    ("{where: {id: {get: 1}}}", "5:35: jobs.a.tables.users.where.id.get: unknown key (did you mean 'gt'?)"),
    ("{where: {id: {in_: [1]}}}", "5:35: jobs.a.tables.users.where.id.in_: unknown key (did you mean 'in'?)"),
    ("{where: {id: [[1]]}}", "5:34: jobs.a.tables.users.where.id: a list of values can't hold another list or "
                             "mapping"),
    ("{where: {'': 1}}", "5:30: jobs.a.tables.users.where.\"\": a name can't be empty"),
    ('{where: {id: "\\0"}}', "5:34: jobs.a.tables.users.where.id: the text contains a NUL character, which "
                             "PostgreSQL can't store"),
    ('{where: "\\ud800"}', "5:29: jobs.a.tables.users.where: the text is not valid Unicode"),
    ("{transform: {a: ''}}", "5:37: jobs.a.tables.users.transform.a: the SQL expression is blank (use null to leave "
                             "the column out)"),
    ("{transform: [a]}", "5:33: jobs.a.tables.users.transform: expected a mapping, found a list"),
    ("{transform: {a: {b: c}}}", "5:37: jobs.a.tables.users.transform.a: expected a SQL expression as text, or null "
                                 "to leave the column out"),
]  # fmt: skip
SIDES = [
    ("source: {database: prdo}", "3:24: jobs.a.source.database: no connection is called 'prdo' (did you mean 'prod'?)"),
    ("source: {database: x}", f"3:24: jobs.a.source.database: no connection is called 'x' {DECLARED}"),
    ("source: {database: '${MANY}'}", "3:24: jobs.a.source.database: no connection is called the value of ${MANY} "
                                      f"{DECLARED}"),
    ("source: {database: }", "3:23: jobs.a.source.database: the database is missing: the variable it was read from is "
                             "probably not set"),
    ("source: {database: '${EMPTY}'}", "3:24: jobs.a.source.database: the database is missing: the variable it was "
                                       "read from is probably not set"),
    ("source: {database: 7}", "3:24: jobs.a.source.database: expected text: a connection's name, a postgresql:// URL "
                              "or a libpq DSN"),
    ("source: {schema: x}", "3:5: jobs.a.source.database: this key is missing"),
    ("source: {database: prod, schema: 7}", "3:38: jobs.a.source.schema: expected text, found the number 7 (put it in "
                                            "quotes)"),
    ("source: {database: prod, schema: ''}", "3:38: jobs.a.source.schema: a name can't be empty"),
    ("source: {database: prod, schma: x}", "3:30: jobs.a.source.schma: unknown key (did you mean 'schema'?)"),
    ("source: postgresql://u:pw@h/d", "3:13: jobs.a.source: expected a mapping, found text"),
    ("source:", "3:12: jobs.a.source: expected a mapping, found null"),
    ("sorce: {database: prod}", "3:5: jobs.a.sorce: unknown key (did you mean 'source'?)"),
    ("source: {database: 'postgresql://u:p/w@h/d'}", "3:24: jobs.a.source.database: this connection string can't be "
     "used: its host or port makes no sense; a password with '@', ':', '/', '?' or '#' in it must be percent-encoded"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "complaint"), SETTINGS, ids=[line for line, _ in SETTINGS])
def test_bad_setting(tmp_path, line, complaint):
    text = f"""\
jobs:
  a:
    source: {{database: host=s}}
    target: {{database: host=t}}
    tables: {{users: {{}}}}
    {line}
"""

    assert complaints(tmp_path, text) == [f"jobs.yaml:{complaint}"]


@pytest.mark.parametrize(("rule", "complaint"), RULES, ids=[rule for rule, _ in RULES])
def test_bad_rule(tmp_path, rule, complaint):
    text = f"""\
jobs:
  a:
    source: {{database: host=s}}
    target: {{database: host=t}}
    tables: {{users: {rule}}}
"""

    assert complaints(tmp_path, text) == [f"jobs.yaml:{complaint}"]


@pytest.mark.parametrize(("side", "complaint"), SIDES, ids=[side for side, _ in SIDES])
def test_bad_side(tmp_path, side, complaint):
    text = f"""\
jobs:
  a:
    {side}
    target: {{database: host=t}}
    tables: {{users: {{}}}}
connections: {{prod: {{url: host=prod}}, staging: {{url: host=staging}}}}
"""

    assert complaints(tmp_path, text)[-1:] == [f"jobs.yaml:{complaint}"]


# --- Whole files

TARGETS = [
    ("prod", "connection 'prod' is protected: it is never written"),
    (
        "host=prod dbname=shop user=other",
        "this leads to the database of 'prod', which is protected: never written",
    ),
    ("same", "this leads to the database of 'prod', which is protected: never written"),
]


@pytest.mark.parametrize(("database", "message"), TARGETS, ids=[database for database, _ in TARGETS])
def test_protected_connections_are_never_written(tmp_path, database, message):
    text = f"""\
connections:
  prod: {{url: "postgresql://u@prod/shop", protected: true}}
  same: {{url: "postgresql://v@PROD:5432/shop"}}
jobs:
  a:
    source: {{database: prod}}
    target: {{database: {database}}}
    tables: {{users: {{}}}}
"""

    assert complaints(tmp_path, text) == [f"jobs.yaml:7:24: jobs.a.target.database: {message}"]


def test_every_mistake_is_reported_in_the_order_of_the_file(tmp_path):
    text = """\
        conections: {}
        connections:
          prod: {url: "${NOPE}"}
          test: {ulr: host=t, connect_timeout: 0}
        jobs:
          a:
            source: {database: prod}
            target: {database: tset}
          b: []
        """

    assert complaints(tmp_path, text) == [
        "jobs.yaml:1:1: conections: unknown key (did you mean 'connections'?)",
        "jobs.yaml:3:15: connections.prod.url: the variable NOPE is not set (set it, or give a default: ${NOPE:-…})",
        "jobs.yaml:4:3: connections.test.url: this key is missing (aws_secret may take its place)",
        "jobs.yaml:4:10: connections.test.ulr: unknown key (did you mean 'url'?)",
        "jobs.yaml:4:40: connections.test.connect_timeout: expected a number greater than 0, found the number 0",
        "jobs.yaml:6:3: jobs.a.tables: this key is missing (\"'*': {}\" copies every table)",
        "jobs.yaml:8:24: jobs.a.target.database: no connection is called 'tset' (did you mean 'test'?)",
        "jobs.yaml:9:6: jobs.b: expected a mapping, found a list",
    ]


def test_a_mistake_in_the_defaults_is_reported_once_and_there(tmp_path):
    text = """\
        defaults:
          strct: true
          target: {schema: x}
          tables: {users: {where: ""}}
          exclude: [a, 1]
        jobs:
          a: {source: {database: host=s}}
          b: {source: {database: host=s}, tables: {users: {where: true}}}
        """

    assert complaints(tmp_path, text) == [
        "jobs.yaml:2:3: defaults.strct: unknown key (did you mean 'strict'?)",
        "jobs.yaml:3:3: defaults.target.database: this key is missing",
        "jobs.yaml:4:27: defaults.tables.users.where: the SQL text is blank (leave the key out where nothing is meant)",
        "jobs.yaml:5:16: defaults.exclude[1]: expected text, found the number 1 (put it in quotes)",
        "jobs.yaml:8:59: jobs.b.tables.users.where: expected conditions on columns, or a SQL condition as text, found "
        "true",
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("connections: {}\n", "jobs.yaml: jobs: this key is missing"),
        ("jobs:\n", "jobs.yaml:1:6: jobs: expected a mapping, found null"),
        ("jobs: {}\n", "jobs.yaml:1:7: jobs: expected at least one entry"),
        ("jobs: {}\ndefaults: [1]\n", "jobs.yaml:2:11: defaults: expected a mapping, found a list"),
        ("jobs: {'': 1}\n", "jobs.yaml:1:8: jobs.\"\": a name can't be empty"),
        (
            'jobs: {"one\\ntwo": 1}\n',
            'jobs.yaml:1:8: jobs."one\\ntwo": the name contains a line break or another control character',
        ),
        (
            'connections: {"a\\e[1m": 1}\njobs: {a: 1}\n',
            'jobs.yaml:1:15: connections."a\\u001b[1m": the name contains a line break or another control character',
        ),
        ("jobs: {a: {tables: {}}}\n", "jobs.yaml:1:20: jobs.a.tables: expected at least one entry (\"'*': {}\" copies "
                                      "every table)"),
    ],
)  # fmt: skip
def test_bad_sections(tmp_path, text, complaint):
    assert complaint in complaints(tmp_path, text)


def test_null_sections_are_empty(tmp_path):
    text = "connections:\ndefaults:\njobs: {a: {source: {database: host=s}, target: {database: host=t}, tables: {a: }}}"

    assert list(load(tmp_path, text).jobs["a"].tables) == ["a"]
