"""Files whose bytes are wrong: archives, encodings, sizes, line ends."""

import gzip
import zlib

import pyarrow as pa
from malformed_case import GOOD, HEADER, Case, parquet_bytes


def _wrong_crc() -> bytes:
    data = bytearray(gzip.compress(GOOD.encode()))
    data[-8] ^= 0xFF
    return bytes(data)


DAMAGED = (
    Case("no bytes", "a.csv", "", "a.csv: is empty"),
    Case("spreadsheet", "a.xlsx", "PK", "a.xlsx: unknown kind of file; expected .csv"),
    Case("gzip as csv", "a.csv", gzip.compress(GOOD.encode()), "first bytes say gzip"),
    Case("csv as gzip", "a.csv.gz", GOOD, "the first bytes say it is not csv.gz"),
    Case("csv as parquet", "a.parquet", GOOD, "first bytes say it is not parquet"),
    Case("parquet as csv", "a.csv", b"PAR1 and more", "the first bytes say Parquet"),
    Case(
        "truncated gzip",
        "a.csv.gz",
        gzip.compress(GOOD.encode())[:-12],
        "a.csv.gz: damaged gzip data",
    ),
    Case("wrong CRC", "a.csv.gz", _wrong_crc(), "damaged gzip data (CRC check failed"),
    Case(
        "gzip over nonsense",
        "a.csv.gz",
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + zlib.compress(b"x")[3:] * 9,
        "damaged gzip data",
    ),
    Case(
        "decompression bomb",
        "a.csv.gz",
        gzip.compress(HEADER.encode() + b"0" * 20_000_000),
        "expands to more than 200 times its size (max_compression_ratio)",
    ),
    Case(
        "too large",
        "a.csv",
        GOOD,
        "more than max_file_bytes 50",
        config={"max_file_bytes": 50},
    ),
    Case(
        "too large inside",
        "a.csv.gz",
        gzip.compress(GOOD.encode() * 50),
        "expands to more than max_file_bytes 2000",
        config={"max_file_bytes": 2_000},
    ),
    Case(
        "latin-1",
        "a.csv",
        GOOD.encode() + b"M\xfcnchen,2025-01-01,1\n",
        "a.csv:12 is not UTF-8",
    ),
    Case(
        "UTF-16", "a.csv", GOOD.encode("utf-16"), "a.csv: is UTF-16 → save it as UTF-8"
    ),
    Case("cut character", "a.csv", GOOD.encode() + b"\xc3", "ends inside a character"),
    Case(
        "zero byte",
        "a.csv",
        GOOD + "B\0,2025-01-01,1\n",
        "a.csv:12 holds the control character 0x00",
    ),
    Case("separator byte", "a.csv", GOOD + "B\x1f,1,1\n", "control character 0x1F"),
    Case(
        "mixed line ends",
        "a.csv",
        GOOD + "B,2025-01-01,1\r\n",
        "mixes kinds of line ends",
    ),
    Case(
        "old line ends", "a.csv", GOOD.replace("\n", "\r"), "mixes kinds of line ends"
    ),
    Case(
        "parquet cut short",
        "a.parquet",
        parquet_bytes(pa.table({"server_id": ["A"]}))[:-20],
        "damaged Parquet file",
    ),
)
