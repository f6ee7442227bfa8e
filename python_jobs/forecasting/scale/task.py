"""What a worker is handed: forecast the rows of a part, write them, say what came."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from python_jobs.forecasting.engine.designs import Designs
from python_jobs.forecasting.scale.lessons import Lessons
from python_jobs.forecasting.scale.output import PartWriter
from python_jobs.forecasting.scale.part import (
    backtest_part,
    forecast_part,
    sorted_rows,
)


@dataclass(frozen=True)
class Outcome:
    """What came of a part.

    Attributes
    ----------
    forecast_path, backtest_path
        Data files; None: not asked for.
    series_count
        Series of the part.
    reasons
        Series without a forecast, by reason.
    """

    forecast_path: str
    backtest_path: str | None
    series_count: int
    reasons: Mapping[str, int]


@dataclass(frozen=True)
class PartTask:
    """The same for every part.

    Attributes
    ----------
    designs, lessons
        Terms by calendar; what the fleet taught.
    forecasts, backtests
        Writers of the two tables; without the second no part is backtested.
    processes
        Cores of one worker; None: all.
    """

    designs: Designs
    lessons: Lessons
    forecasts: PartWriter
    backtests: PartWriter | None
    processes: int | None

    def run(self, rows: pd.DataFrame) -> Outcome:
        """Forecast all rows of some servers of ``feat_usage_forecasts``."""
        part = sorted_rows(rows)
        tested = None
        if self.backtests is not None:
            sums = backtest_part(
                part,
                designs=self.designs,
                lessons=self.lessons,
                processes=self.processes,
            )
            tested = self.backtests.write(sums) if len(sums) else None
        found = forecast_part(
            part, designs=self.designs, lessons=self.lessons, processes=self.processes
        )
        refused = Counter(str(each) for each in found.reasons if each is not None)
        return Outcome(
            forecast_path=self.forecasts.write(found.frame()),
            backtest_path=tested,
            series_count=len(found.fleet),
            reasons=dict(refused),
        )
