"""Templates refuse whatever was not quoted, and each says what it is for."""

import re
from pathlib import Path

import pytest
from jinja2 import UndefinedError

import pg_xcopy.sql
from pg_xcopy.sql import render as rendering
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql
from pg_xcopy.sql.render import UnquotedValueError, compile_templates, render

DIRECTORY = Path(pg_xcopy.sql.__file__).parent
FILES = sorted(DIRECTORY.rglob("*.sql")) + sorted(DIRECTORY.rglob("*.sql.j2"))


@pytest.fixture
def templates(tmp_path, monkeypatch):
    """A directory of templates of our own."""
    monkeypatch.setattr(rendering, "DIRECTORY", tmp_path)
    rendering._templates.cache_clear()
    yield tmp_path
    rendering._templates.cache_clear()


def test_statement():
    assert render("swap/rename.sql.j2", schema='a"b', to="c") == 'ALTER SCHEMA "a""b" RENAME TO "c"'
    assert isinstance(render("swap/rename.sql.j2", schema="a", to="b"), Sql)


@pytest.mark.parametrize("value", ["x; DROP TABLE y", 5, None, ["a"], TableName("a", "b")])
def test_a_value_that_was_not_quoted_is_refused(templates, value):
    (templates / "t.sql.j2").write_text("SELECT {{ value }}")

    with pytest.raises(UnquotedValueError, match=r"is not quoted: pass it through \| name or \| literal"):
        render("t.sql.j2", value=value)


def test_a_value_that_is_missing_is_refused(templates):
    (templates / "t.sql.j2").write_text("SELECT {{ value | literal }}{% if other %}x{% endif %}")

    with pytest.raises(UndefinedError, match="'other' is undefined"):
        render("t.sql.j2", value=1)


def test_filters(templates):
    (templates / "t.sql.j2").write_text("{{ a | name }} {{ b | name }} {{ c | literal }} {{ d | signed }} {{ e }}")

    assert render("t.sql.j2", a='x"', b=TableName("s", "t"), c="it's", d=-1, e=Sql("now()")) == (
        '"x""" "s"."t" \'it\'\'s\' -1 now()'
    )


def test_joined_values_are_plain_text_again(templates):
    (templates / "t.sql.j2").write_text("SELECT {{ a ~ b }}")

    with pytest.raises(UnquotedValueError):
        render("t.sql.j2", a=Sql("x"), b="; DROP TABLE y")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(DIRECTORY).as_posix())
def test_each_file_says_what_it_is_for(path):
    first = path.read_text(encoding="utf-8").splitlines()[0]

    assert re.fullmatch(r"-- [A-Z].{20,}|\{# [A-Z].{20,}\. #\}", first), first


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(DIRECTORY).as_posix())
def test_no_file_needs_libxml(path):
    """Not every server is built with it, and the servers of these tests are."""
    code = re.sub(r"--.*|\{#.*?#\}", "", path.read_text(encoding="utf-8"))

    assert not re.search(r"\b(\w+_to_xml\w*|xml[a-z]*|xpath\w*) *\(", code, re.IGNORECASE)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(DIRECTORY).as_posix())
def test_each_file_is_used(path):
    name = path.relative_to(DIRECTORY).as_posix()
    package = DIRECTORY.parent
    texts = [each.read_text(encoding="utf-8") for each in (*package.rglob("*.py"), *DIRECTORY.rglob("*.j2"))]

    folder, stem = name.split("/")[0], path.name.removesuffix(".j2").removesuffix(".sql")
    assert any(name in text or f'"{folder}/{{' in text or f"/{stem}" in text or f'"{stem}"' in text for text in texts)


# --- Templates are compiled once


@pytest.fixture
def own_templates(tmp_path, monkeypatch):
    """A directory of templates with one in it, compiled nowhere yet."""
    monkeypatch.setattr(rendering, "DIRECTORY", tmp_path)
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    (tmp_path / "one.sql.j2").write_text("SELECT {{ n | signed }}")
    (tmp_path / "__pycache__").mkdir()
    rendering._templates.cache_clear()
    yield tmp_path
    rendering._templates.cache_clear()


def compiled(directory):
    return sorted((directory / "__pycache__").iterdir())


def test_templates_are_compiled_once(own_templates):
    assert render("one.sql.j2", n=1) == "SELECT 1"
    (kept,) = compiled(own_templates)
    written = kept.stat().st_mtime_ns
    rendering._templates.cache_clear()

    assert render("one.sql.j2", n=2) == "SELECT 2"
    assert [path.stat().st_mtime_ns for path in compiled(own_templates)] == [written]


def test_a_template_that_has_changed_is_compiled_again(own_templates):
    render("one.sql.j2", n=1)
    rendering._templates.cache_clear()
    (own_templates / "one.sql.j2").write_text("SELECT -- {{ n | signed }}")

    assert render("one.sql.j2", n=3) == "SELECT -- 3"


def test_nothing_is_written_where_python_writes_nothing(own_templates, monkeypatch):
    monkeypatch.setattr("sys.dont_write_bytecode", True)

    assert render("one.sql.j2", n=1) == "SELECT 1"
    assert compiled(own_templates) == []


def test_who_may_not_write_compiles_each_time(own_templates, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError

    monkeypatch.setattr("tempfile.NamedTemporaryFile", refuse)

    assert render("one.sql.j2", n=1) == "SELECT 1"
    assert compiled(own_templates) == []


def test_an_installation_compiles_all_of_them(own_templates, monkeypatch):
    """Also where Python writes nothing: that is asked for."""
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    (own_templates / "__pycache__").rmdir()
    (own_templates / "more").mkdir()
    (own_templates / "more" / "two.sql.j2").write_text("SELECT 2")

    compile_templates()

    assert len(compiled(own_templates)) == 2
    written = [path.stat().st_mtime_ns for path in compiled(own_templates)]
    rendering._templates.cache_clear()
    assert (render("one.sql.j2", n=1), render("more/two.sql.j2")) == ("SELECT 1", "SELECT 2")
    assert [path.stat().st_mtime_ns for path in compiled(own_templates)] == written


@pytest.mark.usefixtures("own_templates")
def test_an_installation_that_can_not_write_says_so(monkeypatch):
    def refuse(*_, **__):
        raise PermissionError("no")

    monkeypatch.setattr("tempfile.NamedTemporaryFile", refuse)

    with pytest.raises(PermissionError, match="no"):
        compile_templates()


@pytest.mark.parametrize("path", [each for each in FILES if each.parent.name != "copy"], ids=lambda path: path.name)
def test_only_what_copies_is_sent_as_copy(path):
    """Whoever waits for a COPY looks for it in pg_stat_activity, which of an idle session shows the last query."""
    assert "COPY" not in re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
