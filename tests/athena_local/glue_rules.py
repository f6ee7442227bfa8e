"""Two things that real Glue has and moto 5.2.5 lacks.

* ``UpdateTable`` with a ``VersionId`` is refused when the table has another version by
  now. Iceberg's writers (pyiceberg and Trino) commit by that: without it, of two that
  commit at once, the one that came first loses its rows.
* Column statistics. Trino reads and removes those of Hive tables; moto answers with
  HTTP 500. Here there are none, which is what a table without statistics says.
"""

import json
import threading

from moto.backends import get_backend
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.exceptions import JsonRESTError

from athena_local.aws_errors import ErrorAnswer, error_answer
from athena_local.aws_requests import AwsRequest

_NO_STATISTICS = {
    f"{verb}ColumnStatisticsFor{scope}": answer
    for scope in ("Table", "Partition")
    for verb, answer in (
        ("Get", {"ColumnStatisticsList": [], "Errors": []}),
        ("Update", {"Errors": []}),
        ("Delete", {}),
    )
}


class GlueRules:
    """Answers what moto would answer wrongly.

    Attributes
    ----------
    one_at_a_time
        To be held from the check of a version to the end of the update: moto's
        tables are plain dictionaries.
    """

    def __init__(self) -> None:
        self.one_at_a_time = threading.Lock()

    def answer(self, request: AwsRequest) -> ErrorAnswer | None:
        """Return the answer to a request; None: moto knows it."""
        if request.operation in _NO_STATISTICS:
            return _json_answer(_NO_STATISTICS[request.operation])
        if request.operation == "UpdateTable" and _is_outdated(request):
            return error_answer("glue", "ConcurrentModificationException")
        return None


def _is_outdated(request: AwsRequest) -> bool:
    parameters = request.parameters
    expected = parameters.get("VersionId")
    if expected is None:
        return False
    # the one region of the local stack
    glue = get_backend("glue")[DEFAULT_ACCOUNT_ID]["us-east-1"]
    try:
        table = glue.get_table(
            parameters["DatabaseName"], parameters["TableInput"]["Name"]
        )
    except JsonRESTError:
        # moto says itself that it does not exist
        return False
    return bool(table.as_dict()["VersionId"] != str(expected))


def _json_answer(content: object) -> ErrorAnswer:
    body = json.dumps(content).encode()
    headers = [
        ("Content-Type", "application/x-amz-json-1.1"),
        ("Content-Length", str(len(body))),
    ]
    return ErrorAnswer("200 OK", headers, body)
