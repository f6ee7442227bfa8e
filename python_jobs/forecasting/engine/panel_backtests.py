"""Backtests of a panel: every series at its own newest step, and back from there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from python_jobs.forecasting.engine.fleet import Booleans, Integers
from python_jobs.forecasting.engine.panel_candidates import PanelModel
from python_jobs.forecasting.engine.panel_series import PanelSeries
from python_jobs.forecasting.engine.panel_told import Told, lived
from python_jobs.forecasting.series import Floats


class Panel(Protocol):
    """Series of one frequency, and what models say of them."""

    series: PanelSeries
    horizon: int
    season: int
    naive: str
    shortest: int
    flat_steps: int
    models: Mapping[str, PanelModel]

    def told(
        self, names: Sequence[str], positions: Integers, *, step: int
    ) -> dict[str, Told]:
        """Return what models say of series that share an origin."""
        ...

    def is_special(self, positions: Integers, *, step: int) -> Booleans:
        """Return which steps ahead have intervals of their own."""
        ...


@dataclass(frozen=True)
class Group:
    """Series of one metric that end at the same step.

    Attributes
    ----------
    positions
        In the panel.
    step
        Newest step, since 1970-01-01.
    metric
        Of all of them.
    """

    positions: Integers
    step: int
    metric: str


@dataclass(frozen=True)
class OriginTold:
    """What models said of a group at one origin.

    Attributes
    ----------
    told
        By model.
    actual
        What came, NaN for nothing and at the live origin, shape (series, horizon).
    is_special
        Steps ahead with intervals of their own, shape (series, horizon).
    """

    told: dict[str, Told]
    actual: Floats
    is_special: Booleans


def groups(series: PanelSeries) -> Iterator[Group]:
    """Yield the groups of a panel, without series that have no value at all."""
    has_rows = series.lengths > 0
    by_key: dict[tuple[int, str], list[int]] = {}
    for position in np.flatnonzero(has_rows):
        key = (int(series.newest_steps[position]), str(series.metrics[position]))
        by_key.setdefault(key, []).append(int(position))
    for step, metric in sorted(by_key):
        found = np.array(by_key[step, metric], dtype=np.int64)
        yield Group(found, step, metric)


def at_origins(
    panel: Panel, names: Sequence[str], group: Group, *, most: int
) -> list[OriginTold]:
    """Return what models say at the live origin, then back by a horizon each.

    Parameters
    ----------
    panel, names, group
        Which models and series.
    most
        Backtests at most; the longest history of the group may allow fewer.
    """
    longest = int(panel.series.lengths[group.positions].max())
    origins = min(most, (longest - panel.shortest) // panel.horizon)
    found = []
    for number in range(max(0, origins) + 1):
        step = group.step - number * panel.horizon
        steps = np.full(len(group.positions), step)
        found.append(
            OriginTold(
                told=panel.told(names, group.positions, step=step),
                actual=lived(
                    panel.series, group.positions, steps=steps, horizon=panel.horizon
                ),
                is_special=panel.is_special(group.positions, step=step),
            )
        )
    return found
