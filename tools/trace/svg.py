# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""A timeline as a picture: a lane for each core and thread, a time axis, a legend, and a summary below."""

from xml.sax.saxutils import escape

import summary
import timeline

WIDTH, GUTTER, MARGIN = 1200, 150, 90  # of all, of the names at the left, of the shares at the right
PLOT = WIDTH - GUTTER - MARGIN
TOP, LANE, BAR = 96, 24, 16  # where lanes begin, how high one is, and what is drawn in it
CHARACTER = 6.4  # width of one on average, of the small text
ARROW_ROOM = 14  # between arrows
MOST_BANDS = 120
COLOURS = {
    timeline.RUNNING: "#2a9d5c",
    timeline.READY: "#f4cf57",
    timeline.GIL: "#f08a24",
    timeline.LOCK: "#d43d3d",
    timeline.WAITING: "#d5dbe1",
}
COLLECTION, PAUSE = "#b59add", "#6a3fb0"
PALETTE = "#4e79a7 #76b7b2 #b07aa1 #9c755f #edc948 #e15759 #59a14f #f28e2b #ff9da7 #86bcb6 #8cd17d #b6992d".split()
STYLE = (
    "text{font:11px system-ui,'DejaVu Sans',sans-serif;fill:#24292f}"
    ".t{font-size:15px;font-weight:600}.h{font-weight:600}.d{fill:#6b7280}.g{stroke:#e5e9ed}.c{fill:#fff}"
    ".w{stroke:#24292f;stroke-width:.8;fill:none;opacity:.65}"
)


def number(value):
    return "{:.1f}".format(value).rstrip("0").rstrip(".") or "0"


def fitted(text, width):
    """As much of a text as fits."""
    most = max(1, int(width / CHARACTER))
    return text if len(text) <= most else text[: most - 1] + "…"


class Axis:
    """Time to pixels, and round numbers."""

    UNITS = ((1e6, "s"), (1e3, "ms"), (1, "µs"))

    def __init__(self, begin, end):
        self.begin, self.length = begin, max(end - begin, 1e-3)

    def x(self, time):
        return GUTTER + PLOT * (time - self.begin) / self.length

    def ticks(self):
        least = self.length / (PLOT / 90)
        step = 1e-4
        for factor in (2, 2.5, 2) * 20:
            if step >= least:
                break
            step *= factor
        size, unit = next((u for u in self.UNITS if self.length >= u[0]), self.UNITS[-1])
        for i in range(int(self.length / step) + 1):
            # The tenth decimal is the float's, not the time's.
            yield self.begin + i * step, "{:g} {}".format(round(i * step / size, 6), unit)


class Paths:
    """Rectangles, of each colour in one path."""

    def __init__(self):
        self.parts = {}

    def add(self, colour, x, y, width, height):
        part = "M{} {}h{}v{}h-{}z".format(*map(number, (x, y, width, height, width)))
        self.parts.setdefault(colour, []).append(part)

    def text(self):
        return ['<path fill="{}" d="{}"/>'.format(colour, "".join(parts)) for colour, parts in self.parts.items()]


class Cells:
    """What is too short to be seen: in each pixel as much of the height as it took of the time."""

    def __init__(self):
        self.times = {}

    def add(self, axis, begin, end, key):
        scale = PLOT / axis.length
        at = (begin - axis.begin) * scale
        last = (end - axis.begin) * scale
        while at < last:
            pixel = min(int(at), PLOT - 1)
            upto = min(last, pixel + 1) if pixel < PLOT - 1 else last
            cell = self.times.setdefault(pixel, {})
            cell[key] = cell.get(key, 0) + upto - at
            at = upto

    def draw(self, paths, colours, y):
        """Pixels that look the same are one rectangle."""
        begun = None
        for pixel in [*sorted(self.times), None]:
            looks = pixel is not None and self.heights(self.times[pixel], colours)
            if begun and looks and pixel == begun[1] and looks == begun[2]:
                begun[1] = pixel + 1
                continue
            if begun:
                bottom = y + BAR
                for key, height in begun[2]:
                    bottom -= height
                    paths.add(colours[key], GUTTER + begun[0], bottom, begun[1] - begun[0], height)
            begun = [pixel, pixel + 1, looks] if looks else None

    @staticmethod
    def heights(cell, colours):
        left, found = BAR, []
        for key in colours:
            if key in cell and left > 0:
                height = min(left, max(3, 2 * round(BAR / 2 * cell[key])))
                found.append((key, height))
                left -= height
        return found


def draw_bars(bars, colours, axis, paths, y):
    """Bars of (begin, end, key): long ones as they are, the others by what they add up to."""
    cells = Cells()
    for begin, end, key in bars:
        x, width = axis.x(begin), axis.x(end) - axis.x(begin)
        if width < 1:
            cells.add(axis, begin, end, key)
        elif key == timeline.WAITING:
            paths.add(colours[key], x, y + BAR / 2 - 1.5, width, 3)
        else:
            paths.add(colours[key], x, y, width, BAR)
    shown = {key: colour for key, colour in colours.items() if key != timeline.WAITING}
    cells.draw(paths, shown, y)


class Picture:
    def __init__(self, line, title):
        self.line, self.title = line, title
        self.axis = Axis(line.begin, line.end)
        self.out = []
        self.paths = Paths()
        self.y = TOP
        self.rows = {}  # of each thread, the middle of its lane

    def text(self, x, y, text, kind="", anchor="", tip=""):
        attributes = (' class="{}"'.format(kind) if kind else "") + (
            ' text-anchor="{}"'.format(anchor) if anchor else ""
        )
        tip = "<title>{}</title>".format(escape(tip)) if tip else ""
        self.out.append('<text x="{}" y="{}"{}>{}{}</text>'.format(number(x), number(y), attributes, escape(text), tip))

    def name(self, label, share=None):
        cut = fitted(label, GUTTER - 24)
        self.text(GUTTER - 10, self.y + BAR - 4, cut, anchor="end", tip=label if cut != label else "")
        if share is not None:
            self.text(WIDTH - MARGIN + 10, self.y + BAR - 4, share, "d")

    def heading(self, text):
        self.text(16, self.y + 8, text, "h")
        self.y += 14

    def cores(self):
        if not self.line.cores:
            return
        self.heading("cores")
        colours = {t.thread: PALETTE[i % len(PALETTE)] for i, t in enumerate(self.line.threads)}
        labels = []
        for core, runs in sorted(self.line.cores.items()):
            busy = sum(run.end - run.begin for run in runs) / self.axis.length
            self.name("core {}".format(core), "{:.0f} % busy".format(100 * busy))
            draw_bars(runs, colours, self.axis, self.paths, self.y)
            for run in runs:
                width = self.axis.x(run.end) - self.axis.x(run.begin)
                if width >= len(run.thread.label) * CHARACTER + 6:
                    labels.append(((self.axis.x(run.begin) + self.axis.x(run.end)) / 2, self.y, run.thread.label))
            self.y += LANE
        self.labels = labels
        self.y += 6

    def threads(self):
        self.heading("threads")
        for lane in self.line.threads:
            share = self.line.time_in(lane, timeline.RUNNING) / self.axis.length
            self.name(lane.thread.label, "{:.1f} %".format(100 * share))
            bars = [(span.begin, span.end, span.state) for span in lane.spans]
            draw_bars(bars, COLOURS, self.axis, self.paths, self.y)
            self.rows[lane.thread] = self.y + BAR / 2
            self.y += LANE
        self.y += 6

    def system(self):
        if self.line.collections:
            self.name("collections", "{} in all".format(len(self.line.collections)))
            bars = [(c.begin, c.end, COLLECTION) for c in self.line.collections]
            draw_bars(bars, {COLLECTION: COLLECTION}, self.axis, self.paths, self.y)
            pauses = [(c.stopped, c.resumed, PAUSE) for c in self.line.collections]
            draw_bars(pauses, {PAUSE: PAUSE}, self.axis, self.paths, self.y)
            self.y += LANE
        if self.line.interrupts:
            self.name("interrupts", "{} in all".format(len(self.line.interrupts)))
            seen = sorted({round(self.axis.x(piece.begin)) for piece in self.line.interrupts})
            marks = "".join("M{} {}v{}".format(x, self.y, BAR) for x in seen)
            self.out.append('<path stroke="#57606a" d="{}"/>'.format(marks))
            self.y += LANE

    def bands(self):
        """Collections over all lanes, unless there are so many that all is a band."""
        seen = set()
        if len(self.line.collections) > MOST_BANDS:
            return
        for found in self.line.collections:
            x = self.axis.x(found.begin)
            width = max(1, self.axis.x(found.end) - x)
            if round(x) not in seen:
                seen.add(round(x))
                shape = '<rect x="{}" y="{}" width="{}" height="{}" fill="{}" opacity=".16"/>'
                yield shape.format(number(x), TOP, number(width), self.y - TOP, PAUSE)

    def arrows(self):
        """Who woke whom, as far as there is room for arrows."""
        last = -ARROW_ROOM
        for wake in self.line.wakes:
            x = self.axis.x(wake.time)
            ends = self.rows.get(wake.by), self.rows.get(wake.to)
            if wake.gil or None in ends or ends[0] == ends[1] or x < last + ARROW_ROOM:
                continue
            last = x
            way = 1 if ends[1] > ends[0] else -1
            shape = '<path class="w" d="M{0} {1}V{2}m-3 {3}l3 {4}l3 {3}"/>'
            tip = ends[1] - way * (BAR / 2 - 2)
            yield shape.format(number(x), number(ends[0]), number(tip), -5 * way, 5 * way)

    def grid(self):
        for time, label in self.axis.ticks():
            x = number(self.axis.x(time))
            yield '<path class="g" d="M{} {}V{}"/>'.format(x, TOP - 4, self.y)
            yield '<text class="d" x="{}" y="{}" text-anchor="middle">{}</text>'.format(x, TOP - 10, label)

    def head(self):
        self.text(16, 26, fitted(self.title, (WIDTH - 420) * 0.75), "t")
        self.text(WIDTH - 16, 26, summary.about(self.line), "d", "end")
        x, y = 16, 52
        entries = [(colour, state) for state, colour in COLOURS.items()]
        entries += [(COLLECTION, "collection"), (PAUSE, "with the world stopped")] if self.line.collections else []
        for colour, label in entries:
            thin = label == timeline.WAITING
            shape = '<rect x="{}" y="{}" width="14" height="{}" fill="{}"/>'
            self.out.append(shape.format(x, y - 4 if thin else y - 9, 3 if thin else 11, colour))
            self.text(x + 20, y, label)
            x += 20 + int(len(label) * CHARACTER) + 22
        if self.line.wakes:
            self.out.append('<path class="w" d="M{0} {1}v11m-3 -5l3 5l3 -5"/>'.format(x + 4, y - 9))
            self.text(x + 16, y, "woke")

    def foot(self):
        self.y += 22
        columns = summary.columns(self.line)
        width = (WIDTH - 32) / len(columns)
        for i, (heading, lines) in enumerate(columns):
            self.text(16 + i * width, self.y, heading, "h")
            for row, line in enumerate(lines, 1):
                self.text(16 + i * width, self.y + 17 * row, fitted(line, width - 12))
        self.y += 17 * max(len(lines) for _, lines in columns) + 12

    def draw(self):
        self.labels = []
        self.head()
        self.cores()
        self.threads()
        self.system()
        end = self.y
        behind = [*self.grid(), *self.bands()]
        labels = ['<text class="c" x="{}" y="{}" text-anchor="middle">{}</text>'.format(
            number(x), number(y + BAR - 4), escape(label)) for x, y, label in self.labels]
        front = [*self.arrows(), *labels]
        self.foot()
        size = 'width="{0}" height="{1}" viewBox="0 0 {0} {1}"'.format(WIDTH, number(self.y))
        yield '<svg xmlns="http://www.w3.org/2000/svg" {}>'.format(size)
        yield "<style>{}</style>".format(STYLE)
        yield "<title>{}</title>".format(escape(self.title))
        yield '<rect width="{}" height="{}" fill="#fff"/>'.format(WIDTH, number(self.y))
        yield from behind
        yield from self.paths.text()
        yield from self.out
        yield from front
        yield "</svg>"
        assert end <= self.y


def write(line, title, stream):
    for part in Picture(line, title).draw():
        stream.write(part + "\n")
