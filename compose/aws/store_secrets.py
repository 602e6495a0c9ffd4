"""Puts into the emulated AWS Secrets Manager what a company would have there: a secret for each database.

The source's has the bastion in front of it, with the key that the bastion made for us.
"""

from __future__ import annotations

import json
from pathlib import Path

import boto3
from botocore.config import Config

KEYS = Path("/keys")

# The emulator has been started, which does not say that it listens already.
client = boto3.client("secretsmanager", config=Config(retries={"mode": "standard", "max_attempts": 10}))


def store(name: str, **fields: object) -> None:
    """Store a secret, or its new value."""
    text = json.dumps(fields)
    try:
        client.create_secret(Name=name, SecretString=text)
    except client.exceptions.ResourceExistsException:
        client.put_secret_value(SecretId=name, SecretString=text)


store(
    "shop/demo/source",
    host="source",
    port=5432,
    dbname="shop_prod",
    username="reader",
    password="reader",  # noqa: S106 - of a throw-away database  # nosec B106
    ssh={
        "host": "bastion",
        "port": 2222,
        "user": "ops",
        "private_key": (KEYS / "ops").read_text(),
        "fingerprint": (KEYS / "fingerprint").read_text().strip(),
    },
)
store(
    "shop/demo/target",
    host="target",
    port=5432,
    dbname="shop_copies",
    username="writer",
    password="writer",  # noqa: S106 - as above  # nosec B106
)
