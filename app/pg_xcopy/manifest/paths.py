"""How the path of a key is shown: `jobs."export:users".tables.users.where`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pg_xcopy.manifest.document import Path

HIDDEN = "…"


def shown_path(path: Path) -> str:
    """Join the keys with dots; quote those that would be misread, hide those that may hold a password."""
    shown = "".join(f"[{part}]" if isinstance(part, int) else f".{_key(part)}" for part in path)
    return shown.removeprefix(".")


def _key(key: str) -> str:
    if looks_secret(key):
        return HIDDEN
    if re.fullmatch(r"[\w*?-]+", key):
        return key
    # A half of a surrogate pair can be written in YAML and in Python, but not printed.
    return json.dumps(key, ensure_ascii=False).encode(errors="backslashreplace").decode()


def looks_secret(text: str) -> bool:
    """Tell whether a text may be a connection string, or a piece of one, that ended up in the wrong place."""
    return "://" in text or re.search(r"pass(word|wd)?\s*=|secret\s*=|@\S+[:/]", text, re.IGNORECASE) is not None
