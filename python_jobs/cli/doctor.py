"""Whether this machine can run the project: each check with what to do."""

import importlib.metadata
import re
import shutil
import sys
import sysconfig
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from python_jobs.platform.aws_errors import explained
from python_jobs.platform.errors import CapacityError
from python_jobs.platform.settings import Settings

_PACKAGE = "aws-capacity-forecaster"
_FREE_GIB = 2
# metadata older than what it follows is refused by other engines
_CLOCK_TOLERANCE_SECONDS = 30


@dataclass(frozen=True)
class Finding:
    """Result of one check: its subject, whether it holds, what was seen or to do."""

    subject: str
    is_good: bool
    text: str


def findings(settings: Settings) -> list[Finding]:
    """Run every check that applies to the target."""
    checks: dict[str, Callable[[Settings], str]] = {
        "python": _python,
        "packages": _packages,
        "disk": _disk,
        "clock": _clock,
        "dbt": _dbt,
        "profile": _profile,
    }
    if settings.target == "duckdb":
        checks["warehouse"] = _warehouse
    if settings.target == "athena":
        from python_jobs.cli.aws_checks import aws_checks  # noqa: PLC0415 - slow import

        checks |= aws_checks()
    return [_finding(subject, check, settings) for subject, check in checks.items()]


def _finding(
    subject: str, check: Callable[[Settings], str], settings: Settings
) -> Finding:
    try:
        return Finding(subject, is_good=True, text=check(settings))
    except Exception as error:
        explanation = explained(error)
        if explanation is None and not isinstance(
            error, CapacityError | OSError | ValueError
        ):
            raise
        return Finding(subject, is_good=False, text=str(explanation or error))


def _python(settings: Settings) -> str:
    """Compare the interpreter with the versions that the package names."""
    del settings
    found = ".".join(str(part) for part in sys.version_info[:3])
    supported = importlib.metadata.metadata(_PACKAGE)["Requires-Python"]
    bounds = dict(re.findall(r"(>=|<)3\.(\d+)", supported))
    oldest, newest = int(bounds[">="]), int(bounds["<"]) - 1
    if not (3, oldest) <= sys.version_info[:2] <= (3, newest):
        raise ValueError(
            f"{found} → make the environment with Python 3.{oldest} to 3.{newest}"
        )
    return found


def _packages(settings: Settings) -> str:
    """Compare what is installed with the pins of the project."""
    del settings
    wrong = []
    pins = [
        pin
        for pin in importlib.metadata.requires(_PACKAGE) or []
        if "extra ==" not in pin
    ]
    for pin in pins:
        name, version = re.split(r"==", pin.split(";")[0].strip(), maxsplit=1)
        found = _installed(name.split("[")[0])
        if found != version:
            wrong.append(f"{name} {found or 'missing'}, pinned {version}")
    if wrong:
        raise ValueError(f"{'; '.join(wrong)} → run `make clean run`")
    return f"{len(pins)} pinned packages as pinned"


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _disk(settings: Settings) -> str:
    folder = _existing(settings.warehouse)
    free = shutil.disk_usage(folder).free / 2**30
    if free < _FREE_GIB:
        raise ValueError(
            f"{free:.1f} GiB free at {folder}, needed {_FREE_GIB}"
            " → free some, or move the warehouse (CAPACITY_WAREHOUSE)"
        )
    return f"{free:.0f} GiB free at {folder}"


def _clock(settings: Settings) -> str:
    """Compare the clock with the newest file of the warehouse."""
    files = [path for path in settings.warehouse.glob("*") if path.is_file()]
    times = {path.stat().st_mtime: path for path in files}
    newest, now = max(times, default=0.0), time.time()
    if now < newest - _CLOCK_TOLERANCE_SECONDS:
        raise ValueError(
            f"{times[newest]} is {newest - now:.0f} s ahead of this clock, one of the"
            " two was wrong → set the clock if it is wrong; if it is right, `touch` the"
            " file, and write once with --accept-clock"
        )
    return "not behind the newest write"


def _dbt(settings: Settings) -> str:
    del settings
    beside = Path(sysconfig.get_path("scripts")) / "dbt"
    found = str(beside) if beside.exists() else shutil.which("dbt")
    if found is None:
        raise ValueError("dbt is not installed → run `make .venv/ready`")
    return found


def _profile(settings: Settings) -> str:
    own = settings.project_dir / "profiles.yml"
    source = own if own.exists() else own.with_suffix(".yml.example")
    if f"{settings.target}:" not in source.read_text("utf-8"):
        raise ValueError(f"{source} has no target {settings.target} → add it")
    return f"{source.name}, target {settings.target}"


def _warehouse(settings: Settings) -> str:
    # pyiceberg takes a second to import: only where it is used
    from python_jobs.store.local_catalog import CATALOG_FILE  # noqa: PLC0415
    from python_jobs.store.versions import check_local_warehouse  # noqa: PLC0415

    check_local_warehouse(settings.warehouse)
    is_there = (settings.warehouse / CATALOG_FILE).exists()
    return f"{'' if is_there else 'none yet in '}{settings.warehouse}"


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path
