# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# asyncio from MicroPython's own source, but for event.py,
# which is Heddle's: a loop that waits for nothing else hears of a ThreadSafeFlag at once.
package(
    "asyncio",
    ("__init__.py", "core.py", "funcs.py", "lock.py", "stream.py"),
    base_path="$(MPY_DIR)/extmod",
    opt=3,
)
package("asyncio", ("event.py",), opt=3)
module("uasyncio.py", base_path="$(MPY_DIR)/extmod/asyncio", opt=3)
