"""Forecast a fleet of any size: `python -m python_jobs.forecasting.scale`."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from python_jobs.forecasting.config import JobsConfig
from python_jobs.forecasting.models.registry import BLOCK_MODELS
from python_jobs.forecasting.scale.features import as_iceberg, open_source
from python_jobs.forecasting.scale.job import (
    CHUNK_SERIES,
    NAMESPACE,
    ChunkedEngine,
    ScaleEngine,
    ScaleOptions,
    forecast_at_scale,
)
from python_jobs.forecasting.scale.part import MODELS
from python_jobs.platform.errors import CapacityError, PlatformError, UsageError
from python_jobs.platform.progress import open_progress
from python_jobs.platform.settings import Settings
from python_jobs.store.catalog import namespace, open_catalog

OLDEST_JAVA = 17


def require_java(environment: Mapping[str, str] = os.environ) -> None:
    """Refuse a machine without a Java that Spark runs on.

    Parameters
    ----------
    environment
        Where Spark looks: ``JAVA_HOME``, else ``PATH``. Under ``spark-submit`` it runs
        already.

    Raises
    ------
    PlatformError
        If there is none, or it is too old.
    """
    if "PYSPARK_GATEWAY_PORT" in environment:
        return
    home = environment.get("JAVA_HOME")
    java = (
        f"{home}/bin/java"
        if home
        else shutil.which("java", path=environment.get("PATH", ""))
    )
    version = _version(java) if java else None
    if version is None or version < OLDEST_JAVA:
        found = f"{java} is Java {version}" if version else f"{java or 'PATH'} has none"
        raise PlatformError(
            f"Spark needs Java {OLDEST_JAVA} or newer: {found}"
            " → install one (Temurin 25) or point JAVA_HOME at it"
        )


def _version(java: str) -> int | None:
    try:
        answer = subprocess.run(  # noqa: S603 - the one that Spark would start
            [java, "-version"], capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    # up to Java 8 it says 1.8
    version = re.search(r'version "(?:1\.)?(\d+)', answer.stderr)
    return int(version[1]) if version else None


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class EngineName(StrEnum):
    """Where the parts are forecast."""

    CHUNKS = "chunks"
    SPARK = "spark"


@app.command()
def main(
    *,
    engine: Annotated[
        EngineName, typer.Option(help="One machine in chunks, or Spark.")
    ] = EngineName.CHUNKS,
    target: Annotated[
        str | None, typer.Option(help="duckdb or athena (else CAPACITY_TARGET).")
    ] = None,
    features: Annotated[
        str | None,
        typer.Option(
            metavar="NAMESPACE",
            help="Iceberg namespace of the feature tables; default: where dbt builds"
            " them.",
        ),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(help=f"Candidate, repeatable: of {', '.join(BLOCK_MODELS)}."),
    ] = None,
    horizon: Annotated[int, typer.Option(min=1, help="Days ahead.")] = 90,
    backtests: Annotated[
        bool, typer.Option("--backtests", help="Backtest every series, too.")
    ] = False,
    chunk_series: Annotated[
        int, typer.Option(min=1, help="Series in memory at once.")
    ] = CHUNK_SERIES,
    master: Annotated[str, typer.Option(help="Spark's master.")] = "local[*]",
) -> None:
    """Forecast every series of the features into scale.usage_forecasts."""
    try:
        options = ScaleOptions(
            jobs=_jobs(model or list(MODELS)),
            horizon_days=horizon,
            has_backtests=backtests,
        )
        settings = Settings.from_environment(target=target)
        catalog, schema = open_catalog(settings), namespace(settings, NAMESPACE)
        chosen = _engine(engine, chunk_series=chunk_series, master=master)
        source = open_source(settings, features=features)
        if engine is EngineName.SPARK:
            source = as_iceberg(source, catalog, schema=schema)
        result = forecast_at_scale(
            source,
            engine=chosen,
            catalog=catalog,
            namespace=schema,
            options=options,
            progress=open_progress(),
        )
    except CapacityError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(error.exit_code) from None
    typer.echo(json.dumps(asdict(result), default=str))


def _jobs(models: list[str]) -> JobsConfig:
    unknown = sorted(set(models) - set(BLOCK_MODELS))
    if unknown:
        raise UsageError(
            f"--model {unknown[0]} cannot be forecast part by part"
            f" → use {', '.join(BLOCK_MODELS)}"
        )
    return JobsConfig.model_validate({"candidates": tuple(models)})


def _engine(name: EngineName, *, chunk_series: int, master: str) -> ScaleEngine:
    if name is EngineName.CHUNKS:
        return ChunkedEngine(chunk_series)
    try:
        # the optional extra
        from python_jobs.forecasting.scale.spark import SparkEngine  # noqa: PLC0415
    except ImportError:
        raise PlatformError(
            "pyspark is not installed → install the extra:"
            ' pip install "aws-capacity-forecaster[spark]"'
        ) from None
    require_java()
    return SparkEngine(master)


if __name__ == "__main__":
    app()
