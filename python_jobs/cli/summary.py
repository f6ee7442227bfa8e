"""The end of `capacity run`: what the reports say, in one screen."""

from datetime import date
from typing import TYPE_CHECKING

from rich.table import Table

from python_jobs.cli.engine import Value, read_sql, relation
from python_jobs.cli.session import Session
from python_jobs.cli.tables import fact_table, result_table, text
from python_jobs.platform.settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa

_FLEET = """
select
    count(distinct server_id) as server_count,
    count(distinct metric_date) as day_count,
    count(*) as value_count,
    min(metric_date) as first_date,
    max(metric_date) as last_date
from {fct_server_days}
"""

_FORECASTS = """
select
    forecast_source,
    forecast_model,
    count(distinct server_id || ' ' || metric) as series_count
from {fct_usage_forecasts}
group by forecast_source, forecast_model
order by series_count desc, forecast_source, forecast_model
"""

# the choice was made without the held-out quarters
_ERRORS = """
select
    champions.metric,
    coalesce(models.forecast_model, 'one a metric') as forecast_model,
    champions.mae_pct,
    champions.relative_mae as mae_to_naive_ratio,
    champions.coverage_80 as coverage_80_ratio
from {rpt_forecast_accuracy} as champions
left join {rpt_forecast_accuracy} as models
    on
        champions.metric = models.metric
        and champions.evaluation = models.evaluation
        and champions.segment_type = models.segment_type
        and champions.horizon_block = models.horizon_block
        and champions.series_count = models.series_count
        and models.forecast_model != 'champion'
        and models.is_champion
where
    champions.forecast_model = 'champion'
    and champions.evaluation = 'holdout'
    and champions.segment_type = 'all'
    and champions.horizon_block = 'all'
order by champions.metric
"""

_ERRORS_TITLE = "Error over 90 days in held-out quarters, of models chosen before them"

_RISK = """
select
    horizon_days,
    count(distinct case when risk_level in ('high', 'very_high') then server_id end)
        as at_risk_count,
    count(distinct case when risk_level = 'very_high' then server_id end)
        as very_high_count
from {rpt_capacity_risk}
where horizon_days in (30, 90)
group by horizon_days
order by horizon_days
"""

_BREACHES = """
select
    server_id, metric, threshold_pct, status, breach_q10_date, breach_q50_date,
    breach_q90_date
from {rpt_time_remaining} as times
inner join {rpt_data_quality} as qualities using (server_id, metric)
where
    times.status = 'within_horizon'
    and times.risk_level = 'high'
    and qualities.series_state = 'reporting'
order by times.breach_q50_date, times.breach_q10_date, server_id, metric
limit 5
"""

_BREACHED = """
select count(distinct server_id) as server_count
from {rpt_time_remaining}
where status = 'breached' and risk_level = 'high'
"""

_ACTIONS = """
select recommended_action, count(*) as server_count
from {rpt_server_actions}
group by recommended_action
order by server_count desc, recommended_action
"""

_MARTS = (
    "fct_server_days",
    "fct_usage_forecasts",
    "rpt_forecast_accuracy",
    "rpt_capacity_risk",
    "rpt_data_quality",
    "rpt_time_remaining",
    "rpt_server_actions",
)


def print_summary(session: Session, *, as_of_date: date) -> None:
    """Print fleet, forecasts and their error, risk, first breaches, actions, places."""
    show = session.console.print
    facts = fact_table(f"Capacity as of {as_of_date}")
    fleet = _rows(session, _FLEET)[0]
    facts.add_row(
        "fleet",
        f"{_counted(fleet['server_count'])}, {text(fleet['day_count'])} days"
        f" ({fleet['first_date']} to {fleet['last_date']}),"
        f" {text(_raw_rows(session))} raw rows",
    )
    made = _rows(session, _FORECASTS)
    facts.add_row("forecasts", _listed(made, "series_count", "forecast_model"))
    for row in _rows(session, _RISK):
        facts.add_row(
            f"at risk in {row['horizon_days']} days",
            f"{_counted(row['at_risk_count'])},"
            f" {text(row['very_high_count'])} of them very high",
        )
    breached = _rows(session, _BREACHED)[0]["server_count"]
    facts.add_row("above already", _counted(breached))
    actions = _rows(session, _ACTIONS)
    facts.add_row("actions", _listed(actions, "server_count", "recommended_action"))
    _add_places(session, facts)
    show()
    show(facts)
    _show_table(session, _ERRORS_TITLE, _ERRORS)
    _show_table(session, "First breaches to come", _BREACHES)


def _show_table(session: Session, title: str, sql: str) -> None:
    rows = _read(session, sql)
    if rows.num_rows:
        table = result_table(rows)
        table.title, table.title_justify, table.title_style = title, "left", "bold"
        session.console.print()
        session.console.print(table)


def _add_places(session: Session, facts: Table) -> None:
    settings = session.settings
    if settings.target == "duckdb":
        facts.add_row("database", str(settings.database))
        facts.add_row("tables", str(settings.warehouse / "lake"))
    else:
        facts.add_row("database", f"Athena, {settings.schema_prefix}_marts")
        facts.add_row("tables", settings.s3_warehouse)
    facts.add_row("docs", "`make docs`, then open target/static_index.html")
    is_default = settings == Settings.from_environment(target=settings.target)
    where = "" if is_default else f" --warehouse {settings.warehouse}"
    facts.add_row("next", f"`capacity query{where}`, `capacity status{where}`")


def _raw_rows(session: Session) -> int:
    """Return the accepted metric rows of all loads."""
    columns = ["file_kind", "rows_accepted", "status"]
    loads = session.store.read("raw.loads", columns=columns)
    return sum(
        row["rows_accepted"] or 0
        for row in loads.to_pylist()
        if row["file_kind"] != "servers" and row["status"] == "loaded"
    )


def _counted(count: Value) -> str:
    return f"{text(count)} server{'' if count == 1 else 's'}"


def _listed(rows: list[dict[str, Value]], count: str, name: str) -> str:
    return ", ".join(f"{text(row[count])} {row[name]}" for row in rows) or "none"


def _rows(session: Session, sql: str) -> list[dict[str, Value]]:
    rows: list[dict[str, Value]] = _read(session, sql).to_pylist()
    return rows


def _read(session: Session, sql: str) -> "pa.Table":
    names = {name: relation(session.settings, "marts", name) for name in _MARTS}
    return read_sql(session.settings, sql.format(**names))
