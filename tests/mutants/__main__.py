"""How many faults in the models' SQL the tests notice: `make test-mutants`.

A golden fleet is built once. dbt compiles each model and each of its unit tests to a
statement; sqlglot writes one fault at a time into it, and DuckDB runs it: dbt is not
asked again. A mutant is killed by the first of these that notices: the model's unit
tests, tests in Python that run the model against an oracle, the contract and the data
tests of the model made anew in the golden fleet. One that is no statement at all is not
counted. `equivalents.csv` lists those that no data could tell from the model, each with
its reason; one of them that is killed after all ends the command.
"""

import argparse
import multiprocessing
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from mutants.golden import Golden
from mutants.operators import sites
from mutants.project import models
from mutants.report import Report, read_equivalents
from mutants.trial import Request, prepare, try_model

PROJECT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Try every model, print a line for each as it is done, keep the figures."""
    arguments = _arguments()
    golden = Golden(PROJECT / "target" / "mutants")
    golden.make()
    places = {each.name: len(sites(each.statement)) for each in models(golden.target)}
    wanted = arguments.models or [name for name, count in places.items() if count]
    requests = [
        Request(name, arguments.sample, arguments.seed)
        # the longest first, so that no process waits for the last one
        for name in sorted(wanted, key=places.__getitem__, reverse=True)
    ]
    report = Report(read_equivalents())
    report.begin(len(requests))
    with TemporaryDirectory(dir=golden.folder) as folder:
        pool = multiprocessing.get_context("spawn").Pool(
            min(arguments.processes, len(requests)), prepare, (golden, Path(folder))
        )
        with pool:
            for trial in pool.imap_unordered(try_model, requests):
                report.add(trial)
    report.end()
    is_whole = not arguments.models
    if is_whole:
        path = PROJECT / "target" / "reliability" / "mutants.json"
        report.write(path, "make test-mutants")
    return int(not report.is_good(is_whole=is_whole))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make test-mutants", description=__doc__)
    parser.add_argument("models", nargs="*", help="names of models; none: all")
    parser.add_argument("--sample", type=int, default=25, help="mutants of a model")
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
