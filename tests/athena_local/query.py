"""One query: what was asked, and what became of it."""

import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from athena_local.execution import Execution
from athena_local.failures import ApiError, QueryFailedError
from athena_local.results import Result
from athena_local.statement_log import Statement
from athena_local.steps import Rewritten
from athena_local.workgroups import ENGINE_VERSION, WorkGroup

_ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")


@dataclass
class Query:
    """One query.

    Attributes
    ----------
    request
        As ``StartQueryExecution`` got it.
    work_group, output_location
        Where it runs, and where its result goes.
    statement
        What it is to Trino, Glue and S3.
    failure
        Why it ends otherwise than well; known before it starts when the statement
        itself is refused.
    execution, result
        How far it is, and what it has to show.
    submitted, started, completed
        Seconds since 1970; 0 means not yet.
    stop, ended
        Set to stop it, and by its end.
    """

    request: dict[str, Any]
    work_group: WorkGroup
    output_location: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    statement: Rewritten = Rewritten("DML", "SELECT", ())  # noqa: RUF009 (it is frozen)
    state: str = "QUEUED"
    failure: QueryFailedError | None = None
    result: Result = field(default_factory=Result)
    execution: Execution | None = None
    submitted: float = field(default_factory=time.time)
    started: float = 0.0
    completed: float = 0.0
    stop: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def sql(self) -> str:
        """The statement as it was sent."""
        return str(self.request["QueryString"])

    @property
    def database(self) -> str:
        """Schema of the names that have none."""
        context = self.request.get("QueryExecutionContext", {})
        return str(context.get("Database", "default")).lower()

    @property
    def scanned_bytes(self) -> int:
        """Bytes that Trino has read so far."""
        return self.execution.scanned_bytes if self.execution else 0

    @property
    def result_file(self) -> str:
        """Where the result is in S3."""
        ending = "txt" if self.statement.is_plain_text else "csv"
        return f"{self.output_location.rstrip('/')}/{self.id}.{ending}"

    def watch(self, scanned_bytes: int) -> str | None:
        """Return why the query has to stop, if it has to."""
        cutoff = self.work_group.cutoff
        if cutoff is not None and scanned_bytes > cutoff:
            return "Bytes scanned limit was exceeded"
        return "Query cancelled by user" if self.stop.is_set() else None

    def require_result(self) -> Result:
        """Return the result, or refuse as Athena does when there is none."""
        if self.state == "SUCCEEDED":
            return self.result
        if self.state in _ENDED:
            raise ApiError(
                f"Query did not finish successfully. Final query state: {self.state}"
            )
        raise ApiError(f"Query has not yet finished. Current state: {self.state}")

    def described(self) -> dict[str, Any]:
        """Return it as ``GetQueryExecution`` answers."""
        described = {
            "QueryExecutionId": self.id,
            "Query": self.sql,
            "StatementType": self.statement.statement_type,
            "SubstatementType": self.statement.substatement_type,
            "ResultConfiguration": {"OutputLocation": self.result_file},
            "QueryExecutionContext": self.request.get("QueryExecutionContext", {}),
            "Status": self._status(),
            "Statistics": self._statistics(),
            "WorkGroup": self.work_group.name,
            "EngineVersion": ENGINE_VERSION,
        }
        if parameters := self.request.get("ExecutionParameters"):
            described["ExecutionParameters"] = parameters
        return described

    def logged(self, state: str) -> Statement:
        """Return it as the log of statements keeps it."""
        return Statement(
            query_id=self.id,
            athena_sql=self.sql,
            trino_sql=tuple(self.execution.trino_sql if self.execution else ()),
            statement_type=self.statement.statement_type,
            substatement_type=self.statement.substatement_type,
            state=state,
            reason=self.failure.reason if self.failure else None,
            scanned_bytes=self.scanned_bytes,
            millis=int(1000 * (self.completed - self.submitted)),
            work_group=self.work_group.name,
            database=self.database,
        )

    def _status(self) -> dict[str, Any]:
        state = self.state
        status: dict[str, Any] = {"State": state, "SubmissionDateTime": self.submitted}
        if state not in _ENDED:
            return status
        status["CompletionDateTime"] = self.completed
        if self.failure:
            status["StateChangeReason"] = self.failure.reason
        if self.failure and state == "FAILED":
            status["AthenaError"] = {
                "ErrorCategory": self.failure.category,
                "ErrorType": self.failure.error_type,
                "Retryable": False,
                "ErrorMessage": self.failure.reason,
            }
        return status

    def _statistics(self) -> dict[str, Any]:
        ended = self.completed or time.time()
        running = int(1000 * (ended - self.started)) if self.started else 0
        total = int(1000 * (ended - self.submitted))
        statistics: dict[str, Any] = {
            "EngineExecutionTimeInMillis": running,
            "TotalExecutionTimeInMillis": total,
            "QueryQueueTimeInMillis": total - running,
            "DataScannedInBytes": self.scanned_bytes,
        }
        if self.execution and self.execution.manifest:
            statistics["DataManifestLocation"] = self.execution.manifest
        return statistics
