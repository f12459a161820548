"""Which leg moves when: the repetitions of a prone hip extension from what the recording holds.

In this order: marked events ("movement start"), hip angles, a thigh accelerometer, a marker of the leg, and at last the bursts
of gluteus maximus and hamstrings themselves (then there is no start of movement, only repetitions).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hipspine.assessment.angles import angles, pick, said
from hipspine.assessment.bursts import HAMSTRINGS, best_channel, bursts_of, in_brief
from hipspine.assessment.movement import SMALLEST_ANGLE_RAD, Excursion, excursions, main_axis, tilt
from hipspine.assessment.wording import join
from hipspine.errors import ProtocolError
from hipspine.signals.recording import Event, Recording, Stream
from hipspine.signals.timing import ChannelOnsets, TimePosterior
from hipspine.terms import Floats, Side, StreamKind

_SMALLEST_DISPLACEMENT_M = 0.02
_EVENT_WIDTH_S = 0.001
_LONGEST_S = 4.0  # where no end is known, a lift is looked at for so long,
_NEXT_S = 0.8  # and no longer than until so much before the next one (half way, where they follow each other more quickly)
_LEG = re.compile(r"thigh|shank|knee|ankle|heel|foot|(^|[:_ ])[lr](thi|kne|ank|hee|toe|tib|fem)", re.IGNORECASE)
_ACCELERATION = re.compile(r"acc", re.IGNORECASE)


@dataclass(frozen=True, slots=True, eq=False)
class Lift:
    """One repetition."""

    side: Side | None
    start: TimePosterior | None  # start of the movement; None where only bursts are known
    start_s: float  # its median, or the first burst
    end_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Lifts:
    """All repetitions of a recording, in order of time, and where they come from."""

    lifts: tuple[Lift, ...]
    source: str  # "hip angle", "events", "accelerometer", "marker", "bursts"
    warnings: tuple[str, ...]
    information: tuple[str, ...] = ()  # which channel was taken

    @property
    def sides(self) -> tuple[Side | None, ...]:
        """Sides that move, left first."""
        there = {lift.side for lift in self.lifts}
        return tuple(side for side in (Side.LEFT, Side.RIGHT, None) if side in there)


def lifts(recording: Recording, channels: tuple[ChannelOnsets, ...]) -> Lifts:
    """The repetitions, from the best source that the recording holds.

    Raises:
        ProtocolError: nothing moves and no muscle has a burst, or both legs move at the same time.
    """
    marked = list(dict.fromkeys(event for event in recording.events if event.label == "movement start"))  # an event noted twice is one
    angled = _from_angles(recording)
    if marked:
        return _from_events(recording, marked, angled, channels)
    for found in (angled, _from_sensor(recording, StreamKind.IMU), _from_sensor(recording, StreamKind.MARKER)):
        if found is not None:
            return _one_leg_at_a_time(recording, found)
    return _from_bursts(recording, channels)


def _from_angles(recording: Recording) -> Lifts | None:
    known = angles(recording)
    found: list[Lift] = []
    warnings: list[str] = []
    information: list[str] = []
    for side in (Side.LEFT, Side.RIGHT, None):
        fitting = tuple(angle for angle in known if angle.side is side)
        angle = pick(fitting, "hip_flexion")
        if angle is None:
            continue
        moved = excursions(angle.rad, rate_hz=angle.rate_hz, start_s=angle.start_s, smallest=SMALLEST_ANGLE_RAD)
        if not moved:
            continue
        found += [_lift(side, one) for one in moved]
        (warnings if angle.guessed else information).append(said(angle))
        if sum(one.size > 0.0 for one in moved) > len(moved) / 2:
            warnings.append(
                f"{angle.label}: the hip moves into flexion, not extension; check its sign, or that this is a prone hip extension."
            )
    return Lifts(_sorted(found), "hip angle", tuple(warnings), tuple(information)) if found else None


def _from_sensor(recording: Recording, kind: StreamKind) -> Lifts | None:
    """From thigh accelerometers or leg markers: per side the one that moves most."""
    found: list[Lift] = []
    information: list[str] = []
    for side in (Side.LEFT, Side.RIGHT, None):
        best: tuple[float, str, tuple[Excursion, ...]] | None = None
        for stream in recording.of_kind(kind):
            for name, rows in _sensors(stream, kind, side).items():
                moved = _moved(stream, rows, kind)
                travel = max((abs(one.size) for one in moved), default=0.0)
                if moved and (best is None or travel > best[0]):
                    best = (travel, name, moved)
        if best is not None:
            found += [_lift(side, one) for one in best[2]]
            information.append(
                f"The start of movement was read from {'accelerometer' if kind is StreamKind.IMU else 'marker'} {best[1]!r}."
            )
    source = "accelerometer" if kind is StreamKind.IMU else "marker"
    return Lifts(_sorted(found), source, (), tuple(information)) if found else None


def _sensors(stream: Stream, kind: StreamKind, side: Side | None) -> dict[str, list[int]]:
    """Channels of one sensor together: acc_thigh_x, acc_thigh_y, acc_thigh_z."""
    groups: dict[str, list[int]] = {}
    for row, channel in enumerate(stream.channels):
        wanted = _ACCELERATION.search(channel.label) or channel.unit == "m/s^2" if kind is StreamKind.IMU else _LEG.search(channel.label)
        if wanted and channel.side is side:
            name = re.sub(r"[ ._-]?[xyz]([ ._-]|$)", " ", channel.label, flags=re.IGNORECASE).strip() or channel.label
            groups.setdefault(name, []).append(row)
    return groups


def _moved(stream: Stream, rows: list[int], kind: StreamKind) -> tuple[Excursion, ...]:
    """Repetitions in the displacement of a marker, or in the tilt that an accelerometer of two or three axes measures."""
    values, rate = _slowed(stream.values[rows], stream.rate_hz)
    if kind is StreamKind.MARKER:
        return excursions(main_axis(values), rate_hz=rate, start_s=stream.start_s, smallest=_SMALLEST_DISPLACEMENT_M)
    if len(rows) < 2:
        return ()
    return excursions(tilt(values, rate_hz=rate), rate_hz=rate, start_s=stream.start_s, smallest=SMALLEST_ANGLE_RAD)


def _slowed(values: Floats, rate_hz: float) -> tuple[Floats, float]:
    """Means over so many samples that about 100 Hz remain: movement is slower, vibration is not movement."""
    every = max(1, round(rate_hz / 100.0))
    whole = values[:, : values.shape[1] // every * every].reshape(values.shape[0], -1, every)
    return whole.mean(axis=2), rate_hz / every


def _from_events(recording: Recording, marked: Sequence[Event], angled: Lifts | None, channels: tuple[ChannelOnsets, ...]) -> Lifts:
    """From marked starts; the angle tells the end and, where the mark does not, the leg."""
    ends = [event.time_s for event in recording.events if event.label == "movement end"]
    times = [event.time_s for event in marked] + [recording.first_time_s + recording.duration_s]
    found, guessed = [], 0
    for event, after in zip(marked, times[1:], strict=True):
        near = [one for one in angled.lifts if one.start_s - 0.6 <= event.time_s <= one.end_s] if angled else []
        latest = max(after - _NEXT_S, (event.time_s + after) / 2.0)
        stop = min([latest, event.time_s + _LONGEST_S, *(t for t in ends if t > event.time_s), *(one.end_s for one in near)])
        side = event.side or (near[0].side if near else None)
        if side is None:
            side = _busier_side(channels, event.time_s - 0.5, stop)
            guessed += side is not None
        start = TimePosterior(event.time_s, _EVENT_WIDTH_S, np.array([1.0]))
        found.append(Lift(side, start, event.time_s, stop))
    warnings = ["The start of movement was taken from the marked events, as if they were exact; their own error is not in the intervals."]
    if guessed:
        warnings.append(f"{guessed} of {len(marked)} movement starts do not say which leg; the leg with more activity was taken.")
    return Lifts(_sorted(found), "events", tuple(warnings))


def _from_bursts(recording: Recording, channels: tuple[ChannelOnsets, ...]) -> Lifts:
    """Repetitions as runs of activity of gluteus maximus and hamstrings; where both sides run at once, the busier side moves."""
    runs = [(a, b, side) for side in (Side.LEFT, Side.RIGHT, None) for a, b in _runs(channels, side)]
    found: list[Lift] = []
    for a, b, side in sorted(runs, key=lambda run: run[0]):
        rival = [other for other in runs if other[2] is not side and min(b, other[1]) - max(a, other[0]) > 0.5 * (b - a)]
        if rival and _busier_side(channels, a, b) is not side:
            continue
        found.append(Lift(side, None, a, b))
    if not found:
        raise ProtocolError(
            f"{recording.name}: no movement and no whole burst of gluteus maximus or hamstrings was found{_reasons(channels)}; "
            "give a hip angle, a thigh accelerometer or 'movement start' events, and check the electrodes."
        )
    said_so = (
        "No hip angle, accelerometer, marker or event tells when the leg moves: repetitions and the moving leg were read from the "
        "activity of gluteus maximus and hamstrings, and times are given against the hamstrings only."
    )
    return Lifts(_sorted(found), "bursts", (said_so,))


def _reasons(channels: tuple[ChannelOnsets, ...]) -> str:
    """Why the channels that were looked at show none, each reason once."""
    entries = [
        entry
        for side in (Side.LEFT, Side.RIGHT, None)
        for role in ("gluteus_maximus", *HAMSTRINGS)
        if (entry := best_channel(channels, role, side)) is not None and entry.reason
    ]
    by_reason: dict[str, list[str]] = {}
    for entry in entries:
        by_reason.setdefault(entry.reason, []).append(in_brief(entry.channel.label))
    said_of = "; ".join(f"{join(labels)}: {reason}" for reason, labels in by_reason.items())
    return f" ({said_of})" if said_of else ""


def _runs(channels: tuple[ChannelOnsets, ...], side: Side | None) -> list[tuple[float, float]]:
    """Joined activity of gluteus maximus and hamstrings; pauses under 0.3 s do not part it. Open bursts are left out."""
    spans = sorted(
        (burst.on_s, burst.off_s)
        for role in ("gluteus_maximus", *HAMSTRINGS)
        if (entry := best_channel(channels, role, side)) is not None
        for burst in bursts_of(entry, muscle=role)
        if np.isfinite(burst.on_s) and np.isfinite(burst.off_s)
    )
    joined: list[tuple[float, float]] = []
    for a, b in spans:
        if joined and a - joined[-1][1] < 0.3:
            joined[-1] = (joined[-1][0], max(b, joined[-1][1]))
        else:
            joined.append((a, b))
    return [(a, b) for a, b in joined if b - a > 0.2]


def _busier_side(channels: tuple[ChannelOnsets, ...], begin: float, end: float) -> Side | None:
    """Side on which gluteus maximus and hamstrings are louder above their rest, weighted with time."""
    busy = {}
    for side in (Side.LEFT, Side.RIGHT):
        entries = [e for role in ("gluteus_maximus", *HAMSTRINGS) if (e := best_channel(channels, role, side)) is not None]
        busy[side] = sum(
            max(0.0, min(end, b.off_s) - max(begin, b.on_s)) * max(0.0, float(e.onsets.level_db[b.number]))
            for e in entries
            for b in bursts_of(e, muscle="")
        )
    if max(busy.values()) <= 0.0:
        return None
    return max(busy, key=lambda side: busy[side])


def _lift(side: Side | None, one: Excursion) -> Lift:
    return Lift(side, one.start, one.start.quantile(0.5), one.end_s)


def _sorted(found: list[Lift]) -> tuple[Lift, ...]:
    return tuple(sorted(found, key=lambda lift: lift.start_s))


def _one_leg_at_a_time(recording: Recording, found: Lifts) -> Lifts:
    left = [lift for lift in found.lifts if lift.side is Side.LEFT]
    right = [lift for lift in found.lifts if lift.side is Side.RIGHT]
    together = sum(any(min(a.end_s, b.end_s) - max(a.start_s, b.start_s) > 0.5 * (a.end_s - a.start_s) for b in right) for a in left)
    if left and together > len(left) / 2:
        raise ProtocolError(
            f"{recording.name}: both hips move at the same time in {together} of {len(left)} repetitions; a prone hip extension lifts one "
            "leg at a time; try --protocol trunk-flexion-extension or contact."
        )
    return found
