"""Columns that the tables of schema ml share."""

from python_jobs.store.schema import Kind, TableColumn


def column(name: str, kind: Kind, comment: str) -> TableColumn:
    """Declare one column by position, as the tables read best."""
    return TableColumn(name=name, kind=kind, comment=comment)


RUN_ID = column("run_id", "string", "Run that wrote the row (ml.runs).")
AS_OF_DATE = column("as_of_date", "date", "Newest day that the run knew.")
WRITTEN_BY = (RUN_ID, AS_OF_DATE)
ORIGIN_NUMBER = column(
    "origin_number", "integer", "0: live; 1 and up: backtests, back in time."
)
ORIGIN_DATE = column("origin_date", "date", "Last day that the forecast knew.")
