"""Malformed metric files: each is met by its message, and nothing is loaded."""

import pytest
from bad_rows import REFUSED
from damaged_files import DAMAGED
from malformed_case import GOOD, Case, with_row
from unknown_headers import UNKNOWN

from python_jobs.loader.config import LoaderConfig
from python_jobs.platform.errors import InputError


def _named(case: Case) -> str:
    return case.label


@pytest.mark.parametrize("case", DAMAGED + UNKNOWN, ids=_named)
def test_file_that_cannot_be_understood(empty_bench, case: Case) -> None:
    """The command ends with the message; a good file beside it is not loaded either."""
    good = empty_bench.file("good.csv", GOOD)
    bad = empty_bench.file(case.name, case.content)

    with pytest.raises(InputError) as error:
        empty_bench.load(bad, good, config=LoaderConfig(**case.config))

    assert case.expected in str(error.value)
    assert " → " in str(error.value)
    assert empty_bench.metrics == []
    assert empty_bench.rows("raw.loads") == []


@pytest.mark.parametrize("case", REFUSED, ids=_named)
def test_file_that_is_refused(bench, case: Case) -> None:
    """The report says why, ledger and quarantine know it, and nothing is loaded."""
    path = bench.file(case.name, case.content)

    (report,) = bench.load(
        path, config=LoaderConfig(**case.config), statistic=case.statistic
    )

    assert report.status == "rejected"
    assert report.reason is not None
    assert case.expected in report.reason
    assert " → " in report.reason
    assert bench.metrics == []
    (ledger,) = bench.rows("raw.loads")
    assert (ledger["load_id"], ledger["status"]) == (report.load_id, "rejected")
    assert ledger["rows_accepted"] == 0
    assert bench.rejected != []


@pytest.mark.parametrize("case", REFUSED[:6], ids=_named)
def test_refusing_twice_changes_nothing(bench, case: Case) -> None:
    """A file that was refused is refused again, without another write."""
    path = bench.file(case.name, case.content)
    first = bench.load(path)
    before = bench.snapshots

    assert bench.load(path) == first
    assert bench.snapshots == before


def test_missing_file(bench) -> None:
    """A path that leads nowhere is named."""
    with pytest.raises(
        InputError, match=r"nowhere\.csv: no such file → check the path"
    ):
        bench.load(bench.folder / "nowhere.csv")


def test_folder(bench) -> None:
    """A folder is no file."""
    with pytest.raises(InputError, match="is not a file → name the files in it"):
        bench.load(bench.folder)


def test_one_bad_file_stops_all_before_the_first_write(bench) -> None:
    """The pre-flight of every file comes before the first row of any."""
    before = bench.snapshots
    good, bad = bench.file("good.csv", GOOD), bench.file("bad.csv", "")

    with pytest.raises(InputError, match=r"bad\.csv: is empty"):
        bench.load(good, bad)

    assert bench.snapshots == before


def test_refused_file_loads_once_it_is_allowed(bench) -> None:
    """Raising max_rejected_ratio lets the same file in; its bad row stays known."""
    path = bench.file("a.csv", with_row("A,2025-02-30,1"))
    (refused,) = bench.load(path)
    (loaded,) = bench.load(path, config=LoaderConfig(max_rejected_ratio=0.1))

    assert (refused.status, loaded.status) == ("rejected", "loaded")
    assert (loaded.rows_read, loaded.rows_accepted, loaded.rows_rejected) == (11, 10, 1)
    assert len(bench.metrics) == 10
    assert bench.rejected == [
        (11, "not_a_timestamp", "timestamp", "2025-02-30", "A,2025-02-30,1")
    ]
    assert [row["status"] for row in bench.rows("raw.loads")] == ["loaded"]
