# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# What programs build of threading and queue again and again: threads with a stop, results, actors, pools, pipelines
import heapq
import queue
import threading

from common import case


def started(*functions):
    threads = [threading.Thread(target=function) for function in functions]
    for thread in threads:
        thread.start()
    return threads


def joined(threads):
    for thread in threads:
        thread.join()


# ---- queues


@case
def sentinel_is_passed_on():
    # One None ends all consumers: each puts it back.
    jobs, results = queue.Queue(), queue.Queue()

    def consume():
        while True:
            item = jobs.get()
            if item is None:
                jobs.put(None)
                return
            results.put(item * 10)

    threads = started(*[consume] * 3)
    for n in range(12):
        jobs.put(n)
    jobs.put(None)
    joined(threads)
    return sorted(results.get() for _ in range(12)), jobs.qsize()


@case
def daemon_that_works_for_ever():
    jobs = queue.Queue()
    results = []

    def work():
        while True:
            results.append(jobs.get() ** 2)
            jobs.task_done()

    threading.Thread(target=work, daemon=True).start()
    for n in range(10):
        jobs.put(n)
    jobs.join()
    return results


@case
def pipeline():
    # Stages with a short queue between each two.
    queues = [queue.Queue(2) for _ in range(4)]

    def stage(function, source, sink):
        def run():
            while True:
                item = source.get()
                sink.put(None if item is None else function(item))
                if item is None:
                    return

        return run

    functions = (lambda n: n + 1, lambda n: n * n, str)
    threads = started(*[stage(f, *queues[i : i + 2]) for i, f in enumerate(functions)])
    results = []

    def collect():
        while True:
            item = queues[-1].get()
            if item is None:
                return
            results.append(item)

    threads += started(collect)
    for n in range(10):
        queues[0].put(n)
    queues[0].put(None)
    joined(threads)
    return results


@case
def most_important_first():
    jobs = queue.PriorityQueue()
    for priority, name in ((3, "c"), (1, "a"), (2, "b"), (1, "d")):
        jobs.put((priority, name))
    results = []

    def work():
        while not jobs.empty():
            results.append(jobs.get())
            jobs.task_done()

    joined(started(work))
    jobs.join()
    return results


@case
def everybody_hears():
    # A topic puts what is said into the queue of each who listens.
    queues = [queue.Queue() for _ in range(3)]
    heard = [[] for _ in queues]

    def listen(n):
        while True:
            said = queues[n].get()
            if said is None:
                return
            heard[n].append(said)

    threads = started(*[lambda n=n: listen(n) for n in range(3)])
    for said in ("one", "two", None):
        for q in queues:
            q.put(said)
    joined(threads)
    return heard


# ---- classes of threads


class Stoppable(threading.Thread):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.stopping = threading.Event()
        self.turns = 0

    def stop(self):
        self.stopping.set()

    def run(self):
        while not self.stopping.wait(0.001):
            self.turns += 1


@case
def thread_with_a_stop():
    thread = Stoppable(name="stoppable")
    before = thread.is_alive()
    thread.start()
    during = thread.is_alive()
    thread.stop()
    thread.join()
    return thread.name, before, during, thread.is_alive(), thread.turns >= 0


class WithResult(threading.Thread):
    def __init__(self, function, *args):
        threading.Thread.__init__(self)
        self.function = function
        self.args = args
        self.result = self.error = None

    def run(self):
        try:
            self.result = self.function(*self.args)
        except Exception as er:
            self.error = er

    def join(self, timeout=None):
        super().join(timeout)
        if self.error is not None:
            raise self.error
        return self.result


@case
def thread_with_a_result():
    threads = [WithResult(pow, 2, n) for n in range(5)] + [WithResult(int, "x")]
    for thread in threads:
        thread.start()
    results = [thread.join() for thread in threads[:-1]]
    try:
        threads[-1].join()
    except ValueError:
        results.append("ValueError")
    return results


class Repeat(threading.Timer):
    def run(self):
        while not self.finished.wait(self.interval):
            self.function(*self.args, **self.kwargs)


@case
def timer_that_repeats():
    ticks = []
    three = threading.Event()

    def tick(n):
        ticks.append(n)
        if len(ticks) == 3:
            three.set()

    timer = Repeat(0.001, tick, [7])
    timer.start()
    three.wait()
    timer.cancel()
    timer.join()
    return ticks[:3]


class Exit(Exception):
    pass


class Actor:
    # Does what it is sent, one after the other, in a thread of its own.
    def __init__(self):
        self.mailbox = queue.Queue()
        self.thread = threading.Thread(target=self.main)
        self.thread.start()
        self.said = []

    def send(self, message):
        self.mailbox.put(message)

    def main(self):
        try:
            while True:
                message = self.mailbox.get()
                if message is Exit:
                    raise Exit
                self.said.append("got " + message)
        except Exit:
            pass

    def close(self):
        self.send(Exit)
        self.thread.join()


@case
def actor():
    actor = Actor()
    for message in ("a", "b", "c"):
        actor.send(message)
    actor.close()
    return actor.said


class Pool:
    # Threads that take (function, args) from a queue until they take None.
    def __init__(self, count):
        self.jobs = queue.Queue(count)
        self.errors = queue.Queue()
        self.threads = started(*[self.work] * count)

    def work(self):
        while True:
            job = self.jobs.get()
            try:
                if job is None:
                    return
                function, args = job
                function(*args)
            except Exception as er:
                self.errors.put(type(er).__name__)
            finally:
                self.jobs.task_done()

    def add(self, function, *args):
        self.jobs.put((function, args))

    def close(self):
        self.jobs.join()
        for _ in self.threads:
            self.jobs.put(None)
        joined(self.threads)


@case
def pool_of_ones_own():
    pool = Pool(3)
    results = queue.Queue()
    for n in range(20):
        pool.add(results.put, n)
    pool.add(int, "x")
    pool.close()
    return sorted(results.get() for _ in range(20)), pool.errors.get(), pool.errors.empty()


# ---- locks and conditions


@case
def counter_with_a_lock():
    lock = threading.Lock()
    count = [0]

    def work():
        for _ in range(200):
            with lock:
                count[0] += 1

    joined(started(*[work] * 4))
    return count[0]


class Sorted:
    # A queue by priority, made of a condition and a heap.
    def __init__(self):
        self.heap = []
        self.condition = threading.Condition()

    def put(self, item):
        with self.condition:
            heapq.heappush(self.heap, item)
            self.condition.notify()

    def get(self):
        with self.condition:
            while not self.heap:
                self.condition.wait()
            return heapq.heappop(self.heap)


@case
def sorted_by_a_condition():
    items = Sorted()
    got = [[], []]

    def take(n):
        for _ in range(10):
            got[n].append(items.get())

    threads = started(lambda: take(0), lambda: take(1))
    for n in range(20):
        items.put(n * 7 % 20)
    joined(threads)
    return sorted(got[0] + got[1])


class Buffer:
    # Two semaphores count what is there and what is free.
    def __init__(self, size):
        self.items = []
        self.lock = threading.Lock()
        self.free = threading.Semaphore(size)
        self.there = threading.Semaphore(0)
        self.most = 0

    def put(self, item):
        self.free.acquire()
        with self.lock:
            self.items.append(item)
            self.most = max(self.most, len(self.items))
        self.there.release()

    def get(self):
        self.there.acquire()
        with self.lock:
            item = self.items.pop(0)
        self.free.release()
        return item


@case
def buffer_of_semaphores():
    buffer = Buffer(3)
    threads = started(lambda: [buffer.put(n) for n in range(30)])
    got = [buffer.get() for _ in range(30)]
    joined(threads)
    return got == list(range(30)), buffer.most <= 3


class ReadersWriter:
    def __init__(self):
        self.condition = threading.Condition()
        self.readers = 0

    def read(self, function):
        with self.condition:
            self.readers += 1
        try:
            return function()
        finally:
            with self.condition:
                self.readers -= 1
                self.condition.notify_all()

    def write(self, function):
        with self.condition:
            self.condition.wait_for(lambda: self.readers == 0)
            return function()


@case
def readers_and_a_writer():
    lock = ReadersWriter()
    inside = threading.Barrier(3)
    value = [0]

    def read():
        # All three are inside at once.
        lock.read(inside.wait)

    def write():
        value[0] += 1

    threads = started(read, read, read, *[lambda: lock.write(write)] * 5)
    joined(threads)
    return value[0], lock.readers


@case
def philosophers():
    # Who takes the fork with the lower number first never waits in a circle.
    forks = [threading.Lock() for _ in range(5)]
    eaten = [0] * 5

    def dine(n):
        first, second = sorted((n, (n + 1) % 5))
        for _ in range(20):
            with forks[first], forks[second]:
                eaten[n] += 1

    joined(started(*[lambda n=n: dine(n) for n in range(5)]))
    return eaten


@case
def latch():
    # Somebody waits until three have counted down.
    left = [3]
    condition = threading.Condition()

    def count_down():
        with condition:
            left[0] -= 1
            if left[0] == 0:
                condition.notify_all()

    threads = started(*[count_down] * 3)
    with condition:
        came = condition.wait_for(lambda: left[0] == 0, 60)
    joined(threads)
    return came, left


@case
def made_once():
    # Many ask for what one of them makes.
    lock = threading.RLock()
    made = []

    def get():
        with lock:
            if not made:
                with lock:
                    made.append("connection")
            return made[0]

    got = queue.Queue()
    joined(started(*[lambda: got.put(get())] * 6))
    return made, sorted(got.get() for _ in range(6)) == made * 6


@case
def one_for_each_thread():
    local = threading.local()
    names = queue.Queue()
    barrier = threading.Barrier(3)

    def get():
        if not hasattr(local, "name"):
            local.name = threading.current_thread().name
        return local.name

    def work():
        get()
        barrier.wait()
        names.put(get() == threading.current_thread().name)

    joined(started(work, work, work))
    return [names.get() for _ in range(3)], hasattr(local, "name")


@case
def in_turns():
    # Two threads say one word each in turn: each has a semaphore that the other one gives.
    said = []
    mine = [threading.Semaphore(1), threading.Semaphore(0)]

    def speak(n, word):
        for _ in range(4):
            mine[n].acquire()
            said.append(word)
            mine[1 - n].release()

    joined(started(lambda: speak(0, "ping"), lambda: speak(1, "pong")))
    return said
