"""AWS Secrets Manager: reads secrets through boto3, which is imported when the first one is read."""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pg_xcopy.connect.aws_refusals import NO_REGION, RefusalError, refusal

ARN = re.compile(r"arn:[a-z-]+:secretsmanager:([a-z0-9-]+):\d{12}:secret:[\w/+=.@!-]+", re.ASCII)
NAME = re.compile(r"[\w/+=.@!-]{1,512}", re.ASCII)
"""What CreateSecret takes as a name; "!" is in those that AWS gives to the secrets of RDS."""

_PATIENCE: dict[str, Any] = {
    "connect_timeout": 4,
    "read_timeout": 10,
    "retries": {"total_max_attempts": 3, "mode": "standard"},
}
"""Seconds: a network that swallows everything is noticed within a quarter of a minute."""


@dataclass(eq=False)
class UnreadableSecretError(Exception):
    """A secret can't be had, or not what was wanted of it; `reason` and `hint` quote nothing that is in it."""

    reason: str
    hint: str = ""

    def __str__(self) -> str:
        return self.reason


def region_of(secret: str) -> str:
    """Tell the region from a secret's ARN; empty for a mere name."""
    found = ARN.fullmatch(secret)
    return found.group(1) if found else ""


class SecretsManager:
    """Reads each secret once, whoever asks, and asks a region no more once it could not be reached."""

    def __init__(self) -> None:
        self._outcomes: dict[object, Any] = {}
        self.failed = False
        """Whether AWS, or the way to it, was ever the reason why a secret could not be had."""

    def text(self, secret: str, region: str = "") -> str:
        """Give the text of a secret; raises UnreadableSecretError.

        `secret` is its name or its ARN. Without `region` it is the ARN's, or the one that AWS_REGION,
        AWS_DEFAULT_REGION or the profile says.
        """
        try:
            where = region or region_of(secret) or os.environ.get("AWS_REGION") or self._region_of_profile()
            return str(self._once((where, secret), lambda: self._read(secret, where)))
        except RefusalError as refused:
            self.failed = True
            raise UnreadableSecretError(f"the secret {secret} can't be read: {refused.why}", refused.hint) from None

    def _once(self, key: object, make: Callable[[], Any]) -> Any:  # noqa: ANN401 - a session, a client, a text
        """Make something once, and fail the same way every time if that failed."""
        if key not in self._outcomes:
            try:
                self._outcomes[key] = make()
            except RefusalError as error:
                self._outcomes[key] = error
        outcome = self._outcomes[key]
        if isinstance(outcome, RefusalError):
            raise outcome
        return outcome

    def _region_of_profile(self) -> str:
        return self._once("session", _session).region_name or ""

    def _client(self, region: str) -> Any:  # noqa: ANN401 - boto3 has no types
        session = self._once("session", _session)
        if not region:
            raise RefusalError(*NO_REGION, general=True)
        with _explained(region):
            return session.client("secretsmanager", region_name=region)

    def _read(self, secret: str, region: str) -> str:
        client = self._once(("client", region), lambda: self._client(region))
        try:
            with _explained(region, client.meta.endpoint_url), _unlogged():
                answer = client.get_secret_value(SecretId=secret)
        except RefusalError as refused:
            if refused.general:
                self._outcomes["client", region] = refused
            raise
        if "SecretString" not in answer:
            raise RefusalError("it is binary, and only text can be used")
        return str(answer["SecretString"])


@contextmanager
def _explained(region: str, endpoint: str = "") -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - as below

    try:
        yield
    except (BotoCoreError, ClientError, ValueError) as error:  # the latter of an endpoint that is no URL
        raise refusal(error, region, endpoint) from None


@contextmanager
def _unlogged() -> Iterator[None]:
    """Keep what AWS answers this thread from the log: botocore writes whole answers there, at DEBUG."""
    thread = threading.get_ident()

    def elsewhere(record: logging.LogRecord) -> bool:
        return record.thread != thread

    logger = logging.getLogger("botocore.parsers")
    logger.addFilter(elsewhere)
    try:
        yield
    finally:
        logger.removeFilter(elsewhere)


def _session() -> Any:  # noqa: ANN401 - as above
    try:
        import boto3  # noqa: PLC0415 - most manifests have no secrets of AWS, and need not pay for it
        import botocore.config  # noqa: PLC0415 - the same
        import botocore.session  # noqa: PLC0415 - the same
    except ImportError:
        hint = "install it: pip install 'pg-xcopy[aws]'"
        raise RefusalError("that needs boto3, which is not installed", hint, general=True) from None
    with _explained(""):
        session = botocore.session.get_session()
        # For all clients: those that fetch credentials would otherwise wait for a minute, five times.
        session.set_default_client_config(botocore.config.Config(**_PATIENCE))
        opened = boto3.Session(botocore_session=session)
        _ = opened.region_name  # looks into the profile, which may not exist
        return opened
