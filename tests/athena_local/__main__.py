"""``python -m athena_local``: start the local Athena for a person.

Without arguments it prints the variables that point a shell at it and runs until Ctrl-C
or SIGTERM. ``python -m athena_local -- COMMAND…`` runs a command with these variables
and ends with its exit code.
"""

import argparse
import os
import shlex
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import FrameType

from athena_local.errors import LocalAthenaError
from athena_local.stack import LocalAthena, start


def main() -> int:
    """Start everything, and return the exit code."""
    arguments = _arguments()
    # both, for a script's background ignores SIGINT
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, _interrupt)
    with tempfile.TemporaryDirectory(prefix="local-athena-") as temporary:
        try:
            with start(arguments.folder or Path(temporary), say=_say) as athena:
                return _run(arguments.command, athena)
        except LocalAthenaError as error:
            _say(str(error))
            return 1
        except KeyboardInterrupt:
            # a server that was asked to stop did; a command did not end by itself
            return 130 if arguments.command else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m athena_local",
        description="Start a local Athena with Trino, Glue, S3 and STS behind it.",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        help="where logs and statements.jsonl go (default: a temporary folder)",
    )
    parser.add_argument(
        "command", nargs="*", help="after --: run this with the variables, then stop"
    )
    return parser.parse_args()


def _run(command: list[str], athena: LocalAthena) -> int:
    if command:
        variables = os.environ | athena.environment
        return subprocess.run(command, env=variables, check=False).returncode
    for name, value in athena.environment.items():
        sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
    sys.stdout.flush()
    _say(f"logs in {athena.folder}; Trino's page: {athena.trino_url}; Ctrl-C stops it")
    while True:
        signal.pause()


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Treat SIGTERM as Ctrl-C: both stop everything on the way out."""
    raise KeyboardInterrupt


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
