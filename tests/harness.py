# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""What test cases use: the @case decorator and the context that each one gets.

A case is a function in a module of tests/cases:

    @case(images=("gil",), timeout=60)
    def lock_order(ctx):
        "One line that says what it promises."
        with ctx.board("gil") as board:
            assert board.exec("print(1)") == "1\\n"

Its name is the function's, with dashes. It fails by any exception, and its
output and ctx.log() go to build/test-logs/<name>.log. With each=("gil", "nogil")
it runs once for each image, as lock-order:gil and lock-order:nogil, and
ctx.variant is that image's name.
"""

import copy
import fcntl
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = (os.path.join(ROOT, "tools"), os.path.join(ROOT, "tests", "ble"))
sys.path.append(os.path.join(ROOT, "tools", "trace"))

import board as board_module
import patience
import qemu

PYTHON = "/usr/bin/python3"
BOARD = "mps2-an385"  # unless a case says another
BOTH = (BOARD, "host")
TWO = "mps2-an521"  # has two cores whatever QEMU is told; in turns each runs for up to a second, whoever waits for it
SMALL = "netduinoplus2"  # has 128 KB of RAM, and is not for the scripts of tests/python
STM32 = "stm32"  # MicroPython's own port, for who names the library that it needs
COMPILED = ("mimxrt", "nrf", "samd")  # others of MicroPython's own, that nothing here emulates
ALL = (*BOTH, *sorted(set(os.listdir(os.path.join(ROOT, "ports"))) - {"common", STM32, *COMPILED, *BOTH}))
BROUGHT = (STM32,) if os.environ.get("STM32LIB_DIR") else ()
TRACED = (*BOTH, TWO, "virt-aarch64")  # whose images with test modules have heddle.trace
AT_PROMPT = ("pico", STM32)  # whose scripts go to the prompt, and have no status of their own
LOGS = os.path.join(ROOT, "build", "test-logs")
EMULATOR = os.path.join(ROOT, "build", "rp2040")

# Images by name; "-testing" (or "-test") adds TESTING=1. Other make variables are
# given to ctx.image() as keywords, as in ctx.image("gil", HEAP=143360).
IMAGES = {
    "gil": {"THREADS": "1", "GIL": "1"},
    "nogil": {"THREADS": "1", "GIL": "0"},
    "bare": {"THREADS": "0"},
}

# Sanitizers, for BOARD=host: "gil-asan" and so on, with the test modules.
SANITIZERS = {"asan": "address,undefined", "tsan": "thread"}

cases = {}


class Failure(Exception):
    """A case's promise that was not kept, in one line."""


class Case:
    def __init__(self, name, function, images=(), variant=None, **options):
        self.name = name
        self.function = function
        self.images = images  # built before its time starts
        self.needs = options.get("needs", ())  # what of "make NAME-tools" is installed before
        self.variant = variant
        self.timeout = options.get("timeout", 120)  # s without progress, counted as tools/patience.py does
        self.serial = options.get("serial", False)  # runs alone
        self.waits = options.get("waits", False)  # mostly for time to pass or another program: runs beside the others
        self.soak = options.get("soak", False)  # part of "make soak"
        self.fault = options.get("fault", False)  # part of "make faults"
        self.check_only = options.get("check_only", self.fault)  # not part of "make test"
        # Nor of "make check", unless T= or BOARD= is given: True, or those of its boards and variants of which others
        # show the same.
        self.apart = options.get("apart") or ()
        self.random = options.get("random", False)  # part of "make soak MIN=", for ctx.seconds
        self.boards = options.get("boards", (BOARD,))  # where it makes sense
        self.board = self.boards[0]  # where it runs

    def on(self, board):
        """The same case for one of its boards."""
        case = copy.copy(self)
        case.board = board
        return case

    @property
    def is_apart(self):
        return self.apart is True or self.board in self.apart or self.variant in self.apart

    @property
    def subject(self):
        """The board that its name tells, whose tests it is part of wherever it runs."""
        return next((board for board in ALL if ":" + board in self.name), None)

    @property
    def label(self):
        return self.name if self.board == BOARD else self.board + "/" + self.name


def case(images=(), each=(), name=None, **options):
    """Register a function as a case; see Case for the options."""
    known = "timeout serial waits soak fault check_only apart random boards needs"
    unknown = set(options) - set(known.split())
    if unknown:
        raise TypeError("case: unknown " + ", ".join(sorted(unknown)))

    def register(function):
        base = name or function.__name__.replace("_", "-")
        for variant in each or (None,):
            full = base + ":" + variant if variant else base
            if full in cases:
                raise ValueError("two cases are called " + full)
            wanted = tuple(images) + ((variant,) if variant else ())
            cases[full] = Case(full, function, wanted, variant, **options)
        return function

    return register


def make_variables(image, base, extra):
    """The make variables of an image: the command line's, the image's, the caller's."""
    name, _, mark = image.partition("-")
    if name not in IMAGES or mark not in ("", "test", "testing", *SANITIZERS):
        raise Failure("no image is called {}; there are: {}".format(image, ", ".join(IMAGES)))
    variables = dict(base)
    variables.update(IMAGES[name])
    if mark or base.get("BOARD") == "host":  # there one image of a kind serves all cases
        variables["TESTING"] = "1"
    if mark in SANITIZERS:
        variables["SANITIZE"] = SANITIZERS[mark]
    variables.update((key, str(value)) for key, value in extra.items())
    traced = variables.get("BOARD", BOARD) in TRACED and name != "bare"
    if traced and variables.get("TESTING") == "1":
        variables.setdefault("TRACE", "1")  # so that its tests want no images of their own
    return ["{}={}".format(*item) for item in sorted(variables.items())]


def bare_environment(**more):
    """What a user's make has at least; SYMBOLS, or it would build this run's images again, under their users."""
    return {**{name: os.environ[name] for name in ("PATH", "SYMBOLS") if name in os.environ}, **more}


def make(*arguments, cwd=ROOT):
    """Run make without what an outer make left in the environment: its output."""
    outer = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "GNUMAKEFLAGS")
    environment = {key: value for key, value in os.environ.items() if key not in outer}
    run = subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if run.returncode:
        print(run.stdout)
        errors = [line for line in run.stdout.splitlines() if "rror" in line or "***" in line]
        raise Failure("make {}: {}".format(arguments[0], (errors or ["failed"])[0]))
    return run.stdout


def make_alone(folder, *arguments):
    """Have make put something into a folder, one case at a time."""
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "tests.lock"), "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        make("-s", *arguments)


def need_emulator(board):
    """Install what runs a board that QEMU has not."""
    if board in qemu.OTHERS:
        make_alone(EMULATOR, "emulator")


def need_tools(name):
    """Install what only some cases need."""
    make_alone(os.path.join(ROOT, "build", name), name + "-tools")


def log_path(job, ending=".log"):
    return os.path.join(LOGS, job.replace(":", "-").replace("/", "-") + ending)


class Context:
    """What a case gets: images, boards, paths and a log."""

    Board = board_module.Board
    BoardError = board_module.BoardError
    root = ROOT
    logs = LOGS
    python = PYTHON

    def __init__(self, case, variables, run_id, job=None):
        self.case = case
        self.job = job or case.label  # of a soak with the round
        self.variant = case.variant
        self.variables = dict(variables)
        self.seconds = float(self.variables.pop("SECONDS", 0))  # how long to go on at random; 0: what is fixed
        self.soak = self.variables.pop("SOAK", "") == "1"  # one of its rounds
        self.seed = self.variables.pop("SEED", None)  # what to do again
        self.first = self.variables.pop("FIRST", "") == "1"  # one failure is enough
        self.run_id = run_id
        self.notes = []
        self.board_name = self.variables.get("BOARD", BOARD)
        self.cores = int(self.variables.pop("CORES", 0)) or None  # of what does not say so itself

    @property
    def micropython_dir(self):
        default = os.path.join(ROOT, "build", "micropython-1.25.0")
        return os.path.abspath(self.variables.get("MICROPYTHON_DIR") or default)

    def log(self, *words):
        print(*words, flush=True)
        patience.progress()

    def note(self, text):
        """Say something in the line that says that the case passed."""
        self.log(text)
        self.notes.append(text)

    def scratch(self):
        """A folder under build/test-logs for what this case leaves behind."""
        path = log_path(self.job, ".d")
        os.makedirs(path, exist_ok=True)
        return path

    def image(self, name=None, **extra):
        """The path of an image, built by make the first time that a run wants it."""
        if self.cores and self.board_name in qemu.OTHERS:  # where the emulator has no choice
            extra.setdefault("CORES", self.cores)
        arguments = make_variables(name or self.variant, self.variables, extra)
        elf = make("-s", "image-path", *arguments).split("\n")[0]
        os.makedirs(os.path.dirname(elf), exist_ok=True)
        # One build of a variant at a time, and one in a run of the tests.
        with open(os.path.join(os.path.dirname(elf), "tests.lock"), "a+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            lock.seek(0)
            run_id, _, built = lock.read().partition(" ")
            if run_id != self.run_id:
                need_emulator(self.board_name)
                make("firmware", *arguments)
                lock.truncate(0)
                lock.write("{} {}".format(self.run_id, os.stat(elf).st_mtime_ns))
            elif built != str(os.stat(elf).st_mtime_ns):
                raise Failure("{} was built again in this run, with other settings, under its users".format(elf))
        return elf

    def board(self, name=None, icount=False, pty=False, **extra):
        """A Board with an image, for a `with` statement."""
        elf = self.image(name, **extra)
        return board_module.Board(elf, self.board_name, icount=icount, pty=pty, cores=self.cores)

    def run_script(self, path, name=None, timeout=60, icount=False, **options):
        """Run a script through memory, or at the prompt where it has to: (exit status, output)."""
        extra = {key: options.pop(key) for key in list(options) if key.isupper()}
        if self.board_name in AT_PROMPT:
            with self.board(name, icount=icount, **extra) as board, open(path) as f:
                board.raw_repl(timeout)
                return 0, board.exec(f.read(), timeout)  # a traceback fails the case
        elf = self.image(name, **extra)
        options.setdefault("cores", self.cores)
        return board_module.run_script(
            elf, path, timeout, icount=icount, board=self.board_name, **options
        )

    def run(self, *command, timeout=60, check=True, **options):
        """Run a program of the host: its output; both are logged."""
        self.log("$", *command)
        try:
            run = patience.run(command, timeout, **options)
        except subprocess.TimeoutExpired as late:
            self.log((late.output or b"").decode(errors="replace").rstrip())
            name = os.path.basename(command[0])
            raise Failure("{} said nothing more within {} s; the log has what it said".format(name, timeout))
        self.log(run.stdout.rstrip())
        if check and run.returncode:
            last = (run.stdout.strip() or "no output").splitlines()[-1]
            message = "{} exited with {}: {}"
            raise Failure(message.format(os.path.basename(command[0]), run.returncode, last))
        return run.stdout

    def fail(self, reason):
        raise Failure(reason)

    in_time = staticmethod(patience.in_time)
