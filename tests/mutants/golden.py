"""The golden fleet: eight servers, built once, and dbt's artifacts of the project."""

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from capacity_process import environment, program
from golden_fleet import CONFIG, write_odd_rows

from python_jobs.platform.settings import Settings

PROJECT = Path(__file__).resolve().parents[2]
_BUILT_OF = (
    "dbt_project.yml",
    "macros/**/*.sql",
    "models/**/*.sql",
    "seeds/*.csv",
    "python_jobs/**/*.py",
)
_ASKED_BY = ("models/**/*.yml", "tests/*.sql", "tests/generic/*", "tests/fixtures/*")


@dataclass(frozen=True)
class Golden:
    """Where everything is kept; what has not changed is not made again."""

    folder: Path

    @property
    def warehouse(self) -> Path:
        """The built fleet."""
        return self.folder / "warehouse"

    @property
    def target(self) -> Path:
        """Artifacts of dbt: compiled models and data tests, unit tests as they ran."""
        return self.folder / "dbt"

    @property
    def database(self) -> Path:
        """The built fleet's database."""
        return self.warehouse / "capacity.duckdb"

    def trial(self, model: str, digest: str) -> Path:
        """Return where the trial of a model is kept, of all it depends on."""
        return self.folder / "trials" / f"{model}-{digest}.json"

    def built(self) -> str:
        """Return the digest of what the fleet was built of."""
        return _kept(self.folder / "built.txt") or ""

    def make(self) -> None:
        """Build the fleet if it has to be, then let dbt compile and run unit tests."""
        self.folder.mkdir(parents=True, exist_ok=True)
        built = _digest(*_BUILT_OF)
        if self.built() != built:
            shutil.rmtree(self.warehouse, ignore_errors=True)
            self._build()
            (self.folder / "built.txt").write_text(built)
        asked = built + _digest(*_ASKED_BY)
        if _kept(self.folder / "asked.txt") != asked:
            shutil.rmtree(self.target, ignore_errors=True)
            _say("unit tests of the models as they are")
            self._dbt("test", "--select", "test_type:unit")
            self._dbt("compile")
            (self.folder / "asked.txt").write_text(asked)

    def _build(self) -> None:
        _say("the golden fleet: generated, forecast, built")
        self.warehouse.mkdir()
        config = self.folder / "golden.yml"
        config.write_text(CONFIG, encoding="utf-8")
        self._run(program(), "generate", "--config", str(config))
        with mock.patch.dict(os.environ, environment(self.warehouse), clear=True):
            write_odd_rows(Settings.from_environment())
        self._run(program(), "run", "--config", str(config))

    def _dbt(self, *arguments: str) -> None:
        dbt = str(Path(sysconfig.get_path("scripts")) / "dbt")
        places = [
            *("--profiles-dir", str(self.warehouse)),
            *("--target-path", str(self.target)),
            *("--log-path", str(self.folder / "logs")),
        ]
        self._run(dbt, "--quiet", *arguments, *places)

    def _run(self, *command: str) -> None:
        ended = subprocess.run(
            command,
            cwd=PROJECT,
            env=environment(self.warehouse),
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode != 0:
            sys.exit(f"{' '.join(command)} failed\n{ended.stdout}{ended.stderr}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _kept(path: Path) -> str | None:
    return path.read_text() if path.exists() else None


def _digest(*patterns: str) -> str:
    """Return a digest of files of the project, their names included."""
    digest = hashlib.sha256()
    for pattern in patterns:
        for path in sorted(PROJECT.glob(pattern)):
            digest.update(f"{path.relative_to(PROJECT)}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
