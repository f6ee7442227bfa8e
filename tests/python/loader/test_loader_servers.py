"""Inventories: columns, history, repeats, malformed files, and who is missing."""

from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from python_jobs.loader.config import LoaderConfig
from python_jobs.loader.inventory_gaps import inventory_gaps, warn_of_gaps
from python_jobs.platform.errors import InputError
from python_jobs.platform.progress import LogProgress

HEADER = "server_id,valid_from,business_unit,vcpu_count,memory_gib,network_mbps\n"
LATER = datetime(2026, 3, 1)


def _history(bench) -> list[tuple[object, ...]]:
    names = ("server_id", "valid_from", "business_unit", "vcpu_count", "memory_gib")
    return [tuple(row[name] for name in names) for row in bench.rows("raw.servers")]


def test_every_column(bench) -> None:
    """All columns of raw.servers arrive in their types."""
    path = bench.file(
        "servers.csv",
        "server_id,valid_from,business_unit,region,criticality,server_type,application,"
        "environment,failover_group,instance_type,vcpu_count,memory_gib,disk_gib,"
        "network_mbps,commissioned_date,decommissioned_date\n"
        "A,2024-05-01,Retail,us-east-1,High,web,shop,production,pair-1,m5.large,2,8,100.5,"
        "750,2024-05-01,2025-12-31\n",
    )

    report = bench.load_inventory(path)

    (row,) = bench.rows("raw.servers")
    assert row == {
        "server_id": "A",
        "valid_from": date(2024, 5, 1),
        "business_unit": "Retail",
        "region": "us-east-1",
        "criticality": "High",
        "server_type": "web",
        "application": "shop",
        "environment": "production",
        "failover_group": "pair-1",
        "instance_type": "m5.large",
        "vcpu_count": 2,
        "memory_gib": 8.0,
        "disk_gib": 100.5,
        "network_mbps": 750.0,
        "commissioned_date": date(2024, 5, 1),
        "decommissioned_date": date(2025, 12, 31),
        "load_id": report.load_id,
        "loaded_at": datetime(2026, 1, 31, 12),
    }
    (ledger,) = bench.rows("raw.loads")
    assert (ledger["file_kind"], ledger["rows_accepted"]) == ("servers", 1)
    assert ledger["statistic"] is None


def test_optional_columns_may_be_missing(bench) -> None:
    """An alias and one column are enough; without a date it is true since ever."""
    bench.load_inventory(bench.file("servers.csv", "server,vcpus\nA,4\nB,\n"))

    since = date(2010, 1, 1)
    assert _history(bench) == [
        ("A", since, None, 4, None),
        ("B", since, None, None, None),
    ]


def test_commissioned_date_begins_the_history(bench) -> None:
    """A server is described from its first day in service."""
    text = "server_id,vcpu_count,commissioned_date\nA,4,2023-02-01\n"

    bench.load_inventory(bench.file("servers.csv", text))

    assert _history(bench) == [("A", date(2023, 2, 1), None, 4, None)]


def test_history_by_valid_from(bench) -> None:
    """A resize is a second row; a file brought twice changes nothing."""
    path = bench.file(
        "servers.csv",
        HEADER + "A,2024-01-01,Retail,4,16,500\nA,2025-06-01,Retail,8,32,500\n",
    )
    bench.load_inventory(path)
    before = bench.snapshots

    again = bench.load_inventory(path, now=LATER)

    assert again.status == "known"
    assert bench.snapshots == before
    assert _history(bench) == [
        ("A", date(2024, 1, 1), "Retail", 4, 16.0),
        ("A", date(2025, 6, 1), "Retail", 8, 32.0),
    ]


def test_inventory_without_dates_adds_what_is_new(bench) -> None:
    """Tomorrow's full extract: A unchanged, B resized, C new; D not delivered stays."""
    header = "server_id,business_unit,vcpu_count,memory_gib\n"
    first = header + "A,Retail,4,16\nB,Retail,4,16\nD,Wealth,2,8\n"
    bench.load_inventory(bench.file("first.csv", first))

    second = header + "A,Retail,4,16\nB,Retail,8,32\nC,Wealth,2,8\n"
    report = bench.load_inventory(bench.file("second.csv", second), now=LATER)

    since, today = date(2010, 1, 1), date(2026, 3, 1)
    assert (report.rows_accepted, report.rows_rejected) == (3, 0)
    assert _history(bench) == [
        ("A", since, "Retail", 4, 16.0),
        ("B", since, "Retail", 4, 16.0),
        ("B", today, "Retail", 8, 32.0),
        ("C", since, "Wealth", 2, 8.0),
        ("D", since, "Wealth", 2, 8.0),
    ]


def test_missing_columns_keep_their_last_value(bench) -> None:
    """A file of sizes says nothing of the business unit; an empty field says: none."""
    bench.load_inventory(
        bench.file("first.csv", HEADER + "A,2024-01-01,Retail,4,16,500\n")
    )

    sizes = "server_id,valid_from,vcpu_count,memory_gib\nA,2025-01-01,8,\n"
    bench.load_inventory(bench.file("sizes.csv", sizes))

    assert _history(bench)[1] == ("A", date(2025, 1, 1), "Retail", 8, None)
    assert [row["network_mbps"] for row in bench.rows("raw.servers")] == [500.0, 500.0]


def test_first_of_two_rows_with_one_key_is_kept(bench) -> None:
    """In a file and across files; a repeat that says the same is no news."""
    config = LoaderConfig(max_rejected_ratio=0.5)
    first = HEADER + "A,2024-01-01,Retail,4,16,500\nA,2024-01-01,Retail,8,16,500\n"
    bench.load_inventory(bench.file("first.csv", first), config=config)
    second = HEADER + "A,2024-01-01,Wealth,4,16,500\nB,2024-01-01,Retail,1,1,1\n"
    report = bench.load_inventory(bench.file("second.csv", second))
    third = HEADER + "B,2024-01-01,Retail,1,1,1\n"
    repeat = bench.load_inventory(bench.file("third.csv", third))

    assert (report.rows_accepted, report.rows_rejected) == (1, 1)
    assert (repeat.rows_accepted, repeat.rows_rejected) == (1, 0)
    assert _history(bench) == [
        ("A", date(2024, 1, 1), "Retail", 4, 16.0),
        ("B", date(2024, 1, 1), "Retail", 1, 1.0),
    ]
    assert [row[:4] for row in bench.rejected] == [
        (1, "duplicate_key", "server_id, valid_from", "A, 2024-01-01"),
        (2, "duplicate_key", "server_id, valid_from", "A, 2024-01-01"),
    ]


def test_parquet_inventory(bench) -> None:
    """Typed columns are read as text is."""
    path = bench.folder / "servers.parquet"
    columns = {
        "server_id": ["A"],
        "valid_from": pa.array([date(2024, 1, 1)], pa.date32()),
        "vcpu_count": pa.array([4.0]),
        "memory_gib": pa.array([16], pa.int32()),
    }
    pq.write_table(pa.table(columns), path)

    assert bench.load_inventory(path).status == "loaded"
    assert _history(bench) == [("A", date(2024, 1, 1), None, 4, 16.0)]


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        ("server_id,vcpu_count", "A,2.5", "vcpu_count '2.5' breaks not_an_integer"),
        ("server_id,vcpu_count", "A,1e30", "vcpu_count '1e30' breaks not_an_integer"),
        ("server_id,vcpu_count", "A,0", "vcpu_count '0' breaks out_of_range"),
        ("server_id,vcpu_count", "A,many", "expected a whole number"),
        ("server_id,memory_gib", "A,-8", "memory_gib '-8' breaks out_of_range"),
        ("server_id,memory_gib", "A,68719476736", "not above 65536"),
        ("server_id,network_mbps", "A,fast", "network_mbps 'fast' breaks not_a_number"),
        ("server_id,valid_from", "A,2025-02-29", "'2025-02-29' breaks not_a_date"),
        ("server_id,valid_from", "A,31.12.2024", "expected YYYY-MM-DD"),
        ("server_id,region", ",x", "servers.csv:2 server_id '' breaks missing_value"),
        ("server_id,region", "A", "expected 2 fields, found 1"),
        (
            "server_id,commissioned_date,decommissioned_date",
            "A,2025-05-01,2025-04-30",
            "decommissioned_date '2025-04-30' breaks decommissioned_first",
        ),
    ],
)
def test_malformed_rows(bench, header: str, row: str, expected: str) -> None:
    """A bad inventory row is named and nothing is loaded."""
    report = bench.load_inventory(bench.file("servers.csv", f"{header}\n{row}\n"))

    assert report.status == "rejected"
    assert expected in str(report.reason)
    assert bench.rows("raw.servers") == []


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("server_id,ram\nA,1\n", "servers.csv:1 column 'ram' is unknown"),
        ("name,vcpu_count\nA,1\n", "column 'name' is unknown"),
        ("vcpu_count\n1\n", "servers.csv:1 column server_id is missing"),
        ("server_id\nA\n", "has no column beside server_id"),
        ("server_id,vcpus,vcpu_count\nA,1,1\n", "both mean vcpu_count"),
        ("", "is empty"),
    ],
)
def test_malformed_files(empty_bench, content: str, expected: str) -> None:
    """A file that cannot be understood ends the command."""
    with pytest.raises(InputError) as error:
        empty_bench.load_inventory(empty_bench.file("servers.csv", content))

    assert expected in str(error.value)
    assert empty_bench.rows("raw.loads") == []


def test_gaps_between_inventory_and_data(bench, wide_text, tmp_path: Path) -> None:
    """Servers that only one side knows are named, once each."""
    bench.load_text("a.csv", wide_text("A", "B", "C"))
    inventory = "server_id,vcpu_count\nB,1\nX,1\n"
    bench.load_inventory(bench.file("servers.csv", inventory))

    gaps = inventory_gaps(bench.store)

    assert gaps.servers_without_inventory == ("A", "C")
    assert gaps.inventory_without_data == ("X",)
    log = tmp_path / "log"
    with log.open("w") as stream:
        warn_of_gaps(gaps, progress=LogProgress(stream))
    assert "2 servers have no inventory row" in log.read_text()
    assert '"first": "A, C"' in log.read_text()
    assert "1 servers of the inventory have no data" in log.read_text()
