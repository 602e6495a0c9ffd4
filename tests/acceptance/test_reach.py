"""One manifest from end to end, the shipped example as a new user runs it, as a command and as a Lambda function.

Secrets in AWS, a bastion, one snapshot of the source, three targets with tables and columns of their own.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commanding import is_idle, wait_until, write

from aws import Asked
from pg_xcopy import aws_lambda
from pg_xcopy.errors import ManifestError, TargetsFailedError

EXAMPLE = Path(__file__).parents[2] / "schemas" / "examples" / "several_targets.yaml"
CUSTOMERS, ORDERS, EVENTS = 200, 1000, 500

SNAPSHOT = f"""
    CREATE SCHEMA snapshot;
    CREATE TABLE snapshot.customers (id int PRIMARY KEY, email text, name text, phone text);
    INSERT INTO snapshot.customers
        SELECT n, 'user' || n || '@example.com', 'User ' || n, '0' || n FROM generate_series(1, {CUSTOMERS}) AS n;
    CREATE TABLE snapshot.orders (
        id int PRIMARY KEY, customer_id int REFERENCES snapshot.customers, total numeric, placed_at timestamptz);
    INSERT INTO snapshot.orders
        SELECT n, 1 + n % {CUSTOMERS}, n, timestamptz '2024-01-01 00:00+00' + n * interval '1 h'
        FROM generate_series(1, {ORDERS}) AS n;
    CREATE TABLE snapshot.events (id bigint PRIMARY KEY, kind text, payload jsonb);
    INSERT INTO snapshot.events SELECT n, 'click', '{{"x": 1}}' FROM generate_series(1, {EVENTS}) AS n;
    CREATE TABLE snapshot.internal_notes (body text);
    """
TABLES = {
    "shop": """
        CREATE SCHEMA shop;
        CREATE TABLE shop.orders (customer_id int, id int, placed_at timestamptz, total numeric);
        CREATE TABLE shop.customers (id int, email text, name text, phone text);""",
    "warehouse": """
        CREATE TABLE events (id bigint, kind text, payload jsonb, loaded_at timestamptz DEFAULT now());
        CREATE TABLE orders (id int, customer_id int, total numeric, placed_at timestamptz);""",
    "crm": """
        CREATE SCHEMA crm;
        CREATE TABLE crm.customers (id int, email text, phone text);""",
}
KEYS = {
    "shop": """
        ALTER TABLE shop.customers ADD PRIMARY KEY (id);
        ALTER TABLE shop.orders ADD PRIMARY KEY (id), ADD FOREIGN KEY (customer_id) REFERENCES shop.customers""",
    "warehouse": "ALTER TABLE events ADD PRIMARY KEY (id); ALTER TABLE orders ADD PRIMARY KEY (id)",
    "crm": "ALTER TABLE crm.customers ADD PRIMARY KEY (id)",
}
ARRIVED = {
    "shop": [
        ("SELECT id, email, name, phone FROM {}customers", "shop."),
        ("SELECT id, customer_id, total, placed_at FROM {}orders", "shop."),
    ],
    "warehouse": [
        ("SELECT id, kind, payload::text FROM {}events", "public."),
        ("SELECT id, total, placed_at FROM {}orders", "public."),
    ],
    "crm": [("SELECT id, email FROM {}customers", "crm.")],
}
LABELS = {"shop": "shop/shop", "warehouse": "warehouse/public", "crm": "crm/crm"}
ROWS = {"shop": CUSTOMERS + ORDERS, "warehouse": EVENTS + ORDERS, "crm": CUSTOMERS}


class World:
    """The databases, what stands in AWS, and the manifest that says how they are reached."""

    def __init__(self, source, targets, aws, bastion, directory):
        self.source, self.targets, self.aws, self.bastion, self.directory = source, targets, aws, bastion, directory
        self.path = write(directory, EXAMPLE.read_text(encoding="utf-8"))

    def change(self, old, new):
        """Change something in the manifest."""
        text = self.path.read_text(encoding="utf-8")
        assert old in text
        write(self.directory, text.replace(old, new))

    def secret(self, database, **other):
        server = database.server
        said = {"host": "127.0.0.1", "port": server.port, "username": "postgres", "password": server.password}
        return {**said, "dbname": database.name, **other}

    def connect_crm_by(self, secret):
        """Have another secret say how the last target is reached."""
        self.aws.put("acme/test/other", {key: value for key, value in secret.items() if value is not None})
        self.change("${ENVIRONMENT:-production}/crm", "${ENVIRONMENT:-production}/other")

    def connect_servers(self, transport, far):
        """Have the rows go from server to server; `far` is on the one that the other connects to."""
        route = f"{{host: 127.0.0.1, port: {far.server.port}}}"
        self.change('  "feed":\n', f'  "feed":\n    transport: {transport}\n    route: {route}\n')

    def copies(self, target):
        """How many times a target has what the source has; 0 for nothing at all, None for anything else."""
        database, found = self.targets[target], set()
        for select, schema in ARRIVED[target]:
            there = sorted(database.rows(select.format(schema)))
            once = sorted(self.source.rows(select.format("snapshot.")))
            times, rest = divmod(len(there), len(once))
            found.add(times if not rest and there == sorted(once * times) else None)
        return found.pop() if len(found) == 1 else None

    @property
    def all_copies(self):
        return [self.copies(target) for target in self.targets]


@pytest.fixture
def environment(bastion, tmp_path, monkeypatch):
    """What the manifest takes from the environment."""
    said = {"HOST": "127.0.0.1", "PORT": str(bastion.port), "FINGERPRINT": bastion.fingerprints["ed25519"]}
    for name, value in said.items():
        monkeypatch.setenv(f"BASTION_{name}", value)
    monkeypatch.setenv("ENVIRONMENT", "test")
    monkeypatch.setenv("LAMBDA_TASK_ROOT", str(tmp_path))
    return tmp_path


@pytest.fixture
def targets(target_server, new_database):
    made = {name: new_database(target_server) for name in TABLES}
    for name, database in made.items():
        database.execute(TABLES[name])
    return made


@pytest.fixture
def world(source_db, targets, aws, bastion, environment):
    source_db.execute(SNAPSHOT)
    here = World(source_db, targets, aws, bastion, environment)
    for name, database in {"app": source_db, **targets}.items():
        aws.put(f"acme/test/{name}", here.secret(database))
    aws.put("acme/bastion", {"user": bastion.user, "private_key": bastion.key.read_text()})
    return here


@pytest.fixture
def with_keys(world):
    for name, database in world.targets.items():
        database.execute(KEYS[name])
    return world


@pytest.fixture(params=["command", "lambda"])
def run(request, run_cli, world):
    """Run all of the manifest, and give what its JSON says of its only job."""

    def as_command():
        done = run_cli("run", world.path, "--json")
        assert done.code == 0, done.stderr
        return json.loads(done.stdout)

    def as_lambda():
        return json.loads(aws_lambda.handler({"jobs": ["feed"]}, None)["body"])

    def once():
        (job,) = {"command": as_command, "lambda": as_lambda}[request.param]()["jobs"]
        return job

    return once


def taken(job):
    """Rows by target."""
    return {
        name: sum(table["rows"] for table in job["tables"] if table["target"] == label)
        for name, label in LABELS.items()
    }


@pytest.fixture(params=["stream", "dblink", "postgres_fdw"])
def transport(request, world):
    """How the rows travel; the servers have a way to each other of their own, past the bastion.

    One snapshot for several targets is what a source has that pushes; so that one may be written to.
    """
    if request.param == "dblink":
        for database in world.targets.values():
            database.require_extension("dblink")
        world.connect_servers("dblink", world.source)
    if request.param == "postgres_fdw":
        world.source.require_extension("postgres_fdw")
        world.change("    protected: true\n", "")
        world.connect_servers("postgres_fdw\n    push: true", world.targets["shop"])
    return request.param


# --- Twice, and the same results whichever way


@pytest.mark.usefixtures("transport")
def test_upsert(with_keys, run):
    first, second = run(), run()

    assert with_keys.all_copies == [1, 1, 1]
    assert taken(first) == taken(second) == ROWS
    assert [(table["inserted"], table["updated"]) for table in second["tables"]] == [(0, 0)] * 5
    assert first["warnings"] == second["warnings"] == []
    assert with_keys.targets["crm"].column("SELECT DISTINCT phone FROM crm.customers") == [None]  # nobody asked for it


@pytest.mark.usefixtures("transport")
def test_append(world, run):
    world.change("mode: upsert", "mode: append")

    first, second = run(), run()

    assert world.all_copies == [2, 2, 2]
    assert taken(first) == taken(second) == ROWS


def test_each_secret_is_read_once_and_all_goes_through_the_bastion(with_keys, run):
    before = with_keys.bastion.logins

    run()

    names = [f"acme/test/{name}" for name in ("app", *TABLES)]
    assert sorted(with_keys.aws.asked, key=str) == [
        Asked(name, "eu-central-1") for name in ("acme/bastion", *names[:1], *sorted(names[1:]))
    ]
    assert with_keys.bastion.logins - before == 2  # one for each server behind it
    assert wait_until(lambda: all(map(is_idle, [with_keys.source, *with_keys.targets.values()])))


def test_what_validates_and_lists_asks_for_nothing(run_cli, world):
    validated, listed = run_cli("validate", world.path), run_cli("list", world.path)

    assert validated.stdout == f"{world.path}: valid, 1 job: feed\n"
    assert listed.stdout.splitlines() == [
        "feed  app schema snapshot → shop schema shop",
        "      app schema snapshot → warehouse schema public",
        "      app schema snapshot → crm schema crm",
    ]
    assert world.aws.asked == []


def test_the_plan(run_cli, with_keys):
    done = run_cli("plan", with_keys.path)

    assert done.code == 0, done.stderr
    said = [line.split("  ")[1] for line in done.stdout.splitlines() if " → " in line]
    assert said == [
        "snapshot.customers → shop.customers",
        "snapshot.orders → shop.orders",
        "snapshot.events → public.events",
        "snapshot.orders → public.orders",
        "snapshot.customers → crm.customers",
    ]
    assert "      without name, phone\n      columns id, email\n" in done.stdout
    assert with_keys.all_copies == [0, 0, 0]


# --- What goes wrong


class Failure:
    """What a run said and left behind of which one target failed."""

    def __init__(self, done, world, target, audit):
        self.done, self.world, self.target, self.audit = done, world, target, audit

    @property
    def errors(self):
        return self.done.stderr.splitlines()

    def is_of_one_target(self):
        """The others have all of their rows, and this one none; the report, the exit code and the audit log say so."""
        (job,) = json.loads(self.done.stdout)["jobs"]
        others = {name for name in LABELS if name != self.target}
        assert self.done.code == 1
        assert (job["status"], list(job["failures"])) == ("failed", [LABELS[self.target]])
        assert taken(job) == {name: ROWS[name] if name in others else 0 for name in LABELS}
        assert {name: self.world.copies(name) for name in others} == dict.fromkeys(others, 1)
        assert {"❌ Error"} == {line[21:28] for line in self.audit if f"→ {self.target} schema" in line}
        assert {"✅ Done:"} == {line[21:28] for line in self.audit if f"→ {self.target} schema" not in line}
        return True


@pytest.fixture
def failing(run_cli, with_keys):
    """Run it, quietly; `target` is the one that is to fail."""

    def run(target="crm"):
        done = run_cli("run", with_keys.path, "--json", "--quiet", "--audit-log", "audit")
        (log,) = (with_keys.directory / "audit").glob("audit_*.log")
        return Failure(done, with_keys, target, log.read_text(encoding="utf-8").splitlines())

    return run


def test_a_wrong_fingerprint(with_keys, failing):
    wrong = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"
    with_keys.change('/crm"}, ssh: *bastion}', f'/crm"}}, ssh: {{<<: *bastion, fingerprint: "{wrong}"}}}}')

    failure = failing()

    assert failure.is_of_one_target()
    (said,) = failure.errors
    bastion, found = with_keys.bastion, with_keys.bastion.fingerprints["ed25519"]
    assert said.startswith(
        "error: job feed, target crm/crm failed: can't connect to the target crm: the bastion "
        f"{bastion.user}@127.0.0.1:{bastion.port} showed another host key: expected {wrong}, found {found} "
    )
    assert said.endswith(
        ". If it was not set up anew, somebody may be in between. Its administrator can tell its fingerprint."
    )
    assert with_keys.copies("crm") == 0


def test_the_bastion_of_all_is_another(run_cli, with_keys, monkeypatch):
    monkeypatch.delenv("BASTION_FINGERPRINT")

    done = run_cli("run", with_keys.path)

    assert done.code == 1
    assert "error: can't connect to the source app: the bastion " in done.stderr
    assert done.stderr.count("error:") == 1
    assert with_keys.all_copies == [0, 0, 0]


def test_a_field_that_a_secret_lacks(run_cli, with_keys):
    """Nothing begins with a manifest that has to be mended."""
    with_keys.connect_crm_by(with_keys.secret(with_keys.targets["crm"], username=None))

    done = run_cli("run", with_keys.path)

    assert (done.code, done.stdout, done.stderr.splitlines()) == (
        2,
        "",
        [
            f"error: {with_keys.path}:20:21: connections.crm.aws_secret: the secret acme/test/other lacks username "
            "(what is not secret may stand in url)"
        ],
    )
    with pytest.raises(ManifestError, match="the secret acme/test/other lacks username"):
        aws_lambda.handler({}, None)
    assert with_keys.all_copies == [0, 0, 0]


def test_a_target_that_is_down(with_keys, failing):
    with_keys.connect_crm_by(with_keys.secret(with_keys.targets["crm"], port=1))

    failure = failing()

    assert failure.is_of_one_target()
    assert failure.errors == [
        "error: job feed, target crm/crm failed: can't connect to the target crm: the bastion "
        f"{with_keys.bastion.user}@127.0.0.1:{with_keys.bastion.port} can't reach 127.0.0.1:1: Connection refused. "
        "Check the url: its host and port are as the bastion knows them."
    ]


def test_a_target_that_is_down_fails_the_function(with_keys):
    with_keys.connect_crm_by(with_keys.secret(with_keys.targets["crm"], port=1))

    with pytest.raises(TargetsFailedError, match="job feed, target crm/crm failed: can't connect to the target crm: "):
        aws_lambda.handler({}, None)

    assert with_keys.all_copies == [1, 1, 0]


def test_a_column_that_a_target_lacks_stays_behind(run_cli, with_keys):
    with_keys.targets["shop"].execute("ALTER TABLE shop.customers DROP phone")

    done = run_cli("run", with_keys.path, "--fail-on-warnings")

    assert done.code == 3
    notice = "snapshot.customers.phone: column left out: the target's table has no such column"
    assert f"feed → shop/shop: warning: {notice}" in done.stderr
    assert f"warning: shop/shop: {notice}" in done.stdout
    assert with_keys.targets["shop"].value("SELECT count(email) FROM shop.customers") == CUSTOMERS
    assert [with_keys.copies("warehouse"), with_keys.copies("crm")] == [1, 1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(
            "ALTER TABLE crm.customers ADD tier text NOT NULL",
            "crm.customers.tier: it is NOT NULL, has no default, and nothing is copied into it "
            "(give it a value with `transform: {tier: …}`, or a default)",
            id="that_must_have_a_value",
        ),
        pytest.param(
            "ALTER TABLE crm.customers RENAME email TO mail",
            "crm.customers: the target asks for a column email that its table does not have (did you mean mail?)",
            id="that_was_asked_for",
        ),
    ],
)
def test_columns_that_can_not_be_filled(with_keys, failing, change, said):
    with_keys.targets["crm"].execute(change)

    failure = failing()

    assert failure.is_of_one_target()
    assert failure.errors == [
        "error: job feed, target crm/crm failed: job feed can't run, 1 problem; nothing was changed:",
        f"  {said}",
    ]
    assert with_keys.targets["crm"].value("SELECT count(*) FROM crm.customers") == 0


def test_a_row_that_is_there_already_far_down_the_table(with_keys, failing, monkeypatch):
    """The same stream goes to two targets, one of which has row 500,000; nothing of what came before stays there."""
    with_keys.change("warehouse, schema: public, mode: upsert", "warehouse, schema: public, mode: append")
    with_keys.source.execute("INSERT INTO snapshot.events SELECT n FROM generate_series(1000, 600000) AS n")
    with_keys.change("[customers, orders]", "[customers, orders, events]")
    with_keys.targets["shop"].execute("CREATE TABLE shop.events (id bigint PRIMARY KEY, kind text, payload jsonb)")
    far = with_keys.source.value("SELECT id FROM snapshot.events OFFSET 499999 LIMIT 1")
    with_keys.targets["warehouse"].execute(f"INSERT INTO events (id) VALUES ({far})")
    rows = with_keys.source.value("SELECT count(*) FROM snapshot.events")
    monkeypatch.setitem(ROWS, "shop", ROWS["shop"] + rows)

    failure = failing("warehouse")

    assert failure.is_of_one_target()
    assert failure.errors == [
        "error: job feed, target warehouse/public failed: copying snapshot.events: the target warehouse said: "
        'duplicate key value violates unique constraint "events_pkey", row 500000 (SQLSTATE 23505). A row with that '
        "key is there already, or comes twice: leave it out with `where`, or take `mode: upsert`."
    ]
    assert with_keys.targets["warehouse"].rows("SELECT id FROM events UNION ALL SELECT id FROM orders") == [(far,)]
    assert with_keys.targets["shop"].value("SELECT count(*) FROM shop.events") == rows
