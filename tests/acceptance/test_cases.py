"""Each directory in tests/cases is the specification of one behaviour; tests/cases/README.md says how to read one."""

import shlex
from pathlib import Path

import pytest
from commanding import leftovers, urls

CASES = Path(__file__).parents[1] / "cases"
NAMES = sorted(path.name for path in CASES.iterdir() if path.is_dir())


@pytest.mark.parametrize("name", NAMES)
def test_case(name, run_cli, source_db, target_db):
    case = Case(CASES / name)
    source_db.execute(case.read("source.sql"))
    target_db.execute(case.read("target.sql") or "SELECT")
    env = urls(source_db, target_db)

    for words in (case.words, case.words_again):  # the second run changes nothing
        done = run_cli("run", case.manifest, *case.options, env=env)

        assert done.code == case.code, done.stderr
        assert case.said(done.stderr) == words
        assert [answer_to(query, target_db) for query, _ in case.questions] == [rows for _, rows in case.questions]
        assert leftovers(target_db) == []


class Case:
    """One directory, read."""

    def __init__(self, directory):
        self._directory = directory
        self.manifest = next(path for path in sorted(directory.iterdir()) if path.stem == "jobs")
        settings = dict(line.split(": ", 1) for line in self.read("options").splitlines())
        self.options = shlex.split(settings.get("options", ""))
        self.code = int(settings.get("exit", 0))
        self.words = self.read("stderr").splitlines()
        self.words_again = self.read("stderr.again").splitlines() if self.has("stderr.again") else self.words
        self.questions = list(questions(self.read("expected.sql")))

    def has(self, name):
        return (self._directory / name).is_file()

    def read(self, name):
        return (self._directory / name).read_text(encoding="utf-8") if self.has(name) else ""

    @staticmethod
    def said(stderr):
        """Warnings and errors, without progress."""
        return [line for line in stderr.splitlines() if ": warning: " in line or line.startswith(("error: ", "  "))]


def questions(text):
    """Give each query with its rows: one `-- value | value` a row, directly below the query."""
    query, rows = [], []
    for line in [*text.splitlines(), ""]:
        if line.startswith("-- ") and query:
            rows.append(line.removeprefix("-- "))
        elif line.strip() and not line.startswith("--"):
            query.append(line)
        elif query:
            yield "\n".join(query), rows
            query, rows = [], []


def answer_to(query, database):
    return [" | ".join("∅" if value is None else str(value) for value in row) for row in database.rows(query)]
