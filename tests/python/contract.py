# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil-testing nogil-testing
# The kernel's adapter: a critical section keeps out interrupts of every priority, also where it nests, and tokens do
# not bring an aborted thread back to life.

import heddle_test as t

for priority in (0x00, 0x10, 0x60, 0xC0):
    assert t.crit(priority) == (0, 1), (priority, t.crit(priority))
for i in range(5):
    assert t.abort_unpark() == (1, 1, 1), i
