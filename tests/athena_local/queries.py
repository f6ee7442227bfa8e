"""The queries of the account: how they start, run, end and are looked up."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from athena_local.execution import Execution, Services
from athena_local.failures import (
    ENGINE_ERROR,
    SYSTEM,
    ApiError,
    QueryFailedError,
    cancelled,
)
from athena_local.faults import Faults
from athena_local.query import Query
from athena_local.results import csv_file, result, text_file
from athena_local.statement_log import StatementLog
from athena_local.statements import rewritten
from athena_local.workgroups import WorkGroup

AT_ONCE = 20
"""Queries that run at the same time; more of them wait as QUEUED."""


class Queries:
    """Every query since the start.

    Parameters
    ----------
    services
        What they run on.
    faults
        Ends that they are to take: service ``athena``, operation ``query``.
    log
        Where the ended ones are written.
    """

    def __init__(self, services: Services, faults: Faults, log: StatementLog) -> None:
        self._services, self._faults, self._log = services, faults, log
        self._queries: dict[str, Query] = {}
        self._tokens: dict[str, Query] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="query")

    def start(self, request: dict[str, Any], work_group: WorkGroup) -> Query:
        """Start a query, or return the one that its request token started before.

        Raises
        ------
        ApiError
            For what Athena refuses before there is a query: text that is no
            statement, a result location that is missing or no bucket of ours.
        """
        if before := self._started_by(request):
            return before
        requested = request.get("ResultConfiguration", {}).get("OutputLocation")
        query = Query(request, work_group, work_group.output_location(requested))
        self._read(query)
        self._services.objects.require_bucket(query.output_location)
        with self._lock:
            token = request.get("ClientRequestToken")
            first = self._tokens.setdefault(token, query) if token else query
            if first is not query:
                return first
            self._queries[query.id] = query
        self._pool.submit(self._run, query)
        return query

    def find(self, query_id: str) -> Query:
        """Return a query, or refuse the request that names an unknown one."""
        with self._lock:
            query = self._queries.get(query_id)
        if query is None:
            raise ApiError(f"QueryExecution {query_id} was not found")
        return query

    def of(self, work_group: str) -> list[Query]:
        """Return the queries of a workgroup, the newest first."""
        with self._lock:
            found = list(self._queries.values())
        return [each for each in reversed(found) if each.work_group.name == work_group]

    def close(self) -> None:
        """Stop what runs, and wait for its end."""
        with self._lock:
            for query in self._queries.values():
                query.stop.set()
        self._pool.shutdown(cancel_futures=True)

    def _started_by(self, request: dict[str, Any]) -> Query | None:
        with self._lock:
            before = self._tokens.get(request.get("ClientRequestToken", ""))
        if before and before.sql != request["QueryString"]:
            raise ApiError("Idempotent parameters do not match")
        return before

    @staticmethod
    def _read(query: Query) -> None:
        try:
            query.statement = rewritten(
                query.sql,
                database=query.database,
                tables_location=f"{query.output_location.rstrip('/')}/tables/{query.id}",
                parameters=tuple(query.request.get("ExecutionParameters", ())),
            )
        except QueryFailedError as error:
            query.failure = error

    def _run(self, query: Query) -> None:
        query.started, query.state = time.time(), "RUNNING"
        state = "SUCCEEDED"
        try:
            self._execute(query)
        except QueryFailedError as error:
            query.failure, state = error, error.state
        except Exception as error:  # noqa: BLE001 (a query ends, whatever happens)
            reason = f"GENERIC_INTERNAL_ERROR: {error!r}"
            query.failure = QueryFailedError(reason, SYSTEM, ENGINE_ERROR)
            state = "FAILED"
        query.completed = time.time()
        # before the end is reported: who waits for it may read the log
        self._log.add(query.logged(state))
        query.state = state
        query.ended.set()

    def _execute(self, query: Query) -> None:
        if query.failure:
            raise query.failure
        if fault := self._faults.take("athena", "query", query.sql):
            reason = fault.reason or "INTERNAL_ERROR_QUERY_ENGINE"
            raise QueryFailedError(reason, SYSTEM, ENGINE_ERROR, fault.error)
        if stopped := query.watch(0):
            raise cancelled(stopped)
        folder = query.output_location.rstrip("/")
        query.execution = Execution(
            self._services,
            query.database,
            query.watch,
            manifest_location=f"{folder}/{query.id}-manifest.csv",
        )
        query.execution.run(query.statement)
        query.result = result(
            query.execution.answer,
            has_header=query.statement.has_header,
            shows_rows=query.statement.shows_rows,
        )
        written = text_file if query.statement.is_plain_text else csv_file
        self._services.objects.write(query.result_file, written(query.result))
