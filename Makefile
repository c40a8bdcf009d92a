# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# The command line of Heddle; "make help" explains it. Lines with "##" are what
# it prints. The firmware itself is built by ports/$(BOARD)/Makefile.

## Variables, each as NAME=value after the target:
BOARD = mps2-an385
## BOARD=mps2-an385       the board to build for; BOARD=host is a Linux program
KERNEL = $(if $(filter host,$(BOARD)),posix,freertos)
## KERNEL=freertos        the kernel under the threads; for BOARD=host it is posix
THREADS = 1
## THREADS=1              1: threads on the kernel; 0: the same board without either
GIL = 1
## GIL=1                  1: one thread runs Python at a time; 0: no global lock
HEAP = $(heap_default)
## HEAP=1048576           bytes of Python heap, 32768 to 3145728 (BOARD=host: 16777216, up to 268435456)
ICOUNT =
## ICOUNT=                1: QEMU's time is instructions, so that a run repeats
SCRIPT = examples/tour.py
## SCRIPT=examples/tour.py    the script that "make run" runs
T =
## T=                     for "make test": a case's name, the start of one, or a pattern
SEED =
## SEED=                  for "make test T=programs": the seed of generated programs, such as v2-123
MIN =
## MIN=                   for "make soak": everything random for so many minutes, not ten rounds
ID =
## ID=                    for "make replay": the schedule, as a failure printed it
GDB =
## GDB=1                  "make replay" under gdb, stopped where it fails
MICROPYTHON_DIR = $(CURDIR)/build/micropython-1.25.0
## MICROPYTHON_DIR=       a MicroPython tree of your own (default: fetched from Debian)
FREERTOS_DIR = $(MICROPYTHON_DIR)/ports/cc3200/FreeRTOS/Source
## FREERTOS_DIR=          a FreeRTOS kernel of your own (default: V9 in MicroPython's tree)
COPT =
## COPT=                  the compiler's optimisation, such as -Og (default: the board's)
TESTING = 0
## TESTING=0              1: with the test modules that the test runner needs
SANITIZE =
## SANITIZE=              BOARD=host: address, undefined, address,undefined or thread
V =
## V=                     1: show the commands of the build

PYTHON := /usr/bin/python3
fetched := $(CURDIR)/build/micropython-1.25.0
boards := $(patsubst ports/%/Makefile,%,$(wildcard ports/*/Makefile))
kernels := $(if $(filter host,$(BOARD)),posix,freertos)
sanitizers := address undefined address,undefined thread
heap_default := $(if $(filter host,$(BOARD)),16777216,1048576)
heap_most := $(if $(filter host,$(BOARD)),268435456,3145728)
comma := ,
empty :=
space := $(empty) $(empty)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

# --- values are checked here, once, before anything is done with them ---------

ifneq ($(filter-out help clean setup,$(MAKECMDGOALS)),)
ifeq ($(filter $(BOARD),$(boards)),)
$(error BOARD=$(BOARD): no such board; there are: $(boards))
endif
ifeq ($(filter $(KERNEL),$(kernels)),)
$(error KERNEL=$(KERNEL): no such kernel for BOARD=$(BOARD); there are: $(kernels))
endif
ifeq ($(filter $(THREADS),0 1),)
$(error THREADS=$(THREADS): say THREADS=0 or THREADS=1)
endif
ifeq ($(filter $(GIL),0 1),)
$(error GIL=$(GIL): say GIL=0 or GIL=1)
endif
ifeq ($(filter $(TESTING),0 1),)
$(error TESTING=$(TESTING): say TESTING=0 or TESTING=1)
endif
ifneq ($(filter-out 0 1,$(ICOUNT)),)
$(error ICOUNT=$(ICOUNT): say ICOUNT=1, or leave it out)
endif
min_ok := $(shell [ -z '$(MIN)' ] || { [ '$(MIN)' -ge 1 ] && [ '$(MIN)' -le 10000 ]; } 2>/dev/null && echo yes)
ifneq ($(min_ok),yes)
$(error MIN=$(MIN): say a number of minutes from 1 to 10000, or leave it out)
endif
heap_ok := $(shell [ '$(HEAP)' -ge 32768 ] 2>/dev/null && [ '$(HEAP)' -le $(heap_most) ] && echo yes)
ifneq ($(heap_ok),yes)
$(error HEAP=$(HEAP): say a number of bytes from 32768 to $(heap_most))
endif
ifeq ($(BOARD),host)
ifneq ($(THREADS),1)
$(error THREADS=$(THREADS): BOARD=host always has threads; leave it out)
endif
ifneq ($(ICOUNT),)
$(error ICOUNT=$(ICOUNT): BOARD=host runs in the host's time; leave it out)
endif
ifeq ($(filter $(SANITIZE),$(sanitizers)),)
ifneq ($(SANITIZE),)
$(error SANITIZE=$(SANITIZE): no such choice; there are: $(sanitizers))
endif
endif
else
ifneq ($(SANITIZE),)
$(error SANITIZE=$(SANITIZE): only for BOARD=host)
endif
endif
ifneq ($(abspath $(MICROPYTHON_DIR)),$(fetched))
ifeq ($(wildcard $(MICROPYTHON_DIR)/py/vm.c),)
$(error MICROPYTHON_DIR=$(MICROPYTHON_DIR): no MicroPython there (no py/vm.c); leave it out to have one fetched)
endif
endif
ifneq ($(FREERTOS_DIR),$(MICROPYTHON_DIR)/ports/cc3200/FreeRTOS/Source)
ifeq ($(wildcard $(FREERTOS_DIR)/tasks.c),)
$(error FREERTOS_DIR=$(FREERTOS_DIR): no FreeRTOS kernel there (no tasks.c); leave it out to use V9)
endif
endif
ifneq ($(filter run,$(MAKECMDGOALS)),)
ifeq ($(wildcard $(SCRIPT)),)
$(error SCRIPT=$(SCRIPT): no such file; say SCRIPT=path.py)
endif
endif
endif

# --- a folder for each variant, so that they never mix ------------------------

micropython := $(abspath $(MICROPYTHON_DIR))
freertos := $(abspath $(FREERTOS_DIR))
variant := $(if $(filter 0,$(THREADS)),bare,$(KERNEL)-$(if $(filter 0,$(GIL)),nogil,gil))
ifneq ($(HEAP),$(heap_default))
variant := $(variant)-heap$(HEAP)
endif
ifeq ($(TESTING),1)
variant := $(variant)-testing
endif
ifneq ($(SANITIZE),)
variant := $(variant)-$(subst $(comma),-,$(SANITIZE))
endif
ifneq ($(strip $(COPT)),)
variant := $(variant)$(subst $(space),,$(COPT))
endif
ifneq ($(micropython) $(freertos),$(fetched) $(fetched)/ports/cc3200/FreeRTOS/Source)
variant := $(variant)-$(firstword $(shell printf %s '$(micropython) $(freertos)' | cksum))
endif
build := $(CURDIR)/build/$(BOARD)/$(variant)

# What the runners of tests and benchmarks give to make in their turn; the rest they choose.
given = $(foreach name,BOARD KERNEL HEAP GIL,$(if $(filter command,$(origin $(name))),$(name)=$($(name))))
settings = MICROPYTHON_DIR=$(micropython) FREERTOS_DIR=$(freertos) \
    $(given) $(if $(strip $(COPT)),'COPT=$(COPT)')
board_settings = BUILD=$(build) MICROPYTHON_DIR=$(micropython) FREERTOS_DIR=$(freertos) \
    KERNEL=$(KERNEL) THREADS=$(THREADS) GIL=$(GIL) HEAP=$(HEAP) TESTING=$(TESTING) SANITIZE=$(SANITIZE) \
    PYTHON=$(PYTHON) $(if $(strip $(COPT)),COPT='$(COPT)') $(if $(V),V=$(V))
jobs = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))
start := $(PYTHON) $(if $(filter host,$(BOARD)),tools/host.py, \
    tools/qemu.py --board $(BOARD) $(if $(filter 1,$(ICOUNT)),--icount))

## Targets:
.PHONY: run repl serial test check faults bench size soak replay firmware setup clean help image-path sources

run: firmware ## build, boot (in QEMU) and run SCRIPT
	@$(start) --banner --script $(SCRIPT) $(build)/firmware.elf

repl: firmware ## build, boot and talk to the prompt (Ctrl-] leaves)
	@$(start) $(build)/firmware.elf

serial: firmware ## build, boot and leave the board on a pseudo-terminal
	@$(start) --pty --micropython $(micropython) $(build)/firmware.elf

test: sources test-tools ## run the tests, or those that T= names
	@$(PYTHON) tests/run.py $(if $(T),'T=$(T)') $(if $(SEED),'SEED=$(SEED)') $(settings)

check: sources test-tools ## the tests and what else a change must pass
	@$(PYTHON) tests/run.py --all $(if $(T),'T=$(T)') $(settings)

soak: sources test-tools ## the thread tests, ten rounds in a row; with MIN= all that is random
	@$(PYTHON) tests/run.py --soak $(if $(T),'T=$(T)') $(if $(MIN),MIN=$(MIN)) $(settings)

faults: sources test-tools ## put each known fault back in a copy; a test must notice
	@$(PYTHON) tests/run.py --faults $(if $(T),'T=$(T)') $(settings)

replay: test-tools ## run the schedule ID= of a simulated test again, step by step
	@$(MAKE) --no-print-directory -C tests/sim replay 'ID=$(ID)' 'GDB=$(GDB)' $(if $(V),V=$(V))

bench: sources ## measure, and print the tables of docs/benchmarks.md
	@$(PYTHON) tests/bench/run.py $(settings)

size: sources ## what threads cost in flash and RAM
	@$(PYTHON) tools/size $(settings)

firmware: sources ## build only, to build/BOARD/VARIANT/firmware.elf
	@mkdir -p $(build)
	@[ -e $(build)/firmware.elf ] || echo "build: $(BOARD) $(variant)"
ifeq ($(V),1)
	@$(MAKE) --no-print-directory -C ports/$(BOARD) $(jobs) $(board_settings)
else
	@$(MAKE) --no-print-directory -C ports/$(BOARD) $(jobs) $(board_settings) >$(build)/build.log || \
	    { echo "build: failed; all its output is in $(patsubst $(CURDIR)/%,%,$(build)/build.log)" >&2; exit 1; }
endif

setup: ## install missing Debian packages and fetch the sources; all others do it too
	@tools/setup
	@[ '$(micropython)' != '$(fetched)' ] || $(PYTHON) tools/fetch-micropython $(fetched)

clean: ## remove what was built (the fetched sources stay)
	@rm -rf $(addprefix build/,$(boards) faults sim test-logs bench)

help: ## this text
	@sed -n 's/^## *//p; s/^\([a-z]*\):.* ## /  make \1\t/p' Makefile | sed 's/^\([A-Z_]*=\)/  \1/' | expand -t 24

# For tools: set-up without a word in "help", and where an image is.
sources: setup
test-tools:
	@tools/setup test
.PHONY: test-tools

image-path:
	@echo $(build)/firmware.elf
