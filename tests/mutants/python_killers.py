"""Tests in Python that run a model's SQL against an oracle: here they run a mutant's.

The tests themselves are called, with the mutant's text in the place of the model's; of
their examples and dates only as many as are quick: what they miss here they may see.
"""

import itertools
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import test_breach_sql
import test_calendar_equality
import test_cleansing_properties
import test_sql_is_the_engine
from rendered_sql import PROJECT, build, create, engine
from sqlglot import exp

from mutants.operators import Site
from mutants.project import Model, placed
from python_jobs.calendars import CALENDAR_IDS

_SERIES_COUNT = 120
"""Of the 500 examples that the tests draw: enough to notice, and quick."""

_P95_MODELS = ("int_server_days", "stg_raw__server_metrics", "stg_raw__loads")
_BREACH_MODELS = ("int_breach_probabilities", "int_eoq_breach_probabilities")
_TAIL_MODELS = (*_BREACH_MODELS, "int_backtest_breach_probabilities")
_OWN_CTES = {"", "eoq_days", "preceding_days_above", "nodes", "breach_days"}
"""CTEs of these models that are not the macro's, which alone the test runs."""

_NOTICED = (AssertionError, duckdb.Error, KeyError, IndexError, TypeError, ValueError)
"""How a test fails: by an assertion, or on rows of a shape that it cannot read."""


TESTS = tuple(
    module.__file__ or ""
    for module in (
        test_breach_sql,
        test_calendar_equality,
        test_cleansing_properties,
        test_sql_is_the_engine,
    )
)
"""Files of the tests that are called."""


class PythonKiller:
    """The tests of the project that know better than SQL what a model should say."""

    def __init__(self, models: list[Model]) -> None:
        """Keep the texts of all models, as the tests' fixtures do."""
        self._texts = {each.name: placed(each.statement, each.reads) for each in models}
        _keep_what_is_drawn()

    def killed_by(self, model: Model, site: Site, mutant: exp.Expression) -> str | None:
        """Return the first test that fails."""
        texts = self._texts | {model.name: placed(mutant, model.reads)}
        for name, test in _tests(model, site, mutant, texts):
            try:
                test()
            except _NOTICED:
                return name
        return None


def _tests(
    model: Model, site: Site, mutant: exp.Expression, texts: dict[str, str]
) -> Iterator[tuple[str, Callable[[], None]]]:
    cleansing = test_cleansing_properties
    if model.name == "int_cleansed_days":
        name = "test_cleansing_is_that_of_the_oracle"
        yield name, lambda: cleansing.test_cleansing_is_that_of_the_oracle(texts)
    if model.name in _P95_MODELS:
        name = "test_a_days_p95_is_its_nearest_rank"
        yield name, lambda: cleansing.test_a_days_p95_is_its_nearest_rank(texts)
    if model.name == "int_calendar_days":
        yield "test_calendar_equality", lambda: _calendar(texts)
    if model.name in test_sql_is_the_engine.MODELS:
        yield "test_sql_is_the_engine", lambda: _engine(model.name, texts)
    if model.name in _TAIL_MODELS and site.within == "mixed_days":
        yield "test_normal_tail_is_exact", lambda: _normal_tails(mutant)
    if model.name in _BREACH_MODELS and site.within not in _OWN_CTES:
        yield "test_breach_sql", lambda: _breach(mutant)


def _keep_what_is_drawn() -> None:
    """Draw examples, simulate futures and ask the oracle once for all mutants."""
    module: Any = test_cleansing_properties
    draw, oracle = module.drawn, module.cleansed
    module.drawn = cache(lambda strategy: draw(strategy, _SERIES_COUNT))
    known: dict[str, Any] = {}

    def cleansed(rows: list[dict[str, Any]]) -> Any:
        key = rows[0]["server_id"]
        if key not in known:
            known[key] = oracle(rows)
        return known[key]

    module.cleansed = cleansed
    test_breach_sql.simulated = cache(test_breach_sql.simulated)


def _calendar(texts: dict[str, str]) -> None:
    """Hold the calendar up to the last year of the seed against that of Python."""
    test = test_calendar_equality
    with engine() as database:
        as_of = pa.table({"as_of_date": [date.fromisoformat(test.AS_OF_DATE)]})
        create(database, "intermediate.int_as_of_dates", as_of)
        build(database, texts, "int_calendar_days")
        days = database.execute(
            f"from ({texts['int_calendar_days']}) order by all"
        ).df()
    for calendar_id in CALENDAR_IDS:
        test.test_python_and_sql_agree_on_every_day(days, calendar_id)
    test.test_no_calendar_is_on_one_side_only(days)


def _engine(name: str, texts: dict[str, str]) -> None:
    """Hold what a model says of the SQL forecast against the engine in Python."""
    test = test_sql_is_the_engine
    if name == "int_forecast_champions":
        test.CHOICES.clear()
        for seed in range(20):
            test.test_choices_are_the_same(seed, texts)
        return
    fleet = test.Fleets(test.AS_OF_DATES[0], texts)
    fleet.run("int_forecast_windows")
    test.test_windows_and_silence_are_the_same(fleet)
    fleet.forecast_by_weekday_means()
    for each in test.MODELS[1:4]:
        fleet.run(each)
    if name == "int_forecast_errors":
        test.test_scales_are_the_same(fleet)
        return
    for number in (0, 1, 5):
        test.test_quantiles_and_sums_are_the_same(fleet, number)


def _normal_tails(mutant: exp.Expression) -> None:
    """Hold both places where the macro of the normal tail stands against scipy."""
    (cte,) = (each for each in mutant.find_all(exp.CTE) if each.alias == "mixed_days")
    for tail in cte.find_all(exp.Case):
        if tail.find_ancestor(exp.Case) is None:
            (z,) = {column.name for column in tail.find_all(exp.Column)}
            text = tail.sql(dialect="duckdb").replace(z, "z")
            test_breach_sql.test_normal_tail_is_exact(_nodes(), {"normal_tail": text})


def _breach(mutant: exp.Expression) -> None:
    """Hold the macro against patterns counted one by one, and against a simulation."""
    test = test_breach_sql
    macros = {"breach_probabilities": _as_macro(mutant)}
    for count, before in itertools.product((1, 2, 3), test.PRECEDING):
        test.test_first_window_equals_every_pattern_counted(
            _nodes(), macros, count, before
        )
    test.test_sure_and_impossible_breaches(_nodes(), macros)
    for name in test.SERIES:
        test.test_probability_equals_simulation(_nodes(), macros, name, ())
    for name, before in itertools.product(
        ("balanced", "far off level"), [(1, 2), (2, 7)]
    ):
        test.test_probability_equals_simulation(_nodes(), macros, name, before)


def _as_macro(mutant: exp.Expression) -> str:
    """Return a model's statement as the CTE that the test reads, of one key."""
    columns = (
        "select *, 0 as origin_number, series as server_id, 'cpu' as metric,"
        " 'high' as risk_level, true as is_eoq_window"
    )
    day = "date '2026-01-01' as metric_date"
    reads = {
        "int_breach_days": f"({columns} from temp.breach_days)",
        "int_preceding_days_above": f"({columns}, {day} from temp.preceding_days)",
        "level_nodes": "temp.nodes",
    }
    text = placed(mutant, {name: f"{name}__" for name in reads})
    for name, place in reads.items():
        text = text.replace(f'"{name}__"', place).replace(f"{name}__", place)
    statement = f"select *, server_id as series from ({text})"  # noqa: S608 - ours
    return f"breach_probabilities as ({statement})"


def _nodes() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("set integer_division = true; set threads = 1")
    connection.register("nodes", pd.read_csv(PROJECT / "seeds" / "level_nodes.csv"))
    return connection
