"""Errors as AWS words them: JSON for Glue and Athena, XML for S3 and STS."""

import json
from dataclasses import dataclass
from xml.sax.saxutils import escape

_MESSAGES = {
    "AccessDenied": "Access Denied",
    "AccessDeniedException": (
        "User: arn:aws:iam::123456789012:user/testing is not authorized to perform:"
        " {service}:{operation} because no identity-based policy allows the action"
    ),
    "ConcurrentModificationException": (
        "Update table failed due to concurrent modifications."
    ),
    "ExpiredToken": "The provided token has expired.",
    "ExpiredTokenException": "The security token included in the request is expired",
    "InternalServerException": "Internal server error",
    "InternalServiceException": "Internal service error",
    "NoSuchBucket": "The specified bucket does not exist",
    "NoSuchKey": "The specified key does not exist.",
    "PreconditionFailed": (
        "At least one of the pre-conditions you specified did not hold"
    ),
    "SlowDown": "Please reduce your request rate.",
    "ThrottlingException": "Rate exceeded",
    "TooManyRequestsException": "You have exceeded your request rate quota.",
}
_STATUS = {
    "AccessDenied": "403 Forbidden",
    "InternalError": "500 Internal Server Error",
    "InternalServerException": "500 Internal Server Error",
    "InternalServiceException": "500 Internal Server Error",
    "NoSuchBucket": "404 Not Found",
    "NoSuchKey": "404 Not Found",
    "PreconditionFailed": "412 Precondition Failed",
    "SlowDown": "503 Slow Down",
}


@dataclass(frozen=True)
class ErrorAnswer:
    """What goes over the wire.

    Attributes
    ----------
    status
        ``400 Bad Request`` and the like.
    headers, body
        As they are sent.
    """

    status: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def code(self) -> int:
        """The status as a number."""
        return int(self.status[:3])


def error_answer(
    service: str, error: str, *, operation: str = "", reason: str = ""
) -> ErrorAnswer:
    """Return a service's answer for an error.

    Parameters
    ----------
    service
        ``s3``, ``sts``, or a service with a JSON protocol.
    error
        Error code as that service names it: ``AccessDenied`` is S3's and STS's,
        ``AccessDeniedException`` that of the JSON services.
    operation
        What was asked for: some messages name it.
    reason
        Message; empty: the one AWS sends.
    """
    usual = _MESSAGES.get(error, error).format(service=service, operation=operation)
    message = reason or usual
    if service == "s3":
        kind = "application/xml"
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Error><Code>{error}</Code><Message>{escape(message)}</Message>"
            "<RequestId>injected</RequestId></Error>"
        )
    elif service == "sts":
        kind = "text/xml"
        body = (
            '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error>'
            f"<Type>Sender</Type><Code>{error}</Code><Message>{escape(message)}</Message>"
            "</Error><RequestId>injected</RequestId></ErrorResponse>"
        )
    else:
        kind = "application/x-amz-json-1.1"
        body = json.dumps({"__type": error, "message": message, "Message": message})
    status = _STATUS.get(error, "400 Bad Request")
    if (service, error) == ("sts", "ExpiredToken"):
        status = "403 Forbidden"
    encoded = body.encode()
    headers = [("Content-Type", kind), ("Content-Length", str(len(encoded)))]
    if service not in ("s3", "sts"):
        headers.append(("x-amzn-ErrorType", error))
    return ErrorAnswer(status, headers, encoded)
