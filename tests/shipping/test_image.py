"""The container image: built by `make image`, run as a cluster would: no rights, no writable file, no shell."""

from __future__ import annotations

import json
import re
import shlex
import signal
import socket
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from acceptance.commanding import HEAD, is_idle, leftovers, manifest, urls, wait_until, write
from containers import HARDENED
from pg_xcopy import __version__
from pg_xcopy.demo.servers import SUPERUSER

pytestmark = pytest.mark.timeout(900)  # the first of them makes a base and builds the image

README = Path(__file__).parents[2] / "README.md"
OCI = "org.opencontainers.image."

GRACE = 10
"""Seconds that `docker stop` gives a container; Kubernetes gives 30."""

MOST = 200_000_000
"""Bytes that the image may have, unpacked."""

TOOLS = ("as", "c++", "cc", "clang", "cpp", "g++", "gcc", "ld", "make", "pip", "pip3", "uv")
"""What an image is built with, and what an intruder would like to find."""

SHOP = """\
CREATE TABLE app.people (id int PRIMARY KEY, name text, phone text);
INSERT INTO app.people SELECT n, 'name ' || n, '555-' || n FROM generate_series(1, 1000) n;
CREATE TABLE app.orders (id int PRIMARY KEY, person int REFERENCES app.people);
INSERT INTO app.orders SELECT n, n % 1000 + 1 FROM generate_series(1, 5000) n;
"""
COPY = manifest("""\
source: {schema: app}
target: {schema: app}
tables: {people: {transform: {name: "'user ' || id", phone: null}}, "*": {}}
""")


def mounted(path):
    """Mount a manifest where the image looks for it, readable to the number that it runs as."""
    path.parent.chmod(0o755)
    return (f"--volume={path.parent}:/jobs:ro",)


def labels(image):
    return image.inspect()["Config"]["Labels"]


# --- What it is


COMPILED = """
from pathlib import Path
from importlib.util import cache_from_source
from pg_xcopy.sql.render import DIRECTORY
modules = [each for each in DIRECTORY.parent.rglob("*.py") if not Path(cache_from_source(each)).exists()]
print(len(modules), len(list(DIRECTORY.rglob("*.j2"))) - len(list(DIRECTORY.rglob("__pycache__/*.jinja"))))
"""
"""How many modules, and how many templates, are not compiled."""


def test_it_is_small(image):
    assert image.inspect()["Size"] < MOST


def test_it_says_what_it_is(image):
    of_git = subprocess.run(["git", "log", "-1", "--format=%H %cI"], capture_output=True, text=True, check=False)
    revision, created = of_git.stdout.split() or ("", "")
    said = {name.removeprefix(OCI): value for name, value in labels(image).items() if name.startswith(OCI)}

    assert said == {
        "title": "pg-xcopy",
        "description": "Declarative, filtered, transformed copies between PostgreSQL databases",
        "licenses": "MIT",
        "version": __version__,
        "revision": revision,
        "created": created,
    }


def test_it_starts_the_command_as_nobody_in_particular(image):
    config = image.inspect()["Config"]

    assert (config["Entrypoint"], config["Cmd"], config["User"]) == (["pg-xcopy"], ["--help"], "65532:65532")


def test_it_holds_nothing_to_build_or_install_with(image):
    found = image.python(f"import shutil; print([tool for tool in {TOOLS} if shutil.which(tool)])")
    modules = image.python(
        "import importlib.util as u; print([m for m in ('pip', 'ensurepip._bundled') if u.find_spec(m)])"
    )

    assert (found, modules) == ("[]", "[]")


def test_nothing_is_left_to_compile_for_each_run(image):
    assert image.python(COMPILED).split() == ["0", "0"]


def test_every_extra_that_it_names_is_there_and_no_other_is_needed(image):
    image.python("import asyncssh, bcrypt, boto3, prometheus_client, psycopg2")
    for service in ("secretsmanager", "sts", "sso", "sso-oidc"):
        image.python(f"import boto3; boto3.client({service!r}, region_name='eu-central-1')")


@pytest.mark.parametrize("extras", ["", "otel"])
def test_the_extras_are_a_choice(image, extras):
    image.podman.make_image("pg-xcopy-other", extras=extras)
    other = replace(image, tag="pg-xcopy-other")
    modules = {"boto3": "aws", "asyncssh": "ssh", "opentelemetry.sdk.trace": "otel"}

    look = "from importlib.util import find_spec; print(*(m for m in {} if find_spec(m.partition('.')[0])))"
    found = other.python(look.format(list(modules))).split()

    assert found == [module for module, extra in modules.items() if extra == extras]
    assert other.run("--version").stdout.split()[-1] == __version__
    assert other.inspect()["Size"] < image.inspect()["Size"]


def test_one_commit_gives_one_image(image):
    image.podman.make_image("pg-xcopy-again", "--no-cache")

    again = replace(image, tag="pg-xcopy-again").inspect()

    assert again["RootFS"] == image.inspect()["RootFS"]
    assert again["Config"] == image.inspect()["Config"]


# --- What it does


def test_it_copies_between_two_servers(image, pair, tmp_path):
    source, target = pair("", "")
    source.execute(SHOP)

    done = image.run("run", "jobs.yaml", "--json", options=mounted(write(tmp_path, COPY)), env=urls(source, target))

    assert done.code == 0, done.stderr
    [job] = json.loads(done.stdout)["jobs"]
    assert {table["table"]: table["rows"] for table in job["tables"]} == {"app.people": 1000, "app.orders": 5000}
    assert target.rows("SELECT min(name), count(*) FROM app.people") == [("user 1", 1000)]
    assert target.column("SELECT contype FROM pg_constraint WHERE contype = 'f'") == ["f"]


def test_the_line_of_the_readme_runs_its_manifest(image, tmp_path):
    readme = README.read_text(encoding="utf-8")
    [options, words] = re.search(
        r"^make image && docker run --rm (.*) pg-xcopy (run .*)$", readme, re.MULTILINE
    ).groups()
    write(tmp_path, re.search(r"^```yaml\n(# jobs.yaml\n.*?)^```$", readme, re.MULTILINE | re.DOTALL).group(1))
    tmp_path.chmod(0o755)
    given = shlex.split(options.replace("$PWD", str(tmp_path)))
    variables = [each for each in given if each.endswith("_DB_URL")]
    nowhere = {each: f"postgresql://x@127.0.0.1:1/{each.lower()}" for each in variables}
    env = {**image.podman.environment, **nowhere}

    done = subprocess.run(
        ["podman", "run", *HARDENED, *given, image.tag, *words.split()],
        env=env, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip

    assert done.returncode == 1
    assert done.stderr.count("Connection refused") == len(("anonymise", "tenant:123")), done.stderr


def test_any_other_number_may_run_it(image, pair, tmp_path):
    source, target = pair("", "")
    source.execute(SHOP)
    options = (*mounted(write(tmp_path, COPY)), "--user=12345:0")

    done = image.run("run", "jobs.yaml", "--quiet", options=options, env=urls(source, target))

    assert (done.code, done.stdout, done.stderr) == (0, "", "")


def test_a_secret_of_aws_and_a_bastion_lead_it_to_the_source(image, pair, tmp_path, aws, bastion):
    source, target = pair("", "")
    source.execute(SHOP)
    way = {"host": "127.0.0.1", "port": source.server.port, "dbname": source.name}
    aws.put("shop/prod", {**way, "username": SUPERUSER, "password": source.server.password, "ssh": bastion.ssh()})
    reached = HEAD.replace('url: "${SOURCE_DB_URL}"', 'aws_secret: {id: "shop/prod"}')
    path = write(tmp_path, COPY.replace(HEAD, reached))
    logins = bastion.logins

    done = image.run("run", "jobs.yaml", options=mounted(path), env={**aws.environment, "TARGET_DB_URL": target.url})

    assert done.code == 0, done.stderr
    assert target.value("SELECT count(*) FROM app.orders") == 5000
    assert bastion.logins > logins


def test_a_mistake_in_the_manifest_ends_it_with_2(image, tmp_path):
    done = image.run("run", "jobs.yaml", options=mounted(write(tmp_path, "jobs: {copy: {sauce: {}}}")))

    assert done.code == 2
    assert "jobs.yaml:1:" in done.stderr


# --- How it ends


@pytest.fixture
def container(image, request):
    """A name for a container that a test starts; whatever is left of it is removed."""
    name = f"pg-xcopy-{request.node.name.rpartition('[')[0] or request.node.name}"
    yield name
    image.podman("rm", "--force", "--ignore", "--time=0", name)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_running_copy_and_leaves_nothing(image, container, pair, tmp_path, number):
    source, target = pair("", "CREATE TABLE app.before ()")
    source.execute(SHOP)
    slow = COPY.replace("tables:", "max_rate: 5kB\n    tables:")
    running = image.start(
        container, "run", "jobs.yaml", options=mounted(write(tmp_path, slow)), env=urls(source, target)
    )
    copying = "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%COPY%FROM STDIN%' AND pid <> pg_backend_pid()"
    wait_until(lambda: leftovers(target) and target.rows(copying))
    sent = time.monotonic()

    image.podman.must("kill", f"--signal={number.name}", container)
    _, complaints = running.communicate(timeout=60)

    assert running.returncode == 128 + number, complaints
    assert time.monotonic() - sent < GRACE
    assert f"stopped by {number.name}; the target is as it was" in complaints
    wait_until(lambda: is_idle(source) and is_idle(target))
    assert leftovers(target) == []
    assert target.column("SELECT relname FROM pg_class WHERE relnamespace = 'app'::regnamespace") == ["before"]


def test_a_signal_ends_a_command_that_only_waits(image, container, tmp_path, target_db):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        source = f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/none"
        running = image.start(
            container, "plan", "jobs.yaml", options=mounted(write(tmp_path, COPY)), env=urls(source, target_db)
        )
        silent.settimeout(60)
        with silent.accept()[0]:
            sent = time.monotonic()
            image.podman.must("kill", "--signal=SIGTERM", container)
            running.communicate(timeout=60)

    assert running.returncode == 143
    assert time.monotonic() - sent < GRACE
