"""Deliveries: no row is lost, none counted twice, order and cut mean nothing."""

import csv
import io
import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from drawing import EXAMPLES, drawn
from hypothesis import strategies as st
from rendered_sql import engine

from python_jobs.loader.config import LoaderConfig
from python_jobs.loader.fields import literal
from python_jobs.loader.ledger import LoadReport
from python_jobs.loader.metrics import load_metrics
from python_jobs.platform.progress import NoProgress
from python_jobs.platform.settings import Settings
from python_jobs.store import Store

HEADER = ("server_id", "timestamp", "cpu_p95", "mem_p95")
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=20
)
SERVERS = st.sampled_from(["A", "B", "C d", "", "NULL", "x" * 300])
STAMPS = st.sampled_from(
    ["2025-01-01", "2025-01-02", "2025-02-29", "2099-01-01", "", "1.2.2025"]
) | st.dates(date(2025, 1, 1), date(2025, 3, 1)).map(str)
CELLS = st.sampled_from(["", "nan", "-1", "101", "1e3", "inf", "7,5", '"', "1_0"]) | (
    st.integers(0, 100).map(str)
)
Row = Sequence[str]


def opened(folder: Path) -> Store:
    """Create every table in a warehouse, empty."""
    store = Store.open(Settings(warehouse=folder))
    store.init()
    return store


def loaded(store: Store, name: str, rows: Sequence[Row]) -> LoadReport:
    """Load rows as a CSV file in which nine of ten rows may be bad."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([HEADER, *rows])
    path = store.settings.warehouse / name
    path.write_text(text.getvalue(), encoding="utf-8")
    (report,) = load_metrics(
        [path],
        store=store,
        config=LoaderConfig(max_rejected_ratio=1, statistic="daily_p95"),
        progress=NoProgress(),
        now=datetime(2026, 1, 31, 12),
    )
    return report


def measured(store: Store) -> list[tuple[object, ...]]:
    """Return the stored values by key."""
    columns = ("server_id", "timestamp", "cpu_p95", "mem_p95")
    rows = store.read("raw.server_metrics", columns=columns).to_pylist()
    return sorted(tuple(row[name] for name in columns) for row in rows)


def test_read_is_accepted_and_rejected_with_duplicates(tmp_path: Path) -> None:
    """Over files of 500 good, bad and repeated rows; the table holds no more."""
    store = opened(tmp_path)
    rows = drawn(st.tuples(SERVERS, STAMPS, CELLS, CELLS), 3 * EXAMPLES)
    accepted = 0
    for number in range(3):
        part = rows[number * EXAMPLES : (number + 1) * EXAMPLES]
        report = loaded(store, f"{number}.csv", part)
        assert report.status == "loaded", report.reason
        assert report.rows_read == len(part)
        assert report.rows_read == report.rows_accepted + report.rows_rejected
        quarantined = {
            row["row_number"]
            for row in store.read("raw.rejected_rows").to_pylist()
            if row["load_id"] == report.load_id
        }
        assert len(quarantined) == report.rows_rejected
        accepted += report.rows_accepted
        assert len(measured(store)) == accepted > 0
    keys = [row[:2] for row in measured(store)]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("seed", range(4))
def test_order_and_cut_of_deliveries_mean_nothing(tmp_path: Path, seed: int) -> None:
    """The same rows, mixed and cut into files, give the same table; twice, too."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    first = date(2025, 1, 20)
    rows = [
        (server, str(first + timedelta(days=day)), str(chance.randint(0, 100)), "1")
        for server in ("A", "B", "C")
        for day in range(25)
        if chance.random() < 0.9
    ]
    whole = opened(tmp_path / "whole")
    loaded(whole, "whole.csv", rows)
    chance.shuffle(rows)
    cut = sorted(chance.sample(range(1, len(rows)), 2))
    parts = opened(tmp_path / "parts")
    bounds = (0, *cut, len(rows))
    for start, end in zip(bounds, bounds[1:], strict=False):  # noqa: RUF007
        loaded(parts, f"{start}.csv", rows[start:end])
    assert measured(parts) == measured(whole)
    report = loaded(parts, "again.csv", rows)
    assert (report.rows_accepted, report.rows_rejected) == (0, len(rows))
    assert measured(parts) == measured(whole)


def test_texts_come_back_as_they_were_written(tmp_path: Path) -> None:
    """Server ids of any letters, signs, quotes and commas, through file and table."""
    texts = sorted(set(drawn(TEXTS)) - set(LoaderConfig().null_tokens))
    store = opened(tmp_path)
    report = loaded(store, "a.csv", [(text, "2025-01-01", "1", "1") for text in texts])
    assert report.rows_accepted == len(texts)
    assert [row[0] for row in measured(store)] == texts


def test_a_quoted_text_is_that_text_to_the_engine() -> None:
    """Whatever its quotes, signs and line ends."""
    signs = st.characters(codec="utf-8", exclude_characters="\x00")
    texts = drawn(st.text(signs, max_size=30))
    with engine() as database:
        row = database.execute(
            f"select {', '.join(f'{literal(text)}' for text in texts)}"
        ).fetchone()
    assert row == tuple(texts)
