"""Two writers on Athena: one goes, the other learns who; a dead one yields."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from athena_local.aws_server import AwsServer
from athena_local.faults import Faults
from aws_account import BUCKET, aws
from botocore.exceptions import ClientError
from capacity_process import run_capacity

from python_jobs.platform import s3_lock as module
from python_jobs.platform.errors import PlatformError
from python_jobs.platform.s3_lock import s3_lock
from python_jobs.platform.settings import Settings
from python_jobs.platform.write_lock import Holder, write_lock

KEY = "lake/_locks/capacity.json"


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    """Start a server whose conditional writes are one step, as S3's are."""
    server = AwsServer(Faults())
    server.start()
    yield server.url
    server.stop()


@pytest.fixture
def s3(account: dict[str, str]) -> Any:
    """Return a client that looks at the lock from outside."""
    return aws("s3", account["AWS_ENDPOINT_URL"])


def left_behind(s3: Any, holder: Holder) -> None:
    """Put the lock of a writer that did not end well."""
    body = json.dumps(asdict(holder) | {"beats": 3}).encode()
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=body)


def lies_there(s3: Any) -> dict[str, Any]:
    """Return what the lock says."""
    body = s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read()
    content: dict[str, Any] = json.loads(body)
    return content


def elsewhere(command: str = "run") -> Holder:
    """Return a holder on another machine."""
    return Holder(command, host="scheduler", machine="other boot")


def test_the_second_writer_learns_who_writes(settings: Settings, s3: Any) -> None:
    """With command, process, host and time; afterwards the lock is gone."""
    with s3_lock(settings, Holder("run")):
        assert lies_there(s3)["command"] == "run"
        with (
            pytest.raises(
                PlatformError,
                match=r"`capacity run` \(process \d+ on .*, since .*\) writes to these"
                r" tables; it was seen \d+ s ago → wait",
            ),
            s3_lock(settings, elsewhere("load")),
        ):
            pass
        assert lies_there(s3)["command"] == "run"
    with pytest.raises(ClientError, match="NoSuchKey"):
        lies_there(s3)
    with s3_lock(settings, elsewhere("load")):
        pass


def test_of_many_at_once_one_goes(settings: Settings) -> None:
    """The condition is the server's: no two see a free lock."""
    gate = threading.Barrier(8)
    refused = threading.Semaphore(0)

    def one(number: int) -> bool:
        gate.wait()
        try:
            with s3_lock(settings, elsewhere(f"run {number}")):
                # until every other one was refused, however slow the machine
                return all(refused.acquire(timeout=60) for _ in range(7))
        except PlatformError:
            refused.release()
            return False

    with ThreadPoolExecutor(8) as pool:
        went = list(pool.map(one, range(8)))
    assert sorted(went) == [False] * 7 + [True]


def test_a_lock_that_nobody_renews_is_taken_over(settings: Settings, s3: Any) -> None:
    """By its age on the server, whatever the clocks of both writers say."""
    left_behind(s3, elsewhere())
    with (
        pytest.raises(PlatformError, match="not renewed for 300 s is taken over"),
        s3_lock(settings, Holder("run")),
    ):
        pass
    with s3_lock(settings, Holder("build"), seconds_to_live=-1):
        assert lies_there(s3)["command"] == "build"


def test_a_dead_process_of_this_machine_yields_at_once(
    settings: Settings, s3: Any
) -> None:
    """A killed command is repeated without waiting; so is one whose lock is torn."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left_behind(s3, Holder("run", process=ended.pid))
    with s3_lock(settings, Holder("run")):
        pass
    # its dbt may still run where we do not hold the folder's lock
    left_behind(s3, Holder("run", "another folder", process=ended.pid))
    with pytest.raises(PlatformError, match="wait"), s3_lock(settings, Holder("run")):
        pass
    assert not elsewhere().is_dead()
    assert not Holder("run").is_dead()
    assert not replace(Holder("run"), process=1).is_dead()
    assert Holder.read(b"torn") is None


def test_it_is_renewed_while_its_holder_lives(settings: Settings, s3: Any) -> None:
    """Beats count up, and the object stays young."""
    with s3_lock(settings, Holder("run"), seconds_between_beats=0.05):
        wait_until(lambda: lies_there(s3)["beats"] >= 3)


def test_a_holder_that_lost_it_stops(settings: Settings, s3: Any) -> None:
    """It was asleep for too long; the other's lock stays as it is."""
    stopped = threading.Event()
    with (
        pytest.raises(PlatformError, match="another writer took the lock"),
        s3_lock(settings, Holder("run"), seconds_between_beats=0.05, stop=stopped.set),
    ):
        left_behind(s3, elsewhere("load"))
        assert stopped.wait(10)
    assert lies_there(s3)["command"] == "load"


@pytest.fixture
def signalled_by() -> Iterator[Callable[[signal.Signals], None]]:
    """Return a function that lets only one signal interrupt, until the test ends."""
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}

    def only(chosen: signal.Signals) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(chosen, signal.default_int_handler)

    yield only
    for each, handler in before.items():
        signal.signal(each, handler)


@pytest.mark.parametrize("chosen", [signal.SIGINT, signal.SIGTERM])
def test_losing_it_interrupts_the_main_thread(
    settings: Settings,
    s3: Any,
    signalled_by: Callable[[signal.Signals], None],
    chosen: signal.Signals,
) -> None:
    """Even in a long wait, such as the one for dbt; and in a script's background."""
    signalled_by(chosen)
    with (
        pytest.raises(PlatformError, match="another writer took the lock"),
        s3_lock(settings, Holder("run"), seconds_between_beats=0.05),
    ):
        left_behind(s3, elsewhere("load"))
        time.sleep(30)
        pytest.fail("the wait was not interrupted")


def test_a_lost_answer_is_no_foreign_lock(
    settings: Settings, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """boto3 repeats the request, and S3 refuses it because it had arrived."""
    real = module.client

    def losing(chosen: Settings, name: str) -> Any:
        found = real(chosen, name)
        put = found.put_object

        def put_twice(**arguments: Any) -> Any:
            put(**arguments)
            return put(**arguments)

        found.put_object = put_twice
        return found

    monkeypatch.setattr(module, "client", losing)
    with s3_lock(settings, Holder("run")):
        assert lies_there(s3)["command"] == "run"


def test_a_denied_lock_names_its_place(settings: Settings) -> None:
    """The note leads to the bucket and the object."""
    gone = replace(settings, s3_warehouse="s3://gone/lake/")
    with (
        pytest.raises(ClientError, match="NoSuchBucket") as caught,
        write_lock(gone, "run"),
    ):
        pass
    assert caught.value.__notes__ == ["lock s3://gone/lake/_locks/capacity.json"]


@pytest.mark.parametrize(
    "command",
    [["generate"], ["load", "a.csv"], ["build"], ["jobs"], ["run"], ["maintain"]],
)
def test_every_command_that_writes_is_refused_up_front(
    account: dict[str, str], s3: Any, tmp_path: Path, command: list[str]
) -> None:
    """Exit code 4, before a row is made; only `init`, which repeats itself, is free."""
    left_behind(s3, elsewhere())
    account.pop("CAPACITY_WAREHOUSE")
    ended = run_capacity(*command, warehouse=tmp_path, **account)
    assert ended.returncode == 4, ended.stderr
    assert "`capacity run` (process" in ended.stderr
    assert "on scheduler, since" in ended.stderr
    glue = aws("glue", account["AWS_ENDPOINT_URL"])
    assert glue.get_databases()["DatabaseList"] == []


def wait_until(holds: Any) -> None:
    """Wait for a condition, at most ten seconds."""
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """Check that the renewing thread ends with the lock."""
    before = threading.active_count()
    yield
    wait_until(lambda: threading.active_count() <= before + 1)
