"""Whether two jobs may replace the same table: without a database, names and patterns have to tell."""

import pytest

from pg_xcopy.manifest.loader import parse_job
from pg_xcopy.manifest.overlap import shared_table


def job(*tables, exclude=()):
    end = {"database": "host=h dbname=d"}
    return parse_job(
        {"source": end, "target": end, "tables": {name: {} for name in tables}, "exclude": list(exclude)}, "job"
    )


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        (job("users"), job("orders"), ""),
        (job("users"), job("users"), "users"),
        (job("users"), job("*"), "users"),
        (job("u*"), job("orders", "users"), "users"),
        (job("users"), job("*", exclude=["users"]), ""),
        (job("users"), job("*", exclude=["us*"]), ""),
        (job("users"), job("*", exclude=["orders"]), "users"),
        (job("users_*"), job("orders_*"), ""),
        (job("*_log"), job("*_archive"), ""),
        (job("users_*"), job("*_archive"), "*_archive"),
        (job("user*"), job("users_?"), "users_?"),
        (job("user[ab]_x"), job("user[cd]_x"), "user[cd]_x"),
        (job("a*"), job("*", exclude=["a*"]), "*"),
        (job("a*b"), job("a*b"), "a*b"),
    ],
)
def test_shared_tables(one, other, shared):
    earlier, later = (one, one.only_target), (other, other.only_target)

    assert shared_table(earlier, later) == shared
    assert bool(shared_table(later, earlier)) == bool(shared)


def test_a_target_that_takes_some_tables_only():
    end = {"database": "host=h dbname=d"}
    both = {"source": end, "tables": {"*": {}}}
    one = parse_job({**both, "targets": [{**end, "tables": ["users", "logs_*"]}]}, "one")
    other = parse_job(
        {**both, "targets": [{**end, "tables": ["orders"]}, {**end, "schema": "s", "tables": ["users"]}]}, "b"
    )

    assert shared_table((one, one.all_targets[0]), (other, other.all_targets[0])) == ""
    assert shared_table((one, one.all_targets[0]), (other, other.all_targets[1])) == "users"
