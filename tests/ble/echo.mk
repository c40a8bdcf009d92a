# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# echo.c as a program of the host: `make -C tests/ble -f echo.mk [BUILD=<dir>] [CFLAGS_EXTRA=]`. A board's image of it
# is made by its contract.mk: `make -C ports/mps2-an385 -f contract.mk PROGRAM_C=tests/ble/echo.c PROGRAM_BOARD_C=hci.c
# PROGRAM_CFLAGS=-DBOARD_HCI=1`.

HEDDLE_DIR := $(abspath ../..)
BUILD ?= $(HEDDLE_DIR)/build/ble/echo
COPT ?= -O1

SRC_C = tests/ble/echo.c tests/contract/host.c ports/host/board.c ports/host/hci.c
SRC_C += $(patsubst $(HEDDLE_DIR)/%,%,$(wildcard $(HEDDLE_DIR)/adapters/posix/*.c))

CFLAGS = -std=gnu11 $(COPT) -g -Wall -Wextra -Werror -MMD -MP -D_GNU_SOURCE -pthread -I$(HEDDLE_DIR)/include
CFLAGS += -I$(HEDDLE_DIR)/adapters/posix -I$(HEDDLE_DIR)/ports/common -I$(HEDDLE_DIR)/tests/contract $(CFLAGS_EXTRA)

PROGRAM = echo
include ../contract/program.mk
