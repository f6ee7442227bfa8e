"""Read the configuration: one YAML file, every mistake named with its line and key."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from python_jobs.forecasting.config import JobsConfig
from python_jobs.generator.config import GeneratorConfig
from python_jobs.loader.config import LoaderConfig
from python_jobs.platform.errors import InputError

Key = tuple[str | int, ...]


class Config(BaseModel):
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

    model_config = ConfigDict(frozen=True, extra="forbid")

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
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: cannot be read as UTF-8 text ({error})"
            " → name an existing YAML file (--config)"
        ) from None
    lines, content = _parsed(path, text)
    try:
        return Config.model_validate(content)
    except ValidationError as error:
        found = sorted(
            error.errors(include_url=False), key=lambda each: _line(lines, each["loc"])
        )
        problems = [_problem(path, lines, each) for each in found]
    # raised out here: as its context, pydantic's error would never be freed
    raise InputError("\n".join(problems))


def _parsed(path: Path, text: str) -> tuple[dict[Key, int], dict[str, Any]]:
    """Return the line of each key, and the content."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(
            f"{path}: no valid YAML: {' '.join(str(error).split())}"
            " → correct the file; `capacity config` prints a complete one"
        ) from None
    if root is None:
        return {}, {}
    if not isinstance(content, dict):
        raise InputError(
            f"{path}:1 found a {type(content).__name__}, expected sections"
            f" {', '.join(Config.model_fields)} → begin the file with a section name"
        )
    lines: dict[Key, int] = {}
    for key, line in _keys(root, ()):
        if key in lines:
            raise InputError(
                f"{path}:{line} {_dotted(key)} is there twice, first on line"
                f" {lines[key]} → keep one"
            )
        lines[key] = line
    return lines, content


def _keys(node: yaml.Node, prefix: Key) -> Iterator[tuple[Key, int]]:
    """Yield each key path of a document with its line, repeated keys included."""
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            key = (*prefix, str(name.value))
            yield key, name.start_mark.line + 1
            yield from _keys(value, key)
    elif isinstance(node, yaml.SequenceNode):
        for position, value in enumerate(node.value):
            key = (*prefix, position)
            yield key, value.start_mark.line + 1
            yield from _keys(value, key)


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
        return f"{place} {_dotted(loc)} is no known key → {hint}"
    if found["type"] == "missing":
        return f"{place} {_dotted(loc)} is missing → add it"
    text = found["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    value = f" {found['input']!r}" if not isinstance(found["input"], dict) else ""
    said = f"{place} {_dotted(loc) or 'file'}{value}: {text}"
    return said if "→" in text else f"{said} → correct the value"


def _siblings(loc: Key) -> list[str]:
    """Return the keys that the section of an unknown key knows."""
    model: Any = Config
    for part in loc[:-1]:
        fields = getattr(model, "model_fields", {})
        model = fields[part].annotation if part in fields else None
    return sorted(getattr(model, "model_fields", {}))


def _dotted(key: Key) -> str:
    return ".".join(str(part) for part in key)
