"""Set arithmetic on arrow rows: duplicates, rows of other keys, rows of a filter."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.expressions import BooleanExpression
from pyiceberg.expressions.visitors import bind
from pyiceberg.io.pyarrow import expression_to_pyarrow

from python_jobs.store.schema import TableSchema


def first_duplicate(rows: pa.Table, *, key: Sequence[str]) -> str | None:
    """Name the first key that several rows share; None when all are unique."""
    counted = rows.select(key).group_by(list(key)).aggregate([([], "count_all")])
    repeated = counted.filter(pc.greater(counted["count_all"], 1))
    if repeated.num_rows == 0:
        return None
    row = repeated.slice(0, 1).to_pylist()[0]
    return ", ".join(f"{name} {row[name]}" for name in key)


def without_keys(
    stored: pa.Table, incoming: pa.Table, *, key: Sequence[str]
) -> pa.Table:
    """Return the stored rows whose key is not among the incoming ones."""
    kept = stored.join(incoming.select(key), keys=list(key), join_type="left anti")
    return kept.select(stored.column_names).cast(stored.schema)


def rows_outside(
    rows: pa.Table, *, where: BooleanExpression, schema: TableSchema
) -> int:
    """Count the rows that do not match a filter."""
    bound = bind(schema.iceberg_schema, where, case_sensitive=True)
    return int(rows.num_rows - rows.filter(expression_to_pyarrow(bound)).num_rows)
