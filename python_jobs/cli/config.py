"""Read the configuration: one YAML file, every mistake named with its line and key."""

from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails

from python_jobs.cli.config_file import Key, dotted, parsed, read_text, shortened
from python_jobs.forecasting.config import JobsConfig
from python_jobs.generator.config import GeneratorConfig
from python_jobs.loader.config import LoaderConfig
from python_jobs.platform.errors import InputError
from python_jobs.platform.sections import Section


class Config(Section):
    """Everything that is a choice and not a place: the sections of the YAML file.

    Attributes
    ----------
    generator
        Fleet to generate.
    loader
        How foreign extracts are read.
    jobs
        How the jobs fit and cluster.
    """

    generator: GeneratorConfig = Field(default_factory=GeneratorConfig)
    loader: LoaderConfig = Field(default_factory=LoaderConfig)
    jobs: JobsConfig = Field(default_factory=JobsConfig)


def load_config(path: Path | None = None) -> Config:
    """Read and validate a configuration file; without one, every default.

    Raises
    ------
    InputError
        If the file is missing, is no YAML, repeats a key or holds a key or value that
        no section knows. The message has one line per mistake.
    """
    if path is None:
        return Config()
    lines, content = parsed(path, read_text(path))
    if content is None:
        return Config()
    if not isinstance(content, dict):
        raise InputError(
            f"{path}:1 found a {type(content).__name__}, expected sections"
            f" {', '.join(Config.model_fields)} → begin the file with a section name"
        )
    try:
        return Config.model_validate(content)
    except ValidationError as error:
        found = sorted(
            error.errors(include_url=False), key=lambda each: _line(lines, each["loc"])
        )
        problems = [_problem(path, lines, each) for each in found]
    # raised out here: as its context, pydantic's error would never be freed
    raise InputError("\n".join(problems))


def _line(lines: dict[Key, int], loc: Key) -> int:
    """Return the line of a key, or of the nearest one around it; 0: the file's."""
    while loc and loc not in lines:
        loc = loc[:-1]
    return lines.get(loc, 0)


def _problem(path: Path, lines: dict[Key, int], found: ErrorDetails) -> str:
    """Say one mistake as ``file:line key value expected → what to do``."""
    loc = found["loc"]
    line = _line(lines, loc)
    place = f"{path}:{line}" if line else f"{path}"
    if found["type"] == "extra_forbidden":
        names = _siblings(loc)
        hint = f"use one of: {', '.join(names)}" if names else "remove the key"
        return f"{place} {dotted(loc)} is no known key → {hint}"
    if found["type"] == "missing":
        return f"{place} {dotted(loc)} is missing → add it"
    text = found["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    value = f" {_shown(found['input'])}" if not isinstance(found["input"], dict) else ""
    said = f"{place} {dotted(loc) or 'file'}{value}: {text}"
    return said if "→" in text else f"{said} → correct the value"


def _shown(value: Any) -> str:
    try:
        return shortened(repr(value))
    except ValueError:
        # Python writes no number of more than some thousand digits
        return "of very many digits"


def _siblings(loc: Key) -> list[str]:
    """Return the keys that the section of an unknown key knows."""
    model: Any = Config
    for part in loc[:-1]:
        fields = getattr(model, "model_fields", {})
        model = fields[part].annotation if part in fields else None
    return sorted(getattr(model, "model_fields", {}))
