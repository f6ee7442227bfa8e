"""The other end of `dbt_process`: dbt imported and parsed once for all its commands.

Run as ``python -m python_jobs.cli.dbt_server PROJECT_OPTION…``. Standard input holds a
request a line; dbt's events go to standard output as lines of JSON, with a line of the
exit code after each command. SIGTERM interrupts the command.
"""

import functools
import gc
import json
import os
import signal
import sys
import threading
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest
    from dbt_common.events.base_types import EventMsg

# dbt turns each event into a line of either log, also those that it then leaves out
_SILENT = ("--quiet", "--log-level", "none", "--log-level-file", "none")
_ENDED = "dbt ended with exit code "
_WRITING = threading.Lock()


@dataclass(frozen=True)
class Request:
    """One command of dbt's.

    Attributes
    ----------
    arguments
        The command and its options, without those of the project.
    environment
        Variables that differ from those of the start; each request has all of them.
    configuring
        Those of their values that configurations of nodes read: another value is
        another parse.
    """

    arguments: tuple[str, ...]
    environment: dict[str, str]
    configuring: str

    def to_line(self) -> str:
        """Return it as a line of JSON."""
        return json.dumps(asdict(self))


def exit_code(line: str) -> int | None:
    """Return the exit code that a line tells; None when it is another line."""
    return int(line.removeprefix(_ENDED)) if line.startswith(_ENDED) else None


def main(project: list[str]) -> None:
    """Serve requests until standard input ends."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # what is imported and parsed stays to the end: nothing need look through it
    gc.disable()
    if "athena" in project:
        _share_service_definitions()
    else:
        # dbt imports it at its first connection
        import_module("python_jobs.store.dbt_plugin")
    _drop_debug_events()
    parsed_for, manifest = "", _parsed(project)
    gc.freeze()
    gc.enable()
    for line in sys.stdin:
        request = Request(**json.loads(line))
        os.environ.update(request.environment)
        if request.configuring != parsed_for:
            parsed_for, manifest = request.configuring, _parsed(project)
        code = _run(request, project, manifest)
        # a library may have left half a line
        sys.stdout.write(f"\n{_ENDED}{code}\n")
        sys.stdout.flush()


def _share_service_definitions() -> None:
    """Let boto3's sessions share what they read of AWS' services.

    dbt-athena opens a session a node, and each would parse a megabyte of JSON anew.
    """
    from botocore.loaders import JSONFileLoader  # noqa: PLC0415 - for Athena alone

    read = functools.cache(JSONFileLoader().load_file)
    JSONFileLoader.load_file = staticmethod(read)  # type: ignore[method-assign]


def _drop_debug_events() -> None:
    """Let dbt make no message of an event that nobody reads: nine of ten."""
    from dbt_common.events import event_manager_client  # noqa: PLC0415 - with dbt
    from dbt_common.events.base_types import BaseEvent, EventLevel  # noqa: PLC0415
    from dbt_common.events.event_manager import EventManager  # noqa: PLC0415

    class ReadEvents(EventManager):
        def fire_event(
            self,
            e: BaseEvent,
            level: EventLevel | None = None,
            *given: Any,
            **named: Any,
        ) -> None:
            if (level or e.level_tag()) is not EventLevel.DEBUG:
                super().fire_event(e, level, *given, **named)

    event_manager_client.ctx_set_event_manager(ReadEvents())


def _tell(event: "EventMsg") -> None:
    """Write an event as a line; dbt's threads do so at the same time."""
    from dbt_common.events.functions import (  # noqa: PLC0415 - with dbt
        env_scrubber,
        msg_to_json,
    )

    line = env_scrubber(msg_to_json(event))
    with _WRITING:
        try:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
        except BrokenPipeError:
            # who asked was killed; in a thread of dbt's an exception would end nothing
            os._exit(1)


def _parsed(project: list[str]) -> "Manifest | None":
    """Return the project; None when it does not parse: the command itself will say."""
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - three seconds
    from dbt.contracts.graph.manifest import Manifest  # noqa: PLC0415 - the same

    found = dbtRunner().invoke([*_SILENT, "--no-write-json", "parse", *project]).result
    return found if isinstance(found, Manifest) else None


def _run(request: Request, project: list[str], manifest: "Manifest | None") -> int:
    """Run one command and return its exit code, as dbt's own program would end."""
    from dbt.adapters.factory import FACTORY  # noqa: PLC0415 - is there already
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - the same

    runner = dbtRunner(manifest=manifest, callbacks=[_tell])
    ended = runner.invoke([*_SILENT, *request.arguments, *project])
    for adapter in FACTORY.adapters.values():
        if adapter.type() == "duckdb":
            # its file is free for the jobs, and opened anew it shows what they wrote
            adapter.connections.close_all_connections()
    if ended.exception:
        sys.stdout.write(f"{ended.exception}\n")
    return 0 if ended.success else 2 if ended.exception else 1


if __name__ == "__main__":
    main(sys.argv[1:])
