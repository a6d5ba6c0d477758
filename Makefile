# Everything lives in .venv and var/. A fresh machine needs Python 3.11 or later and make.

PYTHON ?= python3
PORT ?= 8000
MINUTES ?= 10
BIN := .venv/bin
STAMP := .venv/installed

.PHONY: setup demo test nightly check bench bench-peers bench-identity soak schema lock clean

setup: $(STAMP)

$(STAMP): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP)
	$(BIN)/hub demo --port $(PORT) $(if $(filter-out 0,$(ONCE)),--once)

# Compiled once: the tests start some hundred processes of the hub.
test: $(STAMP)
	$(BIN)/python -m compileall -q bench connectors hub schema tests
	$(BIN)/python -m pytest -q -n 2 --dist worksteal -m "not nightly"

# What takes minutes: an upgrade that rolls through a day, a day of 26 kills, a burst of 50,000 webhooks, the kit whole.
nightly: $(STAMP)
	$(BIN)/python -m pytest -q -m nightly

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest -q tests/house

bench: $(STAMP)
	$(BIN)/python -m bench
	$(BIN)/python -m bench same-work

# Beside job libraries that do the same work: in an environment of their own, with brokers from Debian's packages.
bench-peers: $(STAMP)
	$(BIN)/python -m bench.peers.install
	$(BIN)/python -m bench same-work --peers

# Persons and firms told apart in labelled sets of ../shared/datasets, in five orders of arrival. Some twenty minutes.
bench-identity: $(STAMP)
	$(BIN)/python -m bench.identity $(SETS)

# Faults of every kind at random, for so many minutes; then what was lost, doubled or left. SEED repeats one.
soak: $(STAMP)
	$(BIN)/python -m tests.history.soak $(MINUTES) $(SEED)

# The committed schema; a test holds it to the code.
schema: $(STAMP)
	$(BIN)/hub schema print > schema/schema.graphql

# Newer versions of what we build on. Needs uv; the locks hold no address of a registry.
LOCK = uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --upgrade --quiet
lock:
	$(LOCK) -o requirements.lock
	$(LOCK) --extra dev -c requirements.lock -o requirements-dev.lock

clean:
	rm -rf .venv var build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
