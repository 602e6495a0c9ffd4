"""What a service of libpq stands for, and what a connection string leaves to it and to variables."""

import pytest

from pg_xcopy.connect.dsn import describe, effective
from pg_xcopy.connect.services import parameters_of
from pg_xcopy.manifest.connections import Connection
from pg_xcopy.manifest.databases import same_database

FILE = """\
host=outside
# [shop]
[shop]
  host=db.example
# port=1
port=6432
port=7
options=-c geqo=off = x
no equals sign
 user = ada
[shop]
dbname=second
[empty]
[ last ]
host=x
"""


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    for name in ("PGSERVICE", "PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGSYSCONFDIR"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "services"
    path.write_text(FILE, encoding="utf-8")
    monkeypatch.setenv("PGSERVICEFILE", str(path))
    return path


@pytest.mark.parametrize(
    ("service", "parameters"),
    [
        ("shop", {"host": "db.example", "port": "6432", "options": "-c geqo=off = x", "user ": " ada"}),
        ("empty", {}),
        ("none", {}),
        ("last", {}),
        (" last ", {"host": "x"}),
    ],
)
def test_a_service(service, parameters):
    assert parameters_of(service) == parameters


def test_the_system_has_services_too(tmp_path, monkeypatch):
    (tmp_path / "pg_service.conf").write_text("[shop]\nhost=other\n[none]\nhost=there\n")
    monkeypatch.setenv("PGSYSCONFDIR", str(tmp_path))

    assert parameters_of("none") == {"host": "there"}
    assert parameters_of("shop")["host"] == "db.example"


@pytest.mark.parametrize("content", [None, b"\xff[shop]"])
def test_a_file_that_is_of_no_use(file, content):
    file.unlink()
    if content:
        file.write_bytes(content)

    assert parameters_of("shop") == {}


def test_the_string_goes_before_the_service_and_that_before_variables(monkeypatch):
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGUSER", "eve")
    monkeypatch.setenv("PGDATABASE", "")

    found = effective("service=shop host=mine")

    assert found == {"service": "shop", "host": "mine", "port": "6432", "options": "-c geqo=off = x", "user": "eve"}


@pytest.mark.parametrize(
    ("dsn", "described"),
    [
        ("service=shop user=ada", "ada@db.example:6432"),
        ("service=none", "none"),
        ("service=none dbname=d", "none/d"),
        ("dbname=d", "localhost/d"),
        ("", "localhost"),
    ],
)
def test_where_it_leads(dsn, described):
    assert describe(dsn) == described


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("service=shop dbname=d", "host=db.example port=6432 dbname=d", True),
        ("service=shop dbname=d", "host=db.example dbname=d", False),
        ("service=none dbname=d", "service=none dbname=d user=x", True),
        ("service=none dbname=d", "service=nope dbname=d", False),
        ("service=none dbname=d", "dbname=d", False),
    ],
)
def test_whether_it_is_the_same_database(one, other, same):
    assert same_database(Connection(url=one), Connection(url=other)) is same
