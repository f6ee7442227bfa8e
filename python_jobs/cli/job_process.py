"""The jobs in a process beside us: what they held is gone when dbt goes on.

It is started early, because to import the jobs takes seconds.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from python_jobs.cli.job_server import Request
from python_jobs.platform import errors
from python_jobs.platform.errors import CapacityError, PlatformError
from python_jobs.platform.file_lock import held_descriptors
from python_jobs.platform.progress import Progress, Task

_SECONDS_TO_END = 5


class JobTraceback(Exception):  # noqa: N818 - it is shown behind the error
    """Where in the other process an error came from."""


class JobProcess:
    """The process that imports the jobs, and runs those of one request."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "python_jobs.cli.job_server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            # Ctrl-C is ours to pass on, and the whole group's to be killed
            process_group=0,
            pass_fds=held_descriptors(),
        )

    def run(self, request: Request, *, progress: Progress) -> None:
        """Run the jobs of a request, showing what they report.

        Raises
        ------
        CapacityError
            What ended them there, as the kind that it was.
        PlatformError
            If the process was killed.
        """
        with suppress(BrokenPipeError):
            print(request.to_line(), file=self._process.stdin, flush=True)
        self._follow(iter(self._process.stdout or ()), progress, task=None)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_SECONDS_TO_END)

    def _follow(
        self, lines: Iterator[str], progress: Progress, *, task: Task | None
    ) -> None:
        """Show what comes, up to the end of a step or of all."""
        for line in lines:
            kind, *values = json.loads(line)
            if kind in ("done", "ended"):
                return
            if kind == "failed":
                raise _failure(*values)
            if kind == "task":
                name, total, unit = values
                with progress.task(name, total=total, unit=unit) as inner:
                    self._follow(lines, progress, task=inner)
            elif kind in ("note", "warn"):
                message, fields = values
                getattr(progress, kind)(message, **fields)
            elif task is not None and kind == "advance":
                count, detail = values
                task.advance(count, detail=detail)
            elif task is not None:
                task.set_total(*values)
        raise PlatformError(
            f"the process of the jobs {_end(self._process.wait())} → it may have run"
            " out of memory: give it more, or set jobs.processes lower; then run the"
            " same command again"
        )

    def stop(self) -> None:
        """End it at once; what it writes counts as a whole or not at all."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()


@contextmanager
def job_process() -> Iterator[JobProcess]:
    """Start the process of the jobs, and end it with the block."""
    process = JobProcess()
    try:
        yield process
    finally:
        process.stop()


def _failure(kind: str, message: str, where: str) -> CapacityError:
    """Return the error that another process met, with its traceback as the cause."""
    error: CapacityError = getattr(errors, kind)(message)
    error.__cause__ = JobTraceback(where)
    return error


def _end(code: int) -> str:
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with exit code {code} and without a word"
