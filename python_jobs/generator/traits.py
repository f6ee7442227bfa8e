"""Static attributes of the servers: arrays with one entry per server."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from python_jobs.generator.config import GeneratorConfig
from python_jobs.generator.streams import Flags, Floats, normals, ranks, uniforms

Names = NDArray[np.str_]
Integers = NDArray[np.int64]

SIZE_FACTORS = {"right": 1, "oversized_2": 2, "oversized_4": 4, "idle": 1}
GROWTH_SPREAD_PCT = 0.35
"""Standard deviation of the monthly growth between servers."""


@dataclass(frozen=True)
class Traits:
    """Attributes of each server, shape (servers,).

    Attributes
    ----------
    server_id, archetype, business_unit, region, criticality, environment
        What the metadata says.
    true_size
        right, oversized_2, oversized_4 or idle.
    monthly_growth_pct
        Compound growth of CPU.
    eoq_uplift_pct
        CPU on the quarter end date above its usual level.
    weekly_strength
        Exponent on the archetype's weekend and holiday factor.
    annual_strength, annual_shift
        Factor on the height of the annual wave, and its delay in radians.
    phi
        Day-to-day autocorrelation of the noise.
    """

    server_id: Names
    archetype: Names
    business_unit: Names
    region: Names
    criticality: Names
    environment: Names
    true_size: Names
    monthly_growth_pct: Floats
    eoq_uplift_pct: Floats
    weekly_strength: Floats
    annual_strength: Floats
    annual_shift: Floats
    phi: Floats

    def __len__(self) -> int:
        """Return the number of servers."""
        return len(self.server_id)


def draw_traits(config: GeneratorConfig) -> Traits:
    """Draw the fleet; every category holds its share, as nearly as a count can."""
    count, seed = config.server_count, config.seed

    def dealt(purpose: str, weights: Mapping[Any, float]) -> Names:
        return _dealt(ranks(seed, purpose=purpose, servers=count), weights)

    def normal(purpose: str) -> Floats:
        return normals(seed, purpose=purpose, servers=count, shape=())

    kinds, units = config.archetypes, config.business_units
    archetype = dealt("archetype", {name: each.share for name, each in kinds.items()})
    unit = dealt("business unit", {name: each.weight for name, each in units.items()})
    growth = np.array([kinds[name].monthly_growth_pct for name in archetype])
    uplift = np.array([units[name].eoq_uplift_pct for name in unit])
    low, high = config.noise_phi
    phi = uniforms(seed, purpose="phi", servers=count, shape=())
    return Traits(
        server_id=_server_ids(count),
        archetype=archetype,
        business_unit=unit,
        region=dealt("region", config.regions),
        criticality=dealt("criticality", config.criticalities),
        environment=dealt("environment", config.environments),
        true_size=dealt("true size", _size_shares(config)),
        monthly_growth_pct=growth + GROWTH_SPREAD_PCT * normal("growth"),
        eoq_uplift_pct=uplift * np.exp(0.15 * normal("eoq uplift")),
        weekly_strength=np.exp(0.1 * normal("weekly strength")),
        annual_strength=np.exp(0.3 * normal("annual strength")),
        annual_shift=0.4 * normal("annual shift"),
        phi=low + (high - low) * phi,
    )


def chosen(
    config: GeneratorConfig, *, purpose: str, share: float, among: Flags
) -> Integers:
    """Return the numbers of the servers that meet an event: a share of the fleet."""
    rank = ranks(config.seed, purpose=purpose, servers=config.server_count)
    candidates = np.argsort(rank)[among[np.argsort(rank)]]
    return np.sort(candidates[: round(share * config.server_count)])


def _server_ids(count: int) -> Names:
    digits = max(4, len(str(count)))
    return np.array([f"SRV-{number:0{digits}d}" for number in range(1, count + 1)])


def _size_shares(config: GeneratorConfig) -> dict[str, float]:
    sizes = config.sizes
    four = sizes.oversized_share * sizes.oversized_4_fraction
    return {
        "oversized_2": sizes.oversized_share - four,
        "oversized_4": four,
        "idle": sizes.idle_share,
        "right": 1 - sizes.oversized_share - sizes.idle_share,
    }


def _dealt(rank: Integers, weights: Mapping[Any, float]) -> Names:
    """Deal names to servers in order of rank, each name as often as it weighs."""
    names = np.array(list(weights))
    bounds = np.cumsum(list(weights.values()))
    position = (rank + 0.5) / len(rank) * bounds[-1]
    dealt: Names = names[np.searchsorted(bounds, position, side="right")]
    return dealt
