# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# image: gil nogil gil-icount nogil-icount
# A thread interns names, and this one makes each of them the moment after: it finds a whole one. (Under
# ThreadSanitizer this fails where a string is looked up without the mutex.)

import _thread

N = 200
turn = 0
last = None
i = 0
name = None
ident = None


class Names:
    pass


def intern():
    global turn, last
    for n in range(N):
        last = "name_%d" % n
        getattr(Names, last, None)
        turn = n + 1
        while turn > 0:
            pass
    turn = N


ident = _thread.start_new_thread(intern, ())
for i in range(N):
    while turn != i + 1:
        pass
    name = "name_%d" % i
    assert name == last and hash(name) == hash(last), (name, last)
    turn = 0
