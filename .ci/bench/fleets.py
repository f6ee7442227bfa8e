"""The default fleet with and without the generator's spikes, as every model gets it."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

PROJECT = Path(__file__).resolve().parents[2]
HORIZON_DAYS = 90
CONFIGURATIONS = {
    "spikes off": "generator:\n  switches:\n    spikes: false\n",
    "spikes on": "generator:\n  switches:\n    spikes: true\n",
}
"""Name of a fleet and its configuration file."""

TABLES = {
    "usage": "select * from features.feat_usage_forecasts",
    "terms": "select * from features.feat_calendar_weights",
    "truth": "select server_id, metric, date, true_mean, observed_value"
    " from raw.generator_truth",
}
_METRICS = {"mem": "memory", "net_in": "network_in", "net_out": "network_out"}


@dataclass(frozen=True)
class Fleet:
    """Series with the whole history, and what is known of them.

    Attributes
    ----------
    name
        Key of `CONFIGURATIONS`.
    days
        One row per series and day: ``unique_id, ds``, the rows of
        ``feat_usage_forecasts`` and ``true_value``, the generator's mean of the day.
    terms
        One row per calendar and day: ``calendar_id, ds`` and the terms ``x_<term>``.
    origins
        Days that forecasts start from by number, 1 the newest.
    series_count
        Series of the fleet, those with a shorter history included.
    """

    name: str
    days: pd.DataFrame
    terms: pd.DataFrame
    origins: dict[int, pd.Timestamp]
    series_count: int

    def series(self) -> list[str]:
        """Name every series, sorted."""
        return sorted(self.days["unique_id"].unique())

    def known(self, origin: int, series: list[str]) -> pd.DataFrame:
        """Return what is known at an origin: ``unique_id, ds, y`` and the terms."""
        return self._rows(series, last=self.origins[origin]).rename(
            columns={"usage_value": "y"}
        )

    def ahead(self, origin: int, series: list[str]) -> pd.DataFrame:
        """Return the days to forecast: their terms and nothing that was measured."""
        first = self.origins[origin] + pd.Timedelta(days=1)
        last = self.origins[origin] + pd.Timedelta(days=HORIZON_DAYS)
        return self._rows(series, first=first, last=last).drop(
            columns=["usage_value", "measured_value", "is_filled"]
        )

    def with_truth(self, origin: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return known and coming days of every series, the generator's mean beside."""
        truth = self.days[["unique_id", "ds", "true_value"]]
        series = self.series()
        known, ahead = self.known(origin, series), self.ahead(origin, series)
        on = ["unique_id", "ds"]
        return known.merge(truth, on=on), ahead.merge(truth, on=on)

    def actuals(self, origin: int) -> pd.DataFrame:
        """Return what was measured on the days ahead of an origin."""
        since = self.days["ds"] - self.origins[origin]
        is_ahead = (since > pd.Timedelta(0)) & (
            since <= pd.Timedelta(days=HORIZON_DAYS)
        )
        return self.days[is_ahead]

    def _rows(
        self,
        series: list[str],
        *,
        last: pd.Timestamp,
        first: pd.Timestamp | None = None,
    ) -> pd.DataFrame:
        """Return rows of the series between two days, with the calendar's terms."""
        days = self.days
        chosen = days[days["unique_id"].isin(series) & (days["ds"] <= last)]
        if first is not None:
            chosen = chosen[chosen["ds"] >= first]
        left = chosen.drop(columns=["metric_date", "true_value"])
        return left.merge(self.terms, on=["calendar_id", "ds"], how="left")


def capacity(*arguments: str, warehouse: Path) -> None:
    """Run the project's command in a warehouse of its own.

    Raises
    ------
    SystemExit
        If it fails; what it said goes to standard error.
    """
    program = Path(sysconfig.get_path("scripts")) / "capacity"
    profile = warehouse / "profiles.yml"
    if not profile.exists():
        shutil.copy(PROJECT / "profiles.yml.example", profile)
    ended = subprocess.run(  # noqa: S603 - our own program, no shell
        [program, *arguments],
        cwd=PROJECT,
        env=os.environ
        | {
            "CAPACITY_WAREHOUSE": str(warehouse),
            "DBT_PROFILES_DIR": str(warehouse),
            "DBT_TARGET_PATH": str(warehouse / "target"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        sys.stderr.write(ended.stderr)
        raise SystemExit(ended.returncode)


def built_fleet(name: str, *, folder: Path) -> Fleet:
    """Generate a fleet and build its features, unless the folder has them.

    Parameters
    ----------
    name
        Key of `CONFIGURATIONS`.
    folder
        Where the rows are kept as Parquet files.
    """
    kept = folder / name.replace(" ", "_")
    if not all((kept / f"{table}.parquet").exists() for table in TABLES):
        kept.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as warehouse:
            _build(name, warehouse=Path(warehouse), kept=kept)
    frames = {table: pd.read_parquet(kept / f"{table}.parquet") for table in TABLES}
    return _fleet(name, **frames)


def stratified(fleet: Fleet, *, per_metric: int) -> list[str]:
    """Return as many series of each metric, evenly spaced from low to high usage."""
    usage = fleet.days.groupby(["metric", "unique_id"])["usage_value"].median()
    chosen: list[str] = []
    for _, of_metric in usage.groupby("metric", sort=True):
        ranked = of_metric.sort_values(kind="stable").index.get_level_values(1)
        places = (np.arange(per_metric) + 0.5) / per_metric * len(ranked)
        chosen.extend(ranked[places.astype(int)])
    return sorted(set(chosen))


def _build(name: str, *, warehouse: Path, kept: Path) -> None:
    """Generate, build the features and keep their rows."""
    configuration = warehouse / "capacity.yml"
    configuration.write_text(CONFIGURATIONS[name], encoding="utf-8")
    options = ("--config", str(configuration))
    capacity(*options, "init", warehouse=warehouse)
    capacity(*options, "generate", warehouse=warehouse)
    features = "+feat_usage_forecasts +feat_calendar_weights"
    capacity(*options, "build", "--select", features, warehouse=warehouse)
    with duckdb.connect(str(warehouse / "capacity.duckdb"), read_only=True) as session:
        for table, query in TABLES.items():
            session.sql(query).to_parquet(str(kept / f"{table}.parquet"))


def _fleet(
    name: str, *, usage: pd.DataFrame, terms: pd.DataFrame, truth: pd.DataFrame
) -> Fleet:
    """Put key, day and truth beside the rows; leave series with a shorter history."""
    days = usage.assign(
        unique_id=usage["server_id"] + " " + usage["metric"],
        ds=pd.to_datetime(usage["metric_date"]),
    )
    counts = days.groupby("unique_id")["ds"].transform("size")
    whole = days[counts == counts.max()].sort_values(["unique_id", "ds"])
    terms = terms.assign(ds=pd.to_datetime(terms["calendar_date"]))
    starts = terms[terms["origin_number"] > 0].drop_duplicates("origin_number")
    numbers = starts["origin_number"].astype(int)
    kept = ["calendar_id", "ds", *terms.columns[terms.columns.str.startswith("x_")]]
    return Fleet(
        name=name,
        days=_with_truth(whole, truth=truth).reset_index(drop=True),
        terms=terms[kept],
        origins=dict(sorted(zip(numbers, starts["ds"], strict=True))),
        series_count=days["unique_id"].nunique(),
    )


def _with_truth(days: pd.DataFrame, *, truth: pd.DataFrame) -> pd.DataFrame:
    """Add the generator's mean in the unit that cleansing brought the usage to.

    A server that was resized has its older percentages in today's size: the truth of a
    day is scaled as its observation was.
    """
    truth = truth.assign(
        unique_id=truth["server_id"] + " " + truth["metric"].replace(_METRICS),
        ds=pd.to_datetime(truth["date"]),
    )
    columns = ["unique_id", "ds", "true_mean", "observed_value"]
    both = days.merge(truth[columns], on=["unique_id", "ds"], how="left")
    observed = both["observed_value"].where(both["observed_value"] > 0)
    scale = (both["measured_value"] / observed).groupby(both["unique_id"])
    filled = scale.ffill().groupby(both["unique_id"]).bfill()
    both["true_value"] = both["true_mean"] * filled
    return both.drop(columns=["true_mean", "observed_value"])
