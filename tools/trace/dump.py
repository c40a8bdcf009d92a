# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""What heddle.trace wrote, as events: include/rtos_trace.h has the records, vm/modtrace.c the lines around them."""

import base64
import collections
import re
import struct

MARK = "@trace "

# rtos_trace_kind_t
(NONE, SWITCH, PARK, START, NAME, END, WAKE, HELD, RESUME, GIL_WAIT, GIL_TAKE, COLLECT, DEFERRED) = range(13)
(INTERRUPT, MARKED, WAIT) = range(13, 16)
NAMES = "none switch park start name end wake held resume gil_wait gil_take collect deferred interrupt mark wait"
NAMES = NAMES.split()
WITH_THREAD = (WAKE, GIL_WAIT, GIL_TAKE)  # whose argument is one
RECORD = struct.Struct("<III")
ISR = 0xFFFFFF
TURN = 1 << 32  # of the clock


class DumpError(Exception):
    """What is wrong with a dump, in one line."""


class Thread:
    """One that was seen: a Python thread has an ident, a service has none."""

    def __init__(self, ident=None, name=None, priority=None):
        self.ident = ident
        self.name = name
        self.priority = priority
        self.shares_name = False  # with another thread of the trace; names are cut, too

    @property
    def label(self):
        if self.name and self.ident and self.shares_name:
            return "{} {}".format(self.name, self.ident)
        return self.name or ("thread-{}".format(self.ident) if self.ident else "unknown")

    @property
    def is_service(self):
        return not self.ident

    def __repr__(self):
        return self.label


class Event:
    """A record with its time in microseconds from the first one, and threads in place of addresses.

    `thread` is None for the idle thread, and for an interrupt, where `in_isr` is true; so is `other`, the thread in
    the argument.
    """

    def __init__(self, time, kind, core, argument):
        self.time, self.kind, self.core, self.argument = time, kind, core, argument
        self.thread = self.other = None
        self.in_isr = False
        self.wait = kind - WAIT  # of a wait, its core_wait_t
        self.kind = min(kind, WAIT)

    @property
    def name(self):
        return NAMES[self.kind]

    def __repr__(self):
        return "{:.3f} {} {} {}".format(self.time, self.name, self.thread, self.other or self.argument)


class Dump:
    """A whole trace."""

    def __init__(self, lines):
        head, listed, data = read_lines(lines)
        self.hz = int(head["hz"])
        self.cores = int(head["cores"])
        self.gil = head["gil"] == "1"
        self.lost = int(head["lost"])
        self.kernel = head["kernel"]
        self.threads = []
        self.events = self.resolve(list(records_of(data, self.hz)), listed)
        # Where the kernel's switches are not heard of, nobody knows who is on which core.
        self.knows_cores = not any(event.kind == PARK for event in self.events)

    def resolve(self, records, listed):
        """Events with threads. An address has been several threads': backwards, each is known before it is seen."""
        owner = {}
        for subject, ident, priority, name in listed:
            owner[subject] = self.new_thread(ident, name, priority)
        events, names = [], {}
        for event, subject, words in reversed(records):
            if event.kind == NAME:
                names.setdefault(subject, []).insert(0, words)
                continue
            if event.kind == END:
                owner[subject] = self.new_thread(event.argument)
            event.in_isr = subject == ISR
            event.thread = self.owner_of(owner, subject)
            if event.kind in WITH_THREAD:
                event.other = self.owner_of(owner, event.argument >> 3 & 0xFFFFFF)
            if event.kind == START:
                event.thread.ident = event.argument
                event.thread.name = text_of(names.pop(subject, [])) or event.thread.name
                owner.pop(subject)
            events.append(event)
        self.threads.sort(key=lambda t: (t.is_service, t.ident or 0))
        names = collections.Counter(thread.name for thread in self.threads)
        for thread in self.threads:
            thread.shares_name = names[thread.name] > 1
        return events[::-1]

    def new_thread(self, ident=None, name=None, priority=None):
        for known in self.threads:
            if ident and known.ident == ident:
                return known
        self.threads.append(Thread(ident, name, priority))
        return self.threads[-1]

    def owner_of(self, owner, subject):
        if subject in (0, ISR):
            return None
        if subject not in owner:
            owner[subject] = self.new_thread()
        return owner[subject]

    @property
    def end(self):
        return self.events[-1].time if self.events else 0


def read_lines(lines):
    """(head, threads, bytes) of a dump."""
    head, threads, data, ended = None, [], b"", False
    for line in lines:
        kind, _, rest = line.rstrip("\r\n")[len(MARK) :].partition(" ")
        if kind == "begin":
            rest, _, kernel = rest.partition(" kernel=")
            head = dict(re.findall(r"(\w+)=(\d+)", rest), kernel=kernel)
            threads, data, ended = [], b"", False
        elif kind == "thread":
            subject, ident, priority, name = rest.split(" ", 3)
            threads.append((int(subject, 16), int(ident), int(priority), name))
        elif kind == "end":
            ended = True
        else:
            data += base64.b64decode(kind)
    if head is None:
        raise DumpError("there is no trace in it")
    if not ended:
        raise DumpError("the trace has no end")
    return head, threads, data


def text_of(words):
    return b"".join(words).rstrip(b"\0").decode(errors="replace")


def records_of(data, hz):
    """(event, subject, eight characters) for each record. The clock's 32 bits come round."""
    now = first = None
    for time, what, argument in RECORD.iter_unpack(data[: len(data) // RECORD.size * RECORD.size]):
        kind, core, subject = what >> 27, what >> 24 & 7, what & 0xFFFFFF
        if kind == NAME:
            yield Event(0, kind, core, 0), subject, struct.pack("<II", time, argument)
            continue
        if now is None:
            now = first = time
        step = (time - now) % TURN
        # A record may be a little older than the one before it, from another core.
        now += step - TURN if step > TURN - TURN // 16 else step
        yield Event((now - first) * 1e6 / hz, kind, core, argument), subject, b""
