"""Files to load: days of a fleet, some rows late, some delivered twice."""

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

KEY = ["server_id", "timestamp"]
MEASURES = ["cpu_p95", "mem_p95", "disk_p95", "net_in_p95", "net_out_p95"]


@dataclass
class Deliveries:
    """What was delivered so far.

    Attributes
    ----------
    servers
        Names of the fleet.
    next_day
        First day that is in no file yet.
    late
        Servers and days that the files so far have left out.
    count
        Files so far.
    """

    servers: list[str]
    next_day: date
    late: list[tuple[str, str]] = field(default_factory=list)
    count: int = 0

    def write(self, folder: Path, draw: random.Random) -> Path:
        """Write the next file: a day of all servers, or the rows that are late."""
        self.count += 1
        keys = self._late_keys() if self.late and draw.random() < 0.4 else []
        if not keys:
            keys = [(server, self.next_day.isoformat()) for server in self.servers]
            if draw.random() < 0.4:
                self.late.append(keys.pop(draw.randrange(len(keys))))
            if draw.random() < 0.3:
                # known for long: the row that came first stays, this one is rejected
                yesterday = self.next_day - timedelta(days=1)
                keys.append((self.servers[0], yesterday.isoformat()))
            self.next_day += timedelta(days=1)
        path = folder / f"delivery_{self.count:04}.csv"
        rows = [
            [*key, *(round(draw.uniform(20, 60), 2) for _ in MEASURES)] for key in keys
        ]
        pd.DataFrame(rows, columns=[*KEY, *MEASURES]).to_csv(path, index=False)
        return path

    def _late_keys(self) -> list[tuple[str, str]]:
        keys, self.late = list(self.late), []
        return keys


def delivered(base: pd.DataFrame, files: list[Path]) -> tuple[pd.DataFrame, int]:
    """Return the rows that must be stored, and how many must be rejected.

    Of several rows of one key the first that came is stored.
    """
    frames = [pd.read_csv(path, parse_dates=["timestamp"]) for path in files]
    columns = [*KEY, *MEASURES]
    everything = pd.concat([each[columns] for each in (base, *frames)])
    stored = everything.drop_duplicates(KEY, keep="first")
    return stored, len(everything) - len(stored)
