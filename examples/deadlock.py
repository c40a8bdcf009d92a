# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# A deadlock, and who sees it: three threads each have a lock, and wait for that of the next one.

import heddle
import threading
import time

names = ("ada", "grace", "tony")
locks = [threading.Lock() for _ in names]
all_have_one = threading.Barrier(len(names))


def work(mine, other):
    with locks[mine]:
        all_have_one.wait()
        with locks[other]:
            pass


def waiting():
    return [t for t in heddle.threads() if t.name in names and t.waits_for == "lock"]


def main():
    for n, name in enumerate(names):
        threading.Thread(target=work, args=(n, (n + 1) % 3), name=name, daemon=True).start()
    while len(waiting()) < 3:
        time.sleep_ms(10)
    name_of = {t.ident: t.name for t in heddle.threads()}
    for t in waiting():
        print("{} waits for a {} that {} has".format(t.name, t.waits_for, name_of[t.holder]))


main()
