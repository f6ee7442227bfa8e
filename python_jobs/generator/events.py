"""What happens to single servers: resizes, level shifts, leaks, clean-ups, service."""

from dataclasses import dataclass

import numpy as np

from python_jobs.generator.config import GeneratorConfig
from python_jobs.generator.metrics import (
    CPU,
    DISK,
    MEMORY,
    METRICS,
    NETWORK_IN,
    NETWORK_OUT,
    PERCENT_METRICS,
)
from python_jobs.generator.streams import Flags, Floats, uniforms
from python_jobs.generator.time_axis import TimeAxis
from python_jobs.generator.traits import Integers, Traits, chosen

NEVER = -1
FULL_PCT = 90.0
"""Beyond this a server cannot have been smaller: its resize made it smaller."""
SHORTEST_EVENT_WINDOW_DAYS = 120
"""Shorter windows see no event: there would be no before and after."""


@dataclass(frozen=True)
class Events:
    """Events per server.

    Attributes
    ----------
    first_day, last_day
        Days in service, as positions on the time axis, both included.
    resize_day
        First day at today's size; `NEVER` without a resize.
    resize_factor
        Today's size over the size before.
    log_change
        Sum of all changes on the log of the usage, shape (servers, metrics, days).
    """

    first_day: Integers
    last_day: Integers
    resize_day: Integers
    resize_factor: Floats
    log_change: Floats

    @property
    def is_in_service(self) -> Flags:
        """Shape (servers, days)."""
        day = np.arange(self.log_change.shape[2])
        started = day >= self.first_day[:, None]
        return np.asarray(started & (day <= self.last_day[:, None]), dtype=np.bool_)


def draw_events(
    traits: Traits, *, log_level: Floats, days: TimeAxis, config: GeneratorConfig
) -> Events:
    """Draw when what happens; everything begins inside the observed window.

    Only servers of the right size have events: an oversized one stays what it is.

    Parameters
    ----------
    traits, days, config
        The fleet, its days and the rates.
    log_level
        Level of each server and metric, shape (servers, metrics).
    """
    shape = (len(traits), len(METRICS), len(days))
    log_change = np.zeros(shape)
    is_right = traits.true_size == "right"
    first_day, last_day = _service(is_right, days=days, config=config)
    share = config.events.resize_share
    resize_day = _event_days("resize", share, is_right, days=days, config=config)
    fullest = np.exp(log_level[:, PERCENT_METRICS]).max(axis=1)
    resize_factor = np.where(fullest * 2 > FULL_PCT, 0.5, 2.0)
    day = np.arange(len(days))
    before = day[None, :] < resize_day[:, None]
    # half the size before: twice the percent
    log_change[:, PERCENT_METRICS] += (before * np.log(resize_factor)[:, None])[:, None]
    _add_level_shifts(log_change, is_right, days, config)
    _add_leaks(log_change, is_right, days, config)
    _add_cleanups(log_change[:, DISK], config)
    return Events(first_day, last_day, resize_day, resize_factor, log_change)


def _event_days(
    purpose: str,
    share: float,
    among: Flags,
    *,
    days: TimeAxis,
    config: GeneratorConfig,
) -> Integers:
    """Return the day of an event per server, `NEVER` for most.

    It lies between a tenth and nine tenths of the window: both sides of it are seen.
    """
    servers = config.server_count
    event_days = np.full(servers, NEVER, dtype=np.int64)
    if days.observed_days < SHORTEST_EVENT_WINDOW_DAYS:
        return event_days
    met = chosen(config, purpose=purpose, share=share, among=among)
    draw = uniforms(config.seed, purpose=f"{purpose} day", servers=servers, shape=())
    window = (0.1 + 0.8 * draw) * days.observed_days
    event_days[met] = window[met].astype(np.int64)
    return event_days


def _service(
    is_right: Flags, *, days: TimeAxis, config: GeneratorConfig
) -> tuple[Integers, Integers]:
    """Return the first and the last day in service.

    A server is not put into and out of service in one window.
    """
    events = config.events
    first = _event_days(
        "commissioned", events.commissioned_share, is_right, days=days, config=config
    )
    is_old = is_right & (first == NEVER)
    last = _event_days(
        "decommissioned", events.decommissioned_share, is_old, days=days, config=config
    )
    return np.maximum(first, 0), np.where(last == NEVER, len(days) - 1, last)


def _add_level_shifts(
    log_change: Floats, is_right: Flags, days: TimeAxis, config: GeneratorConfig
) -> None:
    """Move the usage of some servers up or down for good: memory half as far."""
    share = config.events.level_shift_share
    shift_day = _event_days("level shift", share, is_right, days=days, config=config)
    size = np.log1p(config.events.level_shift_pct / 100)
    draw = uniforms(
        config.seed, purpose="level shift sign", servers=len(is_right), shape=()
    )
    step = np.where(draw < 0.5, -size, size)
    for number in np.flatnonzero(shift_day != NEVER):
        after = slice(int(shift_day[number]), None)
        log_change[number, (CPU, NETWORK_IN, NETWORK_OUT), after] += step[number]
        log_change[number, MEMORY, after] += step[number] / 2


def _add_leaks(
    log_change: Floats, is_right: Flags, days: TimeAxis, config: GeneratorConfig
) -> None:
    """Let memory of some servers rise until a restart frees it."""
    events = config.events
    share = events.leak_share
    leak_day = _event_days("leak", share, is_right, days=days, config=config)
    low, high = events.leak_days
    draw = uniforms(config.seed, purpose="leak days", servers=len(is_right), shape=())
    for number in np.flatnonzero(leak_day != NEVER):
        length = low + int(draw[number] * (high - low + 1))
        rise = np.arange(1, length + 1) / length * np.log1p(events.leak_rise_pct / 100)
        start = int(leak_day[number])
        leaked = log_change[number, MEMORY, start : start + length]
        leaked += rise[: len(leaked)]


def _add_cleanups(log_disk: Floats, config: GeneratorConfig) -> None:
    """Let disks fill between clean-ups, around their trend.

    Parameters
    ----------
    log_disk
        Shape (servers, days), changed in place.
    config
        Days between clean-ups and what one frees.
    """
    servers, days = log_disk.shape
    low, high = config.events.cleanup_days
    draw = uniforms(config.seed, purpose="clean-ups", servers=servers, shape=(2,))
    cycle = low + np.floor(draw[:, 0] * (high - low + 1))
    position = (np.arange(days)[None, :] + draw[:, 1:] * cycle[:, None]) / cycle[
        :, None
    ]
    freed = -np.log1p(-config.events.cleanup_pct / 100)
    log_disk += freed * (position % 1.0 - 0.5)
