"""Password files, service files, certificates and verified servers work as they do with libpq; TLS is real here."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from urllib.parse import quote, urlencode

import pytest
from copying import beside, copy, in_background, job_of, running, terminate, wait_until
from processes import started

from certificates import Authority
from pg_xcopy import run_job
from pg_xcopy.api import refuse_clashes
from pg_xcopy.connect.address import Address
from pg_xcopy.connect.session import Session
from pg_xcopy.demo.accounts import CommandFailedError
from pg_xcopy.demo.servers import Server
from pg_xcopy.errors import ConnectionFailedError, DatabaseError, ManifestError, UsageError
from pg_xcopy.manifest.connections import Connection
from pg_xcopy.manifest.loader import parse_manifest
from pg_xcopy.sql.quoting import Sql

NAME = "db.example"
HBA = """\
hostssl all certified all cert
hostssl all all all scram-sha-256
"""
PASSWORD = "hunter2: a\\b"


class TlsServer(Server):
    """A server that takes nobody without TLS, and the role `certified` with a certificate only."""

    def create(self):
        super().create()
        self.authority = Authority()
        pair = self.authority.server(NAME)
        files = {"ca": self.authority.certificate, "crt": pair.certificate, "key": pair.key, "hba": HBA.encode()}
        for name, content in files.items():
            path = self.directory / f"tls.{name}"
            path.write_bytes(content)
            self._account.own(path).chmod(0o600)

    @classmethod
    def on(cls, installation):
        server = cls(installation)
        tls = {"crt": "ssl_cert_file", "key": "ssl_key_file", "ca": "ssl_ca_file", "hba": "hba_file"}
        server.settings = {"ssl": "on", **{name: str(server.directory / f"tls.{file}") for file, name in tls.items()}}
        return server


@pytest.fixture(scope="session")
def tls_server(installations):
    with ExitStack() as stack:
        for installation in installations:
            try:
                yield stack.enter_context(TlsServer.on(installation))
            except CommandFailedError as error:
                reason = error
            else:
                return
        pytest.skip(f"no PostgreSQL here can do TLS: {reason}")


@pytest.fixture
def things(tls_server, new_database):
    database = new_database(tls_server)
    database.execute("CREATE SCHEMA app; CREATE TABLE app.things (id int PRIMARY KEY, body text)")
    database.execute("INSERT INTO app.things SELECT n, 'body ' || n FROM generate_series(1, 3) AS n")
    return database


@pytest.fixture
def role(things, hostile_role):
    return hostile_role(things, password=PASSWORD, grant=["USAGE ON SCHEMA app", "SELECT ON app.things"])


@pytest.fixture
def authority(tls_server, tmp_path):
    path = tmp_path / "ca.crt"
    path.write_bytes(tls_server.authority.certificate)
    return path


@pytest.fixture
def password_file(tmp_path):
    def write(text, mode=0o600):
        path = tmp_path / "passwords"
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path

    return write


@pytest.fixture
def service_file(tmp_path, monkeypatch):
    def write(text):
        path = tmp_path / "services"
        path.write_text(text, encoding="utf-8")
        monkeypatch.setenv("PGSERVICEFILE", str(path))
        return path

    return write


def url(database, user, **parameters):
    parameters = {"hostaddr": "127.0.0.1", "port": database.server.port, "user": user, **parameters}
    return f"postgresql:///{database.name}?{spelled(parameters)}"


def spelled(parameters):
    """libpq takes a plus for a plus."""
    return urlencode(parameters, quote_via=quote)


def failure(source, target):
    with pytest.raises(ConnectionFailedError) as caught:
        copy(source, target)
    assert "hunter2" not in str(caught.value)
    return caught.value.sentence, caught.value.hint


def escaped(text):
    """As a password file wants it (PostgreSQL manual, 34.16)."""
    return text.replace("\\", "\\\\").replace(":", "\\:")


# --- Passwords


@pytest.mark.parametrize("given", ["passfile", "PGPASSFILE", "PGPASSWORD", "home"])
def test_a_password_that_is_not_in_the_url(things, target_db, role, password_file, monkeypatch, tmp_path, given):  # noqa: PLR0917 - by name
    parameters = {}
    if given == "PGPASSWORD":
        monkeypatch.setenv("PGPASSWORD", PASSWORD)
    else:
        line = f"127.0.0.1:{things.server.port}:{things.name}:{role.name}:{escaped(PASSWORD)}\n"
        path = password_file(f"# a comment\n*:1:*:*:wrong\n{line}")
        if given == "PGPASSFILE":
            monkeypatch.setenv("PGPASSFILE", str(path))
        elif given == "home":
            monkeypatch.setenv("HOME", str(tmp_path))
            path.rename(tmp_path / ".pgpass")
        else:
            parameters = {"passfile": path}

    result = copy(url(things, role.name, **parameters), target_db)

    assert result.rows == 3


def test_a_wrong_password_in_a_password_file(things, target_db, role, password_file):
    path = password_file(f"*:*:*:*:{escaped(PASSWORD)}x\n")

    sentence, hint = failure(url(things, role.name, passfile=path), target_db)

    assert f'password authentication failed for user "{role.name}"' in sentence
    assert f'password retrieved from file "{path}"' in sentence
    assert hint == "Check the user and the password."


@pytest.mark.parametrize(("text", "mode"), [("other:*:*:*:x\n", 0o600), (f"*:*:*:*:{escaped(PASSWORD)}\n", 0o644)])
def test_a_password_file_that_is_of_no_use(things, target_db, role, password_file, capfd, text, mode):  # noqa: PLR0917 - by name
    sentence, hint = failure(url(things, role.name, passfile=password_file(text, mode)), target_db)

    assert "no password supplied" in sentence
    assert hint.startswith("Put the password into the URL, a password file")
    assert ("has group or world access" in capfd.readouterr().err) == (mode == 0o644)  # which libpq says itself


# --- Service files


def service(things, role, **more):
    parameters = {"host": "127.0.0.1", "port": things.server.port, "dbname": things.name, "user": role.name}
    lines = {**parameters, "password": PASSWORD, **more}
    return "# services\n\n[other]\nhost=nowhere\n[shop]\n" + "".join(f"{key}={value}\n" for key, value in lines.items())


@pytest.mark.parametrize(
    "dsn", ["service=shop", "postgresql:///?service=shop", "postgresql://?service=shop", "PGSERVICE"]
)
def test_a_service(things, target_db, role, service_file, monkeypatch, dsn):  # noqa: PLR0917 - by name
    service_file(service(things, role))
    if dsn == "PGSERVICE":
        monkeypatch.setenv("PGSERVICE", "shop")
        dsn = "connect_timeout=9"

    assert copy(dsn, target_db).rows == 3


def test_a_service_of_a_user(things, target_db, role, service_file, monkeypatch, tmp_path):  # noqa: PLR0917 - by name
    service_file(service(things, role)).rename(tmp_path / ".pg_service.conf")
    monkeypatch.delenv("PGSERVICEFILE")
    monkeypatch.setenv("HOME", str(tmp_path))

    assert copy("service=shop", target_db).rows == 3


def test_the_url_goes_before_a_service(things, target_db, role, service_file):
    service_file(service(things, role, dbname="nowhere"))

    assert copy(f"service=shop dbname={things.name}", target_db).rows == 3


def test_what_else_a_service_says(things, role, service_file):
    service_file(service(things, role, options="-c geqo=off", connect_timeout="7", keepalives_idle="77"))

    session = Session(Address("source", "shop", "service=shop"), "pg-xcopy test", lambda: None)

    try:
        parameters = session._connection.info.dsn_parameters
        assert (parameters["connect_timeout"], parameters["keepalives_idle"]) == ("7", "77")
        assert session.value(Sql("SHOW geqo"), "asking") == "off"
        assert session.value(Sql("SHOW statement_timeout"), "asking") == "0"
    finally:
        session.close()


def test_a_service_with_a_wrong_password(things, target_db, role, service_file):
    service_file(service(things, role, password="hunter2-outdated"))

    sentence, hint = failure("service=shop", target_db)

    assert sentence.startswith(
        f"can't connect to the source {role.name}@127.0.0.1:{things.server.port}/{things.name}: "
    )
    assert hint == "Check the user and the password."


@pytest.mark.parametrize(("service_name", "there"), [("shpo", True), ("shop", False)])
def test_a_service_that_nobody_knows(target_db, service_file, service_name, there):
    path = service_file("[shop]\nhost=127.0.0.1\n")
    if not there:
        path.unlink()

    sentence, hint = failure(f"service={service_name}", target_db)

    assert sentence.startswith(f"can't connect to the source {service_name}: ")
    assert ("definition of service" if there else "service file") in sentence
    assert hint == "See the service file: PGSERVICEFILE, or ~/.pg_service.conf."


PROTECTED = {"prod": {"url": "service=shop", "protected": True}}


@pytest.mark.parametrize(
    "target", ["service=shop", "service=alias", "host=db.example dbname=shop", "postgresql:///shop?service=elsewhere"]
)
def test_a_protected_service_is_never_written(service_file, target):
    service_file(
        "[shop]\nhost=DB.example\ndbname=shop\n[alias]\nhost=db.example\nport=5432\ndbname=shop\nuser=x\n"
        "[elsewhere]\nhost=db.example\ndbname=other\n"
    )
    job = job_of("service=elsewhere", target)

    with pytest.raises(ManifestError, match="this leads to the database of 'prod', which is protected"):
        parse_manifest({"connections": PROTECTED, "jobs": {"a": job}})


def test_two_services_are_two_databases(service_file):
    service_file("[shop]\nhost=db.example\ndbname=shop\n[other]\nhost=db.example\ndbname=other\n")

    jobs = {name: job_of("service=shop", f"service={name}") for name in ("other", "x", "y")}

    known = parse_manifest({"connections": PROTECTED, "jobs": jobs}).jobs

    refuse_clashes(known.values())  # of x and y nothing is known but that they have two names


def test_one_service_is_one_database(service_file):
    service_file("[shop]\nhost=db.example\n")
    jobs = {name: job_of("service=shop", "service=unknown") for name in ("a", "b")}

    with pytest.raises(UsageError, match="jobs a and b both replace schema app of the same database"):
        refuse_clashes(parse_manifest({"jobs": jobs}).jobs.values())


def test_variables_count_too(monkeypatch):
    monkeypatch.setenv("PGHOST", "db.example")
    monkeypatch.setenv("PGDATABASE", "shop")
    job = job_of("host=somewhere dbname=x", "user=someone")

    with pytest.raises(ManifestError, match="this leads to the database of 'prod', which is protected"):
        parse_manifest(
            {"connections": {"prod": {"url": "postgresql://db.example/shop", "protected": True}}, "jobs": {"a": job}}
        )


# --- Certificates


@pytest.fixture
def certified(things):
    if not things.value("SELECT count(*) FROM pg_roles WHERE rolname = 'certified'"):
        things.execute("CREATE ROLE certified LOGIN")
    things.execute("GRANT USAGE ON SCHEMA app TO certified; GRANT SELECT ON app.things TO certified")
    return things


@pytest.fixture
def client(tls_server, tmp_path):
    """`client("certified", passphrase)` makes a certificate; it gives libpq's parameters."""

    def make(name, passphrase=""):
        certificate, key = tls_server.authority.client(name, passphrase).write(tmp_path, name)
        return {"sslcert": certificate, "sslkey": key, **({"sslpassword": passphrase} if passphrase else {})}

    return make


@pytest.mark.parametrize("passphrase", ["", "hunter2 & 'more'"])
def test_a_client_certificate(certified, target_db, client, passphrase):
    assert copy(url(certified, "certified", **client("certified", passphrase)), target_db).rows == 3


def test_a_client_certificate_from_variables(certified, target_db, client, monkeypatch):
    for name, value in client("certified").items():
        monkeypatch.setenv(f"PG{name.upper()}", str(value))

    assert copy(url(certified, "certified"), target_db).rows == 3


def test_a_client_certificate_through_a_secret(aws, certified, target_db, client):
    """A secret may say who and where; what is in files is said by the url."""
    where = {"host": "127.0.0.1", "port": certified.server.port, "dbname": certified.name, "username": "certified"}
    aws.put("shop", where)
    files = {name: str(path) for name, path in client("certified").items()}
    connection = Connection(name="shop", url=f"postgresql:///?{spelled(files)}", aws_secret={"id": "shop"})
    job = job_of("", target_db)

    assert run_job({**job, "source": {**job["source"], "database": connection}}).rows == 3


def test_no_certificate(certified, target_db):
    sentence, hint = failure(url(certified, "certified"), target_db)

    assert "connection requires a valid client certificate" in sentence
    assert hint == "Check sslmode, the certificates and their keys."


def test_a_certificate_of_somebody_else(certified, target_db, client):
    sentence, hint = failure(url(certified, "certified", **client("somebody")), target_db)

    assert 'certificate authentication failed for user "certified"' in sentence
    assert hint == "Check sslmode, the certificates and their keys."


def test_a_certificate_of_another_authority(certified, target_db, tmp_path):
    certificate, key = Authority("another").client("certified").write(tmp_path, "forged")

    _, hint = failure(url(certified, "certified", sslcert=certificate, sslkey=key), target_db)

    assert hint == "Check sslmode, the certificates and their keys."


def test_a_wrong_passphrase(certified, target_db, client):
    parameters = client("certified", "hunter2-passphrase") | {"sslpassword": "hunter2-wrong"}

    sentence, hint = failure(url(certified, "certified", **parameters), target_db)

    assert "could not load private key file" in sentence
    assert hint == "Check sslmode, the certificates and their keys."


def test_a_key_that_everybody_can_read(certified, target_db, client):
    parameters = client("certified")
    parameters["sslkey"].chmod(0o644)

    sentence, hint = failure(url(certified, "certified", **parameters), target_db)

    assert "has group or world access" in sentence
    assert hint == "Check sslmode, the certificates and their keys."


# --- Verified servers


@pytest.mark.parametrize("sslmode", ["verify-full", "verify-ca", "require"])
def test_a_server_that_is_who_it_says(things, target_db, role, authority, sslmode):
    how = {"host": NAME, "sslmode": sslmode, "sslrootcert": authority, "password": PASSWORD}

    assert copy(url(things, role.name, **how), target_db).rows == 3


def test_a_server_of_another_name(things, target_db, role, authority):
    how = {"host": "other.example", "sslmode": "verify-full", "sslrootcert": authority, "password": PASSWORD}

    sentence, hint = failure(url(things, role.name, **how), target_db)

    assert f'server certificate for "{NAME}" does not match host name "other.example"' in sentence
    assert hint == "Check sslmode, the certificates and their keys."
    assert copy(url(things, role.name, **how | {"sslmode": "verify-ca"}), target_db).rows == 3


@pytest.mark.parametrize("sslmode", ["verify-full", "verify-ca"])
def test_a_server_of_another_authority(things, target_db, role, tmp_path, sslmode):
    (tmp_path / "other.crt").write_bytes(Authority("another").certificate)
    how = {"host": NAME, "sslmode": sslmode, "sslrootcert": tmp_path / "other.crt", "password": PASSWORD}

    sentence, hint = failure(url(things, role.name, **how), target_db)

    assert "certificate verify failed" in sentence
    assert hint == "Check sslmode, the certificates and their keys."


def test_an_authority_that_is_not_there(things, target_db, role, tmp_path):
    how = {"host": NAME, "sslmode": "verify-full", "sslrootcert": tmp_path / "none.crt", "password": PASSWORD}

    sentence, hint = failure(url(things, role.name, **how), target_db)

    assert f'root certificate file "{tmp_path / "none.crt"}" does not exist' in sentence
    assert hint == "Check sslmode, the certificates and their keys."


def test_without_tls(things, target_db, role):
    sentence, hint = failure(url(things, role.name, sslmode="disable", password=PASSWORD), target_db)

    assert "no encryption" in sentence
    assert hint == (
        "The server does not accept this user from this address, or not with this sslmode: see its pg_hba.conf."
    )


def test_a_server_without_tls(source_db, things):
    sentence, hint = failure(f"{source_db.dsn} sslmode=require", things)

    assert "server does not support SSL" in sentence
    assert hint == "Check sslmode, the certificates and their keys."


# --- TLS on both sides


@pytest.fixture
def large(things):
    things.execute("INSERT INTO app.things SELECT n, repeat(md5(n::text), 8) FROM generate_series(4, 100000) AS n")
    return things


def test_rows_pass(large, new_database, tls_server):
    target = new_database(tls_server)

    result = copy(large, target, parallel=2)

    assert result.rows == 100_000
    assert target.value("SELECT md5(string_agg(body, '' ORDER BY id)) FROM app.things") == large.value(
        "SELECT md5(string_agg(body, '' ORDER BY id)) FROM app.things"
    )
    assert target.value("SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename <> ''")


SILENT = {"things": {"where": "id > 0 OR pg_sleep(60) IS NULL", "transform": {"body": "body || pg_sleep(60)"}}}


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_server_that_ends_the_session_is_heard(large, new_database, tls_server, side):
    """Whoever waits for its socket has to know what TLS has taken from it already."""
    target = new_database(tls_server)
    with in_background(lambda: copy(large, target, SILENT)) as run:
        if side == "source":
            wait_until(lambda: terminate(large, waiting="PgSleep"), 30)
        else:
            wait_until(lambda: terminate(target, "%COPY%things%"), 30)

        with pytest.raises(DatabaseError) as caught:
            run.result(timeout=30)

    assert (caught.value.side, caught.value.sqlstate) == (side, "57P01")
    assert beside(target) == []


def test_a_run_that_is_stopped(large, new_database, tls_server):
    target = new_database(tls_server)
    with started(job_of(large, target, SILENT)) as run:
        wait_until(lambda: running(large, "%COPY%"), 30)
        run.send_signal(signal.SIGTERM)

        run.communicate(timeout=30)

    assert run.returncode == 143
    assert wait_until(lambda: not running(large), 30)
    assert beside(target) == []
