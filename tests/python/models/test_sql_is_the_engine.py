"""The SQL forecast and the engine in Python, held against each other on random fleets.

Windows, scales, interval quantiles, error sums and choices are computed by both from
the same days: for as-of dates in each phase of a quarter, and with series that measure
every second day or once a week. The models run as dbt compiles them, on DuckDB alone.
"""

import os
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from python_jobs.calendars.business_calendar import calendar_days
from python_jobs.calendars.forecast_design import (
    BANDS,
    EOQ_BANDS,
    LOWER,
    QUANTILES,
    SMOOTHING_PARAMETERS,
    TERMS,
    UPPER,
    WINDOW_DAYS,
)
from python_jobs.forecasting.core.arrays import Floats
from python_jobs.forecasting.core.guards import Reason
from python_jobs.forecasting.core.intervals import (
    OriginErrors,
    calibration_groups,
    error_quantiles,
)
from python_jobs.forecasting.core.scoring import ERROR_TERMS, error_sums
from python_jobs.forecasting.core.selection import Scores, champion
from python_jobs.forecasting.core.series import Fleet

PROJECT = Path(__file__).resolve().parents[3]
MODELS = (
    "int_forecast_windows",
    "int_sql_forecast_days",
    "int_conformal_quantiles",
    "int_sql_forecast_errors",
    "int_forecast_errors",
    "int_forecast_champions",
)
SPACING_DAYS, ORIGIN_COUNT, HORIZON_DAYS, SCORED_DAYS = 91, 8, 400, 90
# at, just before and just after a quarter end, and in its first, second and third month
AS_OF_DATES = (
    "2025-12-31", "2025-12-22", "2026-01-02", "2025-10-20", "2025-11-14", "2025-12-10",
)  # fmt: skip
ONE_DAY = np.timedelta64(1, "D")
# by series: every how many days it measures, and days of silence before an origin
HABITS = {
    "daily": (1, 0), "holed": (5, 0), "second": (2, 0), "weekly": (7, 0),
    "silent_13": (1, 13), "silent_14": (1, 14), "short": (1, 0),
}  # fmt: skip


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the SQL of each model, as dbt compiles it for DuckDB."""
    folder = tmp_path_factory.mktemp("compiled")
    shutil.copy(PROJECT / "profiles.yml.example", folder / "profiles.yml")
    command = [str(Path(sysconfig.get_path("scripts")) / "dbt"), "--quiet"]
    command += ["compile", "--no-populate-cache", "--no-introspect"]
    command += ["--select", *MODELS, "--profiles-dir", str(folder)]
    finished = subprocess.run(
        [*command, "--target-path", str(folder), "--log-path", str(folder)],
        cwd=PROJECT,
        env={**os.environ, "CAPACITY_WAREHOUSE": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    paths = {path.stem: path for path in folder.rglob("compiled/**/*.sql")}
    return {name: paths[name].read_text("utf-8") for name in MODELS}


class Fleets:
    """One random fleet as of a date, as tables of DuckDB and as arrays.

    Attributes
    ----------
    origins
        Last known days, the live one first.
    features
        Rows of feat_usage_forecasts.
    """

    def __init__(self, as_of: str, compiled: dict[str, str]) -> None:
        self.compiled = compiled
        self.random = np.random.default_rng(int(as_of.replace("-", "")))
        last = np.datetime64(as_of, "D")
        self.origins = [last - k * SPACING_DAYS * ONE_DAY for k in range(9)]
        self.first = last - 1400 * ONE_DAY
        self.calendar = calendar_days(
            "us_bank",
            first=self.first.item(),
            last=(last + HORIZON_DAYS * ONE_DAY).item(),
        )
        self.features = pd.concat([self._series(name, last) for name in HABITS])
        self.db = duckdb.connect()
        self.db.execute("attach ':memory:' as capacity; set integer_division = true")
        for schema in ("intermediate", "staging", "seeds"):
            self.db.execute(f"create schema capacity.{schema}")
        self._load()

    def _series(self, name: str, last: np.datetime64) -> pd.DataFrame:
        every, silence = HABITS[name]
        first = last - 90 * ONE_DAY if name == "short" else self.first
        days = np.arange(first, last + ONE_DAY)
        rhythm = 2.0 + np.arange(len(days)) % 7
        loads = rhythm * np.exp(self.random.normal(0, 0.2, len(days)))
        position = np.arange(len(days))
        is_measured = position % every == 0 if every != 5 else position % 5 != 0
        is_measured &= position < len(days) - silence
        # the newest backtest origin falls silent as the live one does
        before = len(days) - SPACING_DAYS
        is_measured &= (position < before - silence) | (position >= before)
        flags = self.calendar.set_index("calendar_date")["is_eoq_window"]
        return pd.DataFrame(
            {
                "server_id": name,
                "metric": "cpu",
                "metric_date": days.astype("datetime64[us]"),
                "calendar_id": "us_bank",
                "usage_unit": "percent",
                "capacity_value": 100.0,
                "log_floor": 0.1,
                "usage_value": loads,
                "measured_value": np.where(is_measured, loads, np.nan),
                "is_filled": ~is_measured,
                "is_eoq_window": flags.loc[days.astype("datetime64[us]")].to_numpy(),
            }
        )

    def create(self, name: str, frame: pd.DataFrame) -> None:
        """Make a table of a frame; midnights become dates, NaN null."""
        folder = {"stg_": "staging", "int_": "intermediate"}.get(name[:4], "seeds")
        columns = ", ".join(
            f"cast({each} as date) as {each}"
            if kind.kind == "M"
            else f"case when not isnan({each}) then {each} end as {each}"
            if kind.kind == "f"
            else each
            for each, kind in frame.dtypes.items()
        )
        self.db.register("rows", frame)
        self.db.execute(
            f"create or replace table capacity.{folder}.{name} as"  # noqa: S608
            f" select {columns} from rows"
        )

    def run(self, name: str) -> pd.DataFrame:
        """Make a model's table and return its rows."""
        self.db.execute(
            f"create or replace table capacity.intermediate.{name} as"
            f" {self.compiled[name]}"
        )
        return self.db.execute(f"from capacity.intermediate.{name}").df()

    def _load(self) -> None:
        seeds = PROJECT / "seeds"
        for name in ("forecast_design", "forecast_models", "metric_definitions"):
            self.create(name, pd.read_csv(seeds / f"{name}.csv", dtype={"item": str}))
        series = self.features.groupby("server_id").head(1)
        series = series.rename(columns={"metric_date": "first_metric_date"})
        self.create("int_series", series.assign(is_active=True))
        days = self.features.assign(log_usage=np.log(self.features["usage_value"]))
        self.create("int_forecast_days", days)
        origins = pd.DataFrame({"origin_number": range(9), "origin_date": self.origins})
        self.create("int_forecast_origins", origins)
        runs = pd.DataFrame({"job": ["calendar_weights", "usage_forecasts"]})
        self.create("int_published_runs", runs.assign(run_id="r"))
        windows = [
            (number, origin, days)
            for number, origin in enumerate(self.origins)
            for days in (*WINDOW_DAYS, int((origin - self.first) / ONE_DAY) + 1)
        ]
        weights = pd.DataFrame(
            windows, columns=["origin_number", "origin_date", "window_days"]
        )
        weights = weights.assign(run_id="r", calendar_id="us_bank")
        self.create("stg_python_jobs__calendar_weights", weights)

    def forecast_by_weekday_means(self) -> None:
        """Let the SQL forecast say 4 of every series: errors alone are compared."""
        means = self.db.execute(
            "select origin_number, server_id, metric, unnest(range(1, 8))"
            " as weekday_number, ln(4e0) as log_mean, .5e0 as residual_spread"
            " from capacity.intermediate.int_forecast_windows"
        ).df()
        self.create("int_weekday_means", means)
        terms = self.calendar[["calendar_id", "calendar_date"]].copy()
        for term in TERMS:
            terms[f"x_{term}"] = 0.0
        terms["x_eoq_window"] = self.calendar["is_eoq_window"].astype(float)
        self.create("int_calendar_terms", terms)
        keys = {"origin_number": [-1], "server_id": ["none"], "metric": ["none"]}
        nothing = pd.DataFrame(keys | {f"b_{term}": [0.0] for term in TERMS})
        self.create("int_sql_forecast_coefficients", nothing)
        self.create(
            "int_sql_forecast_levels",
            pd.DataFrame(keys | {"level_log": [0.0], "residual_spread": [0.0]}),
        )


@pytest.fixture(scope="module", params=AS_OF_DATES)
def fleet(request: pytest.FixtureRequest, compiled: dict[str, str]) -> Fleets:
    """Return a fleet as of one date, its windows and its SQL forecast made."""
    made = Fleets(request.param, compiled)
    made.run("int_forecast_windows")
    made.forecast_by_weekday_means()
    for name in MODELS[1:4]:
        made.run(name)
    return made


def day_number(day: np.datetime64) -> int:
    """Return a day as the engine counts it."""
    return int(day.astype("datetime64[D]").astype(np.int64))


def test_windows_and_silence_are_the_same(fleet: Fleets) -> None:
    """A series has the same window at every origin, and is silent at the same ones."""
    engine = Fleet.of(fleet.features)
    rows = fleet.db.execute("from capacity.intermediate.int_forecast_windows").df()
    rows = rows.set_index(["origin_number", "server_id"])["window_days"]
    seen = set()
    for number, origin in enumerate(fleet.origins):
        windows, reasons = engine.look_back(
            day_number(origin), first_days={"us_bank": day_number(fleet.first)}
        )
        for name, window, reason in zip(
            engine.server_ids, windows, reasons, strict=True
        ):
            has_history = (number, name) in rows.index
            if number and reason is Reason.SILENT:
                assert not has_history, (number, name)
            elif reason is None:
                assert rows[number, name] == window, (number, name)
                seen.add(int(window))
            elif reason is Reason.TOO_SHORT and has_history:
                assert pd.isna(rows[number, name]), (number, name)
    assert len(seen) > 3, "a test without windows says nothing"


def test_scales_are_the_same(fleet: Fleets) -> None:
    """Scaled errors divide by the same mean change from week to week."""
    runs = pd.DataFrame({"run_state": ["missing"]})
    fleet.create("int_forecast_runs", runs)
    fleet.create(
        "stg_python_jobs__forecast_backtests",
        fleet.db.execute("from capacity.intermediate.int_sql_forecast_errors limit 0")
        .df()
        .assign(run_id=""),
    )
    rows = fleet.run("int_forecast_errors")
    engine = Fleet.of(fleet.features)
    compared = 0
    for number in range(1, 9):
        scales = engine.scales(day_number(fleet.origins[number]))
        for name, scale in zip(engine.server_ids, scales, strict=True):
            own = rows[(rows["origin_number"] == number) & (rows["server_id"] == name)]
            own = own[(own["absolute_error_sum"] > 0) & own["scaled_error_sum"].notna()]
            found = own["absolute_error_sum"] / own["scaled_error_sum"]
            np.testing.assert_allclose(found, scale, rtol=1e-9)
            compared += len(own)
    assert compared > 100


def origin_errors(fleet: Fleets, number: int) -> tuple[pd.DataFrame, Floats]:
    """Return what was measured after an origin by series, and the days' EOQ flags."""
    origin = fleet.origins[number]
    ahead = np.arange(origin + ONE_DAY, origin + (HORIZON_DAYS + 1) * ONE_DAY)
    known = fleet.db.execute(
        "select server_id from capacity.intermediate.int_forecast_windows"
        " where origin_number = ? order by server_id",
        [number],
    ).df()["server_id"]
    wide = fleet.features.pivot_table(
        index="server_id", columns="metric_date", values="measured_value", dropna=False
    )
    measured = wide.reindex(known).reindex(columns=ahead.astype("datetime64[us]"))
    flags = fleet.calendar.set_index("calendar_date")["is_eoq_window"]
    return measured, flags.reindex(ahead.astype("datetime64[us]")).to_numpy(bool)


@pytest.mark.parametrize("number", range(6))
def test_quantiles_and_sums_are_the_same(fleet: Fleets, number: int) -> None:
    """Intervals borrow and rank alike; so do the sums of the errors that follow."""
    longest = max(BANDS) if number == 0 else SPACING_DAYS
    errors, known_days = [], []
    for older in range(number + 1, 9):
        measured, flags = origin_errors(fleet, older)
        values = (np.log(np.maximum(measured.to_numpy(), 0.1)) - np.log(4.0)) / 0.5
        errors.append(OriginErrors(values, np.broadcast_to(flags, values.shape)))
        known_days.append(min((older - number) * SPACING_DAYS, longest))
    by_group = error_quantiles(errors, known_days).by_group
    rows = fleet.db.execute(
        "from capacity.intermediate.int_conformal_quantiles where origin_number = ?",
        [number],
    ).df()
    groups = [(False, band) for band in BANDS] + [(True, band) for band in EOQ_BANDS]
    columns = [name.replace("forecast", "error") for name in QUANTILES]
    found = rows.set_index(["is_eoq_window", "horizon_band"]).loc[groups, columns]
    np.testing.assert_allclose(found.to_numpy(), by_group, rtol=1e-9)
    if number == 0:
        return
    measured, flags = origin_errors(fleet, number)
    values = measured.to_numpy()[:, :SCORED_DAYS]
    is_eoq_window = np.broadcast_to(flags[:SCORED_DAYS], values.shape)
    quantiles = np.minimum(
        4.0 * np.exp(0.5 * by_group[calibration_groups(is_eoq_window)]), 100.0
    )
    sums = error_sums(
        np.full(values.shape, 4.0),
        quantiles,
        measured=values,
        is_eoq_window=is_eoq_window,
    )
    scored = fleet.db.execute(
        "from capacity.intermediate.int_sql_forecast_errors"
        " where origin_number = ? and forecast_model = 'weekday_mean'",
        [number],
    ).df()
    names = {name: at for at, name in enumerate(measured.index)}
    assert len(scored) == (sums[..., 0] > 0).sum()
    for row in scored.itertuples():
        expected = sums[
            names[row.server_id], row.horizon_block - 1, int(row.is_eoq_window)
        ]
        own = [getattr(row, term) for term in ERROR_TERMS]
        np.testing.assert_allclose(own, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_choices_are_the_same(seed: int, compiled: dict[str, str]) -> None:
    """Of random errors, ties among them, both take the same simplest model."""
    random = np.random.default_rng(seed)
    fleets = CHOICES.setdefault("fleet", Fleets("2025-12-31", compiled))
    names = ("sql_forecast", "holt_winters", "level_calendar", "sarima_calendar")
    errors = random.gamma(2.0, 1.0, (1, 3, 6)) + random.normal(0, 0.1, (4, 3, 6))
    errors = np.round(np.abs(errors), seed % 3)
    rows = [
        (
            "cross_validation",
            True,
            "cpu",
            str(series),
            name,
            1,
            errors[model, origin, series],
        )
        for model, name in enumerate(names)
        for origin in range(3)
        for series in range(6)
    ]
    columns = ["evaluation", "is_shared", "metric", "server_id", "forecast_model"]
    columns += ["day_count", "scaled_error_sum"]
    fleets.create("int_forecast_errors", pd.DataFrame(rows, columns=columns))
    fleets.create("int_forecast_runs", pd.DataFrame({"run_state": ["usable"]}))
    live = pd.DataFrame({"metric": "cpu", "forecast_model": names, "origin_number": 0})
    fleets.create("stg_python_jobs__usage_forecasts", live.assign(run_id="r"))
    found = fleets.run("int_forecast_champions").set_index(["champion_scope", "metric"])
    days = np.ones((3, 6))
    scores = {name: Scores(errors[at], days) for at, name in enumerate(names)}
    expected = champion(scores, candidates=names)  # type: ignore[arg-type]
    assert found.loc[("live", "cpu"), "forecast_model"] == expected


CHOICES: dict[str, Fleets] = {}


def test_lists_that_shape_columns_are_those_of_the_seed() -> None:
    """Terms, quantiles and intervals name columns, so macros hold them as well."""
    texts = {
        path.stem: path.read_text("utf-8")
        for path in (PROJECT / "macros" / "forecasting").glob("*.sql")
    }
    terms = texts["forecast_terms"].split("return([")[1].split("])")[0]
    assert tuple(re.findall(r"'(\w+)'", terms)) == TERMS
    pairs = re.findall(r"\('(q\w+)', (\d+)\)", texts["forecast_quantiles"])
    assert {f"forecast_{name}": int(share) / 1000 for name, share in pairs} == QUANTILES
    ends = re.findall(r"\((\d+), '(q\w+)', '(q\w+)'\)", texts["forecast_quantiles"])
    assert {each: QUANTILES[f"forecast_{low}"] for each, low, _ in ends} == LOWER
    assert {each: QUANTILES[f"forecast_{high}"] for each, _, high in ends} == UPPER
    (stop,) = re.findall(r"range\(1, (\d+)\)", texts["smoothing_numbers"])
    assert int(stop) - 1 == len(SMOOTHING_PARAMETERS)


@pytest.mark.parametrize(
    ("parameter", "item", "value", "model"),
    [
        ("silent_days", "all", 13.0, "int_forecast_windows"),
        ("filled_ratio", "all", 0.5, "int_forecast_windows"),
        ("horizon_band_days", "2", 31.0, "int_sql_forecast_days"),
        ("eoq_band_days", "1", 80.0, "int_sql_forecast_days"),
        ("block_days", "all", 11.0, "int_sql_forecast_days"),
        ("fewest_errors", "all", 1000.0, "int_conformal_quantiles"),
        ("scored_days", "all", 80.0, "int_sql_forecast_errors"),
        ("scale_days", "all", 182.0, "int_forecast_errors"),
        ("candidate_coverage", "all", 1.1, "int_forecast_errors"),
    ],
)
def test_a_number_of_the_seed_moves_the_sql(
    parameter: str, item: str, value: float, model: str, compiled: dict[str, str]
) -> None:
    """SQL has no copy of the design: a changed value of the seed changes its rows."""
    fleet = Fleets("2025-11-14", compiled)
    fleet.run("int_forecast_windows")
    fleet.forecast_by_weekday_means()
    for name in MODELS[1:4]:
        fleet.run(name)
    fleet.create("int_forecast_runs", pd.DataFrame({"run_state": ["missing"]}))
    sums = fleet.db.execute(
        "from capacity.intermediate.int_sql_forecast_errors limit 0"
    )
    fleet.create("stg_python_jobs__forecast_backtests", sums.df().assign(run_id=""))
    before = fleet.run(model)
    fleet.db.execute(
        "update capacity.seeds.forecast_design set value = ?"
        " where parameter = ? and item = ?",
        [value, parameter, item],
    )
    columns = list(before.columns)
    before, after = (
        frame.sort_values(columns[:6]).reset_index(drop=True)
        for frame in (before, fleet.run(model))
    )
    assert not before.equals(after)
