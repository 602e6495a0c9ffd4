"""The page as HTML: complete in itself, and nothing in it is what it should not be."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from made_up import beginning, plan, report, whole
from pg_xcopy.observe import events
from pg_xcopy.report.render import code, render, visible

HOSTILE = [
    "<script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>", "{{ 7*7 }}{% raw %}", "</style></script><!--",
    "two\nlines", "\u202etxet", "🐘" * 15 + "abc", "&amp;", "`code`",
]  # fmt: skip


class Reader(HTMLParser):
    """Takes a page apart as a browser does."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.ids = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        self.ids += [value for name, value in attrs if name == "id"]


def hostile_page():
    return render(report(*whole(plan(HOSTILE, [(HOSTILE[0], HOSTILE[1])], job=HOSTILE[0]))).page())


def test_names_are_only_text():
    page = hostile_page()

    read = Reader(page)
    assert read.tags.count("script") == 2
    assert "img" not in read.tags
    assert "49" not in re.findall(r"app\.(\d+)", page)
    assert not [name for name, _ in read.attributes if name.startswith("on") or name == "style"]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_json_in_the_page_can_not_end_it():
    happened = [*beginning(plan(), job=HOSTILE[3]), events.JobFailed(HOSTILE[3], "it broke.")]

    page = render(report(*happened).page())

    data = re.search(r'<script type="application/json" id="summary">(.*?)</script>', page, re.DOTALL)[1]
    assert json.loads(data)["jobs"][1]["job"] == HOSTILE[3]
    assert "<" not in data


@pytest.mark.parametrize("tag", ["style", "script"])
def test_the_policy_names_just_what_is_there(tag):
    page = hostile_page()

    text = re.search(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1].replace("&#39;", "'")
    assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_nothing_is_loaded():
    read = Reader(hostile_page())

    leading = {value for name, value in read.attributes if name in {"href", "src", "action", "data", "srcset"}}
    assert {each for each in leading if not each.startswith("#")} == {"data:,"}
    assert "url(" not in re.sub(r"url\(#", "", hostile_page())


def test_ids_are_there_once_and_links_lead_somewhere():
    told = report(*whole(plan()), *whole(plan(), job="other"), hidden={"copy": frozenset(), "other": frozenset()})

    read = Reader(render(told.page()))

    assert len(read.ids) == len(set(read.ids))
    assert {value[1:] for name, value in read.attributes if name == "href" and value.startswith("#")} <= set(read.ids)


def test_what_can_not_be_seen_is_written_out():
    assert visible("a\u202eb\x00c\u200bd") == "a\\u202eb\\x00c\\u200bd"
    assert visible("👩\u200d🚒 zwei\nZeilen\t") == "👩\u200d🚒 zwei\nZeilen\t"


def test_code_in_a_sentence():
    assert code("see `where <x>` & co") == "see <code>where &lt;x&gt;</code> &amp; co"
