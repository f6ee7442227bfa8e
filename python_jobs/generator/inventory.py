"""The inventory with its history: a row at the start, at a resize, at the end."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from python_jobs.generator.events import NEVER
from python_jobs.generator.simulation import Simulation
from python_jobs.generator.streams import Floats, uniforms
from python_jobs.generator.traits import SIZE_FACTORS, Integers

Row = dict[str, object]

FAMILIES = {"web": "c6i", "database": "r6i", "batch": "c6i"}
OTHER_FAMILY = "m6i"
MEMORY_GIB_PER_VCPU = {"c6i": 2, "m6i": 4, "r6i": 8}
DISK_GIB_PER_VCPU = {"c6i": 25, "m6i": 50, "r6i": 100}
SIZE_NAMES = {
    2: "large",
    4: "xlarge",
    8: "2xlarge",
    16: "4xlarge",
    32: "8xlarge",
    64: "16xlarge",
}
USUAL_VCPU_COUNTS = (4, 8, 16)
SERVERS_PER_APPLICATION = 5
NETWORK_STEP_MBPS = 50
OLDEST_SERVER_DAYS = 2000


@dataclass(frozen=True)
class _Draws:
    """Uniform draws per server that only the inventory needs."""

    vcpu: Floats
    network: Floats
    age: Floats
    application: Floats


def inventory_rows(simulation: Simulation) -> list[Row]:
    """Return the rows of raw.servers without load_id and loaded_at, sorted."""
    count, seed = len(simulation.traits), simulation.config.seed
    draws = _Draws(
        *(
            uniforms(seed, purpose=f"inventory {name}", servers=count, shape=())
            for name in ("vcpu", "network", "age", "application")
        )
    )
    twins = _failover_groups(simulation)
    return [
        row
        for number in range(count)
        for row in _server_rows(simulation, draws, number=number, twin=twins[number])
    ]


def _server_rows(
    simulation: Simulation, draws: _Draws, *, number: int, twin: str | None
) -> list[Row]:
    """Return the history of one server."""
    traits, events = simulation.traits, simulation.events
    vcpu = USUAL_VCPU_COUNTS[int(draws.vcpu[number] * len(USUAL_VCPU_COUNTS))]
    vcpu *= SIZE_FACTORS[str(traits.true_size[number])]
    commissioned = _commissioned_date(simulation, draws, number=number)
    unit = str(traits.business_unit[number])
    applications = max(1, round(len(traits) / SERVERS_PER_APPLICATION / 4))
    row: Row = {
        "server_id": str(traits.server_id[number]),
        "valid_from": commissioned,
        "business_unit": unit,
        "region": str(traits.region[number]),
        "criticality": str(traits.criticality[number]),
        "server_type": str(traits.archetype[number]),
        "application": f"{unit.lower()}-"
        f"{int(draws.application[number] * applications) + 1:02d}",
        "environment": str(traits.environment[number]),
        "failover_group": twin,
        "network_mbps": float(_network_mbps(simulation, draws.network[number])),
        "commissioned_date": commissioned,
        "decommissioned_date": None,
    }
    now = _sized(row, vcpu=vcpu)
    rows = [now]
    resize_day = int(events.resize_day[number])
    if resize_day != NEVER:
        before = round(vcpu / float(events.resize_factor[number]))
        resized = _date(simulation, resize_day)
        rows = [_sized(row, vcpu=before), {**now, "valid_from": resized}]
    last_day = int(events.last_day[number])
    if last_day < len(simulation.days) - 1:
        ended = _date(simulation, last_day)
        rows.append({**rows[-1], "valid_from": ended, "decommissioned_date": ended})
    return rows


def _sized(row: Row, *, vcpu: int) -> Row:
    """Return the row with the attributes of a size; everything scales with the CPUs."""
    family = FAMILIES.get(str(row["server_type"]), OTHER_FAMILY)
    return {
        **row,
        "instance_type": f"{family}.{SIZE_NAMES.get(vcpu, f'{vcpu}vcpu')}",
        "vcpu_count": vcpu,
        "memory_gib": float(vcpu * MEMORY_GIB_PER_VCPU[family]),
        "disk_gib": float(vcpu * DISK_GIB_PER_VCPU[family]),
    }


def _commissioned_date(simulation: Simulation, draws: _Draws, *, number: int) -> date:
    first_day = int(simulation.events.first_day[number])
    if first_day > 0:
        return _date(simulation, first_day)
    age_days = 30 + int(draws.age[number] * OLDEST_SERVER_DAYS)
    return simulation.config.first_date - timedelta(days=age_days)


def _date(simulation: Simulation, day: int) -> date:
    return simulation.config.first_date + timedelta(days=day)


def _network_mbps(simulation: Simulation, draw: float) -> int:
    low, high = simulation.config.network_mbps
    steps = (high - low) // NETWORK_STEP_MBPS + 1
    return low + int(draw * steps) * NETWORK_STEP_MBPS


def _failover_groups(simulation: Simulation) -> list[str | None]:
    """Pair critical servers of one unit, archetype and region; an odd one is alone."""
    traits = simulation.traits
    groups: list[str | None] = [None] * len(traits)
    waiting: dict[tuple[str, ...], int] = {}
    pairs = 0
    for number in _critical(simulation):
        alike = (
            str(traits.business_unit[number]),
            str(traits.archetype[number]),
            str(traits.region[number]),
        )
        twin = waiting.pop(alike, None)
        if twin is None:
            waiting[alike] = int(number)
            continue
        pairs += 1
        groups[twin] = groups[number] = f"failover-{pairs:03d}"
    return groups


def _critical(simulation: Simulation) -> Integers:
    return np.flatnonzero(simulation.traits.criticality == "High")
