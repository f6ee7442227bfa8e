"""Measure: `make bench`, or `make bench BENCH_ARGS="peers --quick"`.

Both parts in one go write docs/benchmarks.md; a part alone, or a quick run, prints.
"""

import argparse
import tempfile
from pathlib import Path

from fleets import PROJECT
from peers import FULL, QUICK, measure
from report import peers_report, steps_report, title
from steps import step_seconds

DOCUMENT = PROJECT / "docs" / "benchmarks.md"
PARTS = ("steps", "peers")


def main() -> None:
    """Measure what was asked for, then write or print the report."""
    options = _options()
    sections = [title(options.command, is_quick=options.quick)]
    if options.part in (None, "peers"):
        plan = QUICK if options.quick else FULL
        with tempfile.TemporaryDirectory() as temporary:
            folder = options.keep or Path(temporary)
            folder.mkdir(parents=True, exist_ok=True)
            sections.append(peers_report(measure(plan, folder=folder), plan=plan))
    if options.part in (None, "steps"):
        sections.append(steps_report(step_seconds()))
    text = "\n".join(sections)
    if options.output is not None:
        options.output.write_text(text, encoding="utf-8")
    elif options.part is None and not options.quick:
        DOCUMENT.write_text(text, encoding="utf-8")
    else:
        print(text)  # noqa: T201 - asked for


def _options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("part", nargs="?", choices=PARTS, help="default: both")
    parser.add_argument("--quick", action="store_true", help="few series and origins")
    parser.add_argument("--output", type=Path, help="file to write the report to")
    parser.add_argument(
        "--keep", type=Path, help="folder that keeps the fleets, to be used again"
    )
    options = parser.parse_args()
    given = [*([options.part] if options.part else []), *["--quick"] * options.quick]
    words = " ".join(given)
    options.command = f'make bench BENCH_ARGS="{words}"' if words else "make bench"
    return options


if __name__ == "__main__":
    main()
