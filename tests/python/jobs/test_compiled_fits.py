"""What is compiled beside dbt's builds is what the job then calls."""

import os
import subprocess
import sys
from pathlib import Path

CODE = """
from fleet_frames import WrittenSeries, frames, run, wave
from python_jobs.forecasting.config import JobsConfig
from python_jobs.forecasting.models import arima, registry, smoothing

kernels = [smoothing._fill_fits, arima._fill_fits, arima._fill_forecasts]
registry.compile_fits()
compiled = [list(kernel.signatures) for kernel in kernels]
fleet = {f"srv-{k}": WrittenSeries(usage=wave(800, seed=k)) for k in range(3)}
run(frames(fleet, day_count=800), options=JobsConfig())
assert all(compiled)
assert [list(kernel.signatures) for kernel in kernels] == compiled
"""


def test_the_job_compiles_no_fit_again() -> None:
    """Of another type or layout a kernel would be compiled a second time."""
    folder = str(Path(__file__).parent)
    paths = os.pathsep.join([folder, str(Path(folder).parent)])
    ended = subprocess.run(
        [sys.executable, "-c", CODE],
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
