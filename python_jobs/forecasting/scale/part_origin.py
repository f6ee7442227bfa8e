"""A part of a fleet at one origin: the same bits, whatever else is in the part."""

import numpy as np

from python_jobs.forecasting.engine.origin import Block, EngineOrigin
from python_jobs.forecasting.engine.regression import RegressionFit, fit_regression
from python_jobs.forecasting.series import Floats


class PartOrigin(EngineOrigin):
    """Regresses in 64 bits.

    OpenBLAS' kernel for Haswell and Zen rounds a row of a product in 32 bits by its
    place among the others, so that a series would depend on the part it came in.
    """

    def _regression(
        self, block: Block, *, harmonics: int
    ) -> tuple[RegressionFit, Floats]:
        loads, is_filled = self.fleet.gather(
            block.series, last_day=self.day, days=block.window_days
        )
        floors = self.fleet.log_floors[block.series][:, None]
        logs = np.log(np.maximum(loads, floors, dtype=np.float64))
        design = self._design(block, harmonics=harmonics)
        return fit_regression(logs, is_filled=is_filled, design=design), loads
