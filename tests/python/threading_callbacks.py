# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Scheduled callbacks, which run in the main thread while it waits, may do all that does not wait: what they set,
# release, put or notify there ends that very wait, and one that does nothing of that kind ends none.
import _thread
import micropython
import queue
import threading

event = threading.Event()
semaphore = threading.Semaphore(0)
items = queue.Queue()
condition = threading.Condition()
seen = []


def idle(i):
    seen.append(i)
    threading.current_thread()


def schedule(function, arg):
    while True:
        try:
            micropython.schedule(function, arg)
            return
        except RuntimeError:  # the queue is full
            pass


def scheduled(function, arg=None):
    """Another thread schedules a callback that does nothing, and then this one."""

    def work():
        schedule(idle, 0)
        schedule(function, arg)

    thread = threading.Thread(target=work)
    thread.start()
    return thread


for _ in range(20):
    thread = scheduled(lambda _: event.set())
    assert event.wait() is True
    thread.join()
    event.clear()

    thread = scheduled(lambda _: semaphore.release())
    assert semaphore.acquire() is True
    thread.join()
    assert not semaphore.acquire(False)

    thread = scheduled(items.put, 7)
    assert items.get() == 7
    thread.join()


# Who notifies is another thread here, while callbacks come all the time: the notification is not lost to them.
def notify():
    for i in range(3):
        schedule(idle, i)
    with condition:
        condition.notify()


for _ in range(50):
    with condition:
        thread = threading.Thread(target=notify)
        thread.start()
        assert condition.wait() is True
    thread.join()


# A callback that raises ends the wait, and the lock is the waiter's again, as often as it was.
with condition, condition:
    thread = threading.Thread(target=_thread.interrupt_main)
    try:
        thread.start()
        condition.wait()
        print("no exception")
    except KeyboardInterrupt:
        pass
    thread.join()
    condition.notify()  # raises where the lock is not ours
assert condition.acquire(False)
condition.release()
try:
    condition.notify()
    print("still owned")
except RuntimeError:
    pass
assert len(seen) >= 60
print("ok")
