"""The other end of `job_process`: jobs imported beforehand, run once, then gone.

Run as ``python -m python_jobs.cli.job_server``. Standard input holds one request; when
it ends, so does this process, because whoever asked is gone. Standard output holds the
progress and the end as lines of JSON.
"""

import json
import os
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from python_jobs.cli.failures import shown
from python_jobs.cli.pipeline import import_jobs, publish_jobs
from python_jobs.platform.errors import CapacityError
from python_jobs.platform.settings import Settings

if TYPE_CHECKING:
    from python_jobs.forecasting.config import JobsConfig

_PATHS = ("warehouse", "project_dir")


@dataclass(frozen=True)
class Request:
    """Which jobs to run.

    Attributes
    ----------
    names
        Jobs, in their order.
    settings
        Target and locations.
    as_of_date
        Newest day that the features know.
    options
        The configuration's part for jobs.
    is_from_saved
        Whether to forecast from saved models.
    """

    names: tuple[str, ...]
    settings: Settings
    as_of_date: date
    options: "JobsConfig"
    is_from_saved: bool

    def to_line(self) -> str:
        """Return it as a line of JSON."""
        content = {
            "names": self.names,
            "settings": asdict(self.settings),
            "as_of_date": self.as_of_date.isoformat(),
            # not all of it is part of a run's identity, which `model_dump` returns
            "options": {
                name: getattr(self.options, name)
                for name in type(self.options).model_fields
            },
            "is_from_saved": self.is_from_saved,
        }
        return json.dumps(content, default=str)

    @classmethod
    def of_line(cls, line: str) -> "Request":
        """Return the request that a line holds."""
        from python_jobs.forecasting.config import JobsConfig  # noqa: PLC0415 - slow

        content = json.loads(line)
        settings = content["settings"]
        places = {name: Path(settings[name]) for name in _PATHS}
        return cls(
            names=tuple(content["names"]),
            settings=Settings(**settings | places),
            as_of_date=date.fromisoformat(content["as_of_date"]),
            options=JobsConfig(**content["options"]),
            is_from_saved=content["is_from_saved"],
        )


class _SentTask:
    """A counted step that the other end shows."""

    def __init__(self, progress: "SentProgress") -> None:
        self._progress = progress

    def advance(self, count: int = 1, *, detail: str = "") -> None:
        """Send the count."""
        self._progress.send("advance", count, detail)

    def set_total(self, total: int) -> None:
        """Send the total."""
        self._progress.send("set_total", total)


class SentProgress:
    """Progress as lines of JSON, a list each: what happened, then its values."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def send(self, kind: str, *values: object) -> None:
        """Send one line."""
        with self._lock:
            print(json.dumps([kind, *values], default=str), file=self._stream)
            self._stream.flush()

    @contextmanager
    def task(
        self, name: str, *, total: int | None = None, unit: str = "rows"
    ) -> Iterator[_SentTask]:
        """Send the beginning and, when all went well, the end of a step."""
        self.send("task", name, total, unit)
        yield _SentTask(self)
        self.send("done")

    def note(self, message: str, **fields: object) -> None:
        """Send a fact."""
        self.send("note", message, fields)

    def warn(self, message: str, **fields: object) -> None:
        """Send a warning."""
        self.send("warn", message, fields)


def main() -> None:
    """Import the jobs, wait for the request, run it, and tell how it ended."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    # what a library prints is for people
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    import_jobs()
    threading.Thread(target=_compile_fits, daemon=True).start()
    line = sys.stdin.readline()
    if not line:
        return
    threading.Thread(target=_end_with_the_other, daemon=True).start()
    progress = SentProgress(answers)
    try:
        request = Request.of_line(line)
        publish_jobs(
            request.names,
            settings=request.settings,
            as_of_date=request.as_of_date,
            options=request.options,
            is_from_saved=request.is_from_saved,
            progress=progress,
        )
    except Exception as error:  # noqa: BLE001 - the other end raises it again
        progress.send("failed", *_told(shown(error)), traceback.format_exc())
    else:
        progress.send("ended")


def _compile_fits() -> None:
    """Compile beside dbt's first builds what the job fits with."""
    from python_jobs.forecasting.models.registry import (  # noqa: PLC0415 - is there
        compile_fits,
    )

    # the job itself will say what stands in the way
    with suppress(Exception):
        compile_fits()


def _told(error: CapacityError) -> tuple[str, str]:
    return type(error).__name__, str(error)


def _end_with_the_other() -> None:
    """End at once when nobody waits any more: jobs may be killed at any time."""
    # not by sys.stdin: the interpreter cannot end while a thread waits in there
    while os.read(0, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
