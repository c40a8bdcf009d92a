# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""Services over a soft reset."""

from harness import case

SETUP = """
import heddle_test as t
t.service_setup(0, "plain", t.NETWORK, 0, t.TICK)
t.service_setup(1, "auto", t.NETWORK, t.AUTOSTART, t.TICK)
t.service_setup(2, "vital", t.BACKGROUND, t.ESSENTIAL, t.TICK)
for i in range(3):
    assert t.service_register(i) == 0
    if i != 1:
        assert t.service_start(i) == 0
"""

STATS = """
import heddle_test as t, time
for _ in range(100):
    stats = [t.service_stats(i)[:2] for i in range(3)]
    if all(count > 3 for running, count in stats if running):
        break
    time.sleep_ms(10)  # the host was busy
print(stats)
"""


@case(each=("gil-testing", "nogil-testing"), timeout=60)
def services_reset(ctx):
    "A soft reset stops services, starts the automatic ones again and leaves the essential ones alone."
    with ctx.board() as board:
        board.raw_repl()
        board.exec(SETUP)
        first = eval(board.exec(STATS))
        assert all(running and count > 3 for running, count in first), first
        for _ in range(5):
            board.soft_reset()
            plain, auto, vital = eval(board.exec(STATS))
            ctx.log(plain, auto, vital)
            assert plain[0] == 0 and auto[0] == 1 and vital[0] == 1
            assert vital[1] > first[2][1], "the essential one went on"
            assert auto[1] > 3, auto
            first = [plain, auto, vital]
        assert b"did not stop" not in board.said


@case(each=("gil-testing", "nogil-testing"), timeout=60)
def services_stubborn(ctx):
    "A service that does not stop is named by the soft reset, which goes on without it."
    with ctx.board() as board:
        board.raw_repl()
        board.exec(
            "import heddle_test as t\n"
            "t.service_setup(3, 'mule', t.NETWORK, 0, t.STUBBORN)\n"
            "print(t.service_register(3), t.service_start(3))"
        )
        for _ in range(2):
            seen = len(board.said)
            board.soft_reset()
            text = bytes(board.said[seen:])
            ctx.log(text)
            assert b"service 'mule' did not stop within 250 ms" in text, text
            assert board.exec("print(6 * 7)") == "42\n"
        board.exec("import heddle_test as t\nt.service_release(True)")
        seen = len(board.said)
        board.soft_reset()
        assert b"did not stop" not in board.said[seen:]
        assert board.exec("import heddle_test as t\nprint(t.service_stats(3)[0])") == "0\n"
