"""The whole project on the local Athena: from an empty account, day by day."""

import json

import pandas as pd
from both_targets import (
    MODELS,
    PROJECT,
    PlainDbt,
    State,
    Targets,
    scanned_bytes,
    state_after,
)
from golden_fleet import LATE_DAY, ODD_SERVER
from marts import assert_equal

MERGED = (
    "model int_server_days",
    "model int_usage_days",
    "model int_cleansed_days",
    "model int_forecast_days",
    "model feat_usage_forecasts",
    "model fct_server_days",
)


def test_every_mart_is_equal(first_run: State) -> None:
    """Keys, dates, flags and counts exactly, numbers to 1e-9."""
    assert_equal(first_run.athena, first_run.duckdb)
    assert len(first_run.athena) > 20


def test_every_statement_succeeded(targets: Targets, first_run: State) -> None:
    """Each model, seed and data test sent a statement, and none failed."""
    statements = targets.statements()[
        first_run.first_statement : first_run.end_statement
    ]
    failed = [each for each in statements if each.state != "SUCCEEDED"]
    assert failed == []
    nodes = scanned_bytes(statements)
    kinds = pd.Series([name.split()[0] for name in nodes]).value_counts()
    results = json.loads(
        (targets.athena.warehouse / "target" / "run_results.json").read_text()
    )
    assert kinds["model"] == len(MODELS)
    assert kinds["seed"] == len(list((PROJECT / "seeds").glob("*.csv")))
    assert kinds["test"] > 150
    assert {each["status"] for each in results["results"]} <= {
        "success",
        "pass",
        "no-op",
    }


def test_odd_numbers_are_the_same_on_both(first_run: State) -> None:
    """NaN is no measurement, whatever an engine thinks of NaN > 100."""
    for frames in (first_run.duckdb, first_run.athena):
        days = frames["fct_server_days"]
        odd = days[days["server_id"] == ODD_SERVER]
        counts = odd.groupby("metric")["measured_value"].count().to_dict()
        cpu = sum(number % 7 != 3 and number % 11 != 4 for number in range(200))
        # without the day that comes late
        assert counts == {"cpu": cpu - 1, "disk": 199, "memory": 159}
        assert not odd["is_zscore_anomaly"].isna().any()


def test_a_day_more_is_merged(next_day: State, first_run: State) -> None:
    """The merged marts are those of a whole build, one day longer."""
    assert_equal(next_day.athena, next_day.duckdb)
    longer = len(next_day.athena["fct_server_days"])
    assert longer > len(first_run.athena["fct_server_days"])
    assert str(next_day.athena["dim_series"]["as_of_date"].max()) == "2026-01-01"


def test_a_day_more_scans_at_most_a_tenth(
    targets: Targets, first_run: State, next_day: State
) -> None:
    """Models of days: of four years' bytes at most 10 %; the rest is reported."""
    everything = targets.statements()
    whole, day = (
        scanned_bytes(everything[state.first_statement : state.end_statement])
        for state in (first_run, next_day)
    )
    merged = [sum(each[name] for name in MERGED) for each in (whole, day)]
    rest = [
        sum(each.values()) - of for each, of in zip((whole, day), merged, strict=True)
    ]
    lines = [("bytes scanned", "first run", "a day more")]
    lines += [(name, f"{whole[name]:,}", f"{day[name]:,}") for name in MERGED]
    lines += [("everything else", f"{rest[0]:,}", f"{rest[1]:,}")]
    report = "".join(f"{name:28}{one:>14}{two:>14}\n" for name, one, two in lines)
    (targets.local_athena.folder / "scanned_bytes.txt").write_text(report)
    assert all(whole[name] > 0 for name in MERGED), report
    assert merged[1] <= 0.1 * merged[0], report


def test_a_late_day_is_merged(
    targets: Targets, next_day: State, late_day: State
) -> None:
    """It reaches every mart of days and series, and nothing before it is read."""
    statements = targets.statements()[late_day.first_statement : late_day.end_statement]
    merges = {
        name: each.athena_sql
        for each in statements
        for name in MERGED
        if name.split()[1] in each.athena_sql
        and each.athena_sql.lstrip("/*").find("merge into") >= 0
    }
    assert set(merges) == set(MERGED)
    assert all("date '2025-0" in text for text in merges.values())
    days = [state.athena["fct_server_days"] for state in (next_day, late_day)]
    before, after = (
        frame[
            (frame["server_id"] == ODD_SERVER)
            & (frame["metric_date"].astype(str) == LATE_DAY)
        ].set_index("metric")["measured_value"]
        for frame in days
    )
    assert before.count() == 0
    assert after.to_dict() == {
        "cpu": 44.4,
        "memory": 50.5,
        "disk": 1.5,
        "network_in": 10.5,
        "network_out": 11.5,
    }
    for mart in ("dim_series", "rpt_data_quality", "fct_usage_forecasts"):
        assert not late_day.athena[mart].equals(next_day.athena[mart])


def test_everything_again_changes_nothing(
    dbt: PlainDbt, targets: Targets, late_day: State
) -> None:
    """Jobs, then plain `dbt build --full-refresh` with unit tests: the same marts.

    So what was merged is what a whole build has.
    """
    targets.athena.run("jobs", "--config", targets.config)
    as_of_date = json.dumps({"as_of_date": "2026-01-01"})
    ended = dbt("build", "--full-refresh", "--vars", as_of_date)
    assert ended.returncode == 0, ended.stdout[-4000:]
    assert_equal(state_after(targets, 0).athena, late_day.athena)
