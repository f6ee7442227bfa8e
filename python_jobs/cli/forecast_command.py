"""The command that forecasts files: no warehouse, no account."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from python_jobs.cli.options import RawOption
from python_jobs.cli.session import Session
from python_jobs.platform.errors import UsageError
from python_jobs.platform.texts import case_twins, warn_of_twins

if TYPE_CHECKING:
    import pandas as pd

    from python_jobs.forecasting.panel.series import Frequency

FREQUENCIES: "dict[str, Frequency]" = {"D": "D", "h": "h"}


def forecast(  # noqa: PLR0917 - the parser calls it by name
    ctx: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Series as .csv or .parquet."),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output", metavar="FILE", help="Where to: a .csv or .parquet file."
        ),
    ],
    horizon: Annotated[
        int,
        typer.Option("--horizon", metavar="N", min=1, help="Steps ahead."),
    ],
    frequency: Annotated[
        str,
        typer.Option("--frequency", metavar="D|h", help="A step: a day or an hour."),
    ] = "D",
    model: Annotated[
        str,
        typer.Option(
            "--model", metavar="NAME", help="A candidate, or auto: backtests choose."
        ),
    ] = "auto",
    raw: RawOption = False,
) -> None:
    """Forecast any series in files, with quantiles: no warehouse is needed.

    Columns: unique_id, ds and y, or server_id, timestamp and value; rows in any order,
    steps and values may be missing. Each series is forecast from its own newest step,
    at most that of --as-of. Days are those of the times as written, hours are UTC's.
    """
    from python_jobs.cli.panel_files import (  # noqa: PLC0415 - slow import
        check_output,
        read_series,
        write_rows,
    )

    session: Session = ctx.obj
    if frequency not in FREQUENCIES:
        raise UsageError(f"--frequency {frequency} → D or h")
    check_output(output, inputs=files)
    series = read_series(files, frequency=frequency, as_of=session.as_of_date)
    warn_of_twins(case_twins(series["unique_id"].unique()), progress=session.progress)

    from python_jobs.forecasting.panel import (  # noqa: PLC0415 - slow import
        forecast_panel,
    )

    rows = forecast_panel(
        series, horizon=horizon, frequency=FREQUENCIES[frequency], model=model
    )
    write_rows(rows, output, is_raw=raw)
    session.console.print(_summary(rows, output, horizon=horizon), soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(forecast)


def _summary(rows: "pd.DataFrame", output: Path, *, horizon: int) -> str:
    """Return one line: how many series, and which have no model of their own."""
    of_series = rows.iloc[::horizon]
    text = f"{len(of_series)} series, {len(rows)} rows in {output}"
    reasons = of_series["reason"].value_counts()
    if len(reasons):
        counts = ", ".join(f"{count} {name}" for name, count in reasons.items())
        text += f"; fallbacks: {counts}"
    return text
