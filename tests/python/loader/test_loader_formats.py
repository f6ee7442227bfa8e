"""Every form a metric file may come in, and what becomes of its values."""

import gzip
from datetime import date, datetime
from typing import Any

import pytest

from python_jobs.loader.config import LoaderConfig
from python_jobs.loader.patterns import MetricSource

WIDE = (
    "server_id,timestamp,business_unit,region,criticality,cpu_p95,mem_p95,disk_p95,"
    "net_in_p95,net_out_p95\n"
    "A,2025-01-01,Retail,us-east-1,High,1.5,50,20.25,120.5,99\n"
    "A,2025-01-02,Retail,us-east-1,High,2.5,51,,121.5,100\n"
)
LONG = (
    "server_id,timestamp,metric,value\n"
    "A,2025-01-01,cpu,1.5\n"
    "A,2025-01-01,mem_p95,50\n"
    "A,2025-01-02,Network_In,121.5\n"
    "A,2025-01-02,CPU,2.5\n"
)


def _row(day: int, **values: Any) -> dict[str, Any]:
    names = ("business_unit", "region", "criticality")
    columns = ("cpu_p95", "mem_p95", "disk_p95", "net_in_p95", "net_out_p95")
    empty: dict[str, Any] = dict.fromkeys((*names, *columns))
    return {"server_id": "A", "timestamp": datetime(2025, 1, day)} | empty | values


RETAIL = {"business_unit": "Retail", "region": "us-east-1", "criticality": "High"}
WIDE_ROWS = [
    _row(
        1,
        **RETAIL,
        cpu_p95=1.5,
        mem_p95=50.0,
        disk_p95=20.25,
        net_in_p95=120.5,
        net_out_p95=99.0,
    ),
    _row(2, **RETAIL, cpu_p95=2.5, mem_p95=51.0, net_in_p95=121.5, net_out_p95=100.0),
]
LONG_ROWS = [
    _row(1, cpu_p95=1.5, mem_p95=50.0),
    _row(2, cpu_p95=2.5, net_in_p95=121.5),
]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("wide.csv", WIDE.encode(), WIDE_ROWS),
        ("wide.csv.gz", gzip.compress(WIDE.encode()), WIDE_ROWS),
        ("marked.csv", b"\xef\xbb\xbf" + WIDE.encode(), WIDE_ROWS),
        ("windows.csv", WIDE.replace("\n", "\r\n").encode(), WIDE_ROWS),
        ("no end.csv", WIDE.rstrip().encode(), WIDE_ROWS),
        ("blank lines.csv", WIDE.replace("\n", "\n\n").encode(), WIDE_ROWS),
        ("quoted.csv", WIDE.replace("Retail", '"Retail"').encode(), WIDE_ROWS),
        ("capitals.csv", WIDE.replace("cpu_p95", " CPU_P95 ").encode(), WIDE_ROWS),
        ("it's [1]*?.csv", WIDE.encode(), WIDE_ROWS),
        ("long.csv", LONG.encode(), LONG_ROWS),
        ("long.csv.gz", gzip.compress(LONG.encode()), LONG_ROWS),
    ],
)  # fmt: skip
def test_text_files(bench, name: str, content: bytes, expected: list[Any]) -> None:
    """Compression, marks, line ends, quotes and capitals make no difference."""
    (report,) = bench.load(bench.file(name, content))

    assert report.status == "loaded", report.reason
    assert bench.metrics == expected
    assert bench.rejected == []


def test_report_and_ledger_of_a_file(bench) -> None:
    """The ledger row says what the report says."""
    report = bench.load_text("wide.csv", WIDE)

    (ledger,) = bench.rows("raw.loads")
    assert ledger["load_id"] == report.load_id
    assert ledger["file_name"] == "wide.csv"
    assert ledger["file_kind"] == "metrics"
    assert ledger["statistic"] == "daily_p95"
    assert ledger["interval_seconds"] == 86_400
    assert (ledger["rows_read"], ledger["rows_accepted"]) == (2, 2)
    assert str(ledger["first_date"]) == "2025-01-01"
    assert str(ledger["last_date"]) == "2025-01-02"
    assert ledger["loaded_at"] == datetime(2026, 1, 31, 12)
    assert {row["load_id"] for row in bench.rows("raw.server_metrics")} == {
        report.load_id
    }


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2025-01-02", datetime(2025, 1, 2)),
        ("2025-01-02 03:04", datetime(2025, 1, 2, 3, 4)),
        ("2025-01-02T03:04:05", datetime(2025, 1, 2, 3, 4, 5)),
        ("2025-01-02 03:04:05.125", datetime(2025, 1, 2, 3, 4, 5, 125_000)),
        ("2025-01-02T03:04:05Z", datetime(2025, 1, 2, 3, 4, 5)),
        ("2025-01-02 03:04:05 UTC", datetime(2025, 1, 2, 3, 4, 5)),
        ("2025-01-02T03:04:05+02:00", datetime(2025, 1, 2, 1, 4, 5)),
        ("2025-01-02 03:04:05-0530", datetime(2025, 1, 2, 8, 34, 5)),
    ],
)
def test_timestamp_texts(bench, written: str, expected: datetime) -> None:
    """ISO texts are read as UTC, offsets are taken off."""
    text = f"server_id,timestamp,cpu_p95\nA,{written},1\n"

    report = bench.load_text("a.csv", text, statistic="sample", interval_seconds=60)

    assert report.status == "loaded", report.reason
    assert [row["timestamp"] for row in bench.metrics] == [expected]


@pytest.mark.parametrize(
    ("alias", "column"),
    [
        ("memory_p95", "mem_p95"),
        ("network_p95", "net_in_p95"),
        ("net_p95", "net_in_p95"),
    ],
)
def test_known_aliases(bench, alias: str, column: str) -> None:
    """Aliases and `date` are known without configuration."""
    bench.load_text("a.csv", f"server_id,date,{alias}\nA,2025-01-01,12.5\n")

    assert bench.metrics == [_row(1, **{column: 12.5})]


def test_configured_names(bench) -> None:
    """Aliases, ignored columns, null words and metric names come from the config."""
    config = LoaderConfig(
        column_aliases={"host": "server_id", "when": "timestamp"},
        ignored_columns=("comment",),
        null_tokens=("-",),
        metric_names={
            "rx": MetricSource(column="net_in_p95", unit="bytes_per_5_minutes"),
            "cpu": MetricSource(column="cpu_p95", unit="percent"),
        },
    )
    text = (
        "host,when,metric,value,comment\n"
        "A,2025-01-01,rx,37500000,first\n"
        "A,2025-01-01,cpu,-,\n"
    )

    report = bench.load_text("a.csv", text, config=config)

    # 37.5 MB in 300 s are 300 Mbit in 300 s
    assert report.status == "loaded", report.reason
    assert bench.metrics == [_row(1, net_in_p95=1.0)]


@pytest.mark.parametrize(
    "token", ["", "NULL", "null", "NaN", "nan", "NA", "N/A", "None"]
)
def test_words_for_no_value(bench, token: str) -> None:
    """A missing value is null, in a row that is kept."""
    report = bench.load_text(
        "a.csv", f"server_id,timestamp,cpu_p95,mem_p95\nA,2025-01-01,{token},2\n"
    )

    assert report.rows_accepted == 1
    assert bench.metrics == [_row(1, mem_p95=2.0)]


def test_server_names_are_hard_to_quote(bench, wide_text) -> None:
    """Quotes, blanks, commas and letters of any script are part of a name."""
    names = ["O'Brien", 'rack "3"', "a, b", "Zürich-1", "東京", "100%"]
    text = wide_text("X", days=2).replace("X", "{}")
    header, *rows = text.splitlines()
    lines = [
        row.format('"' + name.replace('"', '""') + '"')
        for name in names
        for row in rows
    ]

    report = bench.load_text("a.csv", "\n".join([header, *lines]))

    assert report.status == "loaded", report.reason
    assert {row["server_id"] for row in bench.metrics} == set(names)
    assert len(bench.metrics) == 12
    again = bench.load_text("b.csv", "\n".join([header, *lines]) + "\n")
    assert (again.rows_accepted, again.rows_rejected) == (0, 12)


def test_few_bad_rows_are_kept_aside(bench, wide_text) -> None:
    """Bad rows go to the quarantine as they came; all others are loaded."""
    text = wide_text("A", "B") + (
        'A,2025-02-30,"1",50\n'
        "B,2025-03-01,140,-1\n"
        "C,2025-03-01\n"
    )  # fmt: skip

    report = bench.load_text("a.csv", text)

    assert report.status == "loaded", report.reason
    assert (report.rows_read, report.rows_accepted, report.rows_rejected) == (63, 60, 3)
    assert len(bench.metrics) == 60
    assert bench.rejected == [
        (61, "not_a_timestamp", "timestamp", "2025-02-30", 'A,2025-02-30,"1",50'),
        (62, "out_of_range", "cpu_p95, mem_p95", "140, -1", "B,2025-03-01,140,-1"),
        (63, "field_count", None, "2", "C,2025-03-01"),
    ]
    rejected = "raw.rejected_rows"
    (row,) = {(row["load_id"], row["file_name"]) for row in bench.rows(rejected)}
    assert row == (report.load_id, "a.csv")
    # of a row with too few fields no column is sure
    servers = {row["row_number"]: row["server_id"] for row in bench.rows(rejected)}
    assert servers == {61: "A", 62: "B", 63: None}


def test_row_numbers_count_blank_lines(bench, wide_text) -> None:
    """A row number is the line of the file, less the header."""
    report = bench.load_text("a.csv", wide_text("A") + "\n\nB,nonsense,1,1\n")

    assert report.rows_read == 31
    assert [row[0] for row in bench.rejected] == [33]


def test_limit_of_rejected_rows_is_inclusive(bench, wide_text) -> None:
    """Exactly 5 % bad rows are accepted: 2 of 40."""
    text = wide_text("A", days=38) + "B,nonsense,1,1\n" * 2

    assert bench.load_text("a.csv", text).status == "loaded"
    text = wide_text("A", days=37) + "B,nonsense,1,1\n" * 2
    assert bench.load_text("b.csv", text).status == "rejected"


@pytest.mark.parametrize("zone", ["+02:00", "-0500", "Z"])
def test_daily_values_of_local_days_are_refused(bench, zone: str) -> None:
    """A local midnight is the day before in UTC, or a later hour of the same day."""
    days = "".join(f"A,2025-01-{day:02d}T00:00:00{zone},1\n" for day in range(1, 9))

    report = bench.load_text("a.csv", "server_id,timestamp,cpu_p95\n" + days)

    if zone == "+02:00":
        assert report.reason == (
            "a.csv:2 timestamp '2025-01-01T00:00:00+02:00' is a daily value of a local"
            " day, which is another day in UTC → write the date alone, such as"
            " 2025-01-01"
        )
        assert [row[:3] for row in bench.rejected] == [(0, "local_day", "timestamp")]
    else:
        assert report.status == "loaded", report.reason
        assert bench.metrics[0]["timestamp"].date() == date(2025, 1, 1)
    assert len(bench.metrics) == (0 if zone == "+02:00" else 8)
