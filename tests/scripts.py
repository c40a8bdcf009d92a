# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Cases made of the scripts in tests/python; run.py says how they are marked."""

import os

import harness


def images_on(board, images):
    """What runs there. Time repeats with one core; on the host it is the host's, and each image serves all scripts."""
    if board == harness.TWO:
        return [image for image in images if not image.endswith("-icount")]
    if board != "host":
        return images
    kinds = [image.partition("-")[0] for image in images if not image.startswith("bare")]
    return [kind + "-testing" for kind in dict.fromkeys(kinds)]


def script_cases(path, images, timeout, board):
    """One case for each image that a script wants."""
    stem = os.path.splitext(os.path.basename(path))[0]

    def run(ctx):
        icount = ctx.variant.endswith("-icount")
        image = ctx.variant[: -len("-icount")] if icount else ctx.variant
        # Time of instructions repeats with one core; several take turns, and one that spins keeps its turn.
        options = {"cores": 1} if icount else {}
        status, output = ctx.run_script(path, image, timeout, icount=icount, **options)
        ctx.log(output)
        expected = os.path.splitext(path)[0] + ".exp"
        if status != 0:
            last = (output.strip() or "no output").split("\n")[-1]
            ctx.fail("exit status {}: {}".format(status, last))
        if os.path.exists(expected):
            with open(expected) as f:
                wanted = f.read()
            if output != wanted:
                pairs = enumerate(zip(output.split("\n"), wanted.split("\n")), 1)
                differs = [(n, got, want) for n, (got, want) in pairs if got != want]
                first = differs[0] if differs else ("last", "end of output", "more or less")
                ctx.fail("line {}: {!r}, expected {!r}".format(*first))

    cases = []
    for image in images_on(board, images):
        built = image[: -len("-icount")] if image.endswith("-icount") else image
        options = {"timeout": timeout + 10, "boards": (board,)}
        cases.append(harness.Case("{}:{}".format(stem, image), run, (built,), image, **options))
    return cases
