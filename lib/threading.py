# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# CPython's threading, over _thread, _threading and heddle.
import io
import sys
import _thread
import heddle
from _thread import RLock, TIMEOUT_MAX, get_ident, get_native_id, stack_size, allocate_lock as Lock
from _threading import Condition, Event, Semaphore, BoundedSemaphore, first_argument as _first_argument

ThreadError = RuntimeError

_lock = RLock()  # guards what is below: containers want it without a GIL, and a callback may come while a thread has it
_threads = {}  # ident: Thread, of those that have begun
_at_exit = []
_count = 0


class _ExceptHookArgs:
    def __init__(self, args):
        self.exc_type, self.exc_value, self.exc_traceback, self.thread = args


ExceptHookArgs = _ExceptHookArgs


def _print_exception(args):
    if args.exc_type is SystemExit:
        return
    thread = args.thread
    text = io.StringIO()
    text.write("Exception in thread {}:\n".format(thread.name if thread is not None else get_ident()))
    sys.print_exception(args.exc_value, text)
    sys.stderr.write(text.getvalue())


excepthook = __excepthook__ = _print_exception


def _has_ended(ident):
    return ident != get_ident() and heddle.join(ident, 0)


def _new_name(function):
    global _count
    with _lock:
        _count += 1
        n = _count
    name = getattr(function, "__name__", None)
    return "Thread-{} ({})".format(n, name) if name else "Thread-{}".format(n)


class Thread:
    # CPython's, and priority= and stack_size= for the new thread, as of _thread.start_new_thread().
    _started = None

    def __init__(
        self, group=None, target=None, name=None, args=(), kwargs=None, *, daemon=None, priority=None, stack_size=None
    ):
        if group is not None:
            raise AssertionError("group argument must be None for now")
        self._target = target
        self._args = args
        self._kwargs = {} if kwargs is None else kwargs
        self._name = _new_name(target) if name is None else str(name)
        self._daemonic = current_thread().daemon if daemon is None else bool(daemon)
        self._heddle_options = (priority, stack_size)
        self._ident = None
        self._started = False

    def __repr__(self):
        state = "initial" if not self._started else "started" if self.is_alive() else "stopped"
        if self._daemonic:
            state += " daemon"
        if self._ident is not None:
            state += " {}".format(self._ident)
        return "<{}({}, {})>".format(type(self).__name__, self._name, state)

    def start(self):
        if self._started is None:
            raise RuntimeError("thread.__init__() not called")
        # Under the lock, so that whoever finds the thread finds its number.
        with _lock:
            if self._started:
                raise RuntimeError("threads can only be started once")
            priority, stack_size = self._heddle_options
            self._started = True
            try:
                self._ident = _thread.start_new_thread(
                    Thread._bootstrap, (self,), name=self._name, priority=priority, stack_size=stack_size
                )
                _threads[self._ident] = self
            except BaseException as e:  # a KeyboardInterrupt, too, before there is a thread or behind it
                self._started = self._ident is not None
                if not (self._started and isinstance(e, MemoryError)):
                    raise  # else it has begun, and enters itself in _threads

    def _bootstrap(self):
        try:
            with _lock:
                self._ident = get_ident()  # also where an exception kept start() from it
                self._started = True
                _threads[self._ident] = self
            self.run()
        except BaseException as e:
            try:
                self._died(e)
            finally:
                _call_hook(e, self)
        finally:
            with _lock:
                _threads.pop(self._ident, None)

    def run(self):
        try:
            if self._target is not None:
                self._target(*self._args, **self._kwargs)
        finally:
            del self._target, self._args, self._kwargs

    # An exception has ended it, maybe before run() was called: for who counts on this thread.
    def _died(self, exception):
        pass

    def join(self, timeout=None):
        if self._started is None:
            raise RuntimeError("Thread.__init__() not called")
        if not self._started:
            raise RuntimeError("cannot join thread before it is started")
        if self is current_thread():
            raise RuntimeError("cannot join current thread")
        heddle.join(self._ident, timeout)

    def is_alive(self):
        return self._ident is not None and not _has_ended(self._ident)

    @property
    def ident(self):
        return self._ident

    @property
    def native_id(self):
        return self._ident

    @property
    def name(self):
        return self._name

    @name.setter
    def name(self, name):
        self._name = str(name)

    @property
    def daemon(self):
        return self._daemonic

    @daemon.setter
    def daemon(self, daemon):
        if self._started:
            raise RuntimeError("cannot set daemon status of active thread")
        self._daemonic = bool(daemon)

    def getName(self):
        return self.name

    def setName(self, name):
        self.name = name

    def isDaemon(self):
        return self.daemon

    def setDaemon(self, daemon):
        self.daemon = daemon


def _call_hook(exception, thread):
    if isinstance(exception, SystemExit) and thread.daemon and _main._ended.is_set():
        return  # it is stopped
    left = [exception]
    try:
        excepthook(_ExceptHookArgs((type(exception), exception, None, thread)))
        return
    except BaseException as e:
        if excepthook is not __excepthook__:
            left.append(e)
    for e in left:
        try:
            _print_exception(_ExceptHookArgs((type(e), e, None, thread)))
        except BaseException:
            sys.print_exception(e)  # there is no memory for more, or no stack


# Threads that begin elsewhere: the main one, and those of _thread, for as long as somebody asks for them.
class _MainThread(Thread):
    def __init__(self, ident):
        self._name = "MainThread"
        self._daemonic = False
        self._ident = ident
        self._started = True
        self._ended = Event()  # its script, and it waits for others

    def join(self, timeout=None):
        if self is current_thread():
            raise RuntimeError("cannot join current thread")
        self._ended.wait(timeout)

    def is_alive(self):
        return not self._ended.is_set()


class _DummyThread(Thread):
    def __init__(self, ident):
        self._name = "Dummy-{}".format(ident)
        self._daemonic = True
        self._ident = ident
        self._started = True

    def join(self, timeout=None):
        raise AssertionError("cannot join a dummy thread")


_main = _threads[1] = _MainThread(1)


def main_thread():
    return _main


def _forget_ended():
    for ident in list(_threads):
        if _has_ended(ident):
            _threads.pop(ident, None)  # a callback may have come first


def current_thread():
    ident = get_ident()
    thread = _main if ident == 1 else _first_argument()
    if isinstance(thread, Thread) and thread._ident == ident:
        return thread
    with _lock:
        thread = _threads.get(ident)
        if thread is None:
            _forget_ended()
            thread = _threads[ident] = _DummyThread(ident)
        return thread


currentThread = current_thread


def enumerate():
    with _lock:
        _forget_ended()
        return list(_threads.values())


def active_count():
    return len(enumerate())


activeCount = active_count


_MISSING = object()


# The calling thread's dict in a local. Those of threads that have ended go when another one comes.
def _own(self):
    args, kwargs, dicts = self._local__state
    ident = get_ident()
    with _lock:
        own = dicts.get(ident)
        if own is not None:
            return own
        for other in [i for i in dicts if _has_ended(i)]:
            del dicts[other]
        own = dicts[ident] = {}
    self.__init__(*args, **kwargs)
    return own


# What a class has under a name, or makes of it in its own __getattr__, would be found before what a thread has set: a
# property is found first.
def _hide(cls, name):
    default = getattr(cls, name, _MISSING)

    def get(self):
        value = _own(self).get(name, default)
        if value is _MISSING:
            return cls.__getattr__(self, name)
        if value is default and callable(value) and not isinstance(value, type):
            return lambda *args, **kwargs: value(self, *args, **kwargs)  # a method
        return value

    def put(self, value):
        _own(self)[name] = value

    def delete(self):
        local.__delattr__(self, name)

    setattr(cls, name, property(get, put, delete))


class local:
    def __new__(cls, *args, **kwargs):
        if (args or kwargs) and cls.__init__ is local.__init__:
            raise TypeError("Initialization arguments are not supported")
        self = object.__new__(cls)
        object.__setattr__(self, "_local__state", (args, kwargs, {get_ident(): {}}))
        return self

    def __init__(self):
        pass

    def __getattr__(self, name):
        own = _own(self)
        if name in own:
            return own[name]
        raise AttributeError("'{}' object has no attribute '{}'".format(type(self).__name__, name))

    def __setattr__(self, name, value):
        cls = type(self)
        if cls is not local and (hasattr(cls, name) or cls.__getattr__ is not local.__getattr__):
            with _lock:
                if not isinstance(getattr(cls, name, None), property):
                    _hide(cls, name)
        _own(self)[name] = value

    def __delattr__(self, name):
        try:
            del _own(self)[name]
        except KeyError:
            raise AttributeError(name)


class BrokenBarrierError(RuntimeError):
    pass


class Barrier:
    def __init__(self, parties, action=None, timeout=None):
        self._cond = Condition()
        self._parties = parties
        self._action = action
        self._timeout = timeout
        self._broken = False
        self._next_round()

    # What those that wait for each other look at: whether they may go on, None as long as some are missing.
    def _next_round(self):
        self._round = [None]
        self._count = 0

    def _end_round(self, good):
        self._round[0] = good
        self._cond.notify_all()
        self._next_round()

    def _break(self):
        self._broken = True
        self._end_round(False)

    def wait(self, timeout=None):
        if timeout is None:
            timeout = self._timeout
        with self._cond:
            if self._broken:
                raise BrokenBarrierError
            index = self._count
            self._count += 1
            if self._count == self._parties:
                self._last()
            else:
                self._wait_for(self._round, timeout)
        return index

    def _last(self):
        try:
            if self._action is not None:
                self._action()
        except BaseException:
            self._break()
            raise
        self._end_round(True)

    def _wait_for(self, round, timeout):
        try:
            self._cond.wait_for(lambda: round[0] is not None, timeout)
        except BaseException:
            if round[0] is None:
                self._break()
            raise
        if round[0] is None:
            self._break()
        if not round[0]:
            raise BrokenBarrierError

    def reset(self):
        with self._cond:
            self._end_round(False)
            self._broken = False

    def abort(self):
        with self._cond:
            self._break()

    @property
    def parties(self):
        return self._parties

    @property
    def n_waiting(self):
        return self._count

    @property
    def broken(self):
        return self._broken


class Timer(Thread):
    def __init__(self, interval, function, args=None, kwargs=None):
        super().__init__()
        self.interval = interval
        self.function = function
        self.args = [] if args is None else args
        self.kwargs = {} if kwargs is None else kwargs
        self.finished = Event()

    def cancel(self):
        self.finished.set()

    def run(self):
        if not self.finished.wait(self.interval):
            self.function(*self.args, **self.kwargs)
        self.finished.set()


def _register_atexit(function):
    _at_exit.append(function)


# At the end of a script, before daemon threads are stopped.
def _shutdown():
    _main._ended.set()
    while _at_exit:
        _at_exit.pop()()
    waits = True
    while waits:
        waits = [t for t in enumerate() if not t.daemon and t is not _main]
        for thread in waits:
            thread.join()
