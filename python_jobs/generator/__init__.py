"""The generator: a configured fleet as rows of the raw tables, and the truth of it."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from python_jobs.generator.config import GeneratorConfig

if TYPE_CHECKING:
    from python_jobs.generator.files import summarise, write_files
    from python_jobs.generator.fleet import GeneratedFleet, generate, small_fleet
    from python_jobs.generator.writing import write

__all__ = [
    "GeneratedFleet",
    "GeneratorConfig",
    "generate",
    "small_fleet",
    "summarise",
    "write",
    "write_files",
]
_MODULES = {
    "GeneratedFleet": "fleet",
    "generate": "fleet",
    "small_fleet": "fleet",
    "summarise": "files",
    "write": "writing",
    "write_files": "files",
}


def __getattr__(name: str) -> Any:
    """Load what generates when it is first asked for: reading a config does without."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
