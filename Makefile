# Loquet. Each target is one command of the project; what it needs is set up by itself, once.
# Needed beforehand: Python 3.10 or newer, and make.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
STUBS := typings/.ready
# A package that appears must be registered in the environment again.
PACKAGES := $(wildcard lib/*/__init__.py tools/*/__init__.py)

.PHONY: run test bench flash pictures pico-firmware test-pico soak bench-pico calibrate-pico \
    lint format types coverage mutants lock clean

run: $(READY) ## the demo: a card opens a door
	@tools/setup/demo.sh

test: $(READY) $(STUBS) ## every check and every test
	@tools/checks/all.sh

bench: $(READY) ## speed, as JSON and as a table
	@tools/setup/micropython.sh
	@$(BIN)/python -m host_tests.bench

flash: $(READY) ## what fits on a board's flash and what it costs: lib/loquet/FLASH.md
	@$(BIN)/python -m host_tests.bench.flash_page

pictures: $(READY) ## what the README shows of the demo and of the relay, from real runs
	@tools/setup/micropython.sh
	@PYTHONPATH=lib:tools $(BIN)/python -m pictures.live_view
	@PYTHONPATH=lib:tools $(BIN)/python -m pictures.relay_trace

pico-firmware: ## MicroPython for a Pico, real and emulated, with the library frozen in
	@tools/pico_rig/firmware/build.sh

test-pico: $(READY) pico-firmware ## the rig's own tests, and real MicroPython on an emulated Pico
	@tools/pico_rig/test.sh

# make soak CUTS=2000, and LOQUET_SEED=... for the cuts of another run once more.
soak: $(READY) pico-firmware ## 500 power cuts on an emulated Pico, at instants that are drawn
	@tools/pico_rig/install.sh
	@LOQUET_CUTS=$(or $(CUTS),500) $(BIN)/pytest host_tests/pico/test_power_cuts.py

# The whole of it holds the rig's clock against MicroPython as it comes.
bench-pico: $(READY) pico-firmware ## what the firmware costs on an emulated Pico, in virtual time
	@$(if $(findstring --compact,$(OPTIONS)),,tools/pico_rig/firmware/build.sh stock)
	@tools/pico_rig/install.sh
	@PYTHONPATH=lib:tools:. $(BIN)/python -m host_tests.bench_pico $(or $(OPTIONS),--write)

calibrate-pico: $(READY) pico-firmware ## the emulated Pico's clock against a real one's scores
	@tools/pico_rig/firmware/build.sh stock
	@tools/pico_rig/install.sh
	@PYTHONPATH=tools $(BIN)/python -m pico_rig.calibrate

lint: $(READY) ## ruff alone
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: $(READY) ## rewrite the sources the way `lint` wants them
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: $(READY) $(STUBS) ## mypy alone
	@PYTHONPATH=tools $(BIN)/python -m checks.types

coverage: $(READY) ## which lines the tests on CPython reach
	@tools/setup/micropython.sh
	@$(BIN)/pytest --ignore=host_tests/pico --cov --cov-report=term-missing:skip-covered

mutants: $(READY) ## whether the tests notice mistakes in the modules that decide
	@$(BIN)/python -m host_tests.mutation

lock: ## choose new versions for requirements.lock
	@PYTHON="$(PYTHON)" tools/setup/lock.sh

clean: ## remove all that was made here; the next command makes it again
	rm -rf .venv .cache typings build *.egg-info \
	    .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage

$(READY): requirements.lock pyproject.toml tools/setup/venv.sh $(PACKAGES)
	@PYTHON="$(PYTHON)" tools/setup/venv.sh
	@touch $@

$(STUBS): tools/setup/stubs.sh | $(READY)
	@tools/setup/stubs.sh
	@touch $@
