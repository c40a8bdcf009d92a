# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil-testing-icount nogil-testing-icount
# board: mps2-an385
# Dispatch slots: schedules coalesce and none is lost, suspend nests and waits, timers fire once.

import time
import heddle_test as t


def calls(i):
    return t.slot_stats(i)[0]


# All slots can be had but those in use, and come back.
taken = 0
while t.slot_register(taken, t.COUNT) == 0:
    taken += 1
assert 4 <= taken < t.SLOTS, taken
assert t.slot_register(taken, t.COUNT) == -t.ENOSPC
for i in range(taken):
    t.slot_schedule(i)
for i in range(taken):
    assert calls(i) == 1, i
    t.slot_unregister(i)

# Suspended schedules coalesce, and are kept; suspending nests.
assert t.slot_register(0, t.COUNT) == 0 and t.slot_register(1, t.COUNT) == 0
t.slot_suspend(0)
t.slot_suspend(0)
for i in range(10):
    t.slot_schedule(0)
t.slot_schedule(1)
time.sleep_ms(5)
assert (calls(0), calls(1)) == (0, 1)
t.slot_resume(0)
time.sleep_ms(5)
assert calls(0) == 0
t.slot_resume(0)
assert calls(0) == 1
time.sleep_ms(5)
assert calls(0) == 1
t.slot_suspend(0)
t.slot_resume(0)
assert calls(0) == 1

# Scheduled at a time: once, not early, replaced or called off.
begin = time.ticks_us()
t.slot_schedule_in(0, 20000)
t.slot_schedule_in(1, 5000)
while calls(0) == 1:
    time.sleep_ms(1)
assert time.ticks_diff(time.ticks_us(), begin) >= 20000
assert calls(1) == 2
t.slot_schedule_in(0, 10000)
t.slot_schedule_in(0, -1)
t.slot_schedule_in(1, 100000)
t.slot_schedule_in(1, 3000)
time.sleep_ms(30)
assert (calls(0), calls(1)) == (2, 3), (calls(0), calls(1))
t.slot_schedule_in(0, 0)
time.sleep_ms(5)
assert calls(0) == 3
t.slot_unregister(0)
t.slot_unregister(1)

# A schedule while the callback runs starts it again, once for several.
assert t.slot_register(0, t.AGAIN) == 0
t.slot_schedule(0)
time.sleep_ms(5)
assert calls(0) == 2, calls(0)
t.slot_unregister(0)

# A callback that waits: suspend and unregister return when it is over, and schedules meanwhile are kept.
assert t.slot_register(0, t.PARK) == 0
t.slot_schedule(0)
assert t.slot_stats(0) == (1, 1), "it should be inside its callback"
t.slot_schedule(0)
t.slot_suspend(0)
assert t.slot_stats(0) == (1, 0), t.slot_stats(0)
time.sleep_ms(40)
assert t.slot_stats(0) == (1, 0)
t.slot_resume(0)
assert t.slot_stats(0) == (2, 1), t.slot_stats(0)
t.slot_unregister(0)
assert t.slot_stats(0) == (2, 0), t.slot_stats(0)

# From its own callback suspend does not wait for itself.
assert t.slot_register(0, t.SELF_SUSPEND) == 0
for i in range(3):
    t.slot_schedule(0)
    time.sleep_ms(2)
    assert t.slot_stats(0) == (i + 1, 0), t.slot_stats(0)
t.slot_unregister(0)
