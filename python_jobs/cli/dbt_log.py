"""What dbt tells while it runs: its JSON log lines and its results file."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from python_jobs.platform.aws_errors import problem
from python_jobs.platform.machine_errors import machine_problem
from python_jobs.platform.progress import Task

FAILED = ("error", "fail", "runtime error", "partial success")
_ADVICE = {
    "model": "correct the model, then `capacity build --select {name}+`",
    "seed": "correct the seed's rows, then `capacity build --select {name}+`",
    "test": "look at the rows this query finds: {compiled}",
    "unit_test": "compare the model's SQL with the rows that its unit test expects",
    "source": "run `capacity status` to see what is loaded",
}


@dataclass(frozen=True)
class NodeProblem:
    """One dbt node that failed or warned.

    Attributes
    ----------
    node
        Unique id without the project: ``model int_server_days``.
    message
        What dbt or the engine said.
    advice
        What to do.
    is_environment
        Whether credentials, rights or the network stood in the way, not the node.
    """

    node: str
    message: str
    advice: str
    is_environment: bool = False

    def __str__(self) -> str:
        """Return node, message and advice in the form of every error here."""
        return f"{self.node}: {self.message} → {self.advice}"


@dataclass
class DbtLog:
    """State gathered from the log lines of one dbt process.

    Attributes
    ----------
    task
        Where finished nodes are counted.
    fatal
        Messages of errors before any node ran: parse, compile, connection.
    finished
        Whether dbt wrote its results.
    """

    task: Task
    fatal: list[str] = field(default_factory=list)
    finished: bool = False
    plain: list[str] = field(default_factory=list)

    def read(self, line: str) -> None:
        """Take one line of standard output."""
        try:
            event = json.loads(line)
            info, data = event["info"], event["data"]
        except (ValueError, KeyError, TypeError):
            # not dbt's: a library or the interpreter said something
            self.plain = [*self.plain, line.rstrip()][-20:]
            return
        total = data.get("total") or data.get("num_models")
        done = info["name"].endswith("Result") or info["name"].startswith("Skipping")
        if isinstance(total, int) and data.get("index"):
            self.task.set_total(total)
            if done:
                self.task.advance(detail=_short(_node_name(data)))
        if info["name"] in ("MainEncounteredError", "MainStackTrace"):
            self.fatal.append(" ".join(str(data.get("exc") or info["msg"]).split()))
        if info["name"] == "EndOfRunSummary":
            self.finished = True


def problems(target_path: Path, *, statuses: tuple[str, ...]) -> list[NodeProblem]:
    """Return the nodes of the last results file that ended in one of `statuses`."""
    results = json.loads((target_path / "run_results.json").read_text("utf-8"))
    found = [each for each in results["results"] if each["status"] in statuses]
    return list(_problems(found, target_path))


def _problems(
    results: list[dict[str, Any]], target_path: Path
) -> Iterator[NodeProblem]:
    for result in results:
        kind, _, *names = result["unique_id"].split(".")
        # a generic test's id ends in a hash; its own name comes first
        name = names[0] if kind != "unit_test" else ".".join(names)
        message = " ".join(str(result.get("message") or result["status"]).split())
        advice = _ADVICE.get(kind, "correct it, then run the same command again")
        compiled = _compiled(target_path, name)
        # a test that failed was answered: its message is the project's own
        is_answer = result["status"] != "error"
        known = None if is_answer else problem(message) or machine_problem(message)
        yield NodeProblem(
            node=f"{kind.replace('_', ' ')} {name}",
            message=f"{known.what}: {known.said}" if known else message[:600],
            advice=known.advice
            if known
            else advice.format(name=name, compiled=compiled),
            is_environment=known is not None and known.is_environment,
        )


def _compiled(target_path: Path, name: str) -> str:
    found = sorted((target_path / "compiled").rglob(f"{name}.sql"))
    return str(found[0]) if found else f"{name}.sql in {target_path}/compiled"


def _node_name(data: dict[str, Any]) -> str:
    node = data.get("node_info") or {}
    return str(node.get("node_name") or data.get("node_name") or "")


def _short(name: str) -> str:
    return name if len(name) <= 44 else name[:43] + "…"
