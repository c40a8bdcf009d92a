# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# What the Makefiles of MicroPython's own ports have in common that make builds: a copy that integrations/ patches, and
# upstream's Makefile there. In: UPSTREAM, the port's name. Behind it come UPSTREAM_BOARD, the board's name there, the
# IMAGES to make, and as needed LIBRARIES, NAME=folder for those that MicroPython lacks, `options`, MANIFEST with
# threads and MANIFEST_BARE without.

include board.mk
HEDDLE_DIR := $(abspath ../..)
MICROPYTHON_DIR ?= $(HEDDLE_DIR)/build/micropython-1.25.0
BUILD ?= $(HEDDLE_DIR)/build/$(UPSTREAM)-threads$(THREADS)
THREADS ?= 0
KERNEL ?= $(firstword $(KERNELS))
GIL ?= 1
PYTHON ?= python3
comma := ,

# The board's name is not one of upstream's, or is another one's there.
override undefine BOARD
include ../common/version.mk

# $(call upstream_needs,VARIABLE,file in it,what it is,how it comes): the folder VARIABLE, or a submodule.
upstream_needs = $(if $(wildcard $($(1))/$(2)),,$(error $(1)=$($(1)): no $(3), which no package has; \
    bring it with: git clone --depth 1 $(4)))

tree := $(BUILD)/tree
full := $(wildcard $(MICROPYTHON_DIR)/lib/micropython-lib/README.md)
options = BOARD=$(UPSTREAM_BOARD) BOARD_DIR=$(or $(BOARD_FOLDER),boards/$(UPSTREAM_BOARD)) BUILD=$(BUILD)
ifeq ($(THREADS),1)
options += HEDDLE_DIR=$(HEDDLE_DIR) FROZEN_MANIFEST=$(or $(FROZEN_MANIFEST),$(MANIFEST),$(HEDDLE_DIR)/lib/manifest.py)
else ifeq ($(full),)
options += FROZEN_MANIFEST=$(or $(FROZEN_MANIFEST),$(MANIFEST_BARE),$(HEDDLE_DIR)/ports/common/manifest_bare.py)
endif
options += $(if $(full),,MPY_LIB_DIR=$(HEDDLE_DIR))

# Upstream's "all" may clone a submodule.
all: $(MICROPY_MPYCROSS)
	$(PYTHON) ../../integrations/tree $(if $(BARE),--bare) $(UPSTREAM) $(MICROPYTHON_DIR) $(tree) $(LIBRARIES)
	$(MAKE) --no-print-directory -C $(tree)/ports/$(UPSTREAM) $(options) $(addprefix $(BUILD)/,$(IMAGES))
.PHONY: all
