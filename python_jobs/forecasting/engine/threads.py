"""One BLAS thread: to share matrices this thin costs more than to solve them."""

from contextlib import AbstractContextManager
from functools import lru_cache

from threadpoolctl import ThreadpoolController


@lru_cache(maxsize=1)
def _controller() -> ThreadpoolController:
    """Find the libraries once: looking for them takes longer than many a solve."""
    return ThreadpoolController()


def one_blas_thread() -> AbstractContextManager[object]:
    """Return a context in which linear algebra runs on the calling thread alone."""
    limit: AbstractContextManager[object] = _controller().limit(
        limits=1, user_api="blas"
    )
    return limit
