"""What a figure depends on: the machine and the versions in both environments."""

import json
import os
import platform
import subprocess
from pathlib import Path

from fleets import PROJECT
from workers import shared_core

ENVIRONMENTS = {
    "ours": (PROJECT / ".venv", ("numpy", "numba", "pandas", "scipy", "pyarrow")),
    "the peers'": (
        PROJECT / ".venv-bench",
        ("statsforecast", "prophet", "statsmodels", "numpy", "pandas", "scipy"),
    ),
}
_ASK = (
    "import importlib.metadata as m, json, sys;"
    "print(json.dumps({n: m.version(n) for n in sys.argv[1:]}))"
)


def processor() -> str:
    """Return the model of the processor as the system names it."""
    listed = Path("/proc/cpuinfo")
    if listed.exists():
        for line in listed.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def machine() -> list[tuple[str, str]]:
    """Return what the measurement ran on, name and value."""
    rows = [
        ("processor", processor()),
        ("cores", str(os.cpu_count())),
        ("system", f"{platform.system()} {platform.machine()}"),
        ("Python", platform.python_version()),
        (
            "pinned",
            f"both workers to core {shared_core()}, every library to one thread",
        ),
    ]
    for name, (folder, packages) in ENVIRONMENTS.items():
        versions = _versions(folder / "bin" / "python", packages)
        text = ", ".join(
            f"{package} {version}" for package, version in versions.items()
        )
        rows.append((f"environment: {name}", text))
    return rows


def _versions(python: Path, packages: tuple[str, ...]) -> dict[str, str]:
    asked = subprocess.run(  # noqa: S603 - our own environments
        [python, "-c", _ASK, *packages], capture_output=True, text=True, check=True
    )
    versions: dict[str, str] = json.loads(asked.stdout)
    return versions
