# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# The package asyncio: MicroPython's names, in place of extmod's __init__.py, and those that threads need.
from .core import *
from .threads import Loop, get_running_loop, run, run_coroutine_threadsafe, to_thread

__version__ = (3, 0, 0)  # of MicroPython's asyncio

# In which file is what is imported when somebody asks for it.
_LATER = {
    "wait_for": "funcs",
    "wait_for_ms": "funcs",
    "gather": "funcs",
    "Event": "event",
    "ThreadSafeFlag": "event",
    "Lock": "lock",
    "open_connection": "stream",
    "start_server": "stream",
    "StreamReader": "stream",
    "StreamWriter": "stream",
}


def __getattr__(name):
    if name not in _LATER:
        raise AttributeError(name)
    value = globals()[name] = getattr(__import__(_LATER[name], None, None, True, 1), name)
    return value
