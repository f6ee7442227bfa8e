"""The forecasting macros as the engine runs them: rendered by dbt, executed on DuckDB.

The breach probability is held against every pattern of a few days, counted one by one,
and against a simulation of the error that it assumes.
"""

import itertools
import json
import os
import shutil
import subprocess
import sysconfig
from dataclasses import dataclass, fields
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.stats import norm

from python_jobs.calendars.forecast_design import TERMS

PROJECT = Path(__file__).resolve().parents[2]
MACROS = {
    "normal_tail": "{{ normal_tail('z') }}",
    "forecast_terms": "{{ forecast_terms() | join(',') }}",
    "breach_probabilities": "{{ breach_probabilities(['series']) }}",
    "final_breach_probabilities": "{{ final_breach_probabilities(['series']) }}",
    "usage_sums": "{{ usage_sums() }}",
    "default__usage_sums": "{{ default__usage_sums() }}",
}
SEPARATOR = "@@"
WINDOW_DAYS = 10
SIMULATION_COUNT = 100_000
# nine nodes of the level, and windows that forget what older ones say; the latter shows
# most where days share no error at all
MODEL_TOLERANCE = 0.02
MODEL_TOLERANCES = {"no level error": 0.05}

# days before the first one that were above, and how far the windows that forget when
# they leave may be off where three days are a breach
PRECEDING = {
    (): 1e-6,
    (1,): 1e-6,
    (1, 2): 1e-6,
    (9, 10): 1e-6,
    (2, 5, 8): 0.006,
    (4, 9): 0.03,
}


@dataclass(frozen=True)
class Series:
    """A forecast that lies below its threshold, and its errors, on the log.

    Attributes
    ----------
    margin, swing
        Distance to the threshold: its mean and the height of its wave over the days.
    level_sd, day_sd, spike_rate, spike_mean, spike_sd
        The errors, as in int_breach_days.
    breach_day_count
        Days above the threshold that make a breach.
    """

    margin: float
    swing: float
    level_sd: float
    day_sd: float
    spike_rate: float
    spike_mean: float
    spike_sd: float
    breach_day_count: int

    def days(self, day_count: int) -> pd.DataFrame:
        """Return the rows of `breach_days`, the level growing with each block."""
        day = np.arange(day_count)
        widths = ("day_sd", "spike_rate", "spike_mean", "spike_sd", "breach_day_count")
        return pd.DataFrame(
            {
                "target_date": pd.date_range("2026-01-01", periods=day_count).date,
                "day_number": day + 1,
                "threshold_log": 0.0,
                "forecast_log": -self.margin + self.swing * np.sin(day / 5),
                "level_sd": self.level_sd * (1 + day // WINDOW_DAYS * 0.1),
                **{name: getattr(self, name) for name in widths},
            }
        )


SERIES = {
    "balanced": Series(0.08, 0.03, 0.05, 0.06, 0.02, 0.40, 0.15, 3),
    "level errors": Series(0.15, 0.05, 0.10, 0.05, 0.03, 0.30, 0.10, 3),
    "far off level": Series(0.05, 0.00, 0.20, 0.10, 0.02, 0.40, 0.10, 3),
    "two days": Series(0.25, 0.10, 0.12, 0.08, 0.05, 0.35, 0.10, 2),
    "one day": Series(0.30, 0.05, 0.15, 0.05, 0.01, 0.40, 0.10, 1),
    "no level error": Series(0.10, 0.00, 0.00, 0.10, 0.02, 0.40, 0.10, 3),
    "no spikes": Series(0.20, 0.05, 0.05, 0.10, 0.00, 0.00, 0.10, 3),
}


@pytest.fixture(scope="module")
def macros(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the text of each macro, as dbt renders it for DuckDB."""
    folder = tmp_path_factory.mktemp("macros")
    shutil.copy(PROJECT / "profiles.yml.example", folder / "profiles.yml")
    command = [str(Path(sysconfig.get_path("scripts")) / "dbt")]
    command += ["--quiet", "--log-format", "json", "--log-path", str(folder)]
    command += ["compile", "--no-populate-cache", "--no-introspect"]
    command += ["--inline", SEPARATOR.join(MACROS.values()), "--output", "json"]
    finished = subprocess.run(
        [*command, "--profiles-dir", str(folder), "--target-path", str(folder)],
        cwd=PROJECT,
        env={**os.environ, "CAPACITY_WAREHOUSE": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    events = [json.loads(line) for line in finished.stdout.splitlines()]
    (rendered,) = [e["data"]["compiled"] for e in events if "compiled" in e["data"]]
    return dict(zip(MACROS, rendered.split(SEPARATOR), strict=True))


@pytest.fixture
def engine() -> duckdb.DuckDBPyConnection:
    """Return DuckDB with the project's settings and the nodes of the level."""
    connection = duckdb.connect()
    connection.execute("set integer_division = true")
    nodes = pd.read_csv(PROJECT / "seeds" / "level_nodes.csv")
    connection.register("nodes", nodes)
    return connection


def probabilities(
    engine: duckdb.DuckDBPyConnection,
    macros: dict[str, str],
    days: pd.DataFrame,
    *,
    days_before: tuple[int, ...] = (),
) -> pd.DataFrame:
    """Return breach and any-day probability of every series and day, in order.

    Each series was above its threshold so many days before the first.
    """
    engine.register("breach_days", days)
    preceding = [
        {"series": name, "days_before": number}
        for name in days["series"].unique()
        for number in days_before
    ]
    columns = {"series": days["series"].dtype, "days_before": np.int64}
    frame = pd.DataFrame(preceding, columns=list(columns)).astype(columns)
    engine.register("preceding_days", frame)
    return engine.sql(
        f"with {macros['breach_probabilities']}"  # noqa: S608 - the project's macro
        " select * from breach_probabilities order by series, target_date"
    ).df()


def exceedances(series: Series, *, day_count: int, level: float) -> NDArray[np.float64]:
    """Return each day's chance to be above, given the level in standard deviations."""
    days = series.days(day_count)
    distance = -days["forecast_log"].to_numpy() - level * days["level_sd"].to_numpy()
    quiet = norm.sf(distance / series.day_sd)
    spike = norm.sf((distance - series.spike_mean) / series.spike_sd)
    return (1 - series.spike_rate) * quiet + series.spike_rate * spike


def has_breached(
    above: NDArray[np.bool_], *, breach_day_count: int, days_before: tuple[int, ...]
) -> NDArray[np.bool_]:
    """Return of each future whether it has breached by each day."""
    past = np.zeros((len(above), WINDOW_DAYS), dtype=np.bool_)
    past[:, [WINDOW_DAYS - number for number in days_before]] = True
    known = np.hstack([past, above])
    in_window = known.cumsum(axis=1, dtype=np.int16)
    in_window[:, WINDOW_DAYS:] -= in_window[:, :-WINDOW_DAYS].copy()
    completed = above & (in_window[:, WINDOW_DAYS:] >= breach_day_count)
    return np.maximum.accumulate(completed, axis=1)


def simulated(
    series: Series, *, day_count: int, days_before: tuple[int, ...] = ()
) -> NDArray[np.float64]:
    """Return the share of simulated futures that have breached by each day."""
    random = np.random.default_rng(20260101)
    days = series.days(day_count)
    shape = (SIMULATION_COUNT, day_count)
    level = random.standard_normal((SIMULATION_COUNT, 1)) * days["level_sd"].to_numpy()
    quiet = series.day_sd * random.standard_normal(shape)
    spike = series.spike_mean + series.spike_sd * random.standard_normal(shape)
    noise = np.where(random.random(shape) < series.spike_rate, spike, quiet)
    above = days["forecast_log"].to_numpy() + level + noise > 0
    is_breached = has_breached(
        above, breach_day_count=series.breach_day_count, days_before=days_before
    )
    return is_breached.mean(axis=0)


def test_normal_tail_is_exact(
    engine: duckdb.DuckDBPyConnection, macros: dict[str, str]
) -> None:
    """Within 1e-15 of scipy from -9 to 9, and 0 and 1 far outside."""
    points = pd.DataFrame({"z": np.r_[np.linspace(-9, 9, 20_001), -50, 50]})
    engine.register("points", points)
    tails = engine.sql(
        f"select z, {macros['normal_tail']} as tail from points"  # noqa: S608
    ).df()
    np.testing.assert_allclose(tails["tail"], norm.sf(tails["z"]), rtol=0, atol=1e-15)
    assert tails["tail"].iloc[-2:].tolist() == [1, 0]


def test_forecast_terms_are_those_of_the_weights_job(macros: dict[str, str]) -> None:
    """SQL and Python name the same terms in the same order."""
    assert tuple(macros["forecast_terms"].split(",")) == TERMS


@pytest.mark.parametrize("days_before", PRECEDING)
@pytest.mark.parametrize("breach_day_count", [1, 2, 3])
def test_first_window_equals_every_pattern_counted(
    engine: duckdb.DuckDBPyConnection,
    macros: dict[str, str],
    breach_day_count: int,
    days_before: tuple[int, ...],
) -> None:
    """Up to ten days the probability is that of all 2^10 patterns, node by node."""
    series = Series(0.1, 0.08, 0.05, 0.1, 0.1, 0.3, 0.2, breach_day_count)
    found = probabilities(
        engine,
        macros,
        series.days(WINDOW_DAYS).assign(series="counted"),
        days_before=days_before,
    )
    patterns = np.array(list(itertools.product((0, 1), repeat=WINDOW_DAYS)))
    is_breached = has_breached(
        patterns.astype(np.bool_),
        breach_day_count=breach_day_count,
        days_before=days_before,
    )
    expected = np.zeros(WINDOW_DAYS)
    nodes = pd.read_csv(PROJECT / "seeds" / "level_nodes.csv")
    for node, weight in zip(nodes["node"], nodes["weight"], strict=True):
        above = exceedances(series, day_count=WINDOW_DAYS, level=node)
        chances = np.where(patterns, above, 1 - above).prod(axis=1)
        expected += weight * chances @ is_breached
    tolerance = PRECEDING[days_before] if breach_day_count == 3 else 1e-6
    np.testing.assert_allclose(found["breach_probability"], expected, atol=tolerance)


@pytest.mark.parametrize(
    ("name", "days_before"),
    [
        *((name, ()) for name in SERIES),
        *itertools.product(("balanced", "far off level"), [(1, 2), (2, 7)]),
    ],
)
def test_probability_equals_simulation(
    engine: duckdb.DuckDBPyConnection,
    macros: dict[str, str],
    name: str,
    days_before: tuple[int, ...],
) -> None:
    """Day by day over 90 days: within 5 standard errors and the model's tolerance."""
    series = SERIES[name]
    days = series.days(90).assign(series=name)
    found = probabilities(engine, macros, days, days_before=days_before)
    expected = simulated(series, day_count=90, days_before=days_before)
    standard_error = np.sqrt(expected * (1 - expected) / SIMULATION_COUNT)
    difference = (found["breach_probability"] - expected).abs()
    tolerance = 5 * standard_error + MODEL_TOLERANCES.get(name, MODEL_TOLERANCE)
    assert (difference <= tolerance).all(), difference.max()


def test_final_probabilities_are_those_of_the_last_day(
    engine: duckdb.DuckDBPyConnection, macros: dict[str, str]
) -> None:
    """The form that gives no other day says the same of each series."""
    days = [each.days(90).assign(series=name) for name, each in SERIES.items()]
    found = probabilities(engine, macros, pd.concat(days), days_before=(1, 4))
    final = engine.sql(
        f"with {macros['final_breach_probabilities']}"  # noqa: S608 - the project's macro
        " select * from final_breach_probabilities order by series"
    ).df()
    last = found.groupby("series", as_index=False).last()[final.columns]
    assert len(final) == len(SERIES)
    pd.testing.assert_frame_equal(final, last, rtol=0, atol=1e-12)


def test_one_day_breach_is_any_day_above(
    engine: duckdb.DuckDBPyConnection, macros: dict[str, str]
) -> None:
    """When one day is a breach both probabilities are the same, on every day."""
    found = probabilities(
        engine, macros, SERIES["one day"].days(400).assign(series="one day")
    )
    np.testing.assert_allclose(
        found["breach_probability"], found["any_day_probability"], atol=1e-6
    )


def test_probabilities_never_fall_and_count_more_days_less(
    engine: duckdb.DuckDBPyConnection, macros: dict[str, str]
) -> None:
    """Cumulative over 400 days; three days above are rarer than two, than one."""
    base = {f.name: getattr(SERIES["balanced"], f.name) for f in fields(Series)}
    counts = (1, 2, 3)
    days = [
        Series(**{**base, "breach_day_count": count}).days(400).assign(series=count)
        for count in counts
    ]
    found = probabilities(engine, macros, pd.concat(days))
    breach = found.pivot_table("breach_probability", "target_date", "series")
    assert (breach.diff().dropna() >= 0).all(axis=None)
    assert breach.le(1).all(axis=None)
    assert (breach[1] >= breach[2]).all()
    assert (breach[2] >= breach[3]).all()


def test_sure_and_impossible_breaches(
    engine: duckdb.DuckDBPyConnection, macros: dict[str, str]
) -> None:
    """Always above: a breach on the third day. Out of reach: 0, not a missing row."""
    sure = Series(-5, 0, 0.01, 0.1, 0, 0, 1, 3).days(30).assign(series="sure")
    far = Series(50, 0, 0.01, 0.1, 0, 0, 1, 3).days(30).assign(series="far")
    found = probabilities(engine, macros, pd.concat([sure, far]))
    breach = found.pivot_table("breach_probability", "target_date", "series")
    assert breach["sure"].iloc[:3].round(3).tolist() == [0, 0, 1]
    assert (breach["far"] == 0).all()
    assert len(breach) == 30


def test_inner_products_are_the_sums_of_a_join(
    engine: duckdb.DuckDBPyConnection, macros: dict[str, str]
) -> None:
    """DuckDB's form of `usage_sums` gives Athena's, for windows of two calendars."""
    random = np.random.default_rng(3)
    dates = pd.date_range("2025-01-01", periods=60)
    series = [("a", "cpu"), ("a", "disk"), ("b", "cpu")]
    usage = pd.DataFrame(
        [(*names, date) for names in series for date in dates[len(names[1]) :]],
        columns=["server_id", "metric", "metric_date"],
    ).assign(log_usage=lambda frame: random.normal(size=len(frame)))
    windows = pd.DataFrame(
        [("a", "cpu", 0, "us", 30), ("a", "disk", 0, "us", 30),
         ("a", "cpu", 1, "us", 7), ("b", "cpu", 0, "uk", 30),
         ("b", "cpu", 1, "uk", 50)],
        columns=["server_id", "metric", "origin_number", "calendar_id", "window_days"],
    )  # fmt: skip
    keys = ["calendar_id", "origin_number", "window_days"]
    days = windows[keys].drop_duplicates().merge(pd.Series(dates, name="calendar_date"),
                                                 how="cross")  # fmt: skip
    age = (dates[-1] - days["calendar_date"]).dt.days - days["origin_number"]
    days = days[(age >= 0) & (age < days["window_days"])]
    names = [f"w_{term}" for term in TERMS] + [f"v_{number}" for number in range(1, 5)]
    days[names] = random.normal(size=(len(days), len(names)))
    for name, frame in (("forecast_days", usage), ("forecast_windows", windows),
                        ("weighted_days", days)):  # fmt: skip
        engine.register(name, frame)
    order = " select * from usage_sums order by origin_number, server_id, metric"
    first, second = (
        engine.sql("with " + macros[each] + order).df()
        for each in ("default__usage_sums", "usage_sums")
    )
    assert len(first) == len(windows)
    pd.testing.assert_frame_equal(first, second, rtol=1e-12, atol=1e-12)
