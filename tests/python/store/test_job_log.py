"""What a job logs is reported to the progress, and only while it runs."""

import io
import json
import logging

from python_jobs.jobs.log import reported
from python_jobs.platform.progress import LogProgress


def test_records_become_notes_and_warnings() -> None:
    """Info is a note, a warning a warning, debug and later records are not reported."""
    stream = io.StringIO()
    log = logging.getLogger("python_jobs.example")
    with reported(LogProgress(stream)):
        log.debug("each series")
        log.info("origin %s refused", 1)
        log.warning("late")
    log.info("after")
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["level"], line["message"]) for line in lines] == [
        ("info", "origin 1 refused"),
        ("warning", "late"),
    ]
