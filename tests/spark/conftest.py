"""One local Spark for the whole run: it takes seconds to start."""

import os
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from pyiceberg.catalog import Catalog
from pyspark.sql import SparkSession
from scale_features import load_rows, store_features

from python_jobs.forecasting.scale.__main__ import require_java
from python_jobs.forecasting.scale.spark import session
from python_jobs.platform.errors import PlatformError
from python_jobs.platform.settings import Settings
from python_jobs.store.catalog import open_catalog

SERVERS = 40


@pytest.fixture(scope="session", autouse=True)
def spark() -> Iterator[SparkSession]:
    """Open a session of two cores, which needs no name of this machine."""
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    try:
        require_java()
    except PlatformError as error:
        pytest.exit(str(error), returncode=1)
    with session("local[2]") as opened:
        # the workers' own account of an error that a test wants
        opened.sparkContext.setLogLevel("OFF")
        yield opened


@pytest.fixture(scope="session")
def usage() -> pd.DataFrame:
    """Return the rows of the fleet, of 40 servers and two metrics."""
    return load_rows(SERVERS)


@pytest.fixture
def catalog(tmp_path: Path, usage: pd.DataFrame) -> Catalog:
    """Open a catalog that holds the features; the rows of a server lie apart."""
    opened = open_catalog(Settings(warehouse=tmp_path))
    store_features(opened, usage)
    return opened
