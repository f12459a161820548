"""Whether two recordings say the same: what was written is read back and held against what it was written from."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from hipspine.signals.recording import Channel, Recording, Stream

_BLOCK = 1 << 19  # numbers that are compared in one step
_TINY = 1e-37  # below this single precision has no normal numbers
_ANNOUNCED = {
    "channels": r"left out|leaves? out|not kept|dropped|only",
    "clock": r"^(?!.*left out).*(\brates?\b|\bstarts?\b|\bclocks?\b|\btimes?\b|\bbegins?\b|\bHz\b)",  # not that of a stream that is gone
    "samples": r"precision|digits?\b|\bbits?\b|round|resolution|steps?\b",
    "gaps": r"\bgaps?\b|missing|empty",
    "kinds": r"\bkinds?\b",
    "added": r"\badd(s|ed)?\b",
    "names": r"muscle|\bsides?\b|region|labels?\b|names?\b|letters",
    "units": r"\bunits?\b",
    "events": r"\bevents?\b|moments?",
    "notes": r"says? of itself|about|notes?\b|remarks?",
}
"""What differs -> the words by which a format's `losses` announce it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not the same in both."""

    what: str  # a key of the table above
    sentence: str

    def is_announced(self, losses: Sequence[str]) -> bool:
        """Whether one of these sentences speaks of such a difference."""
        return any(re.search(_ANNOUNCED[self.what], loss, re.IGNORECASE) for loss in losses)


def differences(
    before: Recording, after: Recording, *, precision: float, progress: Callable[[float], None] | None = None
) -> Iterator[Difference]:
    """Each difference between what was to be written and what reads back; numbers within ``precision`` of their channel's largest agree.

    Streams without samples and warnings are no difference.
    """
    found = {channel.label: (stream, row, channel) for stream in after.streams for row, channel in enumerate(stream.channels)}
    streams = [stream for stream in before.streams if stream.values.shape[1]]
    total, done = sum(stream.values.shape[0] * stream.values.shape[1] for stream in streams), 0
    for stream in streams:
        there = [(row, channel, *found[channel.label]) for row, channel in enumerate(stream.channels) if channel.label in found]
        missing = [channel.label for channel in stream.channels if channel.label not in found]
        if missing:
            yield Difference(
                "channels", f"channel {missing[0]!r} is not in it" + (f" (nor {len(missing) - 1} others)" if missing[1:] else "")
            )
        for _, channel, held, _, written in there:
            yield from _names(channel, written)
            if held.kind is not stream.kind:
                yield Difference("kinds", f"{channel.label!r} reads back as {held.kind.value} instead of {stream.kind.value}")
        for other in {id(held): held for _, _, held, _, _ in there}.values():
            rows = [(row, place) for row, _, held, place, _ in there if held is other]
            labels = [stream.channels[row].label for row, _ in rows]
            yield from _clocks(stream, other, labels[0])
            if other.values.shape[1] == stream.values.shape[1]:
                yield from _samples(stream, other, rows, labels, precision)
        done += stream.values.shape[0] * stream.values.shape[1]
        if progress is not None:
            progress(done / max(total, 1))
    known = {channel.label for stream in before.streams for channel in stream.channels}
    if added := [label for label in found if label not in known]:
        yield Difference("added", f"channel {added[0]!r} is in it and was not there before")
    yield from _events(before, after)
    if dict(before.about) != dict(after.about):
        keys = sorted(key for key in {*before.about, *after.about} if before.about.get(key) != after.about.get(key))
        yield Difference("notes", f"what it says of itself differs in {keys[0]!r}")


def _names(before: Channel, after: Channel) -> Iterator[Difference]:
    for what, field in (("names", "muscle"), ("names", "side"), ("names", "region"), ("units", "unit")):
        if getattr(before, field) != getattr(after, field):
            yield Difference(
                what, f"the {field} of {before.label!r} is {getattr(after, field) or 'none'} instead of {getattr(before, field) or 'none'}"
            )


def _clocks(before: Stream, after: Stream, label: str) -> Iterator[Difference]:
    if not np.isclose(after.rate_hz, before.rate_hz, rtol=1e-9, atol=0):
        yield Difference("clock", f"the rate of {label!r} is {after.rate_hz:.9g} Hz instead of {before.rate_hz:.9g} Hz")
    if not abs(after.start_s - before.start_s) <= 1e-6 / before.rate_hz + 1e-9 * abs(before.start_s):
        yield Difference("clock", f"{label!r} starts at {after.start_s:.9g} s instead of {before.start_s:.9g} s")
    if after.values.shape[1] != before.values.shape[1]:
        yield Difference("clock", f"{label!r} has {after.values.shape[1]} samples instead of {before.values.shape[1]}")


def _samples(
    before: Stream, after: Stream, rows: Sequence[tuple[int, int]], labels: Sequence[str], precision: float
) -> Iterator[Difference]:
    """The first sample of these channels that is not the same, and the first that is missing on one side only."""
    mine, theirs = [row for row, _ in rows], [place for _, place in rows]
    samples = before.values.shape[1]
    step = max(1, _BLOCK // max(len(rows), 1))
    largest = np.zeros(len(rows))
    if precision:
        for start in range(0, samples, step):
            block = np.abs(np.asarray(before.values[mine, start : start + step]))
            largest = np.fmax(largest, np.fmax.reduce(block, axis=1, initial=0.0))
    allowed = (precision * largest + (_TINY if precision else 0.0))[:, None]
    for start in range(0, samples, step):
        one, other = (np.asarray(values[at, start : start + step]) for values, at in ((before.values, mine), (after.values, theirs)))
        gaps = np.isfinite(one) != np.isfinite(other)
        off = ~gaps & np.isfinite(one) & ~(np.abs(one - other) <= allowed)
        if gaps.any():
            row, place = (int(i) for i in np.argwhere(gaps)[0])
            yield Difference("gaps", f"{labels[row]!r} has a gap on one side only, at {_at(before, start + place):.6g} s")
        if off.any():
            row, place = (int(i) for i in np.argwhere(off)[0])
            was, is_ = float(one[row, place]), float(other[row, place])
            yield Difference("samples", f"{labels[row]!r} is {is_:.9g} instead of {was:.9g} at {_at(before, start + place):.6g} s")
        if gaps.any() or off.any():
            return


def _at(stream: Stream, sample: int) -> float:
    return stream.start_s + sample / stream.rate_hz


def _events(before: Recording, after: Recording) -> Iterator[Difference]:
    """Events in order of time, to 0.01 ms; those at one time in any order."""
    ordered = [sorted((round(event.time_s, 5), event.label, event.side or "") for event in one.events) for one in (before, after)]
    if len(ordered[0]) != len(ordered[1]):
        yield Difference("events", f"there are {len(ordered[1])} events instead of {len(ordered[0])}")
        return
    for one, other in zip(*ordered, strict=True):
        if one[1:] != other[1:] or abs(one[0] - other[0]) > 2e-5:
            yield Difference("events", f"the event {one[1]!r} at {one[0]:g} s reads back as {other[1]!r} at {other[0]:g} s")
            return
