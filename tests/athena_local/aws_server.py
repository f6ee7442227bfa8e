"""S3, Glue and STS on one local address: moto, and what real AWS does beyond it."""

import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

from athena_local.aws_errors import error_answer
from athena_local.aws_requests import AwsRequest, read_request
from athena_local.faults import LOST_RESPONSE, Faults
from athena_local.glue_rules import GlueRules

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
WsgiApp = Callable[[Environ, StartResponse], Iterable[bytes]]


class AwsServer:
    """Moto in this process, answering from threads.

    What it stores is the process's: two servers in one process serve the same.

    Attributes
    ----------
    url
        Address of every service it serves; Athena is none of them.
    faults
        What to do wrong; others may take their place.
    """

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        rules = _Rules(DomainDispatcherApplication(create_backend_app))
        app = _Faulty(rules, lambda: self.faults)
        self._server = make_server(
            "127.0.0.1", 0, app, threaded=True, request_handler=_Handler
        )
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="aws", daemon=True
        )

    def start(self) -> None:
        """Answer requests from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more; what was stored is forgotten with the process."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(MotoRequestHandler):
    """Moto's own, but silent: the tests read what AWS's clients say."""

    def log_request(self, *_: Any) -> None:
        """Write no line per request."""


class _Faulty:
    """Does wrong what the tests asked for, and passes on the rest."""

    def __init__(self, app: "_Rules", faults: Callable[[], Faults]) -> None:
        self._app = app
        self._faults = faults

    def __call__(self, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        request = read_request(environ)
        fault = self._faults().take(request.service, request.operation, request.text)
        if fault is None:
            return self._app(request, environ, start)
        if fault.error == LOST_RESPONSE:
            for _ in self._app(request, environ, lambda *_: None):
                pass
            _hang_up(environ)
        _read_to_the_end(environ)
        answer = error_answer(
            request.service,
            fault.error,
            operation=request.operation,
            reason=fault.reason,
        )
        start(answer.status, answer.headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]


class _Rules:
    """Keeps the rules of AWS that moto 5.2.5 does not keep."""

    def __init__(self, moto: WsgiApp) -> None:
        self._moto = moto
        self._glue = GlueRules()
        self._object_locks = [threading.Lock() for _ in range(64)]

    def __call__(
        self, request: AwsRequest, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        if request.service == "glue":
            with self._glue.one_at_a_time:
                answer = self._glue.answer(request)
                if answer is None:
                    return self._answered(environ, start)
                start(answer.status, answer.headers)
                return [answer.body]
        if request.service == "s3" and request.is_about_one_object:
            # moto empties an object that is overwritten while others read it, and lets
            # two writers pass that each write only if the object is not there
            with self._object_locks[hash(environ["PATH_INFO"]) % 64]:
                return self._answered(environ, start)
        if request.service == "athena":
            answer = error_answer(
                "athena",
                "InvalidRequestException",
                reason="Athena has an address of its own: AWS_ENDPOINT_URL_ATHENA",
            )
            start(answer.status, answer.headers)
            return [answer.body]
        return self._moto(environ, start)

    def _answered(self, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        """Let moto do it all now: while the caller holds a lock."""
        chunks = self._moto(environ, start)
        try:
            return [b"".join(chunks)]
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()


def _read_to_the_end(environ: Environ) -> None:
    """Read an upload that is refused: a client that is cut off in it tries again."""
    left = int(environ.get("CONTENT_LENGTH") or 0)
    while left > 0 and (chunk := environ["wsgi.input"].read(min(left, 1 << 20))):
        left -= len(chunk)


def _hang_up(environ: Environ) -> None:
    """Close the connection before an answer is written; the server expects that."""
    connection: socket.socket = environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError("the response is lost, as injected")
