"""A local Athena: Trino, moto and Athena's API, started by one command."""

from typing import TYPE_CHECKING, Any

from athena_local.errors import LocalAthenaError
from athena_local.faults import LOST_RESPONSE, Fault, Faults

if TYPE_CHECKING:
    from athena_local.stack import LocalAthena, Statement, start

__all__ = [
    "LOST_RESPONSE",
    "Fault",
    "Faults",
    "LocalAthena",
    "LocalAthenaError",
    "Statement",
    "start",
]


def __getattr__(name: str) -> Any:
    """Load moto and boto3 when they are first asked for: most tests do without."""
    if name in ("LocalAthena", "Statement", "start"):
        from athena_local import stack  # noqa: PLC0415 - slow import

        return getattr(stack, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
