"""Checks of a whole file before any of its rows is read: one pass, no guessing.

A file that fails here is not understood at all, so nothing of it is recorded.
"""

import csv
import gzip
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from python_jobs.loader.config import LoaderConfig
from python_jobs.loader.text_checks import TextChecks
from python_jobs.platform.errors import InputError

_BLOCK_BYTES = 1 << 20
_GZIP_MAGIC = b"\x1f\x8b"
_PARQUET_MAGIC = b"PAR1"
SUFFIXES = (".csv", ".csv.gz", ".parquet")


@dataclass(frozen=True)
class SourceFile:
    """One file that passed the pre-flight.

    Attributes
    ----------
    path
        Where it is.
    kind
        How its rows are stored.
    sha256
        Of the bytes on disk.
    header
        Column names as written.
    """

    path: Path
    kind: Literal["csv", "csv.gz", "parquet"]
    sha256: str
    header: tuple[str, ...]

    @property
    def name(self) -> str:
        """File name without its folder."""
        return self.path.name

    @property
    def stem(self) -> str:
        """File name without its ending."""
        return self.name[: -len(self.kind) - 1]


def inspect_file(path: Path, *, config: LoaderConfig) -> SourceFile:
    """Check a file from the first byte to the last and read its header.

    Raises
    ------
    InputError
        If the file does not exist, is empty, too large, not what its ending says,
        damaged, a decompression bomb, not UTF-8, or has no header.
    """
    kind = _kind(path)
    size = _size(path, config=config)
    with path.open("rb") as stream:
        start = stream.read(4)
    _check_magic(path, kind=kind, start=start)
    if kind == "parquet":
        return _inspected_parquet(path, size=size, config=config)
    return SourceFile(
        path=path,
        kind=kind,
        header=_checked_text(path, kind=kind, size=size, config=config),
        sha256=_sha256(path),
    )


def _kind(path: Path) -> Literal["csv", "csv.gz", "parquet"]:
    if not path.exists():
        raise InputError(f"{path}: no such file → check the path")
    if not path.is_file():
        raise InputError(f"{path}: is not a file → name the files in it")
    if path.name.endswith(".csv"):
        return "csv"
    if path.name.endswith(".csv.gz"):
        return "csv.gz"
    if path.name.endswith(".parquet"):
        return "parquet"
    raise InputError(
        f"{path.name}: unknown kind of file; expected {', '.join(SUFFIXES)}"
        " → convert it, or correct its ending"
    )


def _size(path: Path, *, config: LoaderConfig) -> int:
    size = path.stat().st_size
    if size == 0:
        raise InputError(f"{path.name}: is empty → deliver it again")
    if size > config.max_file_bytes:
        raise InputError(
            f"{path.name}: {size} bytes, more than max_file_bytes"
            f" {config.max_file_bytes} → split the file or raise the limit"
        )
    return size


def _check_magic(path: Path, *, kind: str, start: bytes) -> None:
    found = "csv"
    if start.startswith(_GZIP_MAGIC):
        found = "csv.gz"
    elif start == _PARQUET_MAGIC:
        found = "parquet"
    if found != kind:
        looks = {"csv": "not", "csv.gz": "gzip", "parquet": "Parquet"}[found]
        raise InputError(
            f"{path.name}: the ending says {kind}, the first bytes say"
            f" {looks if found != 'csv' else f'it is not {kind}'}"
            " → correct the ending or deliver it again"
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _checked_text(
    path: Path, *, kind: str, size: int, config: LoaderConfig
) -> tuple[str, ...]:
    """Read all of a text file in blocks; return its header."""
    checks = TextChecks(path.name)
    byte_count = 0
    first = b""
    for block in _blocks(path, kind=kind):
        byte_count += len(block)
        _check_expansion(path, byte_count=byte_count, size=size, config=config)
        if len(first) < config.max_line_bytes:
            first += block[: config.max_line_bytes]
        checks.add(block)
    checks.finish()
    return _header(path, first=first, config=config)


def _blocks(path: Path, *, kind: str) -> Iterator[bytes]:
    """Yield the content; gzip's length and CRC are checked at its end."""
    try:
        with gzip.open(path) if kind == "csv.gz" else path.open("rb") as stream:
            while block := stream.read(_BLOCK_BYTES):
                yield block
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(
            f"{path.name}: damaged gzip data ({error}) → deliver it again"
        ) from None


def _check_expansion(
    path: Path, *, byte_count: int, size: int, config: LoaderConfig
) -> None:
    if byte_count > config.max_file_bytes:
        raise InputError(
            f"{path.name}: expands to more than max_file_bytes"
            f" {config.max_file_bytes} → split the file or raise the limit"
        )
    # the ratio of a few rows says nothing
    if byte_count > _BLOCK_BYTES and byte_count > size * config.max_compression_ratio:
        raise InputError(
            f"{path.name}: expands to more than {config.max_compression_ratio:g} times"
            " its size (max_compression_ratio) → this is no table of metrics; raise"
            " the limit if it is"
        )


def _header(path: Path, *, first: bytes, config: LoaderConfig) -> tuple[str, ...]:
    line, end, _ = first.partition(b"\n")
    if not end and len(first) >= config.max_line_bytes:
        raise InputError(
            f"{path.name}:1 is longer than max_line_bytes {config.max_line_bytes}"
            " → this is no table"
        )
    text = line.decode("utf-8-sig").rstrip("\r")
    names = next(csv.reader([text]), [])
    if not "".join(names).strip():
        raise InputError(f"{path.name}:1 has no header → put the column names there")
    for separator in (";", "\t", "|"):
        if len(names) == 1 and separator in text:
            raise InputError(
                f"{path.name}:1 separates fields by {separator!r}; expected ','"
                " → export it with commas"
            )
    return tuple(names)


def _inspected_parquet(path: Path, *, size: int, config: LoaderConfig) -> SourceFile:
    try:
        with pq.ParquetFile(path) as parquet:
            schema = parquet.schema_arrow
            groups = [
                parquet.metadata.row_group(number)
                for number in range(parquet.metadata.num_row_groups)
            ]
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            f"{path.name}: damaged Parquet file ({error}) → deliver it again"
        ) from None
    nested = [field.name for field in schema if pa.types.is_nested(field.type)]
    if nested:
        raise InputError(
            f"{path.name}: column {', '.join(nested)} is nested; expected one value a"
            " row → flatten it"
        )
    byte_count = sum(group.total_byte_size for group in groups)
    _check_expansion(path, byte_count=byte_count, size=size, config=config)
    return SourceFile(
        path=path, kind="parquet", header=tuple(schema.names), sha256=_sha256(path)
    )
