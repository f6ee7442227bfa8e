"""Real CloudWatch series: every file, counted, and converted by hand."""

from datetime import date, datetime
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "data" / "cloudwatch"
FILES = sorted(FOLDER.glob("*.csv"))
# server, rows accepted, first and last day; counted with wc and sort
SERIES = {
    "ec2_cpu_utilization_24ae8d.csv": ("ec2-24ae8d", 4032, "2014-02-14", "2014-02-28"),
    "ec2_cpu_utilization_53ea38.csv": ("ec2-53ea38", 4032, "2014-02-14", "2014-02-28"),
    "ec2_cpu_utilization_5f5533.csv": ("ec2-5f5533", 4032, "2014-02-14", "2014-02-28"),
    "ec2_cpu_utilization_77c1ca.csv": ("ec2-77c1ca", 4032, "2014-04-02", "2014-04-16"),
    "ec2_cpu_utilization_825cc2.csv": ("ec2-825cc2", 4032, "2014-04-10", "2014-04-24"),
    "ec2_cpu_utilization_ac20cd.csv": ("ec2-ac20cd", 4032, "2014-04-02", "2014-04-16"),
    "ec2_cpu_utilization_c6585a.csv": ("ec2-c6585a", 4032, "2014-04-02", "2014-04-16"),
    "ec2_cpu_utilization_fe7f93.csv": ("ec2-fe7f93", 4032, "2014-02-14", "2014-02-28"),
    "ec2_network_in_257a54.csv": ("ec2-257a54", 4032, "2014-04-10", "2014-04-24"),
    "ec2_network_in_5abac7.csv": ("ec2-5abac7", 4719, "2014-03-01", "2014-03-18"),
    "iio_us-east-1_i-a2eb1cd9_NetworkIn.csv": (
        "i-a2eb1cd9",
        1243,
        "2013-10-09",
        "2013-10-13",
    ),
    "rds_cpu_utilization_cc0c53.csv": ("rds-cc0c53", 4032, "2014-02-14", "2014-02-28"),
    "rds_cpu_utilization_e47b3b.csv": ("rds-e47b3b", 4032, "2014-04-10", "2014-04-23"),
}
DISK = "ec2_disk_write_bytes_1ef3de.csv"


def test_all_files_in_one_command(bench) -> None:
    """Thirteen series are loaded as 5-minute samples, disk bytes are refused."""
    reports = {report.file_name: report for report in bench.load(*FILES)}

    assert set(reports) == {*SERIES, DISK}
    for name, (server, count, first, last) in SERIES.items():
        report = reports[name]
        assert (report.status, report.statistic) == ("loaded", "sample"), report.reason
        assert report.interval_seconds == 300
        assert report.rows_accepted == count
        assert report.first_date == date.fromisoformat(first)
        assert report.last_date == date.fromisoformat(last)
        stored = bench.rows("raw.server_metrics", load_id=report.load_id)
        assert len(stored) == count
        assert {row["server_id"] for row in stored} == {server}
    assert reports[DISK].status == "rejected"
    assert "disk bytes have no percent" in str(reports[DISK].reason)
    assert len(bench.metrics) == sum(count for _, count, _, _ in SERIES.values())
    files = [row["file_name"] for row in bench.rows("raw.rejected_rows")]
    assert sorted(files) == [DISK] + ["ec2_network_in_5abac7.csv"] * 11


def test_bytes_per_five_minutes_become_mbps(bench) -> None:
    """The first row says 9,926,554 bytes in 300 seconds.

    9926554 x 8 = 79412432 bit; / 300 s = 264708.1066... bit/s = 0.2647081066... Mbps.
    """
    bench.load(FOLDER / "iio_us-east-1_i-a2eb1cd9_NetworkIn.csv")

    first = bench.metrics[0]
    assert first["timestamp"] == datetime(2013, 10, 9, 16, 25)
    assert first["net_in_p95"] == pytest.approx(0.2647081066666667, rel=1e-12)
    assert first["region"] == "us-east-1"
    empty = ("cpu_p95", "mem_p95", "disk_p95", "net_out_p95", "business_unit")
    assert [first[column] for column in empty] == [None] * 5


def test_percent_stays_percent(bench) -> None:
    """CPU utilisation is loaded as it is."""
    bench.load(FOLDER / "ec2_cpu_utilization_5f5533.csv")

    first = bench.metrics[0]
    assert first["timestamp"] == datetime(2014, 2, 14, 14, 27)
    assert first["cpu_p95"] == 51.846000000000004


def test_repeated_hour_keeps_its_first_value(bench) -> None:
    """Twelve rows say 2014-03-09 03:00:00: the first is kept, eleven put aside.

    The first says 42.0 bytes: 42 x 8 / 300 / 1000000 = 0.00000112 Mbps.
    """
    bench.load(FOLDER / "ec2_network_in_5abac7.csv")

    stamp = datetime(2014, 3, 9, 3)
    (kept,) = [row for row in bench.metrics if row["timestamp"] == stamp]
    lines = (FOLDER / "ec2_network_in_5abac7.csv").read_text().splitlines()
    matching = [line for line in lines if line.startswith("2014-03-09 03:00:00")]
    assert len(matching) == 12
    assert kept["net_in_p95"] == pytest.approx(
        float(matching[0].split(",")[1]) * 8 / 3e8
    )
    assert [row[4] for row in bench.rejected] == matching[1:]
    assert [row[0] for row in bench.rejected] == [
        number for number, line in enumerate(lines) if line in matching
    ][1:]


def test_disk_bytes_are_recorded_as_refused(bench) -> None:
    """Ledger and quarantine say which file was refused, and for which metric."""
    bench.load(FOLDER / DISK)

    assert bench.metrics == []
    assert [row["status"] for row in bench.rows("raw.loads")] == ["rejected"]
    assert bench.rejected == [(0, "refused_metric", "metric", "disk_write_bytes", None)]
