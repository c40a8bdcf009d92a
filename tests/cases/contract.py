# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""The contract suite, tests/contract, on every adapter."""

import os
import re
import sys

from harness import BOARD, ROOT, SMALL, case, make_alone, need_emulator

sys.path.insert(0, os.path.join(ROOT, "tests", "contract"))

import suite

VIRT = "virt-aarch64"

# What docs/contract.md says of a sentence that no case stands for.
NOT_TRIED = "(Not tried:"


def built(folder, program, *arguments):
    """The path of a program in `folder`, which one case at a time builds."""
    make_alone(folder, *arguments, "BUILD=" + folder)
    return os.path.join(folder, program)


def image(ctx, name="contract", board=BOARD, **variables):
    need_emulator(board)
    folder = os.path.join(ROOT, "build", board, name)
    words = ["MICROPYTHON_DIR=" + ctx.micropython_dir]
    if "FREERTOS_DIR" in ctx.variables:
        words.append("FREERTOS_DIR=" + os.path.abspath(ctx.variables["FREERTOS_DIR"]))
    words += ["{}={}".format(*item) for item in variables.items()]
    return built(folder, "firmware.elf", "-C", "ports/" + board, "-f", "contract.mk", *words)


def host_program(adapter, mark="", flags=""):
    folder = os.path.join(ROOT, "build", "contract-" + adapter + mark)
    words = ["ADAPTER=" + adapter, "CFLAGS_EXTRA=" + flags]
    return built(folder, "contract", "-C", "tests/contract", *words)


def host_program_asan():
    flags = "-fsanitize=address,undefined -fno-sanitize-recover=all -DRTOS_POSIX_SANITIZED=1"
    return host_program("posix", "-asan", flags)


def demand_all(ctx, program, icount=False, words=(), board=BOARD, **options):
    """Every case that is not n/a passes: how many steps were struck by a fault among the words."""
    results = suite.Suite(suite.Program(program, icount, words, board, **options), ctx.log)
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


def demand_all_of_kernel(ctx, board, icount=False, **options):
    """Every case that is not n/a passes on our own kernel."""
    demand_all(ctx, image(ctx, "contract-zephyr", board, KERNEL="zephyr"), icount, board=board, **options)


@case(name="contract:mps2-an385-zephyr", timeout=300)
def contract_kernel(ctx):
    "The same on our own kernel."
    demand_all_of_kernel(ctx, BOARD)


@case(name="contract:mps2-an385-zephyr-icount", timeout=300)
def contract_kernel_icount(ctx):
    "The same where time is instructions."
    demand_all_of_kernel(ctx, BOARD, icount=True)


@case(name="contract:netduinoplus2", timeout=300, boards=(SMALL,))
def contract_fpu(ctx):
    "The same on a core with floating point."
    demand_all_of_kernel(ctx, SMALL)


@case(name="contract:netduinoplus2-icount", timeout=300, boards=(SMALL,))
def contract_fpu_icount(ctx):
    "The same where time is instructions."
    demand_all_of_kernel(ctx, SMALL, icount=True)


@case(name="contract:netduinoplus2-freertos", timeout=300, boards=(SMALL,))
def contract_soft_float(ctx):
    "The same on FreeRTOS, which leaves floating point alone; in the time of the host, and where it is instructions."
    elf = image(ctx, board=SMALL, KERNEL="freertos")
    for icount in (False, True):
        demand_all(ctx, elf, icount, board=SMALL)


def demand_all_on_cores(ctx, choices, icount=False):
    for cores, version in choices:
        ctx.log("cores={} gic-version={}".format(cores, version))
        machine = "gic-version={}".format(version)
        demand_all_of_kernel(ctx, VIRT, icount=icount, cores=cores, machine=machine)


@case(name="contract:virt-aarch64", boards=(VIRT,), timeout=300)
def contract_cores(ctx):
    "The same on one, two and four parallel cores, with one GIC or the other."
    demand_all_on_cores(ctx, ((1, 2), (2, 3), (4, 2)))


@case(name="contract:virt-aarch64-icount", boards=(VIRT,), timeout=300)
def contract_cores_icount(ctx):
    "The same where time is instructions: exact on one core, in turns on several."
    demand_all_on_cores(ctx, ((1, 2), (1, 3), (2, 2), (2, 3), (4, 2), (4, 3)), icount=True)


# QEMU gives the board its two cores without being told so.
@case(name="contract:mps2-an521", timeout=300)
def contract_m33(ctx):
    "The same on two parallel Cortex-M33."
    demand_all_of_kernel(ctx, "mps2-an521", cores=2)


@case(name="contract:mps2-an521-icount", timeout=300)
def contract_m33_icount(ctx):
    "The same where they take turns."
    demand_all_of_kernel(ctx, "mps2-an521", icount=True, cores=2)


# Its runs repeat whatever the host does, so one is enough.
@case(name="contract:pico", timeout=300)
def contract_m0(ctx):
    "The same on two Cortex-M0+."
    demand_all_of_kernel(ctx, "pico", icount=True, cores=2)


@case(name="contract:pico-one-core", timeout=300)
def contract_m0_alone(ctx):
    "The same on one of them, where latencies have bounds."
    elf = image(ctx, "contract-one-core", "pico", KERNEL="zephyr", CORES=1)
    demand_all(ctx, elf, icount=True, board="pico", cores=1)


@case(name="contract:pico-freertos", timeout=300, boards=("pico",))
def contract_m0_freertos(ctx):
    "The same on FreeRTOS, on CORES= of them or both: by hand, with KERNEL=freertos and a tree of V11 in FREERTOS_DIR=."
    if ctx.variables.get("KERNEL") != "freertos":
        ctx.note("only with KERNEL=freertos")
        return
    cores = ctx.cores or 2
    elf = image(ctx, "contract-freertos-{}".format(cores), "pico", KERNEL="freertos", CORES=cores)
    demand_all(ctx, elf, icount=True, board="pico", cores=cores)


@case(name="contract:posix", boards=("host",), timeout=300)
def contract_posix(ctx):
    "The same on Linux, where threads are parallel and priorities are numbers only."
    demand_all(ctx, host_program("posix"))


@case(name="contract:posix-asan", boards=("host",), timeout=300)
def contract_posix_asan(ctx):
    "The same under AddressSanitizer and UBSan, which notice uses of locals after return, too."
    os.environ["ASAN_OPTIONS"] = "detect_stack_use_after_return=1"  # gcc 12 does so only if told
    demand_all(ctx, host_program_asan())


@case(name="contract:posix-tsan", boards=("host",), timeout=300)
def contract_posix_tsan(ctx):
    "The same under ThreadSanitizer, where loops poll: no race, with nothing suppressed."
    flags = "-fsanitize=thread -DRTOS_POSIX_POLL=1 -DRTOS_POSIX_SANITIZED=1"
    demand_all(ctx, host_program("posix", "-tsan", flags))


def demand_all_in_schedules(ctx, adapter):
    """Every case that is not n/a passes on the simulated machine."""
    for seed in range(1, 21):
        cores = 1 + seed % 4
        ctx.log("seed={} cores={}".format(seed, cores))
        demand_all(ctx, host_program(adapter), words=("seed={}".format(seed), "cores={}".format(cores)))


@case(name="contract:sim", boards=("host",), timeout=300)
def contract_sim(ctx):
    "The same on the simulated machine, in twenty schedules on one to four cores."
    demand_all_in_schedules(ctx, "sim")


@case(name="contract:kernel-sim", boards=("host",), timeout=300)
def contract_kernel_sim(ctx):
    "The same on our own kernel on that machine."
    demand_all_in_schedules(ctx, "zephyr")


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
