# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Python programs as trees of statements, of which parts can be left out.

A tree never changes. A smaller program is the same tree, rendered without some
groups of its nodes and with other values for some of its numbers.
"""


class Number:
    """A constant of a program. Where one object stands twice, both stay equal."""

    def __init__(self, value, least=1):
        self.value = value
        self.least = min(value, least)


class Group:
    """Nodes that make sense together only: they are left out together."""


class Node:
    """A statement: its text, where each @ is a Number, and what is indented under it.

    Without a text it is only its body, not indented. A node without a group is
    one by itself; those with the group `KEEP` stay.
    """

    def __init__(self, text, *numbers, body=None, group=None):
        assert text is None or text.count("@") == len(numbers), (text, numbers)
        self.text = text
        self.numbers = numbers
        self.body = body
        self.group = group or Group()


KEEP = Group()


def lines(nodes, removed=frozenset(), values={}, indent=""):
    """The lines of a program."""
    for node in nodes:
        if node.group in removed:
            continue
        deeper = indent
        if node.text is not None:
            parts = node.text.split("@")
            numbers = [str(values.get(n, n.value)) for n in node.numbers] + [""]
            text = "".join(part + number for part, number in zip(parts, numbers))
            yield from (indent + line for line in text.split("\n"))
            deeper = indent + "    "
        if node.body is not None:
            inner = list(lines(node.body, removed, values, deeper))
            yield from inner or [deeper + "pass"]


def walk(nodes, removed=frozenset()):
    """All nodes that are not left out, outer ones before inner ones."""
    for node in nodes:
        if node.group not in removed:
            yield node
            yield from walk(node.body or (), removed)


def groups(nodes, removed=frozenset()):
    """The groups that could be left out, outer ones first."""
    found = dict.fromkeys(node.group for node in walk(nodes, removed))
    found.pop(KEEP, None)
    return list(found)


def closed(nodes, removed):
    """The groups that have to be left out with these: those that lose a node by it."""
    while True:
        inside = set()
        for node in walk(nodes):
            if node.group in removed:
                inside.update(n.group for n in walk(node.body or ()))
        inside.discard(KEEP)
        if inside <= removed:
            return removed
        removed = removed | inside


def numbers(nodes, removed=frozenset()):
    """The numbers that are still in the program, each once."""
    return list(dict.fromkeys(n for node in walk(nodes, removed) for n in node.numbers))
