"""What AWS, or boto3 on the way to it, says when it gives no secret: a reason and a hint, without anything secret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

_LONGEST = 300
_ROLE = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where a role is attached"
_RENEW = "renew them, with `aws sso login` for instance"
_NETWORK = (
    "check the network, a proxy, the region, and that a VPC without a way out has an endpoint for Secrets Manager"
)
_GRANT = "allow secretsmanager:GetSecretValue on it, and kms:Decrypt on the key that encrypts it"

NO_REGION = ("no region is set", "give `region`, a whole ARN, or set AWS_REGION")

# The code of AWS's answer -> what we say, how to mend it. {said} is AWS's own message.
_CODES = {
    "ResourceNotFoundException": (
        "there is none of that name in {region}",
        "check name and region; a secret of another account is named by its whole ARN",
    ),
    "AccessDeniedException": ("AWS denies it: {said}", _GRANT),
    "AccessDenied": ("AWS denies it: {said}", _GRANT),
    "DecryptionFailure": ("AWS can't decrypt it", _GRANT),
    "InvalidRequestException": ("AWS refuses: {said}", ""),
    "ThrottlingException": ("AWS throttles our requests", "run it again later"),
}
_EXPIRED = frozenset({"ExpiredTokenException", "ExpiredToken", "RequestExpired"})
_NOT_ACCEPTED = frozenset(
    {
        "AuthFailure",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)

# The class of botocore's own error, the first of its ancestors that is here -> what we say, how to mend it.
_KINDS = {
    "InvalidRegionError": ("the region makes no sense", "write it like eu-central-1"),
    "ProfileNotFound": ("the profile that AWS_PROFILE names does not exist", "see ~/.aws/config"),
    "ConfigParseError": ("AWS's configuration file can't be read", "see ~/.aws/config"),
    "NoCredentialsError": ("there are no credentials for AWS", _ROLE),
    "PartialCredentialsError": ("the credentials for AWS are incomplete", _ROLE),
    "UnauthorizedSSOTokenError": ("the session of AWS's single sign-on has ended", _RENEW),
    "SSOTokenLoadError": ("there is no session of AWS's single sign-on", _RENEW),
    "TokenRetrievalError": ("the session of AWS's single sign-on has ended", _RENEW),
    "CredentialRetrievalError": ("the credentials for AWS can't be fetched", _ROLE),
    "EndpointConnectionError": ("{endpoint} can't be reached", _NETWORK),
    "ConnectTimeoutError": ("{endpoint} does not answer", _NETWORK),
    "ReadTimeoutError": ("{endpoint} does not answer", _NETWORK),
    "SSLError": ("{endpoint} can't be trusted: its certificate does not verify", "see AWS_CA_BUNDLE"),
    "ProxyConnectionError": ("the proxy on the way to {endpoint} can't be reached", "see HTTPS_PROXY and NO_PROXY"),
    "HTTPClientError": ("the connection to {endpoint} broke off", _NETWORK),
}


@dataclass(eq=False)
class RefusalError(Exception):
    """Why there is no secret; `general` if no other secret of that region could be had either."""

    why: str
    hint: str = ""
    general: bool = False


def refusal(error: Exception, region: str, endpoint: str) -> RefusalError:
    """Explain an error of boto3; `endpoint` is the URL that was asked, as far as it came to that."""
    host = urlsplit(endpoint).netloc.rpartition("@")[2] or "Secrets Manager"
    answer = getattr(error, "response", None)
    if isinstance(answer, dict):
        return _answered(answer.get("Error", {}), getattr(error, "operation_name", ""), region)
    kind = next((each.__name__ for each in type(error).__mro__ if each.__name__ in _KINDS), "")
    why, hint = _KINDS.get(kind, (f"boto3 fails with {type(error).__name__}", ""))
    return RefusalError(why.format(endpoint=host), hint, general=True)


def _answered(error: dict[str, Any], operation: str, region: str) -> RefusalError:
    code = str(error.get("Code", ""))
    if code in _EXPIRED:
        return RefusalError("the credentials for AWS have expired", _RENEW, general=True)
    if code in _NOT_ACCEPTED:  # its message may hold the whole request, and with it a session's token
        return RefusalError(f"AWS does not accept the credentials ({code})", _ROLE, general=True)
    said = " ".join(str(error.get("Message", "")).partition("\n")[0].split())[:_LONGEST].rstrip(". ")
    why, hint = _CODES.get(code, (f"AWS answers {operation} with {code}: {{said}}", ""))
    return RefusalError(why.format(said=said, region=region).removesuffix(": "), hint)
