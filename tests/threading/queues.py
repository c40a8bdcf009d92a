# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# queue.Queue
import queue
import threading

from common import beside, case, emptied, error


@case
def first_in_first_out():
    q = queue.Queue()
    for n in range(5):
        q.put(n)
    return emptied(q)


@case
def anything_goes_through():
    q, items = queue.Queue(), (None, [], {}, 1.5, "text", ValueError)
    for item in items:
        q.put(item)
    return [q.get() is item for item in items]


@case
def sizes():
    q = queue.Queue(2)
    said = [(q.qsize(), q.empty(), q.full())]
    for n in range(2):
        q.put(n)
        said.append((q.qsize(), q.empty(), q.full()))
    return said, q.maxsize


@case
def maxsize_is_a_keyword():
    return queue.Queue(maxsize=3).maxsize, queue.Queue().maxsize


@case
def size_without_limit():
    said = []
    for maxsize in (0, -1):
        q = queue.Queue(maxsize)
        for n in range(50):
            q.put_nowait(n)
        said.append((q.qsize(), q.full()))
    return said


@case
def empty():
    q = queue.Queue()
    return error(q.get_nowait), error(lambda: q.get(False)), error(lambda: q.get(block=False))


@case
def full():
    q = queue.Queue(1)
    q.put(1)
    said = error(lambda: q.put_nowait(2)), error(lambda: q.put(2, False)), error(lambda: q.put(2, block=False))
    return said, emptied(q)


@case
def put_by_name():
    q = queue.Queue()
    q.put(item=1, block=True, timeout=None)
    return q.get(block=True, timeout=None)


@case
def get_timeout():
    q = queue.Queue()
    return error(lambda: q.get(timeout=0.01)), error(lambda: q.get(True, 0.01)), error(lambda: q.get(timeout=0))


@case
def put_timeout():
    q = queue.Queue(1)
    q.put(1)
    return error(lambda: q.put(2, timeout=0.01)), error(lambda: q.put(2, True, 0)), q.qsize()


@case
def negative_timeout():
    q, words = queue.Queue(1), "'timeout' must be a non-negative number"
    first = error(lambda: q.get(timeout=-1), words)
    q.put(1)
    return first, error(lambda: q.put(2, timeout=-1), words)


@case
def negative_timeout_does_not_matter_without_a_limit_or_a_wait():
    q = queue.Queue()
    return q.put(1, timeout=-1), q.put(2, False, -1), q.get(False, -1)


@case
def wrong_timeout():
    q = queue.Queue()
    return error(lambda: q.get(timeout="1"))


@case
def exceptions():
    return issubclass(queue.Empty, Exception), issubclass(queue.Full, Exception), queue.Empty is queue.Full


@case
def get_waits_for_put():
    q = queue.Queue()
    return beside(q.get, lambda: q.put("item"))


@case
def put_waits_for_get():
    q, said = queue.Queue(1), []
    q.put(1)

    def f():
        q.put(2)
        said.append("put")

    thread = threading.Thread(target=f)
    thread.start()
    before, got = len(said), q.get()
    thread.join()
    return before, got, said, q.get()


@case
def get_in_time():
    q = queue.Queue()
    return beside(lambda: q.get(timeout=1000), lambda: q.put("item"))


@case
def tasks():
    q = queue.Queue()
    for n in range(3):
        q.put(n)
    said = [(q.get(), q.task_done()) for n in range(3)]
    return said, q.join()


@case
def join_of_nothing():
    return queue.Queue().join()


@case
def task_done_too_often():
    q, words = queue.Queue(), "task_done() called too many times"
    first = error(q.task_done, words)
    q.put(1)
    q.get()
    q.task_done()
    return first, error(q.task_done, words), q.join()


@case
def join_waits_for_the_work():
    q, said, lock = queue.Queue(), [], threading.Lock()

    def f():
        while True:
            item = q.get()
            if item is None:
                return
            with lock:
                said.append(item)
            q.task_done()

    threads = [threading.Thread(target=f) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(30):
        q.put(n)
    q.join()
    with lock:
        done = sorted(said)
    for thread in threads:
        q.put(None)
    for thread in threads:
        thread.join()
    return done == list(range(30))


@case
def join_by_several():
    q, joined = queue.Queue(), threading.Semaphore(0)
    q.put(1)

    def f():
        q.join()
        joined.release()

    threads = [threading.Thread(target=f) for _ in range(3)]
    for thread in threads:
        thread.start()
    q.get()
    before = joined.acquire(timeout=0.01)
    q.task_done()
    for thread in threads:
        thread.join()
    return before, [joined.acquire(False) for _ in range(4)]


@case
def order_of_one_producer():
    q, said = queue.Queue(3), []

    def f():
        for n in range(100):
            q.put(n)

    thread = threading.Thread(target=f)
    thread.start()
    for _ in range(100):
        said.append(q.get())
    thread.join()
    return said == list(range(100)), q.empty()


@case
def nothing_lost_and_nothing_twice():
    q, lock, got = queue.Queue(4), threading.Lock(), []

    def produce(first):
        for n in range(first, first + 50):
            q.put(n)

    def consume():
        for _ in range(50):
            item = q.get()
            with lock:
                got.append(item)

    threads = [threading.Thread(target=produce, args=(100 * n,)) for n in range(3)]
    threads += [threading.Thread(target=consume) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(got), sorted(got) == [100 * n + m for n in range(3) for m in range(50)], q.qsize()


@case
def full_queue_wakes_one_producer_a_time():
    q = queue.Queue(1)
    threads = [threading.Thread(target=q.put, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    said = sorted(q.get() for _ in range(4))
    for thread in threads:
        thread.join()
    return said, q.empty()


@case
def unhashable_and_large():
    q = queue.Queue()
    q.put(list(range(100)))
    return len(q.get())


@case
def unfinished_tasks():
    q = queue.Queue()
    for i in range(3):
        q.put(i)
    q.get()
    said = q.unfinished_tasks
    q.task_done()
    return said, q.unfinished_tasks
