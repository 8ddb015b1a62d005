# One command for each thing a developer does. Python (with venv) and make are all it needs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: up test lint bench docs lock model pack clean

PACK := src/cityshield/adapters/packs/shipped
KEY ?= .pack.key
MODEL ?=
VERSION ?= $(shell expr 1 + `$(BIN)/cityshield pack show --json --data /nonexistent | sed 's/.*"version":\([0-9]*\).*/\1/'`)

up: $(VENV)/.run ## run CityShield on embedded defaults
	$(BIN)/cityshield up $(ARGS)

test: $(VENV)/.dev ## run every test; what was skipped, and why, is listed at the end
	$(BIN)/python -m pytest -n auto --dist loadfile $(ARGS)

lint: $(VENV)/.dev ## style, types, floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev ## the figures we publish, each beside its peer
	$(BIN)/python -m benchmarks $(ARGS)

docs: $(VENV)/.dev ## the generated catalogue, then the site in site/
	$(BIN)/python docs/generate.py
	$(BIN)/zensical build

model: $(VENV)/.dev ## train the model on corpus/ and the sets in CITYSHIELD_DATA, into build/model/
	$(BIN)/cityshield messages train --corpus corpus --public "$$CITYSHIELD_DATA" --out build/model

pack: $(VENV)/.dev ## build the shipped pack anew, after tells, sentences or MODEL=build/model changed
	[ -e $(KEY) ] || $(BIN)/cityshield pack keygen $(KEY)
	$(BIN)/cityshield pack build --key $(KEY) --version $(VERSION) $(if $(MODEL),--model $(MODEL)) --out $(PACK)/cityshield.pack
	$(BIN)/cityshield pack key $(KEY) > $(PACK)/keys.txt

lock: ## pin every dependency by version and hash, without addresses
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate --extra build pyproject.toml -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate --extra build --extra dev --extra train pyproject.toml -o requirements-dev.lock

clean: ## remove what the other commands made
	rm -rf $(VENV) site dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "CityShield needs Python 3.11 or newer; name one with: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "Python's venv module is missing. Install it: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.run
