"""compose.yaml: held against Compose itself, and every service of it run."""

from __future__ import annotations

import re
import subprocess

import pytest
import yaml
from composed import PLACE, Composition, NamedServer

from containers import program

pytestmark = pytest.mark.timeout(900)  # as where the image is tested

PINNED = re.compile(r"[a-z0-9./-]+:\d+(\.\d+)+(-[a-z]+)?")


@pytest.fixture(scope="module")
def composition(image, tmp_path_factory):
    return Composition(image.podman, tmp_path_factory.mktemp("volumes"))


@pytest.fixture(scope="module")
def databases(composition, installations):
    """Source and target, as `docker compose up source target` leaves them."""
    with NamedServer("source", installations[0]) as source, NamedServer("target", installations[0]) as target:
        assert composition.is_healthy(source)
        assert composition.is_healthy(target)
        yield composition.fill(source), composition.fill(target)


# --- What it says


@pytest.mark.parametrize("profile", [(), ("--profile", "bastion")], ids=["default", "bastion"])
def test_compose_takes_it(profile):
    command = [program("docker-compose"), "-f", PLACE / "compose.yaml", *profile, "config"]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "pg-xcopy" in yaml.safe_load(done.stdout)["services"]


def test_what_is_published_is_pinned_and_in_the_readme():
    services = yaml.safe_load((PLACE / "compose.yaml").read_text())["services"]
    images = {service["image"] for service in services.values() if "image" in service} - {"pg-xcopy"}
    bases = set(re.findall(r"^FROM (\S+)", (PLACE / "bastion" / "Dockerfile").read_text(), re.MULTILINE))
    readme = (PLACE / "README.md").read_text()

    assert len(images | bases) == 3
    for each in images | bases:
        assert PINNED.fullmatch(each), each
        assert each.removeprefix("docker.io/").removeprefix("library/") in readme


def test_every_file_that_it_mounts_is_there():
    services = yaml.safe_load((PLACE / "compose.yaml").read_text())["services"]
    mounted = [each.split(":")[0] for service in services.values() for each in service.get("volumes", ())]

    assert [path for path in mounted if path.startswith(".") and not (PLACE / path).is_file()] == []


# --- What it does


def test_the_jobs_of_the_demo_run(composition, databases):
    _, target = databases

    done = composition.run("pg-xcopy")

    assert done.code == 0, done.stderr
    schemas = {"shop_2023", "staging", "shop_today", "tenant_7"}
    assert schemas <= set(target.column("SELECT nspname FROM pg_namespace"))
    assert target.value("SELECT count(*) FROM staging.users WHERE email NOT LIKE 'user%@example.com'") == 0
    assert target.value("SELECT count(*) FROM staging.users") > 1000


@pytest.mark.usefixtures("databases")
def test_other_words_of_the_readme_work_too(composition):
    [words] = re.findall(r"^docker compose run --rm pg-xcopy (plan .*?)  ", (PLACE / "README.md").read_text(), re.M)

    done = composition.run("pg-xcopy", *words.replace('"', "").split())

    assert done.code == 0, done.stderr
    assert "anonymise:shop" in done.stdout


def test_its_exit_code_is_that_of_the_jobs(composition, databases):
    source, _ = databases
    source.execute("REVOKE SELECT ON shop.users FROM reader")
    try:
        assert composition.run("pg-xcopy").code == 1
    finally:
        source.execute("GRANT SELECT ON shop.users TO reader")


def test_secrets_lead_through_the_bastion(composition, databases):
    source, target = databases
    with composition.bastion(), composition.aws():
        stored = composition.run("secrets")
        again = composition.run("secrets")
        done = composition.run("through-bastion")
        log = composition.podman("logs", "bastion")

    assert (stored.code, again.code, done.code) == (0, 0, 0), stored.stderr + again.stderr + done.stderr
    assert target.value("SELECT count(*) FROM staging_through_bastion.users") == source.value(
        "SELECT count(*) FROM shop.users"
    )
    assert "Accepted publickey for ops" in log.stdout + log.stderr
