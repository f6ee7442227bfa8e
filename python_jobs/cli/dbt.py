"""dbt, always as a process of its own.

A second build inside one process would read the tables as the first one saw them, and
keep the database file locked.
"""

import os
import shutil
import signal
import subprocess
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from python_jobs.cli.dbt_log import FAILED, DbtLog, problems
from python_jobs.cli.scans import record_scans
from python_jobs.config.settings import Settings
from python_jobs.runtime.aws_errors import problem as aws_problem
from python_jobs.runtime.errors import PlatformError, RunError
from python_jobs.runtime.file_lock import held_descriptors
from python_jobs.runtime.progress import Progress

RUN_VARIABLES = ("as_of_date", "reprocess_from")
"""Variables that a run hands over."""

_SECONDS_TO_STOP = 20
_SHOWN_PROBLEMS = 10


@dataclass(frozen=True)
class Dbt:
    """The dbt project on one target and warehouse.

    Attributes
    ----------
    settings
        Target and locations.
    progress
        Told about every finished node.
    """

    settings: Settings
    progress: Progress

    @property
    def target_path(self) -> Path:
        """Folder of dbt's artifacts, beside the data they are about."""
        return self.settings.warehouse / "target"

    def build(
        self,
        name: str,
        *,
        select: Sequence[str] = (),
        exclude: Sequence[str] = (),
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """Build nodes with their data tests.

        Unit tests prove the code, whatever the data: `make test` and a plain
        ``dbt build`` run them.

        Parameters
        ----------
        name
            What the step is called in the progress.
        select
            dbt's node selection; empty: everything.
        exclude
            dbt's selection of nodes that are built and tested already.
        variables
            Values of project variables for this run.

        Raises
        ------
        RunError
            If a node fails: the first ones with message and advice.
        """
        arguments = ["build", "--exclude-resource-type", "unit_test"]
        # a test belongs to the step that builds the last of what it reads
        arguments += ["--indirect-selection", "buildable"]
        if select:
            arguments += ["--select", *select]
        if exclude:
            arguments += ["--exclude", *exclude]
        self.invoke(name, arguments, variables)

    def compile(self, name: str, *, select: str) -> str:
        """Return the SQL of one node, rendered for the target."""
        self.invoke(f"compile {name}", ["compile", "--select", select], None)
        found = sorted((self.target_path / "compiled").rglob(f"{name}.sql"))
        if not found:
            raise RunError(f"dbt compiled no {name} → run `dbt compile` to see why")
        return found[0].read_text("utf-8")

    def invoke(
        self, name: str, arguments: Sequence[str], variables: Mapping[str, str] | None
    ) -> None:
        """Run one dbt command to its end, counting nodes from its log."""
        command = [dbt_program(), "--log-format", "json", *arguments]
        command += ["--project-dir", str(self.settings.project_dir)]
        command += ["--profiles-dir", str(profiles_dir(self.settings))]
        command += ["--target", self.settings.target]
        with self.progress.task(name, unit="nodes") as task:
            log = DbtLog(task)
            code = self._follow(command, log, variables or {})
        if log.finished and arguments[0] == "build":
            record_scans(self.settings, name)
        self._judge(code, log)

    def _follow(
        self, command: list[str], log: DbtLog, variables: Mapping[str, str]
    ) -> int:
        """Read dbt's log until it ends; an interrupt lets dbt cancel its queries."""
        with subprocess.Popen(  # noqa: S603 - our own program, no shell
            command,
            cwd=self.settings.project_dir,
            env=environment(self.settings) | in_environment(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            pass_fds=held_descriptors(),
        ) as process:
            try:
                for line in process.stdout or ():
                    log.read(line)
                return process.wait()
            except KeyboardInterrupt:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(_SECONDS_TO_STOP)
                except subprocess.TimeoutExpired:
                    process.kill()
                raise

    def _judge(self, code: int, log: DbtLog) -> None:
        """Tell warnings; raise when something failed."""
        if log.finished:
            for warning in problems(self.target_path, statuses=("warn",)):
                self.progress.warn(str(warning))
        if code == 0:
            return
        failed = problems(self.target_path, statuses=FAILED) if log.finished else []
        if failed:
            shown = [f"  {problem}" for problem in failed[:_SHOWN_PROBLEMS]]
            if len(failed) > _SHOWN_PROBLEMS:
                shown.append(f"  … and {len(failed) - _SHOWN_PROBLEMS} more")
            count = f"{len(failed)} dbt node{'s' if len(failed) > 1 else ''} failed"
            is_environment = all(problem.is_environment for problem in failed)
            kind = PlatformError if is_environment else RunError
            raise kind("\n".join([count, *shown]))
        said = "; ".join(log.fatal) or " ".join(log.plain[-5:]) or f"exit code {code}"
        if "Could not set lock on file" in said or "Conflicting lock" in said:
            raise PlatformError(
                f"{self.settings.warehouse}/capacity.duckdb is open in another process"
                " → close it, or wait for the other run"
            )
        known = aws_problem(said)
        if known is not None:
            kind = PlatformError if known.is_environment else RunError
            raise kind(f"dbt stopped: {known}")
        raise RunError(f"dbt stopped: {said} → correct it, then run again")


def dbt_program() -> str:
    """Return the dbt that is installed beside this Python."""
    beside = Path(sysconfig.get_path("scripts")) / "dbt"
    found = str(beside) if beside.exists() else shutil.which("dbt")
    if found is None:
        raise PlatformError("dbt is not installed → run `make .venv/ready`")
    return found


def profiles_dir(settings: Settings) -> Path:
    """Return the folder of profiles.yml: the project's, else a copy of the example."""
    if (settings.project_dir / "profiles.yml").exists():
        return settings.project_dir
    example = (settings.project_dir / "profiles.yml.example").read_text("utf-8")
    settings.warehouse.mkdir(parents=True, exist_ok=True)
    copy = settings.warehouse / "profiles.yml"
    if not copy.exists() or copy.read_text("utf-8") != example:
        copy.write_text(example, encoding="utf-8")
    return settings.warehouse


def in_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Return project variables as `macros/portable/given.sql` finds them.

    Not as ``--vars``: dbt would parse the whole project anew for another value.
    """
    return {
        f"CAPACITY_{name.upper()}": variables.get(name, "") for name in RUN_VARIABLES
    }


def environment(settings: Settings) -> dict[str, str]:
    """Return the environment of a dbt process: ours, and where things are."""
    return os.environ | {
        "CAPACITY_WAREHOUSE": str(settings.warehouse),
        "CAPACITY_TARGET": settings.target,
        "CAPACITY_SCHEMA_PREFIX": settings.schema_prefix,
        "CAPACITY_S3_WAREHOUSE": settings.s3_warehouse,
        "CAPACITY_S3_DATA": settings.s3_data,
        "CAPACITY_S3_STAGING": settings.s3_staging,
        "CAPACITY_WORK_GROUP": settings.work_group,
        "AWS_REGION": settings.region,
        "DBT_TARGET_PATH": str(settings.warehouse / "target"),
        "DBT_LOG_PATH": str(settings.warehouse / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "PYTHONUNBUFFERED": "1",
    }
