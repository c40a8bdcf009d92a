# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# The air's own tests, as a program of the host: `make -C tests/ble -f air.mk [BUILD=<dir>] [CFLAGS_EXTRA=]`.

HEDDLE_DIR := $(abspath ../..)
BUILD ?= $(HEDDLE_DIR)/build/ble/air
COPT ?= -O1

SRC_C = $(patsubst $(HEDDLE_DIR)/%,%,$(wildcard $(addprefix $(HEDDLE_DIR)/, tests/ble/air*.c tests/ble/test_air*.c)))
SRC_C += tests/ble/raw.c ports/host/board.c
SRC_C += $(patsubst $(HEDDLE_DIR)/%,%,$(wildcard $(HEDDLE_DIR)/adapters/posix/*.c))

CFLAGS = -std=gnu11 $(COPT) -g -Wall -Wextra -Werror -MMD -MP -D_GNU_SOURCE -pthread
CFLAGS += -I$(HEDDLE_DIR)/include -I$(HEDDLE_DIR)/tests/ble -I$(HEDDLE_DIR)/adapters/posix $(CFLAGS_EXTRA)

PROGRAM = test_air
include ../contract/program.mk
