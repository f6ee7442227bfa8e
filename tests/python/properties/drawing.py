"""Examples by hypothesis: the same in every run, one by one or many at once."""

from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy

Example = TypeVar("Example")

EXAMPLES = 500
"""Of each property."""

many = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def drawn(strategy: SearchStrategy[Example], count: int = EXAMPLES) -> list[Example]:
    """Return examples for a test that looks at all of them at once."""
    found: list[Example] = []

    # a few are drawn twice, or given up
    @settings(many, max_examples=count * 5 // 4, phases=[Phase.generate])
    @given(strategy)
    def collect(example: Example) -> None:
        found.append(example)

    collect()
    assert len(found) >= count
    return found[:count]
