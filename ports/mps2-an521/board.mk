# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# What the board is, for its own makefiles and the top one: nothing but lines of "NAME = words".

CPU = -mcpu=cortex-m33+nodsp -mthumb -mfloat-abi=soft
CORES_MOST = 2
KERNELS = zephyr
HEAP_DEFAULT = 1048576
HEAP_MOST = 3145728

DEVICE_DIR = ../common/cmsdk
BOARD_C = clock.c uart.c
CORES_C = cores.c
UART_SRC = console_polled.c cores.c uart.c
