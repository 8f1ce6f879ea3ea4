# The commands of a developer's day; `make` alone lists them. Everything is built in build/release, which `make run` and
# `make test` share, but for the sanitizers and the fuzzers, which have build trees of their own.
SHELL := /bin/bash
JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 60
CONFIG ?=
export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := 1
export CMAKE_BUILD_PARALLEL_LEVEL := $(JOBS)

.DEFAULT_GOAL := help
.PHONY: help deps deps-test build run test test-build lint format asan tsan fuzz bench instructions congestion congestion-e2e clean

help: ## list these commands
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

deps: ## install Debian's packages that the build needs, if some are missing
	@deploy/install-packages.sh deploy/packages/build.txt

deps-test:
	@deploy/install-packages.sh deploy/packages/build.txt deploy/packages/test.txt

# A tree that make test has set up keeps its tests.
build/release/build.ninja: | deps
	cmake --preset release -DTUTTI_TESTS=OFF -DTUTTI_BENCH=OFF

build: deps build/release/build.ninja ## build the daemon: build/release/tuttid
	cmake --build build/release --target tuttid

run: build ## build and start the daemon, which prints its page's address (CONFIG=FILE: with that configuration)
	build/release/tuttid $(if $(CONFIG),--config $(CONFIG))

# npm ci leaves this file behind.
tests/e2e/node_modules/.package-lock.json: tests/e2e/package-lock.json | deps-test
	npm ci --prefix tests/e2e --no-audit --no-fund
	@touch tests/e2e/node_modules/.package-lock.json

test-build: deps-test tests/e2e/node_modules/.package-lock.json
	cmake --preset release -DTUTTI_TESTS=ON -DTUTTI_BENCH=ON
	cmake --build build/release

test: test-build ## build and run all tests: unit, simulation, fuzz corpora, end to end
	ctest --test-dir build/release --output-on-failure -j $(JOBS)

lint: deps-test ## clang-tidy over all sources (FILES="src/a.cpp ...": over these)
	cmake --preset release -DTUTTI_TESTS=ON -DTUTTI_BENCH=ON
	cmake --build build/release --target build_info
	run-clang-tidy -quiet -p build/release -j $(JOBS) -extra-arg=-Wno-unknown-warning-option \
	  $(or $(FILES),'^$(CURDIR)/(src|tests|bench)/')

format: ## clang-format all sources in place
	git ls-files '*.cpp' '*.hpp' | xargs clang-format -i

asan: deps-test ## unit and simulation tests and fuzz corpora with AddressSanitizer and UBSan
	cmake --preset asan
	cmake --build build/asan
	ctest --test-dir build/asan --output-on-failure -j $(JOBS) -L 'unit|sim|fuzz'

tsan: deps-test ## the daemon with ThreadSanitizer, under REST churn and keyed traffic
	cmake --preset tsan -DTUTTI_TESTS=OFF
	cmake --build build/tsan --target tuttid
	/usr/bin/python3 tests/e2e/tsan_churn.py build/tsan/tuttid

fuzz: deps-test ## fuzz each parser for FUZZ_SECONDS (60), crashes in build/fuzz
	cmake --preset fuzz
	cmake --build build/fuzz --target fuzzers
	@cd build/fuzz && for target in fuzz_*; do echo "== $$target"; mkdir -p corpus/$$target; \
	  ./$$target -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 -verbosity=0 -timeout=10 -artifact_prefix=$$target- \
	    corpus/$$target ../../tests/fuzz/corpus/$${target#fuzz_} || exit 1; done

bench: deps ## measure the hot steps, and the standard set of loads against a daemon (three minutes)
	cmake --preset release -DTUTTI_BENCH=ON
	cmake --build build/release --target bench_steps bench_forward tutti_bench
	@for bench in bench_steps bench_forward "tutti-bench standard"; do echo "== $$bench"; build/release/$$bench || exit 1; done

instructions: test-build ## instructions for each forwarded packet (valgrind), against bench/instructions.txt
	bench/instructions

congestion: deps ## play the cases of RFC 8867 again: docs/congestion-control.md and its curves
	cmake --preset release -DTUTTI_BENCH=ON
	cmake --build build/release --target tutti_cc
	build/release/tutti-cc simulate --out docs/congestion

congestion-e2e: build deps-test tests/e2e/node_modules/.package-lock.json ## browsers on slow and lossy links, and Janus beside (root, ten minutes; SCENARIOS="NAME ...")
	@bench/peers/install-janus
	TUTTI_BIN=build/release/tuttid node tests/e2e/congestion/run.mjs $(SCENARIOS)

clean: ## remove all build trees
	rm -rf build
