"""The lock file of the image: complete, pinned, hashed, and not behind what pyproject.toml asks for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CHECKOUT = Path(__file__).parent.parent.parent
LOCK = (CHECKOUT / "image" / "requirements.lock").read_text(encoding="utf-8")
BUILD = (CHECKOUT / "image" / "build.in").read_text(encoding="utf-8").split()
PYPROJECT = (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
NOT_SHIPPED = ("demo", "dev")
PIN = re.compile(
    r"^(?P<name>[\w.-]+)==(?P<version>[^\s;]+)(?: ; [^\\\n]+)?(?P<hashes>(?: \\\n +--hash=sha256:[0-9a-f]{64})*)$", re.M
)
PINS = [match.groupdict() for match in PIN.finditer(LOCK)]


def lists_of(section):
    """Read the lists of a section of pyproject.toml; Python 3.10 has no reader of TOML."""
    text = re.search(rf"^\[{re.escape(section)}\]\n(.*?)(?=^\[|\Z)", PYPROJECT, re.M | re.S).group(1)
    found = re.findall(r"^([\w-]+) = \[(.*?)\](?:\s*#[^\n]*)?$", text, re.M | re.S)
    return {name: re.findall(r'"([^"]+)"', body) for name, body in found}


EXTRAS = {name: asked for name, asked in lists_of("project.optional-dependencies").items() if name not in NOT_SHIPPED}
ASKED = [*lists_of("project")["dependencies"], *BUILD, *(each for asked in EXTRAS.values() for each in asked)]


@pytest.mark.parametrize("asked", ASKED)
def test_what_is_asked_for_is_pinned(asked):
    wanted = Requirement(asked)
    pinned = [pin["version"] for pin in PINS if pin["name"] == canonicalize_name(wanted.name)]

    assert pinned, f"{wanted.name} is not in image/requirements.lock; name its extra in LOCK_EXTRAS, and `make lock`"
    assert all(wanted.specifier.contains(version) for version in pinned), f"{asked}, but {pinned}: `make lock`"


def test_the_readers_of_both_files_see_all_of_them():
    assert {"aws", "metrics", "ssh"} <= set(EXTRAS)
    assert EXTRAS["ssh"] == ["asyncssh[bcrypt]>=2.18"]
    assert len(PINS) == len(re.findall(r"^[\w.-]+==", LOCK, re.M))


def test_every_pin_has_hashes():
    assert [pin["name"] for pin in PINS if not pin["hashes"]] == []


def test_the_image_is_built_with_what_packages_are_built_with():
    assert lists_of("build-system")["requires"] == BUILD
