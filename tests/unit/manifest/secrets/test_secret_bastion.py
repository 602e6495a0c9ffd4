"""`ssh` of a secret: what it says of a bastion, what the manifest says before it, and what that does to guards."""

import json

import pytest

from pg_xcopy.connect.secrets_manager import UnreadableSecretError
from pg_xcopy.errors import ManifestError
from pg_xcopy.manifest.connections import Connection
from pg_xcopy.manifest.loader import load_manifest, parse_job, parse_manifest
from pg_xcopy.manifest.secrets.revealing import revealed

KEY = "-----BEGIN PRIVATE KEY-----\\nAAAAhunter2\\n-----END PRIVATE KEY-----"
PRINT, OTHER = "SHA256:" + "A" * 43, "SHA256:" + "Q" * 42 + "A"
HOSTS = "b ssh-ed25519 AAAAhunter2"
SSH = {"host": "b", "port": 2222, "user": "ops", "private_key": KEY, "passphrase": "hunter3", "fingerprint": PRINT}
PROD = {"host": "db", "dbname": "shop", "username": "ada", "password": "hunter2-Pa55"}


class Store:
    failed = False

    def __init__(self, **secrets):
        self.secrets, self.asked = secrets, []

    def text(self, secret, _region=""):
        self.asked.append(secret)
        if secret not in self.secrets:
            raise UnreadableSecretError(f"no {secret}")
        return json.dumps(self.secrets[secret])


def connection(ssh_of_secret, **said):
    """A connection of a manifest after its secret was read."""
    secret = PROD if ssh_of_secret is None else PROD | {"ssh": ssh_of_secret}
    manifest = {
        "connections": {"prod": {"aws_secret": {"id": "prod"}, **said}},
        "jobs": {"a": {"source": {"database": "prod"}, "target": {"database": "host=t"}, "tables": {"*": {}}}},
    }
    (job,) = revealed(parse_manifest(manifest).jobs.values(), Store(prod=secret))
    return job.source.database


def login(*arguments, **said):
    return connection(*arguments, **said).ssh.login


def complaint(*arguments, **said):
    with pytest.raises(ManifestError) as caught:
        connection(*arguments, **said)
    assert "hunter" not in str(caught.value)
    (problem,) = caught.value.problems
    return problem.path, problem.message


def test_all_of_it_from_the_secret():
    found = login(SSH)

    assert (found.host, found.port, found.user, found.fingerprint) == ("b", 2222, "ops", PRINT)
    assert found.private_key == KEY.replace("\\n", "\n") + "\n"
    assert found.passphrase == "hunter3"


def test_json_within_json():
    assert login(json.dumps(SSH)).host == "b"


def test_other_fields_do_not_count():
    assert login(SSH | {"username": "eve", "password": "x", "private_key_file": "/x"}).user == "ops"


def test_aws_calls_a_user_otherwise():
    assert login({name: value for name, value in SSH.items() if name != "user"} | {"username": "ada"}).user == "ada"


@pytest.mark.parametrize("nothing", [None, "", {}, {"host": ""}])
def test_a_secret_without_a_bastion(nothing):
    assert connection(nothing).ssh is None


def test_the_manifest_goes_before_the_secret():
    found = login(SSH, ssh={"host": "mine", "user": "me", "fingerprint": OTHER})

    assert (found.host, found.user, found.fingerprint, found.port, found.passphrase) == (
        "mine",
        "me",
        OTHER,
        2222,
        "hunter3",
    )


def test_the_manifest_may_say_the_rest():
    found = login({"private_key": KEY}, ssh={"host": "mine", "user": "me", "fingerprint": OTHER})

    assert (found.host, found.port) == ("mine", 22)


def test_the_manifest_may_say_that_there_is_none():
    assert connection(SSH, ssh=None).ssh is None


def test_a_list_of_hosts_goes_before_a_fingerprint_of_the_secret(tmp_path):
    (tmp_path / "key").write_text(KEY.replace("\\n", "\n").replace("hunter2", "mine"))

    found = login(SSH, ssh={"known_hosts": HOSTS, "private_key_file": str(tmp_path / "key")})

    assert (found.known_hosts, found.fingerprint) == (HOSTS, "")
    assert "AAAAmine" in found.private_key


def test_a_fingerprint_goes_before_a_list_of_hosts():
    assert login(SSH | {"known_hosts": HOSTS}).known_hosts == ""


@pytest.mark.parametrize(
    ("said", "path", "message"),
    [
        (
            {"host": "b"},
            "connections.prod",
            "ssh of the secret prod lacks user and private_key and fingerprint (or known_hosts)",
        ),
        (["hunter2"], "connections.prod.aws_secret", "ssh of the secret prod is no JSON object"),
        ("hunter2", "connections.prod.aws_secret", "ssh of the secret prod is no JSON object"),
        (SSH | {"user": ["hunter2"]}, "connections.prod.aws_secret", "ssh.user of the secret prod is no text"),
        (SSH | {"port": "hunter2"}, "connections.prod", "ssh.port of the secret prod: this makes no sense"),
        (
            SSH | {"private_key": "hunter2"},
            "connections.prod",
            "ssh.private_key of the secret prod: this is no private key",
        ),
        (
            SSH | {"fingerprint": "hunter2"},
            "connections.prod",
            "ssh.fingerprint of the secret prod: expected a SHA256 fingerprint: 43 characters of base64, as in "
            "SHA256:47DEQpj8HBSa…",
        ),
        (
            SSH | {"host": "hunter2@b"},
            "connections.prod",
            "ssh.host of the secret prod: expected the name or address of a host, and nothing else",
        ),
    ],
)
def test_what_makes_no_sense(said, path, message):
    assert complaint(said) == (path, message)


def test_an_empty_mapping_is_no_bastion():
    path, message = complaint(None, ssh={})

    assert path == "connections.prod.ssh"
    assert message.startswith("ssh of the secret prod lacks host and user and")


def test_what_makes_no_sense_in_the_manifest_is_said_of_the_manifest():
    with pytest.raises(ManifestError) as caught:
        parse_manifest(
            {"connections": {"prod": {"aws_secret": {"id": "x"}, "ssh": {"port": "x", "usr": 1}}}, "jobs": {}}
        )

    said = str(caught.value)
    assert "connections.prod.ssh.port: expected a whole number, found 'x'" in said
    assert "connections.prod.ssh.usr: unknown key (did you mean 'user'?)" in said
    assert "missing" not in said.replace("jobs: this key is missing", "")


def test_a_connection_that_a_program_made():
    made = Connection(aws_secret={"id": "prod"})
    direct = Connection(aws_secret={"id": "prod"}, ssh=None)
    sides = {"source": {"database": made}, "target": {"database": direct}}

    (job,) = revealed([parse_job({**sides, "tables": {"*": {}}})], Store(prod=PROD | {"ssh": SSH}))

    assert (job.source.database.ssh.host, job.target.database.ssh) == ("b", None)


def test_nothing_of_it_is_shown():
    found = connection(SSH)

    shown = f"{found} {found!r} {found.model_dump()} {found.model_dump_json()}"

    assert "hunter" not in shown


# --- Guards

GUARDED = """\
connections:
  prod: {PROD, protected: true}
  near: {NEAR}
jobs: {a: {source: {database: host=s}, target: {database: near}, tables: {"*": {}}}}
"""
BEHIND_B = {"ssh": SSH}
BEHIND_C = {"ssh": SSH | {"host": "c"}}
WHERE = 'url: "postgresql://db/shop", '
BY_HAND = "ssh: {host: HOST, port: 2222, user: u, private_key_file: KEY, known_hosts: x ssh-rsa AAAA}"
BOTH = "aws_secret: {id: NAME}"


def guarded(tmp_path, prod, near, /, **secrets):
    key = tmp_path / "key"
    key.write_text(KEY.replace("\\n", "\n"))
    path = tmp_path / "jobs.yaml"
    text = GUARDED.replace("PROD", prod.replace("NAME", "prod")).replace("NEAR", near.replace("NAME", "near"))
    path.write_text(text.replace("KEY", str(key)))
    store = Store(**secrets)
    revealed(load_manifest(path).jobs.values(), store)
    return store.asked


PROTECTED = "this leads to the database of 'prod', which is protected"


@pytest.mark.parametrize("near", [BOTH, WHERE + BY_HAND.replace("HOST", "b")])
def test_a_protected_database_behind_the_bastion_of_a_secret(tmp_path, near):
    with pytest.raises(ManifestError, match=PROTECTED):
        guarded(tmp_path, BOTH, near, prod=PROD | BEHIND_B, near=PROD | BEHIND_B)


@pytest.mark.parametrize("near", [BOTH, WHERE + BY_HAND.replace("HOST", "c"), WHERE.rstrip(", ")])
def test_another_database_behind_another_bastion(tmp_path, near):
    assert guarded(tmp_path, BOTH, near, prod=PROD | BEHIND_B, near=PROD | BEHIND_C)[-1] in {"prod", "near"}


@pytest.mark.parametrize("ssh", ["", ", ssh: {host: b}", ", ssh: {port: 22}", ", ssh: {user: x}"])
@pytest.mark.parametrize("near", [BOTH, WHERE + BY_HAND.replace("HOST", "c"), WHERE.rstrip(", ")])
def test_a_protected_database_of_which_the_bastion_is_not_known(tmp_path, near, ssh):
    """Its url says where it is, so that its secret is not read; it may be behind any bastion, then."""
    with pytest.raises(ManifestError, match=PROTECTED):
        guarded(tmp_path, WHERE + BOTH + ssh, near, near=PROD | BEHIND_C)


@pytest.mark.parametrize("ssh", [BY_HAND.replace("HOST", "b"), "ssh: {host: b, port: 22}", "ssh: null"])
def test_a_protected_database_of_which_the_manifest_says_the_bastion(tmp_path, ssh):
    asked = guarded(tmp_path, WHERE + BOTH + ", " + ssh, BOTH, near=PROD | BEHIND_C)

    assert asked == ["near"]


def test_a_database_behind_a_bastion_that_is_not_known_yet_is_not_refused_yet(tmp_path):
    asked = guarded(tmp_path, WHERE + BY_HAND.replace("HOST", "b"), WHERE + BOTH, near=PROD | BEHIND_C)

    assert asked == ["near"]
