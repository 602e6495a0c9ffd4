"""Whether two connection strings lead to one database, as far as their text tells."""

import pytest

from pg_xcopy.manifest.databases import same_database


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("postgresql://a@prod/shop", "host=prod dbname=shop user=b"),
        ("postgresql://a@prod/shop", "postgresql://b@PROD:5432/shop?sslmode=require"),
        ("postgresql://localhost/shop", "host=127.0.0.1 dbname=shop"),
        ("dbname=shop", "postgresql://[::1]/shop"),
        ("postgresql://shop@prod", "postgresql://prod/shop"),
        ("host=one,prod port=1,5432 dbname=shop", "postgresql://prod/shop"),
        ("host=one,prod port=6000 dbname=shop", "postgresql://prod:6000/shop"),
        ("host=/run/postgresql dbname=shop", "host=/run/postgresql dbname=shop user=a"),
    ],
)
def test_same(one, other):
    assert same_database(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("postgresql://prod/shop", "postgresql://prod/staging"),
        ("postgresql://prod/shop", "postgresql://prod:5433/shop"),
        ("postgresql://prod/shop", "postgresql://staging/shop"),
        ("host=one,two port=1,2 dbname=shop", "host=one port=2 dbname=shop"),
    ],
)
def test_different(one, other):
    assert not same_database(one, other)
