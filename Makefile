# Everything that is done with a checkout. `make` alone lists it.

PYTHON  ?= python3
PORT    ?= 8000
UPGRADE ?=

VENV    := .venv
BIN     := $(VENV)/bin
PIP     := $(BIN)/python -m pip --disable-pip-version-check --quiet
LOCK    := $(VENV)/lock/bin/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --group build $(UPGRADE)
# The lock files are complete: with --no-deps, pip takes what stands there, and cannot find another version of it.
# Each is newer than the lock file that the virtual environment was last filled from.
RUNTIME := $(VENV)/.runtime
DEV     := $(VENV)/.dev

# Of the quick tests. Each of their processes would load schemathesis, too, which takes longer than all of Dateline.
PLUGINS := -p xdist.plugin -p _hypothesis_pytestplugin

.DEFAULT_GOAL := help
.PHONY: help run test check lint types imports quick whole lock bench clean

help: ## list these targets
	@awk -F ' *:.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(RUNTIME) ## serve http://127.0.0.1:8000, with samples at first; PORT=8123 DATELINE_DATA=folder change that
	@exec $(BIN)/dateline serve --port $(PORT)

test: lint types imports whole ## all checks, and all tests that this machine can run; with CI=true the others fail

check: lint types imports quick ## the quick part of it, in about a minute

lock: $(VENV)/lock/bin/uv ## write the lock files anew after a change of pyproject.toml; UPGRADE=--upgrade takes newer versions
	$(LOCK) --output-file requirements.lock pyproject.toml
	$(LOCK) --output-file requirements-dev.lock --extra dev --constraint requirements.lock pyproject.toml

bench: $(DEV) ## measure, and write the table in bench/README.md
	$(BIN)/python -m bench

clean: ## remove what these targets made; the archive in data/ stays
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage

lint: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(DEV)
	$(BIN)/mypy

imports: $(DEV)
	$(BIN)/lint-imports

quick: $(DEV)
	PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 $(BIN)/pytest -q -m "not slow" $(PLUGINS) --hypothesis-profile=quick \
	  --numprocesses 2 --dist worksteal

whole: $(DEV)
	$(BIN)/pytest --cov --cov-report=term

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "Dateline needs Python 3.11 or newer; $(PYTHON) is `$(PYTHON) -V 2>&1`. Name another: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "$(PYTHON) cannot make virtual environments. On Debian: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(RUNTIME): requirements.lock pyproject.toml | $(VENV)/.made
	$(PIP) install --require-hashes --no-deps --requirement requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements-dev.lock pyproject.toml | $(VENV)/.made
	$(PIP) install --require-hashes --no-deps --requirement requirements-dev.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $(RUNTIME) $@

$(VENV)/lock/bin/uv: | $(VENV)/.made
	$(PYTHON) -m venv $(VENV)/lock
	$(VENV)/lock/bin/python -m pip --disable-pip-version-check --quiet install uv
