"""Values as Athena's results write them."""

import base64
from collections.abc import Callable
from typing import Any

from athena_local.column_types import field_name

Signature = dict[str, Any]


def text(value: Any, signature: Signature) -> str | None:
    """Return a value of Trino's as text; None stays None.

    Parameters
    ----------
    value
        As Trino's JSON has it, numbers with a point as text already.
    signature
        Type signature of its column.
    """
    if value is None:
        return None
    write = _WRITERS.get(signature["rawType"])
    return write(value, signature.get("arguments", [])) if write else str(value)


def _boolean(value: Any, _arguments: list[Any]) -> str:
    return "true" if value else "false"


def _binary(value: Any, _arguments: list[Any]) -> str:
    return base64.b64decode(value).hex(" ")


def _array(value: Any, arguments: list[Any]) -> str:
    return f"[{', '.join(_within(item, arguments[0]['value']) for item in value)}]"


def _map(value: Any, arguments: list[Any]) -> str:
    of_keys, of_values = (argument["value"] for argument in arguments)
    pairs = (
        f"{_within(key, of_keys)}={_within(item, of_values)}"
        for key, item in value.items()
    )
    return f"{{{', '.join(pairs)}}}"


def _row(value: Any, arguments: list[Any]) -> str:
    fields = (
        f"{field_name(argument, place)}="
        f"{_within(item, argument['value']['typeSignature'])}"
        for place, (item, argument) in enumerate(zip(value, arguments, strict=True))
    )
    return f"{{{', '.join(fields)}}}"


def _within(value: Any, signature: Signature) -> str:
    shown = text(value, signature)
    return "null" if shown is None else shown


_WRITERS: dict[str, Callable[[Any, list[Any]], str]] = {
    "boolean": _boolean,
    "varbinary": _binary,
    "array": _array,
    "map": _map,
    "row": _row,
}
