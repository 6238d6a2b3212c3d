# Two commands are enough: `make run` and `make test`. Both set themselves up.

PYTHON ?= python3
PORT ?= 8501
BIN := .venv/bin
COMPILE := $(BIN)/pip-compile --quiet --upgrade --generate-hashes --strip-extras --no-header \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

.DEFAULT_GOAL := help
.PHONY: help setup setup-test browser run test lint format bench docs regold lock

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.setup ## .venv with everything that the product needs, pinned with hashes

.venv/.setup: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; $(PYTHON) is older. Name another: make PYTHON=python3.12 setup" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || \
		{ rm -rf .venv; echo "No .venv could be made. On Debian: apt-get install python3-venv" >&2; exit 1; }
	$(INSTALL) -r requirements.txt
	@touch $@

setup-test: .venv/.setup-test browser

.venv/.setup-test: requirements-test.txt .venv/.setup
	$(INSTALL) -r requirements-test.txt
	@touch $@

browser:
	@command -v chromium >/dev/null || if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; \
		then apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends chromium; \
		else echo "The browser tests need Chromium. Install it once: sudo apt-get install chromium" >&2; exit 1; fi

run: setup ## the dashboard on 127.0.0.1, with sample data when the database is empty (PORT=8501)
	@$(BIN)/python -m app demo --if-empty
	@$(BIN)/python -m app serve --port $(PORT)

test: setup-test lint ## every check and every test
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

lint: .venv/.setup-test ## style, types, import rules, SQL format
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy --no-error-summary
	@out=$$($(BIN)/lint-imports --no-cache --no-logo 2>&1) || { echo "$$out"; exit 1; }
	@$(BIN)/sqlfmt --check --quiet app ingest

format: .venv/.setup-test ## Python and SQL in the house's format
	@$(BIN)/ruff check --fix --quiet && $(BIN)/ruff format --quiet
	@$(BIN)/sqlfmt --quiet app ingest

bench: .venv/.setup-test ## how long the large cases take
	@$(BIN)/python -m tests.bench

docs: setup ## what is written from the code: docs/metrics.md
	@$(BIN)/python -m app.metrics.docs

regold: .venv/.setup-test ## the golden files anew from what the sources give; read the difference before you keep it
	@$(BIN)/python -m pytest tests/test_sources.py --regold

lock: setup ## the requirement files anew, at the newest releases
	@$(BIN)/python -m pip install --quiet pip-tools
	@$(COMPILE) -o requirements.txt requirements.in
	@$(COMPILE) -o requirements-test.txt requirements-test.in
