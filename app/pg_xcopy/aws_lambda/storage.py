"""A manifest in Amazon S3."""

from __future__ import annotations

from pg_xcopy.errors import UsageError

SCHEME = "s3://"
VERSION = "?versionId="
PATIENCE = {"connect_timeout": 5, "read_timeout": 20, "retries": {"total_max_attempts": 3}}
"""Seconds. Without a way to S3 a function would else wait for its own end, and nobody would know for what."""

_REASONS = {
    "NoSuchBucket": "there is no such bucket",
    "NoSuchKey": "there is no such object",
    "NoSuchVersion": "there is no such version of it",
    "404": "there is no such bucket or object",
}
_NO_WAY = "A function in a VPC reaches S3 through a gateway endpoint, or a NAT gateway."
_DENIED = (
    "The function's role needs s3:GetObject on it (s3:GetObjectVersion for a version), and kms:Decrypt on its key."
)


def read_object(uri: str, limit: int) -> bytes:
    """Read up to `limit` bytes of `s3://bucket/key` or `s3://bucket/key?versionId=…`; raises UsageError."""
    try:
        import boto3  # noqa: PLC0415 - only needed here
        from botocore import exceptions as botocore  # noqa: PLC0415 - the same
        from botocore.config import Config  # noqa: PLC0415 - the same
    except ImportError as error:
        raise UsageError(f"reading {uri} needs boto3.", "pip install 'pg-xcopy[aws]'") from error
    place = _place(uri)
    try:
        # A session of its own: boto3's common one keeps credentials, and a function outlives them.
        answer = boto3.Session().client("s3", config=Config(**PATIENCE)).get_object(**place)
        with answer["Body"] as body:
            return bytes(body.read(limit))
    except botocore.ClientError as error:
        raise _refused(uri, error.response.get("Error", {})) from error
    except botocore.BotoCoreError as error:
        on_the_way = isinstance(error, botocore.ConnectionError | botocore.HTTPClientError)
        hint = _NO_WAY if on_the_way else ""
        raise UsageError(f"the manifest {uri} can't be read: {_sentence(str(error))}.", hint) from error


def _place(uri: str) -> dict[str, str]:
    """Take an address apart, into the arguments of GetObject."""
    path, mark, version = uri.removeprefix(SCHEME).partition(VERSION)
    bucket, _, key = path.partition("/")
    if not bucket or not key or (mark and not version):
        raise UsageError(f"{uri} is no address of an object.", "Write s3://bucket/key or s3://bucket/key?versionId=….")
    return {"Bucket": bucket, "Key": key, **({"VersionId": version} if version else {})}


def _refused(uri: str, error: dict[str, str]) -> UsageError:
    code, said = error.get("Code", ""), _sentence(error.get("Message", ""))
    reason = _REASONS.get(code) or ": ".join(filter(None, (f"S3 answers {code}", said)))
    denied = code in {"AccessDenied", "403"}
    return UsageError(f"the manifest {uri} can't be read: {reason}.", _DENIED if denied else "")


def _sentence(text: str) -> str:
    return " ".join(text.split()).rstrip(".")
