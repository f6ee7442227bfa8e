"""What notices a mutant in SQL: the model's unit tests, its data tests on a fleet."""

import math
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp

from mutants.operators import Site, mutated, sites
from mutants.project import Model, UnitTest, placed

_SETTINGS = (
    "set integer_division = true; set TimeZone = 'UTC'; set threads = 1;"
    " set enable_progress_bar = false"
)
_SECONDS = 30.0
_TIMES = 20
"""A mutant may take so long, and so many times longer than its model, to be read."""

NO_SQL = (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException)
"""What the engine says of a mutant that is no statement at all."""


class UnitKiller:
    """The unit tests of a model, their inputs as tables of a database in memory."""

    def __init__(self, model: Model) -> None:
        """Make the tables; every test must hold of the model as it is."""
        self._database = duckdb.connect()
        self._database.execute(_SETTINGS)
        self._model = model
        self._cases = [
            _Case(self._database, f"given_{number}", test)
            for number, test in enumerate(model.unit_tests)
        ]
        for case in self._cases:
            if not case.holds(case.test.statement):
                raise AssertionError(f"{model.name}: {case.test.name} fails unmutated")

    def killed_by(self, site: Site) -> str | None:
        """Return the first unit test that notices, or that cannot be run."""
        for case in self._cases:
            mutant = case.mutant(self._model.statement, site)
            if mutant is None:
                continue
            try:
                with _bounded(self._database, _SECONDS):
                    holds = case.holds(mutant)
            except duckdb.Error:
                holds = False
            if not holds:
                return case.test.name
        return None


class _Case:
    def __init__(
        self, database: duckdb.DuckDBPyConnection, schema: str, test: UnitTest
    ) -> None:
        self.test = test
        self._database, self._schema = database, schema
        self._sites = {_key(site): site for site in sites(test.statement)}
        database.execute(f"create schema {schema}")
        for name, select in test.inputs.items():
            database.execute(f'create table {schema}."{name}" as {select}')
        columns = ", ".join(f'"{column}"' for column in test.columns)
        self._select = f"select {columns} from"
        self._expected = self._rows(test.expected)

    def holds(self, statement: exp.Expression) -> bool:
        return self._rows(placed(statement, self._schema)) == self._expected

    def mutant(self, original: exp.Expression, site: Site) -> exp.Expression | None:
        """Return the test's statement with a fault; None: it has no such place.

        Variables and macros that a test overrides may change the statement.
        """
        found = self._sites.get(_key(site))
        if found is None and _shape(original) == _shape(self.test.statement):
            found = site
        return None if found is None else mutated(self.test.statement, found)

    def _rows(self, statement: str) -> Counter[tuple[Any, ...]]:
        rows = self._database.execute(f"{self._select} ({statement})").fetchall()
        return Counter(tuple(map(_hashable, row)) for row in rows)


class DataKiller:
    """A built warehouse in which one model is made anew, and what is asked of it."""

    def __init__(self, database: Path) -> None:
        """Open a copy of the warehouse's database: nothing in it is kept."""
        self._database = duckdb.connect(str(database))
        self._database.execute(_SETTINGS)
        self._seconds: dict[str, float] = {}

    def is_statement(self, model: Model, statement: exp.Expression) -> bool:
        """Return whether the engine would try it."""
        try:
            self._database.execute("explain " + placed(statement, model.reads))
        except NO_SQL:
            return False
        except duckdb.Error:
            return True
        return True

    def hold(self, model: Model) -> None:
        """Ask of the model as it is what its mutants will be asked, and how long."""
        start = time.monotonic()
        noticed = self._killed_by(model, model.statement, math.inf)
        if noticed is not None:
            raise AssertionError(f"{model.name}: {noticed} fails unmutated")
        self._seconds[model.name] = _SECONDS + _TIMES * (time.monotonic() - start)

    def killed_by(self, model: Model, statement: exp.Expression) -> str | None:
        """Return the contract, or the first data test, that notices."""
        return self._killed_by(model, statement, self._seconds[model.name])

    def _killed_by(
        self, model: Model, statement: exp.Expression, seconds: float
    ) -> str | None:
        self._database.begin()
        try:
            with _bounded(self._database, seconds):
                return self._noticed_by(model, statement)
        except duckdb.Error as error:
            return f"error: {str(error).splitlines()[0][:60]}"
        finally:
            self._database.rollback()

    def _noticed_by(self, model: Model, statement: exp.Expression) -> str | None:
        kind = "view" if model.is_view else "table"
        columns = self._columns(model)
        text = placed(statement, model.reads)
        self._database.execute(f"drop {kind} {model.relation}")
        self._database.execute(f"create {kind} {model.relation} as {text}")
        if self._columns(model) != columns:
            return "contract"
        for name, test in model.data_tests.items():
            if self._database.execute(test).fetchone() is not None:
                return name
        return None

    def _columns(self, model: Model) -> list[tuple[Any, ...]]:
        described = self._database.execute(f"describe {model.relation}").fetchall()
        return sorted(row[:2] for row in described)


@contextmanager
def _bounded(database: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """Stop a statement that does not end: a mutant may join all with all."""
    timer = threading.Timer(min(seconds, threading.TIMEOUT_MAX), database.interrupt)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _key(site: Site) -> tuple[str, str]:
    return site.operator, site.name


def _shape(statement: exp.Expression) -> list[type[exp.Expression]]:
    return [type(node) for node in statement.dfs()]


def _hashable(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(map(_hashable, value))
    return "NaN" if isinstance(value, float) and math.isnan(value) else value
