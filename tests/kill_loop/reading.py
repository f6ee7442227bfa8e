"""A reader beside the kills: polls a built database as a BI tool does.

``reading.py DATABASE`` opens the file anew for each poll, read-only, until its standard
input ends; a line there is answered by what was seen since the last one, as JSON. It
knows nothing of the project but the table ``marts.builds``.
"""

import json
import select
import sys
from typing import Any

import duckdb

SECONDS_BETWEEN = 0.3

_TABLES = """
select
    table_schema || '.' || table_name as name,
    coalesce(bool_or(column_name = 'as_of_date'), false) as has_date,
    coalesce(bool_or(column_name = 'run_id'), false) as has_run
from information_schema.columns
where table_schema in ('marts', 'raw', 'ml')
group by all
order by name
"""

_CONTENT = "select count(*), sum(hash(each)::hugeint)::varchar from {} as each"


class Polls:
    """What was seen, and what a reader must never see."""

    def __init__(self, database: str) -> None:
        self._database = database
        self._contents: dict[str, str] = {}
        self._newest = ""
        self._tables: set[str] = set()
        self._begin()

    def _begin(self) -> None:
        self.polls = 0
        self.builds: set[str] = set()
        self.faults: list[str] = []

    def take(self) -> dict[str, Any]:
        """Return what was seen since the last call."""
        taken = {
            "polls": self.polls,
            "builds": sorted(self.builds),
            "faults": self.faults,
        }
        self._begin()
        return taken

    def poll(self) -> None:
        """Read everything once."""
        self.polls += 1
        try:
            config = {"threads": "1"}
            with duckdb.connect(
                self._database, read_only=True, config=config
            ) as database:
                self._read(database)
        except duckdb.Error as error:
            self.faults.append(f"a reader is refused: {str(error)[:500]}")

    def _read(self, database: duckdb.DuckDBPyConnection) -> None:
        """Hold every mart against the one row that says which build this is."""
        rows = database.execute(
            "select as_of_date::varchar, finished_at::varchar, run_ids"
            " from marts.builds"
        ).fetchall()
        if len(rows) != 1:
            self.faults.append(f"marts.builds has {len(rows)} rows")
            return
        ((as_of_date, finished_at, run_ids),) = rows
        tables = database.execute(_TABLES).fetchall()
        contents = []
        for name, has_date, has_run in tables:
            content = database.execute(_CONTENT.format(name)).fetchone()
            if name.startswith("marts."):
                contents.append((name, content))
                if has_run:
                    self._check(database, name, "run_id", set(run_ids))
                elif has_date:
                    self._check(database, name, "as_of_date", {as_of_date})
        self._check_last_day(database, as_of_date)
        self._check_build(finished_at, str(contents), {name for name, *_ in tables})

    def _check(
        self,
        database: duckdb.DuckDBPyConnection,
        name: str,
        column: str,
        expected: set[str],
    ) -> None:
        """Hold the rows of a job against its published runs, all others by date."""
        rows = database.execute(f"select distinct {column} from {name}").fetchall()  # noqa: S608
        found = {str(value) for (value,) in rows}
        if not found <= expected:
            self.faults.append(
                f"{name} holds {sorted(found)}, its build {sorted(expected)}"
            )

    def _check_last_day(
        self, database: duckdb.DuckDBPyConnection, as_of_date: str
    ) -> None:
        row = database.execute(
            "select max(metric_date)::varchar from marts.fct_server_days"
        ).fetchone()
        if row != (as_of_date,):
            self.faults.append(f"days end at {row}, the build looks from {as_of_date}")

    def _check_build(self, finished_at: str, contents: str, tables: set[str]) -> None:
        """Expect that a build has all tables, and neither changes nor goes back."""
        self.builds.add(finished_at)
        if self._contents.setdefault(finished_at, contents) != contents:
            self.faults.append(f"the build of {finished_at} has changed its rows")
        if finished_at < self._newest:
            self.faults.append(f"the build of {finished_at} came after {self._newest}")
        if not self._tables <= tables:
            missing = sorted(self._tables - tables)
            self.faults.append(f"the build of {finished_at} lacks {missing}")
        self._newest = max(self._newest, finished_at)
        self._tables |= tables


def main(database: str) -> None:
    """Poll until nobody listens any more."""
    polls = Polls(database)
    while True:
        polls.poll()
        ready, _, _ = select.select([sys.stdin], [], [], SECONDS_BETWEEN)
        if ready:
            if not sys.stdin.readline():
                return
            sys.stdout.write(json.dumps(polls.take()) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
