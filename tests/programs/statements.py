# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Random code of one thread: expressions, containers, control flow, exceptions.

It works on locals that every function sets at its start: h (the checksum), the
ints a, b and c, the list l, the dict d, the str s and the bytearray v.
"""

import random

from .tree import KEEP, Node, Number

LOCALS = "a, b, c, l, d, s, v = @, @, @, [@], {@: 1}, 'x', bytearray(9)"
MASK = "0xffffffffffffffff"
FAULTS = ["ValueError(@)", "KeyError(@)", "Fault(@)", "OSError(@)", "RuntimeError(@)"]
# What raises by itself.
RISKS = [
    ("a = b // (c % 3)", "ZeroDivisionError"),
    ("a = l[a % 40]", "IndexError"),
    ("a = d[b % 9]", "KeyError"),
    ("a = l.pop(@)", "IndexError"),
    ("a = int(s)", "ValueError"),
    ("a = a + s", "TypeError"),
    ("a = s.nothing", "AttributeError"),
    ("a = next(iter(l[@:]))", "StopIteration"),
    ("assert a % 2", "AssertionError"),
]


class Dice:
    """Random choices from a seed. Only random() is promised to stay the same in every Python."""

    def __init__(self, seed):
        self.random = random.Random(seed).random

    def below(self, n):
        return int(self.random() * n)

    def between(self, low, high):
        return low + self.below(high - low + 1)

    def one_of(self, items):
        return items[self.below(len(items))]

    def chance(self, percent):
        return self.below(100) < percent

    def some(self, items, least):
        """At least so many of them, in an order of its own."""
        items, chosen = list(items), []
        for _ in range(self.between(least, len(items))):
            chosen.append(items.pop(self.below(len(items))))
        return chosen

    def number(self, low, high, least=1):
        return Number(self.between(low, high), least)


class Writer:
    """Writes statements; `functions` are those that the program has, callable as f(x, y)."""

    def __init__(self, dice, functions=()):
        self.dice = dice
        self.functions = list(functions)
        self.loops = 0  # how many are open here
        self.names = 0

    def name(self, prefix):
        self.names += 1
        return "{}{}".format(prefix, self.names)

    def start(self):
        """The statement that gives the locals their first values."""
        dice = self.dice
        numbers = [dice.number(0, 99, 0) for _ in range(5)]
        return Node(LOCALS, *numbers, group=KEEP)

    # ---- expressions: (text, numbers)

    def join(self, text, *parts):
        """A text with each $ replaced by the next part."""
        out, numbers, pieces = "", [], text.split("$")
        assert len(pieces) == len(parts) + 1, text
        for piece, part in zip(pieces, parts + (("", []),)):
            out += piece + part[0]
            numbers += [self.dice.number(1, 50) for _ in range(piece.count("@"))] + part[1]
        return out, numbers

    def integer(self, depth=2):
        dice = self.dice
        if depth == 0 or dice.chance(15):
            return self.join(dice.one_of(["a", "b", "c", "h", "@", "len(l)", "len(s)", "v[@ % len(v)]"]))
        forms = [
            "($ {} $)".format(dice.one_of("+ - * & | ^".split())),
            "($ {} @)".format(dice.one_of("% // << >>".split())),
            "(l[$ % len(l)] if l else $)",
            "d.get($ % 16, $)",
            "v[$ % len(v)]",
            "({}($, $))".format(dice.one_of(["min", "max"])),
            "($ if $ {} $ else $)".format(dice.one_of("< > == != <= >=".split())),
            "sum([x % @ + $ for x in l])",
            "sum(x * $ for x in range(@ % 9))",
            "divmod($, @)[{}]".format(dice.below(2)),
            "pow($ % 99, @, @)",
            "int('%d' % $)",
            "(lambda x, y: x - y * @)($, $)",
            "len(set([x % @ for x in l]))",
            "abs(-$)",
        ]
        if self.functions and self.loops == 0:
            forms += ["{}($, $)".format(dice.one_of(self.functions))] * 3
        form = dice.one_of(forms)
        repeated = " for x" in form
        self.loops += repeated
        parts = [self.integer(depth - 1) for _ in range(form.count("$"))]
        self.loops -= repeated
        return self.join(form, *parts)

    def condition(self):
        return self.join("$ % @ {} @".format(self.dice.one_of("< > == !=".split())), self.integer())

    # ---- statements

    def node(self, text, *parts, body=None):
        text, numbers = self.join(text, *parts)
        return Node(text, *numbers, body=body)

    def assignment(self):
        dice = self.dice
        name = dice.one_of(["a", "b", "c"])
        form = dice.one_of(["{n} = $ & {m}", "{n} = ({n} * @ + $) & {m}", "{n} = ($ ^ {n}) % 1000003"])
        return self.node(form.format(n=name, m=MASK), self.integer(3))

    def container(self):
        form = self.dice.one_of([
            "l.append($ & 0xffffff)", "l.insert($ % (len(l) + 1), @)", "l = l[-30:] + [@]",
            "l.sort()", "l.reverse()", "l = [x + @ for x in l][:30]", "l.extend([@] * ($ % 5))",
            "l = sorted(set(l))[:30]", "l[@:@] = [$ & 255]", "del l[@:]", "l = l[::-1]",
            "l = [x for x in l if x % @] + list(range(@ % 9))", "l, v = list(v), bytearray([x & 255 for x in l] + [1])",
            "d[$ % 16] = $ & 0xffff", "d.pop($ % 16, None)", "d = {x % 16: x + @ for x in l}",
            "d.update({@ % 16: $ % 99})", "l = sorted(d) + l[:9]", "l = [d[k] for k in sorted(d)]",
            "s = (s + str($))[-40:]", "s = '%d|%s' % ($, s[:30])", "s = '{:>9}{}'.format($ % 999, s[:20])",
            "s = ','.join([str(x) for x in l[:5]])", "s = s.replace('1', 'one')[:40]", "s = s[3:] + 'y' * ($ % 4)",
            "s = ''.join(sorted(s))", "s = s.upper() if $ % 2 else s.lower()", "s = '-'.join(s.split('2'))[:40]",
            "v[$ % len(v)] = $ & 255", "v.extend(bytes([@, @]))", "v = v[-40:] + b'z'",
            "v = bytearray(str($ & 0xffff).encode())",
        ])
        return self.node(form, *[self.integer(1) for _ in range(form.count("$"))])

    def folding(self):
        value = self.dice.one_of(["a", "b", "c", "l", "d", "s", "v", "$"])
        parts = [self.integer()] if value == "$" else []
        return self.node("h = fold(h, {})".format(value), *parts)

    def garbage(self):
        text = self.dice.one_of(["churn(@)", "churn(@)", "gc.collect()", "time.sleep(0.00{})"])
        return Node(text.format(self.dice.between(1, 4)), *[self.dice.number(5, 60)] * text.count("@"))

    def loop(self, depth):
        i = self.name("i")
        self.loops += 1
        body = self.block(depth - 1, 3)
        if self.dice.chance(30):
            body.append(self.node("if $:", self.condition(), body=[Node(self.dice.one_of(["break", "continue"]))]))
            body.append(self.folding())
        self.loops -= 1
        form = self.dice.one_of([
            "for {i} in range(@ % 7):", "for {i} in l[:4]:", "for {i} in sorted(d)[:4]:",
            "for {i}, _ in enumerate(v[:5]):", "for {i} in numbered(@ % 5, 3):",
        ])
        return self.node(form.format(i=i), body=body + [Node("c += digest({})".format(i))])

    def choice(self, depth):
        node = self.node("if $:", self.condition(), body=self.block(depth - 1, 2))
        other = Node("else:", body=self.block(depth - 1, 2), group=node.group)
        return Node(None, body=[node, other], group=node.group)

    def attempt(self, depth):
        """Something that raises, here or in a function, with all that belongs to a try."""
        dice = self.dice
        risk, wanted = dice.one_of(RISKS)
        inside = self.block(depth - 1, 2) + [self.node(risk)]
        if dice.chance(40):
            fault = "raise " + dice.one_of(FAULTS)
            inside.append(self.node("if $:", self.condition(), body=[self.node(fault)]))
        if dice.chance(30):
            inside.append(self.node("h = fail_deep(@ % 4, _thread.allocate_lock())"))
        node = Node("try:", body=inside)
        parts = [node]
        if dice.chance(30):
            parts.append(Node("except {}:".format(wanted), body=[self.node("h = fold(h, @)")]))
        parts.append(Node("except Exception as e:", body=[Node("h = caught(h, e)", group=KEEP)]))
        if dice.chance(40):
            parts.append(Node("finally:", body=self.block(depth - 1, 2)))
        for part in parts:
            part.group = node.group
        return Node(None, body=parts, group=node.group)

    def closure(self, depth):
        """A function made on the spot, that changes a local of this one's, or a generator."""
        n = self.name("g")
        if self.dice.chance(50):
            define = self.node("def {}(x, y=@):".format(n), body=[self.node("return (x * @ + y * len(t)) % 10007")])
            use = self.node("h = fold(h, [{}(x) for x in l[:6]])".format(n))
        else:
            define = self.node("def {}(n):".format(n), body=[
                self.node("for x in range(n % 9):", body=[self.node("yield x * @ + len(t)")]),
                self.node("yield from t[:@]"),
            ])
            use = self.node("h = fold(h, {}($))".format(n), self.integer(1))
        return Node(None, body=[Node("t = list(v)"), define] + self.block(depth - 1, 1) + [use])

    def statement(self, depth):
        dice = self.dice
        if depth == 0 or dice.chance(55):
            kinds = [self.assignment, self.container, self.container, self.folding]
            return dice.one_of(kinds + [self.garbage] if dice.chance(30) else kinds)()
        return dice.one_of([self.loop, self.choice, self.attempt, self.closure])(depth)

    def block(self, depth, most):
        return [self.statement(max(depth, 0)) for _ in range(self.dice.between(1, most))]

    def chunk(self, depth=2, most=5):
        """Some statements of which one may raise whatever it likes."""
        node = Node("try:", body=self.block(depth, most) + [self.folding()])
        handler = Node("except Exception as e:", body=[Node("h = caught(h, e)", group=KEEP)], group=node.group)
        return Node(None, body=[node, handler], group=node.group)

    def function(self, name):
        """A function of two ints, for others to call."""
        body = [Node("h = x", group=KEEP), self.start(), Node("b, c = y, x + y")]
        body += [self.chunk(2, 4), Node("return h", group=KEEP)]
        node = Node("def {}(x, y):".format(name), body=body)
        self.functions.append(name)
        return node
