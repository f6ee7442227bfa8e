"""Athena's JSON API on 127.0.0.1."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from athena_local.aws_errors import error_answer
from athena_local.execution import Services
from athena_local.failures import ApiError
from athena_local.faults import LOST_RESPONSE, Faults
from athena_local.glue_tables import GlueTables
from athena_local.objects import Objects
from athena_local.operations import Operations
from athena_local.queries import Queries
from athena_local.statement_log import StatementLog
from athena_local.trino_client import TrinoClient
from athena_local.workgroups import WorkGroups

STATEMENTS = "statements.jsonl"


class AthenaServer:
    """Serves Athena's API from threads of this process.

    Parameters
    ----------
    trino_url, aws_url
        What it runs queries on.
    folder
        Where ``statements.jsonl`` is written.
    faults
        Errors to answer with, and ends of queries.
    port
        0 takes a free one.
    """

    def __init__(
        self, trino_url: str, aws_url: str, folder: Path, faults: Faults, port: int = 0
    ) -> None:
        services = Services(
            TrinoClient(trino_url), GlueTables(aws_url), Objects(aws_url)
        )
        self.statements_path = folder / STATEMENTS
        self._queries = Queries(services, faults, StatementLog(self.statements_path))
        handler = type(
            "Handler",
            (_Handler,),
            {
                "operations": Operations(self._queries, WorkGroups(), services.glue),
                "faults": faults,
            },
        )
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="athena", daemon=True
        )

    @property
    def url(self) -> str:
        """Where it is served."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> "AthenaServer":
        """Begin to answer."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop what runs, then the server."""
        self._queries.close()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # the headers and the body are two packets: without this the second one waits
    disable_nagle_algorithm = True
    operations: Operations
    faults: Faults

    def do_POST(self) -> None:
        """Answer one call."""
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length).decode() or "{}"
        fault = self.faults.take("athena", operation, body)
        if fault and fault.error != LOST_RESPONSE:
            answer = error_answer(
                "athena", fault.error, operation=operation, reason=fault.reason
            )
            self._answer(answer.code, answer.body)
            return
        code, content = self._called(operation, body)
        if fault:
            self.close_connection = True
            return
        self._answer(code, content)

    def _called(self, operation: str, body: str) -> tuple[int, bytes]:
        try:
            content = self.operations.call(operation, json.loads(body))
        except ApiError as error:
            error_body: dict[str, str] = {
                "__type": error.name,
                "Message": error.message,
            }
            if error.code:
                error_body["AthenaErrorCode"] = error.code
            return 400, json.dumps(error_body).encode()
        except Exception as error:  # noqa: BLE001 (a client gets an answer, always)
            answer = error_answer(
                "athena", "InternalServerException", reason=repr(error)
            )
            return answer.code, answer.body
        return 200, json.dumps(content).encode()

    def _answer(self, code: int, content: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing: the statements are logged, not the calls."""
