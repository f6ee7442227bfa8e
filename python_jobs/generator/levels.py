"""The level that each server keeps: mid-window, a working day, in the metric's unit."""

import numpy as np

from python_jobs.generator.config import GeneratorConfig
from python_jobs.generator.metrics import METRICS, PERCENT_METRICS
from python_jobs.generator.spread import Spread
from python_jobs.generator.streams import Floats, normals
from python_jobs.generator.traits import SIZE_FACTORS, Traits

IDLE_FACTORS = (0.12, 0.4, 0.6, 0.05, 0.05)
"""Usage of an idle server per metric, relative to one in use."""


def draw_log_levels(
    traits: Traits,
    *,
    spreads: dict[str, Spread],
    first_effects: Floats,
    config: GeneratorConfig,
) -> Floats:
    """Return the log level of each server and metric, shape (servers, metrics).

    Parameters
    ----------
    traits
        The fleet.
    spreads
        Base and covariance of the level by archetype.
    first_effects
        Effects on the first day's log, shape (servers, metrics): the level is bounded
        on that day, before the server's size is taken into account.
    config
        Bounds of the first level.
    """
    draws = normals(
        config.seed, purpose="level", servers=len(traits), shape=(len(METRICS),)
    )
    log_level = np.empty_like(draws)
    is_right = traits.true_size == "right"
    for name, spread in spreads.items():
        members = traits.archetype == name
        balanced = draws.copy()
        balanced[members & is_right] = _balanced(draws[members & is_right])
        # nobody calls a server oversized that is the busiest of its kind
        balanced[members & ~is_right] = np.clip(draws[members & ~is_right], -2, 1)
        factor = np.linalg.cholesky(spread.level)
        centre = np.log(spread.base) - np.diag(spread.level) / 2
        log_level[members] = centre + balanced[members] @ factor.T
    bounds = np.log([config.metrics[name].first_level for name in METRICS])
    first = np.clip(log_level + first_effects, bounds[:, 0], bounds[:, 1])
    return first - first_effects - _log_size(traits)


def _balanced(draws: Floats) -> Floats:
    """Return the draws with mean 0 and unit covariance, when there are enough of them.

    A dozen servers would miss the table's correlations by chance; a balanced sample has
    them at every seed.
    """
    if len(draws) < draws.shape[1] + 3:
        return draws
    centred = draws - draws.mean(axis=0)
    covariance = centred.T @ centred / len(draws)
    return np.asarray(np.linalg.solve(np.linalg.cholesky(covariance), centred.T).T)


def _log_size(traits: Traits) -> Floats:
    """Return what the size takes off the log level, shape (servers, metrics)."""
    log_size = np.zeros((len(traits), len(METRICS)))
    factors = np.array([SIZE_FACTORS[str(size)] for size in traits.true_size])
    log_size[:, PERCENT_METRICS] = np.log(factors)[:, None]
    log_size[traits.true_size == "idle"] = -np.log(IDLE_FACTORS)
    return log_size
