"""What is picked from a secret, and that no complaint repeats a value of it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pg_xcopy.connect.secrets_manager import UnreadableSecretError
from pg_xcopy.manifest.secrets.contents import fields, single

DOCUMENT = """{
    "password": "p#1", "port": 5432, "ratio": 1.50, "on": true, "empty": "", "nothing": null, "list": [1],
    "shop": {"staging": {"user": "ada", "a.b": "dotted"}},
    "shop.test": {"user": "bob"},
    "text": "{\\"user\\": \\"eve\\"}"
}"""


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("password", "p#1"),
        ("port", "5432"),
        ("ratio", "1.50"),
        ("on", "true"),
        ("empty", ""),
        ("shop.staging.user", "ada"),
        ("shop.staging.a.b", "dotted"),
        ("shop.test.user", "bob"),
        ("text.user", "eve"),
        ("text", '{"user": "eve"}'),
        ("", DOCUMENT),
    ],
)
def test_single_value(key, value):
    assert single(DOCUMENT, "id", key) == value


@pytest.mark.parametrize(
    ("key", "reason", "hint"),
    [
        ("pasword", "the secret id has no pasword", "did you mean 'password'?"),
        ("shop.stagin.user", "the secret id has no shop.stagin.user", "did you mean 'shop.staging.user'?"),
        ("password.user", "the secret id has no password.user", ""),
        ("zzz", "the secret id has no zzz", ""),
        ("nothing", "nothing of the secret id is no single value (text, number, true or false)", ""),
        ("list", "list of the secret id is no single value (text, number, true or false)", ""),
        ("shop", "shop of the secret id is no single value (text, number, true or false)", ""),
    ],
)
def test_no_single_value(key, reason, hint):
    with pytest.raises(UnreadableSecretError) as caught:
        single(DOCUMENT, "id", key)

    assert caught.value.reason == reason
    assert hint in caught.value.hint


@pytest.mark.parametrize("text", ["hunter2", "", "{'a': 1}", '{"a": "hunter2"', "[" * 100_000])
def test_no_json(text):
    with pytest.raises(UnreadableSecretError) as caught:
        single(text, "id", "key")

    assert str(caught.value) == "the secret id is not JSON"


def test_a_text_that_no_server_takes():
    with pytest.raises(UnreadableSecretError, match="no single value"):
        single('{"a": "x\\u0000"}', "id", "a")


def test_fields():
    assert fields(DOCUMENT, "id", "shop.test") == {"user": "bob"}
    assert fields('{"user": "ada"}', "id", "") == {"user": "ada"}


def test_fields_that_the_console_wrote_as_text():
    assert fields(DOCUMENT, "id", "text") == {"user": "eve"}


@pytest.mark.parametrize("text", ["[1]", "1", "null", '"hunter2"'])
def test_no_fields(text):
    with pytest.raises(UnreadableSecretError) as caught:
        fields(text, "id", "")

    assert str(caught.value) == "the secret id is no JSON object with the fields of a connection"


@given(st.text().filter(lambda text: "\0" not in text))
def test_any_text_arrives_as_it_is(text):
    assert single(text, "id", "") == text
    assert single(json.dumps({"a": {"b": text}}), "id", "a.b") == text


@given(st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=5), st.text(alphabet="xy.", max_size=5), st.booleans())
def test_no_complaint_repeats_a_value(value, key, as_list):
    document = {"a": [value] if as_list else {"b": value}}

    for text in (json.dumps(document), value):
        with pytest.raises(UnreadableSecretError) as caught:
            single(text, "id", f"a.{key}")
        assert value not in f"{caught.value} {caught.value.hint} {caught.value!r}"
