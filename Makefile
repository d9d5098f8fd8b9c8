# Pliant: `make demo` and `make test` set everything up on a fresh machine, build, and run. See README.md.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.PHONY: all build demo test test-long lint format bench docs asan clean

JOBS ?= $(shell nproc)
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PRESET := $(if $(CI),ci,dev)
SOURCES := $(shell git ls-files -co --exclude-standard -- pliant tasks cli tests benchmarks cmake 2>/dev/null)

all: build

# Debian packages: installed where the list has changed since the last time.
build/.packages: packages.txt tools/install_packages
	@mkdir -p build && tools/install_packages packages.txt && touch $@

# The Python environment. A torch that the Python at hand already imports is used as it is.
build/.venv: requirements-dev.txt tools/make_venv | build/.packages
	@tools/make_venv $(PYTHON) $(VENV) requirements-dev.txt && touch $@

build/CMakeCache.txt: CMakeLists.txt CMakePresets.json | build/.venv
	cmake --preset $(PRESET) -DPLIANT_PYTHON=$(CURDIR)/$(PY)

build: build/.venv build/CMakeCache.txt
	cmake --build build -j $(JOBS)
