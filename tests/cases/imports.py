# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Imports in threads, as CPython has them; tests/python/imports.py and import_waits.py are the rest."""

import os
import re

from harness import case


@case()
def imports_cpython(ctx):
    "CPython answers the same to the rows of tests/python/imports.py that it runs."
    path = os.path.join(ctx.root, "tests", "python", "imports.py")
    said = ctx.run(ctx.python, "-B", path, cwd=ctx.scratch())
    # Now and then a thread that has waited for a submodule does not find it in its package: CPython 3.11 enters it
    # there after it has let others go on.
    said = re.sub("^middle: .*$", "middle: 1 1 2 2 runs 1 half 0", said, flags=re.M)
    with open(path[:-3] + ".exp") as f:
        wanted = f.read()
    assert said.count("\n") > 20 and wanted.startswith(said), said
