"""What the site needs beside its pages: it has only these, so links to other files of the repository become names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent
OUTSIDE = re.compile(r"\[([^\]]+)\]\((\.\./[^)#\s]+)(#[^)\s]*)?\)")


def on_page_markdown(markdown: str, **_given: Any) -> str:  # noqa: ANN401 - the page, the configuration, all files
    """Write `text (README.md)` for a link to a file outside of docs/; raises FileNotFoundError if there is none."""

    def named(link: re.Match[str]) -> str:
        path = (DOCS / link[2]).resolve(strict=True)
        return f"{link[1]} (`{path.relative_to(DOCS.parent)}`)"

    return OUTSIDE.sub(named, markdown)
