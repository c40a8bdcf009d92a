# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""A timeline in a few lines: who was busiest, who waited longest and for whom, the longest pause."""

import timeline

MOST = 5


def time_text(microseconds):
    for size, unit in ((1e6, "s"), (1e3, "ms")):
        if microseconds >= size:
            return "{:.3g} {}".format(microseconds / size, unit)
    return "{:.3g} µs".format(microseconds)


def about(line):
    source = line.dump
    words = [source.kernel, "{} core{}".format(source.cores, "" if source.cores == 1 else "s")]
    words += ["GIL" if source.gil else "no GIL", time_text(line.end - line.begin)]
    return ", ".join(words)


def busiest(line):
    length = max(line.end - line.begin, 1e-3)
    times = [(line.time_in(lane, timeline.RUNNING), lane.thread.label) for lane in line.threads]
    found = sorted((time for time in times if time[0] > 0), key=lambda time: -time[0])[:MOST]
    return ["{}: {} on a core, {:.1f} %".format(label, time_text(time), 100 * time / length) for time, label in found]


def wait_text(span, thread):
    what = "the GIL" if span.state == timeline.GIL else "a lock"
    held = ", held by {}".format(span.holder.label) if span.holder else ""
    return "{}: {} for {}{}".format(thread.label, time_text(span.end - span.begin), what, held)


def longest_waits(line):
    """Of waits for what another thread has: a sleep may be as long as it likes."""
    waits = [(s, lane.thread) for lane in line.threads for s in lane.spans if s.state in (timeline.LOCK, timeline.GIL)]
    waits.sort(key=lambda wait: wait[0].begin - wait[0].end)
    return [wait_text(*wait) for wait in waits[:MOST]]


def longest_pause(line):
    if not line.collections:
        return ["no collections"]
    worst = max(line.collections, key=lambda c: c.resumed - c.stopped)
    by = " (in {})".format(worst.thread.label) if worst.thread else ""
    count = len(line.collections)
    taken = sum(c.end - c.begin for c in line.collections)
    return [
        "{} collection{}, {} in all".format(count, "" if count == 1 else "s", time_text(taken)),
        "longest pause: {}{}".format(time_text(worst.resumed - worst.stopped), by),
    ]


def counts(line):
    lines = []
    if line.cores:
        lines.append("{} switches".format(sum(len(runs) for runs in line.cores.values())))
    lines.append("{} wake-ups".format(sum(not wake.gil for wake in line.wakes)))
    if line.dump.gil:
        lines[-1] += ", the GIL handed over {} times".format(sum(wake.gil for wake in line.wakes))
    if line.dump.lost:
        lines.append("the {} oldest records were overwritten".format(line.dump.lost))
    return lines


def columns(line):
    """(heading, lines) beside each other."""
    return [
        ("busiest threads", busiest(line) or ["nobody ran"]),
        ("longest waits for others", longest_waits(line) or ["nobody waited"]),
        ("collections and counts", longest_pause(line) + counts(line)),
    ]


def text(line):
    found = [about(line)]
    for heading, lines in columns(line):
        found += [heading + ":"] + ["    " + entry for entry in lines]
    return "\n".join(found)
