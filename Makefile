# Every target sets up what it needs in .venv; nothing is installed outside it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: venv crosscheck test test-fast lint clean

venv: $(VENV)/.runtime

# torch first and by exact version: a range would pull the CUDA build on a machine without a GPU.
$(VENV)/.runtime: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet -c constraints.txt "torch==2.13.0"
	$(PIP) install --quiet -c constraints.txt -e .
	touch $@

$(VENV)/.test: $(VENV)/.runtime
	$(PIP) install --quiet -c constraints.txt -e ".[test]"
	touch $@

crosscheck: $(VENV)/.runtime
	$(BIN)/adoptproof crosscheck --out build/report

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/pytest -n 2 --dist worksteal
	$(BIN)/python -O -m pytest -n 2 -q tests/proofs

test-fast: $(VENV)/.test
	$(BIN)/pytest -n 2 -m "not slow"

clean:
	rm -rf build .pytest_cache .mypy_cache .ruff_cache .hypothesis
