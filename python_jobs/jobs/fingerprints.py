"""Names for what a run was made from: its data, its options, its code."""

import ast
import hashlib
import json
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import BaseModel

PACKAGE = "python_jobs"
DISTRIBUTION = "aws-capacity-forecaster"

# bits of a number that count: 30 are nine decimal digits
_SIGNIFICANT_BITS = 30


def data_fingerprint(frames: Mapping[str, pd.DataFrame]) -> str:
    """Hash the rows of several frames.

    Numbers count to nine digits: an engine with several threads adds doubles in any
    order, and two builds of the same data must have the same fingerprint.

    Parameters
    ----------
    frames
        Frames by name, each sorted by its key.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for name in sorted(frames):
        rounded = frames[name].apply(_rounded)
        digest.update(f"{name}({','.join(rounded.columns)})".encode())
        digest.update(
            pd.util.hash_pandas_object(rounded, index=False).to_numpy().tobytes()
        )
    return digest.hexdigest()


def options_fingerprint(options: BaseModel | None) -> str:
    """Return the options of a job as canonical JSON; empty without any."""
    if options is None:
        return ""
    return json.dumps(options.model_dump(mode="json"), sort_keys=True)


def code_version(job_module: str) -> str:
    """Return the project's version and a hash of the code that a job runs.

    Covers the named module and every module of this package that it imports, directly
    or not, so that a change elsewhere in the project leaves the version alone.
    """
    digest = hashlib.sha256()
    for name, source in sorted(_sources(job_module).items()):
        digest.update(name.encode() + b"\0" + source.encode() + b"\0")
    return f"{version(DISTRIBUTION)}+{digest.hexdigest()[:12]}"


def _rounded(values: "pd.Series[float]") -> "pd.Series[float]":
    """Round floating-point columns to the digits that count; others stay."""
    if values.dtype != np.float64:
        return values
    mantissa, exponent = np.frexp(values.to_numpy(dtype=np.float64))
    kept = np.round(np.ldexp(mantissa, _SIGNIFICANT_BITS))
    # + 0.0 turns -0.0 into 0.0
    return pd.Series(np.ldexp(kept, exponent - _SIGNIFICANT_BITS) + 0.0)


def _sources(job_module: str) -> dict[str, str]:
    """Return the sources of a module and of all it imports from this package."""
    sources: dict[str, str] = {}
    waiting = [job_module]
    while waiting:
        name = waiting.pop()
        spec = None if name in sources else find_spec(name)
        if spec is None or spec.origin is None:
            continue
        sources[name] = Path(spec.origin).read_text(encoding="utf-8")
        waiting.extend(_imported(sources[name]))
    return sources


def _imported(source: str) -> Iterator[str]:
    """Yield the modules of this package that a source imports by absolute name."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if _is_own(a.name))
        elif isinstance(node, ast.ImportFrom) and node.module and _is_own(node.module):
            yield node.module
            # a name may be a module of the package
            for alias in node.names:
                if _is_module(f"{node.module}.{alias.name}"):
                    yield f"{node.module}.{alias.name}"


def _is_own(name: str) -> bool:
    return name.split(".", maxsplit=1)[0] == PACKAGE


def _is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False
