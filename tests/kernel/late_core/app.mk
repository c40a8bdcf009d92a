# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT

CFLAGS += -I$(HEDDLE_DIR)/kernel
LDFLAGS += -Wl,--wrap=$(if $(filter aarch64,$(ARCH)),psci_cpu_on,board_core_start)
