"""Logging in to a bastion: whose key is whose, and what is said where it does not come to that."""

from __future__ import annotations

import re
import socket

import pytest

from bastion import fingerprint_of, keygen, new_key
from pg_xcopy.connect.address import Address
from pg_xcopy.connect.sessions import Sessions
from pg_xcopy.errors import MissingExtraError, TunnelFailedError
from pg_xcopy.manifest.bastions import Bastion
from pg_xcopy.sql.quoting import Sql

ASK = Sql("SELECT 1")
ADVICE = "If it was not set up anew, somebody may be in between. Its administrator can tell its fingerprint."


@pytest.fixture
def ask(source_db):
    """`ask(ssh)` goes through a bastion and asks the database behind it for 1."""

    def go(ssh, seconds=10):
        login = Bastion.model_validate(ssh).login
        with Sessions() as sessions:
            session = sessions.open(Address("source", "prod", source_db.url, connect_timeout=seconds, ssh=login))
            return session.value(ASK, "asking")

    return go


@pytest.fixture
def refused(ask):
    """`refused(ssh)` is what is said where that fails, after the bastion's name."""

    def go(ssh, seconds=10):
        with pytest.raises(TunnelFailedError) as caught:
            ask(ssh, seconds)
        label = f"{ssh['user']}@{ssh['host']}:{ssh['port']}"
        begin, _, rest = str(caught.value).partition(label)
        assert begin == "can't connect to the source prod: the bastion "
        assert "PRIVATE KEY" not in repr(vars(caught.value)) + rest
        return rest.strip()

    return go


# --- Our key

FORMS = [
    ("ed25519", "RFC4716"),
    ("ecdsa", "RFC4716"),
    ("ecdsa", "PEM"),
    ("ecdsa", "PKCS8"),
    ("rsa", "RFC4716"),
    ("rsa", "PEM"),
    ("rsa", "PKCS8"),
]


@pytest.mark.parametrize("passphrase", ["", "a pässphrase with 'quotes'"], ids=["plain", "encrypted"])
@pytest.mark.parametrize("form", FORMS, ids=" ".join)
def test_a_private_key(ask, bastion, tmp_path, form, passphrase):
    key = new_key(tmp_path / "key", *form, passphrase)
    bastion.authorise(key.with_suffix(".pub"))

    assert ask(bastion.ssh(private_key=key.read_text(), passphrase=passphrase)) == 1


def test_a_private_key_in_one_line(ask, bastion):
    assert ask(bastion.ssh(private_key=bastion.key.read_text().replace("\n", "\\n"))) == 1


def test_a_private_key_in_a_file(ask, bastion):
    assert ask(bastion.ssh(private_key=None, private_key_file=str(bastion.key))) == 1


@pytest.mark.parametrize("form", FORMS, ids=" ".join)
def test_a_passphrase_that_does_not_fit(refused, bastion, tmp_path, form):
    key = new_key(tmp_path / "key", *form, "the right one").read_text()

    assert refused(bastion.ssh(private_key=key)) == (
        "can't be logged in to: its private key is encrypted, and there is no passphrase. Give it as ssh.passphrase."
    )
    assert refused(bastion.ssh(private_key=key, passphrase="hunter2")) == (
        "can't be logged in to: the passphrase of its private key is wrong. Check ssh.passphrase."
    )


def test_a_key_that_is_damaged(refused, bastion):
    text = bastion.key.read_text()

    said = refused(bastion.ssh(private_key=text[:100] + text[150:]))

    assert said == "can't be logged in to: its private key is damaged or of an unknown format."


def test_a_key_that_nobody_knows(refused, bastion, tmp_path):
    key = new_key(tmp_path / "stranger")

    said = refused(bastion.ssh(private_key=key.read_text()))

    assert said == (
        f"did not let us in with the key {fingerprint_of(key.with_suffix('.pub'))}. "
        "Check ssh.user, and that this key is in that user's authorized_keys."
    )


def test_a_user_that_does_not_exist(refused, bastion):
    assert "did not let us in with the key" in refused(bastion.ssh(user="nobody-of-that-name"))


def test_nothing_but_the_given_key_is_tried(refused, new_bastion, tmp_path, monkeypatch):
    """Neither an agent, nor ~/.ssh with its keys and its config."""
    strict = new_bastion("LogLevel DEBUG1")
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "id_ed25519").write_text(strict.key.read_text())
    (home / ".ssh" / "id_ed25519").chmod(0o600)
    (home / ".ssh" / "config").write_text(f"Host *\n  IdentityFile {home}/.ssh/id_ed25519\n  Port 1\n")
    monkeypatch.setenv("HOME", str(home))

    said = refused(strict.ssh(private_key=new_key(tmp_path / "stranger").read_text()))

    assert "did not let us in" in said
    offered = re.findall(r"userauth-request for user \S+ service ssh-connection method (\S+)", strict.log)
    assert set(offered) <= {"none", "publickey"}
    assert strict.log.count("attempt 1") >= 1
    assert "attempt 2" not in strict.log


# --- The host's key


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_a_fingerprint_of_any_of_its_keys(ask, bastion, kind):
    assert ask(bastion.ssh(fingerprint=bastion.fingerprints[kind])) == 1


def test_a_fingerprint_without_its_prefix(ask, bastion):
    assert ask(bastion.ssh(fingerprint=bastion.fingerprints["ed25519"].removeprefix("SHA256:") + "=")) == 1


@pytest.mark.parametrize("kinds", [("rsa",), ("ecdsa",), ("ed25519", "rsa")])
def test_another_fingerprint(refused, new_bastion, tmp_path, kinds):
    """All of its keys are shown: one of them may be the one that the administrator reads out."""
    strict = new_bastion("LogLevel DEBUG1", kinds=kinds)
    expected = fingerprint_of(new_key(tmp_path / "other").with_suffix(".pub"))
    names = {"rsa": "ssh-rsa", "ecdsa": "ecdsa-sha2-nistp256", "ed25519": "ssh-ed25519"}
    found = ", ".join(f"{strict.fingerprints[kind]} ({names[kind]})" for kind in kinds)

    said = refused(strict.ssh(fingerprint=expected))

    assert said == f"showed another host key: expected {expected}, found {found}. {ADVICE}"
    assert "userauth-request" not in strict.log, "our key is shown to nobody else"


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_known_hosts(ask, bastion, kind):
    assert ask(bastion.ssh(fingerprint=None, known_hosts=bastion.known_hosts(kind))) == 1


def test_known_hosts_in_a_file_with_hashed_names(ask, bastion, tmp_path):
    path = tmp_path / "known_hosts"
    path.write_text(bastion.known_hosts("ecdsa"))
    keygen("-H", "-f", path)
    assert "|1|" in path.read_text()
    assert "127.0.0.1" not in path.read_text()

    assert ask(bastion.ssh(fingerprint=None, known_hosts=str(path))) == 1


def test_known_hosts_with_many_hosts(ask, bastion):
    lines = [bastion.known_hosts("rsa", "another"), "# a comment\n", bastion.known_hosts("ed25519"), "x ssh-new AAAA\n"]

    assert ask(bastion.ssh(fingerprint=None, known_hosts="\n".join(lines))) == 1


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_another_key_than_the_known_one(refused, new_bastion, tmp_path, kind):
    """Of the same kind or of one that the bastion does not even have."""
    strict = new_bastion("LogLevel DEBUG1", kinds=("ed25519",))
    other = new_key(tmp_path / "other", kind).with_suffix(".pub")
    known = f"[127.0.0.1]:{strict.port} {other.read_text()}"

    said = refused(strict.ssh(fingerprint=None, known_hosts=known))

    names = {"rsa": "ssh-rsa", "ecdsa": "ecdsa-sha2-nistp256", "ed25519": "ssh-ed25519"}
    expected = f"{fingerprint_of(other)} ({names[kind]})"
    found = f"{strict.fingerprints['ed25519']} (ssh-ed25519)"
    assert said == f"showed another host key: expected {expected}, found {found}. {ADVICE}"
    assert "userauth-request" not in strict.log


def test_a_host_that_is_not_known(refused, bastion, monkeypatch, tmp_path):
    """Not even where ~/.ssh/known_hosts knows it."""
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "known_hosts").write_text(bastion.known_hosts())
    monkeypatch.setenv("HOME", str(tmp_path))

    said = refused(bastion.ssh(fingerprint=None, known_hosts=bastion.known_hosts(host="another")))

    found, advice = re.fullmatch(r"is not in known_hosts; its host key is (\S+) \([a-z0-9-]+\)\. (.*)", said).groups()
    assert found in bastion.fingerprints.values()
    assert advice == (
        "If its administrator says that this is right, add to known_hosts what this prints: "
        f"ssh-keyscan -p {bastion.port} 127.0.0.1"
    )


def test_a_key_that_is_revoked(refused, bastion):
    line = bastion.known_hosts()

    said = refused(bastion.ssh(fingerprint=None, known_hosts=f"{line}@revoked {line}"))

    assert said == f"showed a host key that known_hosts revokes. {ADVICE}"


def test_known_hosts_that_are_damaged(refused, bastion):
    said = refused(bastion.ssh(fingerprint=None, known_hosts="a line\nanother\n"))

    assert said == "can't be verified: known_hosts has a line that is damaged."


# --- No way there


def test_a_bastion_that_is_down(refused, new_bastion):
    down = new_bastion()
    down.stop()

    said = refused(down.ssh())

    assert said == "refused the connection. Check ssh.host and ssh.port, and that an SSH server runs there."


def test_a_name_that_does_not_resolve(refused, bastion):
    said = refused(bastion.ssh(host="bastion.invalid"))

    assert said == "can't be found: its name does not resolve. Check ssh.host."


def test_a_bastion_that_says_nothing(refused, bastion):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        said = refused(bastion.ssh(port=mute.getsockname()[1]), seconds=2)

    assert said == ("did not answer within 2 s. Check ssh.host, ssh.port and the firewall, or raise connect_timeout.")


def test_a_bastion_that_is_something_else(refused, bastion, source_server):
    said = refused(bastion.ssh(port=source_server.port))

    assert said == (
        "closed the connection before we were logged in. "
        "Check that an SSH server runs there, and that it does not turn away many logins (MaxStartups)."
    )


@pytest.mark.parametrize("rule", ["AllowTcpForwarding no", "PermitOpen nowhere:1", "AllowTcpForwarding remote"])
def test_a_bastion_that_forwards_nothing(refused, new_bastion, source_db, rule):
    said = refused(new_bastion(rule).ssh())

    assert said == (
        f"does not allow forwarding to 127.0.0.1:{source_db.server.port}. "
        "See AllowTcpForwarding and PermitOpen in its sshd_config."
    )


def test_the_library_is_not_installed(ask, bastion, monkeypatch):
    monkeypatch.setattr("pg_xcopy.connect.tunnels.LIBRARY", "not_a_library")

    with pytest.raises(MissingExtraError) as caught:
        ask(bastion.ssh())

    assert str(caught.value) == (
        "the source prod is reached through a bastion, and what that needs is not installed. "
        "Run: pip install 'pg-xcopy[ssh]'"
    )
