"""Jobs of one run that would undo each other are refused before anything is connected to."""

import pytest

from pg_xcopy.api import refuse_clashes
from pg_xcopy.errors import UsageError
from pg_xcopy.manifest.loader import parse_job


def job(name, mode, *tables, schema="app", database="host=t"):
    target = {"database": database, "schema": schema, "mode": mode}
    return parse_job(
        {"source": {"database": "host=s"}, "target": target, "tables": dict.fromkeys(tables or ["*"])}, name
    )


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        (("replace",), ("replace",), "jobs a and b both replace schema app of the same database."),
        (("append",), ("replace",), "jobs a and b append into and then replace schema app of the same database."),
        (("append", "t"), ("truncate", "t"), "job b would empty t in schema app, which job a has filled just before."),
        (("replace",), ("truncate", "t"), "job b would empty t in schema app, which job a has filled just before."),
        (("upsert", "users"), ("truncate", "u*"), "job b would empty users in schema app"),
        (("truncate", "*"), ("truncate", "users"), "job b would empty users in schema app"),
        (
            ("replace_tables", "t"),
            ("replace_tables", "t"),
            "job b would replace t in schema app, which job a has filled",
        ),
        (
            ("append", "u*"),
            ("replace_tables", "*s"),
            "job b would replace *s in schema app, which job a has filled just",
        ),
        (("replace_tables", "t"), ("replace",), "jobs a and b replace tables of and then replace schema app of the"),
    ],
)
def test_a_later_job_that_undoes_an_earlier_one(one, other, said):
    with pytest.raises(UsageError) as caught:
        refuse_clashes([job("a", *one), job("b", *other)])

    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("append",), ("append",)),
        (("upsert",), ("append",)),
        (("truncate", "t"), ("append", "t")),
        (("replace",), ("upsert",)),
        (("truncate", "t"), ("truncate", "u")),
        (("append", "t"), ("truncate", "u", "v*")),
        (("replace_tables", "t"), ("replace_tables", "u", "v*")),
        (("replace_tables", "t"), ("append", "t")),
    ],
)
def test_jobs_that_go_together(one, other):
    refuse_clashes([job("a", *one), job("b", *other)])


def test_other_schemas_and_databases_are_others():
    refuse_clashes([job("a", "replace"), job("b", "replace", schema="more"), job("c", "replace", database="host=u")])
