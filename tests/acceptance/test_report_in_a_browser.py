"""The report in a real browser: what it shows, by keyboard, in both themes, on a phone, with hostile names."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from itertools import pairwise

import pytest
from commanding import manifest, urls, write

from browser import CHROMIUM, chromium
from made_up import LEFT_OUT, plan, report, whole
from pg_xcopy.report.render import render
from servers import create_database

SHOP = """
    CREATE TABLE customers (id int PRIMARY KEY, email text UNIQUE, phone text);
    CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers, total int CHECK (total > 0));
    CREATE TABLE lines (order_id int REFERENCES orders, n int, PRIMARY KEY (order_id, n));
    CREATE INDEX customers_phone ON customers (phone);
    INSERT INTO customers SELECT n, n, n FROM generate_series(1, 900) n;
    INSERT INTO orders SELECT n, 1 + n % 900, n FROM generate_series(1, 5000) n;
    INSERT INTO lines SELECT 1 + n / 3, n % 3 FROM generate_series(1, 9000) n;
    ANALYZE"""
JOB = manifest("""
    tables:
      customers: {where: {id: {lte: 800}}, transform: {email: "'user' || id", phone: null}}
      "*": {}
    """)
HOSTILE = [
    "<script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>", "{{ 7*7 }}", "</style></script><!--", "two\nlines",
    "\u202etxet \u05d0\u05d1\u05d2", "🐘" * 15, "w" * 63, "a b.c",
]  # fmt: skip
CONTRAST = """
() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const luminance = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const backdrop = (node) => {
    for (; node; node = node.parentElement) {
      const color = rgba(getComputedStyle(node).backgroundColor);
      if (color[3] === 255) return color;
    }
    return rgba("Canvas");
  };
  const poor = [];
  for (const node of document.querySelectorAll("body *")) {
    const shown = node.checkVisibility({ visibilityProperty: true }) && node.getClientRects().length;
    const own = [...node.childNodes].some((each) => each.nodeType === 3 && each.textContent.trim());
    if (!shown || !own || node.closest(".unseen, .skip, option")) continue;
    const style = getComputedStyle(node);
    const svg = node instanceof SVGElement;
    const color = rgba(svg ? style.fill : style.color);
    const box = svg && node.closest(".box");
    const back = box ? rgba(getComputedStyle(box.querySelector("rect")).fill) : backdrop(node);
    const [one, other] = [luminance(color), luminance(back)].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    if (ratio < 4.5) poor.push(`${node.tagName} ${node.textContent.slice(0, 30)}: ${ratio}`);
  }
  return poor;
}
"""
"""Texts whose contrast is less than 4.5 to 1 (WCAG 2.2, 1.4.3)."""

UNNAMED = """
() => [...document.querySelectorAll("button, input, a[href], [role=group], [role=img], nav, table")].filter((each) => {
  const ids = (each.getAttribute("aria-labelledby") ?? "").split(" ");
  const others = ids.map((id) => document.getElementById(id)?.textContent).join("");
  const inside = each.labels?.[0]?.textContent || each.caption?.textContent || each.textContent;
  return !(each.getAttribute("aria-label") || others || inside)?.trim();
}).map((each) => each.outerHTML.slice(0, 100))
"""
"""What a screen reader would have no name for."""


@pytest.fixture(scope="module")
def opened():
    if not (CHROMIUM and shutil.which(CHROMIUM)):
        pytest.skip("no chromium here; on Debian: apt-get install chromium")
    with chromium() as open_:
        yield open_


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """400 tables, most of them with keys to earlier ones, and among them names that mean harm."""
    names = [*HOSTILE, *(f"t{number:03}" for number in range(400 - len(HOSTILE)))]
    keys = [(names[n], names[n - 1 - n % 7]) for n in range(10, 400) if n % 5] + [
        (names[0], names[1]),
        (names[2], names[2]),
    ]
    page = report(*whole(plan(names, keys, notices=(LEFT_OUT,)))).page()
    path = tmp_path_factory.mktemp("report") / "many.html"
    path.write_text(render(page), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def three(tmp_path_factory, source_server, target_server):
    """A real run of three tables; one for all tests, since they only look."""
    place = tmp_path_factory.mktemp("report")
    source, target = create_database(source_server), create_database(target_server)
    source.execute(SHOP)
    command = [sys.executable, "-m", "pg_xcopy", "run", write(place, JOB), "--report", place / "report.html"]
    done = subprocess.run(command, env={**os.environ, **urls(source, target)}, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return place / "report.html"


def first_column(page, table):
    return page.locator(f"{table} tbody th").all_inner_texts()


def test_three_tables(opened, three):
    shown = opened(three)

    page = shown.page
    assert "Done, with warnings: copy" in page.locator("h1").inner_text()
    assert page.locator("#job-1-tables tbody tr").count() == 3
    assert page.locator("#job-1-time .lanes svg rect").count() > 5
    sides = page.locator("#job-1-tables .scroll").evaluate("(each) => [each.scrollWidth, each.clientWidth]")
    assert sides[0] <= sides[1], "when each table was worked on is out of sight"
    assert page.locator("#job-1-diagram .box").count() == 3
    assert page.locator("#job-1-diagram path.lost").count() >= 1
    page.get_by_role("link", name="public.customers").click()
    assert page.locator("#job-1-p1").get_attribute("open") is not None
    assert "'user' || id" in page.locator("#job-1-p1").inner_text()
    assert shown.has_no_trouble(), (shown.said, shown.asked)


def test_hostile_names_are_only_text(opened, many):
    shown = opened(many)

    page = shown.page
    names = first_column(page, "#job-1-tables")
    assert [names[0], names[2], names[4]] == ["app.<script>alert(1)</script>", "app.{{ 7*7 }}", "app.two\\nlines"]
    assert "\u202e" not in page.content()
    assert page.evaluate("document.images.length + document.scripts.length") == 2
    assert shown.has_no_trouble(), (shown.said, shown.asked)


def test_what_a_script_would_do_is_refused(opened, tmp_path, many):
    """The policy holds though somebody got markup into the page."""
    path = tmp_path / "injected.html"
    harm = "<script>document.title = 'harm'</script><img src='http://127.0.0.1:9/x'></main>"
    path.write_text(many.read_text(encoding="utf-8").replace("</main>", harm), encoding="utf-8")

    shown = opened(path)

    assert shown.page.title() != "harm"
    assert shown.asked == []
    assert sum("Content Security Policy" in each for each in shown.said) >= 2


def test_sorting_by_keyboard(opened, many):
    shown = opened(many)

    page = shown.page
    heading = page.locator("#job-1-tables th", has_text="Rows in")
    heading.get_by_role("button").focus()
    page.keyboard.press("Enter")
    assert heading.get_attribute("aria-sort") == "descending"
    assert first_column(page, "#job-1-tables")[0] == "app.t390"
    page.keyboard.press("Space")
    assert heading.get_attribute("aria-sort") == "ascending"
    assert first_column(page, "#job-1-tables")[0] == "app.<script>alert(1)</script>"
    assert page.locator("#job-1-tables th[aria-sort]").count() == 1
    assert shown.has_no_trouble()


def test_searching(opened, many):
    page = opened(many).page

    page.get_by_label("Search tables").press_sequentially("t12")
    assert page.locator("#job-1-tables tbody tr:visible").count() == 10
    assert page.locator("#job-1-tables output").inner_text() == "10 of 400"
    page.get_by_label("Search the plan").fill("t399 nothing")
    assert page.locator("#job-1-plan details.found:visible").count() == 0


def test_the_way_by_tab_begins_with_a_link_to_the_report(opened, three):
    page = opened(three).page

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_the_diagram_of_400_tables(opened, many):
    shown = opened(many)

    page = shown.page
    largest = page.locator("#job-1-diagram svg.drawing").first
    before = largest.bounding_box()["width"]
    assert before <= 1280
    page.get_by_role("button", name="Zoom in").click()
    assert largest.bounding_box()["width"] > before
    page.get_by_label("Table", exact=True).fill("t100")
    names = page.locator("#job-1-diagram .drawn:not([hidden]) .box:not([hidden])").evaluate_all(
        "all => all.map((each) => each.dataset.name)"
    )
    assert "t100" in names
    assert len(names) < 10
    page.get_by_label("Table", exact=True).fill("")
    assert page.locator("#job-1-diagram .box[hidden]").count() == 0
    assert shown.has_no_trouble()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(opened, three, scheme):
    page = opened(three, color_scheme=scheme).page
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")

    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 21, 26)"
    assert dark == (scheme == "dark")
    assert page.evaluate(CONTRAST) == []


def test_the_switch_of_themes(opened, three):
    page = opened(three, color_scheme="light").page

    button = page.get_by_role("button", name=re.compile("Theme"))
    button.click()
    button.click()
    assert button.inner_text() == "Theme: dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 21, 26)"
    assert page.evaluate(CONTRAST) == []


@pytest.mark.parametrize("which", ["three", "many"])
def test_nothing_sticks_out_on_a_phone(opened, request, which):
    page = opened(request.getfixturevalue(which), width=360, is_mobile=True).page
    page.evaluate("document.querySelectorAll('details.topic, details.drawn').forEach((each) => { each.open = true })")

    assert page.evaluate("document.documentElement.scrollWidth") == 360


@pytest.mark.parametrize("which", ["three", "many"])
def test_everything_has_a_name_and_a_place(opened, request, which):
    page = opened(request.getfixturevalue(which)).page

    assert page.evaluate(UNNAMED) == []
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map((each) => Number(each.tagName[1]))")
    assert levels[0] == 1
    assert all(later - level <= 1 for level, later in pairwise(levels))
    assert page.locator("table:not(:has(caption))").count() == 0
    assert page.locator("th:not([scope])").count() == 0
    assert page.locator("main").count() == 1


def test_without_javascript_all_of_it_is_there(opened, three):
    page = opened(three, java_script_enabled=False).page

    assert page.locator("#job-1-tables tbody tr:visible").count() == 3
    assert page.locator("#job-1-diagram svg.drawing").is_visible()
    assert page.locator(".needs-script:visible").count() == 0
    page.locator("#job-1-p1 summary").click()
    assert page.get_by_text("'user' || id").first.is_visible()
