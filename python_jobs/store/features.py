"""Read feature models, built by dbt, for the jobs: the only input they have."""

from collections.abc import Sequence

import duckdb
import pandas as pd
import pyarrow as pa
from pyiceberg.exceptions import NoSuchTableError

from python_jobs.platform.aws_errors import about
from python_jobs.platform.errors import CapacityError, InputError, PlatformError
from python_jobs.platform.settings import Settings
from python_jobs.store.catalog import namespace, open_catalog

_LAYER = "features"


def read_features(
    model: str, *, columns: Sequence[str], settings: Settings
) -> pd.DataFrame:
    """Read the given columns of a feature model.

    Parameters
    ----------
    model
        Name of the model, such as ``feat_usage_forecasts``.
    columns
        Columns to read; one that the model lacks is left out, for the contract of the
        job to name.
    settings
        Target and locations: the DuckDB file, or the Glue database.

    Returns
    -------
    pandas.DataFrame
        One row per row of the model, in no particular order; dates as datetime64.

    Raises
    ------
    InputError
        If the model was not built yet.
    PlatformError
        If another process has the database open for writing.
    """
    if settings.target == "athena":
        rows = _read_glue(model, columns=columns, settings=settings)
    else:
        rows = _read_duckdb(model, columns=columns, settings=settings)
    frame: pd.DataFrame = rows.to_pandas(date_as_object=False)
    return frame


def _read_duckdb(model: str, *, columns: Sequence[str], settings: Settings) -> pa.Table:
    path = settings.database
    if not path.exists():
        raise _not_built(model, where=str(path))
    try:
        connection = duckdb.connect(str(path), read_only=True)
    except duckdb.IOException as error:
        raise PlatformError(
            f"{path} cannot be opened ({error}) → wait until the process that has it"
            " open, such as dbt, has ended"
        ) from error
    with connection:
        connection.execute(f"set memory_limit = '{settings.memory_limit_mb}MB'")
        try:
            relation = connection.table(f"{_LAYER}.{model}")
        except duckdb.CatalogException:
            raise _not_built(model, where=str(path)) from None
        present = [f'"{name}"' for name in columns if name in relation.columns]
        return relation.select(", ".join(present or ["*"])).to_arrow_table()


def _read_glue(model: str, *, columns: Sequence[str], settings: Settings) -> pa.Table:
    database = namespace(settings, _LAYER)
    try:
        with about(f"table {database}.{model}"):
            table = open_catalog(settings).load_table((database, model))
            present = [name for name in columns if name in table.schema().column_names]
            return table.scan(selected_fields=tuple(present or ["*"])).to_arrow()
    except NoSuchTableError:
        raise _not_built(model, where=f"Glue database {database}") from None


def _not_built(model: str, *, where: str) -> CapacityError:
    return InputError(
        f"{_LAYER}.{model} was not built yet (looked in {where}) → run `capacity build`"
    )
