"""Fakes of Java and Maven: no test of starting needs real ones."""

import os
import sys
import tarfile
from pathlib import Path

# Answers as a Trino that is ready, on the port of its configuration.
READY = """
import http.server, re, sys
option = next(each for each in sys.argv if each.startswith("-Dconfig="))
config = open(option.removeprefix("-Dconfig=")).read()
class Info(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"starting": false}')
port = int(re.search(r"http.port=(\\d+)", config)[1])
http.server.HTTPServer(("127.0.0.1", port), Info).serve_forever()
"""


def program(path: Path, python: str) -> Path:
    """Write an executable of Python."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{sys.executable} -IS\n{python}")
    path.chmod(0o755)
    return path


def java_home(folder: Path, *, version: str = "25.0.3", python: str = "") -> Path:
    """Make a Java home that says it has a version and does what is asked."""
    program(folder / "bin" / "java", python)
    (folder / "release").write_text(
        f'IMPLEMENTOR="Nobody"\nJAVA_RUNTIME_VERSION="9"\nJAVA_VERSION="{version}"\n'
    )
    return folder


def trino_archive(folder: Path, *, version: str) -> Path:
    """Make an archive like Trino's: a plugin in use links into one that is not."""
    home = folder / f"trino-server-{version}"
    for plugin in ("ai-functions", "hive", "iceberg"):
        (home / "plugin" / plugin).mkdir(parents=True)
    shared = home / "plugin" / "ai-functions" / "shared.jar"
    shared.write_text("shared")
    os.link(shared, home / "plugin" / "hive" / "shared.jar")
    archive = folder / f"{home.name}.tar.gz"
    with tarfile.open(archive, "w:gz") as members:
        members.add(home, home.name)
    return archive


def maven(folder: Path, archive: Path) -> Path:
    """Make a ``mvn`` that delivers an archive and notes every call."""
    return program(
        folder / "mvn",
        "import shutil, sys, time\n"
        f"open({str(folder / 'calls')!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n')\n"
        "to = next(a for a in sys.argv if a.startswith('-DoutputDirectory='))\n"
        f"shutil.copy({str(archive)!r}, to.partition('=')[2])\n"
        "time.sleep(0.3)\n",
    )
