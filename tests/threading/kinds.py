# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# queue.LifoQueue, PriorityQueue and SimpleQueue
import queue
import threading

from common import beside, case, emptied, error


def filled(q, items):
    for item in items:
        q.put(item)
    return q


@case
def last_in_first_out():
    return emptied(filled(queue.LifoQueue(), range(5)))


@case
def lifo_in_turns():
    q = queue.LifoQueue()
    said = []
    for n in range(4):
        q.put(n)
        q.put(-n)
        said.append(q.get())
    return said, emptied(q)


@case
def lifo_limits():
    q = filled(queue.LifoQueue(2), "ab")
    full = error(lambda: q.put_nowait("c")), error(lambda: q.put("c", timeout=0.01)), q.full(), q.maxsize
    return full, emptied(q), error(q.get_nowait), error(lambda: q.get(timeout=0.01))


@case
def lifo_tasks():
    q = filled(queue.LifoQueue(), "a")
    q.get()
    return q.task_done(), q.join(), error(q.task_done, "task_done() called too many times")


@case
def smallest_first():
    return emptied(filled(queue.PriorityQueue(), (5, 1, 4, 1, 3)))


@case
def tuples_by_priority():
    return emptied(filled(queue.PriorityQueue(), ((2, "later"), (1, "soon"), (3, "last"), (1, "now"))))


@case
def priority_of_objects():
    class Job:
        def __init__(self, priority):
            self.priority = priority

        def __lt__(self, other):
            return self.priority < other.priority

    return [job.priority for job in emptied(filled(queue.PriorityQueue(), (Job(3), Job(1), Job(2))))]


@case
def priority_of_what_has_no_order():
    q = filled(queue.PriorityQueue(), (1,))
    return error(lambda: q.put("a")), q.get()


@case
def priority_limits():
    q = filled(queue.PriorityQueue(2), (2, 1))
    full = error(lambda: q.put_nowait(3)), error(lambda: q.put(3, timeout=0.01)), q.full(), q.maxsize
    return full, emptied(q), error(q.get_nowait), error(lambda: q.get(timeout=0.01))


@case
def priority_of_many():
    items = [(7 * n) % 50 for n in range(50)]
    return emptied(filled(queue.PriorityQueue(), items)) == list(range(50))


@case
def priority_tasks():
    q = filled(queue.PriorityQueue(), "ba")
    said = q.get(), q.task_done(), q.get(), q.task_done()
    return said, q.join(), error(q.task_done, "task_done() called too many times")


@case
def kinds_are_queues():
    return [isinstance(kind(), queue.Queue) for kind in (queue.LifoQueue, queue.PriorityQueue, queue.SimpleQueue)]


@case
def simple():
    q = filled(queue.SimpleQueue(), range(5))
    return q.qsize(), q.empty(), emptied(q), q.empty(), q.qsize()


@case
def simple_put_never_waits():
    q = queue.SimpleQueue()
    return q.put(1, False), q.put(2, block=True, timeout=0), q.put_nowait(3), emptied(q)


@case
def simple_empty():
    q = queue.SimpleQueue()
    return error(q.get_nowait), error(lambda: q.get(False)), error(lambda: q.get(timeout=0.01))


@case
def simple_negative_timeout():
    q = queue.SimpleQueue()
    return error(lambda: q.get(timeout=-1), "'timeout' must be a non-negative number")


@case
def simple_has_no_limit_and_no_tasks():
    q = queue.SimpleQueue()
    return [hasattr(q, name) for name in ("maxsize", "full", "task_done", "join")], error(lambda: queue.SimpleQueue(1))


@case
def simple_get_waits():
    q = queue.SimpleQueue()
    return beside(q.get, lambda: q.put("item"))


@case
def simple_of_many():
    q, got, lock = queue.SimpleQueue(), [], threading.Lock()

    def consume():
        while True:
            item = q.get()
            if item is None:
                return
            with lock:
                got.append(item)

    threads = [threading.Thread(target=consume) for _ in range(3)]
    for thread in threads:
        thread.start()
    filled(q, range(100))
    filled(q, (None, None, None))
    for thread in threads:
        thread.join()
    return sorted(got) == list(range(100))


@case
def lifo_and_priority_between_threads():
    said = []
    for kind in (queue.LifoQueue, queue.PriorityQueue):
        q, got = kind(2), []

        def produce():
            for n in range(40):
                q.put(n)

        thread = threading.Thread(target=produce)
        thread.start()
        for _ in range(40):
            got.append(q.get())
        thread.join()
        said.append(sorted(got) == list(range(40)))
    return said
