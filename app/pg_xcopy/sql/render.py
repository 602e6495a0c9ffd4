"""Statements from the files beside this one: Jinja2 templates that refuse whatever was not quoted."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined, Template
from jinja2.bccache import Bucket

from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql, identifier, literal, signed

DIRECTORY = Path(__file__).parent


class UnquotedValueError(TypeError):
    """A template was about to print a value that did not pass through a quoting function."""


def _only_sql(value: object) -> str:
    if not isinstance(value, Sql):
        raise UnquotedValueError(f"{value!r} is not quoted: pass it through | name or | literal")
    return value


def _name(value: str | TableName) -> Sql:
    return value.sql if isinstance(value, TableName) else identifier(value)


def _place() -> Path:
    return DIRECTORY / "__pycache__"


class _Compiled(FileSystemBytecodeCache):
    """Keeps compiled templates where Python keeps its compiled modules: compiling takes a twentieth of a second.

    What was compiled from another text is not used (jinja2.bccache).
    """

    def __init__(self) -> None:
        super().__init__(str(_place()), f"{sys.implementation.cache_tag}-%s.jinja")


class _CompiledIfWeMay(_Compiled):
    """Who may not write there compiles each time."""

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write one, if we may."""
        if not sys.dont_write_bytecode:
            with suppress(OSError):
                super().dump_bytecode(bucket)


def compile_templates() -> None:
    """Compile all of them, so that no run has to: for installations that can't be written to later.

    Raises OSError if they can't be now.
    """
    _place().mkdir(exist_ok=True)
    environment = _environment(_Compiled())
    for each in sorted(DIRECTORY.rglob("*.j2")):
        environment.get_template(each.relative_to(DIRECTORY).as_posix())


@cache
def _templates() -> Callable[[str], Template]:
    """Give a function that finds a template by its path, and loads each once."""
    environment = _environment(_CompiledIfWeMay() if _place().is_dir() else None)

    @cache
    def template(path: str) -> Template:
        found = environment.get_template(path)
        found.globals = {}  # not a view of two empty ones: to look through it takes longer than most templates to run
        return found

    return template


def _environment(compiled: _Compiled | None) -> Environment:
    environment = Environment(  # noqa: S701 - HTML escaping has no place in SQL; finalize is stricter  # nosec B701
        loader=FileSystemLoader(DIRECTORY),
        undefined=StrictUndefined,
        finalize=_only_sql,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
        bytecode_cache=compiled,
    )
    environment.globals.clear()  # Jinja's own functions, which would be copied for each rendering; nothing uses them
    environment.filters |= {"name": _name, "literal": literal, "signed": signed}
    return environment


def render(template: str, **values: object) -> Sql:
    """Render `template`, a path below this package such as `staging/create_table.sql.j2`.

    Raises UnquotedValueError for a value that is neither `Sql` nor passed through a quoting filter, and
    jinja2.UndefinedError for a value that is missing.
    """
    found = _templates()(template)
    return Sql("".join(found.root_render_func(found.new_context(values, shared=True))).strip())
