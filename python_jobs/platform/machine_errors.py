"""What this machine refused - disk, memory, folder - and what to do: exit code 4.

The same full disk reaches us as an error of the system, of SQLite, of DuckDB or as a
line in dbt's results. The words are what they share.
"""

import errno
import re
from collections.abc import Iterator
from dataclasses import dataclass

from python_jobs.platform.errors import PlatformError

_ROOM = "make room there, or use another --warehouse; then run the same command again"
_RIGHTS = "give this user the rights to it, or use another --warehouse"
_MEMORY = (
    "give it more memory and processes (ulimit, limits of the container), or set"
    " jobs.processes and loader.memory_limit_mb lower; a build that met DuckDB's own"
    " limit needs a higher CAPACITY_MEMORY_LIMIT_MB; then run the same command again"
)
_FOLDER = "name a folder that can be made and written (--warehouse, CAPACITY_WAREHOUSE)"

_SIGNS = (
    (
        r"No space left on device|database or disk is full|Disk quota exceeded",
        "the disk is full",
        _ROOM,
    ),
    (
        r"Out of Memory Error|Cannot allocate memory|can't start new thread"
        r"|failed to map segment|malloc of size \d+ failed|Unable to allocate"
        r"|std::bad_alloc",
        "memory or threads have run out",
        _MEMORY,
    ),
    (
        r"readonly database|Read-only file system|Permission denied",
        "a file or folder cannot be written",
        _RIGHTS,
    ),
    (r"unable to open database file", "the warehouse cannot be opened", _FOLDER),
    (
        r"database is locked",
        "another process holds the warehouse",
        "wait until it has ended, then run again",
    ),
    (
        r"disk I/O error|database disk image is malformed|file is not a database",
        "a file of the warehouse is damaged",
        "take it back from a copy, or use a new --warehouse and load the data again",
    ),
)
_ERRNOS = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), _ROOM),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), _RIGHTS),
    **dict.fromkeys((errno.ENOMEM, errno.EAGAIN, errno.EMFILE, errno.ENFILE), _MEMORY),
    **dict.fromkeys((errno.ENOTDIR, errno.EEXIST, errno.ENAMETOOLONG), _FOLDER),
    **dict.fromkeys((errno.ELOOP, errno.EISDIR), _FOLDER),
    errno.ENOENT: "bring it back if it was moved or deleted; " + _FOLDER,
    errno.EIO: "check the disk, then run the same command again",
}
_MAKERS = ("sqlite3", "sqlalchemy", "duckdb", "_duckdb", "pyarrow")
_OURS = (OSError, MemoryError, ImportError, RuntimeError)


@dataclass(frozen=True)
class MachineProblem:
    """A fault of this machine, understood.

    Attributes
    ----------
    what
        What happened.
    said
        The words of who met it, on one line.
    advice
        What to do.
    is_environment
        It would have stopped any command: exit code 4, not 5.
    """

    what: str
    said: str
    advice: str
    is_environment: bool = True

    def __str__(self) -> str:
        """Return it in the form of every error here."""
        return f"{self.what}: {self.said} → {self.advice}"


def machine_problem(text: str) -> MachineProblem | None:
    """Return what a message means; None when it is no known fault of the machine."""
    for sign, what, advice in _SIGNS:
        if re.search(sign, text):
            # SQLAlchemy adds the statement, the values and an address
            said = " ".join(text.split("[SQL:", maxsplit=1)[0].split())[:300]
            return MachineProblem(what, said, advice)
    return None


def machine_fault(error: BaseException) -> PlatformError | None:
    """Return the error to show for one that this machine caused; None for others."""
    for each in _chain(error):
        is_of_machine = type(each).__module__.split(".")[0] in _MAKERS
        if not is_of_machine and not isinstance(each, _OURS):
            continue
        if isinstance(each, MemoryError):
            said = " ".join(str(each).split()) or type(each).__name__
            return PlatformError(
                str(MachineProblem("memory has run out", said, _MEMORY))
            )
        if isinstance(each, OSError) and each.errno in _ERRNOS:
            name = each.filename or "the disk"
            return PlatformError(f"{name}: {each.strerror} → {_ERRNOS[each.errno]}")
        found = machine_problem(str(each))
        if found is not None:
            return PlatformError(str(found))
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and what it came from, the nearest first."""
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__ or current.__context__
