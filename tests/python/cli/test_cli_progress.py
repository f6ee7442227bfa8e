"""Progress: JSON lines in a pipe, bars on a terminal, never both."""

import io
import json
import os
import pty
from threading import Thread

from python_jobs.platform import progress as module
from python_jobs.platform.progress import LogProgress, NoProgress, open_progress


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    """Return the JSON objects of a log."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_pipe_gets_json_lines() -> None:
    """A task is a line at its start and one at its end with the count."""
    stream = io.StringIO()
    progress = open_progress(stream)
    with progress.task("fit", total=3, unit="series") as task:
        for _ in range(3):
            task.advance(detail="SRV-0001 cpu")
    progress.warn("old", days=9)
    written = lines(stream)
    assert [line["message"] for line in written] == ["fit", "fit", "old"]
    assert [line["level"] for line in written] == ["info", "info", "warning"]
    assert written[0]["total"] == 3
    assert written[1] | {"time": 0, "seconds": 0} == {
        "time": 0,
        "level": "info",
        "message": "fit",
        "state": "done",
        "unit": "series",
        "done": 3,
        "seconds": 0,
    }
    assert written[2]["days"] == 9


def test_a_long_task_is_reported_in_between(monkeypatch) -> None:
    """With no time between lines every advance is one; with five seconds, none is."""
    monkeypatch.setattr(module, "SECONDS_BETWEEN_LINES", 0.0)
    stream = io.StringIO()
    with LogProgress(stream).task("load", unit="rows") as task:
        task.set_total(20)
        task.advance(10)
        task.advance(10)
    assert [line.get("done") for line in lines(stream)] == [None, 10, 20, 20]
    assert [line.get("total") for line in lines(stream)] == [None, 20, 20, None]


def read_terminal(primary: int, chunks: list[bytes]) -> None:
    """Read what a terminal shows until the program has closed it."""
    while True:
        try:
            chunk = os.read(primary, 65_536)
        except OSError:
            # what Linux says when the other side is gone
            return
        if not chunk:
            return
        chunks.append(chunk)


def test_a_terminal_gets_bars() -> None:
    """On a terminal there is a bar with the count, and no JSON."""
    primary, secondary = pty.openpty()
    chunks: list[bytes] = []
    reader = Thread(target=read_terminal, args=(primary, chunks))
    reader.start()
    with os.fdopen(secondary, "w") as stream:
        progress = open_progress(stream)
        with progress.task("fit", total=2, unit="series") as task:
            task.advance(2)
        progress.note("as-of date", date="2025-12-31")
    reader.join(timeout=60)
    os.close(primary)
    text = b"".join(chunks).decode()
    assert "2/2" in text
    assert "as-of date (date 2025-12-31)" in text
    assert "{" not in text


def test_nobody_watches() -> None:
    """The silent kind takes the same calls."""
    progress = NoProgress()
    with progress.task("fit", total=1) as task:
        task.set_total(2)
        task.advance()
    progress.note("x")
    progress.warn("y")
