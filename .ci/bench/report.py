"""The report: one table per question, every number from the run."""

from collections.abc import Iterable, Sequence

import numpy as np
from fleets import HORIZON_DAYS
from machine import machine
from names import CALLS, ENGINE, LABELS, NAIVE, OURS, RIVALS, TRUTH
from peers import Measured, Plan
from scoring import COVERAGE_ORIGINS, LEVELS, figures, ratio
from targets import FLEET, Check, checks

_ERRORS_TEXT = """\
The error of a day is absolute and in percent of capacity; MAE is its mean over days
with a measured value, {horizon} days ahead. {whole} of the {all} series have the whole
history and are forecast from {origins} origins, 91 days apart; the peers forecast
{sample} of them, {each} of each metric from low to high usage, at origin {rounds} (1 is
the newest). Ratios are on the series and origins that both models have, ± their
standard error over series. Coverage is that of the newest {newest} origins, all days /
quarter ends. All models get the same cleansed history."""


def title(command: str, *, is_quick: bool) -> str:
    """Return what was run, and on what."""
    quick = (
        "\nA quick run: few series and origins, its ratios are rough.\n"
        if is_quick
        else ""
    )
    return (
        f"# Benchmarks\n\nWritten by `{command}`; do not edit.\n{quick}\n"
        f"{_table(('', ''), machine())}"
    )


def peers_report(measured: Measured, *, plan: Plan) -> str:
    """Return the sections on our engine and its peers."""
    found = checks(measured)
    sections = [
        f"## What must hold\n\nFleet: {FLEET}, data up to {_newest_day(measured)}.\n\n"
        + _checks_table(found),
        "## What does not hold\n\n" + _failures(found),
        "## How fast?\n\n" + _speed_text(measured) + _speed_table(measured),
    ]
    sections += [
        f"## How accurate, {name}?\n\n"
        + _errors_text(measured, name, plan=plan)
        + _error_table(measured, name)
        for name in measured.fleets
    ]
    return "\n".join(sections)


def steps_report(steps: Iterable[tuple[str, float]]) -> str:
    """Return the section on the seconds of each step."""
    rows = [(f"`capacity {step}`", f"{seconds:.1f}") for step, seconds in steps]
    return (
        "## How long does each step of a run take?\n\nThe default fleet, first in a new"
        " warehouse, all cores, one step after the other.\n\n"
        + _table(("step", "seconds"), rows)
    )


def _newest_day(measured: Measured) -> str:
    return str(measured.fleets[FLEET].days["ds"].max().date())


def _checks_table(found: Iterable[Check]) -> str:
    rows = [
        (each.figure, each.asked, each.found, "yes" if each.holds else "**no**")
        for each in found
    ]
    return _table(("figure", "asked", "found", "holds"), rows)


def _failures(found: Iterable[Check]) -> str:
    """List what does not hold, and the bound that no model can pass."""
    lines = [
        f"* {each.figure}: {each.found}, asked {each.asked}"
        for each in found
        if not each.holds
    ]
    return "\n".join(lines or ["Nothing: every figure above holds."]) + "\n"


def _speed_text(measured: Measured) -> str:
    """Say what is timed."""
    fleet = measured.fleets[FLEET]
    rounds = len(measured.timings) // len(RIVALS)
    calls = "\n".join(
        f"{number}. {CALLS[call]}: {measured.our_speed(call):,.0f} series/s"
        for number, call in zip(_numbers(), CALLS, strict=True)
    )
    return (
        f"Fit, mean and intervals of {HORIZON_DAYS} days, after a call that loads and"
        f" compiles. {rounds} rounds of\nours, a peer, ours, the next peer, on one"
        f" core; ours on all {fleet.days['unique_id'].nunique()} series, the peers on"
        f" {len(measured.samples[FLEET])}.\nRatios are to the mean of ours right before"
        " and after, the median of the rounds.\n\n"
        f"{calls}\n\nArrays are what the job works on; the calendar's terms, what is"
        " chosen for the fleet as a\nwhole (waves, priors, weights) and the errors of"
        " its backtests are given to the first.\n\n"
    )


def _numbers() -> range:
    """Return the numbers that the report gives to our calls."""
    return range(1, len(CALLS) + 1)


def _speed_table(measured: Measured) -> str:
    header = ("peer", "series/s", *(f"times: {number}" for number in _numbers()))
    rows = []
    for model in RIVALS:
        speeds = [each.series_per_second for each in measured.of(model)]
        times = [f"{measured.times_faster(model, call):,.0f}" for call in CALLS]
        rows.append((LABELS[model], f"{np.median(speeds):.2f}", *times))
    return _table(header, rows)


def _errors_text(measured: Measured, name: str, *, plan: Plan) -> str:
    fleet = measured.fleets[name]
    text = _ERRORS_TEXT.format(
        horizon=HORIZON_DAYS,
        whole=fleet.days["unique_id"].nunique(),
        all=fleet.series_count,
        origins=len(plan.origins[name]),
        sample=len(measured.samples[name]),
        each=plan.per_metric,
        rounds=", ".join(map(str, plan.rounds[name])),
        newest=COVERAGE_ORIGINS,
    )
    naive = measured.scored[name, NAIVE]
    least = ratio(measured.scored[name, TRUTH], naive).value
    return (
        f"{text}\n\nThe generator's own mean of each day, which no model knows better,"
        f" is at {least:.3f} of the\nseasonal naive: what is left is noise.\n\n"
    )


def _error_table(measured: Measured, name: str) -> str:
    header = (
        *("model", "series at origins", "MAE %", "by naive", "quarter-end MAE %"),
        *(f"inside {level} %" for level in LEVELS),
        "ours by it",
    )
    ours, naive = measured.scored[name, ENGINE], measured.scored[name, NAIVE]
    rows = []
    for model in (*OURS, TRUTH, NAIVE, *RIVALS):
        scored = measured.scored[name, model]
        found = figures(scored)
        by_it = ratio(ours, scored)
        rows.append(
            (
                LABELS[model],
                f"{found['pair_count']:.0f}",
                f"{found['mae']:.3f}",
                f"{ratio(scored, naive).value:.3f}",
                f"{found['eoq_mae']:.3f}",
                *(_coverage(found, level) for level in LEVELS),
                f"{by_it.value:.3f} ± {by_it.standard_error:.3f}",
            )
        )
    return _table(header, rows)


def _coverage(found: dict[str, float], level: int) -> str:
    """Return the coverage of all days and of quarter ends; a dash without intervals."""
    both = (found[f"coverage_{level}"], found[f"eoq_coverage_{level}"])
    return " / ".join("-" if np.isnan(each) else f"{each:.1f}" for each in both)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
