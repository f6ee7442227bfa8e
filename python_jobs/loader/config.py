"""The loader's section of the configuration: names, units, patterns and caps."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from pydantic import Field, field_validator

from python_jobs.loader.columns import (
    METRIC_FILE_COLUMNS,
    SERVER_FILE_COLUMNS,
    MetricColumn,
    Statistic,
)
from python_jobs.loader.patterns import (
    CLOUDWATCH,
    CLOUDWATCH_BY_REGION,
    FilePattern,
    MetricSource,
)
from python_jobs.platform.sections import Section


def _percent(column: MetricColumn) -> MetricSource:
    return MetricSource(column=column, unit="percent")


def _mbps(column: MetricColumn) -> MetricSource:
    return MetricSource(column=column, unit="mbps")


class LoaderConfig(Section):
    """Configuration of the loader; the defaults fit the documented formats.

    Attributes
    ----------
    column_aliases, server_column_aliases
        Foreign column names of metric and inventory files, and ours.
    ignored_columns
        Columns that may be in a file and are not read.
    metric_names
        Values of column ``metric`` in long files.
    file_patterns
        Tried in order on files with the header ``timestamp,value``.
    null_tokens
        Texts that mean "no value".
    statistic, interval_seconds
        What the samples are; None: deduced from their spacing.
    max_rejected_ratio
        Share of bad rows (0-1) above which a file is refused as a whole.
    max_file_bytes, max_compression_ratio, max_line_bytes
        Caps of the pre-flight; the first also bounds what a gzip file expands to.
    max_future_days
        Days that a timestamp may lie ahead of the load.
    earliest_date
        Older timestamps are refused: the calendars start here.
    max_network_mbps
        Greatest believable network load.
    memory_limit_mb, threads
        Bounds of the engine that reads the file.
    chunk_rows
        Rows that are merged into the warehouse in one commit.
    """

    column_aliases: Mapping[str, str] = {
        "memory_p95": "mem_p95",
        "network_p95": "net_in_p95",
        "net_p95": "net_in_p95",
        "network_in_p95": "net_in_p95",
        "network_out_p95": "net_out_p95",
        "date": "timestamp",
        "datetime": "timestamp",
        "server": "server_id",
    }
    server_column_aliases: Mapping[str, str] = {
        "server": "server_id",
        "archetype": "server_type",
        "vcpus": "vcpu_count",
    }
    ignored_columns: tuple[str, ...] = ("load_id", "loaded_at")
    metric_names: Mapping[str, MetricSource] = {
        "cpu_p95": _percent("cpu_p95"),
        "mem_p95": _percent("mem_p95"),
        "disk_p95": _percent("disk_p95"),
        "net_in_p95": _mbps("net_in_p95"),
        "net_out_p95": _mbps("net_out_p95"),
        "cpu": _percent("cpu_p95"),
        "memory": _percent("mem_p95"),
        "memory_p95": _percent("mem_p95"),
        "disk": _percent("disk_p95"),
        "network_in": _mbps("net_in_p95"),
        "network_p95": _mbps("net_in_p95"),
        "network_out": _mbps("net_out_p95"),
    }
    file_patterns: tuple[FilePattern, ...] = (CLOUDWATCH_BY_REGION, CLOUDWATCH)
    null_tokens: tuple[str, ...] = ("NULL", "null", "NaN", "nan", "NA", "N/A", "None")
    statistic: Statistic | None = None
    interval_seconds: Annotated[int, Field(gt=0, le=86_400)] | None = None
    max_rejected_ratio: Annotated[float, Field(ge=0, le=1)] = 0.05
    max_file_bytes: Annotated[int, Field(gt=0, le=10**15)] = 100_000_000_000
    max_compression_ratio: Annotated[float, Field(gt=1, le=1_000_000)] = 200.0
    max_line_bytes: Annotated[int, Field(ge=1_024, le=10**9)] = 65_536
    max_future_days: Annotated[int, Field(ge=0, le=3_660)] = 1
    earliest_date: Annotated[
        date, Field(ge=date(1970, 1, 1), le=date(2100, 12, 31))
    ] = date(2010, 1, 1)
    max_network_mbps: Annotated[float, Field(gt=0, le=1e9)] = 1_000_000.0
    memory_limit_mb: Annotated[int, Field(ge=128, le=10**7)] = 512
    threads: Annotated[int, Field(ge=1, le=1_024)] = 2
    chunk_rows: Annotated[int, Field(ge=1, le=10**9)] = 250_000

    @field_validator("column_aliases")
    @classmethod
    def _aliases_of_metric_files(cls, aliases: Mapping[str, str]) -> Mapping[str, str]:
        return _checked_aliases(aliases, known=METRIC_FILE_COLUMNS)

    @field_validator("server_column_aliases")
    @classmethod
    def _aliases_of_server_files(cls, aliases: Mapping[str, str]) -> Mapping[str, str]:
        return _checked_aliases(aliases, known=SERVER_FILE_COLUMNS)


def _checked_aliases(
    aliases: Mapping[str, str], *, known: tuple[str, ...]
) -> Mapping[str, str]:
    for alias, column in aliases.items():
        if column not in known:
            raise ValueError(
                f"alias {alias} leads to '{column}', which is no column; expected one"
                f" of {', '.join(known)}"
            )
        if alias in known:
            raise ValueError(f"alias {alias} is the name of a column → drop it")
    return aliases
