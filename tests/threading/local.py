# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# threading.local
import threading

from common import case, elsewhere, error


@case
def what_was_set():
    data = threading.local()
    data.x = 1
    data.y = "two"
    return data.x, data.y


@case
def what_was_not_set():
    return error(lambda: threading.local().x)


@case
def nothing_in_another_thread():
    data = threading.local()
    data.x = 1
    return elsewhere(lambda: data.x), data.x


@case
def another_value_in_another_thread():
    data = threading.local()
    data.x = 1

    def f():
        data.x = 2
        return data.x

    return elsewhere(f), data.x


@case
def deleted():
    data = threading.local()
    data.x = 1
    del data.x
    return error(lambda: data.x), hasattr(data, "x")


@case
def deleted_in_another_thread():
    data = threading.local()
    data.x = 1

    def f():
        data.x = 2
        del data.x
        return hasattr(data, "x")

    return elsewhere(f), data.x


@case
def getattr_and_setattr():
    data = threading.local()
    setattr(data, "x", 5)
    return getattr(data, "x"), getattr(data, "y", "default")


@case
def two_are_apart():
    first, second = threading.local(), threading.local()
    first.x = 1
    return hasattr(second, "x"), first.x


@case
def many_threads():
    data, barrier, results = threading.local(), threading.Barrier(5), [None] * 5

    def f(n):
        data.x = n
        barrier.wait()
        results[n] = data.x

    threads = [threading.Thread(target=f, args=(n,)) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@case
def mutable_values_are_each_thread_s():
    data = threading.local()
    data.items = [1]

    def f():
        data.items = []
        data.items.append(2)
        return data.items

    return elsewhere(f), data.items


@case
def nothing_left_of_the_last_thread():
    data = threading.local()

    def f():
        had = hasattr(data, "x")
        data.x = 1
        return had

    return [elsewhere(f) for _ in range(10)]


@case
def subclass():
    class Data(threading.local):
        shared = []

        def __init__(self, number):
            self.number = number

    data = Data(7)
    data.number += 1

    def f():
        data.shared.append("elsewhere")
        return data.number

    return elsewhere(f), data.number, data.shared


@case
def defaults_of_the_class():
    class Context(threading.local):
        user = None
        depth = 0

        def __init__(self):
            self.depth = 1

        def hello(self):
            return "hello", self.user

    context, other = Context(), Context()
    context.user = "ada"
    context.depth += 1

    def f():
        had = context.user, context.depth
        context.user = "bob"
        return had, context.hello(), other.user

    said = elsewhere(f), context.hello(), context.depth, other.user
    del context.user
    return said, context.user


@case
def defaults_of_a_base():
    class Base(threading.local):
        limit = 10

    class Derived(Base):
        pass

    data, plain = Derived(), Base()
    data.limit = 20
    return elsewhere(lambda: data.limit), data.limit, plain.limit


@case
def method_in_the_way():
    class Data(threading.local):
        def name(self):
            return "method"

    data = Data()
    data.name = lambda: "set"
    return elsewhere(lambda: data.name()), data.name()


@case
def getattr_of_its_own():
    class Data(threading.local):
        def __getattr__(self, name):
            return "no " + name

    data = Data()
    data.x = 1
    return elsewhere(lambda: data.x), data.x, data.y


@case
def any_name():
    data = threading.local()
    data._args, data._dicts, data._own = 1, 2, 3
    return data._args, data._dicts, data._own
