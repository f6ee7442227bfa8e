"""Types of columns as Trino, Glue and Athena's API write them."""

import re
from typing import Any

from athena_local.tokens import split_list

_GLUE = {
    "integer": "int",
    "real": "float",
    "varbinary": "binary",
    "row": "struct",
    "timestamp with time zone": "timestamp",
}
_TRINO = {
    "string": "varchar",
    "int": "integer",
    "float": "real",
    "binary": "varbinary",
    "timestamp": "timestamp(6)",
}
_PRECISION = {
    "boolean": 0,
    "tinyint": 3,
    "smallint": 5,
    "integer": 10,
    "bigint": 19,
    "float": 17,
    "double": 17,
    "date": 0,
    "timestamp": 3,
    "varchar": 2147483647,
}


def glue_type(signature: dict[str, Any]) -> str:
    """Return a type as Glue keeps it.

    Parameters
    ----------
    signature
        Type signature of a column in Trino's answer.
    """
    raw, arguments = signature["rawType"], signature.get("arguments", [])
    if raw == "array":
        return f"array<{glue_type(arguments[0]['value'])}>"
    if raw == "map":
        key, value = (glue_type(argument["value"]) for argument in arguments)
        return f"map<{key},{value}>"
    if raw == "row":
        fields = (
            f"{field_name(argument, place)}:"
            f"{glue_type(argument['value']['typeSignature'])}"
            for place, argument in enumerate(arguments)
        )
        return f"struct<{','.join(fields)}>"
    if raw == "decimal":
        return f"decimal({arguments[0]['value']},{arguments[1]['value']})"
    if raw in ("varchar", "char"):
        bounded = arguments and arguments[0]["value"] < _PRECISION["varchar"]
        return f"{raw}({arguments[0]['value']})" if bounded else "string"
    return _GLUE.get(raw, raw)


def field_name(argument: dict[str, Any], place: int) -> str:
    """Return the name of a row's field; one without a name is named by its place."""
    return str((argument["value"].get("fieldName") or {}).get("name", f"field{place}"))


def trino_type(hive: str) -> str:
    """Return Hive's type, as Athena's DDL takes it, in Trino's words for Iceberg."""
    text = re.sub(r"\s+", " ", hive.strip().lower())
    if match := re.fullmatch(r"(array|map) ?<(.*)>", text):
        inner = ", ".join(trino_type(part) for part in split_list(match[2]))
        return f"{match[1]}({inner})"
    if match := re.fullmatch(r"struct ?<(.*)>", text):
        fields = (part.split(":", 1) for part in split_list(match[1]))
        inner = ", ".join(
            f'"{name.strip()}" {trino_type(kind)}' for name, kind in fields
        )
        return f"row({inner})"
    return _TRINO.get(text, text)


def column_info(column: dict[str, Any]) -> dict[str, Any]:
    """Return a result's column as ``GetQueryResults`` describes it."""
    signature = column["typeSignature"]
    kind = {"real": "float"}.get(signature["rawType"], signature["rawType"])
    precision, scale = _PRECISION.get(kind, 0), 0
    arguments = [argument["value"] for argument in signature.get("arguments", [])]
    if kind == "decimal":
        precision, scale = arguments
    elif kind in ("varchar", "char") and arguments:
        precision = arguments[0]
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": column["name"],
        "Label": column["name"],
        "Type": kind,
        "Precision": precision,
        "Scale": scale,
        "Nullable": "UNKNOWN",
        "CaseSensitive": kind in ("varchar", "char"),
    }


def refused_by_iceberg(signature: dict[str, Any]) -> str | None:
    """Return why Athena cannot write a type to an Iceberg table, if it cannot."""
    raw, arguments = signature["rawType"], signature.get("arguments", [])
    if raw.startswith(("timestamp", "time")):
        precision = arguments[0]["value"] if arguments else 3
        if precision != 6:
            kind, _, zone = raw.partition(" ")
            return (
                f"{kind.capitalize()} precision ({precision}) not supported for "
                f'Iceberg. Use "{kind}(6){" " + zone if zone else ""}" instead.'
            )
    if raw in ("tinyint", "smallint", "char", "json", "interval day to second"):
        return f"Type not supported for Iceberg: {raw}"
    for argument in arguments:
        if not isinstance(argument["value"], dict):
            continue
        value = argument["value"]
        if reason := refused_by_iceberg(value.get("typeSignature", value)):
            return reason
    return None
