"""The capacity command line."""

import json
import sys


def main() -> None:
    """Run the command line; what stops its modules from loading is as quiet as later.

    That is Ctrl-C, or too little memory for what they are linked with.
    """
    try:
        from python_jobs.cli.app import main as run  # noqa: PLC0415 - slow import
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except (ImportError, MemoryError, OSError, RuntimeError) as error:
        from python_jobs.platform.machine_errors import (  # noqa: PLC0415
            machine_fault,
        )

        failure = machine_fault(error)
        if failure is None:
            raise
        line = {"level": "error", "message": str(failure), "exit_code": 4}
        sys.stderr.write(json.dumps(line, ensure_ascii=False) + "\n")
        raise SystemExit(failure.exit_code) from None
    run()
