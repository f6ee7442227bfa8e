"""Statistic of the samples of a file, inferred from the time between them.

A daily P95 comes once a day, an hourly P95 once an hour, anything else is a sample.
One series never mixes them: their daily P95 would not mean the same.
"""

# ruff: noqa: S608 - texts from outside pass literal(), names are our own
from dataclasses import dataclass

from python_jobs.loader.columns import Statistic
from python_jobs.loader.fields import literal
from python_jobs.loader.layout import RefusedFileError
from python_jobs.loader.reading import Staging

_USUAL_SECONDS: dict[Statistic, int | None] = {
    "daily_p95": 86_400,
    "hourly_p95": 3_600,
    "sample": None,
}
# a day of local time may have 23 hours, an hour may start some minutes late
_STATISTIC_OF_SECONDS = """
    case
        when seconds >= 82800 then 'daily_p95'
        when seconds between 3300 and 3900 then 'hourly_p95'
        else 'sample'
    end
"""
# fewer pairs say more about gaps than about the sampling
_TELLING_PAIRS = 3


@dataclass(frozen=True)
class Sampling:
    """What one value stands for, and how many seconds lie between two, if known."""

    statistic: Statistic
    interval_seconds: int | None


def deduced_sampling(
    staging: Staging,
    *,
    file_name: str,
    statistic: Statistic | None,
    interval_seconds: int | None,
) -> Sampling:
    """Return the sampling of a file: as given, else as most pairs of samples say.

    Servers of a file without a given statistic whose own samples say another one are
    rejected (rule ``mixed_statistic``).

    Raises
    ------
    RefusedFileError
        If the timestamps do not show it, or they contradict what is given.
    """
    found = _most_common(staging)
    if statistic is not None:
        _refuse_contradiction(file_name, given=statistic, found=found)
        seconds = found.interval_seconds if found else _USUAL_SECONDS[statistic]
        return Sampling(statistic, interval_seconds or seconds)
    found = found or _of_lone_samples(staging)
    if found is None:
        raise RefusedFileError(
            f"{file_name}: no server has two timestamps, so nothing says whether these"
            " are daily or hourly values or samples → say which (loader.statistic)",
            rule="statistic_unknown",
            column="timestamp",
            value="",
        )
    _reject_other_spacing(staging, expected=found.statistic)
    return Sampling(found.statistic, interval_seconds or found.interval_seconds)


def _most_common(staging: Staging) -> Sampling | None:
    row = staging.first_row(f"""
        with spacing_counts as (
            select
                {_STATISTIC_OF_SECONDS} as statistic,
                seconds,
                sum(pair_count) as pair_count
            from spacings
            group by all
        ),
        statistic_counts as (
            select
                *,
                sum(pair_count) over (partition by statistic) as statistic_count
            from spacing_counts
        )
        select statistic, seconds
        from statistic_counts
        order by statistic_count desc, statistic, pair_count desc, seconds
        limit 1
    """)
    return None if row is None else Sampling(row[0], int(row[1]))


def _of_lone_samples(staging: Staging) -> Sampling | None:
    """One timestamp a server: midnight means a day, anything else says nothing."""
    others = staging.scalar(
        "select count(*) from typed where timestamp != date_trunc('day', timestamp)"
    )
    if others:
        return None
    return Sampling("daily_p95", _USUAL_SECONDS["daily_p95"])


def _refuse_contradiction(
    file_name: str, *, given: Statistic, found: Sampling | None
) -> None:
    """Refuse one value a day or hour for what comes more often."""
    fineness = ("daily_p95", "hourly_p95", "sample")
    if found and fineness.index(given) < fineness.index(found.statistic):
        raise RefusedFileError(
            f"{file_name}: samples are {found.interval_seconds} s apart, so they cannot"
            f" be {given} → say {found.statistic} (loader.statistic), or nothing",
            rule="statistic_contradiction",
            column="timestamp",
            value=f"{found.interval_seconds} s",
        )


def _reject_other_spacing(staging: Staging, *, expected: Statistic) -> None:
    staging.connection.execute(f"""
        insert into rejects
        with ranked as (
            select
                server_id,
                {_STATISTIC_OF_SECONDS} as statistic,
                row_number() over (
                    partition by server_id
                    order by sum(pair_count) desc, seconds
                ) as spacing_rank,
                sum(sum(pair_count)) over (partition by server_id) as pair_count
            from spacings
            group by server_id, seconds
        ),
        other_servers as (
            select server_id, statistic
            from ranked
            where
                spacing_rank = 1
                and pair_count >= {_TELLING_PAIRS}
                and statistic != {literal(expected)}
        )
        select
            typed.row_number,
            'mixed_statistic' as rule,
            'timestamp' as column_name,
            other_servers.statistic as value
        from typed
        inner join other_servers on typed.server_id = other_servers.server_id
    """)
    staging.drop_rejected()
