"""What the columns of a file are: wide, long, or one series named by the file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from python_jobs.loader.columns import (
    METRIC_COLUMNS,
    METRIC_FILE_COLUMNS,
    SERVER_FILE_COLUMNS,
    UNIT_FACTORS,
)
from python_jobs.loader.config import LoaderConfig
from python_jobs.loader.patterns import FilePattern, MetricSource
from python_jobs.loader.preflight import SourceFile
from python_jobs.platform.errors import InputError


class RefusedFileError(InputError):
    """A file that is readable but cannot be loaded; the ledger records it.

    Attributes
    ----------
    rule, column, value
        What is recorded in the quarantine as row 0, the file itself.
    """

    def __init__(self, message: str, *, rule: str, column: str, value: str) -> None:
        super().__init__(message)
        self.rule = rule
        self.column = column
        self.value = value


@dataclass(frozen=True)
class Layout:
    """Where each of our columns is found in a file.

    Attributes
    ----------
    positions
        Position of a column's field in the row, from 1.
    constants
        Columns that the file's name gives.
    metrics
        Long files: the metric names that are known.
    factors
        Number that a column's values are multiplied by.
    """

    positions: Mapping[str, int]
    constants: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, MetricSource] = field(default_factory=dict)
    factors: Mapping[str, float] = field(default_factory=dict)


def metrics_layout(source: SourceFile, *, config: LoaderConfig) -> Layout:
    """Recognise a metric file by its header, and by its name where that must help.

    Raises
    ------
    InputError
        If the header has unknown, repeated or missing columns, or no pattern fits.
    RefusedFileError
        If the name says a metric that cannot be loaded.
    """
    positions = _positions(
        source,
        known=METRIC_FILE_COLUMNS,
        aliases=config.column_aliases,
        ignored=config.ignored_columns,
    )
    if set(positions) == {"timestamp", "value"}:
        return _named_series(source, positions=positions, config=config)
    _require(source, positions, ("server_id", "timestamp"))
    if "metric" in positions or "value" in positions:
        _require(source, positions, ("metric", "value"))
        _refuse_both_forms(source, positions)
        return Layout(positions, metrics=config.metric_names)
    if not any(column in positions for column in METRIC_COLUMNS):
        raise InputError(
            f"{source.name}:1 has no metric; expected one of"
            f" {', '.join(METRIC_COLUMNS)}, or metric and value"
            " → name the columns so, or add aliases (loader.column_aliases)"
        )
    return Layout(positions)


def servers_layout(source: SourceFile, *, config: LoaderConfig) -> Layout:
    """Recognise an inventory file; only ``server_id`` is required.

    Raises
    ------
    InputError
        If the header has unknown, repeated or missing columns.
    """
    positions = _positions(
        source,
        known=SERVER_FILE_COLUMNS,
        aliases=config.server_column_aliases,
        ignored=config.ignored_columns,
    )
    _require(source, positions, ("server_id",))
    if len(positions) == 1:
        raise InputError(
            f"{source.name}:1 has no column beside server_id; expected some of"
            f" {', '.join(SERVER_FILE_COLUMNS[1:])} → add what is known"
        )
    return Layout(positions)


def series_name(source: SourceFile, *, config: LoaderConfig) -> str:
    """Return the name of a series that only the file's name tells, else nothing.

    Two such files may hold equal bytes and still be two series.
    """
    names = [name.strip().lower() for name in source.header]
    columns = {config.column_aliases.get(name, name) for name in names}
    return source.stem if columns == {"timestamp", "value"} else ""


def _positions(
    source: SourceFile,
    *,
    known: tuple[str, ...],
    aliases: Mapping[str, str],
    ignored: tuple[str, ...],
) -> dict[str, int]:
    positions: dict[str, int] = {}
    for position, written in enumerate(source.header, start=1):
        name = written.strip().lower()
        column = aliases.get(name, name)
        if name in ignored:
            continue
        if column not in known:
            raise InputError(
                f"{source.name}:1 column '{written}' is unknown; expected"
                f" {', '.join(known)} → rename it, or add it to the aliases or to"
                " ignored_columns of the loader's configuration"
            )
        if column in positions:
            other = source.header[positions[column] - 1]
            raise InputError(
                f"{source.name}:1 columns '{other}' and '{written}' both mean {column}"
                " → keep one"
            )
        positions[column] = position
    return positions


def _require(
    source: SourceFile, positions: Mapping[str, int], columns: tuple[str, ...]
) -> None:
    for column in columns:
        if column not in positions:
            raise InputError(
                f"{source.name}:1 column {column} is missing; found"
                f" {', '.join(source.header)} → add it, or an alias for it"
            )


def _refuse_both_forms(source: SourceFile, positions: Mapping[str, int]) -> None:
    both = [column for column in METRIC_COLUMNS if column in positions]
    if both:
        raise InputError(
            f"{source.name}:1 has metric and value, and also {', '.join(both)}"
            " → deliver either one row per metric or one column per metric"
        )


def _named_series(
    source: SourceFile, *, positions: Mapping[str, int], config: LoaderConfig
) -> Layout:
    for pattern in config.file_patterns:
        match = re.fullmatch(pattern.pattern, source.stem)
        if match is not None:
            return _series(
                source, positions=positions, pattern=pattern, groups=match.groupdict()
            )
    raise InputError(
        f"{source.name}: the header says timestamp,value, so the name must say server"
        " and metric, and fits no pattern → rename it to"
        " <service>_<metric>_<instance>.csv or add a pattern (loader.file_patterns)"
    )


def _series(
    source: SourceFile,
    *,
    positions: Mapping[str, int],
    pattern: FilePattern,
    groups: Mapping[str, str],
) -> Layout:
    metric = groups["metric"]
    if metric in pattern.refused:
        raise RefusedFileError(
            f"{source.name}: metric '{metric}' cannot be loaded:"
            f" {pattern.refused[metric]}",
            rule="refused_metric",
            column="metric",
            value=metric,
        )
    if metric not in pattern.metrics:
        raise InputError(
            f"{source.name}: metric '{metric}' is unknown; expected"
            f" {', '.join(pattern.metrics)} → rename the file or add the metric to its"
            " pattern (loader.file_patterns)"
        )
    found = pattern.metrics[metric]
    constants = {"server_id": pattern.server_id.format(**groups)}
    if pattern.region is not None:
        constants["region"] = pattern.region.format(**groups)
    return Layout(
        positions={
            "timestamp": positions["timestamp"],
            found.column: positions["value"],
        },
        constants=constants,
        factors={found.column: UNIT_FACTORS[found.unit]},
    )
