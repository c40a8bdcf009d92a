# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT

CFLAGS += -I$(HEDDLE_DIR)/tests/kernel/cortex_m
