# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# The same test on a board, with the assembler that P-256 has for its processor: make app APP=tests/ble/crypto.

.DEFAULT_GOAL := all # this is included before it
MBEDTLS_DIR ?= $(HEDDLE_DIR)/build/mbedtls
CFLAGS += -I$(HEDDLE_DIR)/ble -I$(MBEDTLS_DIR) -I$(MBEDTLS_DIR)/include

CRYPTO_OBJ := $(call objects,ble/crypto ble/crypto_mbedtls)
OBJ += $(CRYPTO_OBJ)
$(CRYPTO_OBJ): $(BUILD)/ble/%.o: $(HEDDLE_DIR)/ble/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -Werror -c -o $@ $<
