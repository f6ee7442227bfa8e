"""Files that are readable and refused: for their metric, or for their rows."""

import pyarrow as pa
from malformed_case import GOOD, HEADER, Case, parquet_bytes, with_row


def _damaged_pages() -> bytes:
    """Return Parquet whose footer is whole and whose pages are not."""
    table = pa.table(
        {
            "server_id": [f"server {number}" for number in range(2_000)],
            "timestamp": ["2025-01-01"] * 2_000,
            "cpu_p95": [float(number) for number in range(2_000)],
        }
    )
    data = bytearray(parquet_bytes(table))
    data[40:4_000] = b"\xff" * 3_960
    return bytes(data)


REFUSED = (
    Case(
        "endless line",
        "a.csv",
        GOOD + "x" * 3_000 + "\n",
        "a.csv:12 is longer than max_line_bytes 2048",
        config={"max_line_bytes": 2_048},
    ),
    Case(
        "parquet with damaged pages",
        "a.parquet",
        _damaged_pages(),
        "a.parquet cannot be read",
    ),
    Case(
        "disk bytes",
        "ec2_disk_write_bytes_ab12.csv",
        "timestamp,value\n2025-01-01,1\n",
        "metric 'disk_write_bytes' cannot be loaded: disk bytes have no percent",
    ),
    Case("header alone", "a.csv", HEADER, "a.csv: has no rows below its header"),
    Case(
        "header and blank lines",
        "a.csv",
        HEADER + "\n\n",
        "a.csv: has no rows below its header",
    ),
    Case(
        "rowless parquet",
        "a.parquet",
        parquet_bytes(
            pa.table(
                {
                    "server_id": pa.array([], pa.string()),
                    "timestamp": pa.array([], pa.string()),
                    "cpu_p95": pa.array([], pa.float64()),
                }
            )
        ),
        "has no rows",
    ),
    Case(
        "30 February",
        "a.csv",
        with_row("A,2025-02-30,1"),
        "a.csv:12 timestamp '2025-02-30' breaks not_a_timestamp: expected YYYY-MM-DD",
    ),
    Case(
        "US date",
        "a.csv",
        with_row("A,01/31/2025,1"),
        "timestamp '01/31/2025' breaks not_a_timestamp",
    ),
    Case(
        "epoch seconds",
        "a.csv",
        with_row("A,1735689600,1"),
        "timestamp '1735689600' breaks not_a_timestamp",
    ),
    Case(
        "no such hour",
        "a.csv",
        with_row("A,2025-01-01 25:00:00,1"),
        "breaks not_a_timestamp",
    ),
    Case(
        "the word infinity", "a.csv", with_row("A,infinity,1"), "breaks not_a_timestamp"
    ),
    Case(
        "no timestamp value",
        "a.csv",
        with_row("A,,1"),
        "a.csv:12 timestamp '' breaks missing_value: expected a value",
    ),
    Case(
        "no server value",
        "a.csv",
        with_row("NULL,2025-01-20,1"),
        "server_id '' breaks missing_value",
    ),
    Case(
        "word for a number",
        "a.csv",
        with_row("A,2025-01-20,high"),
        "cpu_p95 'high' breaks not_a_number: expected a number with a decimal point",
    ),
    Case(
        "decimal comma",
        "a.csv",
        with_row('A,2025-01-20,"45,3"'),
        "cpu_p95 '45,3' breaks not_a_number",
    ),
    Case(
        "percent sign",
        "a.csv",
        with_row("A,2025-01-20,45%"),
        "cpu_p95 '45%' breaks not_a_number",
    ),
    Case(
        "digit groups",
        "a.csv",
        with_row("A,2025-01-20,1_0"),
        "cpu_p95 '1_0' breaks not_a_number",
    ),
    Case(
        "infinite number",
        "a.csv",
        with_row("A,2025-01-20,1e999"),
        "cpu_p95 '1e999' breaks not_a_number",
    ),
    Case(
        "above 100 percent",
        "a.csv",
        with_row("A,2025-01-20,100.01"),
        "cpu_p95 '100.01' breaks out_of_range: expected not below 0 and not above 100",
    ),
    Case(
        "below zero",
        "a.csv",
        with_row("A,2025-01-20,-0.5"),
        "cpu_p95 '-0.5' breaks out_of_range",
    ),
    Case(
        "two days ahead",
        "a.csv",
        with_row("A,2026-02-02,1"),
        "timestamp '2026-02-02' breaks future_timestamp: expected",
    ),
    Case(
        "1970",
        "a.csv",
        with_row("A,1970-01-01,1"),
        "timestamp '1970-01-01' breaks too_early",
    ),
    Case(
        "too few fields",
        "a.csv",
        with_row("A,2025-01-20"),
        "a.csv:12 breaks field_count: expected 3 fields, found 2",
    ),
    Case(
        "too many fields",
        "a.csv",
        with_row("A,2025-01-20,1,2"),
        "a.csv:12 breaks field_count: expected 3 fields, found 4",
    ),
    Case(
        "open quote",
        "a.csv",
        with_row('A,2025-01-20,"1'),
        "a.csv:12 breaks bad_quotes: expected quotes in pairs",
    ),
    Case(
        "line break in quotes",
        "a.csv",
        with_row('"A\nB",2025-01-20,1'),
        "a.csv:12 breaks bad_quotes",
    ),
    Case(
        "control character",
        "a.csv",
        with_row("A\x07,2025-01-20,1"),
        "server_id 'A\\u0007' breaks hidden_character: expected no control, format or",
    ),
    Case(
        "endless server",
        "a.csv",
        with_row("A" * 257 + ",2025-01-20,1"),
        "breaks bad_text",
    ),
    Case(
        "repeated key",
        "a.csv",
        with_row("A,2025-01-03,9"),
        "a.csv:12 timestamp '2025-01-03 00:00:00' breaks duplicate_key",
    ),
    Case(
        "unknown metric",
        "a.csv",
        "server_id,timestamp,metric,value\nA,2025-01-01,cpu,1\nA,2025-01-02,swap,1\n",
        "a.csv:3 metric 'swap' breaks unknown_metric: expected one of cpu_p95",
    ),
    Case(
        "lone samples",
        "a.csv",
        HEADER + "A,2025-01-01 10:00:00,1\nB,2025-01-01 10:00:00,1\n",
        "no server has two timestamps",
    ),
    Case(
        "not daily",
        "a.csv",
        HEADER + "A,2025-01-01 10:00:00,1\nA,2025-01-01 10:05:00,1\n",
        "samples are 300 s apart, so they cannot be daily_p95",
        statistic="daily_p95",
    ),
    Case(
        "parquet out of range",
        "a.parquet",
        parquet_bytes(
            pa.table(
                {
                    "server_id": ["A", "A"],
                    "timestamp": ["2025-01-01", "2025-01-02"],
                    "cpu_p95": [1.0, 400.0],
                }
            )
        ),
        "a.parquet:2 cpu_p95 '400.0' breaks out_of_range",
    ),
)
