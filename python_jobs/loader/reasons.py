"""Why a file was rejected: the share of bad rows, the first of them, what to do."""

from collections.abc import Sequence

from python_jobs.loader.config import LoaderConfig
from python_jobs.loader.fields import Field
from python_jobs.loader.loading import TooManyRejectedError
from python_jobs.loader.preflight import SourceFile
from python_jobs.loader.reading import Staging
from python_jobs.platform.texts import visible

_EXPECTED = {
    "duplicate_key": "one row per key (the first is kept)",
    "mixed_statistic": "one statistic per server",
    "bad_quotes": "quotes in pairs, those inside a field doubled",
    "decommissioned_first": "decommissioned_date on or after commissioned_date",
}


def refuse_bad_share(
    staging: Staging,
    *,
    source: SourceFile,
    fields: Sequence[Field],
    config: LoaderConfig,
) -> None:
    """Refuse a file when too many of its rows are bad.

    Raises
    ------
    TooManyRejectedError
        With the share, the first bad row and what to do.
    """
    rejected = staging.rejected_count
    if rejected <= staging.rows_read * config.max_rejected_ratio:
        return
    first = staging.first_row(
        "select row_number, rule, column_name, value from rejects"
        " order by row_number, rule limit 1"
    )
    shown = "" if first is None else _shown(first, source, fields)
    share = rejected / staging.rows_read
    raise TooManyRejectedError(
        f"{shown}; {rejected} of {staging.rows_read} rows ({share:.1%}) are bad, more"
        f" than max_rejected_ratio {config.max_rejected_ratio:.1%}, so nothing was"
        " loaded → correct the file (all bad rows: raw.rejected_rows)"
    )


def _shown(
    row: tuple[int, str, str | None, str | None],
    source: SourceFile,
    fields: Sequence[Field],
) -> str:
    row_number, rule, column, value = row
    expected = _EXPECTED.get(rule)
    if rule == "field_count":
        expected = f"{len(source.header)} fields, found {value}"
        column, value = None, None
    names = (column or "").split(", ")
    for field in fields:
        if expected is None and field.column in names:
            expected = field.expectation(rule)
    found = "" if column is None else f" {column} '{visible(value or '')}'"
    place = row_number if source.kind == "parquet" else row_number + 1
    return f"{source.name}:{place}{found} breaks {rule}: expected {expected}"
