"""A command in a session of its own, killed at a moment, with all that it started."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from capacity_process import environment, program

_READER = Path(__file__).with_name("reading.py")
_SECONDS_TO_END = 180.0
_COMMAND_SECONDS = 1800.0


@dataclass(frozen=True)
class Attempt:
    """How one attempt of a command ended.

    Attributes
    ----------
    exit_code
        None: it was killed.
    seconds
        How long it ran.
    left
        Processes that were still there three minutes after the kill of their parent.
    step
        The last step that it told of; empty before the first.
    said
        The end of its standard error.
    """

    exit_code: int | None
    seconds: float
    left: tuple[int, ...] = ()
    step: str = ""
    said: str = ""

    @property
    def is_killed(self) -> bool:
        """Return whether the kill came before the end."""
        return self.exit_code is None


def attempt(
    arguments: Sequence[str],
    *,
    warehouse: Path,
    log: Path,
    kill_after: float | None = None,
    meanwhile: Callable[[], None] | None = None,
) -> Attempt:
    """Run a command, and kill its whole session after so many seconds.

    With ``meanwhile`` its first process alone is killed. What it started goes on while
    that function is called, and then has three minutes to end.
    """
    left: tuple[int, ...] = ()
    with started(arguments, warehouse=warehouse, log=log) as process:
        began = time.monotonic()
        try:
            process.wait(_COMMAND_SECONDS if kill_after is None else kill_after)
            code: int | None = process.returncode
        except subprocess.TimeoutExpired:
            code = None
            if meanwhile is None:
                kill_session(process.pid)
            process.kill()
            process.wait()
        seconds = time.monotonic() - began
        if code is None and meanwhile is not None:
            meanwhile()
            left = _wait_for_session(process.pid)
    return _told(Attempt(code, seconds, left=left), log)


@contextmanager
def started(
    arguments: Sequence[str], *, warehouse: Path, log: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    """Start a command in its own session; at the end nothing of it is there."""
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [program(), *arguments],
            env=environment(warehouse),
            cwd=warehouse.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        kill_session(process.pid)
        process.wait()


def _told(attempt: Attempt, log: Path) -> Attempt:
    """Add what an attempt told of itself."""
    text = log.read_text("utf-8", errors="replace")
    step = ""
    for line in text.splitlines():
        with suppress(ValueError, TypeError, KeyError):
            event = json.loads(line)
            step = event["message"] if "state" in event else step
    return replace(attempt, step=step, said=text[-2000:])


def kill_session(session: int) -> None:
    """Kill every process of a session, those too that are started meanwhile."""
    while True:
        members = session_members(session)
        if not members:
            return
        for member in members:
            with suppress(ProcessLookupError):
                os.kill(member, signal.SIGKILL)
        time.sleep(0.01)


def session_members(session: int) -> tuple[int, ...]:
    """Return the living processes of a session."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with suppress(OSError):
            # pid (name) state ppid pgrp session …, and a name may hold anything
            fields = (folder / "stat").read_text("ascii", "replace").rpartition(")")[2]
            state, _, _, own_session, *_ = fields.split()
            if int(own_session) == session and state not in "ZX":
                found.append(int(folder.name))
    return tuple(found)


def _wait_for_session(session: int) -> tuple[int, ...]:
    """Wait until a session is empty; return who is there after three minutes."""
    until = time.monotonic() + _SECONDS_TO_END
    while time.monotonic() < until:
        if not session_members(session):
            return ()
        time.sleep(0.1)
    return session_members(session)


@dataclass(frozen=True)
class Reader:
    """The process that polls the database."""

    process: "subprocess.Popen[str]"

    def take(self) -> dict[str, Any]:
        """Return what it saw since the last call."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print("what was seen", file=self.process.stdin, flush=True)
        seen: dict[str, Any] = json.loads(self.process.stdout.readline())
        return seen


@contextmanager
def polling(database: Path) -> Iterator[Reader]:
    """Poll a database in another process until the block ends."""
    with subprocess.Popen(
        [sys.executable, str(_READER), str(database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Reader(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait()
