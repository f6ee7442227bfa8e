"""What a user is shown of an exception: one message and an exit code."""

from python_jobs.platform.aws_errors import explained
from python_jobs.platform.errors import CapacityError
from python_jobs.platform.machine_errors import machine_fault


def shown(error: Exception) -> CapacityError:
    """Return the error to show for any exception."""
    if isinstance(error, CapacityError):
        return error
    known = explained(error) or machine_fault(error)
    return known or CapacityError(
        f"unexpected {type(error).__name__}: {error} → run again with --debug and"
        " report what it shows"
    )
