# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Python that is part of the image: asyncio's, from MicroPython's own source.
include("$(MPY_DIR)/extmod/asyncio")
