"""The designs that blocks share: which terms a window carries, solved once."""

from collections.abc import Mapping

import numpy as np

from python_jobs.calendar_weights import LEVEL_TERMS, TERMS
from python_jobs.forecasting.calendar_fit import CalendarDesign
from python_jobs.forecasting.engine.regression import SharedDesign
from python_jobs.forecasting.engine.threads import one_blas_thread
from python_jobs.forecasting.series import Floats

HARMONICS = (1, 2, 3)
"""Annual waves that a backtest chooses from: how many of the first are used."""


def used_terms(*, is_full: bool, harmonics: int) -> list[int]:
    """Return the positions of the terms that a window carries.

    A window under two years has seen no year twice: level, weekdays and holidays only.
    """
    left_out = {
        f"annual_{wave}_{k}" for k in HARMONICS[harmonics:] for wave in ("sin", "cos")
    }
    return [
        k
        for k, term in enumerate(TERMS)
        if (is_full and term not in left_out) or term in LEVEL_TERMS
    ]


class Designs:
    """Solved designs by calendar, last day, window and harmonics.

    Parameters
    ----------
    calendars
        Terms of each calendar, day by day.
    """

    def __init__(self, calendars: Mapping[str, CalendarDesign]) -> None:
        self._calendars = calendars
        self._solved: dict[tuple[str, int, int, bool, int], SharedDesign] = {}

    @property
    def first_days(self) -> dict[str, int]:
        """First day of each calendar, as days since 1970-01-01."""
        return {
            name: int(design.days[0].astype(np.int64))
            for name, design in self._calendars.items()
        }

    def solved(
        self,
        calendar_id: str,
        *,
        last_day: int,
        window_days: int,
        is_full: bool,
        harmonics: int,
    ) -> SharedDesign:
        """Return the solved design of a window; made when first asked for."""
        key = (calendar_id, last_day, window_days, is_full, harmonics)
        if key not in self._solved:
            terms = self.terms(
                calendar_id, first_day=last_day - window_days + 1, days=window_days
            )
            used = used_terms(is_full=is_full, harmonics=harmonics)
            with one_blas_thread():
                self._solved[key] = SharedDesign.of(terms, used=used)
        return self._solved[key]

    def terms(self, calendar_id: str, *, first_day: int, days: int) -> Floats:
        """Return the terms of consecutive days, shape (days, terms)."""
        first = np.datetime64(first_day, "D")
        return self._calendars[calendar_id].rows(first, day_count=days)
