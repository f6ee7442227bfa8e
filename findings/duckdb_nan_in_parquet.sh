#!/usr/bin/env bash
# Version    duckdb 2.0.0; the file is written by pyarrow 26.0.0 with its defaults.
# Guess      A filter finds the same rows in a Parquet file as in the same table in memory.
# Behaviour  The format asks writers to leave NaN out of a column's minimum and maximum.
#            DuckDB takes these for bounds of every value: `where isnan(x)` finds no row,
#            `where x <= 92` finds the NaN as well, sum(case when isnan(x) …) counts none and
#            nullif(x, 'nan') changes nothing; count(*) filter (where isnan(x)) is right. So a
#            data test against NaN passes on a file that holds them.
# Way out    read_parquet(…, can_have_nan = true), or refuse NaN before a file is written.
# Source     github.com/duckdb/duckdb: issue 25521 (open) shows comparisons with a number,
#            pull request 17883 made the safe reading an option that is off.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    --only-binary :all: duckdb==2.0.0 pyarrow==26.0.0
cd "$folder"
venv/bin/python - <<'PYTHON'
import sys

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

ROWS, EVERY = 93, 23
values = [float("nan") if row % EVERY == 7 else float(row) for row in range(ROWS)]
nan_count = sum(value != value for value in values)
table = pa.table({"x": pa.array(values, pa.float64())})
pq.write_table(table, "with_statistics.parquet")
pq.write_table(table, "without_statistics.parquet", write_statistics=False)

FILE = "read_parquet('with_statistics.parquet')"
SOURCES = {
    "in memory": "in_memory",
    "Parquet": FILE,
    "Parquet, can_have_nan": FILE.replace(")", ", can_have_nan = true)"),
    "Parquet, no statistics": "read_parquet('without_statistics.parquet')",
}
QUERIES = {
    "where isnan(x)": "select count(*) from {} where isnan(x)",
    "where x <= 92": "select count(*) from {} where x <= 92",
    "sum of isnan(x)": "select sum(case when isnan(x) then 1 else 0 end) from {}",
    "count of nullif": "select count(nullif(x, 'nan')) from {}",
    "filter (isnan(x))": "select count(*) filter (where isnan(x)) from {}",
}
TRUE = (nan_count, ROWS - nan_count, nan_count, ROWS - nan_count, nan_count)
DESCRIBED = (0, ROWS, 0, ROWS, nan_count)

connection = duckdb.connect()
connection.register("in_memory", table)
print(f"duckdb {duckdb.__version__}: {nan_count} of {ROWS} values are NaN")
print(" " * 24 + "".join(f"{name:>19}" for name in QUERIES))
seen = {}
for name, source in SOURCES.items():
    seen[name] = tuple(
        int(connection.execute(query.format(source)).fetchall()[0][0])
        for query in QUERIES.values()
    )
    print(f"{name:24}" + "".join(f"{count:19}" for count in seen[name]))
as_described = seen.pop("Parquet") == DESCRIBED and set(seen.values()) == {TRUE}
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PYTHON
