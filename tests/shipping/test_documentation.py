"""What the documentation shows is tried: manifests are loaded, commands parsed by the command itself, pages built."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
import yaml
from charts import render
from click.testing import CliRunner
from documents import commands, completed, fences, kind_of, parsed, shown

from conftest import CHECKOUT
from pg_xcopy.cli.main import command
from pg_xcopy.manifest.loader import load_manifest

KEY = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"
FINGERPRINT = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"
CONTAINERS = {"docker", "podman"}
IN_YAML, IN_SHELL = shown("yaml"), shown("sh", "bash")
MANIFESTS = [each for each in IN_YAML if kind_of(parsed(each)) in {"manifest", "part of a job", "connections"}]
VALUES = [each for each in IN_YAML if kind_of(parsed(each)) == "values"]
COMMANDS = [
    pytest.param(words, id=f"{block}: {' '.join(words)}") for block in IN_SHELL for words in commands(block) if words
]


def of(program):
    """Give the commands of one program, in a container, too."""
    return [
        each
        for each in COMMANDS
        if len(each.values[0]) > 1
        if each.values[0][0] == program or (each.values[0][0] in CONTAINERS and program in each.values[0][:-1])
    ]


def variables(text):
    """Make up what a manifest takes from the environment."""
    names = re.findall(r"\$\{(\w+)(?:\}|:\?)", text)
    made_up = {"KEY": KEY, "FINGERPRINT": FINGERPRINT, "HOST": "host.example.com"}
    return {
        name: next((value for part, value in made_up.items() if part in name), f"postgresql://a@b/{name}")
        for name in names
    }


TRIED = {"yaml", "json", "python", "sh", "sql"}
OUTPUT = ""
"""A block in no language is what a program prints, or a drawing: there is nothing in it to try."""


def test_no_block_is_left_out():
    unknown = [where for where, language in fences() if language not in TRIED | {OUTPUT}]

    assert not unknown, f"nothing tries these; their language is none of {sorted(TRIED)}, or they are indented"


def test_each_block_is_taken_up():
    assert len(shown(*TRIED)) == len([1 for _, language in fences() if language in TRIED])


@pytest.mark.parametrize("block", shown("sql"), ids=str)
def test_sql_is_run(block, source_db):
    source_db.execute(block.text)


@pytest.mark.parametrize("block", MANIFESTS, ids=str)
def test_a_manifest_is_one(block, tmp_path):
    text = yaml.safe_dump(completed(parsed(block)), sort_keys=False, allow_unicode=True)
    for path in re.findall(r"\$\{file:([^}]+)\}", text):
        (tmp_path / "secret").write_text(KEY)
        text = text.replace(path, str(tmp_path / "secret"))
    path = tmp_path / "jobs.yaml"
    path.write_text(text, encoding="utf-8")

    assert load_manifest(path, variables(text)).jobs


@pytest.mark.parametrize("block", VALUES, ids=str)
def test_values_of_the_chart_are_rendered(block):
    """A job of which a part is shown gets what it needs besides."""
    values = parsed(block)
    least = {"schedule": "0 2 * * *", "existingManifest": {"configMap": "manifests"}}
    jobs = {
        name: job if job.keys() & {"manifest", "existingManifest"} else {**least, **job}
        for name, job in values.get("jobs", {"shown": {}}).items()
    }

    assert render({**values, "jobs": jobs}).pods


@pytest.mark.parametrize("block", shown("json"), ids=str)
def test_json_is_json(block):
    assert json.loads(block.text)


@pytest.mark.parametrize("block", shown("python"), ids=str)
def test_python_compiles(block):
    compile(block.text, str(block), "exec")


@pytest.mark.parametrize("block", IN_SHELL, ids=str)
def test_shell_is_shell(block):
    done = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("words", of("pg-xcopy"))
def test_a_command_is_one_that_we_have(words, monkeypatch):
    """The command parses its arguments, and is then kept from doing anything."""
    arguments = words[len(words) - words[::-1].index("pg-xcopy") :]
    for each in command.commands.values():
        monkeypatch.setattr(each, "callback", lambda **_given: None)

    result = CliRunner().invoke(command, arguments)

    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("words", of("make"))
def test_make_has_the_target(words):
    target = next(word for word in words[words.index("make") + 1 :] if "=" not in word)

    assert re.search(rf"^{target}:", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_there_is_something_to_try():
    assert len(MANIFESTS) > 15
    assert len(of("pg-xcopy")) > 15
    assert VALUES


def test_the_reference_is_what_the_models_say():
    done = subprocess.run(
        [sys.executable, "-c", "import reference; print(reference.page(), end='')"],
        cwd=CHECKOUT / "docs",
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout == (CHECKOUT / "docs" / "manifest.md").read_text(encoding="utf-8"), (
        f"write it anew: python docs/reference.py {done.stderr}"
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The built site; every link that leads nowhere has failed it."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_the_site_has_every_page(site):
    pages = {path.stem for path in (CHECKOUT / "docs").glob("*.md")}

    assert pages <= {path.stem for path in site.glob("*.html")}


def test_the_site_takes_nothing_from_elsewhere(site):
    """Nor do the theme's scripts, which would fetch what draws a `mermaid` block."""
    for page in site.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert 'class="mermaid"' not in text, page.name
        assert not re.findall(r'<(?:script|img|iframe)[^>]+src="(?:https?:)?//', text), page.name
        assert not re.findall(r'<link[^>]+rel="stylesheet"[^>]+href="(?:https?:)?//', text), page.name
