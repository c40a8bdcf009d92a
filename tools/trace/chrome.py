# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""A timeline in the Trace Event format, which Perfetto and chrome://tracing open."""

import json

import timeline

CORES, THREADS, SYSTEM = 1, 2, 3  # processes
PROCESSES = {CORES: "cores", THREADS: "threads", SYSTEM: "collector and interrupts"}
COLLECTOR, DEFERRED, INTERRUPTS = 1, 2, 10  # lanes of the last; that of core n is INTERRUPTS + n
COLOURS = {
    timeline.RUNNING: "thread_state_running",
    timeline.READY: "thread_state_runnable",
    timeline.GIL: "thread_state_uninterruptible",
    timeline.LOCK: "thread_state_iowait",
    timeline.WAITING: "thread_state_sleeping",
}


def microseconds(time):
    return round(time, 3)


def name_of(pid, tid, name, index):
    """Metadata: what a lane is called, and its place."""
    yield {"ph": "M", "pid": pid, "tid": tid, "name": "thread_name", "args": {"name": name}}
    yield {"ph": "M", "pid": pid, "tid": tid, "name": "thread_sort_index", "args": {"sort_index": index}}


def slice_of(pid, tid, name, begin, end, category, **arguments):
    ts = microseconds(begin)
    event = {"ph": "X", "pid": pid, "tid": tid, "name": name, "cat": category}
    event.update(ts=ts, dur=microseconds(microseconds(end) - ts))
    if category in COLOURS:
        event["cname"] = COLOURS[category]
    arguments = {key: value for key, value in arguments.items() if value}
    return dict(event, args=arguments) if arguments else event


class Writer:
    """The events of one timeline; each thread's lane has its number, whatever its ident."""

    def __init__(self, line):
        self.line = line
        self.tids = {lane.thread: number for number, lane in enumerate(line.threads, 1)}

    def events(self):
        found = list(self.metadata())
        timed = [*self.spans(), *self.runs(), *self.system(), *self.flows(), *self.instants()]
        # Of those that begin together the longer one is outside.
        return found + sorted(timed, key=lambda e: (e["ts"], e["ph"] != "X", -e.get("dur", 0)))

    def metadata(self):
        for pid, name in PROCESSES.items():
            yield {"ph": "M", "pid": pid, "tid": 0, "name": "process_name", "args": {"name": name}}
            yield {"ph": "M", "pid": pid, "tid": 0, "name": "process_sort_index", "args": {"sort_index": pid}}
        for lane in self.line.threads:
            yield from name_of(THREADS, self.tids[lane.thread], lane.thread.label, self.tids[lane.thread])
        for core in sorted(self.line.cores):
            yield from name_of(CORES, core + 1, "core {}".format(core), core)
        yield from name_of(SYSTEM, COLLECTOR, "collections", 0)
        yield from name_of(SYSTEM, DEFERRED, "deferred interrupts", 1)
        for core in sorted({piece.core for piece in self.line.interrupts}):
            yield from name_of(SYSTEM, INTERRUPTS + core, "interrupts of core {}".format(core), 2 + core)

    def spans(self):
        for lane in self.line.threads:
            for span in lane.spans:
                name = span.what or span.state
                holder = span.holder.label if span.holder else None
                yield slice_of(THREADS, self.tids[lane.thread], name, span.begin, span.end, span.state, holder=holder)

    def runs(self):
        for core, runs in self.line.cores.items():
            for run in runs:
                yield slice_of(CORES, core + 1, run.thread.label, run.begin, run.end, "core", ident=run.thread.ident)

    def system(self):
        for found in self.line.collections:
            by = found.thread.label if found.thread else None
            yield slice_of(SYSTEM, COLLECTOR, "collection", found.begin, found.end, "collection", by=by)
            yield slice_of(SYSTEM, COLLECTOR, "world stopped", found.stopped, found.resumed, "collection")
        for piece in self.line.deferred:
            yield slice_of(SYSTEM, DEFERRED, "slot {}".format(piece.number), piece.begin, piece.end, "deferred")
        for piece in self.line.interrupts:
            name = "interrupt {}".format(piece.number)
            yield slice_of(SYSTEM, INTERRUPTS + piece.core, name, piece.begin, piece.end, "interrupt")

    def flows(self):
        """From who woke to who was woken; both ends are inside of slices, or there is no arrow."""
        for number, wake in enumerate(self.line.wakes, 1):
            ends = self.line.lanes.get(wake.by), self.line.lanes.get(wake.to)
            if None in ends:
                continue
            begin, end = ends[0].span_at(wake.time), ends[1].next_run(wake.time)
            if begin is None or end is None:
                continue
            name = "GIL" if wake.gil else "wake"
            common = {"pid": THREADS, "name": name, "cat": name, "id": number}
            yield dict(common, ph="s", tid=self.tids[wake.by], ts=microseconds(wake.time))
            yield dict(common, ph="f", bp="e", tid=self.tids[wake.to], ts=microseconds(max(end.begin, wake.time)))

    def instants(self):
        for time, thread, number in self.line.marks:
            if thread in self.tids:
                common = {"ph": "i", "s": "t", "pid": THREADS, "cat": "mark", "name": "mark {}".format(number)}
                yield dict(common, tid=self.tids[thread], ts=microseconds(time))


def write(line, stream):
    source = line.dump
    other = {"kernel": source.kernel, "cores": source.cores, "GIL": source.gil, "lost records": source.lost}
    whole = {"traceEvents": Writer(line).events(), "displayTimeUnit": "ns", "otherData": other}
    json.dump(whole, stream, separators=(",", ":"))
