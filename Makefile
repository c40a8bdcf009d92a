# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# The command line of Heddle; "make help" explains it. Lines with "##" are what
# it prints. The firmware itself is built by ports/$(BOARD)/Makefile.

## Variables, each as NAME=value after the target:
BOARD = mps2-an385
## BOARD=mps2-an385       the board to build for; BOARD=host is a Linux program; for "make test" also BOARD=all
KERNEL = $(firstword $(KERNELS))
## KERNEL=freertos        the kernel under the threads, or zephyr, our own; for BOARD=host it is posix
THREADS = 1
## THREADS=1              1: threads on the kernel; 0: the same board without either
GIL = 1
## GIL=1                  1: one thread runs Python at a time; 0: no global lock
HEAP = $(HEAP_DEFAULT)
## HEAP=1048576           bytes of Python heap, from 32768 (the default and the most are the board's)
ICOUNT =
## ICOUNT=                1: QEMU's time is instructions, so that a run repeats
SCRIPT = examples/tour.py
## SCRIPT=examples/tour.py    the script of "make run", "make top", "make trace" and "make hci"
LEFT = examples/ble/temperature.py
## LEFT=examples/ble/temperature.py   for "make ble-run": the script on the first board,
RIGHT = examples/ble/read_sensor.py
## RIGHT=examples/ble/read_sensor.py  the one on the second, also for "make hci" if you say it,
PEER = $(BOARD)
## PEER=                  and that board, where it is not BOARD= (which is host for this)
APP =
## APP=                   for "make app": the folder of a program's C files
CORES =
## CORES=                 how many cores the board has, 1 to 8 on virt-aarch64 (default: as many as there are; 4 there)
APP_CFLAGS =
## APP_CFLAGS=            for "make app": the compiler's options, such as -DCONFIG_ASSERT=0
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
## FREERTOS_DIR=          a FreeRTOS kernel of your own (default: V9 in MicroPython's tree); FREERTOS_PORT= its port
## STM32LIB_DIR=          for BOARD=stm32: ST's library, which no package has; STM32_BOARD= a board of upstream's
## ASF4_DIR=              for BOARD=samd: Microchip's; SAMD_BOARD= likewise
## NRFX_DIR=              for BOARD=nrf: Nordic's; NRF_BOARD= likewise
## NXP_DIR=               for BOARD=mimxrt: NXP's; MIMXRT_BOARD= likewise
COPT =
## COPT=                  the compiler's optimisation, such as -Og (default: the board's)
## SYMBOLS=-g             what a debugger is told; with -g1 lines and no variables, in five sixths of the time
THREADING = 1
## THREADING=1            0: without threading, queue and concurrent.futures
FROZEN_MANIFEST =
## FROZEN_MANIFEST=       Python that is part of the image: a manifest of your own in place of lib/manifest.py
BLE = 0
## BLE=0                  1: with MicroPython's bluetooth module over our own host; not for BOARD=pico and the like
TRACE = 0
## TRACE=0                1: with heddle.trace; "make trace" sets it
TRACE_KB = 0
## TRACE_KB=0             for "make trace": the ring's size (0: a fourth of the heap)
TESTING = 0
## TESTING=0              1: with the test modules that the test runner needs
SANITIZE =
## SANITIZE=              BOARD=host: address, undefined, address,undefined or thread
V =
## V=                     1: show the commands of the build

PYTHON := /usr/bin/python3
# Bluetooth is tried on this machine, unless something else is asked for.
ifneq ($(filter ble ble-run hci,$(MAKECMDGOALS)),)
ifeq ($(origin BOARD),file)
BOARD := host
endif
override BLE := 1
endif
ifneq ($(filter trace,$(MAKECMDGOALS)),)
override TRACE := 1
endif
fetched := $(CURDIR)/build/micropython-1.25.0
boards := $(patsubst ports/%/Makefile,%,$(wildcard ports/*/Makefile))
app_boards := $(patsubst ports/%/kernel.mk,%,$(wildcard ports/*/kernel.mk))
ifeq ($(BOARD),all)
ifneq ($(MAKECMDGOALS),test)
$(error BOARD=all: for "make test"; else name one: $(boards))
endif
everything := --everything
override BOARD := mps2-an385
endif
# KERNELS, the default first; HEAP_DEFAULT and HEAP_MOST; CORES_MOST; the GROUPS of packages and the SOURCES that it
# needs beside what all boards do; EMULATED, 0 where nothing can run it; BOOTED, how it becomes a drive.
-include ports/$(BOARD)/board.mk
ble_boards := host mps2-an385
trace_boards := host mps2-an385 mps2-an521 netduinoplus2 virt-aarch64
own_cores := faults bench bench-kernel size replay
sanitizers := address undefined address,undefined thread
ifeq ($(EMULATED),0)
ifneq ($(filter-out firmware clean help setup sources image-path,$(MAKECMDGOALS)),)
$(error BOARD=$(BOARD): nothing here emulates it; there is "make firmware BOARD=$(BOARD)")
endif
endif
script = '$(subst ','\'',$(value SCRIPT))'
comma := ,
empty :=
space := $(empty) $(empty)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

# --- values are checked here, once, before anything is done with them ---------

ifneq ($(filter-out help clean setup emulator,$(MAKECMDGOALS)),)
ifneq ($(filter app,$(MAKECMDGOALS)),)
ifeq ($(filter $(BOARD),$(app_boards)),)
$(error BOARD=$(BOARD): no such board for programs of the kernel alone; there are: $(app_boards))
endif
ifeq ($(strip $(APP)),)
$(error APP=: say APP=folder, which has the C files of a program)
endif
ifeq ($(wildcard $(APP)/.),)
$(error APP=$(APP): no such folder)
endif
ifeq ($(wildcard $(APP)/*.c $(APP)/src/*.c),)
$(error APP=$(APP): no C files there, nor in $(APP)/src)
endif
else ifeq ($(filter $(BOARD),$(boards)),)
$(error BOARD=$(BOARD): no such board; there are: $(boards))
endif
ifneq ($(strip $(CORES)),)
ifneq ($(filter $(own_cores),$(MAKECMDGOALS)),)
$(error CORES=$(CORES): make $(firstword $(filter $(own_cores),$(MAKECMDGOALS))) has its own; leave it out)
endif
ifeq ($(BOARD),host)
$(error CORES=$(CORES): BOARD=host has those of this machine; leave it out)
endif
cores_ok := $(shell [ '$(CORES)' -ge 1 ] 2>/dev/null && [ '$(CORES)' -le $(CORES_MOST) ] && echo yes)
ifneq ($(cores_ok),yes)
$(error CORES=$(CORES): BOARD=$(BOARD) has at most $(CORES_MOST); say a number from 1, or leave it out)
endif
endif
ifeq ($(filter $(KERNEL),$(KERNELS)),)
$(error KERNEL=$(KERNEL): no such kernel for BOARD=$(BOARD); there are: $(KERNELS))
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
ifeq ($(filter $(THREADING),0 1),)
$(error THREADING=$(THREADING): say THREADING=0 or THREADING=1)
endif
ifneq ($(FROZEN_MANIFEST),)
ifeq ($(wildcard $(FROZEN_MANIFEST)),)
$(error FROZEN_MANIFEST=$(FROZEN_MANIFEST): no such file)
endif
endif
ifneq ($(and $(filter 0,$(THREADING)),$(filter stm32 samd mimxrt nrf,$(BOARD))),)
$(error THREADING=0: not for BOARD=$(BOARD), whose patch has no way to leave it out)
endif
ifeq ($(filter $(TRACE),0 1),)
$(error TRACE=$(TRACE): say TRACE=0 or TRACE=1)
endif
ifeq ($(TRACE),1)
ifeq ($(filter $(BOARD),$(trace_boards)),)
$(error TRACE=1: not for BOARD=$(BOARD); there are: $(trace_boards))
endif
ifeq ($(THREADS),0)
$(error TRACE=1: without threads there is nothing to trace; leave out THREADS=0)
endif
endif
trace_kb_ok := $(shell [ '$(TRACE_KB)' -ge 0 ] 2>/dev/null && [ '$(TRACE_KB)' -le 262144 ] && echo yes)
ifneq ($(trace_kb_ok),yes)
$(error TRACE_KB=$(TRACE_KB): say a number of kilobytes from 1 to 262144, or leave it out)
endif
ifeq ($(filter $(BLE),0 1),)
$(error BLE=$(BLE): say BLE=0 or BLE=1)
endif
ifeq ($(BLE),1)
ifeq ($(filter $(BOARD),$(ble_boards)),)
$(error BLE=1: BOARD=$(BOARD) has no way to a Bluetooth controller; there are: $(ble_boards))
endif
ifeq ($(THREADS),0)
$(error BLE=1: the Bluetooth host is a thread; leave out THREADS=0)
endif
endif
ifneq ($(filter-out 0 1,$(ICOUNT)),)
$(error ICOUNT=$(ICOUNT): say ICOUNT=1, or leave it out)
endif
min_ok := $(shell [ -z '$(MIN)' ] || { [ '$(MIN)' -ge 1 ] && [ '$(MIN)' -le 10000 ]; } 2>/dev/null && echo yes)
ifneq ($(min_ok),yes)
$(error MIN=$(MIN): say a number of minutes from 1 to 10000, or leave it out)
endif
ifeq ($(strip $(HEAP_MOST)),)
ifneq ($(strip $(HEAP)),)
$(error HEAP=$(HEAP): BOARD=$(BOARD) has all the RAM that is left; leave it out)
endif
else
heap_ok := $(shell [ '$(HEAP)' -ge 32768 ] 2>/dev/null && [ '$(HEAP)' -le $(HEAP_MOST) ] && echo yes)
ifneq ($(heap_ok),yes)
$(error HEAP=$(HEAP): say a number of bytes from 32768 to $(HEAP_MOST))
endif
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
ifeq ($(KERNEL),freertos)
-include ports/$(BOARD)/freertos.mk
endif
ifneq ($(FREERTOS_DIR),$(MICROPYTHON_DIR)/ports/cc3200/FreeRTOS/Source)
ifeq ($(wildcard $(FREERTOS_DIR)/tasks.c),)
$(error FREERTOS_DIR=$(FREERTOS_DIR): no FreeRTOS kernel there (no tasks.c); leave it out to use V9)
endif
endif
ifneq ($(filter top,$(MAKECMDGOALS)),)
ifeq ($(THREADS),0)
$(error THREADS=0: there are no threads to show; leave it out)
endif
endif
ifneq ($(filter run trace hci top,$(MAKECMDGOALS)),)
ifneq ($(shell [ -f $(script) ] && echo yes),yes)
$(error SCRIPT=$(value SCRIPT): no such file; say SCRIPT=path.py)
endif
endif
endif

ifneq ($(filter ble-run hci,$(MAKECMDGOALS)),)
ifeq ($(filter $(PEER),$(ble_boards)),)
$(error PEER=$(PEER): no such board with Bluetooth; there are: $(ble_boards))
endif
ifeq ($(wildcard $(LEFT)),)
$(error LEFT=$(LEFT): no such file; say LEFT=path.py)
endif
ifeq ($(wildcard $(RIGHT)),)
$(error RIGHT=$(RIGHT): no such file; say RIGHT=path.py)
endif
endif

# --- a folder for each variant, so that they never mix ------------------------

micropython := $(abspath $(MICROPYTHON_DIR))
freertos := $(abspath $(FREERTOS_DIR))
variant := $(if $(filter 0,$(THREADS)),bare,$(KERNEL)$(freertos_mark)-$(if $(filter 0,$(GIL)),nogil,gil))
ifneq ($(HEAP),$(HEAP_DEFAULT))
variant := $(variant)-heap$(HEAP)
endif
ifeq ($(THREADING),0)
variant := $(variant)-small
endif
ifneq ($(FROZEN_MANIFEST),)
frozen := $(abspath $(FROZEN_MANIFEST))
variant := $(variant)-frozen$(firstword $(shell printf %s '$(frozen)' | cksum))
endif
ifeq ($(BLE),1)
variant := $(variant)-ble
endif
ifeq ($(TRACE),1)
variant := $(variant)-trace
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
given_names = BOARD KERNEL HEAP GIL $(if $(filter-out 1,$(CORES_MOST)),CORES)
given = $(foreach name,$(given_names),$(if $(filter command,$(origin $(name))),$(name)=$($(name))))
settings = MICROPYTHON_DIR=$(micropython) FREERTOS_DIR=$(freertos) \
    $(given) $(if $(strip $(COPT)),'COPT=$(COPT)')
board_settings = BOARD=$(BOARD) BUILD=$(build) MICROPYTHON_DIR=$(micropython) FREERTOS_DIR=$(freertos) \
    KERNEL=$(KERNEL) THREADS=$(THREADS) GIL=$(GIL) THREADING=$(THREADING) HEAP=$(HEAP) BLE=$(BLE) TRACE=$(TRACE) \
    TESTING=$(TESTING) SANITIZE=$(SANITIZE) $(if $(frozen),FROZEN_MANIFEST=$(frozen)) \
    PYTHON=$(PYTHON) $(if $(CORES),CORES=$(CORES)) $(if $(strip $(COPT)),COPT='$(COPT)') $(if $(V),V=$(V))
app_build := $(CURDIR)/build/$(BOARD)/app/$(notdir $(abspath $(APP)))$(if $(CORES),-$(CORES))
app_settings = APP='$(abspath $(APP))' BUILD=$(app_build) APP_CFLAGS='$(APP_CFLAGS)' $(if $(CORES),CORES=$(CORES)) \
    $(if $(strip $(COPT)),COPT='$(COPT)')
# What is fetched: not what is the user's own.
sources := $(if $(filter $(fetched),$(micropython)),micropython=$(fetched))
sources += $(foreach name,$(SOURCES),$(if $(wildcard $(micropython)/lib/$(name)/*),,$(name)=$(CURDIR)/build/$(name)))
# The Bluetooth host's, whose tests, size and cost have no board.
ble_goals := $(filter test check soak faults size bench,$(MAKECMDGOALS))
sources := $(sort $(sources) $(if $(ble_goals)$(filter 1,$(BLE)),mbedtls=$(CURDIR)/build/mbedtls))
jobs = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))
machine := --board $(BOARD) $(if $(CORES),--cores $(CORES)) $(if $(filter 1,$(ICOUNT)),--icount)
tool := $(if $(filter host,$(BOARD)),host.py,qemu.py $(machine))
start := $(PYTHON) $(CURDIR)/tools/$(tool) --micropython $(micropython) $(build)/firmware.elf
# The image of a port of MicroPython's own is one for a real board, and takes a script at its prompt.
start_script := $(start)
ifneq ($(filter $(BOARD),pico stm32),)
start_script := $(PYTHON) $(CURDIR)/tools/prompt.py --board $(BOARD) $(if $(filter 1,$(ICOUNT)),--icount) \
    $(build)/firmware.elf
endif
ifeq ($(BOARD),pico)
run top repl serial: emulator
endif

## Targets:
.PHONY: run trace top repl serial app test check faults bench size soak replay firmware setup clean help image-path
.PHONY: start-line bench-kernel sources emulator ble ble-run hci peer-firmware

run: firmware ## build, boot (in QEMU) and run SCRIPT
	@$(start_script) --banner --script $(script)

top: firmware ## build, boot, run SCRIPT and show every second what its threads do
	@$(PYTHON) tools/top.py $(start_script) --banner --top --script $(script)

trace: firmware ## run SCRIPT with heddle.trace, and write its .trace.json and .svg to the current folder
	@$(PYTHON) tools/trace/run.py --out '$(CURDIR)' $(script) $(start) --banner --trace $(TRACE_KB) --script $(script)

repl: firmware ## build, boot and talk to the prompt (Ctrl-] leaves)
	@$(start)

serial: firmware ## build, boot and leave the board on a pseudo-terminal
	@$(start) --pty

app: ## build APP with our own kernel and without Python, and boot it; ends with what main() returns
	@tools/setup
	@mkdir -p $(app_build)
	@$(if $(filter pico,$(BOARD)),$(MAKE) -s --no-print-directory emulator)
	@$(MAKE) $(if $(V),,-s) --no-print-directory -C ports/$(BOARD) -f kernel.mk $(jobs) $(app_settings)
	@$(PYTHON) tools/qemu.py $(machine) $(app_build)/firmware.elf

ble: ble-rig ## two Bluetooth controllers without a radio, and what to say in other terminals to use them
	@$(PYTHON) tests/ble/pair.py

peer_image = $(if $(filter $(BOARD),$(PEER)),$(build)/firmware.elf,$(shell \
    $(MAKE) -s --no-print-directory image-path BOARD=$(PEER) BLE=1))
hci_peer = $(if $(filter command,$(firstword $(origin RIGHT))),$(PEER):$(peer_image) '$(RIGHT)')
peer-firmware: firmware
	@$(if $(filter $(BOARD),$(PEER)),,$(MAKE) -s --no-print-directory firmware BOARD=$(PEER) BLE=1)
ble-run: ble-rig peer-firmware ## run LEFT and RIGHT against each other over such controllers
	@$(PYTHON) tests/ble/pair.py $(BOARD):$(build)/firmware.elf '$(LEFT)' $(PEER):$(peer_image) '$(RIGHT)'
hci: ble-rig peer-firmware ## run SCRIPT with such a controller and log all packets; against RIGHT, if you say it
	@$(PYTHON) tests/ble/pair.py --snoop $(BOARD):$(build)/firmware.elf $(script) $(hci_peer)

test: sources test-tools ## run the tests, or those that T= names
	@$(PYTHON) tests/run.py $(everything) $(if $(T),'T=$(T)') $(if $(SEED),'SEED=$(SEED)') $(settings)

check: sources test-tools pico-tools ## the tests and what else a change must pass
	@$(PYTHON) tests/run.py --all $(if $(T),'T=$(T)') $(settings)

soak: sources test-tools ## the thread tests, ten rounds in a row; with MIN= all that is random
	@$(PYTHON) tests/run.py --soak $(if $(T),'T=$(T)') $(if $(MIN),MIN=$(MIN)) $(settings)

faults: sources test-tools ## put each known fault back in a copy; a test must notice
	@$(PYTHON) tests/run.py --faults $(if $(T),'T=$(T)') $(settings)

replay: test-tools ## run the schedule ID= of a simulated test again, step by step
	@$(MAKE) --no-print-directory -C tests/sim replay 'ID=$(ID)' 'GDB=$(GDB)' $(if $(V),V=$(V))

bench: sources ## measure, and print the tables of docs/benchmarks.md
	@$(PYTHON) tests/bench/run.py $(settings)
ifeq ($(BOARD),mps2-an385)
	@$(PYTHON) tests/bench/ble/run.py $(settings)
endif

bench-kernel: sources ## measure our own kernel beside FreeRTOS, each over its own API
	@$(PYTHON) tests/bench/kernel/run.py $(settings)

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
ifneq ($(filter firmware,$(MAKECMDGOALS)),)
	@[ ! -e $(build)/firmware.uf2 ] || \
	    echo "copy $(patsubst $(CURDIR)/%,%,$(build)/firmware.uf2) onto the drive that the board is $(BOOTED)"
endif

emulator: ## install what an emulated Raspberry Pi Pico needs: tools/rp2040/README.md
	@tools/setup rp2040
	@$(MAKE) -s --no-print-directory -C tools/rp2040

setup: ## install missing Debian packages and fetch the sources; all others do it too
	@tools/setup $(GROUPS)
	@$(PYTHON) tools/fetch $(sources)

clean: ## remove what was built (the fetched sources stay)
	@rm -rf $(addprefix build/,$(sort $(boards) $(app_boards)) mpy-cross-* ble faults sim test-logs bench)

help: ## this text
	@sed -n 's/^## *//p; s/^\([a-z-]*\):.* ## /  make \1\t/p' Makefile | sed 's/^\([A-Z0-9_]*=\)/  \1/' | expand -t 24

# For tools: set-up without a word in "help", where an image is, and what starts it.
sources: setup
test-tools:
	@tools/setup test
# Whatever BOARD= is: "make check" builds its image.
pico-tools:
	@$(MAKE) -s --no-print-directory setup BOARD=pico
# For those cases only that need it, which make it themselves.
ble-tools:
	@tools/setup ble
	@$(MAKE) -s --no-print-directory -C tests/ble
fuzz-tools:
	@tools/setup fuzz
# Of those as much as the controllers need.
ble-rig:
	@tools/setup ble
	@$(MAKE) -s --no-print-directory -C tests/ble rig
.PHONY: test-tools pico-tools ble-tools ble-rig fuzz-tools

image-path:
	@echo $(build)/firmware.elf

start-line:
	@echo $(start)
