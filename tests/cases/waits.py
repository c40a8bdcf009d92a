# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Waits that the host ends; tests/python/waits.py has those that Python ends."""

import array
import fcntl
import termios
import time

from harness import BOTH, case

FILL = """
import select, sys, time
poll = select.poll()
poll.register(sys.stdout, select.POLLOUT)
written = 0
while written < 1000000 and poll.poll(0):
    sys.stdout.write(".")
    written += 1
began = time.ticks_ms()
poll.poll(20000)
heard = time.ticks_diff(time.ticks_ms(), began) < 20000
print("\\nfilled" if written < 1000000 else "\\nnever full", "heard" if heard else "heard nothing")
"""


def unread(fd):
    count = array.array("i", [0])
    fcntl.ioctl(fd, termios.FIONREAD, count)
    return count[0]


@case(each=("gil", "nogil"), timeout=60, boards=BOTH)
def console_room(ctx):
    "Who polls for room on a full console hears of it when there is some."
    path = ctx.scratch() + "/fill.py"
    with open(path, "w") as f:
        f.write(FILL)
    with ctx.Board(ctx.image(), ctx.board_name, script=path) as board:
        last = -1
        while unread(board.fd_out) != last:
            last = unread(board.fd_out)
            time.sleep(1)
        assert board.wait_exit(30) == 0
        assert board.said.replace(b"\r", b"").endswith(b"\nfilled heard\n"), board.said[-100:]
