"""Fleets that are generated once for all tests."""

import pandas as pd
import pytest

from python_jobs.generator import (
    GeneratedFleet,
    GeneratorConfig,
    generate,
    small_fleet,
)


@pytest.fixture(scope="session")
def default_fleet() -> GeneratedFleet:
    """Generate what `capacity generate` makes without a configuration."""
    return generate(GeneratorConfig())


@pytest.fixture(scope="session")
def small() -> GeneratedFleet:
    """Eight servers over one year."""
    return small_fleet()


@pytest.fixture(scope="session")
def metric_rows(default_fleet: GeneratedFleet) -> pd.DataFrame:
    """Rows of the default fleet with each server's archetype."""
    rows = default_fleet.server_metrics.to_pandas()
    servers = default_fleet.servers.to_pandas()
    kinds = servers.drop_duplicates("server_id", keep="last")
    return rows.merge(kinds[["server_id", "server_type"]], on="server_id")


@pytest.fixture(scope="session")
def truth(default_fleet: GeneratedFleet) -> pd.DataFrame:
    """Return what the generator knows of the default fleet."""
    return default_fleet.generator_truth.to_pandas()
