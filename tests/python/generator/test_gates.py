"""A fleet that does not look as it should is refused, and each gate is named."""

from dataclasses import replace

import numpy as np
import pytest

from python_jobs.generator import GeneratedFleet, GeneratorConfig, small_fleet
from python_jobs.generator.gates import check_gates, measure_gates
from python_jobs.generator.measurements import NO_ANOMALY
from python_jobs.generator.metrics import CPU, DISK, MEMORY
from python_jobs.generator.simulation import Simulation, simulate
from python_jobs.platform.errors import RunError


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    """Sixty servers over two years: enough for every gate."""
    return simulate(
        GeneratorConfig.model_validate(
            {"server_count": 60, "first_date": "2024-01-01", "truth_days_ahead": 0}
        )
    )


def rows_of(simulation: Simulation) -> int:
    """Return the number of rows that a simulation has."""
    return simulation.samples.shape[0] * simulation.samples.shape[2]


def check(simulation: Simulation, values: np.ndarray) -> str:
    """Return what the gates say of other values."""
    changed = replace(simulation, observed_value=values, samples=values)
    with pytest.raises(RunError) as caught:
        check_gates(changed, row_count=rows_of(simulation))
    return str(caught.value)


def test_the_default_fleet_passes_all_gates(default_fleet: GeneratedFleet) -> None:
    """Every kind of gate is measured on it, all archetypes included."""
    names = {gate.name for gate in default_fleet.gates}
    assert all(gate.is_passed for gate in default_fleet.gates)
    assert {"row_count", "missing_ratio", "highest_percent", "eoq_uplift"} <= names
    for name in ("web", "database", "application", "batch"):
        assert f"weekend_ratio_{name}" in names
        assert f"correlation_{name}_cpu_network" in names


def test_row_count(simulation: Simulation) -> None:
    """One row too few is reported with both numbers."""
    with pytest.raises(
        RunError, match=r"row_count: found 4\.386e\+04, expected"
    ) as caught:
        check_gates(simulation, row_count=rows_of(simulation) - 1)
    assert caught.value.exit_code == 5


def test_missing_values() -> None:
    """A rate of 8 % is above the 5 % that a fleet may miss: the run fails."""
    with pytest.raises(RunError, match=r"missing_ratio: found 0\.08\d*, expected 0 to"):
        small_fleet(gaps={"missing_rate": 0.08})


def test_ranges(simulation: Simulation) -> None:
    """Neither negative load nor more than all."""
    values = simulation.observed_value.copy()
    values[0, CPU, 0] = -1
    values[1, DISK, 0] = 101
    said = check(simulation, values)
    assert "lowest_value: found -1, expected 0" in said
    assert "highest_percent: found 101, expected 0 to 100" in said


def test_weekends(simulation: Simulation) -> None:
    """Weekends and working days exchanged: every archetype is wrong."""
    values = simulation.observed_value.copy()
    is_weekend = simulation.days.is_weekend
    values[:, CPU] *= np.where(is_weekend, 4, 0.25)
    values[:, CPU] = np.minimum(values[:, CPU], 100)
    assert "weekend_ratio_web" in check(simulation, values)


def test_quarter_ends(simulation: Simulation) -> None:
    """A fleet whose load does not rise at quarter ends is not what was asked for."""
    values = simulation.observed_value.copy()
    values[:, CPU] /= np.where(simulation.days.is_eoq_window, 1.25, 1)
    said = check(simulation, values)
    assert "quality gate eoq_uplift" in said
    assert "nothing was written" in said


def test_correlations(simulation: Simulation) -> None:
    """Memory that has nothing to do with CPU."""
    values = simulation.observed_value.copy()
    values[:, MEMORY] = values[::-1, MEMORY, ::-1]
    said = check(simulation, values)
    assert "correlation_application_cpu_memory" in said


def test_small_fleets_do_not_fail_by_chance() -> None:
    """One server over five days passes: there is nothing to correlate."""
    fleet = small_fleet(server_count=1, first_date="2025-12-27")
    assert fleet.server_metrics.num_rows == 5
    assert not any("correlation" in gate.name for gate in fleet.gates)


@pytest.mark.parametrize("server_count", [1, 2, 3, 9, 34, 40, 43])
def test_every_size_generates(server_count: int) -> None:
    """No size is refused by chance: a resized server less, and 40 of them once were."""
    config = GeneratorConfig.model_validate(
        {"server_count": server_count, "truth_days_ahead": 0}
    )
    sized = simulate(config)
    gates = check_gates(sized, row_count=rows_of(sized))
    has_gate = any(gate.name.startswith("correlation_application") for gate in gates)
    assert has_gate == (server_count >= 34)


def test_resizes_and_anomalies_are_left_out(simulation: Simulation) -> None:
    """Wrong values that are labelled as such move no gate but those of ranges."""
    values = simulation.observed_value.copy()
    labelled = simulation.anomaly_kind != NO_ANOMALY
    assert labelled.sum() > 100
    values[labelled] = 50.0
    changed = replace(simulation, observed_value=values)
    rows = rows_of(simulation)
    assert list(measure_gates(changed, row_count=rows)) == list(
        measure_gates(simulation, row_count=rows)
    )


@pytest.mark.parametrize("server_count", [3, 40])
def test_small_fleets_with_faults_are_refused(server_count: int) -> None:
    """Chance forgives no fault: weekends exchanged, no rise at all at quarter ends."""
    config = GeneratorConfig.model_validate(
        {"server_count": server_count, "truth_days_ahead": 0}
    )
    sized = simulate(config)
    flat, exchanged = sized.observed_value.copy(), sized.observed_value.copy()
    flat[:, CPU] *= np.exp(-0.25 * (sized.days.eoq_ramp > 0))
    assert "quality gate eoq_uplift" in check(sized, flat)
    exchanged[:, CPU] *= np.where(sized.days.is_weekend, 1, 0.25)
    assert "quality gate weekend_ratio_application" in check(sized, exchanged)


def test_forty_servers_with_unrelated_metrics_are_refused() -> None:
    """Disks of other servers: fewer than twenty applications tell it."""
    config = GeneratorConfig.model_validate({"server_count": 40, "truth_days_ahead": 0})
    sized = simulate(config)
    values = sized.observed_value.copy()
    values[:, MEMORY] = values[::-1, MEMORY, ::-1]
    assert "correlation_application_cpu_memory" in check(sized, values)
