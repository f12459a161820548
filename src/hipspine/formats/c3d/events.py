"""Events of a C3D file: from the EVENT group, or from the header where there is none; on the clock of frame 1."""

import numpy as np

from hipspine.formats.c3d.layout import C3dContent
from hipspine.formats.events import canonical_event
from hipspine.signals.recording import Event
from hipspine.terms import Floats, Side

_SLACK_S = 0.05  # header events are rounded to frames; within this they are the same as one of the EVENT group


def events_of(content: C3dContent, warnings: list[str]) -> list[Event]:
    """Every event with a time; what was left out or assumed is said in ``warnings``."""
    labels, contexts = content.texts("EVENT", "LABELS"), content.texts("EVENT", "CONTEXTS")
    in_header = [Event(*_named(label, "", time)) for label, time in content.header_events if label]
    seconds = _seconds(content, len(labels), warnings)
    used = content.values("EVENT", "USED")
    stated = int(used[0]) if used.size and np.isfinite(used[0]) and used[0] > 0 else len(labels)
    count = min(stated, len(labels), seconds.size)
    if not count:
        return in_header
    if not len(labels) == seconds.size == count:
        warnings.append(f"EVENT counts {stated} events, with {len(labels)} labels and {seconds.size} times; the first {count} were read")
    events = [
        Event(*_named(label or "event", contexts[i] if i < len(contexts) else "", float(time)))
        for i, (label, time) in enumerate(zip(labels[:count], seconds[:count], strict=True))
        if np.isfinite(time)
    ]
    lost = [e for e in in_header if all(abs(e.time_s - other.time_s) > _SLACK_S for other in events)]
    if lost:
        warnings.append(f"the header lists {len(lost)} events at other times than the EVENT group; those of the group were read")
    return events


def _seconds(content: C3dContent, labels: int, warnings: list[str]) -> Floats:
    """Times of EVENT:TIMES: minutes and seconds of each event, stored (2, event); some programs store (event, 2) or seconds alone."""
    times = content.values("EVENT", "TIMES")
    entry = content.section.entry("EVENT", "TIMES")
    shape = entry.shape if entry else ()
    if labels and times.size == labels and len(shape) < 2:
        warnings.append("EVENT:TIMES holds one number for each event, two were expected; they are taken as seconds")
        return times
    if len(shape) == 2 and shape[1] == 2 != shape[0] and times.size == 2 * shape[0]:
        warnings.append("EVENT:TIMES is stored as minutes of all events, then seconds; it is read so")
        return times[: shape[0]] * 60.0 + times[shape[0] :]
    pairs = times[: times.size // 2 * 2]
    seconds: Floats = pairs[0::2] * 60.0 + pairs[1::2]
    return seconds


def _named(label: str, context: str, time_s: float) -> tuple[str, float, Side | None]:
    name, side = canonical_event(label, context)
    return name, time_s, side
