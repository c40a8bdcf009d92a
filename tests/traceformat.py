# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""The rules of the Trace Event format and of our pictures, for tests of tools/trace."""

import io
import json
import re
import xml.etree.ElementTree

import chrome
import dump
import svg
import timeline

# What an event of each phase must have.
REQUIRED = {
    "M": {"name", "pid", "tid", "args"},
    "X": {"name", "cat", "pid", "tid", "ts", "dur"},
    "s": {"name", "cat", "pid", "tid", "ts", "id"},
    "f": {"name", "cat", "pid", "tid", "ts", "id", "bp"},
    "i": {"name", "cat", "pid", "tid", "ts", "s"},
}
METADATA = {"process_name": "name", "process_sort_index": "sort_index", "thread_name": "name"}
METADATA["thread_sort_index"] = "sort_index"


def check_event(event):
    phase = event["ph"]
    missing = REQUIRED[phase] - set(event)
    assert not missing, (event, missing)
    assert isinstance(event["pid"], int) and isinstance(event["tid"], int), event
    if phase == "M":
        assert METADATA[event["name"]] in event["args"], event
    else:
        assert event["ts"] >= 0 and event.get("dur", 0) >= 0, event


def check_nesting(slices):
    """Slices of a lane are behind or inside of each other."""
    stack = []
    for ts, dur, name in sorted(slices, key=lambda s: (s[0], -s[1])):
        # Times are rounded to nanoseconds.
        while stack and stack[-1] <= ts + 0.0011:
            stack.pop()
        assert not stack or ts + dur <= stack[-1] + 0.0011, (ts, dur, name, stack)
        stack.append(ts + dur)


def is_inside(slices, ts):
    return any(begin <= ts + 0.0011 and ts <= begin + dur + 0.0011 for begin, dur, _ in slices)


def check_json(text):
    """The events, by phase, of what chrome.py wrote."""
    whole = json.loads(text)
    events = whole["traceEvents"]
    phases = {phase: [e for e in events if e["ph"] == phase] for phase in REQUIRED}
    assert sum(map(len, phases.values())) == len(events), "no other phases"
    lanes = {}
    for event in events:
        check_event(event)
        if event["ph"] == "X":
            lanes.setdefault((event["pid"], event["tid"]), []).append((event["ts"], event["dur"], event["name"]))
    times = [event["ts"] for event in events if event["ph"] != "M"]
    assert times == sorted(times)
    for slices in lanes.values():
        check_nesting(slices)
    named = {(e["pid"], e["tid"]) for e in phases["M"] if e["name"] == "thread_name"}
    assert set(lanes) <= named, "each lane has a name"
    starts = {event["id"]: event for event in phases["s"]}
    assert len(starts) == len(phases["s"]) == len(phases["f"])
    for event in phases["f"]:
        start = starts[event["id"]]
        assert start["name"] == event["name"] and start["ts"] <= event["ts"]
        for end in (start, event):
            assert is_inside(lanes[end["pid"], end["tid"]], end["ts"]), end
    return phases


SVG = "{http://www.w3.org/2000/svg}"
WIDTHS = {"t": 9.0, "h": 7.0}  # of a character, at least its mean


def box_of(text):
    """Where a text is, about: (left, top, right, bottom)."""
    said = text.text or "".join(text.itertext())
    x, y = float(text.get("x")), float(text.get("y"))
    width = len(said) * WIDTHS.get(text.get("class"), svg.CHARACTER)
    left = {"end": x - width, "middle": x - width / 2}.get(text.get("text-anchor"), x)
    return left, y - 9, left + width, y + 2


def check_svg(text):
    """It is XML, and no text lies over another or outside."""
    root = xml.etree.ElementTree.fromstring(text)
    width, height = float(root.get("width")), float(root.get("height"))
    boxes = [(box_of(t), t.text) for t in root.iter(SVG + "text")]
    for i, (box, said) in enumerate(boxes):
        assert box[0] >= 0 and box[2] <= width + 1 and box[3] <= height, (said, box)
        for other, says in boxes[:i]:
            apart = box[0] >= other[2] or other[0] >= box[2] or box[1] >= other[3] or other[1] >= box[3]
            assert apart, (said, box, says, other)
    assert not re.search(r"nan|inf\b", text)
    return root


def lines_of(output):
    """Those of a trace in what a board said."""
    return [line + "\n" for line in output.splitlines() if line.startswith(dump.MARK)]


def timeline_of(lines):
    return timeline.Timeline(dump.Dump(lines))


def check_all(line, title="x.py"):
    """The JSON's events by phase, and the picture."""
    whole, picture = io.StringIO(), io.StringIO()
    chrome.write(line, whole)
    svg.write(line, title, picture)
    return check_json(whole.getvalue()), check_svg(picture.getvalue())
