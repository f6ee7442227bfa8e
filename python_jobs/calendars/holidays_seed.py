"""Write the holiday seed: ``python -m python_jobs.calendars.holidays_seed``.

The seed is made, not edited: its bytes follow from the pinned `holidays` package, and a
test fails when they differ from what this module writes.
"""

import csv
import io
import sys
from datetime import date

from python_jobs.calendars import CALENDAR_IDS
from python_jobs.calendars.business_calendar import holiday_names
from python_jobs.platform.settings import Settings

FIRST_DATE = date(2010, 1, 1)
LAST_DATE = date(2031, 12, 31)
"""The calendar models reach two years past the data."""


def seed_text() -> str:
    """Return the seed file: one row per calendar and holiday, sorted."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(("calendar_id", "holiday_date", "holiday_name"))
    for calendar_id in sorted(CALENDAR_IDS):
        names = holiday_names(calendar_id, first=FIRST_DATE, last=LAST_DATE)
        writer.writerows((calendar_id, day, name) for day, name in names.items())
    return buffer.getvalue()


def main() -> None:
    """Write the seed of this checkout."""
    path = Settings.from_environment().project_dir / "seeds" / "holidays.csv"
    path.write_text(seed_text(), encoding="utf-8", newline="\n")
    sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
