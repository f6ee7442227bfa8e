"""The seeds of the calendar: made, complete, and fitting each other."""

import csv
from datetime import date
from pathlib import Path

import pytest

from python_jobs.calendars import CALENDAR_IDS
from python_jobs.calendars.holidays_seed import seed_text
from python_jobs.generator import GeneratorConfig

SEEDS = Path(__file__).parents[3] / "seeds"


def test_the_holiday_seed_is_what_its_script_writes() -> None:
    """Byte for byte; run ``python -m python_jobs.calendars.holidays_seed`` if not."""
    assert (SEEDS / "holidays.csv").read_bytes() == seed_text().encode()


def test_the_holiday_seed_is_sorted_and_unique() -> None:
    """One row per calendar and day, from 2010 to 2031."""
    with (SEEDS / "holidays.csv").open(newline="", encoding="utf-8") as file:
        keys = [
            (row["calendar_id"], row["holiday_date"]) for row in csv.DictReader(file)
        ]
    assert keys == sorted(set(keys))
    assert {key[0] for key in keys} == set(CALENDAR_IDS)
    years = {date.fromisoformat(key[1]).year for key in keys}
    assert years == set(range(2010, 2032))


@pytest.mark.parametrize("region", sorted(GeneratorConfig().regions))
def test_each_region_has_a_calendar(region: str) -> None:
    """The regions of the default fleet are mapped to a calendar that has holidays."""
    with (SEEDS / "region_calendars.csv").open(newline="", encoding="utf-8") as file:
        calendars = {row["region"]: row["calendar_id"] for row in csv.DictReader(file)}
    assert calendars[region] in CALENDAR_IDS
