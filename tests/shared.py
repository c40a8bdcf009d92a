# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""What a script that runs without a GIL must not do while its threads run (docs/caveats.md), found in its source.

- A global that is new makes the dict of them grow under threads that read it: all are assigned before the first
  thread starts, or there is room for them.
- What a thread changes of a list, dict or set that others know it changes with a lock. "# alone" in the line says
  that nobody else does.
"""

import ast

ROOM = "globals()[_%d % i] = 0"
ALONE = "# alone"
CHANGES = set("append add extend insert pop remove discard clear update setdefault popitem sort reverse".split())
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def parts(node, into=()):
    """A node and what is in it, as it runs; not what functions and comprehensions keep to themselves."""
    children = list(ast.iter_child_nodes(node))
    if isinstance(node, (ast.Assign, ast.For, ast.withitem, ast.AugAssign)):
        # What is assigned comes first, and then to what; a loop's body last.
        children.sort(key=lambda child: 0 if child in (getattr(node, "value", 0), getattr(node, "iter", 0)) else 1)
    for child in children:
        if isinstance(child, FUNCTIONS) and not isinstance(child, into or ()):
            yield child
        elif not isinstance(child, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            yield from parts(child, into)
        else:
            yield from (part for part in ast.walk(child) if isinstance(part, ast.Call))
    yield node


def called(node):
    function = getattr(node, "func", None)
    return getattr(function, "attr", None) or getattr(function, "id", None)


class Script:
    """Faults are lines about one script."""

    def __init__(self, text):
        self.lines = text.split("\n")
        self.tree = ast.parse(text)
        self.faults = []
        self.functions = {}
        for node in ast.walk(self.tree):
            if isinstance(node, FUNCTIONS):
                self.functions.setdefault(getattr(node, "name", None) or node, node)
        self.starters = {"start_new_thread"}
        self.find_starters()
        if ROOM not in text.replace("'", "").replace('"', ""):
            self.new_globals()
        self.unlocked_changes()

    def fault(self, node, text):
        if ALONE not in self.lines[node.lineno - 1]:
            self.faults.append("{}: {}".format(node.lineno, text))

    def find_starters(self):
        """The names of what starts threads, by any way."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Assign) and getattr(node.value, "attr", None) == "start_new_thread":
                self.starters.add(node.targets[0].id)
        for _ in self.functions:
            for name, function in self.functions.items():
                if any(called(node) in self.starters for node in ast.walk(function)):
                    self.starters.add(name)

    def new_globals(self):
        known, started = set(), False
        for node in parts(self.tree):
            started = started or called(node) in self.starters
            name = node.id if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) else None
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                name = node.name
            elif isinstance(node, ast.alias):
                name = node.asname or node.name
            if name and started and name not in known:
                self.fault(node, "{} is a new global".format(name))
            known.add(name)

    def thread_functions(self):
        """What threads run: what is given to a starter by its name, or kept where a starter may find it."""
        found, todo = set(), []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and called(node) in self.starters:
                todo += [part for argument in node.args for part in ast.walk(argument)]
            elif isinstance(node, (ast.Tuple, ast.List, ast.Dict)):
                todo += list(ast.iter_child_nodes(node))
        while todo:
            node = todo.pop()
            name = node if isinstance(node, ast.Lambda) else getattr(node, "id", None)
            if name in self.functions and name not in found:
                found.add(name)
                calls = [part for part in ast.walk(self.functions[name]) if isinstance(part, ast.Call)]
                todo += [call.func for call in calls]
        return [self.functions[name] for name in found]

    def unlocked_changes(self):
        shared = {}
        for node in parts(self.tree):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                shared[node.targets[0].id] = isinstance(node.value, (ast.Dict, ast.DictComp))
        for function in self.thread_functions():
            local = {a.arg for a in function.args.args}
            local |= {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
            self.look(function, shared, local, False)

    def look(self, node, shared, local, locked):
        locked = locked or isinstance(node, ast.With)
        owner = None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGES:
            owner = node.func.value
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, (ast.Store, ast.Del)):
            owner = node.value if shared.get(getattr(node.value, "id", None)) else None
        name = getattr(owner, "id", None)
        if name in shared and name not in local and not locked:
            self.fault(node, "{} is changed by a thread without a lock".format(name))
        for child in ast.iter_child_nodes(node):
            self.look(child, shared, local, locked)


def faults(text):
    return sorted(set(Script(text).faults), key=lambda line: int(line.split(":")[0]))
