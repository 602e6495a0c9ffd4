"""What a manifest says of a bastion: each form of a key, a fingerprint, known hosts; each mistake with its place."""

import pickle

import pytest

from pg_xcopy.errors import ManifestError
from pg_xcopy.manifest.bastions import Bastion
from pg_xcopy.manifest.loader import load_manifest

BODY = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ\nQyNTUxOQAAACCsecretsecretsecret=="
KEY = f"-----BEGIN OPENSSH PRIVATE KEY-----\n{BODY}\n-----END OPENSSH PRIVATE KEY-----\n"
LEGACY = """-----BEGIN RSA PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED
DEK-Info: AES-128-CBC,0123456789ABCDEF0123456789ABCDEF

QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=
-----END RSA PRIVATE KEY-----
"""
DIGEST = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE"


def a_bastion(**others):
    said = {"host": "bastion", "user": "ops", "private_key": KEY, "fingerprint": DIGEST, **others}
    return Bastion.model_validate({key: value for key, value in said.items() if value is not None})


@pytest.mark.parametrize(
    "written",
    [
        KEY,
        KEY.rstrip("\n"),
        KEY.replace("\n", "\r\n"),
        KEY.replace("\n", "\\n"),
        KEY.replace("\n", "\\r\\n"),
        KEY.replace("\n", " "),
        f"\n\n  {KEY}\n\n",
        "\n".join(f"    {line}" for line in KEY.splitlines()),
        f"a comment of some tool\n{KEY}",
    ],
    ids=["as it is", "no end of line", "CRLF", "escaped", "CRLF, escaped", "in one line", "blanks", "indented", "more"],
)
def test_a_key_however_it_was_pasted(written):
    assert a_bastion(private_key=written).login.private_key == KEY


@pytest.mark.parametrize("written", [LEGACY, LEGACY.replace("\n", "\r\n"), LEGACY.replace("\n", "\\n")])
def test_a_key_with_headers(written):
    assert a_bastion(private_key=written).login.private_key == LEGACY


@pytest.mark.parametrize(
    "written",
    [DIGEST, DIGEST + "=", f"SHA256:{DIGEST}", f"SHA256:{DIGEST}=", f"sha256:{DIGEST}", f" SHA256:{DIGEST}\n"],
)
def test_a_fingerprint(written):
    assert a_bastion(fingerprint=written).login.fingerprint == f"SHA256:{DIGEST}"


def test_a_key_from_a_file(tmp_path):
    (tmp_path / "key").write_text(KEY)

    assert a_bastion(private_key=None, private_key_file=str(tmp_path / "key")).login.private_key == KEY


@pytest.mark.parametrize(
    "written", [f"bastion {HOST_KEY}", f"# a comment\nbastion {HOST_KEY}\n", f"|1|x=|y= {HOST_KEY}"]
)
def test_known_hosts_as_text(written):
    assert a_bastion(fingerprint=None, known_hosts=written).login.known_hosts == written


def test_known_hosts_from_a_file(tmp_path):
    (tmp_path / "known hosts").write_text(f"bastion {HOST_KEY}\n")

    found = a_bastion(fingerprint=None, known_hosts=str(tmp_path / "known hosts")).login.known_hosts

    assert found == f"bastion {HOST_KEY}\n"


def test_files_are_looked_for_beside_the_manifest(tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    (tmp_path / "id").write_text(KEY)
    (tmp_path / "hosts").write_text("bastion x\n")
    path = tmp_path / "jobs.yaml"
    path.write_text(manifest("user: ops, private_key_file: id, known_hosts: hosts"))

    login = load_manifest(path).connections["prod"].ssh.login

    assert (login.private_key, login.known_hosts) == (KEY, "bastion x\n")


def test_the_home_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "id").write_text(KEY)

    assert a_bastion(private_key=None, private_key_file="~/id").login.private_key == KEY


def test_no_secret_is_shown():
    bastion = a_bastion(passphrase="geheim")

    shown = repr(bastion) + str(bastion) + repr(bastion.login) + bastion.model_dump_json()

    assert bastion.login.passphrase == "geheim"
    assert bastion.login.secrets == {KEY, "geheim"}
    assert "geheim" not in shown
    assert BODY not in shown
    assert "secretsecret" not in shown


def test_it_is_one_value():
    assert a_bastion() == a_bastion()
    assert a_bastion().login == a_bastion().login
    assert len({a_bastion().login, a_bastion().login, a_bastion(port="2222").login}) == 2
    assert pickle.loads(pickle.dumps(a_bastion())) == a_bastion()
    assert a_bastion(private_key=a_bastion().private_key) == a_bastion()
    assert a_bastion().login.label == "ops@bastion:22"
    assert a_bastion(host="2001:db8::1").login.label == "ops@[2001:db8::1]:22"


def test_no_passphrase():
    assert a_bastion().login.passphrase == a_bastion(passphrase="").login.passphrase == ""


def manifest(ssh, url="postgresql://db/shop"):
    return f"""connections:
  prod:
    url: {url}
    ssh: {{host: bastion, {ssh}}}
jobs:
  a: {{source: {{database: prod}}, target: {{database: host=t}}, tables: {{"*": {{}}}}}}
"""


GOOD = f"user: ops, fingerprint: '{DIGEST}', private_key: '${{KEY}}'"

MISTAKES = {
    "user: ops, private_key: '${KEY}'": (
        "4:10: connections.prod.ssh: expected either fingerprint or known_hosts: without one, anybody could pose as "
        "this host (its administrator gets the fingerprint from: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub)"
    ),
    f"{GOOD}, known_hosts: 'b {HOST_KEY}'": "expected either fingerprint or known_hosts",
    f"user: ops, fingerprint: {DIGEST}": (
        "4:10: connections.prod.ssh: expected either private_key or private_key_file (no agent and no default key is "
        "used)"
    ),
    f"{GOOD}, private_key_file: key": "4:138: connections.prod.ssh.private_key_file: the file",
    GOOD.replace("user: ops, ", ""): "connections.prod.ssh.user: this key is missing",
    GOOD.replace("user", "username"): "connections.prod.ssh.username: unknown key (did you mean 'user'?)",
    f"{GOOD}, agent: true": "unknown key (known keys: host, port, user, private_key, private_key_file, passphrase",
    f"{GOOD}, port: 0": "connections.prod.ssh.port: expected a number of at least 1, found the number 0",
    f"{GOOD}, port: 65536": "connections.prod.ssh.port: expected a number of at most 65535, found the number 65536",
    f"{GOOD}, passphrase: 47110815": "ssh.passphrase: expected a passphrase, as text (put it in quotes)",
    GOOD.replace(DIGEST, "MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48"): (
        "ssh.fingerprint: expected a SHA256 fingerprint: 43 characters of base64, as in SHA256:47DEQpj8HBSa… "
        "(ssh-keygen -lf prints it for a file with a public key)"
    ),
    GOOD.replace(DIGEST, DIGEST[:-1]): "ssh.fingerprint: expected a SHA256 fingerprint",
    GOOD.replace(DIGEST, "${NOTHING:-}"): "ssh.fingerprint: expected a SHA256 fingerprint, found nothing",
    GOOD.replace("${KEY}", "${NOTHING:-}"): (
        "ssh.private_key: expected the text of a private key, found nothing (the variable it was read from is "
        "probably not set)"
    ),
    GOOD.replace("${KEY}", "${NOTHING}"): "ssh.private_key: the variable NOTHING is not set",
    GOOD.replace("${KEY}", "hunter2"): "ssh.private_key: this is no private key (it has a line BEGIN … PRIVATE KEY and",
    GOOD.replace("${KEY}", f"{HOST_KEY} me@here"): (
        "ssh.private_key: this is a public key (the private one is in the file of the same name without .pub)"
    ),
    GOOD.replace("${KEY}", "PuTTY-User-Key-File-3: ssh-ed25519"): (
        "ssh.private_key: this is a key in PuTTY's format (convert it: puttygen key.ppk -O private-openssh -o key)"
    ),
    f"user: ops, fingerprint: {DIGEST}, private_key_file: nowhere": (
        "connections.prod.ssh.private_key_file: the file {directory}/nowhere can't be read: No such file or directory"
    ),
    "user: ops, private_key: '${KEY}', known_hosts: nowhere": (
        "connections.prod.ssh.known_hosts: the file {directory}/nowhere can't be read: No such file or directory"
    ),
}  # fmt: skip


@pytest.mark.parametrize("ssh", MISTAKES)
def test_mistakes(tmp_path, ssh):
    said = refused(tmp_path, manifest(ssh))

    assert MISTAKES[ssh].replace("{directory}", str(tmp_path)) in said
    assert "hunter2" not in said
    assert "47110815" not in said
    assert "secretsecret" not in said


def test_one_key_is_enough(tmp_path):
    (tmp_path / "key").write_text(KEY)

    assert "expected either private_key or private_key_file" in refused(
        tmp_path, manifest(f"{GOOD}, private_key_file: key")
    )


@pytest.mark.parametrize("host", ["ops@bastion", "ssh://bastion", "bastion:22", "a b", "bastion/x"])
def test_a_host_is_a_name_alone(tmp_path, host):
    said = refused(tmp_path, manifest(GOOD).replace("host: bastion", f"host: '{host}'"))

    assert "connections.prod.ssh.host: expected the name or address of a host, and nothing else" in said
    assert "(user and port are keys of their own)" in said


URLS = {
    "postgresql:///shop": "behind a bastion the url must name its host (localhost is the bastion itself)",
    "service=shop": "behind a bastion the url must name its host (localhost is the bastion itself)",
    "host=/run/postgresql dbname=shop": "a Unix socket can't be reached through a bastion (name a host)",
    "host=db,/run/postgresql dbname=shop": "a Unix socket can't be reached through a bastion (name a host)",
    "host=db port=abc dbname=shop": "the port in this connection string makes no sense",
}


@pytest.mark.parametrize("url", URLS)
def test_a_url_that_a_bastion_can_do_nothing_with(tmp_path, url):
    said = refused(tmp_path, manifest(GOOD, url=url))

    assert f"jobs.yaml:3:5: connections.prod: {URLS[url]}" in said


@pytest.mark.parametrize("url", ["service=shop host=db", "host=db hostaddr=10.0.0.5", "host=a,b port=1,2", "host=a,b"])
def test_a_url_with_a_host(tmp_path, url):
    path = tmp_path / "jobs.yaml"
    path.write_text(manifest(GOOD, url=url))

    assert load_manifest(path, {"KEY": KEY}).connections["prod"].ssh


def refused(tmp_path, text):
    path = tmp_path / "jobs.yaml"
    path.write_text(text)
    with pytest.raises(ManifestError) as caught:
        load_manifest(path, {"KEY": KEY})
    return str(caught.value)
