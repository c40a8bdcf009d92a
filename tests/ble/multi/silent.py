# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# The first instance waits for what nobody says.


def instance0():
    multitest.next()
    multitest.wait("never")


def instance1():
    multitest.next()
    print("all said")
