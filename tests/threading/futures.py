# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# concurrent.futures.Future, wait and as_completed
import threading
from concurrent import futures

from common import case, error


def made(**state):
    # A future that is running, has a result or an exception.
    future = futures.Future()
    future.set_running_or_notify_cancel()
    if "result" in state:
        future.set_result(state["result"])
    elif "exception" in state:
        future.set_exception(state["exception"])
    return future


def cancelled():
    future = futures.Future()
    future.cancel()
    future.set_running_or_notify_cancel()
    return future


def states(future):
    return future.cancelled(), future.running(), future.done()


def names(found, **known):
    return sorted(name for name in known if known[name] in found)


@case
def states_of_each_kind():
    kinds = futures.Future(), made(), made(result=1), made(exception=KeyError()), cancelled()
    return [states(future) for future in kinds]


@case
def result():
    return made(result=42).result(), made(result=None).result(timeout=1), made(result=7).exception()


@case
def result_that_is_an_exception():
    return error(made(exception=KeyError("gone")).result, "gone")


@case
def the_exception():
    exception = KeyError("gone")
    return made(exception=exception).exception() is exception, made(exception=exception).exception(1) is exception


@case
def result_of_a_cancelled_one():
    return error(cancelled().result), error(cancelled().exception)


@case
def timeout_comes():
    future = futures.Future()
    calls = lambda: future.result(0.01), lambda: future.exception(timeout=0.01), lambda: future.result(0)
    return [error(call) for call in calls]


@case
def result_in_time():
    future, said = futures.Future(), []
    thread = threading.Thread(target=lambda: said.append((future.result(1000), future.result())))
    thread.start()
    future.set_result("here")
    thread.join()
    return said


@case
def waiter_is_told_of_an_exception():
    future, said = futures.Future(), []
    thread = threading.Thread(target=lambda: said.append(error(future.result, "gone")))
    thread.start()
    future.set_exception(ValueError("gone"))
    thread.join()
    return said


@case
def waiter_is_told_of_a_cancellation():
    future, said = futures.Future(), []
    thread = threading.Thread(target=lambda: said.append(error(future.result)))
    thread.start()
    future.cancel()
    thread.join()
    return said


@case
def cancel():
    future = futures.Future()
    return future.cancel(), future.cancel(), states(future)


@case
def cancel_too_late():
    return made().cancel(), made(result=1).cancel(), made(exception=KeyError()).cancel()


@case
def set_running():
    fresh, gone = futures.Future(), futures.Future()
    gone.cancel()
    said = fresh.set_running_or_notify_cancel(), gone.set_running_or_notify_cancel()
    return said, states(fresh), states(gone)


@case
def set_twice():
    done = made(result=1)
    said = error(lambda: done.set_result(2)), error(lambda: done.set_exception(KeyError()))
    return said, done.result(), error(lambda: cancelled().set_result(1))


@case
def callback():
    future, said = made(), []
    future.add_done_callback(lambda f: said.append((f is future, f.done(), f.result())))
    before = len(said)
    future.set_result(1)
    return before, said


@case
def callback_of_a_done_one():
    said = []
    made(result=1).add_done_callback(lambda f: said.append(f.result()))
    return said


@case
def callback_of_a_cancelled_one():
    future, said = futures.Future(), []
    future.add_done_callback(lambda f: said.append(f.cancelled()))
    future.cancel()
    return said


@case
def callbacks_in_order():
    future, said = made(), []
    for n in range(5):
        future.add_done_callback(lambda f, n=n: said.append(n))
    future.set_result(None)
    return said


@case
def representation():
    kinds = futures.Future(), made(), cancelled()
    return [repr(future).startswith("<Future at 0x") for future in kinds], [
        repr(future)[repr(future).find("state=") :] for future in kinds + (made(exception=KeyError()),)
    ]


@case
def wait_for_all():
    done, also = made(result=1), made(exception=KeyError())
    waited = futures.wait([done, also])
    return names(waited.done, done=done, also=also), names(waited.not_done, done=done, also=also)


@case
def wait_gives_a_named_tuple():
    done, not_done = futures.wait([made(result=1)])
    return len(done), len(not_done), type(done) is set, type(not_done) is set


@case
def wait_for_none():
    return [len(found) for found in futures.wait([])]


@case
def wait_for_the_first():
    done, late = made(result=1), made()
    waited = futures.wait([late, done], return_when=futures.FIRST_COMPLETED)
    return names(waited.done, done=done, late=late), names(waited.not_done, done=done, late=late)


@case
def wait_for_an_exception():
    fine, failed, late = made(result=1), made(exception=KeyError()), made()
    waited = futures.wait([fine, failed, late], return_when=futures.FIRST_EXCEPTION)
    return names(waited.done, fine=fine, failed=failed, late=late), waited.not_done == {late}


@case
def wait_for_an_exception_that_none_has():
    waited = futures.wait([made(result=1), cancelled()], return_when=futures.FIRST_EXCEPTION)
    return len(waited.done), len(waited.not_done)


@case
def wait_timeout():
    done, late = made(result=1), made()
    waited = futures.wait([done, late], timeout=0.01)
    return waited.done == {done}, waited.not_done == {late}


@case
def wait_timeout_of_zero():
    late = made()
    return futures.wait([late], 0).not_done == {late}


@case
def wait_for_what_comes():
    late = [made() for _ in range(3)]

    def f():
        for n, future in enumerate(late):
            future.set_result(n)

    thread = threading.Thread(target=f)
    thread.start()
    waited = futures.wait(late, 1000)
    thread.join()
    return len(waited.done), len(waited.not_done)


@case
def wait_by_a_wrong_name():
    return error(lambda: futures.wait([made()], return_when="SOME"), "Invalid return condition")


@case
def wait_for_one_twice():
    future = made(result=1)
    return len(futures.wait([future, future]).done), len(list(futures.as_completed([future, future])))


@case
def as_completed():
    fine, failed, gone = made(result=1), made(exception=KeyError()), cancelled()
    return names(list(futures.as_completed([fine, failed, gone])), fine=fine, failed=failed, gone=gone)


@case
def as_completed_in_their_order():
    late = [made() for _ in range(3)]
    turns = [threading.Event() for _ in range(3)]

    def f():
        for n in (1, 2, 0):
            turns[n].wait()
            late[n].set_result(n)

    thread = threading.Thread(target=f)
    thread.start()
    turns[1].set()
    said = []
    for future in futures.as_completed(late):
        said.append(future.result())
        if len(said) < 3:
            turns[(2, 0)[len(said) - 1]].set()
    thread.join()
    return said


@case
def as_completed_timeout():
    done, late, said = made(result=1), made(), []

    def f():
        for future in futures.as_completed([done, late], timeout=0.01):
            said.append(future is done)

    return error(f, "1 (of 2) futures unfinished"), said


@case
def as_completed_of_none():
    return list(futures.as_completed([]))


@case
def exception_types():
    return (
        issubclass(futures.TimeoutError, OSError),
        issubclass(futures.BrokenExecutor, RuntimeError),
        issubclass(futures.CancelledError, Exception),
    )


@case
def constants():
    return futures.FIRST_COMPLETED, futures.FIRST_EXCEPTION, futures.ALL_COMPLETED
