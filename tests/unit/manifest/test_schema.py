"""The JSON Schema takes what the loader takes, and flags what the loader refuses."""

import pytest
from jsonschema import Draft202012Validator

from pg_xcopy.errors import ManifestError
from pg_xcopy.manifest.loader import parse_manifest
from pg_xcopy.manifest.schema import json_schema
from pg_xcopy.manifest.yaml_reader import read_yaml

VALIDATOR = Draft202012Validator(json_schema())
SIDES = "source: {database: host=s}, target: {database: host=t}"


def a_file(text):
    """Read a manifest in which SIDES stands for a source and a target."""
    for word, said in {"SIDES": SIDES, "PRINT": f"SHA256:{'A' * 43}", "HOST": "h ssh-rsa AAAA"}.items():
        text = text.replace(word, said)
    return read_yaml(text.encode(), "f").raw


def with_rule(rule):
    return a_file("jobs: {a: {SIDES, tables: {a: RULE}}}".replace("RULE", rule))


def is_refused(raw):
    try:
        parse_manifest(raw)
    except ManifestError:
        return True
    return False


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "{}",
        "{where: id = 1}",
        "{where: {b: 1, c: [1, x, null], d: null, e: true, f: 1.5}}",
        "{where: {b: {gte: 1, lt: 2}, c: {in: []}, d: {is_null: true}, e: {eq: null}}}",
        "{where: {b: {between: [1, 2]}}}",
        "{transform: {b: null, c: 0, d: true, e: lower(e)}}",
        "{transform: , where: , on_missing_column: skip_table}",
    ],
)
def test_good_rule(rule):
    raw = with_rule(rule)

    assert (VALIDATOR.is_valid(raw), is_refused(raw)) == (True, False)


@pytest.mark.parametrize(
    "rule",
    [
        "{update: some}",
        "{update: []}",
        "{key: ''}",
        "[]",
        "{wher: 1}",
        "{where: ' '}",
        "{where: {b: {}}}",
        "{where: {b: {foo: 1}}}",
        "{where: {b: {gt: null}}}",
        "{where: {b: {is_null: null}}}",
        "{where: {b: {between: [1]}}}",
        "{where: {b: [[1]]}}",
        "{where: {'': 1}}",
        "{transform: {b: ''}}",
        "{transform: {b: [1]}}",
        "{on_missing_column: skip}",
    ],
)
def test_bad_rule(rule):
    raw = with_rule(rule)

    assert (VALIDATOR.is_valid(raw), is_refused(raw)) == (False, True)


@pytest.mark.parametrize(
    "text",
    [
        "connections: \ndefaults: {tables: {a: {}}}\njobs: {a: {SIDES}}",
        "defaults: {source: {database: host=s}}\njobs: {a: {target: {database: host=t}, tables: {a: {}}}}",
        "connections: {c: {url: host=c, protected: true}}\njobs: {a: {SIDES, tables: {a: {}}, parallel: 2}}",
        "connections: {c: {aws_secret: {id: a/b}}}\njobs: {a: {SIDES, tables: {a: {}}}}",
        "connections: {c: {aws_secret: {id: a, key: b, region: x}, url: host=c}}\njobs: {a: {SIDES, tables: {a: {}}}}",
        "jobs: {a: {source: {database: host=s}, target: {database: host=t, mode: append}, tables: {a: }}}",
        "jobs: {a: {source: {database: host=s}, target: {database: host=t, mode: upsert, key: k, update: [a]},"
        " tables: {a: {key: l, update: none}, b: {update: all}}, transaction: table}}",
        "connections: {c: {aws_secret: {id: a}, ssh: {host: b, fingerprint: PRINT}}}\n"
        "jobs: {a: {SIDES, tables: {a: {}}}}",
        "connections: {c: {aws_secret: {id: a}, ssh: }}\njobs: {a: {SIDES, tables: {a: {}}}}",
    ],
)
def test_good_file(text):
    raw = a_file(text)

    assert (VALIDATOR.is_valid(raw), is_refused(raw)) == (True, False)


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "jobs: {}",
        "jobs: {a: {}}",
        "jobs: {a: {SIDES}}",
        "jobs: {a: {SIDES, tables: {}}}",
        "jobs: {a: {SIDES, tables: {a: {}}, foo: 1}}",
        "jobs: {a: {SIDES, tables: {a: {}}, name: x}}",
        "jobs: {a: {SIDES, tables: {a: {}}, parallel: 0}}",
        "jobs: {a: {SIDES, tables: {a: {}}, max_source_connections: 1}}",
        "jobs: {a: {SIDES, tables: {a: {}}, max_target_connections: 1}}",
        "jobs: {a: {SIDES, tables: {a: {}}, max_parallel_maintenance_workers: 65}}",
        "jobs: {a: {SIDES, tables: {a: {}}, transport: dblink, route: {host: h, port: 0}}}",
        "jobs: {a: {SIDES, tables: {a: {}}, exclude: a}}",
        "jobs: {a: {source: {}, target: {database: host=t}, tables: {a: {}}}}",
        "jobs: {a: {source: {database: {url: host=s}}, target: {database: host=t}, tables: {a: {}}}}",
        "jobs: {a: {source: {database: host=s}, target: {database: host=t, mode: apend}, tables: {a: {}}}}",
        "connections: {a: {}}\njobs: {a: {SIDES, tables: {a: {}}}}",
        "connections: {a: {url: }}\njobs: {a: {SIDES, tables: {a: {}}}}",
        "connections: {a: {aws_secret: {key: b}}}\njobs: {a: {SIDES, tables: {a: {}}}}",
        "connections: {a: {aws_secret: {id: ''}}}\njobs: {a: {SIDES, tables: {a: {}}}}",
        "connections: {a: {url: host=a, ssh: {host: b}}}\njobs: {a: {SIDES, tables: {a: {}}}}",
        "connections: {a: {aws_secret: {id: a}, ssh: {hots: b}}}\njobs: {a: {SIDES, tables: {a: {}}}}",
        "connections: {a: {aws_secret: {id: a}, ssh: {fingerprint: PRINT, known_hosts: HOST}}}\n"
        "jobs: {a: {SIDES, tables: {a: {}}}}",
        "connections: {a: {aws_secret: text}}\njobs: {a: {SIDES, tables: {a: {}}}}",
        "connections: {a: {url: ''}}\njobs: {a: {SIDES, tables: {a: {}}}}",
        "defaults: {foo: 1}\njobs: {a: {SIDES, tables: {a: {}}}}",
        "foo: 1\njobs: {a: {SIDES, tables: {a: {}}}}",
    ],
)
def test_bad_file(text):
    raw = a_file(text)

    assert (VALIDATOR.is_valid(raw), is_refused(raw)) == (False, True)


def with_bastion(ssh):
    key = "-----BEGIN PRIVATE KEY-----\\nAAAA\\n-----END PRIVATE KEY-----"
    connection = "{url: host=c, ssh: SSH}".replace("SSH", ssh).replace("KEY", f'"{key}"').replace("PRINT", "A" * 43)
    return a_file(f"connections: {{c: {connection}}}\njobs: {{a: {{SIDES, tables: {{a: }}}}}}")


@pytest.mark.parametrize(
    "ssh",
    [
        "{host: b, user: u, private_key: KEY, fingerprint: PRINT}",
        "{host: b, port: 2222, user: u, private_key: KEY, passphrase: x, known_hosts: 'b ssh-rsa AAAA'}",
        "",
    ],
)
def test_good_bastion(ssh):
    raw = with_bastion(ssh)

    assert (VALIDATOR.is_valid(raw), is_refused(raw)) == (True, False)


@pytest.mark.parametrize(
    "ssh",
    [
        "{}",
        "bastion",
        "{host: b, user: u, private_key: KEY}",
        "{host: b, user: u, fingerprint: PRINT}",
        "{host: b, private_key: KEY, fingerprint: PRINT}",
        "{user: u, private_key: KEY, fingerprint: PRINT}",
        "{host: b, user: u, private_key: KEY, private_key_file: k, fingerprint: PRINT}",
        "{host: b, user: u, private_key: KEY, fingerprint: PRINT, known_hosts: h}",
        "{host: b, port: 0, user: u, private_key: KEY, fingerprint: PRINT}",
        "{host: b, port: 99999, user: u, private_key: KEY, fingerprint: PRINT}",
        "{host: b, user: u, private_key: '', fingerprint: PRINT}",
        "{host: b, user: u, private_key: KEY, fingerprint: PRINT, password: p}",
    ],
)
def test_bad_bastion(ssh):
    raw = with_bastion(ssh)

    assert (VALIDATOR.is_valid(raw), is_refused(raw)) == (False, True)


@pytest.mark.parametrize(("value", "valid"), [('"${X:-y}"', True), ("some text", False)])
@pytest.mark.parametrize("setting", ["parallel", "strict", "cascade", "on_missing_column"])
def test_variables_pass_where_text_does_not(setting, value, valid):
    raw = a_file(f"jobs: {{a: {{SIDES, tables: {{a: }}, {setting}: {value}}}}}")

    assert VALIDATOR.is_valid(raw) == valid


def test_every_key_is_described():
    definitions = json_schema()["$defs"].values()

    assert all(
        described.get("description")
        for definition in definitions
        for described in [definition, *definition.get("properties", {}).values()]
    )
