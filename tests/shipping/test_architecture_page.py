"""docs/architecture.md is held against the folders that it draws: what it names is there."""

from __future__ import annotations

import re

import pytest

from conftest import CHECKOUT

APP = CHECKOUT / "app" / "pg_xcopy"
PAGE = (CHECKOUT / "docs" / "architecture.md").read_text(encoding="utf-8")
PACKAGES = sorted(path.parent.name for path in APP.glob("*/__init__.py"))


def is_there(path):
    return (APP / path).is_dir() or (APP / f"{path}.py").is_file()


def listed():
    """The modules of the listing, which stand beside a dot in the middle; a folder within another is set in by one."""
    home = folder = ""
    for line in next(block for block in PAGE.split("```") if "results.py" in block).splitlines():
        if found := re.match(r"( ?)(\w+)/", line):
            home = home if found[1] else found[2]
            folder = f"{home}/{found[2]}" if found[1] else home
        yield from (f"{folder}/{name}" for name in re.findall(r"\w+(?= ·)|(?<=· )\w+", line))


def deciding():
    """The modules of the table of what planning decides; a row without a package belongs to that of the row above."""
    package = ""
    for given, modules in re.findall(r"^\| (?:`(\w+)` )?\| ((?:`\w+`(?:, )?)+) \|", PAGE, re.MULTILINE):
        package = given or package
        folder = "planning" if package == "planning" else f"planning/{package}"
        yield from (f"{folder}/{name}" for name in re.findall(r"\w+", modules))


def mentioned():
    """The modules that the text names, or whose function it names."""
    for name in re.findall(rf"`((?:{'|'.join(PACKAGES)})\.[a-z_.]+)`", PAGE):
        path = name.replace(".", "/")
        module = path.rpartition("/")[0]
        yield module if (APP / f"{module}.py").is_file() else path


def test_each_package_is_listed():
    assert set(PACKAGES) <= {each.split("/")[0] for each in listed()}


@pytest.mark.parametrize("said", [listed, deciding, mentioned], ids=lambda said: said.__name__)
def test_what_is_named_is_there(said):
    names = list(said())

    assert len(names) > 10
    assert [name for name in names if not is_there(name)] == []
