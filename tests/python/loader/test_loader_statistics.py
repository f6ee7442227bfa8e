"""Statistic of a file's samples: inferred, given, and never mixed in one series."""

from datetime import datetime, timedelta

import pytest

from python_jobs.loader.config import LoaderConfig


def _hourly(server: str, hours: int, *, minutes: int = 60) -> str:
    start = datetime(2025, 6, 1)
    lines = ["server_id,timestamp,cpu_p95"]
    lines += [
        f"{server},{start + timedelta(minutes=minutes * number)},{number % 100}"
        for number in range(hours)
    ]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (_hourly("A", 48), ("hourly_p95", 3_600)),
        (_hourly("A", 48, minutes=5), ("sample", 300)),
        (_hourly("A", 10, minutes=1_440), ("daily_p95", 86_400)),
        (_hourly("A", 10, minutes=360), ("sample", 21_600)),
        (_hourly("A", 1) + "B,2025-06-01,1\n", ("daily_p95", 86_400)),
    ],
    ids=["hours", "minutes", "days", "quarters of a day", "one midnight"],
)  # fmt: skip
def test_statistic_is_inferred_from_the_spacing(bench, text: str, expected) -> None:
    """The usual time between two samples says what they are."""
    report = bench.load_text("a.csv", text)

    assert (report.statistic, report.interval_seconds) == expected


def test_statistic_may_be_given(bench) -> None:
    """Hourly values may be samples; the option wins over the configuration."""
    config = LoaderConfig(statistic="hourly_p95", interval_seconds=3_600)
    text = _hourly("A", 48)

    report = bench.load_text(
        "a.csv", text, config=config, statistic="sample", interval_seconds=60
    )

    assert (report.statistic, report.interval_seconds) == ("sample", 60)
    other = bench.load_text("b.csv", _hourly("B", 48), config=config)
    assert (other.statistic, other.interval_seconds) == ("hourly_p95", 3_600)


@pytest.mark.parametrize(
    ("statistic", "seconds"),
    [("daily_p95", 86_400), ("hourly_p95", 3_600), ("sample", None)],
)
def test_interval_of_lone_samples(bench, statistic, seconds: int | None) -> None:
    """One timestamp has no spacing: the interval is the statistic's own, or unknown."""
    text = "server_id,timestamp,cpu_p95\nA,2025-01-01 10:00:00,1\n"

    report = bench.load_text("a.csv", text, statistic=statistic)

    assert (report.statistic, report.interval_seconds) == (statistic, seconds)


def test_another_statistic_of_a_known_server_is_refused(bench, wide_text) -> None:
    """A server known by daily values takes no hourly ones; a new server does."""
    bench.load_text("a.csv", wide_text("A", "B"))

    refused = bench.load_text("b.csv", _hourly("A", 48))
    welcome = bench.load_text("c.csv", _hourly("C", 48))

    assert refused.status == "rejected"
    assert "A is known by daily_p95' breaks mixed_statistic" in str(refused.reason)
    assert welcome.status == "loaded"
    assert len(bench.metrics) == 60 + 48


def test_few_known_servers_do_not_spoil_a_file(bench, wide_text) -> None:
    """One known server of forty is quarantined with the statistic it is known by."""
    bench.load_text("a.csv", wide_text("S00"))
    header = "server_id,timestamp,cpu_p95\n"
    others = [
        _hourly(f"S{number:02d}", 24).removeprefix(header) for number in range(40)
    ]

    report = bench.load_text("b.csv", header + "".join(others))

    assert (report.status, report.rows_rejected) == ("loaded", 24), report.reason
    assert {row[1:4] for row in bench.rejected} == {
        ("mixed_statistic", "server_id", "S00 is known by daily_p95")
    }


def test_file_that_mixes_spacings(bench, wide_text) -> None:
    """One hourly server among forty daily ones is quarantined."""
    servers = [f"S{number:02d}" for number in range(40)]
    hourly = _hourly("H", 24).splitlines()[1:]
    text = wide_text(*servers) + "".join(f"{line},1\n" for line in hourly)

    report = bench.load_text("a.csv", text)

    assert (report.statistic, report.rows_rejected) == ("daily_p95", 24)
    assert {row[1] for row in bench.rejected} == {"mixed_statistic"}
