# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# heddle.top(): a table of what runs, again and again; and the same for tools/top.py, marked in a script's output.
import _thread
import heddle
import sys
import time

LINE = "{:<15} {:<9} {:<16} {:>4} {:>4} {:>6} {:>14}\n"
BEGIN, END = "\x1e", "\x1f"  # around a table that a tool takes out of the output


def waits_for(row, names):
    if row.waits_for is None:
        return ""
    return "{}: {}".format(row.waits_for, names.get(row.holder, row.holder)) if row.holder else row.waits_for


def table():
    rows = heddle.threads()
    info = heddle.info()
    names = {row.ident: row.name for row in rows if row.ident}
    rows.sort(key=lambda row: -row.cpu)
    text = "{}, {}, {} core{}, {} Hz, {} thread{}, {} of {} KB free\n".format(
        info.kernel,
        info._thread,
        info.cores,
        "s" * (info.cores > 1),
        info.tick_hz,
        info.threads,
        "s" * (info.threads > 1),
        info.heap_free // 1024,
        info.heap_size // 1024,
    )
    text += LINE.format("THREAD", "STATE", "WAITS FOR", "PRIO", "CORE", "CPU %", "STACK")
    for row in rows:
        text += LINE.format(
            row.name,
            row.state,
            waits_for(row, names),
            row.priority,
            "-" if row.core is None else row.core,
            "{:.1f}".format(row.cpu),
            "{}/{}".format(row.stack_used, row.stack_size),
        )
    return text


def top(interval=1, count=None):
    if interval <= 0:
        raise ValueError("interval must be positive")
    try:
        heddle.threads()  # shares are those since the last time
        shown = 0
        while count is None or shown < count:
            time.sleep(interval)
            # Where it comes again: from the upper left corner on.
            clear = "" if count == 1 else "\x1b[H\x1b[J"
            sys.stdout.write(clear + table())
            shown += 1
    except KeyboardInterrupt:
        pass


def report_forever(interval):
    while True:
        time.sleep(interval)
        sys.stdout.write(BEGIN + table() + END)


# For a tool, beside a script. More urgent than what it looks at, or it would not be there to see who takes all.
def report(interval=1):
    heddle.threads()
    _thread.start_new_thread(report_forever, (interval,), name="top", priority=7)
