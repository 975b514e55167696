# Every target sets up what it needs in .venv; nothing is installed outside it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: venv check crosscheck bench test test-slow lint coq clean

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

check: $(VENV)/.runtime
	$(BIN)/adoptproof check

crosscheck: $(VENV)/.runtime
	$(BIN)/adoptproof crosscheck --out build/report

# The engine beside a C++ floor, JAX and torch: docs/benchmarks.md and its picture are written anew.
bench: $(VENV)/.test
	$(BIN)/adoptproof bench --docs

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Everything but what is marked slow; the trusted parts once more without asserts.
test: lint
	$(BIN)/pytest -n 2 --dist worksteal -m "not slow"
	$(BIN)/python -O -m pytest -n 2 --dist worksteal -q -m "not slow" tests/proofs/test_verifier.py tests/proofs/test_kernel.py tests/proofs/test_rejected.py tests/proofs/test_scripts.py

# What takes longer than ten seconds each: mutants in full, a whole cross-check, coverage of intervals.
test-slow: $(VENV)/.test
	$(BIN)/pytest -n 2 --dist worksteal -m slow

# Builds the Coq development and audits it; says which Debian package is missing, installs nothing.
coq:
	$(MAKE) -C proofs/coq audit

clean:
	rm -rf build .pytest_cache .mypy_cache .ruff_cache .hypothesis
