# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""From a seed to a program with threads.

usage: python3 -m programs.generate v2-123     (in tests/: print that program)

A program is a sequence of events, each in one thread or in several: a thread
starts or ends, some code runs, an object is made to be looked at much later,
or threads meet (idioms.py). Every thread takes its events in the same order.
"""

import re
import sys

from . import idioms, library, tree
from .idioms import Event, structure
from .statements import Dice, Writer
from .tree import KEEP, Group, Node, Number

# To be raised whenever a seed gives another program than before; a test compares.
VERSION = 2


class SeedError(Exception):
    pass


def seed_name(number, count=1):
    return "v{}-{}".format(VERSION, number) + ("+{}".format(count) if count > 1 else "")


def parse_seed(text):
    """(number, how many programs) of v2-123, or of v2-123+20 for twenty in one run."""
    found = re.fullmatch(r"v(\d+)-(\d{1,12})(?:\+(\d{1,3}))?", text)
    if not found or found.group(3) in ("0", "00", "000"):
        raise SeedError("SEED={}: no seed; they look like {} or {}".format(text, seed_name(123), seed_name(123, 20)))
    if int(found.group(1)) != VERSION:
        message = "SEED={}: made by version {} of the generator, and this is version {}"
        raise SeedError(message.format(text, found.group(1), VERSION))
    return int(found.group(2)), int(found.group(3) or 1)


class Thread:
    """`body` is what it does so far; main is number 0 and has no parent."""

    def __init__(self, number, parent):
        self.number = number
        self.parent = parent
        self.body = []
        self.kept = []  # what looks at the objects that it has kept
        self.group = Group() if parent else KEEP
        self.alive = True
        self.ending = None


class Program:
    """`seed` is its name; `group` stands for all of it."""

    def __init__(self, number):
        self.number = number
        self.seed = seed_name(number)
        self.group = Group()
        self.dice = Dice(self.seed)
        self.shared, self.functions, self.end = [], [], []
        self.threads = [Thread(0, None)]
        self.writer = Writer(self.dice)
        self.events = 0
        self.generate()
        self.nodes = list(self.assemble())

    def text(self, removed=frozenset(), values={}):
        return library.with_library("\n".join(tree.lines(self.nodes, removed, values)) + "\n")

    # ---- events

    def generate(self):
        dice = self.dice
        for n in range(dice.between(0, 3)):
            self.functions.append(self.writer.function("f{}".format(n)))
        most = dice.between(2, 7)
        for _ in range(dice.between(1, 3)):
            self.start_thread()
        for _ in range(dice.between(6, 24)):
            choice = dice.below(100)
            if choice < 12 and len(self.threads) <= most:
                self.start_thread()
            elif choice < 18 and len(self.alive()) > 3:
                self.end_thread(dice.one_of(self.alive()[1:]))
            elif choice < 50:
                self.meet()
            elif choice < 75:
                dice.one_of(self.alive()).body.append(self.writer.chunk())
            else:
                self.keep(dice.one_of(self.alive()))
        for thread in self.alive()[:0:-1]:
            self.end_thread(thread)
        self.threads[0].body += self.threads[0].kept

    def alive(self):
        return [thread for thread in self.threads if thread.alive]

    def event(self, threads):
        self.events += 1
        return Event(self.events, self.dice, [thread.body for thread in threads], self)

    def meet(self):
        alive = self.alive()
        fitting = [entry for entry in idioms.IDIOMS if entry[0] <= len(alive)]
        least, most, function = self.dice.one_of(fitting)
        chosen = self.dice.some(alive, least)[:most]
        function(self.event(chosen))

    def start_thread(self):
        dice = self.dice
        thread = Thread(len(self.threads), dice.one_of(self.alive()))
        ev = self.event([thread])
        kind, make, numbers = structure(ev)
        thread.body.append(Node("h, given = fold(h, weigh({}, given)), None".format(kind)))
        thread.body.insert(0, ev.extra())
        call = "who{n} = start(thread{n}, (@, {make}), {priority}, {stack})".format(
            n=thread.number, make=make, priority=4 if dice.chance(50) else dice.between(1, 7),
            stack=dice.one_of([8192, 10240, 12288]))
        thread.parent.body.append(Node(call, dice.number(1, 99), *numbers, group=thread.group))
        self.shared.append(Node("done{} = held()".format(thread.number), group=thread.group))
        self.threads.append(thread)

    def end_thread(self, thread):
        dice = self.dice
        thread.alive = False
        thread.body += thread.kept
        if dice.chance(20):
            thread.body.append(Node("_thread.exit()"))
        joiner = thread.parent if thread.parent.alive and dice.chance(70) else self.threads[0]
        joiner.body.append(Node("done{}.acquire()".format(thread.number), group=thread.group))
        if joiner is thread.parent and dice.chance(50):
            joiner.body.append(Node("h = fold(h, left(who{}))".format(thread.number), group=thread.group))

    def keep(self, thread):
        """An object that lives, referred to in one way or another, until its thread ends."""
        dice = self.dice
        ev = self.event([thread])
        kind, make, numbers = structure(ev)
        n, k = dice.number(1, 60), dice.number(1, 60)
        forms = [
            ("k$ = " + make, numbers, "weigh({}, k$)".format(kind)),
            ("k$ = constant({})".format(make), numbers, "weigh({}, k$())".format(kind)),
            ("k$ = [{{'x': [({},)]}}]".format(make), numbers, "weigh({}, k$[0]['x'][0][0])".format(kind)),
            ("k$ = links(@, @).weigh", [n, k], "k$(3)"),
            ("k$ = numbered(@, @)\nnext(k$)", [n, k], "list(k$)"),
            ("k$ = iter(build(0, @, @))", [n, k], "list(k$)"),
            ("k$ = memoryview(bytearray(range(@)))[@:]", [Number(n.value + 60, 2), k], "list(k$)"),
            ("try:\n    raise Fault({})\nexcept Fault as e:\n    k$ = e".format(make), numbers,
             "weigh({}, k$.args[0])".format(kind)),
            ("h = fold(h, weigh({}, second({}, churn(@))))".format(kind, make), numbers + [dice.number(5, 90)], None),
            ("for x in build(0, @, @):\n    h = fold(h, x)\n    churn(@)", [n, k, dice.number(2, 9)], None),
        ]
        make, numbers, look = dice.one_of(forms)
        ev.put(thread.body, make, *numbers)
        if look:
            thread.kept.append(ev.node("h = fold(h, {})".format(look)))

    # ---- the tree

    def assemble(self):
        dice, writer = self.dice, self.writer
        limit = dice.one_of([8000, 20000, 60000, 200000])
        yield Node("collect_each(@)", Number(limit, limit))
        yield from self.shared
        yield from self.functions
        for thread in self.threads[1:]:
            release = "finish({n}, h)\ndone{n}.release()".format(n=thread.number)
            body = [
                writer.start(),
                Node("try:", body=thread.body, group=KEEP),
                Node("except Exception as e:", body=[Node("unexpected(e)", group=KEEP)], group=KEEP),
                Node("finally:", body=[Node(release, group=KEEP)], group=KEEP),
            ]
            yield Node("def thread{}(h, given):".format(thread.number), body=body, group=thread.group)
        body = [Node("h = 0", group=KEEP), writer.start()] + self.threads[0].body + [Node("finish(0, h)", group=KEEP)]
        yield Node("def main():", body=body, group=KEEP)
        yield Node("main()", group=KEEP)
        yield from self.end
        yield Node("for name, value in sorted(shown):", body=[Node("print(name, value)", group=KEEP)], group=KEEP)


def main():
    try:
        number, count = parse_seed(sys.argv[1] if len(sys.argv) == 2 else "")
    except SeedError as er:
        sys.exit(str(er))
    for n in range(number, number + count):
        print(Program(n).text())


if __name__ == "__main__":
    main()
