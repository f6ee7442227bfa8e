"""Files whose header or name says nothing the loader knows."""

import pyarrow as pa
from malformed_case import GOOD, Case, parquet_bytes

UNKNOWN = (
    Case(
        "semicolons", "a.csv", GOOD.replace(",", ";"), "a.csv:1 separates fields by ';'"
    ),
    Case("tabs", "a.csv", GOOD.replace(",", "\t"), r"a.csv:1 separates fields by '\t'"),
    Case("blank first line", "a.csv", "\n" + GOOD, "a.csv:1 has no header"),
    Case(
        "endless first line",
        "a.csv",
        "x" * 3_000,
        "a.csv:1 is longer than max_line_bytes 2048",
        config={"max_line_bytes": 2_048},
    ),
    Case(
        "no header",
        "a.csv",
        "A,2025-01-01,7\nA,2025-01-02,8\n",
        "a.csv:1 column 'A' is unknown",
    ),
    Case(
        "misspelled column",
        "a.csv",
        GOOD.replace("cpu_p95", "cpu_p59"),
        "column 'cpu_p59' is unknown; expected server_id",
    ),
    Case(
        "alias and column",
        "a.csv",
        "server_id,timestamp,mem_p95,memory_p95\nA,2025-01-01,1,1\n",
        "columns 'mem_p95' and 'memory_p95' both mean mem_p95",
    ),
    Case(
        "repeated column",
        "a.csv",
        "server_id,timestamp,cpu_p95,cpu_p95\nA,2025-01-01,1,1\n",
        "columns 'cpu_p95' and 'cpu_p95' both mean cpu_p95",
    ),
    Case(
        "no server",
        "a.csv",
        "timestamp,cpu_p95\n2025-01-01,1\n",
        "a.csv:1 column server_id is missing",
    ),
    Case(
        "no timestamp",
        "a.csv",
        "server_id,cpu_p95\nA,1\n",
        "a.csv:1 column timestamp is missing",
    ),
    Case(
        "no metric",
        "a.csv",
        "server_id,timestamp,region\nA,2025-01-01,x\n",
        "a.csv:1 has no metric",
    ),
    Case(
        "wide and long",
        "a.csv",
        "server_id,timestamp,metric,value,cpu_p95\nA,2025-01-01,cpu,1,1\n",
        "has metric and value, and also cpu_p95",
    ),
    Case(
        "long without value",
        "a.csv",
        "server_id,timestamp,metric\nA,2025-01-01,cpu\n",
        "column value is missing",
    ),
    Case(
        "name says nothing",
        "weather.csv",
        "timestamp,value\n2025-01-01,1\n",
        "weather.csv: the header says timestamp,value, so the name must say server",
    ),
    Case(
        "name with unknown metric",
        "ec2_surge_queue_length_ab12.csv",
        "timestamp,value\n2025-01-01,1\n",
        "metric 'surge_queue_length' is unknown; expected cpu_utilization",
    ),
    Case(
        "nested parquet",
        "a.parquet",
        parquet_bytes(
            pa.table(
                {
                    "server_id": ["A"],
                    "timestamp": ["2025-01-01"],
                    "cpu_p95": [[1.0, 2.0]],
                }
            )
        ),
        "column cpu_p95 is nested",
    ),
)
