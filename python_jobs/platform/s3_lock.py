"""A lock in S3, for writers on different machines.

One object, made only where there is none (``If-None-Match: *``), renewed while its
holder lives, and taken over by changing exactly what was seen (``If-Match``). Times are
the server's: this machine's clock decides nothing.
"""

import json
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from python_jobs.platform.aws import Place, client, place
from python_jobs.platform.aws_errors import about
from python_jobs.platform.errors import PlatformError
from python_jobs.platform.settings import Settings
from python_jobs.platform.write_lock import Holder

SECONDS_BETWEEN_BEATS = 60.0
SECONDS_TO_LIVE = 300.0
"""A lock that was not renewed for so long belongs to a writer that is gone."""

_ATTEMPTS = 5
# there is an object; another request changed it; it is gone
_LOST = ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "412", "409")


@dataclass
class _Lock:
    """The object, as this holder has it."""

    s3: Any
    folder: Place
    key: str
    holder: Holder
    etag: str = ""
    beats: int = 0

    def put(self, **condition: str) -> bool:
        """Write the object if the condition holds; return whether it is ours now."""
        body = json.dumps(asdict(self.holder) | {"beats": self.beats}).encode()
        try:
            answer = self.s3.put_object(
                Bucket=self.folder.bucket, Key=self.key, Body=body, **condition
            )
        except ClientError as error:
            if error.response["Error"]["Code"] not in _LOST:
                raise
            # a lost answer is repeated by boto3, and refused because it had arrived
            seen = self.look()
            if seen is None or seen.body != body:
                return False
            self.etag = seen.etag
            return True
        self.etag = answer["ETag"]
        return True

    def look(self) -> "_Seen | None":
        """Return what lies there, None when nothing does."""
        try:
            answer = self.s3.get_object(Bucket=self.folder.bucket, Key=self.key)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                return None
            raise
        now = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
        return _Seen(
            body=answer["Body"].read(),
            etag=answer["ETag"],
            age_seconds=(now - answer["LastModified"]).total_seconds(),
        )

    def release(self) -> None:
        """Remove the object, unless it is another's by now."""
        try:
            self.s3.delete_object(
                Bucket=self.folder.bucket, Key=self.key, IfMatch=self.etag
            )
        except ClientError as error:
            if error.response["Error"]["Code"] not in _LOST:
                raise


@dataclass(frozen=True)
class _Seen:
    """The object as it was read: content, version, seconds since it was renewed."""

    body: bytes
    etag: str
    age_seconds: float


@contextmanager
def s3_lock(
    settings: Settings,
    holder: Holder,
    *,
    seconds_between_beats: float = SECONDS_BETWEEN_BEATS,
    seconds_to_live: float = SECONDS_TO_LIVE,
    stop: Callable[[], None] | None = None,
) -> Iterator[None]:
    """Be the only writer of these Glue databases.

    Parameters
    ----------
    settings
        Where: the lock lies under the root of the raw tables, named by the prefix.
    holder
        Who.
    seconds_between_beats, seconds_to_live
        How often it is renewed, and when it counts as left behind.
    stop
        Called from the renewing thread when another writer took the lock over; None:
        interrupt the main thread, as Ctrl-C does.

    Raises
    ------
    PlatformError
        If another writer holds it, or took it over.
    """
    folder = place(settings.s3_warehouse, variable="CAPACITY_S3_WAREHOUSE")
    key = f"{folder.prefix}_locks/{settings.schema_prefix}.json"
    lock = _Lock(client(settings, "s3"), folder, key, holder)
    with about(f"lock {folder}_locks/{settings.schema_prefix}.json"):
        _acquire(lock, seconds_to_live=seconds_to_live)
    ended, lost = threading.Event(), threading.Event()
    beat = threading.Thread(
        target=_renew,
        args=(lock, ended, lost, seconds_between_beats, stop or _interrupt),
        daemon=True,
    )
    beat.start()
    try:
        yield
    except KeyboardInterrupt:
        if not lost.is_set():
            raise
    finally:
        ended.set()
        beat.join()
        if not lost.is_set():
            lock.release()
    if lost.is_set():
        raise PlatformError(
            f"another writer took the lock s3://{folder.bucket}/{key} over: this one"
            f" did not renew it for {seconds_to_live:.0f} s (asleep, or without a"
            " network) → wait until the other has ended, then run the same command"
            " again; nothing is half published"
        )


def _acquire(lock: _Lock, *, seconds_to_live: float) -> None:
    """Make the object, or take over one that was left behind."""
    for _ in range(_ATTEMPTS):
        if lock.put(IfNoneMatch="*"):
            return
        seen = lock.look()
        if seen is None:
            continue
        other = Holder.read(seen.body)
        is_left = seen.age_seconds > seconds_to_live
        # we hold its folder's lock: what it had started has ended too
        is_ours = other is not None and other.folder == lock.holder.folder
        if not is_left and not (is_ours and other is not None and other.is_dead()):
            raise PlatformError(
                f"{other or 'another writer'} writes to these tables; it was seen"
                f" {max(seen.age_seconds, 0):.0f} s ago → wait until it has ended (a"
                f" lock not renewed for {seconds_to_live:.0f} s is taken over)"
            )
        if lock.put(IfMatch=seen.etag):
            return
    raise PlatformError(
        f"the lock s3://{lock.folder.bucket}/{lock.key} changes hands all the time →"
        " look who writes there, then run the same command again"
    )


def _renew(
    lock: _Lock,
    ended: threading.Event,
    lost: threading.Event,
    seconds: float,
    stop: Callable[[], None],
) -> None:
    """Renew the lock until the end, or until it is another's."""
    while not ended.wait(seconds):
        lock.beats += 1
        try:
            is_ours = lock.put(IfMatch=lock.etag)
        except (ClientError, BotoCoreError):
            # no network for a while is no loss: the next beat finds out
            continue
        if not is_ours:
            lost.set()
            stop()
            return


def _interrupt() -> None:
    """Interrupt the main thread, even where it waits for dbt."""
    main = threading.main_thread().ident
    # in the background of a script SIGINT is ignored; commands take SIGTERM the same
    is_ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    if main is not None:
        signal.pthread_kill(main, signal.SIGTERM if is_ignored else signal.SIGINT)
