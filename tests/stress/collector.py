# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""A torture of the collector: threads move references between registers, stacks, lists and each other while others
collect. Who holds something last looks whether it is what it was. Without a GIL, on several cores.

SEED and ROUNDS are put in front of this by the case that runs it.
"""

import _thread
import gc
import heddle
import heddle_registers

MOVERS = 6
COLLECTORS = 2
SLOTS = 16
DEEP = 12

lock = _thread.allocate_lock()
shared = [None] * SLOTS
faults = []
moving = MOVERS
collections = 0
idents = []
number = ident = 0
node = None


class Random:
    def __init__(self, seed):
        self.state = seed & 0x3FFFFFFF or 1

    def below(self, n):
        self.state = (self.state * 1103515245 + 12345) & 0x3FFFFFFF
        return (self.state >> 8) % n


def make(n):
    return [n, str(n) * 3, (n, n ^ 0x155555), bytearray(n & 31), n * 1.5]


def is_whole(node):
    n = node[0]
    good = node[1] == str(n) * 3 and node[2] == (n, n ^ 0x155555)
    return good and len(node[3]) == n & 31 and node[4] == n * 1.5


def fault(*what):
    with lock:
        faults.append(what)


def look(node, where):
    if not is_whole(node):
        fault(where, node)


def through_registers(random, own):
    lost = heddle_registers.hold(random.below(heddle_registers.WAYS), 1 + random.below(20000), random.below(1 << 20))
    if lost:
        fault(lost)


# In nothing but the frames of calls, and given back by them.
def descend(random, depth, node):
    if depth == 0:
        look(node, "stack")
        return node
    mine = make(random.below(1 << 20))
    node = descend(random, depth - 1, node)
    look(mine, "frame")
    return node


def through_stack(random, own):
    i = random.below(len(own))
    node, own[i] = own[i], None
    own[i] = descend(random, random.below(DEEP), node)


# One that another thread put there, which has no other reference to it.
def through_others(random, own):
    i, j = random.below(len(own)), random.below(SLOTS)
    with lock:
        node, shared[j] = shared[j], own[i]
        own[i] = None
    own[i] = make(random.below(1 << 20)) if node is None else node
    look(own[i], "other")


def through_lists(random, own):
    i = random.below(len(own))
    deep = random.below(20)
    node, own[i] = own[i], None
    for n in range(deep):
        node = [node, n]
    for n in range(deep):
        node = node.pop(0)
    own[i] = node
    look(node, "list")


def replace(random, own):
    i = random.below(len(own))
    look(own[i], "old")
    own[i] = make(random.below(1 << 20))


MOVES = (through_registers, through_registers, through_stack, through_others, through_lists, replace)


def move(seed):
    global moving
    random = Random(seed)
    own = [make(random.below(1 << 20)) for _ in range(8)]
    try:
        for _ in range(ROUNDS):
            MOVES[random.below(len(MOVES))](random, own)
            if faults:
                break
        for node in own:
            look(node, "end")
    except Exception as er:
        fault(repr(er))
    with lock:
        moving -= 1


def collect():
    global collections
    while moving:
        gc.collect()
        with lock:
            collections += 1


for number in range(COLLECTORS):
    idents.append(_thread.start_new_thread(collect, ()))
for number in range(MOVERS):
    idents.append(_thread.start_new_thread(move, (SEED * 100 + number + 1,)))
for ident in idents:
    heddle.join(ident)
for node in shared:
    if node is not None:
        look(node, "shared")
assert not faults, faults[:3]
print(collections, "collections")
