# Reelgate. `make help` lists what there is; every target sets up what it needs in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PROTOS := $(shell find protos/reelgate -name '*.proto' | sort)
PROTOC := PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m grpc_tools.protoc -Iprotos
CODE := gateway adapters wallet protos/wire tests
PROFILE ?= night
KILLS ?= 100
LOSSES ?= 10000
NETWORK ?= 100
DISKS ?= 100
SEEDS ?= 20000
WORLDS ?= 200
FUZZ ?= 60
SEED ?= 1
ROUNDS ?= 2000
.DEFAULT_GOAL := help
.PHONY: help demo run test check format protos check-protos bench simulate night certify-engine constraints clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Reelgate needs Python 3.11 or newer (set PYTHON=...)"; exit 1; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "python3 -m venv failed: this Python has no venv module"; exit 1; }

# The stamps say which set of dependencies is installed; they are made again when the project's files change.
$(VENV)/.run: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e . -c constraints.txt
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]' -c constraints.txt
	@touch $@ $(VENV)/.run

demo: $(VENV)/.run ## play real rounds end to end, kill the server in the middle, audit the ledger
	$(BIN)/reelgate demo

run: $(VENV)/.run ## serve with demo data until Ctrl-C
	$(BIN)/reelgate serve --demo-data

test: $(VENV)/.dev ## all tests, on SQLite and a real PostgreSQL
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not night" $(ARGS)

check: $(VENV)/.dev check-protos ## style, types, protos, import contracts
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy
	$(BIN)/buf lint
	$(BIN)/buf format --diff --exit-code
	$(BIN)/lint-imports
	$(BIN)/reelgate game verify > /dev/null || { $(BIN)/reelgate game verify; echo "the engine or its games are not certified: run 'make certify-engine'"; exit 1; }

check-protos: $(VENV)/.dev ## the committed generated code is what the protos give
	@rm -rf build/gen && mkdir -p build/gen
	@$(PROTOC) --python_out=build/gen --grpc_python_out=build/gen --mypy_out=quiet:build/gen --mypy_grpc_out=quiet:build/gen $(PROTOS)
	@diff -r --exclude=__pycache__ build/gen protos/gen || { echo "protos/gen is stale: run 'make protos'"; exit 1; }

protos: $(VENV)/.dev ## generate protos/gen again
	@$(PROTOC) --python_out=protos/gen --grpc_python_out=protos/gen --mypy_out=quiet:protos/gen --mypy_grpc_out=quiet:protos/gen $(PROTOS)

format: $(VENV)/.dev ## format code and protos
	$(BIN)/ruff check --fix --select I $(CODE)
	$(BIN)/ruff format $(CODE)
	$(BIN)/buf format -w

bench: $(VENV)/.dev ## measure against the baselines in one run (ONLY=name for one)
	$(BIN)/python -m tests.benchmarks $(if $(ONLY),--only $(ONLY))

simulate: $(VENV)/.dev ## deterministic simulation of the wallet (SEED=n ROUNDS=m)
	$(BIN)/python -m tests.simulation --seed $(SEED) --rounds $(ROUNDS)

# Shorter, to see that the way is clear: make night PROFILE=dev KILLS=2 LOSSES=50 SEEDS=20 WORLDS=2 NETWORK=1 DISKS=1 FUZZ=1
night: $(VENV)/.dev ## the long proofs: hours
	HYPOTHESIS_PROFILE=$(PROFILE) TIMEOUT_SCALE=60 FAULT_KILLS=$(KILLS) FAULT_POWER_LOSSES=$(LOSSES) \
		FAULT_NETWORK=$(NETWORK) FAULT_DISKS=$(DISKS) SIMULATION_SEEDS=$(SEEDS) SIMULATION_WORLDS=$(WORLDS) \
		FUZZ_SECONDS=$(FUZZ) $(BIN)/python -m pytest -n 2 --dist loadfile -o timeout_func_only=true $(ARGS)

certify-engine: $(VENV)/.dev ## write down the hashes of the reel engine and its games (after any change of them)
	$(BIN)/reelgate game certify

constraints: $(VENV)/.dev ## pin the dependencies again
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --no-header --no-annotate -o constraints.txt

clean: ## remove what was built
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
