"""Foreign metric names, and file names that say which series a file holds."""

import re
from collections.abc import Mapping
from string import Formatter
from typing import Self

from pydantic import model_validator

from python_jobs.loader.columns import PERCENT_COLUMNS, MetricColumn, Unit
from python_jobs.platform.sections import Section


class MetricSource(Section):
    """What a foreign metric name stands for: our column, and the unit it comes in."""

    column: MetricColumn
    unit: Unit

    @model_validator(mode="after")
    def _unit_fits_column(self) -> Self:
        if (self.unit == "percent") != (self.column in PERCENT_COLUMNS):
            raise ValueError(
                f"unit {self.unit} does not fit {self.column} → percent for CPU,"
                " memory and disk, mbps or bytes_per_5_minutes for the network"
            )
        return self


class FilePattern(Section):
    """How a file with the header ``timestamp,value`` names its server and metric.

    Attributes
    ----------
    pattern
        Regular expression of the whole file name before ``.csv``, ``.csv.gz`` or
        ``.parquet``; group ``metric`` is required.
    server_id, region
        Templates over the pattern's groups, such as ``{service}-{instance}``.
    metrics
        What the values of group ``metric`` stand for.
    refused
        Values of group ``metric`` that cannot be loaded, each with the reason.
    """

    pattern: str
    server_id: str
    region: str | None = None
    metrics: Mapping[str, MetricSource]
    refused: Mapping[str, str] = {}

    @model_validator(mode="after")
    def _templates_use_groups(self) -> Self:
        try:
            groups = re.compile(self.pattern).groupindex
        except re.error as error:
            raise ValueError(f"pattern is no regular expression: {error}") from None
        if "metric" not in groups:
            raise ValueError("pattern has no group (?P<metric>…) → add it")
        for template in (self.server_id, self.region or ""):
            for _, name, _, _ in Formatter().parse(template):
                if name is not None and name not in groups:
                    raise ValueError(
                        f"template '{template}' uses {{{name}}}, which the pattern"
                        f" does not capture; it has {', '.join(groups)}"
                    )
        return self


_NO_DISK_PERCENT = (
    "disk bytes have no percent, the size of the disk is unknown"
    " → deliver the used share as disk_p95"
)
CLOUDWATCH = FilePattern(
    pattern=r"(?P<service>[a-z0-9]+)_(?P<metric>[a-z_]+)_(?P<instance>[0-9a-z-]+)",
    server_id="{service}-{instance}",
    metrics={
        "cpu_utilization": MetricSource(column="cpu_p95", unit="percent"),
        "network_in": MetricSource(column="net_in_p95", unit="bytes_per_5_minutes"),
        "network_out": MetricSource(column="net_out_p95", unit="bytes_per_5_minutes"),
    },
    refused={
        "disk_write_bytes": _NO_DISK_PERCENT,
        "disk_read_bytes": _NO_DISK_PERCENT,
    },
)
CLOUDWATCH_BY_REGION = FilePattern(
    pattern=(
        r"iio_(?P<region>[a-z]+-[a-z]+-\d)_(?P<instance>i-[0-9a-f]+)"
        r"_(?P<metric>[A-Za-z]+)"
    ),
    server_id="{instance}",
    region="{region}",
    metrics={
        "CPUUtilization": MetricSource(column="cpu_p95", unit="percent"),
        "NetworkIn": MetricSource(column="net_in_p95", unit="bytes_per_5_minutes"),
        "NetworkOut": MetricSource(column="net_out_p95", unit="bytes_per_5_minutes"),
    },
    refused={
        "DiskWriteBytes": _NO_DISK_PERCENT,
        "DiskReadBytes": _NO_DISK_PERCENT,
    },
)
