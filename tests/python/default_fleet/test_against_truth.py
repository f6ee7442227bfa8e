"""Flags and recommendations against what the generator knows."""

from collections.abc import Callable

import pandas as pd
import pytest

Query = Callable[[str], pd.DataFrame]

BREACHED = """
with flags as (
    select
        server_id,
        metric,
        max(as_of_date) as as_of_date,
        max(threshold_pct) as threshold_pct,
        max(breach_probability) as breach_probability
    from marts.fct_breach_probabilities
    where risk_level = 'high' and horizon_days <= {horizon}
    group by server_id, metric
),

days as (
    select
        flags.server_id,
        flags.metric,
        flags.breach_probability,
        sum(
            case
                when
                    100 * truth.observed_value / series.capacity_value
                    > flags.threshold_pct
                    then 1
                else 0
            end
        ) over (
            partition by flags.server_id, flags.metric
            order by truth.date
            rows between 9 preceding and current row
        ) as above_count
    from flags
    inner join marts.dim_series as series using (server_id, metric)
    inner join raw.generator_truth as truth using (server_id, metric)
    where
        truth.date > flags.as_of_date
        and truth.date <= flags.as_of_date + {horizon}
)

select
    server_id,
    metric,
    max(breach_probability) >= 0.5 as is_flagged,
    max(above_count) >= 3 as is_breached
from days
group by server_id, metric
"""


@pytest.mark.parametrize("horizon", [90, 365])
def test_live_flags_come_true(query: Query, horizon: int) -> None:
    """Of the servers flagged at even odds four in five breach, and the reverse."""
    flags = query(BREACHED.format(horizon=horizon))
    hits = (flags["is_flagged"] & flags["is_breached"]).sum()
    assert flags["is_breached"].sum() >= 20
    assert hits / flags["is_flagged"].sum() >= 0.8
    assert hits / flags["is_breached"].sum() >= 0.8


def test_consolidation_candidates_are_the_oversized_servers(query: Query) -> None:
    """Servers in service that are idle or oversized are found, and few others."""
    servers = query(
        "select actions.recommended_action = 'consolidation_candidate' as is_candidate,"
        " truth.true_size != 'right' as is_oversized"
        " from marts.rpt_server_actions as actions"
        " inner join (select distinct server_id, true_size from raw.generator_truth)"
        " as truth using (server_id)"
    )
    hits = (servers["is_candidate"] & servers["is_oversized"]).sum()
    assert hits / servers["is_candidate"].sum() >= 0.8
    assert hits / servers["is_oversized"].sum() >= 0.8


def test_anomaly_flags_find_labelled_spikes(query: Query) -> None:
    """Flags are scored against the labels: far better than chance, figures printed."""
    days = query(
        "select days.is_zscore_anomaly or days.is_residual_anomaly as is_flagged,"
        " truth.is_anomaly from marts.fct_server_days as days"
        " inner join raw.generator_truth as truth"
        " on days.server_id = truth.server_id and days.metric = truth.metric"
        " and days.metric_date = truth.date where days.measured_value is not null"
    )
    flagged = days["is_flagged"].fillna(value=False)
    recall = (flagged & days["is_anomaly"]).sum() / days["is_anomaly"].sum()
    precision = (flagged & days["is_anomaly"]).sum() / flagged.sum()
    print(f"anomaly flags: precision {precision:.2f}, recall {recall:.2f}")  # noqa: T201
    assert recall >= 0.5
    assert precision >= 20 * days["is_anomaly"].mean()
