"""Run a command that ends when its parent does, however that ends.

``python follow_parent.py PARENT_PID COMMAND…`` asks the kernel for a SIGKILL when the
thread that started it ends, then becomes the command. A parent that is killed cannot
stop its children itself. Where there is no such request (macOS), it only becomes it.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1

if __name__ == "__main__":
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            # it ended before it could be followed
            sys.exit(1)
    os.execv(command[0], command)  # noqa: S606 - no shell is wanted
