"""Whether two connections lead to one database, as far as their text tells."""

import pytest

from pg_xcopy.manifest.bastions import Bastion
from pg_xcopy.manifest.connections import Connection
from pg_xcopy.manifest.databases import same_database

KEY = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"


def behind(bastion, url):
    host, _, port = bastion.partition(":")
    ssh = Bastion(host=host, port=int(port or 22), user="ops", private_key=KEY, fingerprint="A" * 43)
    return Connection(url=url, ssh=ssh)


def a(url):
    return url if isinstance(url, Connection) else Connection(url=url)


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
        (behind("bastion", "postgresql://db/shop"), behind("BASTION:22", "postgresql://DB:5432/shop")),
        (behind("bastion", "postgresql://localhost/shop"), behind("bastion", "host=127.0.0.1 dbname=shop")),
        # What everybody knows by one name: it does not matter who asks.
        (behind("a", "postgresql://x.eu.rds.amazonaws.com/shop"), "postgresql://x.eu.rds.amazonaws.com/shop"),
        (behind("a", "postgresql://8.8.8.8/shop"), behind("b", "postgresql://8.8.8.8/shop")),
        # The bastion's own database.
        (behind("bastion", "postgresql://localhost/shop"), "postgresql://bastion/shop"),
        (behind("127.0.0.1", "postgresql://localhost/shop"), "postgresql://localhost/shop"),
    ],
)
def test_same(one, other):
    assert same_database(a(one), a(other))
    assert same_database(a(other), a(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("postgresql://prod/shop", "postgresql://prod/staging"),
        ("postgresql://prod/shop", "postgresql://prod:5433/shop"),
        ("postgresql://prod/shop", "postgresql://staging/shop"),
        ("host=one,two port=1,2 dbname=shop", "host=one port=2 dbname=shop"),
        # Each network has its own host of that name.
        (behind("a", "postgresql://localhost/shop"), behind("b", "postgresql://localhost/shop")),
        (behind("a:2201", "postgresql://localhost/shop"), behind("a:2202", "postgresql://localhost/shop")),
        (behind("a", "postgresql://localhost/shop"), "postgresql://localhost/shop"),
        (behind("a", "postgresql://10.0.0.5/shop"), behind("b", "postgresql://10.0.0.5/shop")),
        (behind("a", "postgresql://db.internal/shop"), behind("b", "postgresql://db.internal/shop")),
        (behind("a", "postgresql://db/shop"), "postgresql://db/shop"),
        (behind("a", "postgresql://db/shop"), behind("a", "postgresql://db:5433/shop")),
    ],
)
def test_different(one, other):
    assert not same_database(a(one), a(other))
    assert not same_database(a(other), a(one))
