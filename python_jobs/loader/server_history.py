"""Slowly changing history of an inventory: changed rows and their start."""

# ruff: noqa: S608 - texts from outside pass literal(), names are our own
from collections.abc import Collection
from datetime import date

from python_jobs.loader.columns import SERVER_FILE_COLUMNS
from python_jobs.loader.fields import literal
from python_jobs.loader.reading import Staging

_ATTRIBUTES = SERVER_FILE_COLUMNS[2:]


def resolve_history(
    staging: Staging,
    *,
    absent: Collection[str],
    earliest_date: date,
    load_date: date,
    load_id: str,
) -> None:
    """Create table ``resolved``: the typed rows with a date and all attributes.

    Parameters
    ----------
    staging
        Rows of the file, and the stored ones as ``stored``.
    absent
        Columns that the file does not have: they keep what was stored last before.
    earliest_date
        First day of an unknown server without dates.
    load_date
        Day of the load: first day of a known server's row without a date.
    load_id
        The load; what an earlier attempt of it stored does not count.
    """
    staging.connection.execute(f"""
        create temp table earlier as
        select * from stored where load_id is distinct from {literal(load_id)}
    """)
    attributes = ", ".join(
        f"coalesce(dated.{name}, earlier.{name}) as {name}"
        if name in absent
        else f"dated.{name}"
        for name in _ATTRIBUTES
    )
    staging.connection.execute(
        _resolved_sql(
            attributes,
            earliest=f"date '{earliest_date}'",
            today=f"date '{load_date}'",
        )
    )


def _resolved_sql(attributes: str, *, earliest: str, today: str) -> str:
    return f"""
        create table resolved as
        with known_servers as (select distinct server_id from earlier),
        dated as (
            select
                typed.* exclude (valid_from),
                typed.valid_from is not null as is_dated,
                case
                    when typed.valid_from is not null then typed.valid_from
                    when known_servers.server_id is not null then {today}
                    else coalesce(typed.commissioned_date, {earliest})
                end as valid_from
            from typed
            left join known_servers on typed.server_id = known_servers.server_id
        )
        select
            dated.row_number,
            dated.is_dated,
            dated.server_id,
            dated.valid_from,
            {attributes},
            true as is_new
        from dated
        asof left join earlier
            on dated.server_id = earlier.server_id
            and dated.valid_from >= earlier.valid_from
    """


def keep_first_of_key(staging: Staging) -> None:
    """Reject repeated keys of the file; a key is server and first day."""
    staging.connection.execute("""
        insert into rejects
        with numbered as (
            select
                row_number,
                server_id,
                valid_from,
                row_number() over (
                    partition by server_id, valid_from
                    order by row_number
                ) as key_count
            from resolved
        )
        select
            row_number,
            'duplicate_key' as rule,
            'server_id, valid_from' as column_name,
            server_id || ', ' || valid_from as value
        from numbered
        where key_count > 1
    """)
    _drop_rejected(staging)


def reject_changed_keys(staging: Staging) -> None:
    """Reject rows that contradict a stored one; mark those that repeat one.

    A row without a date of its own that repeats the newest stored one is no news.
    """
    connection = staging.connection
    differs = " or ".join(
        f"resolved.{name} is distinct from earlier.{name}" for name in _ATTRIBUTES
    )
    connection.execute(f"""
        update resolved set is_new = false
        from earlier
        where
            resolved.server_id = earlier.server_id
            and not ({differs})
            and (
                resolved.valid_from = earlier.valid_from
                or not resolved.is_dated and earlier.valid_from = (
                    select max(newest.valid_from)
                    from earlier as newest
                    where newest.server_id = resolved.server_id
                )
            )
    """)
    connection.execute("""
        insert into rejects
        select
            resolved.row_number,
            'duplicate_key' as rule,
            'server_id, valid_from' as column_name,
            resolved.server_id || ', ' || resolved.valid_from as value
        from resolved
        inner join earlier
            on resolved.server_id = earlier.server_id
            and resolved.valid_from = earlier.valid_from
        where resolved.is_new
    """)
    _drop_rejected(staging)


def _drop_rejected(staging: Staging) -> None:
    staging.connection.execute(
        "delete from resolved where row_number in (select row_number from rejects)"
    )
