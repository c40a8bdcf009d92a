# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Making processes, and ending one with everything that it started, by process id only."""

import glob
import os
import signal
import sys
import threading
import traceback

import patience


class Forked:
    """As much of subprocess.Popen as end() wants, for a copy of this process."""

    def __init__(self, pid):
        self.pid = pid
        self.status = None
        self.lock = threading.Lock()

    def kill(self):
        with self.lock:
            if self.status is None:
                os.kill(self.pid, signal.SIGKILL)

    def wait(self):
        with self.lock:
            if self.status is None:
                self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            return self.status


def fork(function, log, news):
    """Run a function in a copy of this process, a session leader: all imports are paid for once.

    It is given its copy of the descriptor `news`; what it prints goes to the descriptor `log`; what it returns is the
    exit status. Other threads must not be printing.
    """
    pid = os.fork()
    if pid:
        return Forked(pid)
    status = 1
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        # Beyond the standard ones it has `news` and nothing else that is open there.
        news = os.dup(news)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.closerange(3, news)
        os.closerange(news + 1, os.sysconf("SC_OPEN_MAX"))
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(write_through=True)
        status = function(news)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def started_by(pid):
    """The processes that came from the session leader `pid`, as /proc tells it.

    Its children and theirs, and what stayed in its session when a parent ended.
    """
    children, members = {}, []
    for entry in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(entry) as f:
                fields = f.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        found = int(entry.split("/")[2])
        children.setdefault(int(fields[1]), []).append(found)
        if int(fields[3]) == pid:
            members.append(found)
    family = [pid] + [member for member in members if member != pid]
    for parent in family:
        family += [child for child in children.get(parent, []) if child not in family]
    return family[1:]


def ended(process, seconds):
    """Whether a process ends within so many seconds. Its id stays its own: it is not reaped."""
    flags = os.WEXITED | os.WNOWAIT | os.WNOHANG
    return bool(patience.wait_until(lambda: os.waitid(os.P_PID, process.pid, flags), seconds))


def end(process):
    """End a session leader, which may have ended itself, with all that it started.

    Every one is known by its id, and the leader's stays its own until it is
    reaped here. Returns its exit status.
    """
    for pid in started_by(process.pid):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    process.kill()
    return process.wait()
