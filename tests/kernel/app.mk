# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# The suites as an application: make app APP=tests/kernel. main_board.c runs them.

CFLAGS += -I$(HEDDLE_DIR)/kernel
