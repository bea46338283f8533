# Everything that a person or CI types. `make` alone lists the targets.
PYTHON ?= python3
STACK ?= dev
BIN := .venv/bin
READY := .venv/.ready
CLI := $(BIN)/openedx-infra
PYTEST := $(BIN)/pytest

.DEFAULT_GOAL := help
.PHONY: help up preview down destroy outputs status check render test test-all test-fast test-parts test-clusters test-engine test-faults test-images test-containers lint types docs bench clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'Python 3.11 or newer is needed; name one by: make PYTHON=python3.12 …'; exit 1; }
	@echo 'Setting up .venv (once, about a minute) …'
	@$(PYTHON) -m venv .venv || \
		{ echo 'python3 -m venv failed; on Debian and Ubuntu: apt-get install python3-venv'; exit 1; }
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

up: $(READY) ## Bring up the whole instance (STACK=dev)
	@$(CLI) up --stack $(STACK) --yes

preview: $(READY) ## Show what up would change
	@$(CLI) preview --stack $(STACK)

down: $(READY) ## Stop the embedded cluster; its data stays
	@$(CLI) down --stack $(STACK)

destroy: $(READY) ## Delete the instance, all but what is protected
	@$(CLI) destroy --stack $(STACK)

outputs: $(READY) ## Print the stack's outputs
	@$(CLI) outputs --stack $(STACK)

status: $(READY) ## What is ready, and why the rest is not
	@$(CLI) status --stack $(STACK)

check: $(READY) ## Validate a stack offline: configuration, settings, objects, rules
	@$(CLI) check --stack $(STACK)

render: $(READY) ## Write the Kubernetes objects to build/STACK as YAML, secrets redacted
	@$(CLI) render --stack $(STACK) --output build/$(STACK)

test: lint types test-fast test-parts test-clusters test-images ## Everything that CI runs, fast rungs first

test-all: test test-containers ## What CI runs, and what takes a machine of its own: before a release

lint: $(READY) ## ruff
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(READY) ## mypy --strict
	@$(BIN)/mypy

test-fast: $(READY) ## Unit and graph tests (seconds)
	@$(PYTEST) -m 'not engine and not images and not parts and not containers' --numprocesses auto --dist loadfile

test-parts: $(READY) ## Scripts against real servers (a minute; needs mariadb-server, redis-server and others)
	@$(PYTEST) -m parts

test-engine: $(READY) ## Real engine on the embedded cluster (minutes; builds the toolchain once)
	@$(PYTEST) -m 'engine and not faults'

test-clusters: $(READY) ## test-engine and test-faults side by side: each waits more than it works
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target test-engine test-faults

test-faults: $(READY) ## Injected faults on the real engine, with the ready endpoints watched (a quarter of an hour)
	@$(PYTEST) -m faults

test-images: $(READY) ## Real builds of the images (minutes; needs root, runc and debootstrap)
	@$(PYTEST) -m images

test-containers: $(READY) ## Changes under load, on real nodes (minutes; needs root, containerd and CNI plugins)
	@$(PYTEST) -m containers

docs: $(READY) ## Regenerate the reference
	@$(BIN)/python -m openedx_infra.config.documentation.reference
	@$(BIN)/python -m openedx_infra.monitoring.handbook

bench: $(READY) ## Measure speed and memory (INSTANCES=4 on one foundation)
	@$(BIN)/python -m tests.bench

clean: ## Remove what was built here; never state or the toolchain
	@rm -rf .venv build .mypy_cache .pytest_cache .ruff_cache
