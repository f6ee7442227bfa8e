"""Names of groups of servers, by rule: what a capacity manager would call them."""

import pandas as pd

from python_jobs.clustering.profiles import columns_of

NOT_CLUSTERED = "not_clustered"
NAMES = ("hot", "idle", "growing", "bursty", "steady")

HOT_PEAK_PCT = 80.0
IDLE_LEVEL_PCT = 30.0
GROWING_RATIO = 1.1
BURSTY_MULTIPLE = 1.25

_SIZED = ("cpu", "memory", "disk")
_COMPUTE = ("cpu", "memory")


def group_name(members: pd.DataFrame, *, fleet: pd.DataFrame) -> str:
    """Return the first name whose rule the group's middle server meets.

    Parameters
    ----------
    members
        Profiles of the group's servers, columns as in ``feat_server_clusters``.
    fleet
        Profiles of all servers.

    Returns
    -------
    str
        ``hot``: the highest peak of CPU, memory and disk is at `HOT_PEAK_PCT` or more;
        ``idle``: neither CPU nor memory reach `IDLE_LEVEL_PCT` on average; ``growing``:
        usage is `GROWING_RATIO` times that of a year ago, over all metrics;
        ``bursty``: they spread `BURSTY_MULTIPLE` times as wide as the fleet's;
        ``steady``: none of these. Risk comes before savings.
    """
    peak = members[[f"{metric}_peak_pct" for metric in _SIZED]].max(axis=1)
    level = members[[f"{metric}_p95_level_pct" for metric in _COMPUTE]].max(axis=1)
    spread = columns_of("spread_ratio")
    fleet_spread = fleet[spread].mean(axis=1).median()
    rules = {
        "hot": peak.median() >= HOT_PEAK_PCT,
        "idle": level.median() < IDLE_LEVEL_PCT,
        "growing": _middle(members, "growth_ratio_year") >= GROWING_RATIO,
        "bursty": _middle(members, "spread_ratio") >= BURSTY_MULTIPLE * fleet_spread,
        "steady": True,
    }
    return next(name for name in NAMES if rules[name])


def _middle(members: pd.DataFrame, number: str) -> float:
    """Return the middle server's mean of one profile number over all metrics."""
    return float(members[columns_of(number)].mean(axis=1).median())
