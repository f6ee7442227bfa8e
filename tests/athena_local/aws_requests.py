"""What a request to AWS asks for, read from its headers and, where short, its body."""

import io
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs

_S3_BY_QUERY = {
    ("POST", "delete"): "DeleteObjects",
    ("POST", "uploads"): "CreateMultipartUpload",
    ("POST", "uploadId"): "CompleteMultipartUpload",
    ("PUT", "partNumber"): "UploadPart",
    ("DELETE", "uploadId"): "AbortMultipartUpload",
    ("GET", "list-type"): "ListObjectsV2",
    ("GET", "location"): "GetBucketLocation",
    ("GET", "uploads"): "ListMultipartUploads",
}
_S3_BY_METHOD = {
    ("GET", True): "GetObject",
    ("HEAD", True): "HeadObject",
    ("PUT", True): "PutObject",
    ("DELETE", True): "DeleteObject",
    ("GET", False): "ListObjects",
    ("HEAD", False): "HeadBucket",
    ("PUT", False): "CreateBucket",
    ("DELETE", False): "DeleteBucket",
}


@dataclass(frozen=True)
class AwsRequest:
    """One request.

    Attributes
    ----------
    service, operation
        ``glue`` and ``UpdateTable``; empty when the request tells neither.
    path
        Path and query.
    body
        Empty for S3's uploads, which may be long.
    is_about_one_object
        Whether it reads or writes an object of S3, not a bucket or a list of objects.
    """

    service: str
    operation: str
    path: str
    body: bytes
    is_about_one_object: bool

    @property
    def text(self) -> str:
        """Path and body, to look for words in."""
        return f"{self.path}\n{self.body.decode(errors='replace')}"

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """The JSON body of Glue's requests."""
        parameters: dict[str, Any] = json.loads(self.body or b"{}")
        return parameters


def read_request(environ: dict[str, Any]) -> AwsRequest:
    """Read a WSGI request; its body can be read again by who answers it."""
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    query = environ.get("QUERY_STRING", "")
    service = _service(environ)
    body = b"" if service == "s3" and method == "PUT" else _body(environ)
    if service == "s3":
        operation = _s3_operation(environ)
    elif target := environ.get("HTTP_X_AMZ_TARGET"):
        operation = target.rpartition(".")[2]
    else:
        operation = parse_qs(body.decode(errors="replace")).get("Action", [""])[0]
    return AwsRequest(
        service=service,
        operation=operation,
        path=f"{path}?{query}" if query else path,
        body=body,
        is_about_one_object=service == "s3" and bool(_key(environ)),
    )


def _service(environ: dict[str, Any]) -> str:
    """Return the service that a request is signed for; unsigned ones are S3's."""
    scope = environ.get("HTTP_AUTHORIZATION", "").split(",")[0].split("/")
    return scope[3].lower() if len(scope) == 5 else "s3"


def _body(environ: dict[str, Any]) -> bytes:
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _s3_operation(environ: dict[str, Any]) -> str:
    method = environ["REQUEST_METHOD"]
    names = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    for (by_method, name), operation in _S3_BY_QUERY.items():
        if method == by_method and name in names:
            return operation
    if method == "PUT" and "HTTP_X_AMZ_COPY_SOURCE" in environ:
        return "CopyObject"
    return _S3_BY_METHOD.get((method, bool(_key(environ))), "")


def _key(environ: dict[str, Any]) -> str:
    """Return the key of the object; the bucket is the first part of the path."""
    key: str = environ["PATH_INFO"].lstrip("/").partition("/")[2]
    return key
