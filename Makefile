# `make demo` and `make test` need Python 3.11 to 3.13, git and make, and set up the rest
# inside .venv. Everything installed is pinned with hashes in the lock files.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV := .venv
PEERS := .venv-peers
BENCH := .venv-bench
BIN := $(VENV)/bin
PY := $(BIN)/python
PIP := $(PY) -m pip --disable-pip-version-check

# Of 14,000 files a fraction is ever imported; Python compiles those when it first does.
INSTALL := install --no-compile --require-hashes
CODE := features models serve pipelines

PYTEST := $(PY) -m pytest -n logical --maxprocesses 8 --dist worksteal

# Left empty, the first of these that fits: python3, python3.13, python3.12, python3.11.
PYTHON ?=

# Prints one line for every tenth package: an installation takes minutes and should show it.
SHOW_PROGRESS = n=0; while IFS= read -r line; do case "$$line" in \
	Collecting*|Processing*) n=$$((n + 1)); \
		if ((n % 10 == 0)); then echo "  $$n packages fetched"; fi ;; \
	Installing*) if ((n > 0)); then echo "  unpacking $$n packages, which can take a minute"; fi ;; \
	esac; done

.PHONY: help demo test coverage lint format chaos spark fuzz accuracy monitoring planted exports peers bench bench-peers lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile

# ENGINE=spark scores on Spark, which comes with what the tests need, and needs Java 17 or 21.
demo: $(VENV)/.project $(if $(ENGINE),$(VENV)/.dev) ## Set up, then simulate a CRM, train, score and write a report
	@$(BIN)/leadaccord demo $(if $(ENGINE),--engine $(ENGINE))

test: $(VENV)/.dev lint ## Set up, then check style, types and imports and run all tests
	@echo "Running the tests"
	@$(PYTEST)

coverage: $(VENV)/.dev ## Run all tests and show which lines none of them reaches
	@$(PYTEST) --cov --cov-report=term

lint: $(VENV)/.dev ## Check style, types and the direction of imports
	@echo "Checking style, types and imports"
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(BIN)/lint-imports

format: $(VENV)/.dev ## Put imports and layout in order
	@$(PY) -m ruff check --select I --fix .
	@$(PY) -m ruff format .

chaos: $(VENV)/.dev ## Kill many more scoring runs than the tests do; N=2000 says how many
	@LEADACCORD_CHAOS=$(or $(N),1000) $(PY) -m pytest tests/pipelines/test_chaos.py

spark: $(VENV)/.dev ## Score on a cluster of Spark with two workers, and kill parts of it
	@LEADACCORD_SPARK_CLUSTER=1 $(PY) -m pytest tests/pipelines/test_spark_cluster.py

fuzz: $(VENV)/.dev ## Damage many more inputs than the tests do; N=20000 says how many
	@LEADACCORD_FUZZ=$(or $(N),20000) LEADACCORD_FUZZ_FIRST=$(or $(FIRST),2000) \
		$(PY) -m pytest tests/pipelines/test_fuzz.py

# Rows of peers that are not installed are left out, and said. FRESH=1 measures everything anew,
# ONLY=real_files one section alone; KEPT=1 takes of the peers what is kept and runs none;
# PEERS_ONLY=CatBoost,EBM leaves out the others.
accuracy: $(VENV)/.project ## Measure how accurate the model is, and write docs/accuracy.md
	@OMP_WAIT_POLICY=PASSIVE LEADACCORD_PEERS_KEPT=$(KEPT) \
		LEADACCORD_PEERS_ONLY=$(PEERS_ONLY) $(PY) -m tests.benchmarks.accuracy \
		$(if $(FRESH),--fresh) $(if $(ONLY),--only $(ONLY))

monitoring: $(VENV)/.project ## Measure how often monitoring alarms, and write docs/monitoring.md
	@OMP_WAIT_POLICY=PASSIVE $(PY) -m tests.benchmarks.monitoring

planted: $(VENV)/.project ## Plant changes in companies, and write docs/planted-changes.md
	@OMP_WAIT_POLICY=PASSIVE $(PY) -m tests.benchmarks.planted

exports: $(VENV)/.project ## Judge what init proposes for exports, and write docs/exports.md
	@$(PY) -m tests.exports.page

peers: $(PEERS)/.installed ## Set up the peers that make accuracy compares with

bench: $(VENV)/.project ## Measure how fast the work is done, and write docs/speed.md
	@OMP_WAIT_POLICY=PASSIVE $(PY) -m tests.benchmarks.bench $(if $(ONLY),--only $(ONLY))

bench-peers: $(BENCH)/.installed ## Set up what make bench compares with

# The newest versions are looked up only with `make lock UPGRADE=1`.
LOCK = $(PY) -m uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-header --no-strip-extras $(if $(UPGRADE),--upgrade)

lock: $(VENV)/.dev ## Write the lock files anew from what is declared
	@echo "Resolving requirements.lock"
	@$(LOCK) pyproject.toml --extra build -o requirements.lock
	@echo "Resolving requirements-dev.lock"
	@$(LOCK) pyproject.toml --extra build --extra dev --extra postgres --extra spark --extra crm -c requirements.lock \
		-o requirements-dev.lock
	@echo "Resolving requirements-peers.lock"
	@$(LOCK) requirements-peers.in -o requirements-peers.lock
	@echo "Resolving requirements-bench.lock"
	@$(LOCK) requirements-bench.in -c requirements.lock -o requirements-bench.lock

clean: ## Remove the environments, the demo project and what tools left behind
	rm -rf $(VENV) $(PEERS) $(BENCH) leadaccord-demo build dist .coverage htmlcov .hypothesis
	rm -rf .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find $(CODE) tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The files below mark what is installed; each is older than its source when that changed.

$(VENV)/.made:
	@fits='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))'; \
	found=; bare=; \
	for name in $(if $(PYTHON),'$(PYTHON)',python3 python3.13 python3.12 python3.11); do \
		"$$name" -c "$$fits" >/dev/null 2>&1 || continue; \
		if "$$name" -c 'import ensurepip, venv' >/dev/null 2>&1; then found=$$name; break; fi; \
		bare=$${bare:-$$name}; \
	done; \
	if [ -z "$$found" ] && [ -n "$$bare" ]; then \
		echo "$$bare has no venv module. Install it (on Debian and Ubuntu: the package" \
			"$$("$$bare" -c 'import sys; print("python3.%d-venv" % sys.version_info[1])'))," \
			"or name another: make PYTHON=python3.12" >&2; exit 1; \
	fi; \
	if [ -z "$$found" ]; then \
		echo "No Python 3.11, 3.12 or 3.13 was found$(if $(PYTHON), as $(PYTHON))." \
			"Install one, or name it: make PYTHON=/path/to/python3.12" >&2; exit 1; \
	fi; \
	echo "Making $(VENV) with $$("$$found" --version)"; \
	"$$found" -m venv --clear $(VENV)
	@touch $@

$(VENV)/.runtime: requirements.lock | $(VENV)/.made
	@echo "Installing what leadaccord needs; the first time takes a few minutes"
	@$(PIP) $(INSTALL) -r requirements.lock | { $(SHOW_PROGRESS); }
	@touch $@

$(VENV)/.project: pyproject.toml $(VENV)/.runtime
	@echo "Installing leadaccord"
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.project
	@echo "Installing what the tests need"
	@$(PIP) $(INSTALL) -r requirements-dev.lock | { $(SHOW_PROGRESS); }
	@touch $@

$(PEERS)/.installed: requirements-peers.lock | $(VENV)/.made
	@echo "Installing the peers into $(PEERS); the first time takes a few minutes"
	@$(PY) -m venv --clear $(PEERS)
	@$(PEERS)/bin/python -m pip --disable-pip-version-check $(INSTALL) \
		-r requirements-peers.lock | { $(SHOW_PROGRESS); }
	@touch $@

$(BENCH)/.installed: requirements-bench.lock | $(VENV)/.made
	@echo "Installing what make bench compares with into $(BENCH)"
	@$(PY) -m venv --clear $(BENCH)
	@$(BENCH)/bin/python -m pip --disable-pip-version-check $(INSTALL) \
		-r requirements-bench.lock | { $(SHOW_PROGRESS); }
	@touch $@
