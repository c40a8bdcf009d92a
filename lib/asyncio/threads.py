# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# asyncio beside threads: what a loop has threads do, and what they have it do. Nobody but the loop's thread touches its
# tasks. Others leave what they want done in a queue, and set a flag that is always among the streams that it polls.
from queue import SimpleQueue
from _thread import get_ident
from heddle import Flag
import select
import sys
from . import core


class IOQueue(core.IOQueue):
    def __init__(self):
        super().__init__()
        self.executor = None  # the default one
        self.closed = False
        self.wakes = SimpleQueue()
        self.flag = Flag()
        self.task = core.Task(self)  # whose coroutine this is: unlike a generator it outlives an exception
        # As if a task read from the flag and another one wrote: the loop takes out who has been woken, not the entry.
        self.entry = self.map[id(self.flag)] = [self.task, True, self.flag]
        self.poller.register(self.flag, select.POLLIN)

    # The flag was set. What comes after it is cleared sets it again.
    def send(self, _):
        self.entry[0] = self.task
        self.poller.modify(self.flag, select.POLLIN)
        self.flag.clear()
        try:
            for _ in range(self.wakes.qsize()):
                self.wakes.get_nowait().wake()
        except BaseException:
            self.flag.set()  # for those that are left
            raise


# Something to wake in the thread of its _loop.
class _Wake:
    # From any thread. A future calls it as the deepest of a pool's calls, so it is one.
    def put(self, _=None):
        self._loop.wakes.put(self)
        self._loop.flag.set()


class Handle(_Wake):
    def __init__(self, callback, args):
        self._loop = core._io_queue
        self._callback = callback
        self._args = args

    def cancel(self):
        self._callback = self._args = None

    def cancelled(self):
        return self._callback is None

    def wake(self):
        if self._callback is not None:
            try:
                self._callback(*self._args)
            except (core.CancelledError, Exception) as er:
                context = {"message": "Exception in callback", "exception": er, "handle": self}
                try:
                    Loop.call_exception_handler(context)
                except Exception as er:  # the handler's own, which must not end what all tasks are woken by
                    sys.print_exception(er, sys.stderr)

    async def in_turn(self):
        self.wake()


# A task that waits for a thread has this as its `data`, where cancel() takes it out.
class _Waiter(_Wake):
    def __init__(self, loop, task):
        self._loop = loop
        self.task = task

    def remove(self, task):
        self.task = None

    def wake(self):
        if self.task is not None:
            core._task_queue.push(self.task)


# What became of a concurrent.futures.Future. Who is cancelled here no longer wants it.
async def _result(future):
    waiter = _Waiter(core._io_queue, core.cur_task)
    future.add_done_callback(waiter.put)
    waiter.task.data = waiter
    try:
        yield
    except core.CancelledError:
        future.cancel()
        raise
    if future.cancelled():
        raise core.CancelledError
    return future.result()


def _default_executor():
    loop = core._io_queue
    if loop.executor is None:
        from concurrent.futures import ThreadPoolExecutor

        loop.executor = ThreadPoolExecutor(thread_name_prefix="asyncio")
    return loop.executor


def _shutdown(wait):
    executor, core._io_queue.executor = core._io_queue.executor, None
    if executor is not None:
        executor.shutdown(wait)


_Loop = core.Loop


class Loop(_Loop):
    _ident = None  # of the thread that runs it

    # One thread at a time, and a loop that runs is open again.
    def _run(function, *args):
        if Loop._ident is not None:
            raise RuntimeError("This event loop is already running")
        Loop._ident = get_ident()
        core._io_queue.closed = False
        try:
            return function(*args)
        finally:
            Loop._ident = None

    def run_forever():
        Loop._run(_Loop.run_forever)

    def run_until_complete(aw):
        return Loop._run(_Loop.run_until_complete, aw)

    def is_running():
        return Loop._ident is not None

    def is_closed():
        return core._io_queue.closed

    def close():
        if Loop._ident is not None:
            raise RuntimeError("Cannot close a running event loop")
        core._io_queue.closed = True
        _shutdown(False)

    def _check_closed():
        if core._io_queue.closed:
            raise RuntimeError("Event loop is closed")

    # There are no contexts here: None is the only one.
    def call_soon(callback, *args, context=None):
        Loop._check_closed()
        handle = Handle(callback, args)
        core.create_task(handle.in_turn())
        return handle

    # The same from any thread, scheduled callback or timer.
    def call_soon_threadsafe(callback, *args, context=None):
        Loop._check_closed()
        handle = Handle(callback, args)
        handle.put()
        return handle

    def run_in_executor(executor, func, *args):
        Loop._check_closed()
        if executor is None:
            executor = _default_executor()
        return core.create_task(_result(executor.submit(func, *args)))

    def set_default_executor(executor):
        core._io_queue.executor = executor

    def default_exception_handler(loop, context):
        if "handle" not in context:
            _Loop.default_exception_handler(loop, context)
            return
        print(context["message"], context["handle"]._callback, file=sys.stderr)
        sys.print_exception(context["exception"], sys.stderr)


def get_running_loop():
    if Loop._ident != get_ident():
        raise RuntimeError("no running event loop")
    return Loop


# The loop is closed at its end, when the functions that threads of its default pool run have returned.
def _run(coro):
    try:
        return core.run(coro)
    finally:
        _shutdown(True)
        core._io_queue.closed = True


def run(coro):
    return Loop._run(_run, coro)


async def to_thread(*args, **kwargs):  # a keyword may have any name
    return await _result(_default_executor().submit(*args, **kwargs))


async def _fulfil(future, coro):
    task = core.cur_task
    future.add_done_callback(lambda _: future.cancelled() and Loop.call_soon_threadsafe(task.cancel))
    result = error = None
    try:
        result = await coro
    except core.CancelledError:
        future.cancel()
    except Exception as er:
        error = er
    if not future.set_running_or_notify_cancel():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


# From another thread: a concurrent.futures.Future of what the loop makes of the coroutine.
def run_coroutine_threadsafe(coro, loop):
    from concurrent.futures import Future

    if not hasattr(coro, "send"):
        raise TypeError("A coroutine object is required")
    future = Future()
    loop.call_soon_threadsafe(lambda: core.create_task(_fulfil(future, coro)))
    return future


core.Loop = Loop
core.IOQueue = IOQueue
core.new_event_loop()
