# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# asyncio beside threads: to_thread, run_in_executor, call_soon and call_soon_threadsafe
import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from common import case, error


# A case whose function is a coroutine, in a loop of its own.
def loop_case(function):
    def run():
        return asyncio.run(function())

    try:
        said = run()
    except Exception as er:
        said = type(er).__name__
    print(function.__name__ + ":", said)


async def raised(awaitable):
    # What an await gave, or the type of what it raised.
    try:
        return await awaitable
    except asyncio.CancelledError:
        return "cancelled"
    except Exception as er:
        return type(er).__name__, str(er)


async def wrapped(awaitable):
    return await awaitable


def fails(text):
    raise ValueError(text)


def numbers(*args, **kwargs):
    return args, sorted(kwargs.items())


# ---- to_thread


@loop_case
async def to_thread_returns():
    return await asyncio.to_thread(numbers, 1, 2, a=3, b=4)


@loop_case
async def to_thread_runs_elsewhere():
    return await asyncio.to_thread(threading.get_ident) == threading.get_ident()


@loop_case
async def to_thread_raises():
    return await raised(asyncio.to_thread(fails, "in a thread"))


@loop_case
async def to_thread_starts_when_awaited():
    said = []
    coroutine = asyncio.to_thread(said.append, 1)
    before = list(said)
    await coroutine
    return before, said


@loop_case
async def to_thread_leaves_the_loop_to_others():
    # The thread waits for what another task does.
    event = threading.Event()

    async def other():
        event.set()

    task = asyncio.create_task(other())
    came = await asyncio.to_thread(event.wait, 60)
    await task
    return came


@loop_case
async def to_thread_several():
    return await asyncio.gather(*[asyncio.to_thread(pow, n, 2) for n in range(8)])


@loop_case
async def to_thread_one_of_several_raises():
    calls = [asyncio.to_thread(pow, 2, 3), asyncio.to_thread(fails, "one of two")]
    said = await asyncio.gather(*calls, return_exceptions=True)
    return said[0], type(said[1]).__name__, str(said[1])


@loop_case
async def to_thread_threads_meet():
    barrier = threading.Barrier(3)
    return sorted(await asyncio.gather(*[asyncio.to_thread(barrier.wait) for _ in range(3)]))


@loop_case
async def to_thread_of_none():
    return (await raised(asyncio.to_thread(None)))[0]


@loop_case
async def to_thread_in_a_task():
    task = asyncio.create_task(asyncio.to_thread(pow, 3, 3))
    return await task, task.done()


# ---- cancellation and timeouts: the thread goes on, and nobody waits for it


@case
def cancelled_while_it_waits():
    began, go = threading.Event(), threading.Event()
    said = []

    def work():
        began.set()
        go.wait()
        said.append("worked")

    async def main():
        task = asyncio.create_task(asyncio.to_thread(work))
        await asyncio.to_thread(began.wait)
        cancelled = task.cancel()
        came = await raised(task)
        before = list(said)
        go.set()
        return cancelled, came, before

    return asyncio.run(main()), said


@loop_case
async def timeout_of_a_thread():
    go = threading.Event()
    try:
        await asyncio.wait_for(asyncio.to_thread(go.wait), 0.01)
    except asyncio.TimeoutError:
        return "timeout"
    finally:
        go.set()


@loop_case
async def in_time():
    return await asyncio.wait_for(asyncio.to_thread(pow, 2, 5), 60)


@loop_case
async def cancelled_before_it_began():
    go = threading.Event()
    said = []
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1) as pool:
        first = loop.run_in_executor(pool, go.wait)
        second = asyncio.create_task(wrapped(loop.run_in_executor(pool, said.append, "ran")))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        second.cancel()
        came = await raised(second)
        go.set()
        await first
    return came, said


# ---- executors


@loop_case
async def default_executor():
    return await asyncio.get_running_loop().run_in_executor(None, pow, 2, 10)


@loop_case
async def an_executor():
    with ThreadPoolExecutor(2, thread_name_prefix="pool") as pool:
        name = await asyncio.get_running_loop().run_in_executor(pool, lambda: threading.current_thread().name)
    return name.split("_")[0].split("-")[0]


@loop_case
async def executor_begins_at_once():
    # Before anybody awaits it.
    event = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        future = asyncio.get_running_loop().run_in_executor(pool, event.set)
        came = event.wait(60)
        await future
    return came


@loop_case
async def executor_raises():
    return await raised(asyncio.get_running_loop().run_in_executor(None, fails, "in a pool"))


@loop_case
async def executor_that_is_shut_down():
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    return error(lambda: asyncio.get_running_loop().run_in_executor(pool, pow, 1, 1))


@loop_case
async def awaited_after_it_is_done():
    future = asyncio.get_running_loop().run_in_executor(None, pow, 2, 3)
    while not future.done():
        await asyncio.sleep(0.001)
    return await future


@loop_case
async def gathered_from_a_pool():
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(2) as pool:
        return await asyncio.gather(*[loop.run_in_executor(pool, pow, n, 3) for n in range(6)])


@loop_case
async def set_default_executor():
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(1, thread_name_prefix="mine"))
    return (await asyncio.to_thread(lambda: threading.current_thread().name)).split("_")[0].split("-")[0]


# ---- calls of the loop


@loop_case
async def call_soon_keeps_the_order():
    loop = asyncio.get_running_loop()
    said = []

    async def task():
        said.append("task")

    loop.call_soon(said.append, 1)
    task = asyncio.create_task(task())
    loop.call_soon(said.append, 2)
    before = list(said)
    await task
    await asyncio.sleep(0.01)
    return before, said


@loop_case
async def handle_is_cancelled():
    loop = asyncio.get_running_loop()
    said = []
    handle = loop.call_soon(said.append, 1)
    other = loop.call_soon_threadsafe(said.append, 2)
    loop.call_soon(said.append, 3)
    before = handle.cancelled(), other.cancelled()
    handle.cancel()
    other.cancel()
    await asyncio.sleep(0.01)
    return before, handle.cancelled(), other.cancelled(), said


@loop_case
async def callback_asks_for_another():
    loop = asyncio.get_running_loop()
    event = asyncio.Event()
    loop.call_soon(loop.call_soon, loop.call_soon_threadsafe, event.set)
    await event.wait()
    return event.is_set()


@loop_case
async def thread_wakes_who_waits_for_an_event():
    loop = asyncio.get_running_loop()
    event = asyncio.Event()
    thread = threading.Thread(target=loop.call_soon_threadsafe, args=(event.set,))
    thread.start()
    await event.wait()
    thread.join()
    return event.is_set()


@loop_case
async def thread_wakes_who_sleeps():
    loop = asyncio.get_running_loop()

    async def sleep():
        await asyncio.sleep(3600)

    sleeper = asyncio.create_task(sleep())
    await asyncio.sleep(0)
    thread = threading.Thread(target=loop.call_soon_threadsafe, args=(sleeper.cancel,))
    thread.start()
    said = await raised(sleeper)
    thread.join()
    return said


@loop_case
async def calls_of_a_thread_keep_their_order():
    loop = asyncio.get_running_loop()
    event = asyncio.Event()
    said = []

    def work():
        for n in range(20):
            loop.call_soon_threadsafe(said.append, n)
        loop.call_soon_threadsafe(event.set)

    threading.Thread(target=work).start()
    await event.wait()
    return said


@loop_case
async def calls_run_in_the_loop_s_thread():
    loop = asyncio.get_running_loop()
    event = asyncio.Event()
    said = []

    def call():
        said.append(threading.get_ident())
        event.set()

    threading.Thread(target=loop.call_soon_threadsafe, args=(call,)).start()
    await event.wait()
    return said == [threading.get_ident()]


@loop_case
async def callback_that_raises():
    loop = asyncio.get_running_loop()
    event = asyncio.Event()
    said = []

    def handler(loop, context):
        said.append(type(context["exception"]).__name__)
        event.set()

    loop.set_exception_handler(handler)
    loop.call_soon_threadsafe(fails, "in a callback")
    await event.wait()
    loop.set_exception_handler(None)
    return said


@loop_case
async def callback_without_context():
    loop = asyncio.get_running_loop()
    event = asyncio.Event()
    loop.call_soon(event.set, context=None)
    await event.wait()
    event.clear()
    loop.call_soon_threadsafe(event.set, context=None)
    await event.wait()
    return event.is_set()


# ---- coroutines for the loop


@loop_case
async def coroutine_of_a_thread():
    loop = asyncio.get_running_loop()

    async def double(n):
        await asyncio.sleep(0)
        return 2 * n

    def work():
        return asyncio.run_coroutine_threadsafe(double(21), loop).result(60)

    return await asyncio.to_thread(work)


@loop_case
async def coroutine_of_a_thread_raises():
    loop = asyncio.get_running_loop()

    async def wrong():
        fails("in a coroutine")

    def work():
        return asyncio.run_coroutine_threadsafe(wrong(), loop).result(60)

    return await raised(asyncio.to_thread(work))


@loop_case
async def coroutine_of_a_thread_is_cancelled():
    loop = asyncio.get_running_loop()
    began, ended = threading.Event(), threading.Event()
    said = []

    async def endless():
        began.set()
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            said.append("cancelled")
            ended.set()
            raise

    def work():
        future = asyncio.run_coroutine_threadsafe(endless(), loop)
        began.wait()
        return future.cancel(), ended.wait(60), future.cancelled()

    return await asyncio.to_thread(work), said


# ---- the loop


@loop_case
async def running_loop():
    loop = asyncio.get_running_loop()
    return loop.is_running(), loop.is_closed()


@case
def no_running_loop():
    return error(asyncio.get_running_loop, "no running event loop")


@loop_case
async def no_running_loop_in_a_thread():
    return await raised(asyncio.to_thread(asyncio.get_running_loop))


@loop_case
async def loop_that_runs_is_not_closed():
    return error(asyncio.get_running_loop().close, "Cannot close a running event loop")


@case
def loop_is_closed():
    async def main():
        return asyncio.get_running_loop()

    loop = asyncio.run(main())
    closed = loop.is_closed(), loop.is_running()
    return closed, error(lambda: loop.call_soon_threadsafe(print), "Event loop is closed")


@case
def loop_is_closed_for_call_soon():
    loop = asyncio.new_event_loop()
    loop.close()
    calls = (lambda: loop.call_soon(print)), (lambda: loop.run_in_executor(None, print))
    return [error(call, "Event loop is closed") for call in calls]


@case
def threads_have_ended_when_the_loop_has():
    said = []

    def slowly():
        time.sleep(0.02)
        said.append("done")

    async def main():
        asyncio.get_running_loop().run_in_executor(None, slowly)

    asyncio.run(main())
    return said


@case
def keywords_of_any_name():
    return asyncio.run(asyncio.to_thread(lambda func: func, func=4))


@case
def no_coroutine():
    loop = asyncio.new_event_loop()
    said = error(lambda: asyncio.run_coroutine_threadsafe(print, loop))
    loop.close()
    return said


@case
def call_before_the_loop_runs():
    loop = asyncio.new_event_loop()
    said = []
    loop.call_soon_threadsafe(said.append, 1)
    loop.call_soon_threadsafe(loop.stop)
    before = list(said)
    loop.run_forever()
    loop.close()
    return before, said


@case
def loop_in_a_thread():
    said = []

    async def main():
        said.append(await asyncio.to_thread(pow, 2, 4))

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    thread.join()
    return said
