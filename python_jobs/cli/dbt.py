"""Commands of dbt: what they do to the warehouse, and what their failures say."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

from python_jobs.cli.dbt_log import FAILED, DbtLog, problems
from python_jobs.cli.dbt_process import DbtProcess
from python_jobs.cli.scans import record_scans
from python_jobs.platform.aws_errors import problem as aws_problem
from python_jobs.platform.errors import PlatformError, RunError
from python_jobs.platform.machine_errors import machine_problem
from python_jobs.platform.progress import Progress
from python_jobs.platform.settings import Settings

_PARSE = "partial_parse.msgpack"
_SHOWN_PROBLEMS = 10


@dataclass
class Dbt:
    """The dbt project on one target and warehouse.

    Attributes
    ----------
    settings
        Target and locations.
    progress
        Notified of every finished node.
    folder
        Where dbt's artifacts go; None: beside the data they are about.
    """

    settings: Settings
    progress: Progress
    folder: Path | None = None
    _process: DbtProcess | None = field(default=None, init=False, repr=False)

    @contextmanager
    def ready(self) -> Iterator[DbtProcess]:
        """Keep dbt imported and the project parsed for all commands inside.

        It begins in the background, at once. Without, each command does it anew.
        """
        if self._process is not None:
            yield self._process
            return
        self._process = DbtProcess(self.settings, self.target_path.parent)
        try:
            yield self._process
        finally:
            self._process.stop()
            self._process = None

    @property
    def target_path(self) -> Path:
        """Folder of dbt's artifacts."""
        return (self.folder or self.settings.warehouse) / "target"

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
        """Return the SQL of one node, rendered for the target.

        Nothing is connected to, and nothing written to the warehouse: a build may be
        under way, or the folder another's.
        """
        arguments = ["compile", "--select", select]
        arguments += ["--no-introspect", "--no-populate-cache"]
        with TemporaryDirectory(prefix="capacity-") as folder:
            # the path of the database is part of what dbt's parse is kept for
            settings = replace(self.settings, is_building=True)
            beside = Dbt(settings, self.progress, Path(folder))
            beside.target_path.mkdir()
            with suppress(OSError):
                kept = self.target_path / _PARSE
                copyfile(kept, beside.target_path / _PARSE)
            beside.invoke(f"compile {name}", arguments, None)
            found = sorted((beside.target_path / "compiled").rglob(f"{name}.sql"))
            if not found:
                raise RunError(f"dbt compiled no {name} → run `dbt compile` to see why")
            return found[0].read_text("utf-8")

    def invoke(
        self, name: str, arguments: Sequence[str], variables: Mapping[str, str] | None
    ) -> None:
        """Run one dbt command to its end, counting nodes from its log."""
        with self.progress.task(name, unit="nodes") as task, self.ready() as dbt:
            log = DbtLog(task)
            code = dbt.run(arguments, variables or {}, read=log.read)
        if log.finished and arguments[0] == "build":
            record_scans(self.settings, name)
        self._report(code, log)

    def _report(self, code: int, log: DbtLog) -> None:
        """Report warnings; raise when a node failed."""
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
                f"{self.settings.database} is open in another process"
                " → close it, or wait for the other run"
            )
        known = aws_problem(said) or machine_problem(said)
        if known is not None:
            kind = PlatformError if known.is_environment else RunError
            raise kind(f"dbt stopped: {known}")
        raise RunError(f"dbt stopped: {said} → correct it, then run again")
