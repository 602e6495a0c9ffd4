"""Jobs that wait for secrets: checked as far as that goes, completed when they run, and then guarded as ever."""

import json
import pickle
from textwrap import dedent

import pytest

from pg_xcopy.api import refuse_clashes
from pg_xcopy.connect.secrets_manager import UnreadableSecretError
from pg_xcopy.errors import ManifestError, SecretsError, UsageError
from pg_xcopy.manifest.connections import Connection
from pg_xcopy.manifest.loader import load_manifest, parse_job, parse_manifest
from pg_xcopy.manifest.models import Job, Source, Target
from pg_xcopy.manifest.secrets.revealing import revealed

PROD = {"host": "prod", "dbname": "shop", "username": "ada", "password": "hunter2-Pa55"}
STAGING = {"host": "staging", "dbname": "shop", "username": "bob", "password": "hunter3-Pa55"}
HEAD = """\
connections:
  prod: {aws_secret: {id: prod}, protected: true}
  staging: {aws_secret: {id: staging, region: eu-west-1}}
  other: {url: "${aws-sm:other#url}"}
"""
JOB = '{source: {database: prod}, target: {database: staging}, tables: {"*": {}}}'


class Store:
    """Stands in for AWS; `asked` is what it was asked for."""

    def __init__(self, **secrets):
        self.secrets = {"prod": PROD, "staging": STAGING, **secrets}
        self.asked = []
        self.failed = False

    def text(self, secret, region=""):
        self.asked.append((secret, region))
        if secret not in self.secrets:
            self.failed = True
            raise UnreadableSecretError(f"the secret {secret} can't be read: AWS is gone", "find it")
        value = self.secrets[secret]
        return value if isinstance(value, str) else json.dumps(value)


@pytest.fixture
def loaded(tmp_path):
    def load(text, **environ):
        path = tmp_path / "jobs.yaml"
        path.write_text(dedent(text), encoding="utf-8")
        return load_manifest(path, environ)

    return load


def complaints(error):
    return [f"{problem.line}:{problem.column}: {problem.path}: {problem.message}" for problem in error.value.problems]


# --- Loading


def test_loading_asks_for_nothing(loaded):
    manifest = loaded(HEAD + f"jobs: {{a: {JOB}}}")

    (job,) = manifest.jobs.values()

    assert (job.unread, job.source.database.described, job.target.database.described) == (True, "prod", "staging")


def test_a_manifest_without_secrets_waits_for_nothing(loaded):
    job = loaded('jobs: {a: {source: {database: host=s}, target: {database: host=t}, tables: {"*": {}}}}').jobs["a"]
    store = Store()

    assert not job.unread
    assert revealed([job], store) == (job,)
    assert store.asked == []


EVERYWHERE = """\
    connections:
      a: {url: "postgresql://${aws-sm:x#u}@h/d", connect_timeout: "${aws-sm:x#n}", protected: "${aws-sm:x#b}"}
    defaults: {parallel: "${aws-sm:x#n}"}
    jobs:
      b:
        source: {database: a, schema: "${aws-sm:x#s}"}
        target: {database: "${aws-sm:x#d}", schema: "${aws-sm:x#s}", mode: "${aws-sm:x#m}"}
        exclude: ["${aws-sm:x#s}"]
        strict: "${aws-sm:x#b}"
        format: "${aws-sm:x#f}"
        max_rate: "${aws-sm:x#r}"
        max_source_connections: "${aws-sm:x#n}"
        on_missing_column: "${aws-sm:x#o}"
        tables:
          t:
            where: {i: "${aws-sm:x#s}", j: ["${aws-sm:x#s}"], k: {gte: "${aws-sm:x#n}", between: [1, "${aws-sm:x#n}"]}}
            transform: {c: "'${aws-sm:x#s}'"}
          u: {where: "${aws-sm:x#s}"}
"""
ANYTHING = {
    "u": "ada", "n": 3, "s": "some", "d": "postgresql://t/d", "m": "replace",
    "b": False, "f": "text", "r": "5MB/s", "o": "skip_table",
}  # fmt: skip


def test_a_secret_may_stand_anywhere(loaded):
    job = loaded(EVERYWHERE).jobs["b"]

    (found,) = revealed([job], Store(x=ANYTHING))

    assert found.source.database.dsn == "postgresql://ada@h/d"
    assert found.source.database.connect_timeout == 3
    assert found.target.database.dsn == "postgresql://t/d"
    assert (found.parallel, found.max_source_connections, found.max_rate) == (3, 3, 5_000_000)
    assert (found.strict, found.format, found.on_missing_column, found.exclude) == (
        False,
        "text",
        "skip_table",
        ("some",),
    )
    assert found.tables["t"].where["k"].between == (1, "3")
    assert found.tables["t"].transform == {"c": "'some'"}
    assert not found.unread


def test_each_type_is_checked_when_it_is_known(loaded):
    job = loaded(EVERYWHERE).jobs["b"]

    with pytest.raises(ManifestError) as caught:
        revealed([job], Store(x=ANYTHING | {"n": "hunter2", "f": "hunter2", "r": "hunter2", "b": "hunter2"}))

    assert complaints(caught) == [
        "2:63: connections.a.connect_timeout: expected a whole number, found the value of ${aws-sm:x#n}",
        "2:91: connections.a.protected: expected true or false, found the value of ${aws-sm:x#b}",
        "3:22: defaults.parallel: expected a whole number, found the value of ${aws-sm:x#n}",
        "9:13: jobs.b.strict: expected true or false, found the value of ${aws-sm:x#b}",
        "10:13: jobs.b.format: expected 'auto', 'text' or 'binary', found the value of ${aws-sm:x#f}",
        "11:15: jobs.b.max_rate: expected bytes a second, such as 50MB/s",
        "12:29: jobs.b.max_source_connections: expected a whole number, found the value of ${aws-sm:x#n}",
    ]
    assert not isinstance(caught.value, SecretsError)
    assert "hunter2" not in str(caught.value)


def test_what_can_be_known_before_is_said_before(loaded):
    with pytest.raises(ManifestError) as caught:
        loaded("""\
            connections: {a: {url: "${aws-sm:x}", connect_timeout: "${aws-sm:x#n}", portected: true}}
            jobs:
              b:
                source: {database: a}
                target: "${aws-sm:x#t}"
                parallel: "${aws-sm:x#n}"
                strict: perhaps
                tables: "${aws-sm:x#t}"
            """)

    assert complaints(caught) == [
        "1:73: connections.a.portected: unknown key",
        "5:13: jobs.b.target: expected a mapping, found the value of ${aws-sm:x#t}",
        "7:13: jobs.b.strict: expected true or false, found 'perhaps'",
        "8:13: jobs.b.tables: expected a mapping, found the value of ${aws-sm:x#t}",
    ]


# --- What is read, and how often


def test_only_what_a_job_needs_is_read(loaded):
    text = HEAD + f"  third: {{aws_secret: {{id: third}}}}\njobs:\n  a: {JOB}\n"
    job = loaded(text + '  b: {source: {database: third}, target: {database: other}, tables: {"*": {}}}').jobs["a"]
    store = Store()

    revealed([job], store)

    assert sorted(store.asked) == [("prod", ""), ("staging", "eu-west-1")]


def test_defaults_that_a_job_overrides_are_not_read(loaded):
    text = """\
        defaults: {source: {database: "${aws-sm:gone}", schema: "${aws-sm:s}"}, parallel: "${aws-sm:gone}"}
        jobs: {a: {source: {database: host=s}, target: {database: host=t}, parallel: 1, tables: {"*": {}}}}
        """
    store = Store(s="app")

    (found,) = revealed([loaded(text).jobs["a"]], store)

    assert (found.source.schema_name, store.asked) == ("app", [("s", "")])


def test_the_name_of_a_connection_may_be_secret(loaded):
    text = HEAD + 'jobs: {a: {source: {database: host=s}, target: {database: "${aws-sm:which}"}, tables: {"*": {}}}}'

    (found,) = revealed([loaded(text).jobs["a"]], Store(which="staging"))

    assert found.target.database.name == "staging"
    assert "host=staging" in found.target.database.dsn


# --- What can't be had


def test_every_complaint_is_made_at_once(loaded):
    text = (
        HEAD
        + """\
jobs:
  a: {source: {database: "${aws-sm:one}"}, target: {database: staging}, tables: {"*": {where: "${aws-sm:two#x}"}}}
  b: {source: {database: other}, target: {database: staging}, tables: {"*": {}}}
"""
    )
    store = Store(two={"y": 1}, staging=STAGING | {"host": None})

    with pytest.raises(SecretsError) as caught:
        revealed(loaded(text).jobs.values(), store)

    assert complaints(caught) == [
        "3:25: connections.staging.aws_secret: the secret staging lacks host",
        "4:16: connections.other.url: the secret other can't be read: AWS is gone",
        "6:26: jobs.a.source.database: the secret one can't be read: AWS is gone",
        "6:95: jobs.a.tables.*.where: the secret two has no x",
    ]
    assert caught.value.exit_code == 1


def test_a_missing_field_is_no_failure_of_aws(loaded):
    job = loaded(HEAD + f"jobs: {{a: {JOB}}}").jobs["a"]

    with pytest.raises(ManifestError) as caught:
        revealed([job], Store(prod={"host": "hunter2"}))

    assert type(caught.value) is ManifestError
    assert caught.value.exit_code == 2


# --- Guards


@pytest.mark.parametrize(
    ("staging", "said"),
    [
        (
            PROD | {"host": "PROD", "username": "x"},
            "this leads to the database of 'prod', which is protected: never written",
        ),
        (PROD | {"dbname": "other"}, None),
    ],
)
def test_a_protected_database_is_known_when_it_is_read(loaded, staging, said):
    text = HEAD + 'jobs: {a: {source: {database: host=s}, target: {database: staging}, tables: {"*": {}}}}'
    job = loaded(text).jobs["a"]
    store = Store(staging=staging)

    if said is None:
        (found,) = revealed([job], store)
        assert "other" in found.target.database.dsn
    else:
        with pytest.raises(ManifestError) as caught:
            revealed([job], store)
        assert complaints(caught) == [f"5:59: jobs.a.target.database: {said}"]


def test_a_protected_database_that_cannot_be_known_stops_the_job(loaded):
    text = HEAD + 'jobs: {a: {source: {database: host=s}, target: {database: staging}, tables: {"*": {}}}}'
    store = Store()
    del store.secrets["prod"]

    with pytest.raises(SecretsError) as caught:
        revealed([loaded(text).jobs["a"]], store)

    (problem,) = caught.value.problems
    assert str(problem).endswith(
        "connections.prod.aws_secret: the secret prod can't be read: AWS is gone (find it; "
        "it is read to protect this database; where url says host and dbname, that is not needed)"
    )


@pytest.mark.parametrize(("target", "refused"), [("host=prod dbname=shop", True), ("host=prod dbname=other", False)])
def test_a_protected_database_whose_url_says_where_it_is_need_not_be_read(loaded, target, refused):
    text = f"""\
        connections:
          prod: {{url: "postgresql://prod/shop", aws_secret: {{id: prod}}, protected: true}}
        jobs:
          a: {{source: {{database: "${{aws-sm:s}}"}}, target: {{database: {target}}}, tables: {{"*": {{}}}}}}
        """
    store = Store(s="host=source")
    del store.secrets["prod"]

    if refused:
        with pytest.raises(ManifestError, match="which is protected"):
            loaded(text)
    else:
        revealed([loaded(text).jobs["a"]], store)
        assert store.asked == [("s", "")]


def test_only_what_is_read_to_protect_is_explained_so(loaded):
    text = """\
        connections:
          prod: {aws_secret: {id: prod}, protected: true}
          prod2: {aws_secret: {id: gone}}
        jobs: {a: {source: {database: prod2}, target: {database: host=t}, tables: {"*": {}}}}
        """

    with pytest.raises(SecretsError) as caught:
        revealed([loaded(text).jobs["a"]], Store())

    assert [problem.hint for problem in caught.value.problems] == ["find it"]


def test_a_secret_may_say_that_it_is_protected(loaded):
    text = """\
        connections: {prod: {url: "postgresql://prod/shop", protected: "${aws-sm:p}"}}
        jobs: {a: {source: {database: host=s}, target: {database: host=prod dbname=shop}, tables: {"*": {}}}}
        """

    with pytest.raises(ManifestError, match="which is protected"):
        revealed([loaded(text).jobs["a"]], Store(p="true"))


def test_two_jobs_that_replace_one_schema(loaded):
    text = (
        HEAD
        + """\
jobs:
  a: {source: {database: prod}, target: {database: staging}, tables: {"*": {}}}
  b: {source: {database: prod}, target: {database: host=staging dbname=shop}, tables: {"*": {}}}
"""
    )
    jobs = tuple(loaded(text).jobs.values())

    refuse_clashes(jobs)  # as far as it is known
    with pytest.raises(UsageError, match="jobs a and b both replace schema public of the same database"):
        refuse_clashes(revealed(jobs, Store()))


SEVERAL = """\
jobs:
  a: {source: {database: host=s}, targets: [{database: staging, schema: SCHEMA}, {database: other}], tables: {"*": {}}}
"""


def test_several_targets_are_read_and_guarded(loaded):
    job = loaded(HEAD + SEVERAL.replace("SCHEMA", "x")).jobs["a"]

    (found,) = revealed([job], Store(other={"url": "host=o dbname=x"}))

    assert ["host=o" in each.database.dsn for each in found.all_targets] == [False, True]
    with pytest.raises(ManifestError, match="which is protected"):
        revealed([job], Store(other={"url": "host=prod dbname=shop"}))


def test_two_targets_that_turn_out_to_be_one(loaded):
    job = loaded(HEAD + SEVERAL.replace("SCHEMA", "public")).jobs["a"]

    with pytest.raises(ManifestError, match="two of its targets are schema public of the same database"):
        revealed([job], Store(other={"url": "host=staging dbname=shop"}))


def test_a_program_may_change_several_targets(loaded):
    job = loaded(HEAD + SEVERAL.replace("SCHEMA", "x")).jobs["a"]
    targets = tuple(each.model_copy(update={"mode": "append"}) for each in job.targets)

    (found,) = revealed([job.model_copy(update={"targets": targets})], Store(other={"url": "host=o dbname=x"}))

    assert [each.mode for each in found.targets] == ["append", "append"]
    assert "host=o" in found.targets[1].database.dsn


# --- What programs do


def test_what_a_program_changed_stays_changed(loaded):
    job = loaded(HEAD + f"defaults: {{parallel: 2, strict: true}}\njobs: {{a: {JOB}}}").jobs["a"]
    target = job.target.model_copy(update={"schema_name": "elsewhere"})
    job = job.model_copy(update={"name": "renamed", "parallel": 7, "target": target, "exclude": ("x",)})

    (found,) = revealed([job], Store())

    assert (found.name, found.parallel, found.strict, found.exclude) == ("renamed", 7, True, ("x",))
    assert found.target.schema_name == "elsewhere"
    assert "host=staging" in found.target.database.dsn


def test_what_a_program_changed_is_guarded(loaded):
    job = loaded(HEAD + f"jobs: {{a: {JOB}}}").jobs["a"]
    job = job.model_copy(update={"target": Target(database=Connection(url="host=prod dbname=shop"))})

    with pytest.raises(ManifestError, match="which is protected"):
        revealed([job], Store())


def test_a_connection_that_a_program_changed_is_read(loaded):
    job = loaded(HEAD + 'jobs: {a: {source: {database: host=s}, target: {database: other}, tables: {"*": {}}}}').jobs[
        "a"
    ]
    other = job.target.database.model_copy(update={"connect_timeout": 99})
    job = job.model_copy(update={"target": job.target.model_copy(update={"database": other})})

    (found,) = revealed([job], Store(other={"url": "host=o dbname=x"}))

    assert (found.target.database.dsn, found.target.database.connect_timeout) == ("host=o dbname=x", 99)


def test_a_job_that_a_program_made():
    connection = Connection(name="mine", aws_secret={"id": "prod"}, connect_timeout=3)
    job = Job(
        source=Source(database=connection, schema_name="app"),
        target=Target(database=Connection(url="host=t")),
        tables={"users": {"where": {"id": [1, 2], "deleted": None}, "transform": {"phone": None}}},
        parallel=3,
    )

    (found,) = revealed([job], Store())

    assert "host=prod" in found.source.database.dsn
    assert (found.source.database.name, found.source.database.connect_timeout) == ("mine", 3)
    assert found.model_dump(exclude={"source"}) == job.model_dump(exclude={"source"})
    assert found.source.schema_name == "app"


def test_a_connection_within_a_dictionary():
    sides = {"source": {"database": Connection(aws_secret={"id": "prod"})}, "target": {"database": "host=t"}}
    job = parse_job({**sides, "tables": {"*": {}}}, "mine")

    (found,) = revealed([job], Store())

    assert (found.name, "host=prod" in found.source.database.dsn) == ("mine", True)


def test_jobs_in_a_dictionary_of_a_program(loaded):
    """As run_jobs takes them."""
    made = Job(
        source=Source(database=Connection(aws_secret={"id": "prod"})),
        target=Target(database=Connection(url="host=t")),
        tables={"*": {}},
    )
    jobs = parse_manifest({"jobs": {"mine": loaded(HEAD + f"jobs: {{a: {JOB}}}").jobs["a"], "made": made}}).jobs

    mine, made = revealed(jobs.values(), Store())

    assert (mine.name, made.name) == ("mine", "made")
    assert "host=prod" in mine.source.database.dsn
    assert "host=staging" in mine.target.database.dsn
    assert "host=prod" in made.source.database.dsn


def test_a_connection_of_a_program_is_complained_of():
    job = Job(
        source=Source(database=Connection(aws_secret={"id": "gone"})),
        target=Target(database=Connection(url="host=t")),
        tables={"*": {}},
    )

    with pytest.raises(SecretsError) as caught:
        revealed([job], Store())

    assert str(caught.value) == (
        "<dict>: jobs.job.source.database: the secret gone can't be read: AWS is gone (find it)"
    )


def test_jobs_travel_before_and_after(loaded):
    job = loaded(HEAD + f"jobs: {{a: {JOB}}}").jobs["a"]

    (found,) = revealed([pickle.loads(pickle.dumps(job))], Store())

    assert pickle.loads(pickle.dumps(found)).source.database.dsn == found.source.database.dsn
    assert "hunter2-Pa55" in found.source.database.dsn


def test_jobs_that_say_the_same_are_equal(loaded):
    text = HEAD + f"jobs: {{a: {JOB}}}"

    assert loaded(text).jobs == loaded(text).jobs


# --- What is shown


def test_nothing_is_shown(loaded):
    text = """\
        jobs:
          a:
            source: {database: "postgresql://u:${aws-sm:x#url}@s/d"}
            target: {database: host=t}
            tables:
              t: {transform: {a: "md5(a || '${aws-sm:x#salt}')"}, where: {token: "${aws-sm:x#odd}"}}
        """
    odd = 'it\'s \\ "odd"\n'
    job = loaded(text).jobs["a"]

    (found,) = revealed([job], Store(x={"url": "hunter2-Pa55", "salt": "hunter3-Pa55", "odd": odd}))

    shown = f"{found} {found!r} {found.model_dump()} {found.model_dump_json()}"
    assert found.tables["t"].transform["a"] == "md5(a || 'hunter3-Pa55')"
    assert "hunter" not in shown
    assert "odd" not in shown.replace("***", "")
    assert {"hunter3-Pa55", odd, "it''s \\\\ \"odd\"\n"} <= found.hidden
    assert "hunter2-Pa55" not in found.hidden  # of a connection string it is known what to hide


def test_what_is_too_short_is_not_hidden(loaded):
    text = 'jobs: {a: {source: {database: host=s}, target: {database: host=t}, tables: {"*": {where: "${aws-sm:x}"}}}}'

    (found,) = revealed([loaded(text).jobs["a"]], Store(x="id"))

    assert found.hidden == frozenset()


# --- Bastions

KEY = "-----BEGIN PRIVATE KEY-----\\nAAAAc3ecret\\n-----END PRIVATE KEY-----"
BEHIND = """
    connections:
      near: {url: "postgresql://db/shop", ssh: {host: b, port: "${aws-sm:bastion#port}", user: ops,
        private_key: "${aws-sm:bastion#key}", fingerprint: "${aws-sm:bastion#print}"}}
      prod: {url: "postgresql://TO/shop", protected: true, ssh: {host: AT, user: ops,
        private_key: "${aws-sm:guarded#key}", fingerprint: "${aws-sm:guarded#print}"}}
    jobs: {a: {source: {database: host=s}, target: {database: near}, tables: {"*": {}}}}
    """
BASTION = json.dumps({"port": 22, "key": KEY, "print": "A" * 43})


def test_what_a_bastion_needs_may_be_in_a_secret(loaded):
    job = loaded(BEHIND).jobs["a"]

    (done,) = revealed([job], Store(bastion=BASTION))

    login = done.target.database.ssh.login
    assert (login.port, login.fingerprint) == (22, "SHA256:" + "A" * 43)
    assert login.private_key == KEY.replace("\\n", "\n") + "\n"
    assert "c3ecret" not in repr(done) + str(done) + done.model_dump_json()


def test_what_a_secret_says_of_a_bastion_is_checked(loaded):
    store = Store(bastion=json.dumps({"port": "ssh", "key": "c3ecret", "print": "x"}))

    with pytest.raises(ManifestError) as caught:
        revealed([loaded(BEHIND).jobs["a"]], store)

    assert len(complaints(caught)) == 3
    assert "connections.near.ssh.private_key: this is no private key" in str(caught.value)
    assert "c3ecret" not in str(caught.value)


def test_a_protected_database_behind_a_bastion(loaded):
    """Where it is stands in the manifest: that is enough, before any secret is read."""
    with pytest.raises(ManifestError, match="this leads to the database of 'prod', which is protected"):
        loaded(BEHIND.replace("TO", "db").replace("AT", "b"))


@pytest.mark.parametrize(("to", "at"), [("db", "other"), ("other", "b")])
def test_another_database_behind_a_bastion(loaded, to, at):
    """The secret with the key to what is only to be protected is not asked for."""
    store = Store(bastion=BASTION)

    revealed([loaded(BEHIND.replace("TO", to).replace("AT", at)).jobs["a"]], store)

    assert {secret for secret, _ in store.asked} == {"bastion"}


def test_a_protected_database_behind_a_bastion_that_a_secret_names(loaded):
    job = loaded(BEHIND.replace("TO", "db").replace("host: AT", 'host: "${aws-sm:guarded#host}"')).jobs["a"]
    store = Store(bastion=BASTION, guarded=json.dumps({"host": "b", **json.loads(BASTION)}))

    with pytest.raises(ManifestError, match="this leads to the database of 'prod', which is protected"):
        revealed([job], store)
