"""A load that measures itself: ``measured_load.py WAREHOUSE FILE`` prints JSON.

Memory is the peak of this process alone (VmHWM): ``ru_maxrss`` would be that of the
process that started it, when that is greater.
"""

import json
import re
import sys
import time
from datetime import datetime
from pathlib import Path

from python_jobs.loader.config import LoaderConfig
from python_jobs.loader.metrics import load_metrics
from python_jobs.platform.progress import NoProgress
from python_jobs.platform.settings import Settings
from python_jobs.store import Store


def peak_mb() -> float:
    """Return the peak resident memory of this process in MB."""
    status = Path("/proc/self/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found.group(1)) / 1_000 if found else 0.0


def main(warehouse: str, path: str) -> None:
    """Load one file within little memory."""
    store = Store.open(Settings(warehouse=Path(warehouse)))
    store.init()
    before, started = peak_mb(), time.monotonic()
    (report,) = load_metrics(
        [Path(path)],
        store=store,
        config=LoaderConfig(memory_limit_mb=192, chunk_rows=100_000),
        progress=NoProgress(),
        now=datetime(2026, 1, 31, 12),
    )
    result = {
        "rows_accepted": report.rows_accepted,
        "rows_rejected": report.rows_rejected,
        "reason": report.reason,
        "seconds": time.monotonic() - started,
        "before_mb": before,
        "peak_mb": peak_mb(),
    }
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
