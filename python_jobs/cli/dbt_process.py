"""dbt in a process beside us: imported and parsed once for all commands.

In this process its memory would stay beside that of the jobs. A new program for each
command would import dbt and parse the project again.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from python_jobs.cli.dbt_server import Request, exit_code
from python_jobs.platform.file_lock import held_descriptors
from python_jobs.platform.folders import make_private
from python_jobs.platform.settings import Settings

_RUN_VARIABLES = ("as_of_date", "reprocess_from")
_CONFIGURING = "reprocess_from"
"""The one that nodes' configurations read, so that another value is parsed anew."""

_SECONDS_TO_STOP = 20


class DbtProcess:
    """The process that waits for dbt's commands; it parses the project meanwhile.

    Parameters
    ----------
    settings
        Target and locations.
    folder
        Where dbt's artifacts, its log and a copy of the profile go.
    """

    def __init__(self, settings: Settings, folder: Path) -> None:
        project = ["--project-dir", str(settings.project_dir)]
        project += ["--profiles-dir", str(profiles_dir(settings, folder))]
        project += ["--target", settings.target]
        self._process = subprocess.Popen(  # noqa: S603 - our own program, no shell
            [sys.executable, "-P", "-m", "python_jobs.cli.dbt_server", *project],
            cwd=settings.project_dir,
            env=_environment(settings, folder) | _in_environment({}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            # Ctrl-C is ours to pass on, and the whole group's to be killed
            process_group=0,
            pass_fds=held_descriptors(),
        )

    def run(
        self,
        arguments: Sequence[str],
        variables: Mapping[str, str],
        *,
        read: Callable[[str], None],
    ) -> int:
        """Run one command and return its exit code.

        Parameters
        ----------
        arguments
            The command and its options.
        variables
            Values of project variables.
        read
            Given every line of output.
        """
        request = Request(
            arguments=tuple(arguments),
            environment=_in_environment(variables),
            configuring=variables.get(_CONFIGURING, ""),
        )
        with suppress(BrokenPipeError):
            print(request.to_line(), file=self._process.stdin, flush=True)
        for line in self._process.stdout or ():
            code = exit_code(line)
            if code is not None:
                return code
            if line.strip():
                read(line)
        return self._process.wait()

    def stop(self) -> None:
        """End it; a command that runs may cancel its queries first."""
        self._process.terminate()
        try:
            self._process.communicate(timeout=_SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.communicate()


def profiles_dir(settings: Settings, folder: Path) -> Path:
    """Return the folder of profiles.yml: the project's, else a copy of the example."""
    if (settings.project_dir / "profiles.yml").exists():
        return settings.project_dir
    example = (settings.project_dir / "profiles.yml.example").read_text("utf-8")
    make_private(folder)
    copy = folder / "profiles.yml"
    if not copy.exists() or copy.read_text("utf-8") != example:
        copy.write_text(example, encoding="utf-8")
    return folder


def _in_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Return project variables as `macros/portable/given.sql` finds them.

    Not as ``--vars``: dbt would parse the whole project anew for another value.
    """
    unknown = set(variables) - set(_RUN_VARIABLES)
    if unknown:
        raise ValueError(f"{sorted(unknown)} have no place in the environment")
    return {
        f"CAPACITY_{name.upper()}": variables.get(name, "") for name in _RUN_VARIABLES
    }


def _environment(settings: Settings, folder: Path) -> dict[str, str]:
    """Return the environment of a dbt process: ours, and where things are."""
    return os.environ | {
        "CAPACITY_WAREHOUSE": str(settings.warehouse),
        "CAPACITY_DATABASE": str(settings.database),
        "CAPACITY_TARGET": settings.target,
        "CAPACITY_MEMORY_LIMIT_MB": str(settings.memory_limit_mb),
        "CAPACITY_SCHEMA_PREFIX": settings.schema_prefix,
        "CAPACITY_S3_WAREHOUSE": settings.s3_warehouse,
        "CAPACITY_S3_DATA": settings.s3_data,
        "CAPACITY_S3_STAGING": settings.s3_staging,
        "CAPACITY_WORK_GROUP": settings.work_group,
        "AWS_REGION": settings.region,
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "PYTHONUNBUFFERED": "1",
    }
