#!/usr/bin/python3
# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""The test runner behind make test, make check and make soak.

usage: run.py [--all | --everything | --soak | --faults] [--list] [T=name] [MIN=minutes] [SEED=seed]
              [MAKE_VARIABLE=value ...]

Cases are the @case functions of tests/cases (see harness.py) and the scripts
tests/python/*.py, which run in the images that a comment in them names
("# image: gil nogil bare gil-icount", default "gil nogil"; "# timeout: 20"), on
every board with a megabyte of RAM or on the one of "# board: mps2-an385", and pass if they exit with 0
and print what the .exp file beside them says, if any. A case runs on mps2-an385
unless it says otherwise; one that needs no board counts as one of that board's.

Without BOARD= all cases of mps2-an385 and host run; with --all also those of every
other board that are in SHORT; with --everything all of every board.
Every case runs in a process of its own, two at a time and beside them three that
mostly wait, and is ended with all that it started. Its timeout is in seconds without
progress, as tools/patience.py counts them. The first line says how many there are, the
last one is "N passed, N failed".
"""

import fnmatch
import glob
import importlib
import os
import queue
import re
import signal
import sys
import threading
import time
import traceback

import harness
import patience
import qemu
import soak
from faults.catalogue import FAULTS
from processes import end, ended, fork
from programs.generate import SeedError, parse_seed
from scripts import script_cases

BUSY = 2
WAITING = 3
ROUNDS = 10
# What "make check" runs on boards that "make test" leaves out.
SHORT = ("contract:", "kernel:", "thread:", "thread-", "trace-cores", "collector-torture:", "rp2-", "stm32-")
SCRIPTS = os.path.join(harness.ROOT, "tests", "python")


def scripts_on(board):
    if board in harness.AT_PROMPT:
        return
    for path in sorted(glob.glob(os.path.join(SCRIPTS, "*.py"))):
        with open(path) as f:
            head = f.read(2000)
        images = re.search(r"^# image: *(.+)$", head, re.M)
        timeout = re.search(r"^# timeout: *(\d+)", head, re.M)
        only = re.search(r"^# board: *(\S+)", head, re.M)
        if only.group(1) == board if only else board != harness.SMALL:
            yield from script_cases(
                path,
                images.group(1).split() if images else ["gil", "nogil"],
                int(timeout.group(1)) if timeout else 20,
                board,
            )


def discover(boards):
    """All cases of these boards, by label."""
    for path in sorted(glob.glob(os.path.join(harness.ROOT, "tests", "cases", "*.py"))):
        importlib.import_module("cases." + os.path.splitext(os.path.basename(path))[0])
    found = []
    for board in boards:
        about = [case for case in harness.cases.values() if board in ((case.subject,) if case.subject else case.boards)]
        found += [case.on(board) if board in case.boards else case for case in about]
        found += scripts_on(board)
    return {case.label: case for case in found}


def in_short(case):
    return case.board in harness.BOTH or case.name.startswith(SHORT)


def matches(case, pattern):
    names = (case.name, case.name.split(":")[0])
    return case.name.startswith(pattern) or any(fnmatch.fnmatchcase(n, pattern) for n in names)


def child(case, job, run_id, news, variables):
    """Run one case in this process, which was made for it: the exit status."""
    try:
        qemu.die_with_parent()
        ctx = harness.Context(case, variables, run_id, job)
        for name in case.needs:
            harness.need_tools(name)
        for image in case.images:
            ctx.image(image)
        # The parent counts the case's time from this line, and from each that says that it goes on.
        os.write(news, b"started\n")
        told = time.monotonic()

        def tell():
            nonlocal told
            if time.monotonic() >= told + 1:
                told = time.monotonic()
                os.write(news, b"\n")

        patience.listeners.append(tell)
        case.function(ctx)
        used = os.times()
        ctx.log("{:.1f} s of processor time".format(sum(used[:4])))
        os.write(news, "; ".join(ctx.notes).encode() + b" \n")
        return 0
    except Exception as er:
        traceback.print_exc()
        text = str(er).strip() or type(er).__name__
        if isinstance(er, AssertionError):
            line = traceback.extract_tb(er.__traceback__)[-1]
            text = "{}:{}: {}: {}".format(
                os.path.basename(line.filename), line.lineno, line.line, text
            )
        lines = text.split("\n")
        text = lines[0] if len(lines) == 1 else "{} {}".format(lines[0], lines[-1].strip())
        os.write(news, text.encode() + b"\n")
        return 1


def check_seed(variables):
    """End with one line if SEED= is no seed; alone it is for the programs only."""
    try:
        parse_seed(variables["SEED"])
    except SeedError as er:
        sys.exit(str(er))
    variables.setdefault("T", "programs:")


def as_queue(items):
    filled = queue.Queue()
    for item in items:
        filled.put(item)
    return filled


class Runner:
    def __init__(self, variables):
        self.variables = variables
        self.run_id = "{}-{}".format(os.getpid(), time.time())
        self.running = set()
        self.results = []
        self.failures = []
        self.notes = {}  # what cases said that passed, by label
        self.stopping = False
        self.until = None  # when no more cases are started
        self.lock = threading.Lock()

    def run_case(self, case, label):
        log_path = harness.log_path(label)
        variables = dict(self.variables, BOARD=case.board)
        begin = time.monotonic()
        # Nobody prints meanwhile, or makes another one, which would have what is open here.
        with self.lock, open(log_path, "wb") as log:
            news_fd, child_fd = os.pipe()
            process = fork(lambda news: child(case, label, self.run_id, news, variables), log.fileno(), child_fd)
            os.close(child_fd)
            self.running.add(process)
        with os.fdopen(news_fd, "rb", 0) as news:
            started = self.listen(news, 900)
            if started == b"started\n":
                begin = time.monotonic()
                answer = self.listen(news, case.timeout)
            else:
                answer = started
        # It has failed, or it has closed its end by ending; or its time is over.
        timed_out = not ended(process, 5 if answer is not None else 0.1)
        status = end(process)
        with self.lock:
            self.running.discard(process)
        seconds = time.monotonic() - begin
        reason = (answer or b"").decode(errors="replace").strip()
        self.notes[label] = reason if status == 0 else ""
        if status == 0:
            note = ": " + reason if reason else ""
            self.report(True, "ok   {} ({:.1f} s){}".format(label, seconds, note), case)
        else:
            if not reason and timed_out:
                reason = "timed out after {:.0f} s".format(seconds)
            reason = reason or "ended with status {}".format(status)
            board = case.subject or case.board
            again = "     again: make {} {}T={}; details: {}".format(
                "check" if case.check_only else "test",
                "" if board == harness.BOARD else "BOARD={} ".format(board),
                case.name,
                os.path.relpath(log_path, harness.ROOT),
            )
            self.report(False, "FAIL {}: {}\n{}".format(label, reason, again), case)

    @staticmethod
    def listen(news, seconds):
        """The next line that says more than that the case goes on; None if it does not."""
        limit = patience.Patience(seconds)
        while not limit.over():
            if limit.wait(news):
                line = news.readline()
                if line != b"\n":
                    return line
                limit.heard()
        return None

    def report(self, passed, text, case):
        with self.lock:
            self.results.append((case.label, passed))
            if not passed:
                self.failures.append(text)  # to be said again at the end
            print(text, flush=True)

    def run(self, jobs):
        """Run the cases, the parallel ones first, then those that run alone."""
        # Those that take long first, as far as their limits tell.
        parallel = sorted((job for job in jobs if not job[0].serial), key=lambda job: -job[0].timeout)
        busy = as_queue(job for job in parallel if not job[0].waits)
        waiting = as_queue(job for job in parallel if job[0].waits)
        self.run_workers(BUSY * [(busy, waiting)] + WAITING * [(waiting,)])
        self.run_workers([(as_queue(job for job in jobs if job[0].serial),)])

    def run_workers(self, workers):
        """Run what is in queues: a worker for each list of these, which empties them in turn."""
        threads = [threading.Thread(target=self.work, args=queues, daemon=True) for queues in workers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def work(self, *queues):
        for todo in queues:
            while not self.stopping and (self.until is None or time.monotonic() < self.until):
                try:
                    case, label = todo.get_nowait()
                except queue.Empty:
                    break
                self.run_case(case, label)


def print_table(runner):
    """Each seeded fault: what goes wrong, and which case said what about it."""
    for name, (story, caught_by, edits) in sorted(FAULTS.items()):
        if "fault-" + name in runner.notes:
            said = runner.notes["fault-" + name]
            print("\n{}\n    {}\n    {}".format(name, story, said or "ESCAPED " + caught_by))


def main():
    arguments = sys.argv[1:]
    options = {word for word in arguments if word.startswith("--")}
    values = [word for word in arguments if "=" in word and not word.startswith("--")]
    variables = dict(word.split("=", 1) for word in values)
    everywhere = harness.ALL + harness.BROUGHT if options & {"--all", "--everything", "--soak"} else harness.BOTH
    boards = (variables["BOARD"],) if "BOARD" in variables else everywhere
    cases = discover(boards)
    if "SEED" in variables:
        check_seed(variables)
    pattern = variables.pop("T", "")
    minutes = soak.minutes(variables.pop("MIN", ""))
    chosen = [case for case in cases.values() if matches(case, pattern)]
    if "--soak" in options:
        chosen = [case for case in chosen if case.soak or (minutes and case.random)]
    elif "--faults" in options:
        chosen = [case for case in chosen if case.fault]
    elif "--all" not in options:
        chosen = [case for case in chosen if not case.check_only]
    elif "BOARD" not in variables:
        chosen = [case for case in chosen if in_short(case)]
    if not (pattern or "BOARD" in variables or options & {"--soak", "--faults", "--everything"}):
        chosen = [case for case in chosen if not case.is_apart]
    if not chosen:
        sys.exit("T={}: no case is called so; tests/run.py --list names them".format(pattern))
    if "--list" in options:
        print("\n".join(case.label for case in chosen))
        return
    os.makedirs(harness.LOGS, exist_ok=True)
    jobs = [(case, case.label) for case in chosen]
    if "--soak" in options:
        rounds = range(1, ROUNDS + 1)
        jobs = [(case, "{}#{}".format(case.label, n)) for n in rounds for case in chosen]
        if not minutes:
            variables["SOAK"] = "1"
    boards = " and ".join(board for board in boards if any(board in (case.subject, case.board) for case in chosen))
    where = os.path.relpath(harness.LOGS, harness.ROOT)
    print("{} cases of {}, {} at a time; logs in {}".format(len(jobs), boards, BUSY, where), flush=True)
    runner = Runner(variables)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: sys.exit(128 + number))
    try:
        if minutes:
            soak.run(runner, chosen, minutes)
        else:
            runner.run(jobs)
    finally:
        runner.stopping = True
        for process in list(runner.running):
            end(process)
    if "--faults" in options:
        print_table(runner)
    if minutes:
        soak.summary(runner.results)
    count = len(runner.results) if minutes else len(jobs)
    passed = sum(passed for _, passed in runner.results)
    if passed:
        for text in runner.failures:
            print(text)
    print("{} passed, {} failed".format(passed, count - passed))
    sys.exit(0 if passed == count and count else 1)


if __name__ == "__main__":
    main()
