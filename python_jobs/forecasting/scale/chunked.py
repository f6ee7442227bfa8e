"""Forecast a fleet of any size on one machine: chunk by chunk, in bounded memory."""

from collections.abc import Iterator
from dataclasses import dataclass

from python_jobs.forecasting.scale.lessons import Servers
from python_jobs.forecasting.scale.sources import FeatureSource
from python_jobs.forecasting.scale.task import Outcome, PartTask
from python_jobs.platform.progress import Progress

CHUNK_SERIES = 5000
"""Series in memory at once: 7 million rows of four years."""


@dataclass(frozen=True)
class ChunkedEngine:
    """One chunk of servers after the other; within a chunk all cores.

    Attributes
    ----------
    chunk_series
        Series of a chunk, about.
    """

    chunk_series: int = CHUNK_SERIES

    def outcomes(
        self,
        source: FeatureSource,
        *,
        servers: Servers,
        series_per_server: float,
        task: PartTask,
        progress: Progress,
    ) -> Iterator[Outcome]:
        """Forecast and write every chunk.

        Parameters
        ----------
        source, servers
            The features, and every server in them, ascending.
        series_per_server
            Of the sample: how many servers make a chunk.
        task
            What to do with a chunk.
        progress
            Counts the servers.
        """
        size = max(1, round(self.chunk_series / series_per_server))
        with progress.task("forecasts", total=len(servers), unit="servers") as counted:
            for first in range(0, len(servers), size):
                chunk = servers[first : first + size]
                yield task.run(source.between(str(chunk[0]), str(chunk[-1])))
                counted.advance(len(chunk))
