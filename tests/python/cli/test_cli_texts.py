"""Texts of others, on a terminal and in files: shown and kept as they are."""

import io
import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from python_jobs.cli.panel_files import write_rows
from python_jobs.cli.read_commands import _write
from python_jobs.cli.tables import fact_table, result_table, text
from python_jobs.platform.progress import LogProgress, TerminalProgress
from python_jobs.platform.terminal import console

PROJECT = Path(__file__).resolve().parents[3]
NAMES = ["[red]x[/red]", "x[bold].csv", "[/bold]", ":smile:", "[link=a]b", "\\[x]"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_no_markup(name: str) -> None:
    """In a result, a fact, a line, a note, a warning and a bar it stays as it is."""
    shown = io.StringIO()
    terminal = console(shown, width=120)
    facts = fact_table("facts of " + name)
    facts.add_row(name, name)
    terminal.print(result_table(pa.table({name: [name]})))
    terminal.print(facts)
    terminal.print(f"12 rows in {name}")
    progress = TerminalProgress(terminal)
    progress.note(name, file=name)
    progress.warn(name)
    with progress.task(name) as task:
        task.advance(detail=name)
    assert shown.getvalue().count(name) >= 10


def test_every_console_is_of_one_kind() -> None:
    """Another one would read names as markup."""
    makers = {
        path.name
        for path in (PROJECT / "python_jobs").rglob("*.py")
        if "Console(" in path.read_text("utf-8")
    }
    assert makers == {"terminal.py"}


FORMULAS = [
    "\uff1d1+1",
    "\uff20SUM(A1)",
    "=1+1",
    "@SUM(A1)",
    "+1",
    "-1",
    "\t=2",
    "\r=2",
]
PLAIN = ["a=b", "'=1", "", "web", "é"]


@pytest.mark.parametrize("is_raw", [False, True])
def test_a_csv_of_a_query_holds_no_formula(tmp_path: Path, is_raw: bool) -> None:
    """Texts that begin like one are marked, numbers and nothing are not; raw: none."""
    path = tmp_path / "x.csv"
    names = [*FORMULAS, *PLAIN, None]
    numbers = [-1.5] * len(names)
    _write(pa.table({"server_id": names, "n": numbers}), path, is_raw=is_raw)
    read = pd.read_csv(path, keep_default_na=False, na_values=[], lineterminator="\n")
    mark = "" if is_raw else "'"
    assert read["server_id"].tolist() == [*(mark + n for n in FORMULAS), *PLAIN, ""]
    assert read["n"].tolist() == numbers


@pytest.mark.parametrize("is_raw", [False, True])
@pytest.mark.parametrize("dtype", ["object", "str", "category"])
def test_a_csv_of_a_forecast_holds_no_formula(
    tmp_path: Path, is_raw: bool, dtype: str
) -> None:
    """Of whatever type its texts are."""
    names = [*FORMULAS[:-1], *PLAIN, None]
    frame = pd.DataFrame({"unique_id": pd.Series(names, dtype=dtype), "n": -1.5})
    write_rows(frame, tmp_path / "x.csv", is_raw=is_raw)
    read = pd.read_csv(tmp_path / "x.csv", keep_default_na=False, na_values=[])
    mark = "" if is_raw else "'"
    marked = [mark + name for name in FORMULAS[:-1]]
    assert read["unique_id"].tolist() == [*marked, *PLAIN, ""]
    assert read["n"].eq(-1.5).all()


def test_parquet_keeps_every_text(tmp_path: Path) -> None:
    """No spreadsheet runs what is in it."""
    rows = pa.table({"server_id": FORMULAS})
    _write(rows, tmp_path / "x.parquet", is_raw=False)
    assert parquet.read_table(tmp_path / "x.parquet").equals(rows)
    write_rows(rows.to_pandas(), tmp_path / "y.parquet")
    assert pd.read_parquet(tmp_path / "y.parquet")["server_id"].tolist() == FORMULAS


@pytest.mark.parametrize("hidden", ["\x00", "\u0085", "\u202e", "\u2028"], ids=ascii)
def test_what_hides_is_shown_by_its_code(hidden: str) -> None:
    """On a terminal and in a log, where a line of it stays one line."""
    assert text(f"a{hidden}b").isprintable()
    log = io.StringIO()
    LogProgress(log).note(f"a{hidden}b", file=f"c{hidden}d")
    (line,) = log.getvalue().splitlines()
    assert json.loads(line)["message"] == f"a{hidden}b"
    assert json.loads(line)["file"] == f"c{hidden}d"
    assert hidden not in line
