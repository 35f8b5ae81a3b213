"""AWS clients of this process, and next steps for AWS's errors."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3.exceptions
import urllib3.exceptions
from boto3.session import Session
from botocore import exceptions as botocore_errors
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_s3 import S3Client

# All that a call through boto3 raises when AWS, or the way to it, refuses.
AWS_ERRORS = (
    botocore_errors.BotoCoreError,
    botocore_errors.ClientError,
    boto3.exceptions.Boto3Error,
    urllib3.exceptions.HTTPError,
)
CONNECT_SECONDS = 5

_Untyped = Literal["athena", "cloudwatch", "dynamodb", "dynamodbstreams", "kinesis", "sqs"]
"""Services whose stubs are not installed."""

_clients: dict[object, Any] = {}
_making = threading.Lock()


@overload
def client(service: Literal["s3"]) -> S3Client: ...
@overload
def client(service: Literal["glue"]) -> GlueClient: ...
@overload
def client(service: _Untyped) -> Any: ...
def client(service: Literal["s3", "glue"] | _Untyped) -> Any:
    """This process's client of a service: made once for the process and its AWS_ settings, used by all threads."""
    settings = tuple(item for item in os.environ.items() if item[0].startswith("AWS_"))
    key = (os.getpid(), service, settings)  # a forked worker must not share its parent's connections
    with _making:
        if key not in _clients:
            retries: Any = {"mode": "standard"}
            if "AWS_MAX_ATTEMPTS" not in os.environ:
                retries["max_attempts"] = 5
            config = Config(
                retries=retries,
                connect_timeout=CONNECT_SECONDS,
                read_timeout=60,
                max_pool_connections=32,
                s3={"addressing_style": "path" if endpoint("s3") else "auto"},  # such hosts have no name per bucket
            )
            _clients[key] = Session().client(service, region_name=region(), config=config)
        return _clients[key]


def endpoint(service: Literal["s3", "glue"]) -> str | None:
    """A service's endpoint (AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL), None for AWS's own."""
    return os.environ.get(f"AWS_ENDPOINT_URL_{service.upper()}") or os.environ.get("AWS_ENDPOINT_URL") or None


def region() -> str | None:
    """AWS_REGION, as Lambda and Glue set it, or that of AWS_DEFAULT_REGION or the profile."""
    return os.environ.get("AWS_REGION") or Session().region_name


def error_code(error: BaseException) -> str:
    """AWS's error code, e.g. NoSuchKey; empty if the call got no answer."""
    if isinstance(error, botocore_errors.ClientError):
        return str(error.response.get("Error", {}).get("Code", ""))
    return ""


_STEPS = {
    "no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run under a role": (
        "NoCredentialsError PartialCredentialsError CredentialRetrievalError ProfileNotFound NoAuthTokenError"
    ),
    "AWS rejected the credentials: check AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY": (
        "InvalidAccessKeyId SignatureDoesNotMatch UnrecognizedClientException InvalidClientTokenId AuthFailure "
        "InvalidToken InvalidSignatureException IncompleteSignature"
    ),
    "the AWS credentials have expired: sign in again (`aws sso login`), or get new ones": (
        "ExpiredToken ExpiredTokenException RequestExpired TokenRefreshRequired TokenRetrievalError "
        "SSOTokenLoadError UnauthorizedSSOTokenError SSOError"
    ),
    "missing AWS region: set AWS_DEFAULT_REGION": "NoRegionError",
    "bucket not found: create it, or correct --root": "NoSuchBucket",
    "the bucket is in another region: set AWS_DEFAULT_REGION to it": (
        "PermanentRedirect AuthorizationHeaderMalformed IllegalLocationConstraintException 301"
    ),
    "the clock of this machine is wrong: set it": "RequestTimeTooSkewed",
    "object not found": "NoSuchKey",
    "invalid bucket name: correct --root": "InvalidBucketName ParamValidationError",
    "AWS throttled the request: retry later": "SlowDown Throttling ThrottlingException RequestLimitExceeded",
}
_STEP_OF = {name: step for step, names in _STEPS.items() for name in names.split()}
_DENIED = {"AccessDenied", "AccessDeniedException", "AllAccessDisabled", "Forbidden", "403"}
_UNREACHABLE = (
    botocore_errors.EndpointConnectionError,
    botocore_errors.ConnectTimeoutError,
    botocore_errors.ReadTimeoutError,
    botocore_errors.ConnectionClosedError,
    botocore_errors.ProxyConnectionError,
)


def next_step(error: BaseException) -> str:
    """Meaning and next step of an error of AWS_ERRORS, in one line."""
    code = error_code(error)
    if code in _DENIED and isinstance(error, botocore_errors.ClientError):
        return f"access denied: the policy of these credentials must allow {error.operation_name}"
    if isinstance(error, _UNREACHABLE):
        setting = os.environ.get("AWS_ENDPOINT_URL")
        where = f"AWS_ENDPOINT_URL (it is {setting})" if setting else "the network and the region"
        return f"AWS is not reachable: check {where}; {error}"
    step = _STEP_OF.get(code) or _STEP_OF.get(type(error).__name__)
    if step:
        return step
    if isinstance(error, boto3.exceptions.S3UploadFailedError) and error.__context__ is not None:
        return next_step(error.__context__)
    return str(error)
