# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
# Four threads drive all modules at once, each with objects of its own. What they get is what one alone got before, and
# each file system has every file once, whole, and all its room when they are gone.

import _thread
import array
import binascii
import cmath
import collections
import deflate
import errno
import framebuf
import gc
import hashlib
import heapq
import heddle
import io
import json
import math
import micropython
import os
import platform
import random
import re
import select
import struct
import sys
import time
import uctypes
import websocket

THREADS = 4
ROUNDS = 10


class Device:
    "A block device in RAM."

    def __init__(self, size, count):
        self.size = size
        self.data = memoryview(bytearray(size * count))

    def readblocks(self, n, buf, offset=0):
        start = n * self.size + offset
        buf[:] = self.data[start : start + len(buf)]

    def writeblocks(self, n, buf, offset=0):
        start = n * self.size + offset
        self.data[start : start + len(buf)] = buf

    def ioctl(self, op, arg):
        return len(self.data) // self.size if op == 4 else self.size if op == 5 else 0


DISKS = (
    ("/one", os.VfsLfs1, Device(256, 64)),
    ("/two", os.VfsLfs2, Device(256, 96)),
    ("/fat", os.VfsFat, Device(512, 64)),
)
for path, kind, device in DISKS:
    kind.mkfs(device)
    os.mount(kind(device), path)


def text_of(me):
    return "thread %d says so. " % me * (9 + me)


def files_in(me, folder):
    "Files whose names are relative when the folder is the current one."
    text = text_of(me)
    one, two, inner = folder + "t%d-one" % me, folder + "t%d-two" % me, folder + "t%d-inner" % me
    try:
        open(folder + "no file of thread %d" % me)
        found = True
    except OSError as er:
        found = er.errno != errno.ENOENT
    with open(one, "w") as f:
        f.write(text)
        f.flush()
        f.write(text)
    os.rename(one, two)
    os.mkdir(inner)
    with open(inner + "/x", "wb") as f:
        f.write(text.encode())
    with open(two) as f:
        read = f.read(20) + f.readline()
        f.seek(3)
        read += f.read(5)
    size = os.stat(two)[6]
    mine = sorted(x for x in os.listdir(folder or ".") if x.startswith("t%d-" % me))
    kinds = sorted(x[0] for x in os.ilistdir(inner))
    os.remove(inner + "/x")
    os.rmdir(inner)
    return found, read, size, mine, kinds, os.statvfs(folder or "/")[0]


def relative_files(me):
    return files_in(me, "")


def files_one(me):
    return files_in(me, "/one/")


def files_two(me):
    return files_in(me, "/two/")


def files_fat(me):
    return files_in(me, "/fat/")


def mounts(me):
    path = "/m%d" % me
    device = Device(512, 16)
    os.VfsLfs2.mkfs(device)
    os.mount(os.VfsLfs2(device), path)
    with open(path + "/x", "w") as f:
        f.write(text_of(me))
    names = os.listdir(path)
    here = [row[1] for row in os.mount()].count(path), os.getcwd()
    os.umount(path)
    return names, here


def text_formats(me):
    data = {"me": me, "list": [1.5, None, True, {"x": text_of(me)}]}
    text = json.dumps(data)
    out = io.StringIO()
    json.dump(data, out)
    found = re.match("(thread) ([0-9]+) (s[a-z]+)", text_of(me))
    words = re.compile("[. ]+").split(text_of(me))
    return json.loads(text) == data, out.getvalue() == text, found.groups(), words, re.sub("a", "e", text_of(me))


def binary_formats(me):
    raw = text_of(me).encode()
    packed = struct.pack("<IHbq", me, 2 * me, -me, 1 << (40 + me))
    values = array.array("i", range(me, me + 50))
    values.extend(array.array("i", [me]))
    raw_struct = bytearray(8)
    view = uctypes.struct(uctypes.addressof(raw_struct), {"a": uctypes.UINT32 | 0, "b": uctypes.UINT8 | 4})
    view.a = 1000 + me
    view.b = me
    return (
        packed, struct.unpack("<IHbq", packed), binascii.hexlify(hashlib.sha256(raw).digest()), binascii.crc32(raw),
        binascii.a2b_base64(binascii.b2a_base64(raw)) == raw, sum(values), bytes(raw_struct),
    )


def compression(me):
    raw = text_of(me).encode() * 3
    out = io.BytesIO()
    with deflate.DeflateIO(out, deflate.ZLIB, 9) as f:
        f.write(raw)
    out.seek(0)
    with deflate.DeflateIO(out, deflate.ZLIB) as f:
        return f.read() == raw, len(out.getvalue())


def containers(me):
    heap = []
    for i in range(40):
        heapq.heappush(heap, i * 7919 % 101 + me)
    queue = collections.deque((), 5)
    for i in range(9):
        queue.append(i + me)
    named = collections.namedtuple("Point%d" % me, ("x", "y"))(me, 2)
    ordered = collections.OrderedDict((("k%d" % i, i) for i in range(20)))
    ordered.pop("k3")
    pairs = sorted(ordered.items(), key=lambda item: -item[1])
    return [heapq.heappop(heap) for _ in range(40)], list(queue), named, pairs, set(range(me + 1)) | {-1}


def numbers(me):
    big = 3 ** (150 + me) // 7 ** (20 + me)
    inside = all(0 <= random.randrange(10) < 10 and 0 <= random.random() < 1 for _ in range(50))
    inside = inside and random.choice((me,)) == me and random.getrandbits(8) < 256
    floats = math.gamma(3 + me), math.sin(me), cmath.exp(1j * me), "%.5f" % (me / 3), round(1.5 + me)
    return big, str(big), floats, inside


class Base:
    def __init__(self, me):
        self.me = me

    def __getattr__(self, name):
        return name

    @property
    def twice(self):
        return 2 * self.me

    def __enter__(self):
        return self

    def __exit__(self, *args):
        return args[0] is KeyError


def language(me):
    "New names, classes, code and exceptions."
    class Mine(Base):
        pass

    mine = Mine(me)
    with mine:
        raise KeyError(me)
    for i in range(20):
        setattr(mine, "new_%d_%d" % (me, i), i)
    names = {"me": me}
    exec("def f(x):\n    return [me + y for y in range(x)]\nz = f(5)", names)

    def generator(n):
        got = yield n
        yield from (got, n + 1)

    it = generator(me)
    values = next(it), it.send(5), next(it)
    out = io.StringIO()
    try:
        {}[text_of(me)]
    except KeyError as er:
        sys.print_exception(er, out)
    print(me, text_of(me), file=out)
    micropython.heap_lock()
    try:
        bytes(100)
        locked = False
    except MemoryError:
        locked = True
    micropython.heap_unlock()
    view = list(zip(map(str, range(me)), enumerate(reversed("abc")), filter(None, (0, 1, 2))))
    return (
        mine.twice, mine.missing, getattr(mine, "new_%d_7" % me), names["z"], eval("me * 3", {"me": me}), values,
        len(out.getvalue().split("\n")), locked, view, "{:>5}|{!r}|{:x}".format(me, "s", 255), platform.platform(),
    )


class Ready(io.IOBase):
    def ioctl(self, request, arg):
        return arg if request == 3 else 0


def the_rest(me):
    picture = framebuf.FrameBuffer(bytearray(64), 16, 16, framebuf.MONO_HLSB)
    picture.text("%d" % me, 0, 0)
    picture.line(0, 8, 15, 8 + me, 1)
    pixels = sum(picture.pixel(x, y) for x in range(16) for y in range(16))
    out = io.BytesIO()
    websocket.websocket(out).write(text_of(me).encode())
    poll = select.poll()
    stream = Ready()
    poll.register(stream, select.POLLIN)
    ready = [event for _, event in poll.poll(1000)]
    gc.collect()
    return pixels, out.getvalue(), ready, time.localtime(1000000 * me), time.mktime((2020, 1, 1 + me, 0, 0, 0, 0, 0))


JOBS = (
    relative_files, text_formats, files_one, binary_formats, files_two, compression, mounts, containers, files_fat,
    numbers, relative_files, language, the_rest,
)


def tree(path):
    "All that a folder has, with each file read to its end."
    found = []
    for name, kind, *_ in os.ilistdir(path):
        inner = path + "/" + name
        if kind == 0x4000:
            found.append((inner, tree(inner)))
        else:
            with open(inner) as f:
                found.append((inner, f.read()))
    return sorted(found)


def room(path):
    return os.statvfs(path)[3]


def tidy(path):
    for name, *_ in list(os.ilistdir(path)):
        if name[0] == "t" and name[2:] == "-two":
            os.remove(path + "/" + name)


def remount():
    for path, kind, device in DISKS:
        os.umount(path)
        os.mount(kind(device), path)


os.mkdir("/torture")
os.chdir("/torture")
FOLDERS = ("/torture",) + tuple(path for path, _, _ in DISKS)
want = [[job(me) for job in JOBS] for me in range(THREADS)]
whole = {path: [("%s/t%d-two" % (path, me), text_of(me) * 2) for me in range(THREADS)] for path in FOLDERS}
for path in FOLDERS:
    assert tree(path) == whole[path], tree(path)
    tidy(path)
empty = [room(path) for path in FOLDERS]
bad = [None] * THREADS


def drive(me):
    try:
        # All start elsewhere, so that each job meets each.
        for i in range(len(JOBS)):
            n = (i + 3 * me) % len(JOBS)
            got = JOBS[n](me)
            if got != want[me][n]:
                bad[me] = (JOBS[n].__name__, got, want[me][n])
                return
    except Exception as er:
        bad[me] = er
        sys.print_exception(er)


# All draw from one generator: each number once, as one alone draws them.
ident = None
DRAWS = 2000
drawn = [array.array("I", (0 for _ in range(DRAWS))) for _ in range(THREADS)]


def draw(me):
    numbers = drawn[me]
    for n in range(DRAWS):
        numbers[n] = random.getrandbits(31)


random.seed(1)
alone = sorted(random.getrandbits(31) for _ in range(THREADS * DRAWS))
for i in range(ROUNDS):
    random.seed(1)
    for ident in [_thread.start_new_thread(draw, (me,)) for me in range(THREADS)]:
        assert heddle.join(ident, 100)
    assert sorted(x for numbers in drawn for x in numbers) == alone

for i in range(ROUNDS):
    for ident in [_thread.start_new_thread(drive, (me,), stack_size=16384) for me in range(THREADS)]:
        assert heddle.join(ident, 100)
    assert bad == [None] * THREADS, bad
    if i % 2:
        remount()
    for path in FOLDERS:
        assert tree(path) == whole[path], (i, tree(path))
        tidy(path)
        assert tree(path) == []
    remount()
    gc.collect()
    assert [room(path) for path in FOLDERS] == empty, (i, [room(path) for path in FOLDERS], empty)
for path in FOLDERS:
    assert os.listdir(path) == []
    if path != "/torture":
        os.umount(path)
os.chdir("/")
os.rmdir("/torture")
