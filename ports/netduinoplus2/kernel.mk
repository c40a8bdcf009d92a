# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT

include ../common/cortex_m/kernel.mk
