"""What the documentation shows: its blocks, and what each of them is."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

import yaml

from conftest import CHECKOUT
from pg_xcopy.manifest.models import Job

PAGES = sorted(
    path
    for pattern in ("README.md", "CONTRIBUTING.md", "docs/*.md", "helm/*/README.md", "compose/*.md")
    for path in CHECKOUT.glob(pattern)
)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
JOB = {
    "source": {"database": "postgresql://a@source.example.com/a"},
    "target": {"database": "postgresql://a@target.example.com/b"},
    "tables": {"*": {}},
}


@dataclass(frozen=True)
class Shown:
    """A block of one language on one page, by its line."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def shown(*languages: str) -> list[Shown]:
    """Give all blocks in these languages."""
    found = []
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        for match in BLOCK.finditer(text):
            line = text[: match.start()].count("\n") + 1
            found.append(Shown(str(path.relative_to(CHECKOUT)), line, match[1], match[2]))
    return [each for each in found if each.language in languages]


def fences() -> list[tuple[str, str]]:
    """Give the page and line of each fence that opens a block, and its language, however it is indented."""
    found, inside = [], False
    for path in PAGES:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if line.lstrip().startswith(("```", "~~~")):
                inside = not inside
                found += [(f"{path.relative_to(CHECKOUT)}:{number}", line.rstrip()[3:])] if inside else []
    return found


KINDS = {
    "comment": lambda data: data is None,
    "rules": lambda data: "groups" in data,
    "compose": lambda data: "services" in data,
    "manifest": lambda data: data.get("jobs") and all("source" in job for job in data["jobs"].values()),
    "connections": lambda data: set(data) == {"connections"},
    "part of a job": lambda data: set(data) <= set(Job.model_fields),
    "values": lambda data: set(data) & {"jobs", "serviceAccount", "metrics", "image", "networkPolicy", "defaults"},
}
"""What a block of YAML may be, by its keys: the first that fits."""


def kind_of(data: object) -> str:
    """Say what a block of YAML is; raises ValueError for one that is nothing we know to check."""
    found = next((kind for kind, fits in KINDS.items() if fits(data)), None)
    if not found:
        raise ValueError(f"this is no manifest, no part of a job and no values of the chart: {data}")
    return found


def completed(data: dict) -> dict:
    """Make a whole manifest of a part of one; connections that are named and not shown get an address."""
    kind = kind_of(data)
    if kind == "part of a job":
        target = "targets" if "targets" in data else "target"
        data = {"jobs": {"shown": {**{key: JOB[key] for key in ("source", "tables")}, target: JOB["target"], **data}}}
    elif kind == "connections":
        data = {**data, "jobs": {"shown": JOB}}
    named = {end["database"] for job in data["jobs"].values() for end in _ends(job) if "database" in end}
    known = data.get("connections", {})
    lacking = {name for name in named if re.fullmatch(r"\w+", name)} - set(known)
    return {
        **data,
        "connections": {**{name: {"url": f"postgresql://a@{name}.example.com/a"} for name in lacking}, **known},
    }


def _ends(job):
    return [job["source"], *([job["target"]] if "target" in job else job["targets"])]


def commands(block: Shown) -> list[list[str]]:
    """Give each command of a block of shell, as words; comments, redirections and assignments in front are left out."""
    text = block.text.replace("\\\n", " ").replace("…", "etc")
    found = []
    for line in text.splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|;&<>()")
        lexer.whitespace_split = True
        words: list[str] = []
        for word in lexer:
            if word in {"|", "&&", "||", ";", ">", "2>", "2>&1", "<", ">&", "(", ")", "&"}:
                found.append(words)
                words = []
            else:
                words.append(word)
        found.append(words)
    return [_without_assignments(words) for words in found if words]


def _without_assignments(words):
    while words and re.match(r"\w+=", words[0]):
        words = words[1:]
    return words


def parsed(block: Shown) -> object:
    return yaml.safe_load(block.text)
