# Everything that a person or CI types. `make` alone lists the targets.
PYTHON ?= python3
STACK ?= dev
BIN := .venv/bin
READY := .venv/.ready
CLI := $(BIN)/openedx-infra
AGREED = $(if $(filter-out 0 no false,$(YES)),--yes)
PYTEST := $(BIN)/pytest
CLUSTERS ?= 3
KNOWN := PYTHON STACK YES CLUSTERS INSTANCES ENGINE_SHARD UPDATE_GOLDEN
STRANGE := $(strip $(foreach name,$(filter-out $(KNOWN),$(.VARIABLES)),$(if $(filter command,$(origin $(name))),$(name))))
# A misspelt STACK would bring up another stack than the one that was meant.
ifneq ($(STRANGE),)
$(error No such variable: $(STRANGE). There are $(KNOWN))
endif
# A test of the engine or of parts keeps about one core busy. Those of a file share servers, and so a worker.
SIDE_BY_SIDE = --numprocesses $(CLUSTERS) --dist loadfile --no-loadscope-reorder
# For an unlucky moment of a loaded machine; each is listed at the end (docs/adr/0047-reruns.md).
RERUN_ONCE = --reruns 1 --max-suite-reruns 3 --rerun-show-tracebacks
SLOW := engine or images or parts or containers

.DEFAULT_GOAL := help
.PHONY: help init up preview down destroy outputs status check render test test-all test-fast test-parts test-engine test-faults test-images test-processes test-long test-containers toolchain lint types docs docs-site docs-serve bench clean

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

init: $(READY) ## Write the stack file of a new instance, and its secrets (STACK=campus)
	@$(CLI) init $(if $(filter-out file,$(origin STACK)),--stack $(STACK))

up: $(READY) ## Bring up the whole instance (STACK=dev); on a real cluster it asks, unless YES=1
	@$(CLI) up --stack $(STACK) $(AGREED)

preview: $(READY) ## Show what up would change
	@$(CLI) preview --stack $(STACK)

down: $(READY) ## Stop the embedded cluster; its data stays
	@$(CLI) down --stack $(STACK)

destroy: $(READY) ## Delete the instance, all but what is protected; it asks as `up` does
	@$(CLI) destroy --stack $(STACK) $(AGREED)

outputs: $(READY) ## Print the stack's outputs
	@$(CLI) outputs --stack $(STACK)

status: $(READY) ## What is ready, and why the rest is not
	@$(CLI) status --stack $(STACK)

check: $(READY) ## Validate a stack offline: configuration, settings, objects, rules
	@$(CLI) check --stack $(STACK)

render: $(READY) ## Write the Kubernetes objects to build/STACK as YAML, secrets redacted
	@$(CLI) render --stack $(STACK) --output build/$(STACK)

test: lint types test-fast ## Everything that CI runs, fast rungs first
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target test-engine test-processes

test-all: test test-long test-containers ## `make test`, the long tests and the containers: every night, before a release

lint: $(READY) ## ruff, and spelling
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/codespell README.md CONTRIBUTING.md CHANGELOG.md docs openedx_infra policies stacks tools

types: $(READY) ## mypy --strict
	@$(BIN)/mypy

test-fast: $(READY) ## Unit, graph, law and tool tests (three minutes on two cores)
	@$(PYTEST) -m 'not ($(SLOW) or long)' --numprocesses auto --dist worksteal

test-engine: $(READY) ## Real engine on embedded clusters, CLUSTERS=3 side by side (builds the toolchain once)
	@$(PYTEST) tests/engine -m 'not long' $(SIDE_BY_SIDE) $(RERUN_ONCE)

test-faults: $(READY) ## All injected faults on the real engine, the long ones included
	@$(PYTEST) tests/engine -m faults

test-parts: $(READY) ## Scripts against real servers (needs mariadb-server, redis-server and others)
	@$(PYTEST) tests/parts -m 'parts and not long' $(SIDE_BY_SIDE) $(RERUN_ONCE)

test-images: $(READY) ## Real builds of the images (needs root, runc and debootstrap)
	@$(PYTEST) tests/images -m 'images and not long' $(RERUN_ONCE)

# One after the other: with the engine's tests beside them, they have more to do than two cores.
test-processes:
	@$(MAKE) --no-print-directory test-parts
	@$(MAKE) --no-print-directory test-images

test-long: $(READY) ## What takes long and of which `make test` runs a sample: faults, combinations
	@EVERY_EXAMPLE=1 $(PYTEST) tests/unit/test_config_properties.py
	@$(PYTEST) -m 'long and not ($(SLOW))' --numprocesses auto --dist worksteal
	@$(PYTEST) tests/engine -m long $(SIDE_BY_SIDE)
	@$(PYTEST) tests/parts tests/images -m long

test-containers: $(READY) ## Changes under load, on real nodes (needs root, containerd and CNI plugins)
	@$(PYTEST) tests/containers -m containers

toolchain: $(READY) ## Have all tools that tests use: found, downloaded or built
	@PYTHONPATH=tests/toolchain $(BIN)/python -c \
		'import testing_tools as t; from tools.recipes import TOOLS; t.ensure_for_tests([*TOOLS, *t.TESTING])'

docs: $(READY) ## Regenerate the reference and the examples
	@$(BIN)/typer openedx_infra.operations.cli.app utils docs --name openedx-infra --title 'Command line' \
		--output docs/reference/command-line.md >/dev/null
	@$(BIN)/python -m openedx_infra.config.documentation.reference
	@$(BIN)/python -m openedx_infra.monitoring.handbook
	@$(BIN)/python -m openedx_infra.operations.init.examples

# MkDocs' theme warns of MkDocs 2, which pyproject.toml excludes.
docs-site: $(READY) ## Write the documentation as a site to build/site
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build

docs-serve: $(READY) ## Show the documentation on http://127.0.0.1:8000, and anew after each change
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs serve

bench: $(READY) ## Measure speed and memory (INSTANCES=4 on one foundation)
	@$(BIN)/python -m tests.bench

clean: ## Remove what was built here; never state or the toolchain
	@rm -rf .venv build .mypy_cache .pytest_cache .ruff_cache
