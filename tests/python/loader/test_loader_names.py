"""Names of servers: what may not be in them, and which spellings are one name."""

import io

import pytest

from python_jobs.loader.inventory_gaps import inventory_gaps, warn_of_gaps
from python_jobs.platform.progress import LogProgress

HEADER = "server_id,timestamp,business_unit,cpu_p95\n"
GOOD = "".join(f"A,2025-01-{day:02d},Retail,{day}\n" for day in range(1, 31))
HIDDEN = ["\u202e", "\u200b", "\u00ad", "\u0085", "\u2028", "\u2029", "\ufeff", "\x7f"]


@pytest.mark.parametrize("hidden", HIDDEN, ids=ascii)
@pytest.mark.parametrize("column", ["server_id", "business_unit"])
def test_a_hidden_character_is_refused(bench, hidden: str, column: str) -> None:
    """The row goes to the quarantine under the rule; the others are loaded."""
    name = f"B{hidden}B"
    cells = {"server_id": "A", "business_unit": "Retail"} | {column: name}
    row = f"{cells['server_id']},2025-02-01,{cells['business_unit']},1\n"
    report = bench.load_text("a.csv", HEADER + GOOD + row)

    assert (report.status, report.rows_accepted) == ("loaded", 30)
    ((_, rule, where, value, _),) = bench.rejected
    assert (rule, where, value) == ("hidden_character", column, name)


def test_the_message_shows_what_is_hidden(bench) -> None:
    """By its code, with the line, the column and the rule."""
    report = bench.load_text("a.csv", HEADER + "B\u202eB,2025-02-01,Retail,1\n")
    said = "a.csv:2 server_id 'B\\u202eB' breaks hidden_character: expected no control"
    assert said in (report.reason or "")


@pytest.mark.parametrize("around", ["\u00a0", "\u3000 ", "\u2009"], ids=ascii)
def test_spellings_of_one_name_are_one_server(bench, around: str) -> None:
    """Composed and decomposed, with and without blanks of any width around it."""
    rows = "Bu\u0308ro,2025-01-01,Retail,1\nB\u00fcro,2025-01-02,Retail,2\n"
    rows += f"{around}B\u00fcro{around},2025-01-03,Retail,3\n"
    report = bench.load_text("a.csv", HEADER + rows)
    assert report.rows_accepted == 3
    assert {row["server_id"] for row in bench.metrics} == {"B\u00fcro"}
    bench.load_inventory(
        bench.file("s.csv", "server_id,vcpu_count\nBu\u0308ro,1\n".encode())
    )
    assert inventory_gaps(bench.store).servers_without_inventory == ()


def test_names_that_differ_by_case_are_told(bench) -> None:
    """Both are loaded, as what they are: two."""
    rows = "".join(
        f"{name},2025-01-0{day},Retail,1\n"
        for name in ("Srv-1", "SRV-1", "b")
        for day in (1, 2)
    )
    report = bench.load_text("a.csv", HEADER + rows)
    assert report.rows_accepted == 6
    gaps = inventory_gaps(bench.store)
    assert gaps.case_twins == (("SRV-1", "Srv-1"),)
    log = io.StringIO()
    warn_of_gaps(gaps, progress=LogProgress(log))
    assert "1 names differ by case only" in log.getvalue()
    assert "SRV-1 and Srv-1" in log.getvalue()
