# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: nogil-testing
# A finaliser that closes a file waits for a thread that is inside the file system, and the collection with it.

import _thread
import gc
import heddle
import time
import heddle_test as t

HELD = 200
waited = []
text = "never closed"


def drop(n):
    f = open("/dropped%d" % n, "w")
    f.write(text)


while sum(ms > HELD // 2 for ms in waited) < 2:
    # What a register still points at is found by the next collection, and a busy host comes late.
    assert len(waited) < 20, waited
    drop(len(waited) % 3)
    [0] * 20
    holder = _thread.start_new_thread(t.fs_hold, (HELD,), priority=7)
    time.sleep_ms(20)
    begin = time.ticks_ms()
    gc.collect()
    waited.append(time.ticks_diff(time.ticks_ms(), begin))
    assert heddle.join(holder, 10)
