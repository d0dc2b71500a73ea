# The two targets a newcomer needs: `make demo` answers a question, `make test` runs the tests. Both set up .venv first.
PYTHON ?= python3
BIN := .venv/bin
QUESTION ?= small lesion segmentation in liver CT

.PHONY: demo test check format lint types layers docs packages evaluate wheel clean

demo: .venv/installed
	$(BIN)/navsearch build
	$(BIN)/navsearch ask "$(QUESTION)"

test: .venv/installed
	$(BIN)/python -m pytest

check: format lint types layers docs

format: .venv/installed
	$(BIN)/ruff format --check src tests scripts

lint: .venv/installed
	$(BIN)/ruff check src tests scripts

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

wheel: .venv/installed
	$(BIN)/python -m build --wheel

.venv/installed: pyproject.toml constraints.txt tests/libraries.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	rm -rf .venv/libraries
	$(BIN)/pip install --quiet --no-deps --target .venv/libraries --requirement tests/libraries.txt
	touch $@

clean:
	rm -rf .venv build dist index/data-* index/manifest.json
