# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# What the board is, for its own makefiles and the top one: nothing but lines of "NAME = words".

CORES_MOST = 8
KERNELS = zephyr
HEAP_DEFAULT = 16777216
HEAP_MOST = 33554432
