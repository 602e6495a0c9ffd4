"""A stand-in for AWS on 127.0.0.1, spoken to by the real boto3: moto's server, which counts what it is asked."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

REGION = "eu-central-1"


@dataclass(frozen=True)
class Asked:
    """One GetSecretValue."""

    secret: str
    region: str


class Aws:
    """moto's server in a thread; `environment` leads boto3 to it, and away from whatever account the machine has."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.refusals: dict[str, tuple[str, str]] = {}
        """By the secret's id: a code and a message that AWS answers with."""
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._application, threaded=True, request_handler=_Silent)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Aws:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "AKIATESTTESTTESTTEST",
            "AWS_SECRET_ACCESS_KEY": "not-a-secret-key",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": "/nonexistent/config",
            "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent/credentials",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def put(self, name: str, value: Any, region: str = REGION) -> str:
        """Store a secret: bytes and text as they are, anything else as JSON. Give its ARN."""
        import boto3  # noqa: PLC0415 - the environment is the test's

        text = value if isinstance(value, str | bytes) else json.dumps(value)
        what = {"SecretBinary": text} if isinstance(text, bytes) else {"SecretString": text}
        client = boto3.Session(region_name=region).client("secretsmanager")
        return client.create_secret(Name=name, **what)["ARN"]

    def delete(self, name: str) -> None:
        """Mark a secret as deleted, which AWS does for some days before it is gone."""
        import boto3  # noqa: PLC0415 - as above

        boto3.Session().client("secretsmanager").delete_secret(SecretId=name)

    def reset(self) -> None:
        """Forget everything that was stored, asked and refused."""
        self.asked.clear()
        self.refusals.clear()
        urlopen(Request(f"{self.url}/moto-api/reset", method="POST"), timeout=30).close()

    def _application(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("HTTP_X_AMZ_TARGET") != "secretsmanager.GetSecretValue":
            return self._moto(environ, start)
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        secret = json.loads(body)["SecretId"]
        signed = re.search(r"Credential=[^/]+/\d+/([^/]+)/", environ.get("HTTP_AUTHORIZATION", ""))
        self.asked.append(Asked(secret, signed.group(1) if signed else ""))
        if secret in self.refusals:
            code, message = self.refusals[secret]
            said = json.dumps({"__type": code, "Message": message})
            return Response(said, 400, content_type="application/x-amz-json-1.1")(environ, start)
        return self._moto({**environ, "wsgi.input": BytesIO(body)}, start)


class _Silent(MotoRequestHandler):
    def log(self, *_: object) -> None:
        """Say nothing."""
