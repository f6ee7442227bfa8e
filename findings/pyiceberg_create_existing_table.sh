#!/usr/bin/env bash
# Version    pyiceberg 0.12.0, its SQL catalog on SQLite.
# Guess      create_table_if_not_exists on a table that exists reads, and writes nothing.
# Behaviour  The catalog writes a first metadata file into the table's folder, and only then
#            finds in its database that the table exists. The file stays: nothing refers to
#            it, and expiring snapshots does not remove it. A job that makes sure of its
#            tables at every start leaves one file for each table and start. A create that
#            is refused with TableAlreadyExistsError does the same.
# Way out    Ask table_exists (or load the table) first, create only what is missing.
# Source     github.com/apache/iceberg-python, pyiceberg/catalog/sql.py, create_table: the
#            metadata is written before the insert. Trino removes the file in the same case:
#            github.com/trinodb/trino, pull request 14869.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    --only-binary :all: "pyiceberg[sql-sqlite]==0.12.0" pyarrow==26.0.0
cd "$folder"
venv/bin/python - <<'PYTHON'
import sys
from importlib.metadata import version
from pathlib import Path

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import TableAlreadyExistsError

STARTS = 5
lake = Path.cwd() / "lake"
lake.mkdir()
catalog = SqlCatalog("c", uri=f"sqlite:///{lake}/catalog.db", warehouse=str(lake))
schema = pa.schema([("id", pa.int64())])


def metadata_files() -> int:
    """Count the metadata files of the one table."""
    return len(list(lake.rglob("*.metadata.json")))


catalog.create_namespace("demo")
table = catalog.create_table("demo.events", schema=schema)
created = metadata_files()
for _ in range(STARTS):
    same = catalog.create_table_if_not_exists("demo.events", schema=schema)
    assert same.metadata_location == table.metadata_location
ensured = metadata_files()
try:
    catalog.create_table("demo.events", schema=schema)
    refused = False
except TableAlreadyExistsError:
    refused = True
after_refusal = metadata_files()
for _ in range(STARTS):
    assert catalog.table_exists("demo.events")
asked = metadata_files()

print(f"pyiceberg {version('pyiceberg')}: metadata files of one table, no row written")
print(f"created                                     {created}")
print(f"after {STARTS} times create_table_if_not_exists     {ensured}")
print(f"after a create_table that was refused       {after_refusal}")
print(f"after {STARTS} times table_exists                   {asked}")
as_described = refused and (created, ensured, after_refusal, asked) == (1, 6, 7, 7)
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PYTHON
