# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil-testing nogil-testing
# Every function of services.h with every error that it documents, and what autostart, static and essential mean.

import gc
import heddle
import time
import heddle_test as t


def running(i):
    return t.service_stats(i)[0]


# A field that is missing.
t.service_setup(0, None, t.NETWORK, 0, t.OBEY)
assert t.service_register(0) == -t.EINVAL
t.service_setup(0, "bad", 99, 0, t.OBEY)
assert t.service_register(0) == -t.EINVAL

# A life.
t.service_setup(0, "plain", t.NETWORK, 0, t.OBEY)
assert t.service_start(0) == -t.ENOENT
assert t.service_stop(0, 10) == -t.ENOENT
assert t.service_deinit(0) == -t.ENOENT
assert t.service_register(0) == 0
assert t.service_register(0) == -t.EEXIST
assert running(0) == 0 and t.service_stop(0, 10) == 0
t.service_start_auto()
assert running(0) == 0
for round in range(3):
    assert t.service_start(0) == 0
    assert t.service_start(0) == -t.EALREADY
    assert t.service_register(0) == -t.EEXIST
    assert t.service_deinit(0) == -t.EBUSY
    count = t.service_stats(0)[1]
    for i in range(5):
        t.service_wake(0)
        time.sleep_ms(2)
        for _ in range(100):
            if t.service_stats(0)[1] <= count + i:
                time.sleep_ms(5)  # the host has not let it run yet
    assert t.service_stats(0)[1] >= count + 5, t.service_stats(0)
    rows = [row for row in heddle.threads() if row.name == "plain"]
    assert len(rows) == 1 and rows[0].ident is None and rows[0].priority > 7, rows
    assert t.service_stop(0, 10000) == 0 and t.service_error() == ""
    assert running(0) == 0 and t.service_stop(0, 10000) == 0
    assert not [row for row in heddle.threads() if row.name == "plain"]
assert t.service_deinit(0) == 0
assert t.service_deinit(0) == -t.ENOENT

# An entry that returned by itself is still to be stopped.
t.service_setup(0, "once", t.NETWORK, 0, t.ONCE)
assert t.service_register(0) == 0 and t.service_start(0) == 0
time.sleep_ms(5)
assert t.service_stop(0, 10000) == 0 and t.service_start(0) == 0 and t.service_stop(0, 10000) == 0
assert t.service_deinit(0) == 0

# Autostart: at once, since the kernel runs. Static: for good. Essential: survives stop_all, but not stop.
t.service_setup(1, "auto", t.NETWORK, t.AUTOSTART | t.STATIC, t.TICK)
assert t.service_register(1) == 0 and running(1) == 1
t.service_setup(2, "vital", t.BACKGROUND, t.ESSENTIAL, t.TICK)
assert t.service_register(2) == 0 and running(2) == 0 and t.service_start(2) == 0
assert t.service_stop_all(10000) == 0
assert running(1) == 0 and running(2) == 1
assert t.service_deinit(1) == -t.EPERM
t.service_start_auto()
assert running(1) == 1
assert t.service_stop(1, 10000) == 0 and t.service_deinit(1) == -t.EPERM
assert t.service_deinit(2) == -t.EBUSY
assert t.service_stop(2, 10000) == 0 and t.service_deinit(2) == 0

# A service that does not stop is named, and holds up nobody else.
t.service_setup(3, "stubborn", t.NETWORK, 0, t.STUBBORN)
assert t.service_register(3) == 0 and t.service_start(3) == 0
t.service_start_auto()
begin = time.ticks_ms()
assert t.service_stop(3, 40) == -t.ETIMEDOUT
assert 35 <= time.ticks_diff(time.ticks_ms(), begin)
assert t.service_error() == "service 'stubborn' did not stop within 40 ms", t.service_error()
BRIEF = 1000  # what the others need to stop
assert t.service_stop_all(BRIEF) == -t.ETIMEDOUT
assert t.service_error() == "service 'stubborn' did not stop within %d ms" % BRIEF, t.service_error()
assert running(1) == 0 and running(3) == 1
assert t.service_start(3) == -t.EALREADY and t.service_deinit(3) == -t.EBUSY
t.service_release(True)
assert t.service_stop(3, 10000) == 0 and t.service_error() == ""
assert t.service_deinit(3) == 0
