"""Texts of others come back as they were: file, table, mart, file."""

import csv
import unicodedata
from pathlib import Path

from drawing import drawn
from hypothesis import strategies as st
from loaded_rows import loaded, opened
from rendered_sql import create, engine, rows_of

from python_jobs.cli.read_commands import _write
from python_jobs.loader.config import LoaderConfig
from python_jobs.loader.fields import literal
from python_jobs.platform.texts import BLANKS

TEXTS = st.sampled_from(["=1+1", "@SUM(A1)", "+1", "-1", "'=1", "a,b", '"', "e\u0301"])
TEXTS |= st.text(
    st.characters(
        codec="utf-8", exclude_categories=("Cc", "Cf", "Cn", "Cs", "Zl", "Zp")
    ),
    min_size=1,
    max_size=20,
)


def names() -> list[str]:
    """Return names as they are kept: composed, without blanks around, each once."""
    found = {unicodedata.normalize("NFC", each).strip(BLANKS) for each in drawn(TEXTS)}
    return sorted(found - {"", *LoaderConfig().null_tokens})


def test_texts_come_back_as_they_were_written(
    tmp_path: Path, sql: dict[str, str]
) -> None:
    """Ids of any letters, signs and quotes: from CSV to the mart, from there to CSV."""
    texts = names()
    assert len(texts) > 400
    store = opened(tmp_path)
    # decomposed and with blanks of any width around it is the same name
    given = [f"\u2003{unicodedata.normalize('NFD', each)} " for each in texts]
    report = loaded(store, "a.csv", [(each, "2025-01-01", "1", "1") for each in given])
    assert report.rows_accepted == len(texts)
    with engine() as database:
        for table in ("raw.server_metrics", "raw.loads"):
            create(database, table, store.read(table))
        rows = rows_of(database, sql, "dim_servers")
    assert sorted(rows["server_id"].to_pylist()) == texts
    for is_raw in (True, False):
        path = tmp_path / "servers.csv"
        _write(rows, path, is_raw=is_raw)
        with path.open(encoding="utf-8", newline="") as file:
            shown = sorted(row["server_id"] for row in csv.DictReader(file))
        assert shown == sorted(each if is_raw else marked(each) for each in texts)


def marked(text: str) -> str:
    """Return a text as no spreadsheet runs it."""
    return f"'{text}" if text[0] in "=+-@" else text


def test_a_quoted_text_is_that_text_to_the_engine() -> None:
    """Whatever its quotes, signs and line ends."""
    signs = st.characters(codec="utf-8", exclude_characters="\x00")
    texts = drawn(st.text(signs, max_size=30))
    query = f"select {', '.join(literal(text) for text in texts)}"
    with engine() as database:
        (row,) = database.execute(query).fetchall()
    assert row == tuple(texts)
