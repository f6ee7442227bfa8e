"""Nineteen odd kinds of series: a percentage a day, NaN where nothing was measured."""

from collections.abc import Callable, Mapping

import numpy as np

DAYS = 320
EACH = 27
"""Series of a kind: 513 in all."""
Random = np.random.Generator
DAY = np.arange(DAYS)
WEEK = np.resize([2.0, 3.0, 4.0, 3.0, 2.0, 0.0, 0.0], DAYS)


def usual(random: Random) -> np.ndarray:
    """Return a working week at some level, with noise."""
    level = random.uniform(5, 60)
    values: np.ndarray = level * (1 + WEEK / 10 + 0.1 * random.standard_normal(DAYS))
    return values


def missing(values: np.ndarray, is_missing: np.ndarray) -> np.ndarray:
    """Return values with holes."""
    return np.where(is_missing, np.nan, values)


def last(count: int) -> np.ndarray:
    """Say which days are the last so many."""
    return DAYS - count <= DAY


KINDS: Mapping[str, Callable[[Random], np.ndarray]] = {
    "constant": lambda random: np.full(DAYS, random.uniform(0, 100)),
    "zero": lambda _: np.zeros(DAYS),
    "never_measured": lambda _: np.full(DAYS, np.nan),
    "one_day": lambda random: missing(usual(random), ~last(1)),
    "short": lambda random: missing(usual(random), ~last(random.integers(2, 28))),
    "four_weeks": lambda random: missing(usual(random), ~last(28)),
    "one_gap": lambda random: missing(usual(random), random.integers(1, 300) == DAY),
    "holes": lambda random: missing(usual(random), random.random(DAYS) < 0.6),
    "second_day": lambda random: missing(usual(random), DAY % 2 == 0),
    "weekly": lambda random: missing(usual(random), DAY % 7 != 0),
    "silent_13": lambda random: missing(usual(random), last(13)),
    "silent_14": lambda random: missing(usual(random), last(14)),
    "long_dead": lambda random: missing(usual(random), last(120)),
    "switched_off": lambda random: np.where(last(28), 0.0, usual(random)),
    "spike": lambda random: np.where(random.random(DAYS) < 0.02, 100, usual(random)),
    "level_shift": lambda random: usual(random) * (1 + last(random.integers(3, 60))),
    "risen": lambda random: 5 + 130 * (DAY / DAYS) ** 6 + usual(random) / 40,
    "on_and_off": lambda random: np.where(DAY % 2, random.uniform(1, 100), 0.0),
    "rare_peaks": lambda random: np.where(DAY % 17, 10.0 ** -random.integers(300), 60),
}
