"""How far a long step has come: bars on a terminal, JSON log lines elsewhere.

One interface serves dbt's nodes, fitted series and loaded rows. Both kinds write to
standard error, so that results on standard output stay clean; never both at once.
"""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import Protocol, TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.progress import Progress as RichBars

from python_jobs.platform.terminal import console
from python_jobs.platform.texts import visible

SECONDS_BETWEEN_LINES = 5.0
"""A log of a long step stays short: at most one line per task in this time."""


class Task(Protocol):
    """One counted step."""

    def advance(self, count: int = 1, *, detail: str = "") -> None:
        """Add `count` finished units; `detail` names the latest."""

    def set_total(self, total: int) -> None:
        """Say how many units there are, once it is known."""


class Progress(Protocol):
    """Receiver of progress; functions take one and never ask which kind it is."""

    def task(
        self, name: str, *, total: int | None = None, unit: str = "rows"
    ) -> AbstractContextManager[Task]:
        """Open a counted step that ends with the ``with`` block."""

    def note(self, message: str, **fields: object) -> None:
        """Tell one fact; `fields` are its numbers and names."""

    def warn(self, message: str, **fields: object) -> None:
        """Tell one fact that a reader should act on."""


class _Silent:
    """A task nobody watches."""

    def advance(self, count: int = 1, *, detail: str = "") -> None:
        """Forget the count."""

    def set_total(self, total: int) -> None:
        """Forget the total."""


class NoProgress:
    """Progress that says nothing: for library use and for tests."""

    @contextmanager
    def task(
        self, name: str, *, total: int | None = None, unit: str = "rows"
    ) -> Iterator[Task]:
        """Open a step that reports nothing."""
        del name, total, unit
        yield _Silent()

    def note(self, message: str, **fields: object) -> None:
        """Say nothing."""

    def warn(self, message: str, **fields: object) -> None:
        """Say nothing."""


class _Bar:
    """A task shown as a bar."""

    def __init__(self, bars: RichBars, name: str, total: int | None) -> None:
        self._bars = bars
        self._task = bars.add_task(name, total=total, detail="")

    def advance(self, count: int = 1, *, detail: str = "") -> None:
        self._bars.update(self._task, advance=count, detail=detail)

    def set_total(self, total: int) -> None:
        self._bars.update(self._task, total=total)

    def close(self) -> None:
        self._bars.update(self._task, detail="")


class TerminalProgress:
    """Bars by rich, one per open task."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @contextmanager
    def task(
        self, name: str, *, total: int | None = None, unit: str = "rows"
    ) -> Iterator[Task]:
        """Show a bar with the count and the time since its start."""
        with RichBars(
            SpinnerColumn(finished_text="[green]✓[/green]"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn(unit),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
            TextColumn("{task.fields[detail]}", style="dim", markup=False),
            console=self._console,
        ) as bars:
            bar = _Bar(bars, name, total)
            yield bar
            bar.close()

    def note(self, message: str, **fields: object) -> None:
        """Print the message with its fields behind it."""
        self._console.print(_sentence(message, fields), highlight=False)

    def warn(self, message: str, **fields: object) -> None:
        """Print the message in yellow."""
        text = _sentence(f"warning: {message}", fields)
        self._console.print(text, style="yellow", highlight=False)


class _LoggedTask:
    """A task reported in JSON lines, not more often than every few seconds."""

    def __init__(self, log: "LogProgress", name: str, total: int | None) -> None:
        self._log = log
        self._name = name
        self.total = total
        self.done = 0
        self._said_at = time.monotonic()

    def advance(self, count: int = 1, *, detail: str = "") -> None:
        self.done += count
        if time.monotonic() - self._said_at >= SECONDS_BETWEEN_LINES:
            self._said_at = time.monotonic()
            self._log.note(
                self._name, done=self.done, total=self.total, latest=detail or None
            )

    def set_total(self, total: int) -> None:
        self.total = total


class LogProgress:
    """JSON log lines, one object a line: for pipes, files and schedulers."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    @contextmanager
    def task(
        self, name: str, *, total: int | None = None, unit: str = "rows"
    ) -> Iterator[Task]:
        """Write a line at the start, at most one every five seconds, one at the end."""
        started = time.monotonic()
        logged = _LoggedTask(self, name, total)
        self.note(name, state="started", unit=unit, total=total)
        yield logged
        seconds = round(time.monotonic() - started, 1)
        self.note(name, state="done", unit=unit, done=logged.done, seconds=seconds)

    def note(self, message: str, **fields: object) -> None:
        """Write one line of level info."""
        self._write("info", message, fields)

    def warn(self, message: str, **fields: object) -> None:
        """Write one line of level warning."""
        self._write("warning", message, fields)

    def _write(self, level: str, message: str, fields: dict[str, object]) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        line: dict[str, object] = {"time": now, "level": level, "message": message}
        line |= {key: value for key, value in fields.items() if value is not None}
        text = json.dumps(line, default=str, ensure_ascii=False)
        self._stream.write(visible(text) + "\n")
        self._stream.flush()


def open_progress(stream: TextIO | None = None) -> Progress:
    """Return bars when `stream` (standard error) is a terminal, else JSON lines."""
    chosen = sys.stderr if stream is None else stream
    if chosen.isatty():
        return TerminalProgress(console(chosen))
    return LogProgress(chosen)


def _sentence(message: str, fields: dict[str, object]) -> str:
    shown = ", ".join(f"{key} {value}" for key, value in fields.items())
    return visible(f"{message} ({shown})" if shown else message)
