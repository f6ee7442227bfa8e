"""Thread pools over blocks or origins, with single-threaded BLAS in each."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import TypeVar

from joblib import Parallel, cpu_count, delayed
from threadpoolctl import ThreadpoolController

Item = TypeVar("Item")
Result = TypeVar("Result")


@lru_cache(maxsize=1)
def _controller() -> ThreadpoolController:
    """Return the cached BLAS controller: finding it takes longer than many a solve."""
    return ThreadpoolController()


def one_blas_thread() -> AbstractContextManager[object]:
    """Return a context in which BLAS runs on the calling thread alone.

    To share matrices this thin between threads costs more than to solve them.
    """
    limit: AbstractContextManager[object] = _controller().limit(
        limits=1, user_api="blas"
    )
    return limit


def side_by_side(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    processes: int | None,
) -> Iterator[Result]:
    """Map a function over blocks or origins on threads; yield results in order.

    One thread per core that this process may use, or ``processes``; each with one BLAS
    thread, which would only fight over the cores. The engine's loops release the
    interpreter, and the arrays are shared.
    """
    workers = max(1, min(processes or cpu_count(), len(items)))
    with one_blas_thread():
        if workers == 1:
            yield from (function(item) for item in items)
            return
        yield from Parallel(n_jobs=workers, backend="threading", return_as="generator")(
            delayed(function)(item) for item in items
        )
