"""A daily value whose timestamp has an offset: its day must be the one in UTC too."""

# ruff: noqa: S608 - the only text from outside is a position, a number
from python_jobs.loader.layout import Layout, RefusedFileError
from python_jobs.loader.preflight import SourceFile
from python_jobs.loader.reading import Staging


def refuse_local_days(staging: Staging, *, source: SourceFile, layout: Layout) -> None:
    """Refuse daily values of local days: in UTC they belong to the day before or after.

    Parquet keeps the instants of a column with a zone, not its offset: there
    no local day can be seen.

    Raises
    ------
    RefusedFileError
        Naming the first such row.
    """
    is_utc = "typed.timestamp = date_trunc('day', typed.timestamp)"
    if not staging.scalar(f"select count(*) from typed where not {is_utc}"):
        return
    text = f"trim(source.fields[{layout.positions['timestamp']}])"
    row = staging.first_row(f"""
        select typed.row_number, {text}
        from typed
        inner join source on typed.row_number = source.row_number
        where
            not {is_utc}
            and left({text}, 10) != strftime(typed.timestamp, '%Y-%m-%d')
        order by typed.row_number
        limit 1
    """)
    if row is None:
        return
    row_number, value = row
    place = row_number if source.kind == "parquet" else row_number + 1
    raise RefusedFileError(
        f"{source.name}:{place} timestamp '{value}' is a daily value of a local day,"
        " which is another day in UTC → write the date alone, such as"
        f" {value[:10]}",
        rule="local_day",
        column="timestamp",
        value=value,
    )
