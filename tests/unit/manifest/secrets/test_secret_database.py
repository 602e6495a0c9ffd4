"""`aws_secret:` of a connection: what becomes of its fields, of what `url` says beside it, and what is missing."""

import json

import pytest
from pydantic import ValidationError

from pg_xcopy.connect import dsn
from pg_xcopy.errors import ManifestError
from pg_xcopy.manifest.connections import Connection
from pg_xcopy.manifest.loader import parse_manifest
from pg_xcopy.manifest.secrets.database import AwsSecret

COMPLETE = {"host": "db.example", "port": 6432, "username": "ada", "password": "s3cret", "dbname": "shop"}
ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf"


def read(secret, url=None, key=""):
    """A connection after its secret was read."""
    raw = {"aws_secret": {"id": "prod/db", "key": key}, **({"url": url} if url else {})}
    text = secret if isinstance(secret, str) else json.dumps(secret)
    return Connection.model_validate(raw, context={"read": lambda *_: text})


def parameters(*arguments, **how):
    return dsn.parse(read(*arguments, **how).dsn)


def reason(*arguments, **how):
    with pytest.raises(ValidationError) as caught:
        read(*arguments, **how)
    (error,) = caught.value.errors()
    assert error["loc"] == ("aws_secret",)
    return error["ctx"]["said"]


def test_the_usual_layout():
    assert parameters(COMPLETE) == {
        "host": "db.example",
        "port": "6432",
        "user": "ada",
        "password": "s3cret",
        "dbname": "shop",
    }


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"port": "6432"}, {"port": "6432"}),
        ({"port": None}, {"port": None}),
        ({"port": ""}, {"port": None}),
        ({"dbname": None, "dbInstanceIdentifier": "shop-1"}, {"dbname": "shop-1"}),
        ({"dbname": "", "dbInstanceIdentifier": "shop-1"}, {"dbname": "shop-1"}),
        ({"dbInstanceIdentifier": "shop-1"}, {"dbname": "shop"}),
        ({"username": None, "user": "bob"}, {"user": "bob"}),
        ({"username": "ada", "user": "bob"}, {"user": "bob"}),
        ({"host": "a,b", "port": "1,2"}, {"host": "a,b", "port": "1,2"}),
        ({"password": 'it\'s \\ "all" here = #@:/?%'}, {"password": 'it\'s \\ "all" here = #@:/?%'}),
        ({"password": "ünï 🐘"}, {"password": "ünï 🐘"}),
        (
            {"sslmode": "verify-full", "sslrootcert": "/etc/ca.pem", "options": "-c geqo=off"},
            {"sslmode": "verify-full", "sslrootcert": "/etc/ca.pem", "options": "-c geqo=off"},
        ),
        ({"engine": "postgres"}, {"engine": None}),
        ({"engine": "aurora-postgresql"}, {"engine": None}),
        ({"engine": None}, {"engine": None}),
        ({"service": "billing", "application_name": "x", "passfile": "/x"}, {"service": None, "passfile": None}),
        ({"masterarn": "arn:x", "ssh": None, "DbName": "x", "tags": [1]}, {"dbname": "shop"}),
    ],
)
def test_fields(changes, expected):
    found = parameters(COMPLETE | changes)

    assert {keyword: found.get(keyword) for keyword in expected} == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://replica/other", {"host": "replica", "port": "6432", "user": "ada", "dbname": "other"}),
        ("postgresql://bob@/", {"host": "db.example", "user": "bob", "password": "s3cret"}),
        ("port=1 sslmode=require", {"port": "1", "host": "db.example", "sslmode": "require"}),
        ("host=replica port=1 password=given", {"host": "replica", "port": "1", "password": "given", "dbname": "shop"}),
    ],
)
def test_what_the_url_says_goes_before_the_secret(url, expected):
    found = parameters(COMPLETE, url)

    assert {keyword: found.get(keyword) for keyword in expected} == expected


def test_a_secret_that_rds_made():
    secret = {"username": "postgres", "password": "s3cret"}

    found = parameters(secret, "postgresql://shop.abc.eu-west-1.rds.amazonaws.com:5432/shop?sslmode=verify-full")

    assert found == {
        "user": "postgres",
        "password": "s3cret",
        "host": "shop.abc.eu-west-1.rds.amazonaws.com",
        "port": "5432",
        "dbname": "shop",
        "sslmode": "verify-full",
    }


def test_one_document_of_many_databases():
    secret = {"staging": {"shop": COMPLETE | {"host": "staging"}}, "prod": json.dumps({"shop": COMPLETE})}

    assert parameters(secret, key="staging.shop")["host"] == "staging"
    assert parameters(secret, key="prod.shop")["host"] == "db.example"


@pytest.mark.parametrize(
    ("secret", "url", "said"),
    [
        ({}, None, "lacks host and dbname (or dbInstanceIdentifier) and username and password"),
        (COMPLETE | {"password": ""}, None, "lacks password"),
        (COMPLETE | {"host": None}, "dbname=x", "lacks host"),
        ({"username": "a", "password": "b"}, "postgresql://h", "lacks dbname (or dbInstanceIdentifier)"),
    ],
)
def test_what_is_missing(secret, url, said):
    assert reason(secret, url) == f"the secret prod/db {said}"


@pytest.mark.parametrize(
    ("secret", "url"),
    [
        ({}, "service=shop"),
        ({"username": "a"}, "host=h dbname=d passfile=/run/pass"),
        ({"username": "a"}, "host=h dbname=d sslcert=/run/cert"),
        ({"username": "a", "password": "b"}, "hostaddr=127.0.0.1 dbname=d"),
    ],
)
def test_what_need_not_be_there(secret, url):
    assert not read(secret, url).unread


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"engine": "mysql"}, "the secret prod/db is for another kind of database: its engine is not PostgreSQL"),
        ({"engine": ["hunter2"]}, "the secret prod/db is for another kind of database: its engine is not PostgreSQL"),
        ({"port": "hunter2"}, "port of the secret prod/db is no number of a port"),
        ({"port": 0}, "port of the secret prod/db is no number of a port"),
        ({"port": 65536}, "port of the secret prod/db is no number of a port"),
        ({"port": 5432.0}, "port of the secret prod/db is no number of a port"),
        ({"port": "\u0665"}, "port of the secret prod/db is no number of a port"),
        ({"port": True}, "port of the secret prod/db is no text that libpq takes"),
        ({"password": ["hunter2"]}, "password of the secret prod/db is no text that libpq takes"),
        ({"password": "hunter2\0"}, "password of the secret prod/db is no text that libpq takes"),
        ({"username": {"hunter2": 1}}, "username of the secret prod/db is no text that libpq takes"),
    ],
)
def test_what_makes_no_sense(changes, said):
    assert reason(COMPLETE | changes) == said


def test_an_entry_is_named_in_complaints():
    assert reason({"a": {"b": {}}}, key="a.b").startswith("a.b of the secret prod/db lacks host")
    assert reason({"a": {"b": {}}}, key="a.c") == "the secret prod/db has no a.c"
    assert reason("hunter2") == "the secret prod/db is not JSON"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"id": ""}, "this is neither the name nor the ARN of a secret"),
        ({"id": "postgresql://a:hunter2@h/d"}, "this is neither the name nor the ARN of a secret"),
        ({"id": "arn:aws:s3:::x"}, "this is neither the name nor the ARN of a secret"),
        ({"id": "a", "region": "Frankfurt am Main"}, "this is no region"),
        ({"id": ARN, "region": "us-east-1"}, "the region is not the one in the secret's ARN"),
    ],
)
def test_declarations_that_make_no_sense(written, said):
    with pytest.raises(ValidationError, match=said) as caught:
        AwsSecret(**written)

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "written", [{"id": "a"}, {"id": "a", "region": ""}, {"id": ARN}, {"id": ARN, "region": "eu-west-1"}]
)
def test_declarations(written):
    assert AwsSecret(**written).parameters is None


def test_before_it_is_read():
    connection = Connection(name="prod", aws_secret={"id": "prod/db"})

    assert (connection.unread, connection.located, connection.described) == (True, False, "prod")


def test_after_it_was_read():
    connection = read(COMPLETE)

    assert (connection.unread, connection.located) == (False, True)
    assert connection.described == "ada@db.example:6432/shop"


@pytest.mark.parametrize(
    ("url", "located"), [("postgresql://h/d", True), ("postgresql://h", False), ("dbname=d", False)]
)
def test_the_url_may_say_where_it_is(url, located):
    assert Connection(url=url, aws_secret={"id": "prod/db"}).located is located


def test_nothing_of_it_is_shown():
    connection = read(COMPLETE, "postgresql://bob:also-secret@/")

    shown = f"{connection} {connection!r} {connection.model_dump()} {connection.model_dump_json()}"

    assert "s3cret" not in shown
    assert "also-secret" not in shown
    assert "db.example" not in shown


def test_either_of_the_two_is_needed():
    with pytest.raises(ManifestError) as caught:
        parse_manifest({"connections": {"a": {}}, "jobs": {}})

    assert "<dict>: connections.a.url: this key is missing (aws_secret may take its place)" in str(caught.value)


def test_near_keys():
    with pytest.raises(
        ManifestError, match=r"connections.a.aws_secret.nmae: unknown key \(known keys: id, key, region\)"
    ):
        parse_manifest({"connections": {"a": {"aws_secret": {"id": "x", "nmae": "y"}}}, "jobs": {}})
