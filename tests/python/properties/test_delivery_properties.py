"""Deliveries: no row is lost, none counted twice, order and cut mean nothing."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from drawing import EXAMPLES, drawn
from hypothesis import strategies as st
from loaded_rows import Row, loaded, measured, opened

from python_jobs.loader.config import LoaderConfig

SERVERS = st.sampled_from(["A", "B", "C d", "", "NULL", "x" * 300])
DAYS = st.dates(date(2025, 1, 1), date(2025, 3, 1)).map(str)
STAMPS = (
    st.sampled_from(
        ["2025-01-01", "2025-01-02", "2025-02-29", "2099-01-01", "", "1.2.2025"]
    )
    | DAYS
    | DAYS
)
CELLS = st.sampled_from(["", "nan", "-1", "101", "1e1", "inf", "7,5", '"', "1_0"]) | (
    st.integers(0, 100).map(str)
)
Key = tuple[str, datetime]
Values = tuple[float | None, float | None]


@dataclass
class Warehouse:
    """What loads leave, by the rules in the README: a loop apart from the loader."""

    rows: dict[Key, Values] = field(default_factory=dict)

    def load(self, rows: Sequence[Row]) -> tuple[set[int], int]:
        """Store a file; return the numbers of its rejected rows, and of duplicates."""
        rejected, duplicates, seen = set(), 0, {}
        for number, (server, stamp, *cells) in enumerate(rows, start=1):
            key = key_of(server, stamp)
            values = [value_of(cell) for cell in cells]
            if key is None or any(math.isnan(value or 0.0) for value in values):
                rejected.add(number)
            elif key in seen or self._has(key, values):
                rejected.add(number)
                duplicates += 1
                seen.setdefault(key, None)
            else:
                seen[key] = values
        for key, new in seen.items():
            if new is not None:
                old = self.rows.get(key, (None, None))
                kept = [n if o is None else o for n, o in zip(new, old, strict=True)]
                self.rows[key] = (kept[0], kept[1])
        return rejected, duplicates

    def _has(self, key: Key, values: Sequence[float | None]) -> bool:
        """Say whether a stored row has one of the values, or there is none to add."""
        if key not in self.rows:
            return False
        pairs = zip(self.rows[key], values, strict=True)
        is_twice = any(None not in pair for pair in pairs)
        return is_twice or not any(value is not None for value in values)


def key_of(server: str, stamp: str) -> Key | None:
    """Return the key of a row; None where it breaks a rule."""
    if server.strip() in LoaderConfig().null_tokens or not 0 < len(server) <= 256:
        return None
    try:
        day = datetime.strptime(stamp, "%Y-%m-%d")
    except ValueError:
        return None
    return (server, day) if day < datetime(2026, 3, 1) else None


def value_of(cell: str) -> float | None:
    """Return a number, None where there is none to be, NaN where a rule is broken."""
    if cell in ("", *LoaderConfig().null_tokens):
        return None
    try:
        value = float(cell)
    except ValueError:
        return math.nan
    return value if "_" not in cell and 0 <= value <= 100 else math.nan


def test_read_is_accepted_and_rejected_with_duplicates(tmp_path: Path) -> None:
    """Of good, bad and repeated rows in three files the table holds what it should."""
    store, expected = opened(tmp_path), Warehouse()
    rows = drawn(st.tuples(SERVERS, STAMPS, CELLS, CELLS), 3 * EXAMPLES)
    rejections = []
    for number in range(3):
        part = rows[number * EXAMPLES : (number + 1) * EXAMPLES]
        report = loaded(store, f"{number}.csv", part)
        assert report.status == "loaded", report.reason
        rejected, duplicates = expected.load(part)
        found = [
            (row["row_number"], row["rule"])
            for row in store.read("raw.rejected_rows").to_pylist()
            if row["load_id"] == report.load_id
        ]
        assert {row_number for row_number, _ in found} == rejected
        assert report.rows_rejected == len(rejected)
        assert [rule for _, rule in found].count("duplicate_key") == duplicates
        assert report.rows_read == len(part)
        assert report.rows_read == report.rows_accepted + report.rows_rejected
        stored = {(row[0], row[1]): (row[2], row[3]) for row in measured(store)}
        assert stored == expected.rows
        rejections.append((len(rejected) - duplicates, duplicates))
    assert all(bad > 50 and twice > 10 for bad, twice in rejections)


@dataclass(frozen=True)
class Delivery:
    """A server's rows: in which file is the one and the other metric of each day."""

    seed: int
    days: list[tuple[int, int]]


DELIVERIES = st.builds(
    Delivery,
    seed=st.integers(0, 2**32 - 1),
    days=st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=5
    ),
)


def rows_of(server: str, delivery: Delivery) -> list[list[Row]]:
    """Return the rows of a server in each of three files, and in one that has all."""
    chance = random.Random(delivery.seed)  # noqa: S311 - no secret
    files: list[list[Row]] = [[], [], [], []]
    for number, (cpu_file, mem_file) in enumerate(delivery.days):
        day = str(date(2025, 1, 20) + timedelta(days=number))
        cpu, mem = str(chance.randint(0, 100)), str(chance.randint(0, 100))
        files[3].append((server, day, cpu, mem))
        if cpu_file == mem_file:
            files[cpu_file].append((server, day, cpu, mem))
        else:
            files[cpu_file].append((server, day, cpu, ""))
            files[mem_file].append((server, day, "", mem))
    for each in files:
        chance.shuffle(each)
    return files


def test_order_and_cut_of_deliveries_mean_nothing(tmp_path: Path) -> None:
    """Rows mixed and cut into three files, metrics apart, are those of one file."""
    deliveries = drawn(DELIVERIES)
    cut: list[list[Row]] = [[], [], [], []]
    for number, delivery in enumerate(deliveries):
        for rows, own in zip(cut, rows_of(f"S{number}", delivery), strict=True):
            rows.extend(own)
    for rows in cut:
        random.Random(len(rows)).shuffle(rows)  # noqa: S311 - no secret
    whole, parts = opened(tmp_path / "whole"), opened(tmp_path / "parts")
    assert loaded(whole, "whole.csv", cut[3]).rows_accepted == len(cut[3])
    for number in (2, 0, 1):
        report = loaded(parts, f"{number}.csv", cut[number])
        assert report.rows_accepted == len(cut[number])
    assert measured(parts) == measured(whole)
    assert len(measured(whole)) == len(cut[3])
    report = loaded(parts, "again.csv", cut[3])
    assert (report.rows_accepted, report.rows_rejected) == (0, len(cut[3]))
    assert measured(parts) == measured(whole)
