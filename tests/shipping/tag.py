"""Refuse a tag that is not the version's, or whose version the changelog does not have."""

from __future__ import annotations

import re
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]


def refusal(tag: str) -> str:
    """Say why this tag can't be released; nothing where it can."""
    module = (CHECKOUT / "app" / "pg_xcopy" / "__init__.py").read_text(encoding="utf-8")
    (version,) = re.findall(r'^__version__ = "(.+)"$', module, re.MULTILINE)
    if tag != f"v{version}":
        return f"the tag {tag} is not v{version}, the version in app/pg_xcopy/__init__.py; tag the commit that has it."
    if f"## [{version}]" not in (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8"):
        return f"CHANGELOG.md has no section [{version}]; rename [Unreleased], with the date."
    return ""


if __name__ == "__main__":
    sys.exit(refusal(sys.argv[1]) or 0)
