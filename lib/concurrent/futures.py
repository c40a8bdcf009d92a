# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# concurrent.futures, with CPython's names, texts and behaviour, for threads. What a callback or an initializer raises
# goes to threading.excepthook, where CPython writes it to a log.
import threading
from _threading import now_us
from collections import namedtuple
from queue import Empty, SimpleQueue

from heddle import info

FIRST_COMPLETED = "FIRST_COMPLETED"
FIRST_EXCEPTION = "FIRST_EXCEPTION"
ALL_COMPLETED = "ALL_COMPLETED"

_PENDING = "PENDING"
_RUNNING = "RUNNING"
_CANCELLED = "CANCELLED"
_NOTIFIED = "CANCELLED_AND_NOTIFIED"
_FINISHED = "FINISHED"


class Error(Exception):
    pass


class CancelledError(Error):
    pass


class InvalidStateError(Error):
    pass


class TimeoutError(OSError):
    pass


class BrokenExecutor(RuntimeError):
    pass


class BrokenThreadPool(BrokenExecutor):
    pass


def _deadline(timeout):
    # In integers: a float of 32 bits does not tell milliseconds for long.
    return None if timeout is None else now_us() + int(timeout * 1000000)


def _left(deadline):
    return None if deadline is None else max(0, (deadline - now_us()) / 1000000)


def _report(exception):
    args = (type(exception), exception, getattr(exception, "__traceback__", None), threading.current_thread())
    threading.excepthook(threading.ExceptHookArgs(args))


# ---- futures

_lock = threading.RLock()  # the states and callbacks of all futures; a scheduled callback may come meanwhile


class Future:
    def __init__(self):
        self._state = _PENDING
        self._result = None
        self._exception = None
        self._over = threading.Event()
        self._callbacks = []

    def __repr__(self):
        state = "cancelled" if self.cancelled() else self._state.lower()
        if self._state == _FINISHED:
            raised = self._exception is not None
            what = self._exception if raised else self._result
            state += " {} {}".format("raised" if raised else "returned", type(what).__name__)
        return "<{} at 0x{:x} state={}>".format(type(self).__name__, id(self), state)

    def cancelled(self):
        return self._state in (_CANCELLED, _NOTIFIED)

    def running(self):
        return self._state == _RUNNING

    def done(self):
        return self._state in (_FINISHED, _CANCELLED, _NOTIFIED)

    def cancel(self):
        with _lock:
            if self._state != _PENDING:
                return self.cancelled()
            callbacks = self._end(_CANCELLED)
        self._call(callbacks)
        return True

    def _wait(self, timeout):
        if not self._over.wait(timeout):
            raise TimeoutError()
        if self.cancelled():
            raise CancelledError()

    def result(self, timeout=None):
        self._wait(timeout)
        if self._exception is not None:
            raise self._exception
        return self._result

    def exception(self, timeout=None):
        self._wait(timeout)
        return self._exception

    def add_done_callback(self, fn):
        if self._add(fn, False):
            self._call((fn,))

    # For who does the work.

    def set_running_or_notify_cancel(self):
        with _lock:
            if self._state == _PENDING:
                self._state = _RUNNING
                return True
            if self._state == _CANCELLED:
                self._state = _NOTIFIED
                return False
        raise RuntimeError("Future in unexpected state")

    def set_result(self, result):
        self._set(result, None)

    def set_exception(self, exception):
        self._set(None, exception)

    def _set(self, result, exception):
        with _lock:
            if self.done():
                raise InvalidStateError("{}: {!r}".format(self._state, self))
            self._result = result
            self._exception = exception
            callbacks = self._end(_FINISHED)
        self._call(callbacks)

    # With the lock: no callback is added from now on, and who waits goes on.
    def _end(self, state):
        self._state = state
        self._over.set()
        callbacks, self._callbacks = self._callbacks, ()
        return callbacks

    def _call(self, callbacks):
        for callback in callbacks:
            try:
                callback(self)
            except Exception as er:
                _report(er)

    # Whether it was too late for that.
    def _add(self, callback, first):
        with _lock:
            if not self.done():
                self._callbacks.insert(0 if first else len(self._callbacks), callback)
                return False
        return True

    # Those who wait for several futures hear of this one before its callbacks, which may take long.
    def _watch(self, put):
        if self._add(put, True):
            put(self)

    def _unwatch(self, put):
        with _lock:
            if put in self._callbacks:
                self._callbacks.remove(put)


# Each of the futures once, as it is done, until the deadline; it ends with None if that comes first.
def _as_done(futures, deadline):
    news = SimpleQueue()
    put = news.put
    late = False
    try:
        for future in futures:
            future._watch(put)
        for _ in range(len(futures)):
            yield news.get(True, _left(deadline))
    except Empty:
        late = True
    finally:
        for future in futures:
            future._unwatch(put)
    if late:
        yield None


def as_completed(fs, timeout=None):
    futures = set(fs)
    left = len(futures)
    for future in _as_done(futures, _deadline(timeout)):
        if future is None:
            raise TimeoutError("{} (of {}) futures unfinished".format(left, len(futures)))
        left -= 1
        yield future


_Waited = namedtuple("DoneAndNotDoneFutures", ("done", "not_done"))


def wait(fs, timeout=None, return_when=ALL_COMPLETED):
    if return_when not in (FIRST_COMPLETED, FIRST_EXCEPTION, ALL_COMPLETED):
        raise ValueError("Invalid return condition: {!r}".format(return_when))
    futures = set(fs)
    watched = _as_done(futures, _deadline(timeout))
    for future in watched:
        failed = future and not future.cancelled() and future.exception() is not None
        if future is None or return_when == FIRST_COMPLETED or (return_when == FIRST_EXCEPTION and failed):
            break
    watched.close()
    done = set(future for future in futures if future.done())
    return _Waited(done, futures - done)


# ---- pools


class Executor:
    def submit(self, *args, **kwargs):
        raise NotImplementedError()

    def map(self, fn, *iterables, timeout=None, chunksize=1):
        deadline = _deadline(timeout)
        return self._results([self.submit(fn, *args) for args in zip(*iterables)], deadline)

    def _results(self, futures, deadline):
        try:
            futures.reverse()
            while futures:
                future = futures.pop()
                try:
                    result = future.result(_left(deadline))
                finally:
                    future.cancel()  # if it is late
                yield result
        finally:
            for future in futures:
                future.cancel()

    def shutdown(self, wait=True, *, cancel_futures=False):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.shutdown()


# As keys, here and in a pool's _threads: a set of MicroPython's is broken when there is no memory for it to grow.
_pools = {}  # those that were not shut down
_pools_made = 0
_closed = False  # the script has ended


def _close():
    global _closed
    with _lock:
        _closed = True
        pools = list(_pools)
    for pool in pools:
        pool.shutdown()


threading._register_atexit(_close)


# Its pool sets _pool, and _work, what it does now: whoever waits for that hears how the worker ended. With an
# __init__() here a small stack would be too small for submit().
class _Worker(threading.Thread):
    def run(self):
        self._pool._run(self)

    def _died(self, exception):
        self._pool._lost(self, exception)


class ThreadPoolExecutor(Executor):
    def __init__(self, max_workers=None, thread_name_prefix="", initializer=None, initargs=()):
        global _pools_made
        if max_workers is None:
            max_workers = min(32, info().cores + 4)
        if max_workers <= 0:
            raise ValueError("max_workers must be greater than 0")
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be a callable")
        with _lock:
            number = _pools_made
            _pools_made += 1
        self._max_workers = max_workers
        self._prefix = thread_name_prefix or "ThreadPoolExecutor-{}".format(number)
        self._initializer = initializer
        self._initargs = initargs
        self._wake = threading.Condition()  # there is work, or there will be none
        self._work = []
        self._idle = 0  # threads that wait
        self._made = 0
        self._threads = {}
        self._ending = []  # threads that shutdown() waits for, and nothing else
        self._shutdown = False
        self._broken = None

    def submit(self, *args, **kwargs):  # a keyword may be called fn
        if not args:
            raise TypeError("submit() missing 1 required positional argument: 'fn'")
        fn, *args = args
        with self._wake:
            if self._broken:
                raise BrokenThreadPool(self._broken)
            if self._shutdown:
                raise RuntimeError("cannot schedule new futures after shutdown")
            if _closed:
                raise RuntimeError("cannot schedule new futures after interpreter shutdown")
            future = Future()
            self._work.append((future, fn, args, kwargs))
            try:
                self._engage()
            except BaseException:
                self._work.pop()
                raise
            return future

    # With the lock: somebody for all that is to be done.
    def _engage(self):
        if len(self._work) <= self._idle:
            self._wake.notify()
        elif len(self._threads) < self._max_workers:
            thread = _Worker(name="{}_{}".format(self._prefix, self._made))
            thread._pool = self
            thread._work = None
            # Known before it runs: there may be no memory left behind it, or Ctrl-C, and it has to be told of the end.
            with _lock:
                _pools[self] = None
            self._threads[thread] = None
            try:
                thread.start()
            except BaseException as er:
                if not thread._started:
                    self._threads.pop(thread, None)
                    if self._threads and isinstance(er, (MemoryError, OSError, RuntimeError)):
                        return  # those that there are do it
                raise
            self._made += 1

    def _run(self, worker):
        if self._initializer is not None:
            try:
                self._initializer(*self._initargs)
            except BaseException as er:
                try:
                    _report(er)
                finally:
                    self._break()
                return
        while self._next(worker):
            self._do(*worker._work)
            worker._work = None  # keeps nothing alive while it waits

    # An exception ended a worker: heddle.cancel() while it waited for work, or no memory left anywhere.
    def _lost(self, worker, exception):
        work, worker._work = worker._work, None
        alone = False
        with self._wake:
            self._threads.pop(worker, None)
            try:
                if self._work:
                    self._engage()
                self._ending = [worker] + [thread for thread in self._ending if thread.is_alive()]
            except BaseException:
                alone = not self._threads
        self._drop(work, exception)
        while alone:
            with self._wake:
                work = self._work.pop(0) if self._work else None
            if work is None:
                return
            self._drop(work, exception)

    # The end of work that nobody does.
    def _drop(self, work, exception):
        try:
            if work is not None and not work[0].done():
                work[0]._set(None, exception)
        except BaseException:  # it has another end, or a callback is at fault: who waits has been told
            pass

    def _next(self, worker):
        with self._wake:
            while not self._work:
                if self._shutdown:
                    return False
                self._idle += 1
                try:
                    self._wake.wait()
                finally:
                    self._idle -= 1
            worker._work = self._work.pop(0)
            return True

    def _do(self, future, fn, args, kwargs):
        if not future.set_running_or_notify_cancel():
            return
        try:
            result = fn(*args, **kwargs)
        except BaseException as er:
            future._set(None, er)
        else:
            future._set(result, None)

    def _break(self):
        with self._wake:
            self._broken = "A thread initializer failed, the thread pool is not usable anymore"
            work, self._work = self._work, []
        for future, _, _, _ in work:
            if future.set_running_or_notify_cancel():
                future.set_exception(BrokenThreadPool(self._broken))

    def shutdown(self, wait=True, *, cancel_futures=False):
        dropped = ()
        with self._wake:
            self._shutdown = True
            if cancel_futures:
                dropped, self._work = self._work, []
            self._wake.notify_all()
        with _lock:
            _pools.pop(self, None)
        for work in dropped:
            work[0].cancel()
        threads = wait
        while threads:  # one that is lost has another start
            with self._wake:
                threads = [thread for thread in list(self._threads) + self._ending if thread.is_alive()]
            for thread in threads:
                thread.join()
