# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# What is frozen with threads: upstream's maker of the file system, and asyncio with our event.py.
module("_mkfs.py", base_path="$(PORT_DIR)/modules/scripts", opt=3)
include("../../lib/manifest.py")
