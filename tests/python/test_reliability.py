"""docs/reliability.md says what was measured, and which tests hold it."""

import json
import runpy
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
WRITER = runpy.run_path(str(PROJECT / ".ci" / "reliability.py"))


def test_the_page_is_what_its_figures_say() -> None:
    """Written by `make reliability`, not by hand, and each figure has a promise."""
    figures = json.loads((PROJECT / "docs" / "reliability.json").read_text("utf-8"))
    named = {name for promise in WRITER["PROMISES"] for name in promise.figures}
    assert set(figures) <= named
    assert (PROJECT / "docs" / "reliability.md").read_text("utf-8") == WRITER["page"](
        figures
    )


def test_each_promise_is_held_by_a_test_or_a_figure() -> None:
    """The files are there."""
    for promise in WRITER["PROMISES"]:
        assert promise.tests or promise.figures, promise.text
        for test in promise.tests:
            assert (PROJECT / "tests" / test).exists(), test
