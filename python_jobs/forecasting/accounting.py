"""Nothing is lost or hushed up: every series, candidate and refusal counts."""

import logging
from collections import Counter
from collections.abc import Iterable

from python_jobs.forecasting.guards import Reason
from python_jobs.forecasting.origins import OriginOutcomes
from python_jobs.forecasting.series import UsageSeries
from python_jobs.platform.errors import RunError

FEWEST_BROKEN_FITS = 10
"""As many broken fits and not one that holds are no accident of the data."""

_log = logging.getLogger(__name__)


def account_for(series: Iterable[UsageSeries], at_origin: OriginOutcomes) -> None:
    """Fail when a series has neither a forecast nor a reason: it was lost."""
    for each in series:
        if not at_origin.outcomes.get(each.key):
            raise RunError(
                f"usage_forecasts: server_id {each.server_id}, metric {each.metric} has"
                f" neither a forecast nor a reason at origin {at_origin.origin.number}"
                " → nothing was published; the job has a fault"
            )


def refuse_broken_candidates(at_origin: OriginOutcomes) -> None:
    """Fail when fits of a candidate broke down wherever they were tried."""
    broken = Counter(
        candidate
        for _, candidate, reason in at_origin.refusals()
        if reason is Reason.FIT_FAILED
    )
    fitted = {candidate for _, candidate, _ in at_origin.forecasts()}
    for candidate, count in broken.items():
        if candidate not in fitted and count >= FEWEST_BROKEN_FITS:
            raise RunError(
                f"usage_forecasts: {candidate} broke down on all {count} series that it"
                f" was fitted to at origin {at_origin.origin.number} → nothing was"
                " published; leave it out of jobs.candidates in the configuration, or"
                " mend it"
            )


def log_refusals(outcomes: Iterable[OriginOutcomes]) -> None:
    """Say how many series each candidate was refused for, and why; each at debug."""
    counts: Counter[tuple[int, str, str]] = Counter()
    for at_origin in outcomes:
        number = at_origin.origin.number
        for (server_id, metric), model, reason in at_origin.refusals():
            counts[number, model, reason] += 1
            _log.debug(
                "origin %s: %s refused for server_id %s, metric %s: %s",
                *(number, model, server_id, metric, reason),
            )
    for refused, count in sorted(counts.items()):
        _log.info("origin %s: %s refused, %s: %s series", *refused, count)
