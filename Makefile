# SPDX-License-Identifier: Apache-2.0
#
# Verbs; meson and ninja do the work. Where things are built:
#   build/         the program and the library, as a packager would build them
#   build-check/   dev.ini: -Werror, ASan, UBSan, assertions, the tests
#   build-fuzz/    libFuzzer; build-msan/, build-tsan/, build-cover/ likewise
.PHONY: all demo check check-all nightly fuzz bench cover format install clean help
.DEFAULT_GOAL := all

NINJA = ninja --quiet -C
# What meson says is shown only when it fails.
CONFIGURE = tools/quietly meson setup

all: build/build.ninja
	@$(NINJA) build

# One line, and the remedy, instead of meson's page when something is missing.
build/build.ninja:
	@tools/setup --have build
	@$(CONFIGURE) build

build-check/build.ninja:
	@tools/setup --have test
	@$(CONFIGURE) build-check --native-file dev.ini

build-fuzz/build.ninja:
	@CC=clang $(CONFIGURE) build-fuzz --native-file dev.ini -Dfuzz=true

build-msan/build.ninja:
	@$(CONFIGURE) build-msan --native-file msan.ini

build-tsan/build.ninja:
	@$(CONFIGURE) build-tsan --native-file tsan.ini

build-cover/build.ninja:
	@$(CONFIGURE) build-cover -Db_coverage=true -Db_ndebug=false -Doptimization=0 \
	    -Dtests=true

demo: all
	@examples/demo

check: all build-check/build.ninja
	@$(NINJA) build-check
	@tests/run.py $(ONLY)

check-all: all build-check/build.ninja build-fuzz/build.ninja build-msan/build.ninja \
    build-tsan/build.ninja
	@$(NINJA) build-check
	@$(NINJA) build-msan
	@$(NINJA) build-tsan
	@STOCKADE_TIER=all tests/run.py $(ONLY)

nightly: all build-check/build.ninja build-fuzz/build.ninja
	@$(NINJA) build-check
	@STOCKADE_TIER=nightly tests/run.py $(ONLY)

FUZZ_SECONDS ?= 60
fuzz: build-fuzz/build.ninja
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tools/fuzz $(T)

bench: all
	@bench/run

cover: build-cover/build.ninja
	@$(NINJA) build-cover
	@STOCKADE_CHECK_BUILD=build-cover tests/run.py unit fuzz cli
	@gcovr --root . --filter src/ --sort-uncovered build-cover

format:
	@git ls-files -co --exclude-standard '*.c' '*.h' | grep -v '^tests/checks/' | \
	    xargs clang-format -i

# The loader finds a new library in /usr/local by its cache only.
install: all
	@[ -z "$(prefix)" ] || \
	    { echo 'use meson setup build --prefix=..., or DESTDIR=' >&2; exit 2; }
	@meson install -C build --no-rebuild
	@[ -n "$(DESTDIR)" ] || [ "$$(id -u)" -ne 0 ] || ldconfig

clean:
	@rm -rf build build-check build-fuzz build-msan build-tsan build-cover build-warn-*

help:
	@echo 'make             build/stockade and build/libstockade.so'
	@echo 'make demo        build, then scan examples that show each verdict'
	@echo 'make check       all tests, under 10 minutes; ONLY=unit/base UPDATE=1'
	@echo 'make check-all   the long tier, up to 90 minutes (docs/testing.md)'
	@echo 'make nightly     open-ended differential and fuzzing'
	@echo 'make fuzz T=x    libFuzzer on one target; FUZZ_SECONDS=60'
	@echo 'make bench       speed, side by side with CPython and other scanners'
	@echo 'make cover       line coverage of src/'
	@echo 'make format      clang-format on the whole tree'
	@echo 'make install     as meson install; DESTDIR is honoured'
	@echo 'tools/setup build|test    installs what make, or make check, needs'
