# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# What the board is, for its own makefiles and the top one: nothing but lines of "NAME = words".

CPU = -mcpu=cortex-m4 -mthumb -mfpu=fpv4-sp-d16 -mfloat-abi=hard
CORES_MOST = 1
KERNELS = zephyr freertos
HEAP_DEFAULT = 98304
HEAP_MOST = 98304
BOARD_CFLAGS = -DHEDDLE_THREAD_STACK=3072 -DHEDDLE_MAIN_STACK=12288

BOARD_C = clock.c uart.c
UART_SRC = console_polled.c uart.c
