# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""The catalogue of ways to get threads wrong: each file beside this one adds those of a folder.

A fault is a small change of our sources that puts a fault of the real world back,
with a sentence that says what goes wrong, and the case that has to notice. Its
edits are (path, text that is there once, text in its place). A window of a few
instructions may be widened by a loop, so that one run meets it.
"""

FAULTS = {}


def fault(name, story, caught_by, *edits):
    assert name not in FAULTS, name
    FAULTS[name] = (story, caught_by, edits)
