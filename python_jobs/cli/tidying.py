"""What commands that write do at their end: keep the local tables small and few."""

from datetime import UTC, datetime
from typing import Literal

from python_jobs.cli.session import Session
from python_jobs.cli.state import read_last_build
from python_jobs.platform.settings import Settings

_DATABASES = "capacity*.duckdb"


def tidy_tables(session: Session, schema: Literal["raw", "ml"]) -> None:
    """Compact the tables that a command wrote once many commits have grown them.

    On Athena that is the part of `capacity maintain`, which asks Athena to do it.
    """
    from python_jobs.maintenance.automatic import tidy  # noqa: PLC0415 - slow import
    from python_jobs.store import TABLES  # noqa: PLC0415

    if session.settings.target == "duckdb":
        tidy(
            session.store,
            [name for name in TABLES if name.startswith(f"{schema}.")],
            progress=session.progress,
            shown_ms=shown_moments(session.settings),
        )


def shown_moments(settings: Settings) -> tuple[int, ...] | None:
    """Return the moments of whose tables the built database shows rows.

    Its views were made in the last green build. None: that was of a selection, and
    they may be of any moment.
    """
    databases = list(settings.warehouse.glob(_DATABASES))
    if not databases:
        return ()
    last = read_last_build(settings)
    if last is None:
        return None
    finished_at = datetime.fromisoformat(last.finished_at).replace(tzinfo=UTC)
    moments = [finished_at.timestamp(), *(each.stat().st_mtime for each in databases)]
    return tuple(int(moment * 1000) for moment in moments)
