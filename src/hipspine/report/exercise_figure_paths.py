"""Pieces of a figure as path data with key frames: whole numbers, relative commands, few frames.

Control points of round outlines lie on even numbers, so that the points between them, which are
what is written, are whole: nothing is lost by writing differences.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from hipspine.exercises.motion import Motion, Phase
from hipspine.report.exercise_figure_pieces import Outline, Piece
from hipspine.terms import Floats

UNITS_PER_M = 600.0
Whole = NDArray[np.int64]
Ease: TypeAlias = tuple[float, float, float, float]  # handles of a timing curve, as SMIL and CSS write them
_STRAIGHT: Ease = (0.33, 0.33, 0.67, 0.67)
_HANDLES = tuple((a, b) for a in (0.33, 0.5) for b in (0.5, 0.67))  # in time; with halves, starting from rest and stopping is one interval
_PARAMETER = np.linspace(0.0, 1.0, 201)
_BENT = tuple(3 * _PARAMETER * (1 - _PARAMETER) * (a * (1 - _PARAMETER) + b * _PARAMETER) + _PARAMETER**3 for a, b in _HANDLES)


def rounded(outline: Outline) -> Whole:
    """(frame, point, 2) points in units of the drawing, y down."""
    step = 2.0 if outline.closed and not outline.sharp else 1.0
    units = np.asarray(outline.points_m) * np.array([UNITS_PER_M, -UNITS_PER_M])
    return np.asarray(np.round(units / step) * step).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Key:
    """A moment, and the frame whose postures stand there."""

    time_s: float
    frame: int


@dataclass(frozen=True, slots=True)
class Keys:
    """Moments that are written, and how fast everything goes between them."""

    moments: tuple[Key, ...]
    eases: tuple[Ease, ...]  # (interval,) timing curve
    off_units: float  # farthest that a point is from where it should be
    rest_s: float = 0.0  # so long everything stands at the end before it begins anew

    @property
    def lasts_s(self) -> float:
        """From one beginning to the next."""
        return self.moments[-1].time_s + self.rest_s

    @property
    def dur(self) -> str:
        """The same as SMIL writes it."""
        return f"{self.lasts_s:.5g}s"

    @property
    def times(self) -> str:
        """Shares of it as SMIL writes them."""
        return ";".join([*(short(one.time_s / self.lasts_s, 3) for one in self.moments), *(["1"] if self.rest_s else [])])

    @property
    def splines(self) -> str:
        """The timing curves as SMIL writes them."""
        eases = (*self.eases, _STRAIGHT) if self.rest_s else self.eases
        return ";".join(" ".join(short(one, 2) for one in ease) for ease in eases)


def key_frames(pieces: Sequence[Piece], motion: Motion, *, within_units: float, most: int = 30) -> Keys:
    """Moments between which every point may move straight on, at a common changing speed, and stay near where it should be.

    A way back takes its postures from the way there, in which they are the same: what stands in a file twice packs well.

    Args:
        pieces: what is drawn, in the frames of ``motion``.
        motion: its phases begin and end at a moment that is written.
        within_units: how near.
        most: no more moments than so many, beside those of the phases.
    """
    moving = [rounded(one).astype(np.float64) for piece in pieces for one in piece.outlines]
    moving = [one.reshape(len(one), -1) for one in moving if (one != one[:1]).any()]
    if not moving:
        return Keys((Key(0.0, 0),), (), 0.0)
    every, time = np.concatenate(moving, axis=1), motion.time_s
    backs = _ways_back(motion)
    edges = {float(at) for phase in motion.phases for at in (phase.start_s, phase.end_s)} | {0.0, float(time[-1])}
    kept = {_nearest(time, at) for at in edges} | {_nearest(time, at) for phase in motion.phases for at in (phase.end_s,)}
    moments = {Key(float(time[frame]), frame) for frame in kept}
    free = {Key(0.0, 0), Key(float(time[-1]), len(time) - 1)} | _far_apart((0, len(time) - 1), (), every, time, within_units)
    moments |= _far_apart(sorted(kept), backs, every, time, within_units)
    if len(free) < len(moments):
        moments, backs = free, []
    while True:
        keys = _measured(sorted(moments, key=lambda one: one.time_s), every, time)
        if keys.off_units <= within_units or len(moments) >= most:
            return keys
        worst = _worst(keys, every, time)
        there, back = next(
            ((a, b) for a, b in backs if b.start_s < time[worst] < b.end_s or a.start_s < time[worst] < a.end_s), (None, None)
        )
        if there is None or back is None:
            moments.add(Key(float(time[worst]), worst))
            continue
        share = (time[worst] - there.start_s) / (there.end_s - there.start_s)
        if time[worst] >= back.start_s:
            share = 1 - (time[worst] - back.start_s) / (back.end_s - back.start_s)
        frame = _nearest(time, there.start_s + share * (there.end_s - there.start_s))
        share = (time[frame] - there.start_s) / (there.end_s - there.start_s)
        new = {Key(float(time[frame]), frame), Key(float(back.end_s - share * (back.end_s - back.start_s)), frame)}
        if new <= moments:
            new = {Key(float(time[worst]), worst)}
        moments |= new


def _far_apart(kept: Sequence[int], backs: Sequence[tuple[Phase, Phase]], every: Floats, time: Floats, within: float) -> set[Key]:
    """Between moments that are kept as few others as it takes, each as far from the one before as may be; ways back take theirs."""
    found: set[Key] = set()
    for first, last in pairwise(kept):
        middle = (time[first] + time[last]) / 2
        if any(back.start_s < middle < back.end_s for _, back in backs):
            continue
        between = []
        at = first
        while at < last:
            good, bad, trial = at + 1, last + 1, last
            while good < bad - 1:
                off = _between(Key(float(time[at]), at), Key(float(time[trial]), trial), every, time)[1]
                good, bad = (trial, bad) if off <= within else (good, trial)
                trial = (good + bad) // 2
            at = good
            between.append(at)
        for frame in between[:-1]:
            found.add(Key(float(time[frame]), frame))
            for there, back in backs:
                if there.start_s < time[frame] < there.end_s:
                    share = (time[frame] - there.start_s) / (there.end_s - there.start_s)
                    found.add(Key(float(back.end_s - share * (back.end_s - back.start_s)), frame))
    return found


def _ways_back(motion: Motion) -> list[tuple[Phase, Phase]]:
    """Moves between two poses, and a later move between the same the other way, if there is one."""
    moves = [one for one in motion.phases if not one.holds]
    return [(a, b) for k, a in enumerate(moves) for b in moves[k + 1 :] if a.poses == b.poses[::-1]]


def _measured(moments: Sequence[Key], every: Floats, time: Floats) -> Keys:
    """The timing curves between moments and what they leave."""
    found = [_between(a, b, every, time) for a, b in pairwise(moments)]
    return Keys(tuple(moments), tuple(ease for ease, _, _ in found), max(off for _, off, _ in found))


def _worst(keys: Keys, every: Floats, time: Floats) -> int:
    """The frame that is farthest from where it should be."""
    return max((_between(a, b, every, time)[1:] for a, b in pairwise(keys.moments)), key=lambda one: one[0])[1]


def _between(a: Key, b: Key, every: Floats, time: Floats) -> tuple[Ease, float, int]:
    """Timing curve from one moment to the next; how far a point is from its place at most, and in which frame."""
    ease, gone = eased(a, b, every, time)
    inside = _inside(a, b, time)
    if not inside.size:
        return ease, 0.0, a.frame
    off = np.abs(every[a.frame] + gone[:, None] * (every[b.frame] - every[a.frame]) - every[inside]).max(axis=1)
    return ease, float(off.max()), int(inside[np.argmax(off)])


def eased(a: Key, b: Key, every: Floats, time: Floats) -> tuple[Ease, Floats]:
    """Timing curve from one moment to the next, and what share of the way (frame, number) is gone in each frame between them."""
    inside = _inside(a, b, time)
    start, way = every[a.frame], every[b.frame] - every[a.frame]
    long = float(way @ way)
    t = (time[inside] - a.time_s) / (b.time_s - a.time_s)
    if not inside.size or long < 1e-9:
        return _STRAIGHT, t
    share = (every[inside] - start) @ way / long  # the course along the straight way, fitted by the two free numbers of the curve
    u = np.stack([np.interp(t, bent, _PARAMETER) for bent in _BENT])
    one, two, goal = 3 * u * (1 - u) ** 2, 3 * u**2 * (1 - u), share - u**3
    aa, ab, bb, ag, bg = ((p * q).sum(axis=1) for p, q in ((one, one), (one, two), (two, two), (one, goal), (two, goal)))
    det = aa * bb - ab**2
    sure = np.where(det > 1e-9, det, 1.0)
    fitted = np.stack([(bb * ag - ab * bg) / sure, (aa * bg - ab * ag) / sure], axis=1)
    free = np.round(np.clip(np.where(det[:, None] > 1e-9, fitted, _HANDLES), 0.0, 1.0), 2)
    gone = free[:, :1] * one + free[:, 1:] * two + u**3
    k = int(np.argmin(np.abs(gone - share).max(axis=1)))
    return (_HANDLES[k][0], float(free[k, 0]), _HANDLES[k][1], float(free[k, 1])), gone[k]


def _inside(a: Key, b: Key, time: Floats) -> NDArray[np.int64]:
    """Frames between two moments."""
    return np.flatnonzero((time > a.time_s + 1e-9) & (time < b.time_s - 1e-9))


def _nearest(time: Floats, at: float) -> int:
    return int(np.argmin(np.abs(time - at)))


def short(number: float, digits: int) -> str:
    """A number with at most so many digits behind the point.

    >>> short(0.5, 3), short(180.04, 1), short(0.0, 2)
    ('.5', '180', '0')
    """
    return f"{number:.{digits}f}".rstrip("0").rstrip(".").removeprefix("0") or "0"


def path(piece: Piece, frame: int) -> str:
    """Path data of a piece in one frame."""
    return "".join(_data(_in(one, frame), one) for one in piece.outlines)


def merged(pieces: Sequence[Piece], frame: int) -> str:
    """Path data of the closed outlines of many pieces in one frame: their common shadow."""
    return "".join(_data(_in(one, frame), one) for piece in pieces for one in piece.outlines if one.closed)


def _in(outline: Outline, frame: int) -> Whole:
    """Points in one frame; what does not move has one frame only."""
    at = rounded(outline)
    return np.asarray(at[min(frame, len(at) - 1)])


def _data(at: Whole, outline: Outline) -> str:
    if not outline.closed and not outline.sharp:
        return f"M{_pair(at[0])}q{_pairs([at[1] - at[0], at[2] - at[0]])}"
    if outline.sharp:
        return f"M{_pair(at[0])}l{_pairs(np.diff(at, axis=0))}" + ("z" if outline.closed else "")
    middle = (at + np.roll(at, -1, axis=0)) // 2
    start = middle[-1]
    steps = np.diff(np.concatenate([start[None], middle]), axis=0)
    return f"M{_pair(start)}q{_pairs([at[0] - start, steps[0]])}t{_pairs(steps[1:])}"


def _pair(at: Whole) -> str:
    x, y = int(at[0]), int(at[1])
    return f"{x}{y}" if y < 0 else f"{x} {y}"


def _pairs(many: Sequence[Whole] | Whole) -> str:
    found = ""
    for one in many:
        pair = _pair(one)
        found += pair if not found or pair.startswith("-") else f" {pair}"
    return found


def extent(pieces: Sequence[Piece]) -> Floats:
    """(2, 2) lowest and highest x and y of all points in units of the drawing, y down."""
    every = np.concatenate([rounded(one).reshape(-1, 2) for piece in pieces for one in piece.outlines])
    return np.stack([every.min(axis=0), every.max(axis=0)]).astype(np.float64)
