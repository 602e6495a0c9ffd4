"""Secrets of AWS, read with the real boto3 from moto's server: where, how often, and what is said if that fails."""

from __future__ import annotations

import builtins
import socket
import subprocess
import sys

import pytest

from aws import REGION, Asked
from pg_xcopy.connect.secrets_manager import SecretsManager, UnreadableSecretError

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture
def manager():
    return SecretsManager()


def reason(manager, *asked):
    with pytest.raises(UnreadableSecretError) as caught:
        manager.text(*asked)
    assert manager.failed
    return caught.value.reason.removeprefix(f"the secret {asked[0]} can't be read: "), caught.value.hint


@pytest.mark.parametrize("text", ["plain", "", '{"a": 1}', "ünï 🐘\n", "x" * 60_000])
def test_text(aws, manager, text):
    aws.put("prod/shop", text or " ")

    assert manager.text("prod/shop") == text or " "
    assert not manager.failed


def test_by_arn(aws, manager):
    arn = aws.put("prod/shop", "there", region="us-east-1")

    assert manager.text(arn) == "there"
    assert aws.asked == [Asked(arn, "us-east-1")]


def test_each_secret_is_read_once(aws, manager):
    aws.put("a", "one")
    aws.put("b", "two")

    read = [manager.text(*asked) for asked in [("a",), ("b",), ("a",), ("a", REGION), ("a", "")]]

    assert read == ["one", "two", "one", "one", "one"]
    assert aws.asked == [Asked("a", REGION), Asked("b", REGION)]


def test_each_region_has_its_own(aws, manager):
    aws.put("a", "here")
    aws.put("a", "there", region="us-east-1")

    assert (manager.text("a"), manager.text("a", "us-east-1")) == ("here", "there")


@pytest.mark.parametrize(
    ("region", "environment"),
    [
        ("eu-west-1", {"AWS_DEFAULT_REGION": "eu-west-1"}),
        ("eu-west-2", {"AWS_DEFAULT_REGION": "eu-west-1", "AWS_REGION": "eu-west-2"}),
        ("eu-west-3", {"AWS_PROFILE": "there"}),
    ],
)
def test_where_the_region_comes_from(aws, monkeypatch, tmp_path, environment, region):
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    (tmp_path / "config").write_text("[profile there]\nregion = eu-west-3\n")
    for name, value in {**environment, "AWS_CONFIG_FILE": str(tmp_path / "config")}.items():
        monkeypatch.setenv(name, value)
    aws.put("a", "there", region=region)

    SecretsManager().text("a")

    assert aws.asked == [Asked("a", region)]


# --- What AWS says


def test_a_secret_that_is_not_there(aws, manager):
    said = reason(manager, "prod/shpo")

    assert said == (
        f"there is none of that name in {REGION}",
        "check name and region; a secret of another account is named by its whole ARN",
    )
    assert reason(manager, "prod/shpo") == said
    assert aws.asked == [Asked("prod/shpo", REGION)]  # to ask again would not bring it back


def test_a_secret_that_was_deleted(aws, manager):
    aws.put("old", "x")
    aws.delete("old")

    said, _ = reason(manager, "old")

    assert said.startswith("AWS refuses: ")
    assert "marked deleted" in said


def test_a_secret_that_is_binary(aws, manager):
    aws.put("certificate", b"\0hunter2")

    assert reason(manager, "certificate") == ("it is binary, and only text can be used", "")


def test_what_is_not_the_fault_of_a_secret_is_asked_once(aws, manager):
    for secret in ("a", "b"):
        aws.refusals[secret] = ("UnrecognizedClientException", "The security token included in the request is invalid.")

    said = {reason(manager, secret) for secret in ("a", "b")}

    ((why, hint),) = said
    assert why == "AWS does not accept the credentials (UnrecognizedClientException)"
    assert hint.startswith("set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
    assert aws.asked == [Asked("a", REGION)]


@pytest.mark.parametrize(
    ("code", "message", "said"),
    [
        (
            "ExpiredTokenException",
            "The security token included in the request is expired",
            "the credentials for AWS have expired",
        ),
        (
            "SignatureDoesNotMatch",
            "The Canonical String for this request should have been 'POST\nx-amz-security-token:hunter2'",
            "AWS does not accept the credentials (SignatureDoesNotMatch)",
        ),
        (
            "AccessDeniedException",
            "User: arn:aws:iam::1:user/x is not authorized to perform: secretsmanager:GetSecretValue on resource: a.",
            "AWS denies it: User: arn:aws:iam::1:user/x is not authorized to perform: secretsmanager:GetSecretValue on "
            "resource: a",
        ),
        ("DecryptionFailure", "x", "AWS can't decrypt it"),
        ("ThrottlingException", "Rate exceeded", "AWS throttles our requests"),
        ("Odd", "Something\nhunter2", "AWS answers GetSecretValue with Odd: Something"),
        ("Odd", "long " * 1000, f"AWS answers GetSecretValue with Odd: {('long ' * 60).strip()}"),
        ("Odd", "", "AWS answers GetSecretValue with Odd"),
    ],
)
def test_other_refusals(aws, manager, code, message, said):
    aws.refusals["a"] = (code, message)

    assert reason(manager, "a")[0] == said


# --- What is in the way


@pytest.mark.parametrize("change", [{"AWS_DEFAULT_REGION": ""}, {"AWS_REGION": ""}])
def test_no_region(manager, monkeypatch, change):
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    for name, value in change.items():
        monkeypatch.setenv(name, value)

    assert reason(manager, "a") == ("no region is set", "give `region`, a whole ARN, or set AWS_REGION")


def test_no_credentials(manager, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    assert reason(manager, "a")[0] == "there are no credentials for AWS"


def test_half_of_the_credentials(manager, monkeypatch):
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    assert reason(manager, "a")[0] == "the credentials for AWS are incomplete"


def test_no_such_profile(manager, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nobody")

    assert reason(manager, "a")[0] == "the profile that AWS_PROFILE names does not exist"


def test_nobody_listens(manager, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://user:hunter2@127.0.0.1:{port}")

    said, hint = reason(manager, "a")

    assert said == f"127.0.0.1:{port} can't be reached"
    assert hint.startswith("check the network")


def test_nobody_answers(manager, monkeypatch):
    """Whoever waits for ten secrets is not to wait ten times; how long once takes is not ours to measure here."""
    monkeypatch.setattr(
        "pg_xcopy.connect.secrets_manager._PATIENCE", {"read_timeout": 0.1, "retries": {"total_max_attempts": 1}}
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host = f"127.0.0.1:{listener.getsockname()[1]}"
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}")
        said = {reason(manager, secret)[0] for secret in "abcdefghij"}
        listener.settimeout(30)
        listener.accept()
        listener.settimeout(0.05)
        with pytest.raises(TimeoutError):
            listener.accept()

    assert said == {f"{host} does not answer"}


def test_an_endpoint_that_is_no_url(manager, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "hunter2")

    assert reason(manager, "a")[0] == "boto3 fails with ValueError"


def test_without_boto3(manager, monkeypatch):
    def import_(name, *arguments, **how):
        if name.partition(".")[0] in {"boto3", "botocore"}:
            raise ImportError(name)
        return usual(name, *arguments, **how)

    usual = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", import_)

    assert reason(manager, "a") == (
        "that needs boto3, which is not installed",
        "install it: pip install 'pg-xcopy[aws]'",
    )


def test_boto3_is_not_imported_before_a_secret_is_read():
    look = "import sys, pg_xcopy.cli.running; sys.exit(bool({'boto3', 'botocore'} & sys.modules.keys()))"

    assert subprocess.run([sys.executable, "-c", look], check=False).returncode == 0
