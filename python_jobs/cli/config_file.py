"""A YAML file as keys with their lines and a content: refused where it cannot be read.

What is wrong is found before PyYAML builds the content: its own errors of a date or a
number have no line, and a list in a list or an alias of itself takes it down.
"""

import stat
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import yaml

from python_jobs.platform.errors import InputError
from python_jobs.platform.texts import visible

Key = tuple[str | int, ...]

_BYTES = 1_000_000
_DEPTH = 20
_KEYS = 100_000
# what PyYAML's constructors raise for a scalar that only looks like their type
_NO_VALUE = (ValueError, KeyError, TypeError, AttributeError, OverflowError)
_MERGE = "tag:yaml.org,2002:merge"


def read_text(path: Path) -> str:
    """Return the text of a configuration file.

    Raises
    ------
    InputError
        If it cannot be read, is no regular file, is too large or is no UTF-8 text.
    """
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise InputError(f"{path} is no file → name a YAML file (--config)")
        if found.st_size > _BYTES:
            raise InputError(
                f"{path} has {found.st_size:,} bytes, at most {_BYTES:,} are read"
                " → name a YAML file (--config)"
            )
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: cannot be read as UTF-8 text ({error})"
            " → name an existing YAML file (--config)"
        ) from None


def parsed(path: Path, text: str) -> tuple[dict[Key, int], Any]:
    """Return the line of each key, and the content; None: there is none.

    Raises
    ------
    InputError
        If the text is no YAML, repeats a key, nests too deeply, refers to itself, or
        holds a key that is no text or a date or number that does not exist.
    """
    try:
        _check_nesting(path, text)
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
        lines: dict[Key, int] = {}
        if root is None:
            return lines, None
        for key, line in _keys(path, loader, root):
            if key in lines:
                raise InputError(
                    f"{path}:{line} {dotted(key)} is there twice, first on line"
                    f" {lines[key]} → keep one"
                )
            lines[key] = line
        return lines, yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(
            f"{_place(path, error)} no valid YAML: {' '.join(str(error).split())}"
            " → correct the file; `capacity config` prints a complete one"
        ) from None


def dotted(key: Key) -> str:
    """Return a key as a reader writes it: ``jobs.fit_days``."""
    return ".".join(str(part) for part in key)


def _place(path: Path, error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f"{path}:{mark.line + 1}" if mark is not None else f"{path}:"


def _check_nesting(path: Path, text: str) -> None:
    """Refuse what is nested without end, before anything is built of it."""
    around: list[str | None] = []
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) and event.anchor in around:
            raise InputError(
                f"{path}:{line} *{event.anchor} refers to what it stands in"
                " → write the value out"
            )
        if isinstance(event, yaml.CollectionStartEvent):
            around.append(event.anchor)
        elif isinstance(event, yaml.CollectionEndEvent):
            around.pop()
        if len(around) > _DEPTH:
            raise InputError(
                f"{path}:{line} is nested more than {_DEPTH} levels deep → correct the"
                " file; `capacity config` prints a complete one"
            )


def _keys(
    path: Path, loader: yaml.SafeLoader, root: yaml.Node
) -> Iterator[tuple[Key, int]]:
    """Yield each key path with its line, repeated keys included; check each value."""
    numbers = count(1)

    def walked(node: yaml.Node, prefix: Key) -> Iterator[tuple[Key, int]]:
        line = node.start_mark.line + 1
        if next(numbers) > _KEYS:
            raise InputError(
                f"{path}:{line} stands for more than {_KEYS:,} values by its aliases"
                " → write out what is needed"
            )
        if isinstance(node, yaml.ScalarNode):
            _check_value(path, loader, node, prefix)
        elif isinstance(node, yaml.SequenceNode):
            for position, value in enumerate(node.value):
                key = (*prefix, position)
                yield key, value.start_mark.line + 1
                yield from walked(value, key)
        elif isinstance(node, yaml.MappingNode):
            for name, value in node.value:
                key = (*prefix, str(name.value))
                _check_key(path, name)
                yield key, name.start_mark.line + 1
                yield from walked(value, key)

    return walked(root, ())


def _check_value(
    path: Path, loader: yaml.SafeLoader, node: yaml.ScalarNode, key: Key
) -> None:
    """Refuse a date that does not exist, a number without end and the like."""
    try:
        with suppress(yaml.YAMLError):
            loader.construct_object(node)
    except _NO_VALUE:
        kind = node.tag.rsplit(":", 1)[-1].replace("timestamp", "date")
        name = dotted(key) or "file"
        raise InputError(
            f"{path}:{node.start_mark.line + 1} {name} '{shortened(node.value)}':"
            f" looks like a YAML {kind}, and is none → correct it, or put a text in"
            " quotes"
        ) from None


def _check_key(path: Path, name: yaml.Node) -> None:
    if name.tag not in ("tag:yaml.org,2002:str", _MERGE):
        shown = name.value if isinstance(name, yaml.ScalarNode) else "of many values"
        raise InputError(
            f"{path}:{name.start_mark.line + 1} key {shortened(str(shown))} is no text"
            " → put it in quotes"
        )


def shortened(text: str) -> str:
    """Return a text that fits in a message."""
    shown = visible(text)
    return shown if len(shown) <= 60 else shown[:59] + "…"
