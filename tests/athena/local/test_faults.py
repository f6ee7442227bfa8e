"""Faults: matched by service, operation and text; as often as asked; counted."""

from concurrent.futures import ThreadPoolExecutor

from athena_local import Fault, Faults


def test_a_fault_befalls_as_many_requests_as_asked() -> None:
    """Three throttled calls, then none; the counts tell."""
    faults = Faults()
    error = "ThrottlingException"
    faults.inject(service="glue", operation="GetTable", error=error, times=3)
    taken = [faults.take("glue", "GetTable") for _ in range(5)]
    assert [fault is not None for fault in taken] == [True] * 3 + [False] * 2
    assert faults.counts == {("glue", "GetTable", error): 3}


def test_a_fault_waits_for_its_request() -> None:
    """Another service, another operation and another text pass."""
    faults = Faults()
    faults.inject(
        service="s3", operation="PutObject", error="AccessDenied", matching="lake/ml/"
    )
    assert faults.take("glue", "PutObject", "lake/ml/") is None
    assert faults.take("s3", "GetObject", "lake/ml/") is None
    assert faults.take("s3", "PutObject", "lake/raw/x") is None
    fault = faults.take("s3", "PutObject", "/bucket/lake/ml/x")
    assert isinstance(fault, Fault)
    assert fault.error == "AccessDenied"


def test_what_a_block_did_not_use_is_removed() -> None:
    """A fault of one test never befalls the next."""
    faults = Faults()
    with faults.injecting(service="s3", operation="GetObject", error="SlowDown"):
        pass
    assert faults.take("s3", "GetObject") is None
    assert not faults.counts


def test_many_threads_use_a_fault_up_exactly() -> None:
    """Of 64 requests at once, 10 fail."""
    faults = Faults()
    faults.inject(service="s3", operation="GetObject", error="SlowDown", times=10)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: faults.take("s3", "GetObject"), range(64)))
    assert sum(fault is not None for fault in taken) == 10
