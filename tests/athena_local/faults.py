"""Faults to inject into the local AWS: what to do wrong, where, and how often."""

import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

LOST_RESPONSE = "lost_response"
"""Error name for: do what was asked, then drop the connection without an answer."""


@dataclass(eq=False)
class Fault:
    """One thing to do wrong.

    Attributes
    ----------
    service, operation
        ``glue`` and ``UpdateTable``; ``athena`` and ``query`` for a query's own end.
    error
        Error code as AWS sends it, or `LOST_RESPONSE`.
    times
        How many requests it still befalls.
    matching
        Part of the request (path or body, the text of a query) that it needs.
    reason
        Message of the error; empty: the usual one.
    """

    service: str
    operation: str
    error: str
    times: int = 1
    matching: str = ""
    reason: str = ""

    def befalls(self, service: str, operation: str, request: str) -> bool:
        """Tell whether it is meant for this request and not used up."""
        return (
            self.times > 0
            and (self.service, self.operation) == (service, operation)
            and self.matching in request
        )


@dataclass
class Faults:
    """The faults that wait for their request; safe to use from many threads."""

    _waiting: list[Fault] = field(default_factory=list)
    _counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def inject(
        self,
        *,
        service: str,
        operation: str,
        error: str,
        times: int = 1,
        matching: str = "",
        reason: str = "",
    ) -> Fault:
        """Let the next requests of an operation fail; see `Fault` for what is what."""
        fault = Fault(service, operation, error, times, matching, reason)
        with self._lock:
            self._waiting.append(fault)
        return fault

    @contextmanager
    def injecting(
        self,
        *,
        service: str,
        operation: str,
        error: str,
        times: int = 1,
        matching: str = "",
        reason: str = "",
    ) -> Iterator[Fault]:
        """Inject for the length of a block, and remove what was not used."""
        fault = self.inject(
            service=service,
            operation=operation,
            error=error,
            times=times,
            matching=matching,
            reason=reason,
        )
        try:
            yield fault
        finally:
            with self._lock:
                self._waiting = [each for each in self._waiting if each is not fault]

    def take(self, service: str, operation: str, request: str = "") -> Fault | None:
        """Return the fault that befalls a request, count it, and use it up by one.

        Parameters
        ----------
        service, operation
            Who is asked for what.
        request
            Text that ``matching`` is looked for in.
        """
        with self._lock:
            for fault in self._waiting:
                if fault.befalls(service, operation, request):
                    fault.times -= 1
                    self._counts[service, operation, fault.error] += 1
                    self._waiting = [each for each in self._waiting if each.times > 0]
                    return fault
        return None

    def clear(self) -> None:
        """Remove every fault that waits; the counts stay."""
        with self._lock:
            self._waiting = []

    @property
    def counts(self) -> Counter[tuple[str, str, str]]:
        """How often each fault fired, by service, operation and error."""
        with self._lock:
            return Counter(self._counts)


_UNAVAILABLE = {
    "s3": ("SlowDown", "InternalError"),
    "glue": ("InternalServiceException", "ThrottlingException"),
}


class RandomFaults(Faults):
    """Faults that befall a share of all requests, the same with each seed.

    What befalls the nth request of an operation does not depend on the other
    operations, so that threads change little.

    Parameters
    ----------
    seed
        Of the draws.
    unavailable_ratio, lost_ratio
        Shares of the requests that are refused with 5xx or throttled, and that are
        done without an answer.
    """

    def __init__(
        self, seed: int, *, unavailable_ratio: float, lost_ratio: float
    ) -> None:
        super().__init__()
        self.seed = seed
        self.unavailable_ratio = unavailable_ratio
        self.lost_ratio = lost_ratio
        self.requests: Counter[tuple[str, str]] = Counter()

    def take(self, service: str, operation: str, request: str = "") -> Fault | None:
        """Return the fault that befalls a request; None most of the time."""
        if service not in _UNAVAILABLE:
            return super().take(service, operation, request)
        with self._lock:
            self.requests[service, operation] += 1
            number = self.requests[service, operation]
            name = f"{self.seed}/{service}/{operation}/{number}"
            draw = random.Random(name)  # noqa: S311 - no secret
            share = draw.random()
            error = LOST_RESPONSE
            if share >= self.lost_ratio:
                error = draw.choice(_UNAVAILABLE[service])
            if share >= self.lost_ratio + self.unavailable_ratio:
                return None
            self._counts[service, operation, error] += 1
        return Fault(service, operation, error)
