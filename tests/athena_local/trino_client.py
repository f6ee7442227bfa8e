"""One statement over Trino's REST protocol."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter

from athena_local.failures import (
    DATA_ERROR,
    ENGINE_ERROR,
    ICEBERG_ERROR,
    SYSTEM,
    USER,
    USER_ERROR,
    QueryFailedError,
    cancelled,
)
from athena_local.limits import SESSION
from athena_local.steps import HIVE

_DATA_ERRORS = (
    "DIVISION_BY_ZERO",
    "INVALID_CAST_ARGUMENT",
    "NUMERIC_VALUE_OUT_OF_RANGE",
)


@dataclass
class Answer:
    """What Trino said of one statement.

    Attributes
    ----------
    columns
        Name and type signature of each column; none: no result.
    rows
        Values as JSON has them, numbers with a point as text.
    update_count
        Rows written, for a statement that writes.
    scanned_bytes
        Bytes read from files.
    """

    columns: list[dict[str, Any]] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)
    update_count: int | None = None
    scanned_bytes: int = 0


class TrinoClient:
    """Runs statements on one Trino; safe to use from many threads."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.mount("http://", HTTPAdapter(pool_connections=4, pool_maxsize=64))

    def run(
        self,
        sql: str,
        *,
        schema: str = "default",
        session: Mapping[str, str] | None = None,
        watch: Callable[[int], str | None] = lambda _scanned: None,
    ) -> Answer:
        """Run a statement to its end.

        Parameters
        ----------
        schema
            Schema of the names that have none.
        session
            Session properties besides those that keep Athena's limits.
        watch
            Asked with the bytes scanned so far; a text is a reason to cancel.

        Raises
        ------
        QueryFailedError
            With Trino's error name and message.
        """
        headers = self._headers(schema, {**SESSION, **(session or {})})
        page = self._page(
            "POST", f"{self._url}/v1/statement", data=sql.encode(), headers=headers
        )
        answer = Answer()
        while True:
            _add(answer, page)
            reason = watch(answer.scanned_bytes)
            if "error" in page:
                raise _failure(page["error"])
            if "nextUri" not in page:
                if reason:
                    raise cancelled(reason)
                return answer
            if reason:
                self._http.delete(page["nextUri"], timeout=30)
                raise cancelled(reason)
            page = self._page("GET", page["nextUri"])

    def _page(self, method: str, url: str, **request: Any) -> Any:
        response = self._http.request(method, url, timeout=60, **request)
        response.raise_for_status()
        return json.loads(response.content, parse_float=str)

    @staticmethod
    def _headers(schema: str, session: Mapping[str, str]) -> dict[str, str]:
        settings = (f"{name}={quote(value)}" for name, value in session.items())
        return {
            "X-Trino-User": "athena",
            "X-Trino-Catalog": HIVE,
            "X-Trino-Schema": schema,
            "X-Trino-Time-Zone": "UTC",
            # without it the types of columns lose their precision
            "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME",
            "X-Trino-Session": ",".join(settings),
        }


def _add(answer: Answer, page: dict[str, Any]) -> None:
    answer.columns = page.get("columns") or answer.columns
    answer.rows += page.get("data") or []
    answer.update_count = page.get("updateCount", answer.update_count)
    answer.scanned_bytes = page["stats"].get("physicalInputBytes", 0)


def _failure(error: dict[str, Any]) -> QueryFailedError:
    name = error["errorName"]
    if name in ("USER_CANCELED", "ADMINISTRATIVELY_KILLED"):
        return cancelled()
    category = USER if error["errorType"] == "USER_ERROR" else SYSTEM
    kind = USER_ERROR if category == USER else ENGINE_ERROR
    if name.startswith("ICEBERG_"):
        kind = ICEBERG_ERROR
    elif name in _DATA_ERRORS:
        kind = DATA_ERROR
    return QueryFailedError(f"{name}: {error['message']}", category, kind)
