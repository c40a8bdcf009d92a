# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""The contract suite, tests/contract, on every adapter."""

import fcntl
import os
import re
import sys

from harness import ROOT, case, make

sys.path.insert(0, os.path.join(ROOT, "tests", "contract"))

import suite

# What docs/contract.md says of a sentence that no case stands for.
NOT_TRIED = "(Not tried:"


def built(folder, program, *arguments):
    """The path of a program in `folder`, which one case at a time builds."""
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "tests.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        make("-s", *arguments, "BUILD=" + folder)
    return os.path.join(folder, program)


def image(ctx, name="contract", **variables):
    folder = os.path.join(ROOT, "build", ctx.board_name, name)
    words = ["MICROPYTHON_DIR=" + ctx.micropython_dir]
    if "FREERTOS_DIR" in ctx.variables:
        words.append("FREERTOS_DIR=" + os.path.abspath(ctx.variables["FREERTOS_DIR"]))
    words += ["{}={}".format(*item) for item in variables.items()]
    return built(folder, "firmware.elf", "-C", "ports/" + ctx.board_name, "-f", "contract.mk", *words)


def host_program(adapter, mark="", flags=""):
    folder = os.path.join(ROOT, "build", "contract-" + adapter + mark)
    words = ["ADAPTER=" + adapter, "CFLAGS_EXTRA=" + flags]
    return built(folder, "contract", "-C", "tests/contract", *words)


def demand_all(ctx, program, icount=False, words=()):
    """Every case that is not n/a passes: how many steps were struck by a fault among the words."""
    results = suite.Suite(suite.Program(program, icount, words), ctx.log)
    if not results.run(first=ctx.first):
        lines = ["{}: {}".format(*item) for item in results.failed.items()] or ["no case passed"]
        ctx.fail(lines[0] + (", and {} more".format(len(lines) - 1) if len(lines) > 1 else ""))
    return results.struck


def strike_all(ctx, kinds, program, icount=False):
    """The suite with the nth step of each kind failing or late."""
    struck = {kind: demand_all(ctx, program, icount, ("fault=" + kind,)) for kind in kinds}
    ctx.note(", ".join("{} {}".format(*item) for item in struck.items()))
    assert all(struck.values()), "nothing was struck"


@case(name="contract:mps2-an385", timeout=300)
def contract_free(ctx):
    "Every promise of the contract, on FreeRTOS in QEMU in the time of the host, with assertions."
    demand_all(ctx, image(ctx))


@case(name="contract:mps2-an385-icount", timeout=300)
def contract_icount(ctx):
    "The same where time is instructions, so that latencies have bounds."
    demand_all(ctx, image(ctx), icount=True)


@case(name="contract:mps2-an385-release-icount", timeout=300)
def contract_release(ctx):
    "The same as it is shipped, without assertions."
    demand_all(ctx, image(ctx, "contract-release", COPT="-O2 -DNDEBUG"), icount=True)


@case(name="contract:posix", boards=("host",), timeout=300)
def contract_posix(ctx):
    "The same on Linux, where threads are parallel and priorities are numbers only."
    demand_all(ctx, host_program("posix"))


@case(name="contract:posix-asan", boards=("host",), timeout=300)
def contract_posix_asan(ctx):
    "The same under AddressSanitizer and UBSan."
    flags = "-fsanitize=address,undefined -fno-sanitize-recover=all -DRTOS_POSIX_SANITIZED=1"
    demand_all(ctx, host_program("posix", "-asan", flags))


@case(name="contract:posix-tsan", boards=("host",), timeout=300)
def contract_posix_tsan(ctx):
    "The same under ThreadSanitizer, where loops poll: no race, with nothing suppressed."
    flags = "-fsanitize=thread -DRTOS_POSIX_POLL=1 -DRTOS_POSIX_SANITIZED=1"
    demand_all(ctx, host_program("posix", "-tsan", flags))


@case(name="contract:sim", boards=("host",), timeout=300)
def contract_sim(ctx):
    "The same on the simulated machine, in twenty schedules on one to four cores."
    for seed in range(1, 21):
        cores = 1 + seed % 4
        ctx.log("seed={} cores={}".format(seed, cores))
        demand_all(ctx, host_program("sim"), words=("seed={}".format(seed), "cores={}".format(cores)))


@case(name="contract:nth-mps2-an385", timeout=300)
def contract_nth(ctx):
    "The same with the nth tick, switch of threads or interrupt 5 ms late, again and again."
    strike_all(ctx, ("tick", "switch", "irq"), image(ctx), icount=True)


@case(name="contract:nth-posix", boards=("host",), timeout=600, waits=True, check_only=True)
def contract_nth_posix(ctx):
    "The same with the nth thread that Linux has no memory for, or signal, sleep or wake-up that is late or early."
    strike_all(ctx, ("create", "early", "signal", "wait", "wake"), host_program("posix"))


@case(name="contract:template", timeout=120)
def contract_template(ctx):
    "The adapter to copy builds, and fails every case by name."
    program = suite.Program(host_program("template"))
    results = suite.Suite(program, ctx.log)
    assert not results.run()
    names = [name for name, section, promise in suite.cases(program)]
    assert names and list(results.failed) == names, set(names) ^ set(results.failed)
    wrong = [name for name in names if "not written yet" not in results.failed[name]]
    assert not wrong, wrong


@case(name="contract:sentences")
def contract_sentences(ctx):
    "Each number of docs/contract.md has a case, and each case a number there."
    with open(os.path.join(ROOT, "docs", "contract.md")) as f:
        text = f.read()
    stated, tried = {}, set()
    for chapter, body in re.findall(r"^## (\d+)\..*\n((?:(?!## ).*\n)*)", text, re.M):
        for number, sentence in re.findall(r"^(\d+)\. ((?:.*\n)(?:   .*\n)*)", body, re.M):
            stated[chapter + "." + number] = sentence
    for name, section, promise in suite.cases(suite.Program(host_program("template"))):
        assert section in stated, "{}: docs/contract.md has no {}".format(name, section)
        tried.add(section)
    missing = [n for n, sentence in stated.items() if n not in tried and NOT_TRIED not in sentence]
    assert stated and not missing, "no case for " + ", ".join(missing)


@case(name="contract:empty")
def contract_empty(ctx):
    "A suite that runs no case is no success: the last case has none behind it, and no case is called so."
    program = suite.Program(host_program("template"))
    last = suite.cases(program)[-1][0]
    said = []
    for words in ({"after": last}, {"case": "none"}):
        results = suite.Suite(program, said.append)
        assert not results.run(**words), said
    assert "no case is called none" in said, said
