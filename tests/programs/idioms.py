# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""What several threads do together, so that the result does not depend on who is first.

Each idiom gets an Event: a step that its threads take at the same place of
their lives. Threads that wait for each other inside one step only, in a fixed
order, never wait in a circle. $ in a text is the event's number.
"""

from .tree import Group, Node, Number

IDIOMS = []  # (how many threads at least, at most, function)


def idiom(least, most):
    def register(function):
        IDIOMS.append((least, most, function))
        return function

    return register


class Event:
    def __init__(self, number, dice, bodies, program):
        self.number = number
        self.dice = dice
        self.bodies = bodies  # of this event's threads
        self.program = program
        self.group = Group()

    def node(self, text, *numbers, body=None):
        return Node(text.replace("$", str(self.number)), *numbers, body=body, group=self.group)

    def shared(self, text, *numbers):
        self.program.shared.append(self.node(text, *numbers))

    def put(self, body, text, *numbers, inner=None):
        body.append(self.node(text, *numbers, body=inner))

    def extra(self):
        """Perhaps a statement that changes nothing, of its own group."""
        dice = self.dice
        kinds = [("churn(@)", [dice.number(2, 30)]), ("gc.collect()", []), ("time.sleep(0.002)", [])]
        kinds += [("look()", []), ("pass", [])]
        text, numbers = dice.one_of(kinds)
        return Node(text, *numbers)

    def show(self, expression):
        self.program.end.append(self.node("show('event $', {})".format(expression)))


@idiom(2, 6)
def counter(ev):
    "Counting under a lock that is taken in every way there is."
    ev.shared("count$, lock$ = [0, {}], _thread.allocate_lock()")
    for body in ev.bodies:
        step = [ev.node("count$[0] += @", ev.dice.number(1, 9))]
        if ev.dice.chance(50):
            step.insert(0, ev.extra())
            step[:0] = [ev.node("x = count$[0]")]
            step[-1] = ev.node("count$[0] = x + @", ev.dice.number(1, 9))
        if ev.dice.chance(30):
            step.append(ev.node("count$[1][i % 7] = count$[1].get(i % 7, 0) + @", ev.dice.number(1, 9)))
        kind = ev.dice.below(4)
        if kind == 0:
            inner = [ev.node("with lock$:", body=step)]
        elif kind == 1:
            inner = [ev.node("lock$.acquire()"), ev.node("try:", body=step)]
            inner += [ev.node("finally:", body=[ev.node("lock$.release()")])]
        elif kind == 2:
            inner = [ev.node("while not lock$.acquire(True, 0.001):", body=[ev.extra()])]
            inner += step + [ev.node("lock$.release()")]
        else:
            raising = step + [ev.node("raise Fault(i)")]
            inner = [ev.node("try:", body=[ev.node("with lock$:", body=raising)])]
            inner += [ev.node("except Fault as e:", body=[ev.node("h = fold(h, e.args[0])")])]
        ev.put(body, "for i in range(@):", ev.dice.number(1, 25), inner=inner + [ev.extra()])
    ev.show("[count$[0], digest(count$[1])]")


def structure(ev):
    """A big object: (kind, expression, its numbers)."""
    kind = ev.dice.below(8)
    return kind, "build({}, @, @)".format(kind), [ev.dice.number(5, 60), ev.dice.number(1, 99)]


@idiom(2, 2)
def hand_over(ev):
    "An object whose only reference goes from one thread to another."
    kind, make, numbers = structure(ev)
    giver, taker = ev.bodies
    ev.shared("box$, gate$ = [None], held()")
    ev.put(giver, "box$[0] = " + make, *numbers)
    giver.append(ev.extra())
    ev.put(giver, "gate$.release()")
    giver.append(ev.extra())
    ev.put(taker, "gate$.acquire()")
    if ev.dice.chance(50):
        ev.put(taker, "x, box$[0] = box$[0], None")
        taker.append(ev.extra())
        ev.put(taker, "h, x = fold(h, weigh({}, x)), None".format(kind))
    else:
        taker.append(ev.extra())
        ev.put(taker, "h = fold(h, weigh({}, box$[0]))".format(kind))


@idiom(2, 5)
def barrier(ev):
    "Rounds in which each one sees what all have added, and no more."
    n = len(ev.bodies)
    rounds = ev.dice.number(1, 5)
    ev.shared("barrier$, sum$ = Barrier({}), [0]".format(n))
    for body in ev.bodies:
        inner = [ev.node("add(sum$, i + @)", ev.dice.number(1, 50)), ev.extra(), ev.node("barrier$.wait()")]
        inner += [ev.node("h = fold(h, sum$[0])"), ev.node("barrier$.wait()")]
        ev.put(body, "for i in range(@):", rounds, inner=inner)


@idiom(2, 5)
def queue(ev):
    "Producers and consumers; what each consumer gets is chance, the sum is not."
    producers = ev.dice.between(1, len(ev.bodies) - 1)
    consumers = len(ev.bodies) - producers
    n = ev.dice.number(1, 8)
    ev.shared("queue$, sum$ = Queue(), [0]")
    kind, make, numbers = structure(ev)
    numbers = [Number(min(n.value, 12)) for n in numbers]
    # Each item is another one, so that it matters who gets what.
    make = make.replace(", @)", ", @ + i)")
    for body in ev.bodies[:producers]:
        inner = [ev.extra(), ev.node("queue$.put({})".format(make), *numbers)]
        ev.put(body, "for i in range(@ * {}):".format(consumers), n, inner=inner)
    for body in ev.bodies[producers:]:
        inner = [ev.node("x = queue$.get()"), ev.extra(), ev.node("add(sum$, weigh({}, x))".format(kind))]
        ev.put(body, "for i in range(@ * {}):".format(producers), n, inner=inner)
        ev.put(body, "x = None")
    ev.show("sum$[0]")


@idiom(2, 5)
def expiry(ev):
    "Waits that must expire, because the holder waits for that; others get the lock after it."
    holder, others = ev.bodies[0], ev.bodies[1:]
    expiring = ev.dice.between(1, len(others))
    ev.shared("lock$, holds$, expired$ = _thread.allocate_lock(), Queue(), Queue()")
    ev.put(holder, "lock$.acquire()")
    ev.put(holder, "for i in range({}):".format(len(others)), inner=[ev.node("holds$.put(i)")])
    holder.append(ev.extra())
    for n, body in enumerate(others):
        ev.put(body, "holds$.get()")
        if n < expiring:
            wait = ev.dice.one_of(["True, 0.00@", "True, 0.00@", "False", "True, 0"])
            numbers = [ev.dice.number(1, 9)] * wait.count("@")
            inner = [ev.node("h = fold(h, lock$.acquire({}))".format(wait), *numbers), ev.extra()]
            ev.put(body, "for i in range(@):", ev.dice.number(1, 4), inner=inner)
            ev.put(body, "expired$.put(1)")
        if n >= expiring or ev.dice.chance(50):
            ev.put(body, "h = fold(h, lock$.acquire({}))".format(ev.dice.one_of(["True, 50", "True", ""])))
            body.append(ev.extra())
            ev.put(body, "lock$.release()")
    ev.put(holder, "for i in range({}):".format(expiring), inner=[ev.node("expired$.get()")])
    ev.put(holder, "h = fold(h, lock$.acquire(False))")
    ev.put(holder, "lock$.release()")


@idiom(2, 5)
def ring(ev):
    "A token that goes round, each one changing it."
    gates = ["gate${}".format("abcde"[n]) for n in range(len(ev.bodies))]
    rounds = ev.dice.number(1, 12)
    ev.shared("{} = {}".format(", ".join(gates), ", ".join("held()" for _ in gates)))
    ev.shared("token$ = [1, 'x']")
    ev.shared("{}.release()".format(gates[0]))
    for n, body in enumerate(ev.bodies):
        take = ev.dice.one_of(["{}.acquire()", "h = fold(h, {}.acquire(True, 50))"])
        inner = [ev.node(take.format(gates[n]))]
        inner += [ev.node("token$[0] = (token$[0] * @ + i) % 1000003", ev.dice.number(2, 99)), ev.extra()]
        inner += [ev.node("token$[1] = (token$[1] + str(i))[-@:]", ev.dice.number(1, 9))]
        inner += [ev.node("{}.release()".format(gates[(n + 1) % len(gates)]))]
        ev.put(body, "for i in range(@):", rounds, inner=inner)
    ev.show("token$")


@idiom(2, 5)
def moving(ev):
    "Objects that change places all the time: at each moment one reference, in a place that was looked at or not yet."
    kind, make, numbers = structure(ev)
    ev.shared("slots$, lock$, sum$ = [{make}, {make}], _thread.allocate_lock(), [0]".format(make=make), *numbers * 2)
    for body in ev.bodies:
        ev.put(body, "x = " + make, numbers[0], ev.dice.number(1, 99))
        inner = [ev.node("with lock$:", body=[ev.node("x, slots$[i & 1] = slots$[i & 1], x")]), ev.extra()]
        ev.put(body, "for i in range(@):", ev.dice.number(1, 30), inner=inner)
        ev.put(body, "add(sum$, weigh({}, x))".format(kind))
        ev.put(body, "x = None")
    ev.show("[sum$[0] + weigh({k}, slots$[0]) + weigh({k}, slots$[1])]".format(k=kind))


@idiom(2, 5)
def idents(ev):
    "Each thread has an ident, the same each time, and no two have one."
    n = len(ev.bodies)
    ev.shared("idents$, barrier$ = [], Barrier({})".format(n))
    for body in ev.bodies:
        ev.put(body, "with lock:", inner=[ev.node("idents$.append(_thread.get_ident())")])
        body.append(ev.extra())
        ev.put(body, "barrier$.wait()")
        ev.put(body, "h = fold(h, [len(set(idents$)), _thread.get_ident() in idents$])")


@idiom(2, 2)
def foreign_release(ev):
    "A lock that one thread takes and another gives back."
    first, second = ev.bodies
    ev.shared("lock$, gate$ = _thread.allocate_lock(), held()")
    ev.put(first, "lock$.acquire()")
    ev.put(first, "gate$.release()")
    first.append(ev.extra())
    ev.put(first, "h = fold(h, lock$.acquire({}))".format(ev.dice.one_of(["True, 50", ""])))
    ev.put(first, "lock$.release()")
    ev.put(second, "gate$.acquire()")
    second.append(ev.extra())
    ev.put(second, "h = fold(h, lock$.locked())")
    ev.put(second, "lock$.release()")


@idiom(1, 1)
def storm(ev):
    "Threads that live a moment, with arguments that nobody else refers to."
    kind, make, numbers = structure(ev)
    body = ev.bodies[0]
    stack = ev.dice.one_of([0, 3072, 4096, 6144])
    ev.put(body, "box, gates = [0], []")
    inner = [ev.node("gates.append(held())")]
    call = "start(brief, (gates[-1], box, {}), {}, {})".format(make, ev.dice.between(1, 7), stack)
    if kind == 6:
        call = call.replace(make, "[x() for x in {}]".format(make))
    inner += [ev.node(call, *numbers), ev.extra()]
    ev.put(body, "for i in range(@):", ev.dice.number(1, 9), inner=inner)
    ev.put(body, "for gate in gates:", inner=[ev.node("gate.acquire()")])
    ev.put(body, "h = fold(h, box[0])")


@idiom(1, 1)
def depth(ev):
    "Too deep a recursion is an exception like others."
    inner = [ev.node("deep(0)")]
    ev.put(ev.bodies[0], "try:", inner=inner)
    ev.put(ev.bodies[0], "except RuntimeError as e:", inner=[ev.node("h = caught(h, e)")])
