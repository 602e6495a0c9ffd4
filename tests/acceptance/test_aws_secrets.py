"""A manifest whose connections are in AWS Secrets Manager, through the command and the library, as a user runs it."""

import json
import logging
import traceback

import pytest
from commanding import leftovers, write

from aws import REGION, Asked
from pg_xcopy import XcopyError, load_manifest, plan_job, run_jobs

MANIFEST = """\
connections:
  prod: {aws_secret: {id: pg-xcopy/prod/shop}, protected: true}
  staging:
    url: "postgresql://127.0.0.1:PORT/DATABASE"
    aws_secret: {id: pg-xcopy/all, key: staging.shop}
defaults: {source: {database: prod, schema: app}, target: {database: staging}}
jobs:
  one: {target: {schema: one}, tables: {things: {transform: {body: "md5(body || '${aws-sm:pg-xcopy/all#salt}')"}}}}
  two: {target: {schema: two}, tables: {things: {where: {id: "${aws-sm:pg-xcopy/all#limit}"}}}}
"""
REFERENCE = "${aws-sm:pg-xcopy/all#salt}"
SALT = "pepper-s4lt"
PASSWORD = 'it\'s \\ a # "secret" @:/?%41'


@pytest.fixture
def things(source_db):
    source_db.execute("CREATE SCHEMA app; CREATE TABLE app.things (id int PRIMARY KEY, body text)")
    source_db.execute("INSERT INTO app.things SELECT n, 'body ' || n FROM generate_series(1, 3) AS n")
    return source_db


@pytest.fixture
def prod(things, hostile_role):
    """What the secret of the source says."""
    role = hostile_role(things, password=PASSWORD, grant=["USAGE ON SCHEMA app", "SELECT ON app.things"])
    where = {"host": "127.0.0.1", "port": things.server.port, "dbInstanceIdentifier": things.name}
    return {**where, "engine": "postgres", "username": role.name, "password": PASSWORD}


@pytest.fixture
def staging(target_db):
    """What the secret of the target says, as RDS makes them."""
    return {"username": "postgres", "password": target_db.server.password}


@pytest.fixture
def stored(aws, prod, staging):
    """AWS with the secrets of the manifest in it."""
    aws.put("pg-xcopy/prod/shop", prod)
    aws.put("pg-xcopy/all", {"staging": {"shop": staging}, "salt": SALT, "limit": 2})
    return aws


@pytest.fixture
def manifest(tmp_path, target_db):
    address = {"PORT": str(target_db.server.port), "DATABASE": target_db.name}
    text = MANIFEST
    for word, value in address.items():
        text = text.replace(word, value)
    return write(tmp_path, text)


pytestmark = pytest.mark.usefixtures("stored")
ONCE_EACH = [Asked("pg-xcopy/prod/shop", REGION), Asked("pg-xcopy/all", REGION)]


def test_run(run_cli, stored, manifest, things, target_db):
    done = run_cli("run", manifest)

    assert done.code == 0, done.stderr
    assert target_db.rows("SELECT * FROM two.things") == [(2, "body 2")]
    assert target_db.rows("SELECT * FROM one.things") == things.rows(
        f"SELECT id, md5(body || '{SALT}') FROM app.things"
    )
    assert sorted(stored.asked, key=str) == sorted(ONCE_EACH, key=str)


def test_run_through_the_library(stored, manifest, target_db):
    loaded = load_manifest(manifest)
    assert stored.asked == []

    results = run_jobs("*", loaded)

    assert [result.job for result in results] == ["one", "two"]
    assert target_db.column("SELECT id FROM two.things") == [2]
    assert sorted(stored.asked, key=str) == sorted(ONCE_EACH, key=str)


@pytest.mark.parametrize("command", ["validate", "list"])
def test_what_runs_nothing_reads_nothing(run_cli, stored, manifest, command):
    done = run_cli(command, manifest)

    assert (done.code, done.stderr, stored.asked) == (0, "", [])
    assert command == "validate" or "two  prod schema app → staging schema two" in done.stdout


def test_one_job_reads_what_it_needs(run_cli, stored, manifest):
    text = manifest.read_text() + '  three: {source: {database: "${aws-sm:gone}"}, tables: {things: }}\n'
    manifest.write_text(text)

    assert run_cli("run", manifest, "two").code == 0
    assert Asked("gone", REGION) not in stored.asked


def test_a_bastion_from_the_same_secret(run_cli, aws, manifest, prod, bastion, target_db):  # noqa: PLR0917 - by name
    aws.put("behind", prod | {"ssh": bastion.ssh()})
    manifest.write_text(manifest.read_text().replace("id: pg-xcopy/prod/shop", "id: behind"))
    before = bastion.logins

    done = run_cli("run", manifest, "two", "-v")

    assert (done.code, bastion.logins) == (0, before + 1), done.stderr
    assert target_db.column("SELECT id FROM two.things") == [2]
    assert "PRIVATE KEY" not in done.stdout + done.stderr


def test_a_bastion_that_is_somebody_else(run_cli, aws, manifest, prod, bastion):
    wrong = "SHA256:" + "A" * 43
    aws.put("behind", prod | {"ssh": json.dumps(bastion.ssh(fingerprint=wrong))})
    manifest.write_text(manifest.read_text().replace("id: pg-xcopy/prod/shop", "id: behind"))

    done = run_cli("run", manifest, "two")

    assert done.code == 1
    assert wrong in done.stderr


# --- What is shown


@pytest.mark.parametrize("options", [["plan"], ["plan", "--sql"], ["plan", "--json"], ["run", "-v"], ["run", "--json"]])
def test_nothing_secret_is_shown(run_cli, manifest, options):
    done = run_cli(options[0], manifest, *options[1:])

    assert done.code == 0, done.stderr
    assert [
        secret for secret in (SALT, PASSWORD, json.dumps(PASSWORD)[1:-1]) if secret in done.stdout + done.stderr
    ] == []
    assert options[0] == "run" or "md5(body || '***')" in done.stdout


def test_a_secret_that_a_server_repeats_is_masked(manifest, caplog):
    text = manifest.read_text()
    manifest.write_text(text.replace(f"md5(body || '{REFERENCE}')", f'\\"{REFERENCE}\\"'))

    with caplog.at_level(logging.DEBUG), pytest.raises(XcopyError) as caught:
        run_jobs("one", load_manifest(manifest), verbose=True)

    assert 'column "***" does not exist' in str(caught.value)
    assert SALT not in caplog.text + "".join(traceback.format_exception(caught.value))


def test_a_plan_of_the_library_is_what_is_sent(manifest):
    plan = plan_job(load_manifest(manifest).jobs["one"])

    assert SALT in plan.copies[0].select
    assert PASSWORD not in repr(plan)


# --- What goes wrong


def complaint(finished):
    assert finished.stdout == ""
    return finished.stderr.splitlines()


@pytest.mark.parametrize("command", ["run", "plan"])
def test_a_missing_field(run_cli, aws, manifest, target_db, command):
    aws.put("half", {"host": "db", "usrname": "hunter2", "password": "hunter3"})
    manifest.write_text(manifest.read_text().replace("id: pg-xcopy/prod/shop", "id: half"))

    done = run_cli(command, manifest)

    assert (done.code, complaint(done)) == (
        2,
        [
            "error: " + str(manifest) + ":2:22: connections.prod.aws_secret: "
            "the secret half lacks dbname (or dbInstanceIdentifier) and username (what is not secret may stand in url)"
        ],
    )
    assert leftovers(target_db) == []


def test_a_secret_that_is_not_there(run_cli, manifest):
    manifest.write_text(manifest.read_text().replace("id: pg-xcopy/all", "id: pg-xcopy/none"))

    done = run_cli("run", manifest, "two", "--json")

    assert (done.code, complaint(done)) == (
        1,
        [
            f"error: {manifest}:5:17: connections.staging.aws_secret: the secret pg-xcopy/none can't be read: "
            f"there is none of that name in {REGION} "
            "(check name and region; a secret of another account is named by its whole ARN)"
        ],
    )


def test_a_target_that_turns_out_to_be_protected(run_cli, aws, manifest, prod):
    aws.put("alias", prod | {"username": "postgres"})
    manifest.write_text(manifest.read_text().replace("{id: pg-xcopy/all, key: staging.shop}", "{id: alias}"))
    own_url = [line for line in manifest.read_text().splitlines() if "url:" not in line]
    manifest.write_text("\n".join(own_url) + "\n")

    done = run_cli("run", manifest, "two")

    assert done.code == 2
    assert "this leads to the database of 'prod', which is protected: never written" in done.stderr
    assert PASSWORD not in done.stderr


def test_a_wrong_password(run_cli, aws, manifest, prod):
    aws.put("outdated", prod | {"password": "hunter2-outdated"})
    manifest.write_text(manifest.read_text().replace("id: pg-xcopy/prod/shop", "id: outdated"))

    done = run_cli("run", manifest, "two")

    assert done.code == 1
    assert "can't connect to the source prod: " in done.stderr
    assert "password authentication failed" in done.stderr
    assert "hunter2" not in done.stderr
