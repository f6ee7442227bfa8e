"""The command `capacity`: global options, commands, and how every error is reported."""

import json
import signal
import sys
import traceback
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from python_jobs.cli import (
    check_commands,
    data_commands,
    forecast_command,
    maintain_command,
    pipeline_commands,
    read_commands,
)
from python_jobs.cli.failures import shown
from python_jobs.cli.session import Session, parsed_date
from python_jobs.platform.errors import CapacityError
from python_jobs.platform.progress import open_progress
from python_jobs.platform.settings import Settings
from python_jobs.platform.terminal import console
from python_jobs.platform.texts import visible

INTERRUPTED = 130
"""Exit code after Ctrl-C, as the shell counts it: 128 + SIGINT."""

_GLOBAL = {
    **{"--as-of": 1, "--target": 1, "--config": 1, "--warehouse": 1},
    **{"--accept-clock": 0, "--debug": 0},
}


class CapacityGroup(TyperGroup):
    """The command group; global options may stand before or behind the command."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Move global options to the front, where the parser looks for them."""
        return super().parse_args(ctx, hoisted(args))


def hoisted(arguments: list[str]) -> list[str]:
    """Return the arguments with the global options first."""
    front: list[str] = []
    rest: list[str] = []
    position = 0
    while position < len(arguments):
        each = arguments[position]
        if each == "--":
            rest += arguments[position:]
            break
        count = _GLOBAL.get(each)
        if count is not None:
            front += arguments[position : position + 1 + count]
            position += 1 + count
            continue
        is_joined = each.split("=")[0] in _GLOBAL
        (front if is_joined else rest).append(each)
        position += 1
    return [*front, *rest]


app = typer.Typer(
    name="capacity",
    cls=CapacityGroup,
    help="Forecast when servers run out of capacity, from raw metrics to risk reports.",
    epilog="Global options may also follow the command.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def start(  # noqa: PLR0917 - the parser calls it by name
    ctx: typer.Context,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            metavar="DATE",
            help="Date to look from; default: the newest one the data supports.",
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            metavar="NAME",
            help="Engine: duckdb or athena (else CAPACITY_TARGET, else duckdb).",
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="FILE",
            help="YAML file of choices; `capacity config` prints a complete one.",
        ),
    ] = None,
    warehouse: Annotated[
        Path | None,
        typer.Option(
            "--warehouse",
            metavar="DIR",
            help="Folder of all local state (else CAPACITY_WAREHOUSE, else warehouse).",
        ),
    ] = None,
    accept_clock: Annotated[
        bool,
        typer.Option(
            "--accept-clock",
            help="Write although the last write has a later time: this clock is right.",
        ),
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error.")
    ] = False,
) -> None:
    """Forecast when servers run out of capacity."""
    del debug  # read before the parser runs, so that its own errors are covered
    settings = Settings.from_environment(target=target)
    settings = replace(settings, accepts_clock=accept_clock)
    if warehouse is not None:
        settings = replace(settings, warehouse=warehouse.resolve())
    ctx.obj = Session(
        settings=settings,
        config_path=config,
        as_of_date=parsed_date(as_of),
        progress=open_progress(),
        # a pipe has no width of its own
        console=console(sys.stdout, width=None if sys.stdout.isatty() else 120),
    )


data_commands.register(app)
pipeline_commands.register(app)
maintain_command.register(app)
read_commands.register(app)
forecast_command.register(app)
check_commands.register(app)


def main() -> None:
    """Run the command line and leave with its exit code."""
    debug = "--debug" in sys.argv[1:]
    # a scheduler's way to stop is Ctrl-C's: dbt cancels its queries, locks are freed
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        app()
    except CapacityError as error:
        _report(str(error), debug=debug, code=error.exit_code)
        code = error.exit_code
    except SystemExit as ended:
        # the parser's own way out: usage errors are reported already, Ctrl-C is not
        code = ended.code if isinstance(ended.code, int) else 0
        if code == INTERRUPTED:
            _report(
                "interrupted; nothing is half published → run the same command again",
                debug=False,
                code=code,
            )
    except Exception as error:  # noqa: BLE001 - a user sees a message, never a traceback
        failure = shown(error)
        code = failure.exit_code
        _report(str(failure), debug=debug, code=code)
    else:
        code = 0
    raise SystemExit(code)


def _report(message: str, *, debug: bool, code: int) -> None:
    """Write an error: a line for people on a terminal, else a JSON log line."""
    if debug:
        traceback.print_exc()
    message = visible(message)
    if sys.stderr.isatty():
        console(sys.stderr).print(f"error: {message}", style="red", highlight=False)
        return
    line = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "level": "error",
        "message": message,
        "exit_code": code,
    }
    sys.stderr.write(json.dumps(line, ensure_ascii=False) + "\n")
