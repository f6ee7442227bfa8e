"""One calendar: what Python generates by and what SQL forecasts by is the same day."""

from datetime import date

import pandas as pd
import pytest
from built_warehouse import build, empty_store, ready_dbt, rows_of

from python_jobs.calendars import CALENDAR_IDS
from python_jobs.calendars.business_calendar import calendar_days

FIRST, LAST = date(2010, 1, 1), date(2031, 12, 31)
AS_OF_DATE = "2029-06-30"


@pytest.fixture(scope="module")
def sql_days(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Build the calendar up to the last year that the holiday seed holds."""
    warehouse = tmp_path_factory.mktemp("calendar")
    empty_store(warehouse)
    with ready_dbt(warehouse) as dbt:
        build(
            dbt,
            select=["+int_calendar_days"],
            variables={"as_of_date": AS_OF_DATE},
        )
    return rows_of(warehouse, "intermediate.int_calendar_days")


@pytest.mark.parametrize("calendar_id", CALENDAR_IDS)
def test_python_and_sql_agree_on_every_day(
    sql_days: pd.DataFrame, calendar_id: str
) -> None:
    """22 years of both calendars: every column of every day, the progress to 1e-9."""
    python_days = calendar_days(calendar_id, first=FIRST, last=LAST)
    found = sql_days[sql_days["calendar_id"] == calendar_id].reset_index(drop=True)
    assert list(found.columns) == list(python_days.columns)
    assert len(found) == (LAST - FIRST).days + 1
    pd.testing.assert_frame_equal(found, python_days, check_dtype=False, rtol=1e-9)


def test_no_calendar_is_on_one_side_only(sql_days: pd.DataFrame) -> None:
    """The seed's calendars are those that Python knows."""
    assert set(sql_days["calendar_id"]) == set(CALENDAR_IDS)
