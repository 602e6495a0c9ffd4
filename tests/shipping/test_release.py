"""What is released: a wheel and an sdist that work where nothing else of ours is."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import zipfile

import pytest

from conftest import CHECKOUT
from pg_xcopy import __version__

EXAMPLE = CHECKOUT / "schemas" / "examples" / "anonymise.yaml"


def run(*command, **options):
    done = subprocess.run(
        [str(each) for each in command], capture_output=True, text=True, check=False, timeout=300, **options
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(source, into):
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", into, source)
    (wheel,), (sdist,) = into.glob("*.whl"), into.glob("*.tar.gz")
    return wheel, sdist


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    return build(CHECKOUT, tmp_path_factory.mktemp("packages"))


@pytest.fixture(scope="module")
def installed(packages, tmp_path_factory):
    """The wheel in an environment of its own; gives the folder of its commands."""
    home = tmp_path_factory.mktemp("installed") / "venv"
    run(sys.executable, "-m", "venv", home)
    run(home / "bin" / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check", packages[0])
    return home / "bin"


def contents(wheel):
    return {name: zipfile.ZipFile(wheel).read(name) for name in zipfile.ZipFile(wheel).namelist()}


def test_the_version_is_in_one_place(packages):
    wheel, sdist = packages

    assert wheel.name == f"pg_xcopy-{__version__}-py3-none-any.whl"
    assert sdist.name == f"pg_xcopy-{__version__}.tar.gz"
    assert f'"{__version__}"' not in (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")


def test_the_wheel_has_all_that_is_not_python(packages):
    names = set(contents(packages[0]))
    package = CHECKOUT / "app" / "pg_xcopy"
    data = [path for path in package.rglob("*") if path.suffix in {".sql", ".j2", ".css", ".js", ".html", ".typed"}]

    assert data
    assert {f"pg_xcopy/{path.relative_to(package).as_posix()}" for path in data} <= names
    assert not [name for name in names if name.startswith(("tests/", "app/"))]


def test_the_wheel_names_its_licence_and_brings_it(packages):
    told = contents(packages[0])
    folder = f"pg_xcopy-{__version__}.dist-info"

    assert "\nLicense-Expression: MIT\nLicense-File: LICENSE\n" in told[f"{folder}/METADATA"].decode()
    assert told[f"{folder}/licenses/LICENSE"] == (CHECKOUT / "LICENSE").read_bytes()


def test_the_sdist_makes_the_same_wheel(packages, tmp_path):
    wheel, sdist = packages
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (tmp_path / "again").mkdir()

    again, _ = build(tmp_path / f"pg_xcopy-{__version__}", tmp_path / "again")

    assert contents(again) == contents(wheel)


def test_the_installed_command(installed, tmp_path):
    schema = (CHECKOUT / "schemas" / "pg-xcopy.schema.json").read_text(encoding="utf-8")
    env = {"SOURCE_DB_URL": "postgresql://a@b/c", "TARGET_DB_URL": "postgresql://d@e/f"}

    assert __version__ in run(installed / "pg-xcopy", "--version", cwd=tmp_path)
    assert run(installed / "pg-xcopy", "schema", cwd=tmp_path) == schema
    assert "valid" in run(installed / "pg-xcopy", "validate", EXAMPLE, cwd=tmp_path, env=env)


def test_the_installed_library_copies(installed, source_db, target_db, tmp_path):
    source_db.execute("CREATE TABLE t AS SELECT generate_series(1, 10) AS n")
    job = {"source": {"database": source_db.dsn}, "target": {"database": target_db.dsn}, "tables": {"t": None}}
    script = f"import pg_xcopy; print(pg_xcopy.__file__); print(pg_xcopy.run_job({job!r}).rows)"

    where, rows = run(installed / "python", "-c", script, cwd=tmp_path).splitlines()

    assert where.startswith(str(installed.parent))
    assert rows == "10"
    assert target_db.value("SELECT count(*) FROM t") == 10


def test_the_changelog_has_a_place_for_what_is_new():
    text = (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8")

    assert re.search(r"^## \[Unreleased\]$", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("v9.9.9", f"the tag v9.9.9 is not v{__version__}"),
        (f"v{__version__}", f"CHANGELOG.md has no section [{__version__}]"),
    ],
)
def test_a_tag_that_does_not_fit_is_refused(tag, said):
    done = subprocess.run(
        [sys.executable, CHECKOUT / "tests" / "shipping" / "tag.py", tag], capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert said in done.stderr
