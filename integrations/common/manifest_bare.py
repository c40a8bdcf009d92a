# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Upstream's, but for what it has of micropython-lib, where that is not in MicroPython's source.
freeze("$(PORT_DIR)/modules")
include("$(MPY_DIR)/extmod/asyncio")
