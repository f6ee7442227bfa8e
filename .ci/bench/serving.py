"""A worker: one process that forecasts on request, one call at a time.

Two workers with two environments share one core and take turns; frames go between them
as Parquet files. Only the forecast itself is timed, never reading or writing.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd


@dataclass(frozen=True, eq=False)
class Frames:
    """What a model may see; the same object for every model of a turn.

    Attributes
    ----------
    known
        Days up to the origin: ``unique_id, ds, y``, attributes and the terms.
    ahead
        Days to forecast, with nothing that was measured.
    """

    known: pd.DataFrame
    ahead: pd.DataFrame


@dataclass(frozen=True)
class Forecaster:
    """A model and how it is called; `forecast` alone is timed.

    Attributes
    ----------
    forecast
        Fit and forecast: by default from the frames.
    prepare
        What brings the frames into the shape that `forecast` takes.
    frame
        What brings its result into ``unique_id, ds, mean, low_80, …``.
    """

    forecast: Callable[[Any], Any]
    prepare: Callable[[Frames], Any] = lambda frames: frames
    frame: Callable[[Any], pd.DataFrame] = lambda forecast: forecast


def serve(forecasters: Mapping[str, Forecaster]) -> None:
    """Answer requests, a line of JSON each, until standard input ends.

    A request either gives the files of the known and the coming days, or names a model
    and how many times to repeat; the answer has the seconds of each call. The forecast
    of the last one is written.
    """
    # what a library prints must not end up among the answers
    answers, sys.stdout = sys.stdout, sys.stderr
    frames, prepared = Frames(pd.DataFrame(), pd.DataFrame()), dict[str, Any]()
    for line in sys.stdin:
        request = json.loads(line)
        seconds = []
        if "known" in request:
            frames = Frames(*(pd.read_parquet(request[x]) for x in ("known", "ahead")))
            prepared.clear()
        else:
            name = request["model"]
            model = forecasters[name]
            if name not in prepared:
                prepared[name] = model.prepare(frames)
            for _ in range(request["repeats"]):
                started = time.perf_counter()
                forecast = model.forecast(prepared[name])
                seconds.append(time.perf_counter() - started)
            model.frame(forecast).to_parquet(request["forecast"])
        answers.write(json.dumps({"seconds": seconds}) + "\n")
        answers.flush()
