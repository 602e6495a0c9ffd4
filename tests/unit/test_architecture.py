"""The house rules that no linter knows: who imports whom, who may end the process, how long things are."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import pg_xcopy

APP = Path(pg_xcopy.__file__).parent
CHECKOUT = APP.parent.parent
MODULES = sorted(APP.rglob("*.py"))
SQL = sorted(APP.rglob("*.sql")) + sorted(APP.rglob("*.sql.j2"))
GENERATED_DATA = {"demo/shop.sql"}  # a script, not a statement


def name_of(path):
    return path.relative_to(APP).as_posix()


def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path):
    """The top-level packages that a module imports, wherever in it."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


def calls(path):
    """What a module calls, as it is written: `sys.exit`, `print`."""
    return {ast.unparse(node.func) for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)}


def test_imports_run_downward():
    lint = Path(sys.executable).with_name("lint-imports")

    done = subprocess.run([lint, "--no-cache"], cwd=CHECKOUT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_files_and_functions_are_short(path):
    functions = [each for each in ast.walk(tree_of(path)) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]

    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
    assert [each.name for each in functions if each.end_lineno - each.lineno + 1 >= 50] == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_only_connect_touches_the_driver(path):
    assert "psycopg2" not in imported(path) or name_of(path).startswith("connect/")


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_only_the_tunnels_process_speaks_ssh(path):
    """It takes a while to import, and may not be installed."""
    assert "asyncssh" not in imported(path) or name_of(path).startswith("connect/tunnelling/")


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_only_the_command_ends_the_process_or_prints(path):
    forbidden = {"sys.exit", "exit", "quit", "os._exit", "click.echo", "print", "sys.stdout.write", "sys.stderr.write"}
    if name_of(path).startswith("cli/"):
        forbidden = {"print", "os._exit", "exit", "quit"}
        if name_of(path) == "cli/signals.py":
            forbidden -= {"os._exit"}  # of process 1 the kernel ends none by a signal's default
    elif name_of(path).startswith("demo/"):
        forbidden -= {"print", "click.echo"}

    assert calls(path) & forbidden == set()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_only_one_place_exits(path):
    raised = [ast.unparse(node) for node in ast.walk(tree_of(path)) if isinstance(node, ast.Raise) and node.exc]

    assert not any("SystemExit" in each for each in raised)
    assert "sys.exit" not in calls(path) or name_of(path) == "cli/main.py"


@pytest.mark.parametrize("path", [*MODULES, *SQL], ids=name_of)
def test_nothing_is_left_to_do(path):
    text = path.read_text(encoding="utf-8")

    assert not any(mark in text for mark in ("TODO", "FIXME", "XXX", "HACK"))


@pytest.mark.parametrize("path", [each for each in SQL if name_of(each) not in GENERATED_DATA], ids=name_of)
def test_statements_suit_every_encoding(path):
    """A database in LATIN1 refuses a statement with a character that it lacks, be it in a comment."""
    assert path.read_text(encoding="utf-8").isascii()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_sql_lives_in_files(path):
    """Statements of more than a line belong below sql/; a keyword, a savepoint or a fragment may be in the code."""
    longest = [
        node.value
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if node.value.lstrip().startswith(("SELECT ", "INSERT ", "CREATE ", "ALTER ", "WITH "))
    ]

    assert [each for each in longest if len(each) > 60] == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_each_module_says_what_it_is(path):
    assert ast.get_docstring(tree_of(path))


@pytest.mark.parametrize("package", sorted(APP.iterdir()), ids=lambda path: path.name)
def test_no_grab_bag(package):
    assert package.stem not in {"utils", "util", "helpers", "common", "misc"}


def test_sql_files_are_short():
    long = {name_of(path) for path in SQL if len(path.read_text(encoding="utf-8").splitlines()) > 80}

    assert long - GENERATED_DATA == set()
