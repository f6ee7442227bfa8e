"""What AWS refused, and what to do: one text for one fault, whoever met it.

The same fault reaches us as an exception of boto3, of pyarrow's S3 or of PyAthena, or
as a line in dbt's results. All carry AWS's own words, so the words are what is read.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from python_jobs.platform.aws_faults import DURING_A_RUN, SIGNS, TEXTS, Kind
from python_jobs.platform.errors import CapacityError, PlatformError, RunError

_CALL = re.compile(
    r"when calling the (?P<boto>\w+) operation|during (?P<arrow>\w+) operation"
)
_ACTION = re.compile(r"not authorized to perform: (\w+:\w+)")
_BUCKETS = (
    re.compile(r"bucket '([^']+)'"),
    re.compile(r"output bucket ([\w.-]+)"),
    re.compile(r"s3://([\w.-]+)"),
    re.compile(r"arn:aws[\w-]*:s3:::([\w.-]+)"),
)


@dataclass(frozen=True)
class AwsProblem:
    """A fault of AWS's, understood.

    Attributes
    ----------
    kind
        Which one.
    what
        What happened, with the action and the bucket where they are known.
    said
        AWS's own words, on one line.
    advice
        What to do.
    """

    kind: Kind
    what: str
    said: str
    advice: str

    @property
    def is_environment(self) -> bool:
        """Return whether it would have stopped any command: exit code 4, not 5."""
        return self.kind not in DURING_A_RUN

    def __str__(self) -> str:
        """Return it in the form of every error here."""
        return f"{self.what}: {self.said} → {self.advice}"


def problem(text: str) -> AwsProblem | None:
    """Return what a message of AWS's means; None when it is no known fault of AWS's."""
    said = " ".join(text.split())
    for kind, sign in SIGNS:
        if re.search(sign, said):
            what, advice = TEXTS[kind]
            details = ", ".join(_details(said))
            return AwsProblem(
                kind=kind,
                what=f"{what} ({details})" if details else what,
                said=said[:500],
                advice=advice,
            )
    return None


def explained(error: BaseException) -> CapacityError | None:
    """Return the error to show for an exception that AWS caused; None for others."""
    chain = list(_chain(error))
    words = [str(each) for each in chain if _is_of_aws(each)]
    if not words:
        return None
    subjects = list(
        dict.fromkeys(note for each in chain for note in getattr(each, "__notes__", ()))
    )
    about_what = f"{', '.join(subjects)}: " if subjects else ""
    found = next(filter(None, map(problem, words)), None)
    if found is None:
        said = " ".join(words[0].split())
        return RunError(
            f"{about_what}AWS refused a call: {said} → check it, then run the same"
            " command again; nothing is half published"
        )
    kind = PlatformError if found.is_environment else RunError
    return kind(f"{about_what}{found}; nothing is half published")


@contextmanager
def about(subject: str) -> Iterator[None]:
    """Remember what was worked on, such as a table, for the message of an error."""
    try:
        yield
    except Exception as error:
        error.add_note(subject)
        raise


def _details(said: str) -> Iterator[str]:
    """Yield the action and the bucket that a message names."""
    action = _ACTION.search(said)
    call = _CALL.search(said)
    if action:
        yield action[1]
    elif call:
        yield call["boto"] or call["arrow"]
    for pattern in _BUCKETS:
        bucket = pattern.search(said)
        if bucket:
            yield f"bucket {bucket[1]}"
            return


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and what it came from, the nearest first."""
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__ or current.__context__


def _is_of_aws(error: BaseException) -> bool:
    """Return whether an exception speaks AWS's words."""
    if isinstance(error, CapacityError):
        return False
    maker = type(error).__module__.split(".")[0]
    if maker in ("boto3", "botocore", "pyathena"):
        return True
    text = str(error)
    return isinstance(error, OSError) and ("AWS Error" in text or "s3://" in text)
