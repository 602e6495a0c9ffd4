"""The page as HTML: one file with everything in it, which loads nothing and runs only what its own policy names."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pg_xcopy.observe.wording import bytes_text, count_text, seconds_text
from pg_xcopy.report import diagram, timeline
from pg_xcopy.report.page import Page

DIRECTORY = Path(__file__).parent
_JOINERS = "\u200c\u200d"
_LINES = "\n\t"


def render(page: Page) -> str:
    """Write the page. Everything that comes from a database or a manifest is escaped."""
    style, script = (_verbatim(name) for name in ("page.css", "page.js"))
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            page=page,
            style=style,
            script=script,
            policy=policy(style, script),
            timeline=timeline,
            drawing=diagram,
        )
    )


def policy(style: str, script: str) -> str:
    """Write the content security policy: our style and our script, by their hashes, and nothing from anywhere."""
    rules = {
        "default-src": "'none'",
        "style-src": _hash(style),
        "script-src": _hash(script),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def visible(text: object) -> str:
    """Write what can't be seen, or would turn round what follows, as an escape: a name can't pass for another.

    Line breaks stay where the page has room for them; of the invisible ones those that letters and emoji are joined by.
    """
    return "".join(
        each if each.isprintable() or each in _LINES or each in _JOINERS else each.encode("unicode_escape").decode()
        for each in str(text)
    )


def curve(rates: tuple[float, ...], width: float, height: float) -> str:
    """Write an SVG path that has `rates`, from 0 to 1, as heights above its base."""
    step = width / len(rates)
    points = (f"V{height * (1 - rate):.1f}H{step * (number + 1):.1f}" for number, rate in enumerate(rates))
    return f"M0 {height:.1f}{''.join(points)}V{height:.1f}Z"


def code(text: str) -> Markup:
    """Write what stands between backquotes as code."""
    pieces = text.split("`")
    return Markup("").join(  # each piece is escaped by what joins it
        Markup("<code>{}</code>").format(piece) if number % 2 else piece for number, piece in enumerate(pieces)
    )


def sum_of(items: Sequence[object], name: str) -> int:
    """Add up an attribute, as far as it is known."""
    return sum(getattr(each, name) or 0 for each in items)


def summary(page: Page) -> dict[str, Any]:
    """Say in a few figures, for scripts that find the page, what became of each job."""
    jobs = [
        {"job": each.job, "target": each.to or each.target, "state": each.state.value, "seconds": each.seconds,
         "run_id": each.run_id, "tables": len(each.tables), "rows": sum_of(each.tables, "rows"),
         "bytes": sum_of(each.tables, "bytes"), "warnings": each.warned}
        for each in page.jobs
    ]  # fmt: skip
    return {"kind": page.kind, "state": page.state.value, "jobs": jobs}


def _verbatim(name: str) -> Markup:
    """Read a file of ours into the page; its hash is taken of just these characters."""
    text = (DIRECTORY / name).read_text(encoding="utf-8")
    return Markup(text)  # noqa: S704 - no value is in it  # nosec B704


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _finalize(value: object) -> object:
    return value if isinstance(value, Markup) else visible(value) if isinstance(value, str) else value


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(DIRECTORY),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    shown: tuple[Callable[..., object], ...] = (code, curve, sum_of, summary, visible)
    environment.filters |= {each.__name__: each for each in shown}
    environment.filters |= {"bytes": bytes_text, "count": count_text, "seconds": seconds_text}
    return environment
