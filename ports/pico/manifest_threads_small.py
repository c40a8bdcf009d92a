# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# The same with Heddle's part of asyncio: a loop hears of a ThreadSafeFlag at once.
freeze("$(PORT_DIR)/modules", ("_boot.py", "rp2.py"))
include("../../lib/manifest_asyncio.py")
