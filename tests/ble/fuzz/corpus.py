#!/usr/bin/python3
# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Inputs of the fuzzers as text: hexadecimal, a blank line between two.

usage: corpus.py pack NAME folder        corpus/NAME.txt becomes what is in the folder
       corpus.py unpack NAME folder      a file in the folder for each input
"""

import os
import sys
import textwrap

CORPUS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus")
COLUMNS = 100


def pack(name, folder):
    inputs = []
    for file in os.listdir(folder):
        with open(os.path.join(folder, file), "rb") as f:
            inputs.append(f.read().hex())
    inputs = sorted((data for data in inputs if data), key=lambda data: (len(data), data))
    with open(os.path.join(CORPUS, name + ".txt"), "w") as f:
        f.write("\n\n".join("\n".join(textwrap.wrap(data, COLUMNS)) for data in inputs) + "\n")


def unpack(name, folder):
    """How many there are."""
    with open(os.path.join(CORPUS, name + ".txt")) as f:
        inputs = f.read().split("\n\n")
    os.makedirs(folder, exist_ok=True)
    for i, data in enumerate(inputs):
        with open(os.path.join(folder, "{:04d}".format(i)), "wb") as f:
            f.write(bytes.fromhex(data))
    return len(inputs)


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in ("pack", "unpack"):
        sys.exit(__doc__)
    {"pack": pack, "unpack": unpack}[sys.argv[1]](*sys.argv[2:])
