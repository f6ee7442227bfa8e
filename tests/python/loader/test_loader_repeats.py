"""The same rows again: within a file, in another file, late, and in other company."""

from datetime import date, datetime, timedelta

import pytest

from python_jobs.loader.config import LoaderConfig
from python_jobs.loader.loading import Loading, load_lock
from python_jobs.platform.errors import PlatformError
from python_jobs.platform.progress import NoProgress

NOW = datetime(2026, 1, 31, 12)


def test_same_file_twice_loads_once(bench, wide_text) -> None:
    """The second time nothing is written, under another name neither."""
    text = wide_text("A", "B")
    first = bench.load_text("a.csv", text)
    before = bench.snapshots

    second = bench.load_text("a.csv", text, now=NOW + timedelta(days=1))
    third = bench.load_text("b.csv", text)

    assert (first.status, second.status, third.status) == ("loaded", "known", "known")
    assert second.rows_accepted == first.rows_accepted == 60
    assert bench.snapshots == before


def test_first_of_two_rows_in_a_file_is_kept(bench, wide_text) -> None:
    """A repeated key is quarantined, whatever its values."""
    text = wide_text("A", days=40) + "A,2025-01-05,99,99\nA,2025-01-05,4,50.5\n"

    report = bench.load_text("a.csv", text)

    assert (report.rows_accepted, report.rows_rejected) == (40, 2)
    kept = [row for row in bench.metrics if row["timestamp"] == datetime(2025, 1, 5)]
    assert [(row["cpu_p95"], row["mem_p95"]) for row in kept] == [(4.0, 50.5)]
    stamp = "2025-01-05 00:00:00"
    assert bench.rejected == [
        (41, "duplicate_key", "timestamp", stamp, "A,2025-01-05,99,99"),
        (42, "duplicate_key", "timestamp", stamp, "A,2025-01-05,4,50.5"),
    ]


def test_first_of_two_loads_is_kept(bench, wide_text) -> None:
    """An overlapping file adds its new days; its other rows are quarantined.

    Days 1-30 are stored; the second file brings days 21-50 with other values: 10 rows
    are repeats, far more than 5 %, and still no reason to refuse the 20 new ones.
    """
    bench.load_text("a.csv", wide_text("A"))
    first_day = date(2025, 1, 21)

    report = bench.load_text("b.csv", wide_text("A", first_day=first_day, cpu=5))

    assert report.status == "loaded", report.reason
    assert (report.rows_accepted, report.rows_rejected) == (20, 10)
    assert (report.first_date, report.last_date) == (
        date(2025, 1, 31),
        date(2025, 2, 19),
    )
    by_day = {row["timestamp"].date(): row["cpu_p95"] for row in bench.metrics}
    assert len(bench.metrics) == 50
    # day 30 from the first file, day 31 is the eleventh row of the second: 5 + 10
    assert by_day[date(2025, 1, 30)] == 29.0
    assert by_day[date(2025, 1, 31)] == 15.0
    assert {rule for _, rule, *_ in bench.rejected} == {"duplicate_key"}


def test_late_file_with_some_servers_keeps_the_others(bench, wide_text) -> None:
    """Ten servers come a day later than the other ninety, in the same month."""
    servers = [f"S{number:03d}" for number in range(100)]
    punctual = wide_text(*servers[10:], days=3) + wide_text(
        *servers[:10], days=2
    ).removeprefix("server_id,timestamp,cpu_p95,mem_p95\n")
    bench.load_text("a.csv", punctual)
    assert len(bench.metrics) == 290

    late = wide_text(*servers[:10], days=1, first_day=date(2025, 1, 3), cpu=77)
    report = bench.load_text("late.csv", late)

    assert (report.rows_accepted, report.rows_rejected) == (10, 0)
    assert len(bench.metrics) == 300
    third = {
        row["server_id"]: row["cpu_p95"]
        for row in bench.metrics
        if row["timestamp"] == datetime(2025, 1, 3)
    }
    assert sorted(third) == servers
    assert {third[server] for server in servers[:10]} == {77.0}
    assert {third[server] for server in servers[10:]} == {2.0}


def test_one_file_per_metric_fills_the_same_rows(bench) -> None:
    """CPU and network of one server may come in two files; neither loses a value."""
    stamps = [f"2025-01-01 00:{minute:02d}:00" for minute in range(0, 30, 5)]
    for metric, value in (("cpu_utilization", 12.5), ("network_in", 37_500_000)):
        lines = "".join(f"{stamp},{value}\n" for stamp in stamps)
        report = bench.load_text(f"ec2_{metric}_ab12.csv", "timestamp,value\n" + lines)
        assert (report.status, report.rows_accepted) == ("loaded", 6), report.reason

    assert len(bench.metrics) == 6
    assert {row["cpu_p95"] for row in bench.metrics} == {12.5}
    # 37.5 MB in 300 s are 300 Mbit in 300 s
    assert {row["net_in_p95"] for row in bench.metrics} == {1.0}
    assert bench.rejected == []


def test_equal_files_of_two_servers_are_two_series(bench) -> None:
    """Idle servers may have equal bytes; their names tell them apart."""
    text = "timestamp,value\n2025-01-01 00:00:00,0\n2025-01-01 00:05:00,0\n"

    for name in ("ec2_cpu_utilization_aa.csv", "ec2_cpu_utilization_bb.csv"):
        assert bench.load_text(name, text).status == "loaded"

    assert [row["server_id"] for row in bench.metrics] == ["ec2-aa"] * 2 + [
        "ec2-bb"
    ] * 2


def test_missing_values_are_filled_by_a_later_file(bench) -> None:
    """A row that was measured as nothing yields to a measurement; not the reverse."""
    header = "server_id,timestamp,cpu_p95\n"
    bench.load_text("a.csv", header + "A,2025-01-01,\nA,2025-01-02,2\n")

    report = bench.load_text("b.csv", header + "A,2025-01-01,1\nA,2025-01-02,\n")

    assert (report.rows_accepted, report.rows_rejected) == (1, 1)
    assert [row["cpu_p95"] for row in bench.metrics] == [1.0, 2.0]


def test_a_day_ahead_is_the_limit(bench) -> None:
    """The clock of the load decides: 24 hours ahead pass, a second more does not."""
    config = LoaderConfig(max_rejected_ratio=0.5)
    text = (
        "server_id,timestamp,cpu_p95\n"
        "A,2026-02-01 12:00:00,1\n"
        "A,2026-02-01 12:00:01,1\n"
    )

    bench.load_text("a.csv", text, config=config, statistic="sample")

    assert [row["timestamp"] for row in bench.metrics] == [datetime(2026, 2, 1, 12)]
    assert [row[1] for row in bench.rejected] == ["future_timestamp"]


def test_one_load_at_a_time(bench, wide_text) -> None:
    """A second load says so and touches nothing."""
    loading = Loading(
        store=bench.store, config=LoaderConfig(), progress=NoProgress(), now=NOW
    )
    path = bench.file("a.csv", wide_text("A"))

    with (
        load_lock(loading),
        pytest.raises(PlatformError, match="another load is running → wait"),
    ):
        bench.load(path)

    assert bench.metrics == []
    assert bench.load(path)[0].status == "loaded"
