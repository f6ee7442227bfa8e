"""The named queries: what they ask for, and their values bound in declared order."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from python_jobs.cli.engine import Value, read_sql
from python_jobs.cli.session import Session
from python_jobs.platform.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa

# what macro param() renders: the mark, and behind it whose it is
_BOUND = re.compile(r"\?\s*/\*\s*(\w+)\s*\*/")


@dataclass(frozen=True)
class Parameter:
    """One value that a query asks for.

    Attributes
    ----------
    name, kind, description
        Its name, one of varchar, bigint, double, date, and what it means.
    default
        Value when none is given; None: it must be given.
    bounds
        Smallest and largest number that make sense; None: any.
    """

    name: str
    kind: str
    description: str
    default: Value | None = None
    bounds: tuple[float, float] | None = None

    def value(self, text: str) -> Value:
        """Return the text of the command line as the value to bind.

        Raises
        ------
        UsageError
            If it is none of the kind, or a number out of bounds.
        """
        try:
            if self.kind == "bigint":
                return self._bounded(int(text))
            if self.kind == "double":
                return self._bounded(_finite(text))
            if self.kind == "date":
                return date.fromisoformat(text).isoformat()
        except ValueError:
            raise UsageError(
                f"--{self.name} '{text}' is no {self.kind} → {self.description}"
            ) from None
        return text

    def _bounded(self, number: float) -> float:
        """Return the number, if it is within the bounds."""
        if self.bounds and not self.bounds[0] <= number <= self.bounds[1]:
            raise UsageError(
                f"--{self.name} {number} is not from {self.bounds[0]} to"
                f" {self.bounds[1]} → {self.description}"
            )
        return number


@dataclass(frozen=True)
class Analysis:
    """One named query of ``analyses/``."""

    name: str
    description: str
    parameters: tuple[Parameter, ...]

    def values(self, given: Mapping[str, str]) -> dict[str, Value]:
        """Return every parameter's value: given, else default.

        Raises
        ------
        UsageError
            If a name is unknown or a value without default is missing; the message
            lists the parameters.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        unknown = sorted(set(given) - set(known))
        if unknown:
            raise UsageError(f"{self.name} has no --{unknown[0]} → {self._asked()}")
        missing = [
            parameter.name
            for parameter in self.parameters
            if parameter.default is None and parameter.name not in given
        ]
        if missing:
            raise UsageError(f"{self.name} needs --{missing[0]} → {self._asked()}")
        return {
            name: parameter.value(given[name]) if name in given else _default(parameter)
            for name, parameter in known.items()
        }

    def _asked(self) -> str:
        if not self.parameters:
            return "it takes no parameters"
        return "it takes " + ", ".join(
            f"--{each.name} ({each.description}"
            + (f"; default {each.default})" if each.default is not None else ")")
            for each in self.parameters
        )


def analyses(project_dir: Path) -> dict[str, Analysis]:
    """Return the named queries of the project, by name."""
    import yaml  # noqa: PLC0415 - slow import

    found: dict[str, Analysis] = {}
    for path in sorted((project_dir / "analyses").glob("*.yml")):
        for entry in yaml.safe_load(path.read_text("utf-8")).get("analyses", []):
            meta: dict[str, Any] = entry.get("config", {}).get("meta", {})
            found[entry["name"]] = Analysis(
                name=entry["name"],
                description=" ".join(entry["description"].split()),
                parameters=tuple(
                    Parameter(
                        name=each["name"],
                        kind=each["type"],
                        description=each["description"],
                        default=each.get("default"),
                        bounds=each.get("bounds"),
                    )
                    for each in meta.get("parameters", [])
                ),
            )
    return found


def run_analysis(
    session: Session, name: str, given: Mapping[str, str], *, kept: str | None
) -> "pa.Table":
    """Run a named query with its parameters bound.

    Parameters
    ----------
    session
        Where it is asked.
    name
        Name of the query.
    given
        Texts of its parameters.
    kept
        SQL as the build compiled it; None: it is compiled now.

    Raises
    ------
    UsageError
        If there is no such query, or its parameters do not fit.
    """
    known = analyses(session.settings.project_dir)
    if name not in known:
        raise UsageError(f"no query '{name}' → use one of: {', '.join(known)}")
    values = known[name].values(given)
    sql = kept or session.dbt.compile(name, select=name)
    order = bound_order(sql)
    unknown = sorted(set(order) - set(values))
    if unknown:
        raise UsageError(f"{name}.sql binds {unknown[0]} → declare it in {name}.yml")
    bound = [values[each] for each in order]
    return read_sql(session.settings, sql, parameters=bound)


def bound_order(sql: str) -> list[str]:
    """Return the parameters of a rendered query in the order of their marks."""
    return _BOUND.findall(sql)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _default(parameter: Parameter) -> Value:
    default = parameter.default
    if default is None:
        raise UsageError(f"--{parameter.name} is missing → {parameter.description}")
    return parameter.value(str(default))
