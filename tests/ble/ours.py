# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""MicroPython's `bluetooth` on a board whose controller is one of the rig's, for a `with` statement: what a test asks
of it is Python at its raw prompt, and events wait there until they are asked for."""

import ast
import os

import board as board_module
import frame
import peer
import snoop

# The services are those of the peer, so that each side finds the same at the other. Secrets are kept as upstream's
# documentation says; `answer` is what a request to read gets.
PRELUDE = """
import bluetooth, gc, time
ble = bluetooth.BLE()
events = []
secrets = {}
answer = 0
def plain(x):
    return bytes(x) if isinstance(x, memoryview) else str(x)[5:-1].strip("'") if isinstance(x, bluetooth.UUID) else x
def irq(event, data):
    if event == 29:
        kind, index, key = data
        if key is not None:
            return secrets.get((kind, bytes(key)))
        of_kind = [value for (k, _), value in secrets.items() if k == kind]
        return of_kind[index] if index < len(of_kind) else None
    if event == 30:
        kind, key, value = data
        if value is None:
            return secrets.pop((kind, bytes(key)), None) is not None
        secrets[kind, bytes(key)] = bytes(value)
        return True
    events.append((event,) + tuple(plain(x) for x in data))
    return answer if event == 4 else None
def hear(event, *first):
    wanted = (event,) + first
    while True:
        for at, said in enumerate(events):
            if said[: len(wanted)] == wanted:
                del events[at]
                return said[1:]
        time.sleep_ms(1)
def hear_all(event, done):
    last = hear(done)
    said = [e[1:] for e in events if e[0] == event]
    events[:] = [e for e in events if e[0] != event]
    return said + [last]
ble.irq(irq)
"""
NAMES = ("KEPT", "TOLD", "SECRET", "GUARDED", "LONG")
SERVICES = """
uuids = [bluetooth.UUID(u) for u in {!r}]
F = bluetooth
flags = (F.FLAG_READ | F.FLAG_WRITE | F.FLAG_WRITE_NO_RESPONSE, F.FLAG_NOTIFY | F.FLAG_INDICATE,
    F.FLAG_READ | 0x200, F.FLAG_READ | 0x400, F.FLAG_READ)
((KEPT, TOLD, SECRET, GUARDED, LONG),) = ble.gatts_register_services(
    ((bluetooth.UUID({!r}), tuple(zip(uuids, flags))),))
ble.gatts_set_buffer(KEPT, 512)
ble.gatts_write(KEPT, b"kept")
ble.gatts_write(SECRET, b"encrypted")
ble.gatts_write(GUARDED, b"encrypted-mitm")
ble.gatts_write(LONG, bytes(i & 255 for i in range(512)))
"""


class Ours:
    """An image at its prompt, behind a bridge in the rig's folder that writes `log`; nothing in that is malformed."""

    def __init__(self, image, rig, log, board="host"):
        self.log = log
        self.uart = os.path.join(rig.folder, os.path.basename(log) + ".uart")
        self.bridge = frame.Bridge(self.uart, rig.path(), log)
        self.image, self.board_name = image, board
        self.board = None

    def __enter__(self):
        self.bridge.__enter__()
        try:
            os.environ["MICROPYBTUART"] = "unix:" + self.uart
            self.board = board_module.Board(self.image, self.board_name)
            self.board.raw_repl()
            self.run(PRELUDE)
        except BaseException:
            self.__exit__(True)
            raise
        return self

    def __exit__(self, *exc):
        if self.board:
            self.board.close()
            # An exception in the handler is its end.
            assert exc[0] or b"Unhandled exception" not in self.board.said, self.board.said
        self.bridge.__exit__(*exc)
        if exc[0] is None:
            snoop.check_snoop(self.log)

    def run(self, code):
        return self.board.exec(code)

    def ask(self, expression):
        """The value of an expression there."""
        return ast.literal_eval(self.board.exec("print({})".format(expression)))

    def hear(self, event, *first):
        """The other data of the first event with this number whose data begin so; it waits for it."""
        return self.ask("hear({})".format(", ".join(map(repr, (event, *first)))))

    def hear_all(self, event, done):
        """The data of all events with this number, and those of the one that ends them."""
        *found, last = self.ask("hear_all({}, {})".format(event, done))
        return found, last

    def start(self, **config):
        """Configure and activate it, with the services."""
        for name, value in config.items():
            self.run("ble.config({}={!r})".format(name, value))
        self.run("ble.active(True)")
        uuids = [getattr(peer, name) for name in NAMES]
        self.run(SERVICES.format(uuids, peer.SERVICE))

    def begin_again(self, **config):
        """A soft reset, and a new program, which has the secrets of the last one."""
        secrets = self.ask("secrets")
        self.board.soft_reset()
        self.run(PRELUDE)
        self.run("secrets.update({!r})".format(secrets))
        self.start(**config)
