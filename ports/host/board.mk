# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# What there can be, for the Makefile here and the top one: nothing but lines of "NAME = words".

KERNELS = posix
HEAP_DEFAULT = 16777216
HEAP_MOST = 268435456
