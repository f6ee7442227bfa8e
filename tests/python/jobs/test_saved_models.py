"""Forecasts from saved models equal those of the fit; drift between two versions."""

import ast
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fleet_frames import (
    AS_OF,
    CALENDAR,
    MODELS,
    USAGE,
    WrittenSeries,
    calendar_rows,
    frames,
    run,
    wave,
)

import python_jobs
from python_jobs import usage_forecasts
from python_jobs.calendars.forecast_design import QUANTILES
from python_jobs.forecasting.config import Candidate, Engine, JobsConfig
from python_jobs.platform.errors import InputError
from python_jobs.platform.progress import NoProgress

DAYS = 800
LIVED_DAYS = 28
BEFORE = AS_OF - timedelta(days=LIVED_DAYS)
FLEET = {
    **{f"s{seed}": WrittenSeries(wave(DAYS, seed=seed)) for seed in range(4)},
    "young": WrittenSeries(wave(200, seed=9)),
    "gone": WrittenSeries(wave(DAYS, seed=8), ended_days_ago=20),
    "net": WrittenSeries(
        wave(DAYS, seed=7), metric="network_in", usage_unit="mbps", capacity=np.nan
    ),
}
PICKLES = {"pickle", "cloudpickle", "dill", "shelve", "marshal", "jsonpickle"}
PICKLING = {"read_pickle", "to_pickle", "allow_pickle", "dump_model", "memmap"}
EVERY_FAMILY: list[tuple[Engine, Candidate]] = [
    ("batched", "level_calendar"),
    ("batched", "sarima_calendar"),
    ("batched", "holt_winters_calendar"),
    ("batched", "holt_winters"),
    ("batched", "sarima"),
    ("batched", "simple_exponential_smoothing"),
    ("batched", "gradient_boosting"),
    ("statsmodels", "holt_winters"),
    ("statsmodels", "sarima_calendar"),
]


def fitted(model: Candidate, *, engine: Engine = "batched") -> JobsConfig:
    """Return options that have one candidate."""
    days = 728 if engine == "batched" else 91
    return JobsConfig(engine=engine, candidates=(model,), processes=1, fit_days=days)


def as_of(
    given: dict[str, pd.DataFrame],
    day: date,
    *,
    options: JobsConfig,
) -> dict[str, pd.DataFrame]:
    """Run the job as of a day."""
    with NoProgress().task("test") as task:
        return usage_forecasts.run(
            dict(given), as_of_date=day, options=options, progress=task
        )


def by_key(rows: pd.DataFrame) -> pd.DataFrame:
    """Return live forecasts by series and day."""
    live = rows[rows["origin_number"] == 0]
    keys = ["server_id", "metric", "model", "target_date"]
    return live.set_index(keys)[["forecast_value", *QUANTILES]].sort_index()


@pytest.mark.parametrize(("engine", "model"), EVERY_FAMILY)
def test_saved_models_forecast_the_same_to_1e_9(
    engine: Engine, model: Candidate
) -> None:
    """Parameters, state and error quantiles are all that a forecast needs.

    Usage is taken away but for the attributes: nothing is fitted.
    """
    given = frames(FLEET, day_count=DAYS)
    options = fitted(model, engine=engine)
    published = run(given, options=options)
    newest = given[USAGE].groupby(["server_id", "metric"], as_index=False).tail(1)
    saved = given | published | {USAGE: newest}
    again = as_of(saved, AS_OF, options=options)
    expected = by_key(published["ml.usage_forecasts"])
    assert len(expected) == 6 * 30
    pd.testing.assert_frame_equal(
        by_key(again["ml.usage_forecasts"]), expected, rtol=0.0, atol=1e-9
    )
    for table in set(usage_forecasts.WRITES) - {"ml.usage_forecasts"}:
        pd.testing.assert_frame_equal(again[table], published[table], check_dtype=False)


def test_without_a_saved_model_the_user_gets_the_reason() -> None:
    """Nothing to forecast from is an error that says how to get it."""
    given = frames(FLEET, day_count=DAYS)
    empty = {
        table: pd.DataFrame(columns=list(contract.columns))
        for table, contract in usage_forecasts.WRITES.items()
    }
    with pytest.raises(InputError, match=r"no published model .* `capacity jobs"):
        as_of(given | empty, AS_OF, options=JobsConfig())


@pytest.fixture(scope="module")
def versions() -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """Run the job four weeks ago, far enough ahead, and now with that version known."""
    options = fitted("sarima_calendar")
    given = frames(FLEET, day_count=DAYS)
    usage = given[USAGE]
    known = {
        USAGE: usage[usage["metric_date"] <= pd.Timestamp(BEFORE)],
        CALENDAR: calendar_rows(
            DAYS - LIVED_DAYS, horizon_days=30 + LIVED_DAYS, as_of=BEFORE
        ),
        MODELS: given[MODELS],
    }
    before = as_of(known, BEFORE, options=options)
    models = before[MODELS].assign(run_id="first", as_of_date=pd.Timestamp(BEFORE))
    return before, run(given | {MODELS: models}, options=options)


def test_drift_holds_both_versions_against_the_same_days(
    versions: tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]],
) -> None:
    """The earlier forecast against the actuals, as its rows in the table say it.

    The code is the same, so what it says from the earlier day is the same, too; the
    live forecasts moved, because four weeks are known now.
    """
    before, after = versions
    drift = after["ml.forecast_drift"].set_index(["server_id", "metric"])
    # "gone" ended since, so it has no live forecast to compare
    assert set(drift.index) == {
        *((f"s{seed}", "cpu") for seed in range(4)),
        *(("young", "cpu"), ("net", "network_in")),
    }
    assert set(drift["previous_run_id"]) == {"first"}
    assert set(drift["previous_as_of_date"]) == {pd.Timestamp(BEFORE)}
    assert set(drift["model"]) == set(drift["previous_model"]) == {"sarima_calendar"}
    assert set(drift["day_count"]) == {LIVED_DAYS}
    assert set(drift["change_day_count"]) == {30}
    said = by_key(before["ml.usage_forecasts"])["forecast_value"]
    now = by_key(after["ml.usage_forecasts"])["forecast_value"]
    written = {(name, each.metric): each for name, each in FLEET.items()}
    for key, row in drift.iterrows():
        assert isinstance(key, tuple)
        earlier = said.xs((*key, "sarima_calendar")).to_numpy()
        actual = written[key].usage[-LIVED_DAYS:]
        error = abs(earlier[:LIVED_DAYS] - actual).sum()
        assert row["previous_absolute_error_sum"] == pytest.approx(error)
        assert row["new_absolute_error_sum"] == pytest.approx(error)
        assert row["actual_sum"] == pytest.approx(actual.sum())
        live = now.xs((*key, "sarima_calendar")).to_numpy()
        moved = abs(live - earlier[LIVED_DAYS:]).sum()
        assert row["absolute_change_sum"] == pytest.approx(moved)
        assert moved > 0.0
        later = earlier[LIVED_DAYS:].sum()
        assert row["previous_forecast_sum"] == pytest.approx(later)


def test_first_version_has_no_drift() -> None:
    """There is nothing to hold it against."""
    published = run(frames(FLEET, day_count=DAYS), options=fitted("level_calendar"))
    assert published["ml.forecast_drift"].empty


def test_nothing_is_pickled() -> None:
    """To load a pickle runs what it holds: no module writes or reads one."""
    for path in sorted(Path(python_jobs.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            named = []
            if isinstance(node, ast.Import):
                named = [alias.name.split(".")[0] for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                named = [str(node.module).split(".")[0]]
                if named == ["joblib"]:
                    named += [f"joblib.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Attribute):
                named = [node.attr]
            elif isinstance(node, ast.keyword):
                named = [str(node.arg)]
            forbidden = PICKLES | PICKLING | {"joblib.dump", "joblib.usage"}
            assert not forbidden & set(named), f"{path}:{node.lineno}"
