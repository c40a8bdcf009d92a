# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""MicroPython's run-tests.py, with more patience: its client takes a test for hung that says nothing for ten seconds.

It runs in the folder of that script, with the same arguments. Its limit is as much longer as the machine is slower.
"""

import os
import runpy
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SILENCE = 30  # seconds of an idle machine; an emulated board works for four on the longest sum that a test asks for

sys.path[0] = os.path.join(os.path.dirname(HERE), "tools")
import patience

sys.path[0] = "../tools"  # and not this folder, whose unittest.py is a board's
import pyboard

pyboard.Pyboard.exec_raw.__defaults__ = (SILENCE * min(max(patience.probe(), 1), patience.SLOWEST), None)
sys.argv[0] = "run-tests.py"
runpy.run_path(sys.argv[0], run_name="__main__")
