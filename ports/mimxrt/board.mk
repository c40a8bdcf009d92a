# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# What the board is, for its own makefile and the top one: nothing but lines of "NAME = words".

CORES_MOST = 1
KERNELS = zephyr freertos
GROUPS = patch
SOURCES = tinyusb mbedtls lwip
EMULATED = 0
