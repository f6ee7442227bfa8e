"""What the local Athena refuses, and under which name."""

from dataclasses import dataclass

SYSTEM, USER = 1, 2
"""Categories of a failed query, as Athena numbers them."""

ENGINE_ERROR, ICEBERG_ERROR, RESULT_WRITE_ERROR = 200, 233, 401
USER_ERROR, DATA_ERROR, DDL_ERROR = 1000, 1001, 1003
"""Types of a failed query, from Athena's error catalog."""


class ApiError(Exception):
    """A request that is answered with an error.

    Parameters
    ----------
    message
        Text of the answer.
    name
        Error as the service names it.
    code
        ``AthenaErrorCode`` of the answer, where Athena sends one.
    """

    def __init__(
        self, message: str, *, name: str = "InvalidRequestException", code: str = ""
    ) -> None:
        super().__init__(message)
        self.message, self.name, self.code = message, name, code


class MalformedStatementError(ApiError):
    """A statement that Athena refuses before it is a query."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="MALFORMED_QUERY")


class UnsupportedStatementError(ApiError):
    """A statement of a kind that Athena has not."""

    def __init__(self) -> None:
        super().__init__("Queries of this type are not supported", code="INVALID_QUERY")


@dataclass
class QueryFailedError(Exception):
    """A query that ends as FAILED, or as CANCELLED.

    Attributes
    ----------
    reason
        Athena's words for it; the error's name comes first.
    category, error_type
        Numbers of Athena's error catalog.
    state
        State that the query ends in.
    """

    reason: str
    category: int = USER
    error_type: int = USER_ERROR
    state: str = "FAILED"

    def __str__(self) -> str:
        """Return the reason."""
        return self.reason


def cancelled(reason: str = "Query cancelled by user") -> QueryFailedError:
    """Return the end of a query that was stopped."""
    return QueryFailedError(reason, state="CANCELLED")
