# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# For a port's manifest: include("<Heddle>/lib/manifest.py"). With THREADING=0 manifest_asyncio.py stands in for it.
include("manifest_asyncio.py", threading=True)
module("heddle_top.py", opt=3)
module("threading.py", opt=3)
package("concurrent", ("__init__.py", "futures.py"), opt=3)
