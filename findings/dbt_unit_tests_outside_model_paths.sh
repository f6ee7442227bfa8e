#!/usr/bin/env bash
# Version    dbt-core 1.11.16 with dbt-duckdb 1.11.1; no setting but the defaults.
# Guess      dbt's documentation asks for unit tests in a YAML file below `model-paths`; one
#            below `tests/` is not found, and a request to allow it is open since 2024.
# Behaviour  The YAML of every source folder is read: a unit test below tests/, macros/,
#            seeds/ or analyses/ is listed and run as one below models/. Who lists such a
#            folder in model-paths as well, as the documentation asks, gets an error, since
#            the same file is read twice.
# Source     github.com/dbt-labs/dbt-core: issues 11083 ("not picked up", closed) and 11093
#            (to allow test-paths, open); docs.getdbt.com pull request 6605.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    dbt-core==1.11.16 dbt-duckdb==1.11.1 duckdb==1.5.4
cd "$folder"
mkdir -p project/models
cd project
cat >profiles.yml <<'YAML'
small: {target: dev, outputs: {dev: {type: duckdb, path: small.duckdb}}}
YAML
echo "select 1 as number" >models/one.sql
places=(models tests macros seeds analyses)
for place in "${places[@]}"; do
    mkdir -p "$place/unit"
    cat >"$place/unit/of_$place.yml" <<YAML
unit_tests:
  - name: written_in_$place
    model: one
    given: []
    expect: {rows: [{number: 1}]}
YAML
done
export DBT_PROFILES_DIR=. DBT_SEND_ANONYMOUS_USAGE_STATS=false
dbt=../venv/bin/dbt
echo '{name: small, profile: small, version: "1.0"}' >dbt_project.yml
echo "unit tests that dbt $("$dbt" --version | grep -om1 '1\.[0-9.]*') finds and runs:"
"$dbt" --quiet build >/dev/null
found="$("$dbt" --quiet ls --resource-type unit_test | sed 's/.*\.//' | sort)"
echo "$found"
echo "with tests/unit in model-paths, too:"
echo '{name: small, profile: small, version: "1.0", model-paths: [models, tests/unit]}' \
    >dbt_project.yml
error="$("$dbt" --quiet ls --resource-type unit_test 2>&1 || true)"
grep -m1 -i "two\|same name\|unique" <<<"$error" || true
expected="$(printf 'written_in_%s\n' "${places[@]}" | sort)"
if [[ $found == "$expected" && $error == *written_in_tests* && $error == *tests/unit* ]]; then
    echo "as described"
else
    echo "CHANGED"
    exit 1
fi
