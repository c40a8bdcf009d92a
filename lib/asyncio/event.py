# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# asyncio.Event and asyncio.ThreadSafeFlag, in place of those of extmod/asyncio: setting the flag wakes a loop that
# waits for nothing else, at once.
from heddle import Flag
from . import core


class Event:
    # Like the rest of asyncio, for the thread that runs the loop. Others set a ThreadSafeFlag.
    def __init__(self):
        self._set = False
        self._tasks = core.TaskQueue()

    def is_set(self):
        return self._set

    def set(self):
        self._set = True
        tasks = self._tasks
        while tasks.peek():
            core._task_queue.push(tasks.pop())

    def clear(self):
        self._set = False

    def wait(self):
        if not self._set:
            self._tasks.push(core.cur_task)
            core.cur_task.data = self._tasks  # where a task that is cancelled is taken out
            yield
        return True


class ThreadSafeFlag(Flag):
    # set() is for threads, callbacks and interrupts; one task at a time waits, and takes the flag back.
    def wait(self):
        if not self.is_set():
            yield core._io_queue.queue_read(self)
        self.clear()
