"""The same fleet and the same commands on DuckDB and on the local Athena."""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import duckdb
from athena_local import LocalAthena
from athena_local.statement_log import Statement
from capacity_process import Ended, environment, run_capacity
from marts import Frames, ordered, read_tables

from python_jobs.cli.engine import read_sql
from python_jobs.platform.settings import Settings
from python_jobs.store.catalog import namespace, open_catalog

PROJECT = Path(__file__).resolve().parents[3]
MODELS = sorted(path.stem for path in (PROJECT / "models").rglob("*.sql"))
PlainDbt = Callable[..., Ended]
_NODE = re.compile(r'"node_id": "([a-z_]+)\.capacity_forecaster\.(\w+)')


@dataclass(frozen=True)
class Target:
    """One of the two: its folder, and the variables that point commands at it."""

    name: str
    warehouse: Path
    variables: dict[str, str]

    def run(self, *arguments: object) -> Ended:
        """Run `capacity`; it must succeed."""
        ended = run_capacity(*arguments, warehouse=self.warehouse, **self.variables)
        with (self.warehouse / "stderr.jsonl").open("a") as log:
            log.write(ended.stderr)
        assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-4000:]
        return ended

    @contextmanager
    def settings(self) -> Iterator[Settings]:
        """Point this process at the target, too."""
        variables = environment(self.warehouse, **self.variables)
        with mock.patch.dict(os.environ, variables, clear=True):
            yield Settings.from_environment()

    def forget_builds(self) -> None:
        """Let the next build be a whole one."""
        for record in self.warehouse.glob("last_build_*.json"):
            record.unlink()
        if (self.warehouse / "capacity.duckdb").exists():
            with duckdb.connect(str(self.warehouse / "capacity.duckdb")) as database:
                database.execute("drop table if exists marts.builds")


@dataclass(frozen=True)
class Targets:
    """Both targets, and the log of what reached Athena."""

    duckdb: Target
    athena: Target
    local_athena: LocalAthena
    config: Path

    def marts(self) -> tuple[Frames, Frames]:
        """Return every mart of DuckDB, and of Athena, which alone reads its views."""
        local = read_tables(self.duckdb.warehouse)
        with self.athena.settings() as settings:
            catalog = open_catalog(settings)
            database = namespace(settings, "marts")
            athena = {
                name: catalog.load_table((database, name)).scan().to_arrow()
                for _, name in catalog.list_tables(database)
            }
            for name in local.keys() - athena.keys():
                view = read_sql(settings, f"select * from {database}.{name}")  # noqa: S608
                schema = local[name].schema
                athena[name] = view.select(schema.names).cast(schema)
        return (
            {name: ordered(table) for name, table in local.items()},
            {name: ordered(athena[name]) for name in sorted(athena)},
        )

    def statements(self, since: int = 0) -> Sequence[Statement]:
        """Return the statements that ended after the first so many."""
        return self.local_athena.statements()[since:]


def scanned_bytes(statements: Sequence[Statement]) -> Counter[str]:
    """Return the bytes that Trino read, by the dbt node that asked."""
    scanned: Counter[str] = Counter()
    for statement in statements:
        found = _NODE.search(statement.athena_sql)
        node = f"{found[1]} {found[2]}" if found else "no node"
        scanned[node] += statement.scanned_bytes
    return scanned


@dataclass(frozen=True)
class State:
    """What both targets hold after a step, and where its statements begin and end."""

    duckdb: Frames
    athena: Frames
    first_statement: int
    end_statement: int


def state_after(targets: Targets, first_statement: int) -> State:
    """Read both targets, without the ids of runs: these hash inputs to the last bit."""
    frames = [
        {
            name: frame.drop(columns="run_id", errors="ignore")
            for name, frame in marts.items()
        }
        for marts in targets.marts()
    ]
    return State(*frames, first_statement, len(targets.statements()))
