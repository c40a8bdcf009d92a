# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""What the events of a trace mean: for each thread and core what it did from when to when, who woke whom, pauses."""

import bisect
import collections

import dump

# What a thread does. It waits for the GIL and is READY when it could run, but for others.
RUNNING, READY, GIL, LOCK, WAITING = "running", "ready", "waiting for the GIL", "waiting for a lock", "waiting"
STATES = (RUNNING, READY, GIL, LOCK, WAITING)

# core_wait_t
KINDS = "other join join_until sleep event import gil flag semaphore condition queue lock mutex".split()

Span = collections.namedtuple("Span", "begin end state what holder")  # `what`: of a wait, `holder`: of a lock, a Thread
Run = collections.namedtuple("Run", "begin end thread")
Wake = collections.namedtuple("Wake", "time by to gil")  # `by` is None for an interrupt; `gil`: it was handed over
Collection = collections.namedtuple("Collection", "begin stopped resumed end thread")
Piece = collections.namedtuple("Piece", "begin end number core")


class Lane:
    """A thread's spans, one behind the other."""

    def __init__(self, thread, begin):
        self.thread = thread
        self.spans = []
        self.on = False  # a core
        self.known = False  # what it does
        self.since = begin
        self.ended = False
        self.off = WAITING if thread.is_service else READY  # its state while it is on no core
        self.what, self.holder = "", None

    @property
    def state(self):
        return RUNNING if self.on else self.off

    def at(self, time, was, **changes):
        """Something changes. The first time that a thread is heard of, `was` is what it did until then."""
        if not self.known:
            self.known, self.on, self.off = True, was == RUNNING, WAITING
        before = self.state, self.what, self.holder
        for name, value in changes.items():
            setattr(self, name, value)
        if self.state != before[0] or (not self.on and (self.what, self.holder) != before[1:]):
            self.close(time, *before)

    def wait_ends(self, time):
        self.at(time, WAITING, off=WAITING if self.thread.is_service else READY, what="", holder=None)

    def close(self, time, state, what, holder):
        if time > self.since and not self.ended:
            self.spans.append(Span(self.since, time, state, "" if state == RUNNING else what, holder))
        self.since = max(time, self.since)

    def end(self, time):
        self.close(time, self.state, self.what, self.holder)
        self.ended = True

    def from_end(self, time):
        """The number of the first span that ends later."""
        return bisect.bisect_right(self.spans, time, key=lambda span: span.end)

    def span_at(self, time):
        at = self.from_end(time)
        return self.spans[at] if at < len(self.spans) and self.spans[at].begin <= time else None

    def next_run(self, time):
        later = (self.spans[at] for at in range(self.from_end(time), len(self.spans)))
        return next((span for span in later if span.state == RUNNING), None)


class Timeline:
    """A trace that is understood."""

    def __init__(self, source):
        self.dump = source
        self.begin, self.end = 0, source.end
        self.lanes = {thread: Lane(thread, 0) for thread in source.threads}
        self.cores = {}  # of each the runs
        self.wakes, self.collections, self.interrupts, self.deferred, self.marks = [], [], [], [], []
        self.now_on = {}  # core: (thread, since)
        self.open = {}  # what has begun
        self.held = {}  # who has what a thread will wait for
        self.by_ident = {thread.ident: thread for thread in source.threads if thread.ident}
        for event in source.events:
            getattr(self, "on_" + event.name)(event)
        self.finish()

    def lane(self, event):
        return self.lanes.get(event.thread)

    def finish(self):
        for lane in self.lanes.values():
            lane.end(self.end)
        for core in list(self.now_on):
            self.leave(core, self.end)
        for begin in self.open.pop("collect", {}).values():
            self.collections.append(Collection(*(begin + [self.end] * 4)[:4], None))
        for lane in list(self.lanes.values()):
            if not lane.spans:
                del self.lanes[lane.thread]

    def leave(self, core, time):
        thread, since = self.now_on.pop(core, (None, time))
        if thread and time > since:
            self.cores.setdefault(core, []).append(Run(since, time, thread))
        return thread

    def on_switch(self, event):
        if self.dump.knows_cores:
            if self.now_on.get(event.core, (None,))[0] is event.thread:
                return
            before = self.leave(event.core, event.time)
            self.cores.setdefault(event.core, [])
            if before and before in self.lanes:
                self.lanes[before].at(event.time, RUNNING, on=False)
            self.now_on[event.core] = (event.thread, event.time)
        if event.thread:
            self.lane(event).at(event.time, WAITING, on=True)

    def on_park(self, event):
        self.lane(event).at(event.time, RUNNING, on=False)

    def on_start(self, event):
        lane = self.lane(event)
        lane.known, lane.since = True, event.time

    def on_end(self, event):
        self.lane(event).end(event.time)

    def on_held(self, event):
        self.held[event.thread] = self.by_ident.get(event.argument)

    def on_wait(self, event):
        what = KINDS[event.wait] if event.wait < len(KINDS) else "wait"
        holder = self.held.pop(event.thread, None)
        off = LOCK if what in ("lock", "mutex") else WAITING
        self.lane(event).at(event.time, RUNNING, off=off, what=what, holder=holder)

    def on_wake(self, event):
        if event.other:
            self.wakes.append(Wake(event.time, event.thread, event.other, False))
            self.lanes[event.other].wait_ends(event.time)

    def on_resume(self, event):
        self.lane(event).wait_ends(event.time)

    def on_gil_wait(self, event):
        self.lane(event).at(event.time, RUNNING, off=GIL, what="GIL", holder=event.other)

    def on_gil_take(self, event):
        if event.other and event.other is not event.thread:
            self.wakes.append(Wake(event.time, event.other, event.thread, True))
        self.lane(event).wait_ends(event.time)

    def on_collect(self, event):
        begun = self.open.setdefault("collect", {})
        times = begun.setdefault(event.thread, []) if event.argument == 0 else begun.get(event.thread, [])
        if len(times) == event.argument:
            times.append(event.time)
        if event.argument == 3 and len(begun.pop(event.thread, [])) == 4:
            self.collections.append(Collection(*times, event.thread))

    def on_interrupt(self, event):
        self.piece(self.interrupts, ("interrupt", event.core), event)

    def on_deferred(self, event):
        self.piece(self.deferred, "deferred", event)

    def piece(self, pieces, key, event):
        begun = self.open.setdefault(key, [])
        if event.argument:
            begun.append(event)
        elif begun:
            begin = begun.pop()
            pieces.append(Piece(begin.time, event.time, begin.argument - 1, begin.core))

    def on_mark(self, event):
        self.marks.append((event.time, event.thread, event.argument))

    def on_none(self, event):
        """A record that was being written when the trace ended."""

    @property
    def threads(self):
        """Lanes in the order in which they are shown: main, threads, services."""
        return list(self.lanes.values())

    def time_in(self, lane, state):
        return sum(span.end - span.begin for span in lane.spans if span.state == state)
