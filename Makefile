# `make check` is what .ci/run calls. PYTHON chooses the interpreter: make check PYTHON=.venv/bin/python
PYTHON ?= python

.PHONY: check test bench format

check:
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	$(PYTHON) -c "from importlinter.cli import lint_imports_command; lint_imports_command()"
	$(PYTHON) -m pytest -n 2 --dist loadfile

test:
	$(PYTHON) -m pytest -n 2 --dist loadfile

bench:
	$(PYTHON) -m bench

format:
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .
