# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# What the board is, for its own makefiles and the top one: nothing but lines of "NAME = words".

CPU = -mcpu=cortex-m0plus -mthumb
CORES_MOST = 2
KERNELS = zephyr freertos

DEVICE_DIR = ../common/rp2040
UART_SRC = boot2.S console_polled.c cores.c start.c uart.c
GROUPS = pico
SOURCES = pico-sdk tinyusb mbedtls
BOOTED = with BOOTSEL held
