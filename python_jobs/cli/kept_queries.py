"""SQL of the named queries, compiled with the build: to ask one needs no dbt.

A build of other files, or for another target, compiled other SQL: then it is compiled
anew, which takes seconds.
"""

import hashlib
import json
from pathlib import Path

from python_jobs.cli.session import Session
from python_jobs.cli.state import project_hash
from python_jobs.platform.settings import Settings

_FILE = "queries.json"
_COMPILE = ["compile", "--select", "path:analyses"]


def keep_queries(session: Session) -> None:
    """Compile the named queries and keep their SQL beside the tables that they read."""
    settings = session.settings
    session.dbt.invoke("queries", [*_COMPILE, "--no-introspect"], None)
    compiled = session.dbt.target_path / "compiled"
    content = {
        "files_hash": _files_hash(settings),
        "queries": {
            path.stem: path.read_text("utf-8")
            for path in sorted(compiled.glob("*/analyses/*.sql"))
        },
    }
    path = _path(settings)
    draft = path.with_suffix(".tmp")
    draft.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    draft.replace(path)


def kept_query(settings: Settings, name: str) -> str | None:
    """Return the SQL of a named query; None: it was not compiled from these files."""
    try:
        content = json.loads(_path(settings).read_text("utf-8"))
        if content["files_hash"] != _files_hash(settings):
            return None
        found = content["queries"].get(name)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return found if isinstance(found, str) else None


def _files_hash(settings: Settings) -> str:
    """Return a hash over what the SQL of a query depends on."""
    digest = hashlib.sha256(project_hash(settings.project_dir, "analyses").encode())
    profile = settings.project_dir / "profiles.yml"
    own = profile.read_text("utf-8") if profile.is_file() else ""
    for each in (settings.target, settings.schema_prefix, own):
        digest.update(f"{each}\0".encode())
    return digest.hexdigest()


def _path(settings: Settings) -> Path:
    return settings.warehouse / _FILE
