"""Fit many series side by side, each process on one core."""

from collections.abc import Iterator, Sequence

from joblib import Parallel, cpu_count, delayed, parallel_config
from threadpoolctl import threadpool_limits

from python_jobs.forecasting.config import Candidate
from python_jobs.forecasting.forecasts import FitTask, Outcome, forecast_outcomes

CHUNK_SERIES = 5
"""Series that a process takes at a time: about a second of work."""

SeriesOutcomes = tuple[tuple[str, str], dict[Candidate, Outcome]]


def fit_all(
    tasks: Sequence[FitTask], *, processes: int | None
) -> Iterator[SeriesOutcomes]:
    """Yield the outcomes of every task, in the order of the tasks.

    Parameters
    ----------
    tasks
        One per series; none depends on another, so the number of processes changes
        the time and not the result.
    processes
        Processes side by side; None: one per core that this process may use.
    """
    chunks = [
        tasks[first : first + CHUNK_SERIES]
        for first in range(0, len(tasks), CHUNK_SERIES)
    ]
    workers = min(processes or cpu_count(), len(chunks))
    if workers <= 1:
        for chunk in chunks:
            yield from _fit_chunk(chunk)
        return
    with parallel_config(backend="loky", n_jobs=workers, inner_max_num_threads=1):
        fitted = Parallel(return_as="generator")(
            delayed(_fit_chunk)(chunk) for chunk in chunks
        )
        for outcomes in fitted:
            yield from outcomes


def _fit_chunk(tasks: Sequence[FitTask]) -> list[SeriesOutcomes]:
    """Fit some series on one core: threads inside would fight over it."""
    with threadpool_limits(limits=1):
        return [(task.key, forecast_outcomes(task)) for task in tasks]
