# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# What neither side has.
import no_such_module


def instance0():
    no_such_module.start()


def instance1():
    multitest.next()
