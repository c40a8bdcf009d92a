# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# What the board is, for its own makefiles, the top one and CMakeLists.txt: nothing but lines of "NAME = words".

CPU = -mcpu=cortex-m3 -mthumb
CORES_MOST = 1
KERNELS = freertos zephyr
HEAP_DEFAULT = 1048576
HEAP_MOST = 3145728

# As large as MicroPython's own tests ask for.
BLE_CFLAGS = -DBLE_MTU=517 -DBLE_BUFFERS=24 -DBLE_INBOX=4 -DBLE_CHANNELS=4 -DBLE_CHANNEL_STORE=272 -DBLE_PAIRINGS=2
DEVICE_DIR = ../common/cmsdk
BOARD_C = clock.c uart.c
UART_SRC = console_polled.c uart.c
