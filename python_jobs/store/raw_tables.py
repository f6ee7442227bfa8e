"""Declared tables of schema raw: what generator and loader write."""

from python_jobs.store.schema import Kind, TableColumn, TableSchema


def _column(name: str, kind: Kind, comment: str) -> TableColumn:
    return TableColumn(name=name, kind=kind, comment=comment)


SERVER_ID = _column("server_id", "string", "Server, as the monitoring names it.")
BUSINESS_UNIT = _column("business_unit", "string", "Business unit that owns it.")
REGION = _column("region", "string", "Region it runs in, such as us-east-1.")
CRITICALITY = _column("criticality", "string", "High, Medium or Low.")
LOAD_ID = _column("load_id", "string", "Load that delivered the row (raw.loads).")
LOADED_AT = _column("loaded_at", "timestamp", "When the row was written, UTC.")
METRIC = _column("metric", "string", "cpu, memory, disk, network_in or network_out.")
FILE_NAME = _column("file_name", "string", "Name of the delivered file, no folder.")

SERVER_METRICS = TableSchema(
    name="raw.server_metrics",
    comment="One row per server and timestamp: measured load.",
    columns=(
        SERVER_ID,
        _column("timestamp", "timestamp", "Start of the measured interval, UTC."),
        BUSINESS_UNIT,
        REGION,
        CRITICALITY,
        _column("cpu_p95", "number", "CPU used, percent 0-100."),
        _column("mem_p95", "number", "Memory used, percent 0-100."),
        _column("disk_p95", "number", "Disk used, percent 0-100."),
        _column("net_in_p95", "number", "Network received, Mbps."),
        _column("net_out_p95", "number", "Network sent, Mbps."),
        LOAD_ID,
        LOADED_AT,
    ),
    key=("server_id", "timestamp"),
    month_of="timestamp",
)

SERVERS = TableSchema(
    name="raw.servers",
    comment="One row per server and the date from which its inventory is valid.",
    columns=(
        SERVER_ID,
        _column("valid_from", "date", "First day on which the row is true."),
        BUSINESS_UNIT,
        REGION,
        CRITICALITY,
        _column(
            "server_type", "string", "Archetype: web, database, application, batch."
        ),
        _column("application", "string", "Application the server belongs to."),
        _column("environment", "string", "production, staging and so on."),
        _column("failover_group", "string", "Servers that stand in for each other."),
        _column("instance_type", "string", "Size by the provider's name."),
        _column("vcpu_count", "integer", "Virtual CPUs."),
        _column("memory_gib", "number", "Memory, GiB."),
        _column("disk_gib", "number", "Disk, GiB."),
        _column("network_mbps", "number", "Network bandwidth each way, Mbps."),
        _column("commissioned_date", "date", "First day in service."),
        _column(
            "decommissioned_date", "date", "Last day in service; null: in service."
        ),
        LOAD_ID,
        LOADED_AT,
    ),
    key=("server_id", "valid_from"),
)

LOADS = TableSchema(
    name="raw.loads",
    comment="One row per load: a delivered file or a run of the generator.",
    columns=(
        _column(
            "load_id", "string", "Identifies the load; the same for the same file."
        ),
        FILE_NAME,
        _column("file_sha256", "string", "SHA-256 of the file's bytes."),
        _column("file_kind", "string", "metrics, servers or generated."),
        _column("statistic", "string", "daily_p95, hourly_p95 or sample."),
        _column("interval_seconds", "integer", "Seconds between the samples."),
        _column("rows_read", "integer", "Rows of the file."),
        _column("rows_accepted", "integer", "Rows that were loaded."),
        _column("rows_rejected", "integer", "Rows that broke a rule."),
        _column("first_date", "date", "First day among the accepted rows."),
        _column("last_date", "date", "Last day among the accepted rows."),
        _column(
            "status",
            "string",
            "loaded; loading, its rows about to be written; or rejected: nothing was"
            " loaded.",
        ),
        LOADED_AT,
    ),
    key=("load_id",),
)

REJECTED_ROWS = TableSchema(
    name="raw.rejected_rows",
    comment="One row per load, row of the file and broken rule.",
    columns=(
        LOAD_ID,
        FILE_NAME,
        _column("row_number", "integer", "Row in the file, the header not counted."),
        _column("server_id", "string", "Server of the row; null: none could be read."),
        _column("rule", "string", "The rule that the row breaks."),
        _column("column_name", "string", "Column that breaks it; null: the whole row."),
        _column("value", "string", "Its value, as it came."),
        _column("raw_row", "string", "The whole row, as it came."),
        LOADED_AT,
    ),
    key=("load_id", "row_number", "rule"),
)

GENERATOR_TRUTH = TableSchema(
    name="raw.generator_truth",
    comment="One row per server, metric and date: what the generator knows.",
    columns=(
        SERVER_ID,
        METRIC,
        _column("date", "date", "Day, to 400 days past the last observed one."),
        _column("true_mean", "number", "Mean without noise, in the metric's unit."),
        _column("observed_value", "number", "Value that is or will be measured."),
        _column("is_anomaly", "boolean", "Whether the value is a labelled anomaly."),
        _column("anomaly_kind", "string", "spike or dip; null: no anomaly."),
        _column("true_size", "string", "right, oversized_2, oversized_4 or idle."),
    ),
    key=("server_id", "metric", "date"),
    month_of="date",
)

RAW_TABLES = (SERVER_METRICS, SERVERS, LOADS, REJECTED_ROWS, GENERATOR_TRUTH)
