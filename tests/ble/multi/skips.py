# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# What has not run has not passed.


def instance0():
    multitest.skip()


def instance1():
    multitest.next()
