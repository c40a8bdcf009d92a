# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil nogil
# A thread that ends with interrupts masked, by returning or by an exception, gives them back.

import _thread
import heddle
import machine
import time

# Without a GIL a dict must not grow while other threads read it: room for all names to come.
for i in range(100):
    globals()["_%d" % i] = 0
for i in range(100):
    del globals()["_%d" % i]


def returns():
    machine.disable_irq()


def raises():
    machine.disable_irq()
    raise SystemExit


for function in (returns, raises, returns):
    ident = _thread.start_new_thread(function, ())
    assert heddle.join(ident)
    begin = time.ticks_ms()
    time.sleep_ms(5)
    assert time.ticks_diff(time.ticks_ms(), begin) >= 5
    state = machine.disable_irq()
    machine.enable_irq(state)
    assert state == 0, state
