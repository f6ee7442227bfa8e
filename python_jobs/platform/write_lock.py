"""One writer at a time in a warehouse: the second one is refused before it begins.

Iceberg would keep two writers' rows apart, but two builds would drop each other's
tables. The folder's lock is the system's; on Athena a second one lies in S3, because
the other writer may be on another machine.
"""

import json
import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from python_jobs.platform.file_lock import held
from python_jobs.platform.settings import Settings


def _machine() -> str:
    """Return an id of this boot and of this space of process numbers; empty: unknown.

    Two containers may share a host name, and then even process numbers.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


@dataclass(frozen=True)
class Holder:
    """Who writes.

    Attributes
    ----------
    command
        Its command, such as ``run``.
    folder
        Its warehouse, whose lock is freed when its last process has ended.
    host, process
        Where it runs.
    machine
        Identifies the running system whose process numbers these are.
    started_at
        UTC time, ISO.
    token
        Unlike any other holder's.
    """

    command: str
    folder: str = ""
    host: str = field(default_factory=socket.gethostname)
    process: int = field(default_factory=os.getpid)
    machine: str = field(default_factory=_machine)
    started_at: str = field(
        default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds")
    )
    token: str = field(default_factory=lambda: uuid.uuid4().hex)

    def __str__(self) -> str:
        """Return it for a message."""
        return (
            f"`capacity {self.command}` (process {self.process} on {self.host}, since"
            f" {self.started_at})"
        )

    @classmethod
    def read(cls, text: str | bytes) -> "Holder | None":
        """Return the holder that a lock names; None when its text is no holder's."""
        try:
            content = json.loads(text)
            return cls(**{name: content[name] for name in cls.__dataclass_fields__})
        except (ValueError, TypeError, KeyError):
            return None

    def is_dead(self) -> bool:
        """Return whether it was a process of this system and is not there any more."""
        if not self.machine or self.machine != _machine():
            return False
        try:
            os.kill(self.process, 0)
        except ProcessLookupError:
            return True
        except OSError:
            return False
        return False


@contextmanager
def write_lock(settings: Settings, command: str) -> Iterator[None]:
    """Be the only writer of a warehouse.

    Raises
    ------
    PlatformError
        If another one writes.
    """
    holder = Holder(command, str(settings.warehouse))
    with _folder(settings.warehouse, holder):
        if settings.target == "athena":
            from python_jobs.platform.s3_lock import s3_lock  # noqa: PLC0415 - slow import

            with s3_lock(settings, holder):
                yield
        else:
            yield


@contextmanager
def _folder(warehouse: Path, holder: Holder) -> Iterator[None]:
    """Hold the folder's lock, and say beside it who does."""
    note = warehouse / "run.json"
    other: Holder | None = None
    with suppress(OSError):
        other = Holder.read(note.read_bytes())
    writer = str(other or "another `capacity` command")
    if other is not None and other.is_dead():
        writer = f"the dbt process of {other}, which was killed, still"
    message = f"{writer} writes to {warehouse} → wait until it has ended"
    with held(warehouse / "run.lock", otherwise=message):
        note.write_text(json.dumps(asdict(holder)) + "\n", "utf-8")
        try:
            yield
        finally:
            note.unlink(missing_ok=True)
