"""A fleet of nineteen odd kinds of series, by every model up to the probabilities."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from odd_kinds import DAYS, EACH, KINDS
from rendered_sql import create, engine, rows_of

from python_jobs import calendar_weights
from python_jobs.calendars.forecast_design import QUANTILES
from python_jobs.platform.progress import NoProgress
from python_jobs.store import TABLES
from python_jobs.store.arrow_tables import conformed

AS_OF = date(2025, 12, 31)


@pytest.fixture(scope="module")
def fleet(sql: dict[str, str]) -> Iterator[duckdb.DuckDBPyConnection]:
    """Return the tables of the fleet, with the weights that the job makes of them."""
    with engine() as database:
        create(database, "raw.server_metrics", raw_rows())
        add_weights(database, rows_of(database, sql, "feat_calendar_weights"))
        yield database


def add_weights(database: duckdb.DuckDBPyConnection, features: pa.Table) -> None:
    """Run the job and publish its rows."""
    (table,) = calendar_weights.READS
    frame = calendar_weights.READS[table].check(features.to_pandas(), table=table)
    with NoProgress().task("weights") as task:
        (weights,) = calendar_weights.run(
            {table: frame}, as_of_date=AS_OF, options=None, progress=task
        ).values()
    stamped = pa.Table.from_pandas(weights.assign(run_id="one", as_of_date=AS_OF))
    declared = TABLES["ml.calendar_weights"]
    create(database, declared.name, conformed(stamped, schema=declared))
    runs = TABLES["ml.runs"]
    entry = dict.fromkeys(runs.column_names) | {
        "run_id": "one",
        "job": "calendar_weights",
        "as_of_date": AS_OF,
        "status": "published",
        "published_at": datetime(2026, 1, 1),
    }
    create(database, runs.name, pa.Table.from_pylist([entry], schema=runs.arrow_schema))


def raw_rows() -> pa.Table:
    """Return the rows of every series: CPU of a server of its own."""
    first = datetime.combine(AS_OF, time.min) - timedelta(days=DAYS - 1)
    days = [first + timedelta(days=day) for day in range(DAYS)]
    rows = []
    for kind, values_of in KINDS.items():
        for number in range(EACH):
            random = np.random.default_rng([number, *kind.encode()])
            values = np.clip(values_of(random), 0, 100)
            name = f"{kind}-{number}"
            rows += [
                {"server_id": name, "timestamp": day, "cpu_p95": value}
                for day, value in zip(days, values.tolist(), strict=True)
            ]
    return pa.Table.from_pylist(rows, schema=TABLES["raw.server_metrics"].arrow_schema)


def test_quantiles_of_any_kind_are_finite_and_ordered(
    fleet: duckdb.DuckDBPyConnection, sql: dict[str, str]
) -> None:
    """Every series that was ever measured has each day ahead, within 0 to 100 %."""
    rows = rows_of(fleet, sql, "int_chosen_forecasts").to_pandas()
    numbers = rows[["forecast_value", *QUANTILES]].to_numpy()
    assert np.isfinite(numbers).all()
    assert numbers.min() >= 0
    assert numbers.max() <= 100
    assert (np.diff(numbers[:, 1:], axis=1) >= 0).all()
    counts = rows.groupby("server_id").size()
    assert counts.nunique() == 1
    kinds = {name.rsplit("-", maxsplit=1)[0] for name in counts.index}
    assert kinds == set(KINDS) - {"never_measured"}


def test_probabilities_of_any_kind_are_ordered(
    fleet: duckdb.DuckDBPyConnection, sql: dict[str, str]
) -> None:
    """They never fall with the days, nor rise with the threshold."""
    rows = rows_of(fleet, sql, "int_breach_probabilities").to_pandas()
    names = ["breach_probability", "any_day_probability"]
    key = ["server_id", "metric", "risk_level"]
    rows = rows.sort_values([*key, "target_date"])
    assert rows[names].notna().all(axis=None)
    assert rows[names].min(axis=None) >= 0
    assert rows[names].max(axis=None) <= 1
    steps = rows.groupby(key)[names].diff().fillna(0.0)
    assert (steps >= 0).all(axis=None)
    assert (rows["breach_probability"] <= rows["any_day_probability"] + 1e-6).all()
    levels = rows.pivot_table(names[0], ["server_id", "target_date"], "risk_level")
    assert (levels["very_high"] <= levels["high"] + 1e-6).all()
    assert 0.05 < (rows[names[0]] > 0.5).mean() < 0.95
