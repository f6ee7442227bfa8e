"""One Trino server: configured in a folder of its own, started, stopped."""

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import urllib3

from athena_local.errors import LocalAthenaError
from athena_local.java import find_java
from athena_local.trino_config import TrinoConfig
from athena_local.trino_install import Say, cache_folder, installed_trino

_READY_WITHIN_SECONDS = 120
_FOLLOW_PARENT = Path(__file__).with_name("follow_parent.py")


class TrinoServer:
    """Trino over the Glue and S3 of one address.

    Attributes
    ----------
    url
        Where it answers, known from the start.
    log
        What it wrote: ``trino.log`` in its folder.
    """

    def __init__(self, *, aws_url: str, folder: Path, warehouse: str, say: Say) -> None:
        self.log = folder / "trino.log"
        self._folder = folder / "trino"
        self._say = say
        self._port = _free_port()
        self._config = TrinoConfig(
            port=self._port, aws_url=aws_url, warehouse=warehouse
        )
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"http://127.0.0.1:{self._port}"

    def launch(self) -> None:
        """Start it without waiting.

        Call it from a thread that lives as long as the server is to: the server ends
        with it.

        Raises
        ------
        LocalAthenaError
            If Java or Trino is missing.
        """
        java = find_java()
        home = installed_trino(cache_folder(), say=self._say)
        shutil.rmtree(self._folder, ignore_errors=True)
        command = [
            *(str(java / "bin" / "java"), "-cp", f"{home}/lib/*"),
            *self._config.write(self._folder, plugins=home / "plugin"),
            "io.trino.server.TrinoServer",
        ]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-IS", _FOLLOW_PARENT, str(os.getpid()), *command],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C is for who started it, who then stops it
                start_new_session=True,
            )

    def wait(self, *, within_seconds: float = _READY_WITHIN_SECONDS) -> None:
        """Wait until it answers queries.

        Raises
        ------
        LocalAthenaError
            If it ends, or is not ready in time.
        """
        assert self._process is not None
        deadline = time.monotonic() + within_seconds
        while not self._is_ready():
            if self._process.poll() is not None:
                raise LocalAthenaError(
                    f"Trino ended while it started (exit code"
                    f" {self._process.returncode}); {self._last_words()}"
                )
            if time.monotonic() > deadline:
                self.stop()
                raise LocalAthenaError(
                    f"Trino was not ready within {within_seconds:.0f} s"
                    f"; {self._last_words()}"
                )
            time.sleep(0.2)

    def stop(self) -> None:
        """Stop it; safe to repeat."""
        if self._process is not None:
            # it holds nothing that must be saved, and takes seconds to end politely
            self._process.kill()
            self._process.wait()

    def _is_ready(self) -> bool:
        try:
            info = urllib3.request(
                "GET", f"{self.url}/v1/info", timeout=2, retries=False
            )
        except urllib3.exceptions.HTTPError:
            return False
        return info.status == 200 and not info.json()["starting"]

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-15:]
        return f"the end of {self.log}:\n  " + "\n  ".join(lines or ["(empty)"])


def _free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
