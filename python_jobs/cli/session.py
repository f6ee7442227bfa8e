"""What every command is given: where, as of when, and how to talk."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from python_jobs.platform.errors import UsageError
from python_jobs.platform.progress import Progress
from python_jobs.platform.settings import Settings
from python_jobs.platform.write_lock import write_lock

if TYPE_CHECKING:
    from python_jobs.cli.config import Config
    from python_jobs.cli.dbt import Dbt
    from python_jobs.store import Store
    from python_jobs.store.local_tables import LocalTables


@dataclass(frozen=True)
class Session:
    """One command's surroundings.

    Attributes
    ----------
    settings
        Target and locations.
    config_path
        YAML file of choices; None: the defaults.
    as_of_date
        Date to look from; None: the newest one the data supports.
    progress
        Receiver of progress, on standard error.
    console
        Where results go: standard output.
    """

    settings: Settings
    config_path: Path | None
    as_of_date: date | None
    progress: Progress
    console: Console

    @cached_property
    def config(self) -> "Config":
        """Configuration, read when first needed."""
        from python_jobs.cli.config import load_config  # noqa: PLC0415 - slow import

        return load_config(self.config_path)

    @cached_property
    def store(self) -> "Store":
        """Iceberg tables of the target, of this version."""
        from python_jobs.store import Store  # noqa: PLC0415 - slow import

        opened = Store.open(self.settings)
        opened.check()
        return opened

    @cached_property
    def tables(self) -> "LocalTables | Store":
        """Iceberg tables of the target to read, of this version."""
        if self.settings.target == "athena":
            return self.store
        from python_jobs.store.local_tables import (  # noqa: PLC0415 - slow import
            LocalTables,
        )

        self.check_local_tables()
        return LocalTables(self.settings.warehouse)

    def check_local_tables(self) -> None:
        """Refuse a local warehouse of another version.

        Who queries on Athena may have no right to the tables behind the marts.
        """
        from python_jobs.store.versions import (  # noqa: PLC0415 - slow import
            check_local_warehouse,
        )

        if self.settings.target == "duckdb":
            check_local_warehouse(self.settings.warehouse)

    def check_place(self) -> None:
        """Refuse a local warehouse that was copied or moved."""
        from python_jobs.store.place import (  # noqa: PLC0415 - sqlite, threads
            refuse_other_place,
        )

        if self.settings.target == "duckdb":
            refuse_other_place(self.settings.warehouse)

    @contextmanager
    def writing(self, command: str) -> Iterator[None]:
        """Hold the lock of a command that writes: one at a time in a warehouse.

        Raises
        ------
        PlatformError
            If another one writes, or the warehouse was made by another version.
        """
        with write_lock(self.settings, command):
            # opened for its check, before anything is written
            _ = self.store
            yield

    @cached_property
    def dbt(self) -> "Dbt":
        """The dbt project on this session's target."""
        from python_jobs.cli.dbt import Dbt  # noqa: PLC0415 - slow import

        return Dbt(self.settings, self.progress)


def parsed_date(text: str | None) -> date | None:
    """Read an ISO date of the command line.

    Raises
    ------
    UsageError
        If the text is no date.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"--as-of '{text}' is no date → write YYYY-MM-DD, such as 2025-12-31"
        ) from None
