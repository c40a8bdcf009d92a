# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# asyncio from MicroPython's own source, but for Heddle's event.py: a loop that waits for nothing else hears of a
# ThreadSafeFlag at once. With threading=True its __init__.py and threads.py, too.
options.defaults(threading=False)
extmod = "$(MPY_DIR)/extmod"
package("asyncio", ("core.py", "funcs.py", "lock.py", "stream.py"), base_path=extmod, opt=3)
package("asyncio", ("event.py",), opt=3)
if options.threading:
    package("asyncio", ("__init__.py", "threads.py"), opt=3)
else:
    package("asyncio", ("__init__.py",), base_path=extmod, opt=3)
module("uasyncio.py", base_path=extmod + "/asyncio", opt=3)
