"""The two databases of the demo: a shop in production, and an empty one for its copies."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from msgspec import Struct

from pg_xcopy.connect.address import Address
from pg_xcopy.demo.servers import SUPERUSER
from pg_xcopy.sql.quoting import Sql
from pg_xcopy.sql.render import render

if TYPE_CHECKING:
    from pg_xcopy.connect.session import Session
    from pg_xcopy.connect.sessions import Sessions
    from pg_xcopy.demo.servers import Server


class Shop(Struct, frozen=True):
    """One side: the server, the database on it, and the role, no superuser, that jobs connect as."""

    side: str
    server: Server
    database: str
    role: str

    @property
    def url(self) -> str:
        """The way in for jobs, password included."""
        return self.server.url(self.database, user=self.role)

    @property
    def url_without_password(self) -> str:
        """The way in for whoever has PGPASSWORD set."""
        return self.url.replace(f":{self.server.password}@", "@", 1)

    def open(self, sessions: Sessions, *, user: str, database: str) -> Session:
        """Connect as somebody."""
        return sessions.open(Address(self.side, self.database, self.server.dsn(database, user=user)))


class Census(Struct, frozen=True):
    """What the source holds: tables, partitions counted, and their rows as ANALYZE saw them."""

    tables: int
    rows: int


def source_on(server: Server) -> Shop:
    """Name the source."""
    return Shop("source", server, "shop_prod", "reader")


def target_on(server: Server) -> Shop:
    """Name the target."""
    return Shop("target", server, "shop_copies", "writer")


def furnish(source: Shop, target: Shop, sessions: Sessions) -> Census:
    """Make both databases and their roles, and fill the source."""
    _make(target, owner=target.role, sessions=sessions)
    _make(source, owner=SUPERUSER, sessions=sessions)
    shop = source.open(sessions, user=SUPERUSER, database=source.database)
    shop.run(Sql((files("pg_xcopy.demo") / "shop.sql").read_text(encoding="utf-8")), "filling the shop")
    shop.run(render("demo/grant_reading.sql.j2", role=source.role), "granting")
    census = Census(**shop.rows(render("demo/census.sql"), "counting the shop")[0])
    sessions.close(shop)
    return census


def _make(shop: Shop, *, owner: str, sessions: Sessions) -> None:
    admin = shop.open(sessions, user=SUPERUSER, database=SUPERUSER)
    admin.run(render("demo/create_role.sql.j2", role=shop.role, password=shop.server.password), "making a role")
    admin.run(render("demo/create_database.sql.j2", database=shop.database, owner=owner), "making a database")
    sessions.close(admin)
