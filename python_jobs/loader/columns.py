"""Columns, statistics and units of the files that can be loaded."""

from collections.abc import Mapping
from typing import Literal

MetricColumn = Literal["cpu_p95", "mem_p95", "disk_p95", "net_in_p95", "net_out_p95"]
Statistic = Literal["daily_p95", "hourly_p95", "sample"]
Unit = Literal["percent", "mbps", "bytes_per_5_minutes"]

METRIC_COLUMNS: tuple[MetricColumn, ...] = (
    "cpu_p95",
    "mem_p95",
    "disk_p95",
    "net_in_p95",
    "net_out_p95",
)
PERCENT_COLUMNS = frozenset({"cpu_p95", "mem_p95", "disk_p95"})
METRIC_FILE_COLUMNS = (
    "server_id",
    "timestamp",
    "business_unit",
    "region",
    "criticality",
    *METRIC_COLUMNS,
    "metric",
    "value",
)
SERVER_FILE_COLUMNS = (
    "server_id",
    "valid_from",
    "business_unit",
    "region",
    "criticality",
    "server_type",
    "application",
    "environment",
    "failover_group",
    "instance_type",
    "vcpu_count",
    "memory_gib",
    "disk_gib",
    "network_mbps",
    "commissioned_date",
    "decommissioned_date",
)
UNIT_FACTORS: Mapping[Unit, float] = {
    "percent": 1.0,
    "mbps": 1.0,
    # 8 bits a byte, 300 seconds, a million bits a megabit
    "bytes_per_5_minutes": 8 / 300 / 1_000_000,
}
