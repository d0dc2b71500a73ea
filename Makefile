# The two targets a newcomer needs: `make demo` answers a question, `make test` runs the tests. Both set up .venv first.
PYTHON ?= python3
BIN := .venv/bin
QUESTION ?= small lesion segmentation in liver CT

.PHONY: demo test check format lint types layers docs packages evaluate peers wheel clean

demo: .venv/installed
	$(BIN)/navsearch build
	$(BIN)/navsearch ask "$(QUESTION)"

test: .venv/installed
	$(BIN)/python -m pytest

check: format lint types layers docs

format: .venv/installed
	$(BIN)/ruff format --check src tests scripts benchmarks

lint: .venv/installed
	$(BIN)/ruff check src tests scripts benchmarks

types: .venv/installed
	$(BIN)/mypy

layers: .venv/installed
	$(BIN)/lint-imports

docs: .venv/installed
	$(BIN)/navsearch check
	$(BIN)/python -m pytest tests/test_docs.py

packages: .venv/installed
	$(BIN)/python scripts/list_packages.py

evaluate: .venv/installed
	$(BIN)/navsearch build
	$(BIN)/navsearch evaluate evaluation/dev.jsonl --ablate

peers: .venv/installed .venv/peers/installed
	$(BIN)/navsearch build
	$(BIN)/python benchmarks/peers.py all

wheel: .venv/installed
	$(BIN)/python -m build --wheel

.venv/installed: pyproject.toml constraints.txt tests/libraries.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	rm -rf .venv/libraries
	$(BIN)/pip install --quiet --no-deps --target .venv/libraries --requirement tests/libraries.txt
	$(BIN)/python -m compileall -q src
	touch $@

.venv/peers/installed: benchmarks/requirements.txt constraints.txt
	$(PYTHON) -m venv .venv/peers
	.venv/peers/bin/pip install --quiet --constraint constraints.txt --requirement benchmarks/requirements.txt
	touch $@

clean:
	rm -rf .venv build dist index/data-* index/manifest.json
