"""S3 and Glue fail at random: no row is lost or doubled, whatever was given up."""

from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from athena_local.faults import LOST_RESPONSE
from aws_storm import Account, Outcome, Weather, account

from python_jobs.platform.errors import PlatformError, RunError


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """Return an account for the rounds of this module."""
    with account(tmp_path_factory.mktemp("storm")) as found:
        yield found


@pytest.fixture(scope="module")
def calm(place: Account) -> Outcome:
    """Return what is there when nothing fails."""
    return place.round(Weather(seed=0))


def test_a_calm_round_has_every_row_once(calm: Outcome) -> None:
    """Five days of two servers, two loads, three rows that broke a rule, one run."""
    assert (calm.errors, calm.unexplained, calm.faults.total()) == ([], [], 0)
    counts = {table: len(rows) for table, rows in calm.rows.items()}
    assert counts == {
        "raw.server_metrics": 5,
        "raw.loads": 2,
        "raw.rejected_rows": 3,
        "ml.server_clusters": 2,
        "ml.runs": 1,
    }
    assert all("'run_id': 'two'" in row for row in calm.rows["ml.server_clusters"])


@pytest.mark.parametrize("percent", [1, 5, 10])
def test_nothing_is_lost_or_doubled(
    place: Account, calm: Outcome, percent: int
) -> None:
    """So many requests are refused, and as many are done without an answer."""
    ratio = percent / 100
    outcome = place.round(Weather(percent, unavailable_ratio=ratio, lost_ratio=ratio))
    assert outcome.faults[LOST_RESPONSE] > 0
    assert outcome.faults.total() > outcome.request_count * ratio
    assert outcome.unexplained == []
    assert outcome.rows == calm.rows


def test_who_gives_up_says_so_and_may_try_again(place: Account, calm: Outcome) -> None:
    """Most requests fail: every step gives up, with its exit code and the way out."""
    outcome = place.round(
        Weather(60, unavailable_ratio=0.4, lost_ratio=0.2), attempts=1
    )
    assert outcome.unexplained == []
    assert len(outcome.errors) >= 3
    for error in outcome.errors:
        assert isinstance(error, PlatformError | RunError)
        assert " → " in str(error)
    assert outcome.rows == calm.rows


@pytest.mark.long
def test_many_storms_lose_nothing(
    place: Account, calm: Outcome, record_figure: Callable[[str, str], None]
) -> None:
    """Five rounds of 1, 5, 10 and 30 % of failing requests, half of them unanswered."""
    sums, broken = Counter[str](), []
    for percent in (1, 5, 10, 30):
        for seed in range(5):
            weather = Weather(1000 * percent + seed, percent / 200, percent / 200)
            outcome = place.round(weather)
            if outcome.rows != calm.rows or outcome.unexplained:
                broken.append((weather, outcome))
            sums["requests"] += outcome.request_count
            sums["failed requests"] += outcome.faults.total()
            sums["of them unanswered"] += outcome.faults[LOST_RESPONSE]
            sums["commands that gave up"] += len(outcome.errors)
    assert broken == []
    counts = ", ".join(f"{count:,} {name}" for name, count in sums.items())
    record_figure("aws_faults", f"0 lost, 0 doubled in 20 rounds ({counts})")
