# Everything a checkout needs, with Python and make alone: `make run`, `make test`.
# the newest supported Python that runs and can make an environment; PYTHON=... names one
PYTHONS := python3.14 python3.13 python3.12 python3.11 python3
PYTHON_RUNS := import ensurepip, sys, venv; \
	sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))
PYTHON ?= $(shell for name in $(PYTHONS); do \
	if "$$name" -c '$(PYTHON_RUNS)' 2>/dev/null; then echo "$$name"; break; fi; done)

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV := .venv
BOUNCER := .venv-bouncer
PEERS := .venv-bench
SPARK := .venv-spark
SBOM := .venv-sbom
BIN := $(VENV)/bin
export CAPACITY_WAREHOUSE ?= $(CURDIR)/warehouse
# dbt reads profiles.yml beside dbt_project.yml when there is one, else the example
export DBT_PROFILES_DIR ?= $(if $(wildcard profiles.yml),$(CURDIR),$(CAPACITY_WAREHOUSE))
export DBT_TARGET_PATH ?= target
export DBT_SEND_ANONYMOUS_USAGE_STATS := false

# nothing is compiled here, so no compiler is needed; pyspark alone has no wheel, nor C
WHEELS := --only-binary :all: --no-binary pyspark

# a core each, what shares a costly fixture on one of them (tests/conftest.py)
PYTEST := -m pytest --numprocesses auto --dist loadscope --no-loadscope-reorder \
	--durations 10

# tests that know what a model should say are called with its mutants
MUTANTS_PATH := $(subst $() ,:,$(addprefix tests,/ /python /python/models \
	/python/properties /athena/project))

LOCK := uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-emit-find-links --no-header

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/ready ## data, features, jobs, forecasts and the summary: `capacity run`
	@$(BIN)/capacity run

test: $(VENV)/ready ## the tests, those of the dbt project included
	@$(BIN)/python $(PYTEST) $(PYTEST_ARGS)

test-athena: $(VENV)/ready ## the athena target on a local Athena: needs Java 24 and mvn
	@CAPACITY_ATHENA_FOLDER="$${CAPACITY_ATHENA_FOLDER:-$(CURDIR)/target/athena}" \
		$(BIN)/python $(PYTEST) --maxprocesses 2 tests/athena $(PYTEST_ARGS)

test-spark: $(SPARK)/ready ## the forecast at scale on a local Spark: needs Java 17
	@PYTHONPATH="$(CURDIR)" $(SPARK)/bin/python -m pytest tests/spark $(PYTEST_ARGS)

test-mutants: $(VENV)/ready ## which faults in the models' SQL no test would notice
	@PYTHONPATH="$(MUTANTS_PATH)" $(BIN)/python -m mutants $(MUTANTS_ARGS)

athena: $(VENV)/ready ## a local Athena to point a shell at, until Ctrl-C
	@PYTHONPATH=tests $(BIN)/python -m athena_local

lint: $(VENV)/ready $(BOUNCER)/ready profile ## ruff, mypy, import-linter, yamllint, sqlfluff, dbt-bouncer
	@$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo
	$(BIN)/yamllint --strict .
	# the linter connects, and loads dbt's project its own way: Athena's settings are warnings
	$(BIN)/capacity init
	DBT_WARN_ERROR_OPTIONS='{"error": [], "warn": []}' $(BIN)/sqlfluff lint \
		--disable-progress-bar --processes 2 models tests/*.sql analyses
	$(BIN)/sqlfluff lint --templater raw --disable-progress-bar tests/fixtures
	$(BIN)/dbt --quiet parse
	$(BOUNCER)/bin/dbt-bouncer run --config-file .ci/dbt-bouncer.yml

parse: $(VENV)/ready profile ## both targets parse, and so does every statement of Athena's
	@for target in duckdb athena; do
		$(BIN)/dbt --quiet parse --target $$target --target-path target/parse-$$target
	done
	$(BIN)/dbt --quiet compile --target athena --target-path target/parse-athena \
		--no-populate-cache --no-introspect
	# one rule, to be quick: a statement that does not parse fails under any
	$(BIN)/sqlfluff lint --templater raw --rules capitalisation.keywords \
		--disable-progress-bar --processes 2 \
		target/parse-athena/compiled/capacity_forecaster

docs: $(VENV)/ready profile ## the lineage site, and proof that every column is described
	@$(BIN)/capacity init
	$(BIN)/capacity build
	$(BIN)/dbt --quiet docs generate --static
	$(BIN)/dbt-coverage compute doc --run-artifacts-dir $(DBT_TARGET_PATH) \
		--cov-report $(DBT_TARGET_PATH)/coverage.json --cov-fail-under 1.0
	echo "open $(DBT_TARGET_PATH)/static_index.html"

sbom: $(VENV)/ready $(SBOM)/ready ## CycloneDX list of the environment's packages, their licences and needs
	@mkdir -p target
	$(SBOM)/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible \
		--output-file target/sbom.json $(BIN)/python
	echo "target/sbom.json"

test-long: $(VENV)/ready ## what takes long to measure, for docs/reliability.md
	@$(BIN)/python -m pytest -m long --durations 0 tests/python $(PYTEST_ARGS)

test-kill: $(VENV)/ready ## 200 kills beside a reader; stopped (--minutes in KILL_ARGS), it goes on
	@PYTHONPATH=tests:tests/python $(BIN)/python -m kill_loop $(KILL_ARGS)

reliability: $(VENV)/ready ## docs/reliability.md from what test-long and its like measured
	@$(BIN)/python .ci/reliability.py

bench: $(VENV)/ready $(PEERS)/ready ## seconds of each step, our engine beside its peers
	@$(BIN)/python .ci/bench $(BENCH_ARGS)

bench-scale: $(VENV)/ready ## seconds and memory of SCALE_ARGS="500000 --days 728"
	@$(BIN)/python .ci/bench_scale.py $(SCALE_ARGS)

clean: ## caches and dbt's artifacts; the warehouse and the environments stay
	@rm -rf target logs .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +

lock: $(VENV)/uv ## resolve the pins of pyproject.toml and .ci/*.in again, with hashes
	@PATH="$(CURDIR)/$(BIN):$$PATH"
	$(LOCK) --extra dev pyproject.toml -o requirements.lock
	cd .ci
	$(LOCK) requirements-uv.in -o requirements-uv.lock
	$(LOCK) requirements-bouncer.in -o requirements-bouncer.lock
	$(LOCK) requirements-bench.in -o requirements-bench.lock
	$(LOCK) requirements-sbom.in -o requirements-sbom.lock
	$(LOCK) --extra spark ../pyproject.toml requirements-spark.in \
		-o requirements-spark.lock

profile:
	@mkdir -p "$(CAPACITY_WAREHOUSE)"
	if [ ! -e profiles.yml ]; then
		cp profiles.yml.example "$(CAPACITY_WAREHOUSE)/profiles.yml"
	fi

# uv comes from the package index like everything else and installs the rest in seconds
$(VENV)/uv: .ci/requirements-uv.lock
	@python="$(PYTHON)"
	if ! "$$python" -c '$(PYTHON_RUNS)' 2>/dev/null; then
		echo "no Python 3.11 to 3.14 with venv and pip: tried $${python:-$(PYTHONS)}" >&2
		echo "→ install one (Debian: apt-get install python3-venv), or name it:" \
			"make PYTHON=/path/to/python3.13" >&2
		exit 1
	fi
	"$$python" -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes --only-binary :all: -r .ci/requirements-uv.lock
	touch $@

# pip stands in where only pip knows the way to the index (its own configuration)
$(VENV)/ready: requirements.lock pyproject.toml $(VENV)/uv
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --compile-bytecode \
		$(WHEELS) --require-hashes requirements.lock .ci/requirements-uv.lock \
		|| $(BIN)/python -m pip install --quiet --disable-pip-version-check \
			$(WHEELS) --require-hashes --no-deps -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python \
		--offline --no-deps --no-build-isolation --editable .
	touch $@

# tools and peers whose pins do not go with ours, and 500 MB of Spark: each apart
$(BOUNCER)/ready $(PEERS)/ready $(SPARK)/ready $(SBOM)/ready: .venv-%/ready: .ci/requirements-%.lock $(VENV)/uv
	@$(BIN)/python -m venv --clear .venv-$*
	$(BIN)/uv pip sync --quiet --python .venv-$*/bin/python --compile-bytecode \
		$(WHEELS) --require-hashes .ci/requirements-$*.lock \
		|| .venv-$*/bin/python -m pip install --quiet --disable-pip-version-check \
			$(WHEELS) --require-hashes --no-deps -r .ci/requirements-$*.lock
	touch $@

.PHONY: help run test test-athena test-spark test-kill test-mutants test-long athena lint \
	parse docs sbom reliability bench bench-scale clean lock profile
