"""Texts of others, on a terminal and in files: shown and kept as they are."""

import io
from pathlib import Path

import pyarrow as pa
import pytest

from python_jobs.cli.tables import fact_table, result_table
from python_jobs.platform.progress import TerminalProgress
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
