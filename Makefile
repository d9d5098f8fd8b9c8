# Pliant: `make demo` and `make test` set everything up on a fresh machine, build, and run. See README.md.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.PHONY: all build demo data test test-aarch64 lint format bench docs asan tsan valgrind fuzz faults soak clean

JOBS ?= $(shell nproc)
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PRESET := $(if $(CI),ci,dev)

all: build

# Debian packages: installed where the list has changed since the last time.
build/.packages: packages.txt tools/install_packages
	@mkdir -p build && tools/install_packages packages.txt && touch $@

# The Python environment. A torch that the Python at hand already imports is used as it is.
build/.venv: requirements-dev.txt tools/make_venv | build/.packages
	@tools/make_venv $(PYTHON) $(VENV) requirements-dev.txt && touch $@

build/CMakeCache.txt: CMakeLists.txt CMakePresets.json build/.venv
	cmake --preset $(PRESET) -DPLIANT_PYTHON=$(CURDIR)/$(PY)

build: build/CMakeCache.txt
	cmake --build build -j $(JOBS)

demo: build/CMakeCache.txt
	cmake --build build -j $(JOBS) --target pliant pliant-torch
	build/bin/pliant demo --out demo

# Fonts and images that are larger than a repository should be: never needed by `make test`.
data: build/.packages-data
build/.packages-data: packages-data.txt tools/install_packages
	@mkdir -p build && tools/install_packages packages-data.txt && touch $@

# Programs that circuits are placed, routed and simulated with as hardware.
build/.packages-hardware: packages-hardware.txt tools/install_packages
	@mkdir -p build && tools/install_packages packages-hardware.txt && touch $@

test: build build/.packages-hardware
	ctest --preset $(PRESET)
	$(PY) -m pytest tests

# Core cross-built for 64-bit ARM; the tests of base, circuit and logic (NEON) run under qemu-user.
build-aarch64/libraries: build/.packages-hardware tools/aarch64_libraries
	tools/aarch64_libraries $@

test-aarch64: build-aarch64/libraries
	cmake --preset aarch64
	cmake --build build-aarch64 -j $(JOBS) --target base_test circuit_test circuit_c_test logic_test
	ctest --preset aarch64

# Format and static checks; quiet unless something is wrong.
lint: build/CMakeCache.txt
	@tools/lint

format: build/.venv
	@tools/lint --fix

# Ours beside its peers in one run; the peers live in build/peers.
bench: build
	$(PY) benchmarks/run.py

# The blocks of README.md and docs/ that are made from files and results, then the site of it all, in
# build/site/html. What the site is built with is installed the first time; after that no network is needed.
docs: build build/.packages-docs build/.venv-docs
	$(PY) docs/generate.py
	$(PY) docs/site/build.py

build/.packages-docs: packages-docs.txt tools/install_packages
	@mkdir -p build && tools/install_packages packages-docs.txt && touch $@

build/.venv-docs: requirements-docs.txt build/.venv
	@$(PY) -m pip install --quiet -r requirements-docs.txt && touch $@

# Rough use; docs/trust.md shows what came of it, and says what each does. They write experiments/trust/results.
asan: build/.venv
	cmake --preset asan
	cmake --build build-asan -j $(JOBS)
	$(PY) -m experiments.trust.checked asan

# Executors and parallel-for; with TSAN_TESTS="circuit_test sorting_test" and so on the kernels that use them.
TSAN_TESTS ?= threads_test
tsan: build/.venv
	cmake --preset tsan
	cmake --build build-tsan -j $(JOBS) --target $(TSAN_TESTS)
	$(PY) -m experiments.trust.checked tsan $(TSAN_TESTS)

VALGRIND_TESTS ?= base_test data_test logic_test
FILLED_TESTS ?= base_test circuit_test data_test logic_test train_test
valgrind: build build/.packages-valgrind
	$(PY) -m experiments.trust.checked filled $(FILLED_TESTS)
	$(PY) -m experiments.trust.checked valgrind $(VALGRIND_TESTS)

build/.packages-valgrind: packages-valgrind.txt tools/install_packages
	@mkdir -p build && tools/install_packages packages-valgrind.txt && touch $@

# Each reader under libFuzzer and sanitizers for so many seconds. What is worth keeping of its inputs stays in
# build-fuzz/corpus.
SECONDS ?= 600
fuzz: build/.venv
	cmake --preset fuzz
	cmake --build build-fuzz -j $(JOBS)
	$(PY) -m experiments.trust.fuzz --seconds $(SECONDS)

TIMES ?= 20
faults: build
	$(PY) -m experiments.trust.faults --times $(TIMES)

MINUTES ?= 60
soak: build
	$(PY) -m experiments.trust.soak --minutes $(MINUTES)

clean:
	rm -rf build build-aarch64 build-asan build-core build-fuzz build-tsan
