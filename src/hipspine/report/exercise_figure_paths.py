"""Pieces of a figure as path data with key frames: whole numbers, relative commands, few frames.

Control points of round outlines lie on even numbers, so that the points between them, which are
what is written, are whole: nothing is lost by writing differences.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hipspine.report.exercise_figure_pieces import Outline, Piece
from hipspine.terms import Floats

UNITS_PER_M = 600.0
Whole = NDArray[np.int64]


def rounded(outline: Outline) -> Whole:
    """(frame, point, 2) points in units of the drawing, y down."""
    step = 2.0 if outline.closed and not outline.sharp else 1.0
    units = np.asarray(outline.points_m) * np.array([UNITS_PER_M, -UNITS_PER_M])
    return np.asarray(np.round(units / step) * step).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Keys:
    """Frames that are written, and how fast everything goes between them."""

    frames: tuple[int, ...]
    eases: tuple[tuple[float, float], ...]  # (interval,) second and fourth number of its timing curve; the others are 1/3 and 2/3
    off_units: float  # farthest that a point is from where it should be

    @property
    def splines(self) -> str:
        """The timing curves as SMIL writes them."""
        return ";".join(f".33 {_short(a)} .67 {_short(b)}" for a, b in self.eases)


def key_frames(pieces: Sequence[Piece], *, must: Sequence[int], within_units: float, most: int = 14) -> Keys:
    """Frames between which every point may move straight on, at a common changing speed, and stay near where it should be.

    Args:
        must: frames that are kept in any case, such as the ends of a hold.
        within_units: how near.
        most: no more frames than so many (or than ``must``), even where that is not enough.
    """
    moving = [rounded(one).astype(np.float64) for piece in pieces for one in piece.outlines]
    moving = [one.reshape(len(one), -1) for one in moving if (one != one[:1]).any()]
    if not moving:
        return Keys((0,), (), 0.0)
    every = np.concatenate(moving, axis=1)
    gone = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(every, axis=0), axis=1))])
    kept = sorted({0, len(every) - 1, *must})
    while True:
        eases = tuple(_ease(gone[a : b + 1]) for a, b in pairwise(kept))
        off = np.concatenate([[0.0], *(_off(every[a : b + 1], ease)[1:] for (a, b), ease in zip(pairwise(kept), eases, strict=True))])
        worst = int(np.argmax(off))
        if off[worst] <= within_units or len(kept) >= most:
            return Keys(tuple(kept), eases, float(off[worst]))
        kept = sorted({*kept, worst})


def _ease(gone: Floats) -> tuple[float, float]:
    """Timing curve of an interval from how far everything has gone in each of its frames."""
    way = gone[-1] - gone[0]
    if way < 1e-9:
        return 1 / 3, 2 / 3
    first, last = ((gone[b] - gone[a]) / way * (len(gone) - 1) for a, b in ((0, 1), (-2, -1)))
    if len(gone) > 3:  # one-sided second order
        first = (-3 * gone[0] + 4 * gone[1] - gone[2]) / 2 / way * (len(gone) - 1)
        last = (3 * gone[-1] - 4 * gone[-2] + gone[-3]) / 2 / way * (len(gone) - 1)
    return float(np.round(np.clip(first / 3, 0.0, 1.0), 2)), float(np.round(np.clip(1 - last / 3, 0.0, 1.0), 2))


def _off(course: Floats, ease: tuple[float, float]) -> Floats:
    """(frame,) farthest that a point is from its place when the interval is run through with a timing curve."""
    t = np.linspace(0.0, 1.0, len(course))
    share = 3 * ease[0] * t * (1 - t) ** 2 + 3 * ease[1] * t**2 * (1 - t) + t**3
    return np.asarray(np.abs(course[0] + share[:, None] * (course[-1] - course[0]) - course).max(axis=1))


def _short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".").removeprefix("0") or "0"


def path(piece: Piece, frame: int) -> str:
    """Path data of a piece in one frame."""
    return "".join(_data(_in(one, frame), one) for one in piece.outlines)


def merged(pieces: Sequence[Piece], frame: int) -> str:
    """Path data of the closed outlines of many pieces in one frame: their common shadow."""
    return "".join(_data(_in(one, frame), one) for piece in pieces for one in piece.outlines if one.closed)


def _in(outline: Outline, frame: int) -> Whole:
    """Points in one frame; what does not move has one frame only."""
    at = rounded(outline)
    return at[min(frame, len(at) - 1)]


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
