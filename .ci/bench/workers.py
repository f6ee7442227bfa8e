"""Start the workers and hand them work, each pinned to the same single core."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import pandas as pd

ONE_THREAD = {
    f"{library}_NUM_THREADS": "1"
    for library in ("OMP", "OPENBLAS", "MKL", "NUMBA", "NIXTLA", "STAN")
}


@dataclass(frozen=True)
class Timed:
    """What a call gave.

    Attributes
    ----------
    forecast
        ``unique_id, ds, mean`` and the bounds of the intervals.
    seconds
        Of each repeat.
    """

    forecast: pd.DataFrame
    seconds: list[float]


class Worker:
    """A process that serves the forecasters of a script.

    Parameters
    ----------
    python
        Interpreter of the environment.
    script
        Module beside this one.
    folder
        Where frames are exchanged.
    """

    def __init__(self, python: Path, script: str, *, folder: Path) -> None:
        self._files = {
            name: folder / f"{script}_{name}.parquet"
            for name in ("known", "ahead", "forecast")
        }
        self._log = (folder / f"{script}.log").open("w+", encoding="utf-8")
        self._process = subprocess.Popen(  # noqa: S603 - our own script, no shell
            [python, Path(__file__).parent / f"{script}.py"],
            env=os.environ | ONE_THREAD,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(self._process.pid, {shared_core()})

    def __enter__(self) -> "Worker":
        """Use it."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let the process end."""
        self._process.communicate()
        self._log.close()

    def give(self, known: pd.DataFrame, ahead: pd.DataFrame) -> None:
        """Hand over the frames that the next calls forecast from."""
        frames = {"known": known, "ahead": ahead}
        for name, frame in frames.items():
            frame.to_parquet(self._files[name])
        self._ask({name: str(self._files[name]) for name in frames})

    def call(self, model: str, *, repeats: int = 1) -> Timed:
        """Forecast from what was given, and wait for it."""
        path = self._files["forecast"]
        seconds = self._ask({"model": model, "repeats": repeats, "forecast": str(path)})
        return Timed(forecast=pd.read_parquet(path), seconds=seconds)

    def _ask(self, request: dict[str, object]) -> list[float]:
        """Send a request and return the seconds that its answer has.

        Raises
        ------
        SystemExit
            If the worker ended; what it said is in the message.
        """
        assert self._process.stdin is not None  # noqa: S101 - piped above
        assert self._process.stdout is not None  # noqa: S101 - piped above
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            self._log.seek(0)
            raise SystemExit(f"{request}: the worker ended\n{self._log.read()}")
        seconds: list[float] = json.loads(answer)["seconds"]
        return seconds


def shared_core() -> int:
    """Return the core that all workers share: the last one of this process."""
    return max(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
