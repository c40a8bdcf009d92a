# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# What is frozen with threads: upstream's start of the file system, and asyncio with our event.py.
freeze("$(PORT_DIR)/modules")
include("../../lib/manifest.py")
