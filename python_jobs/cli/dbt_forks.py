"""The other end of `dbt_process`: dbt imported and parsed once, a fork a command.

Run as ``python -m python_jobs.cli.dbt_forks PROJECT_OPTION…``. Standard input holds a
request a line; dbt's log goes to standard output, with a line of the exit code after
each command. SIGTERM interrupts the command.
"""

import functools
import gc
import json
import os
import signal
import sys
import traceback
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

_SILENT = ("--quiet", "--log-level", "none", "--log-level-file", "none")
_LOGS = ("--log-format", "json", "--log-format-file", "text", "--no-use-colors-file")
_ENDED = "dbt ended with exit code "


@dataclass(frozen=True)
class Request:
    """One command of dbt's.

    Attributes
    ----------
    arguments
        The command and its options, without those of the project.
    environment
        Variables that differ from those of the start.
    is_parsed_anew
        Whether a node's configuration reads one of them.
    """

    arguments: tuple[str, ...]
    environment: dict[str, str]
    is_parsed_anew: bool

    def to_line(self) -> str:
        """Return it as a line of JSON."""
        return json.dumps(asdict(self))


def exit_code(line: str) -> int | None:
    """Return the exit code that a line tells; None when it is another line."""
    return int(line.removeprefix(_ENDED)) if line.startswith(_ENDED) else None


def main(project: list[str]) -> None:
    """Serve requests until standard input ends."""
    # what is imported and parsed stays to the end: nothing need look through it, and
    # the forks need not copy it
    gc.disable()
    if "athena" in project:
        _share_service_definitions()
    else:
        # dbt imports it at its first connection, which every fork would do anew
        import_module("python_jobs.store.dbt_plugin")
    manifest = _parsed(project)
    gc.freeze()
    gc.enable()
    for line in sys.stdin:
        code = _in_a_fork(Request(**json.loads(line)), project, manifest)
        # a command that was killed may have left half a line
        sys.stdout.write(f"\n{_ENDED}{code}\n")
        sys.stdout.flush()


def _share_service_definitions() -> None:
    """Let boto3's sessions share what they read of AWS' services.

    dbt-athena opens a session a node, and each would parse a megabyte of JSON anew.
    """
    from botocore.loaders import JSONFileLoader  # noqa: PLC0415 - for Athena alone

    read = functools.cache(JSONFileLoader().load_file)
    JSONFileLoader.load_file = staticmethod(read)  # type: ignore[method-assign]


def _parsed(project: list[str]) -> "Manifest | None":
    """Return the project; None when it does not parse: the command itself will say."""
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - three seconds
    from dbt.contracts.graph.manifest import Manifest  # noqa: PLC0415 - the same

    found = dbtRunner().invoke([*_SILENT, "--no-write-json", "parse", *project]).result
    return found if isinstance(found, Manifest) else None


def _in_a_fork(
    request: Request, project: list[str], manifest: "Manifest | None"
) -> int:
    """Run one command in a process of its own; return its exit code."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    child = os.fork()
    if child == 0:
        _run(request, project, None if request.is_parsed_anew else manifest)
    signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGINT))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
    _, status = os.waitpid(child, 0)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    return os.waitstatus_to_exitcode(status)


def _run(request: Request, project: list[str], manifest: "Manifest | None") -> None:
    """Run one command and end this process as dbt's own program would."""
    code = 2
    try:
        from dbt.cli.main import dbtRunner  # noqa: PLC0415 - is there already

        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.environ.update(request.environment)
        arguments = [*_LOGS, *request.arguments, *project]
        ended = dbtRunner(manifest=manifest).invoke(arguments)
        code = 0 if ended.success else 2 if ended.exception else 1
        if ended.exception:
            sys.stdout.write(f"{ended.exception}\n")
    except BaseException:  # noqa: BLE001 - nothing above may run twice
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


if __name__ == "__main__":
    main(sys.argv[1:])
