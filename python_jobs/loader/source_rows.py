"""The rows of a file as a query: every line with its number, split into texts.

Lines are read whole and split here, not by the engine's CSV reader: then a row number
is a line number, a quarantined row is the line as it came, and a quote that is never
closed spoils its own line only.
"""

# ruff: noqa: S608 - texts from outside pass literal(), names are our own
import re

from python_jobs.loader.config import LoaderConfig
from python_jobs.loader.fields import literal
from python_jobs.loader.preflight import SourceFile

# a field is free of quotes, or quoted with quotes inside doubled (RFC 4180)
_FIELD = r'("(?:[^"]|"")*"|[^",]*)'
_UNIT_SEPARATOR = "\x1f"


def source_sql(source: SourceFile, *, config: LoaderConfig) -> str:
    """Return the query of a file's rows: ``row_number, raw_row, fields``.

    `row_number` counts the lines after the header, blank ones included, or a Parquet
    file's rows from 1. `raw_row` is the line as it came. `fields` holds the row's
    texts in the order of the header; null when its quotes do not pair.
    """
    # a file name is a name: brackets and stars in it are no pattern
    path = literal(re.sub(r"([*?\[])", r"[\1]", str(source.path.resolve())))
    if source.kind == "parquet":
        columns = ", ".join(
            'cast("' + name.replace('"', '""') + '" as varchar)'
            for name in source.header
        )
        return (
            "select *, array_to_string(list_transform(fields,"
            " lambda x: coalesce(x, '')), ',') as raw_row from ("
            f"select file_row_number + 1 as row_number, [{columns}] as fields"
            f" from read_parquet({path}, file_row_number = true,"
            " hive_partitioning = false))"
        )
    compression = "gzip" if source.kind == "csv.gz" else "none"
    return f"""
        with lines as (
            select row_number() over () as row_number, line as raw_row
            from read_csv(
                {path}, columns = {{'line': 'varchar'}}, auto_detect = false,
                header = false, skip = 1, delim = '{_UNIT_SEPARATOR}', quote = '',
                escape = '', compression = '{compression}',
                max_line_size = {config.max_line_bytes}
            )
        )
        select row_number, raw_row, {_split("raw_row")} as fields
        from lines
        where trim(raw_row) != ''
    """


def _split(line: str) -> str:
    """Return the SQL of a line's fields; null when its quotes do not pair."""
    unquoted = (
        "lambda x: case when starts_with(x, '\"')"
        " then replace(x[2:length(x) - 1], '\"\"', '\"') else x end"
    )
    return f"""
        case
            when not contains({line}, '"') then string_split({line}, ',')
            when regexp_full_match(',' || {line}, '(,{_FIELD})+') then list_transform(
                regexp_extract_all(',' || {line}, ',{_FIELD}', 1), {unquoted}
            )
        end
    """
