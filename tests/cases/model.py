# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""The Promela models of tests/model: spin proves each one and refutes each of its twins.

A model passes when every state was visited, no property failed, and no line was left out.
A twin passes when spin finds the fault in it, by the property that is meant to find it.
The last run of pan and the trail are in the case's log.
"""

import os
import re
import shutil

from harness import Failure, case

NO_SPIN = "spin is not installed; run tools/setup test"

# What refutes a twin.
ASSERTION = "assertion violated"
STUCK = "invalid end state"
STARVED = "acceptance cycle"

# Model: file, definitions, fewest states, processes that never end.
MODELS = {
    "gil": ("gil", "", 4000000, "interrupt tick"),
    "gil-locks": ("gil", "LOCKS", 3000000, "interrupt"),
    "gil-bounded": ("gil", "LIVENESS", 150000, "thread tick"),
    "lend": ("lend", "", 30000, "threads"),
    "life": ("life", "", 1000000, "child"),
    "life-three": ("life", "THREE", 700000, "child"),
    "switch": ("switch", "", 1500000, "core interrupt"),
}

# Twin: the model that it spoils, the fault, what refutes it.
TWINS = {
    "gil-fault-barge": ("gil-bounded", "BARGE", STARVED),
    "gil-fault-streak": ("gil", "STREAK", ASSERTION),
    "gil-fault-starve": ("gil-bounded", "STREAK", STARVED),
    "gil-fault-grant": ("gil-locks", "GRANT", ASSERTION),
    "gil-fault-late": ("gil", "LATE", ASSERTION),
    "gil-fault-leave": ("gil-locks", "LEAVE", STUCK),
    "gil-fault-token": ("gil", "TOKEN", STUCK),
    "gil-fault-check": ("gil", "CHECK", STUCK),
    "gil-fault-clear": ("gil", "CLEAR", ASSERTION),
    "lend-fault-chain": ("lend", "CHAIN", ASSERTION),
    "lend-fault-kept": ("lend", "KEPT", ASSERTION),
    "lend-fault-gave-up": ("lend", "GAVE_UP", ASSERTION),
    "life-fault-started": ("life", "STARTED", ASSERTION),
    "life-fault-freed": ("life", "FREED", ASSERTION),
    "life-fault-list": ("life", "LIST", ASSERTION),
    "life-fault-reapers": ("life", "REAPERS", ASSERTION),
    "life-fault-critical": ("life-three", "CRITICAL", ASSERTION),
    "life-fault-stop": ("life", "STOP", ASSERTION),
    "life-fault-root": ("life", "ROOT", ASSERTION),
    "life-fault-spare": ("life", "SPARE", ASSERTION),
    "life-fault-joiner": ("life", "JOINER", STUCK),
    "life-fault-closed": ("life", "CLOSED", ASSERTION),
    "life-fault-creating": ("life", "CREATING", ASSERTION),
    "life-fault-order": ("life", "ORDER", ASSERTION),
    "life-fault-held": ("life", "HELD", ASSERTION),
    "life-fault-revive": ("life", "REVIVE", ASSERTION),
    "life-fault-reset-join": ("life", "RESET_JOIN", ASSERTION),
    "switch-fault-cleared": ("switch", "CLEARED", ASSERTION),
    "switch-fault-trust": ("switch", "TRUST", ASSERTION),
    "switch-fault-release": ("switch", "RELEASE", ASSERTION),
    "switch-fault-acquire": ("switch", "ACQUIRE", ASSERTION),
    "switch-fault-token": ("switch", "TOKEN", STUCK),
    "switch-fault-join": ("switch", "JOIN", ASSERTION),
}


class Verifier:
    """spin's verifier of one model, built in the case's folder."""

    def __init__(self, ctx, model, fault=None):
        if shutil.which("spin") is None:
            ctx.fail(NO_SPIN)
        name, defines, self.states, self.endless = MODELS[model]
        self.ctx = ctx
        self.source = os.path.join(ctx.root, "tests", "model", name + ".pml")
        self.defines = ["-D" + word for word in defines.split()]
        if fault:
            self.defines.append("-DFAULT_" + fault)
        with open(self.source) as f:
            text = f.read()
        if fault and "FAULT_" + fault not in text:
            ctx.fail("{}.pml knows no FAULT_{}".format(name, fault))
        self.live = "LIVENESS" in defines
        self.dir = ctx.scratch()
        for left in os.listdir(self.dir):
            os.remove(os.path.join(self.dir, left))
        options = ["-DNFAIR=2"] if self.live else ["-DSAFETY"]
        if re.search(r"\bprovided\b", text):
            options.append("-DNOREDUCE")
        ctx.run("spin", "-a", *self.defines, self.source, cwd=self.dir)
        level = "-O0" if fault else "-O2"  # a twin takes longer to build than to refute
        ctx.run("gcc", level, "-w", *options, "-o", "pan", "pan.c", cwd=self.dir)

    def run(self, depth=2000000):
        options = ["-a", "-f"] if self.live else []
        pan = ["./pan", "-m{}".format(depth), "-w22", *options]
        output = self.ctx.run(*pan, cwd=self.dir, timeout=110, check=False)
        errors = re.search(r"errors: (\d+)", output)
        if errors is None:
            self.ctx.fail("pan gave no result: " + (output.strip().splitlines() or ["nothing"])[-1])
        return output, int(errors.group(1))

    def trail(self):
        """Write to the log how spin got there."""
        trail = os.path.basename(self.source) + ".trail"
        self.ctx.run("spin", "-k", trail, "-p", "-g", *self.defines, self.source, cwd=self.dir)

    def unreached(self, output):
        """Lines of which no copy was reached; inlines are copied into each place of use."""
        table = self.ctx.run("./pan", "-d", cwd=self.dir)
        copies, process = {}, None
        for line in table.splitlines():
            found = re.match(r"(?:proctype |claim )?(\w+)$", line.strip())
            process = found.group(1) if found else process
            found = re.match(r"\s+state +(\d+) .*\.pml:(\d+) => ", line)
            if found and "-end-" not in line:
                copies.setdefault(int(found.group(2)), set()).add((process, found.group(1)))
        missed = set()
        lines = []
        for line in output.splitlines():
            found = re.match(r"unreached in (?:proctype |claim )?(\w+)", line)
            process = found.group(1) if found else process
            found = re.match(r"\s.*\.pml:(\d+), state (\d+), (.*)", line)
            if found and "-end-" not in found.group(3):
                missed.add((process, found.group(2)))
            elif found and process not in self.endless.split():
                lines.append(int(found.group(1)))
        return sorted(lines + [n for n, states in copies.items() if states <= missed])


def prove(ctx, model):
    verifier = Verifier(ctx, model)
    output, errors = verifier.run()
    if errors:
        verifier.trail()
        ctx.fail("spin refutes it: " + output.strip().splitlines()[0])
    for phrase in ("max search depth too small", "out of memory", "Search not completed"):
        if phrase in output:
            ctx.fail("the search was not complete: " + phrase)
    states = int(re.search(r"(\d+) states, stored", output).group(1))
    if states < verifier.states:
        ctx.fail("only {} states, not {} or more".format(states, verifier.states))
    lines = verifier.unreached(output)
    if lines:
        ctx.fail("{}: never reached: line {}".format(os.path.basename(verifier.source), lines))


def refute(ctx, twin):
    model, fault, kind = TWINS[twin]
    verifier = Verifier(ctx, model, fault)
    for depth in (100, 1000, 2000000):  # for a trail that people can read
        output, errors = verifier.run(depth)
        if errors:
            break
    else:
        ctx.fail("spin does not see FAULT_{} in {}".format(fault, model))
    found = re.search(r"^pan:\d+: (.*)$", output, re.M).group(1)
    if kind not in found:
        ctx.fail("refuted by '{}', not by '{}'".format(found, kind))
    verifier.trail()


@case()
def model_no_spin(ctx):
    "Without spin there is one line that says what to do."
    os.environ["PATH"] = ctx.scratch()
    try:
        prove(ctx, "switch")
    except Failure as failure:
        assert str(failure) == NO_SPIN, failure
    else:
        ctx.fail("a model passed without spin")


def register(name, function):
    def run(ctx):
        function(ctx, name)

    case(name="model-" + name, timeout=180)(run)


for model_name in MODELS:
    register(model_name, prove)
for twin_name in TWINS:
    register(twin_name, refute)
