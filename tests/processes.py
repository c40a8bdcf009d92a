# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Ending a process with everything that it started, by process id only."""

import glob
import os
import signal

import patience


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
