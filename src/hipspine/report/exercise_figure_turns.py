"""Pieces of a figure that keep their shape, as one outline that is turned: what is written of a moment is an angle and a centre.

Every movement of a rigid outline in the picture is, from one fixed outline, a turn about some centre. That outline is laid half a turn away
from what is seen, so that the centre never runs away to infinity, as it would where the turn is small.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hipspine.exercises.motion import Motion
from hipspine.report.exercise_figure_paths import UNITS_PER_M, Ease, Key, Keys, eased, rounded, short
from hipspine.report.exercise_figure_pieces import Piece
from hipspine.terms import Floats

_BENT_PX = 1.4  # a piece whose points all keep so near to a rigid outline is one
_OFF_PX = 2.5  # so near its points are to where they should be
_LEVER = 200.0  # units that a radian is worth beside a unit of the centre's way
_TURNS_RAD = 0.004  # what turns less only moves along


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """Pieces that move as one rigid body: what is turned, and how."""

    pieces: tuple[Piece, ...]  # one frame: what is turned or moved along
    course: tuple[str, ...]  # at each moment: an angle in degrees and a centre, or only a way along
    keys: Keys
    along: bool = False

    @property
    def kind(self) -> str:
        """How SVG calls it."""
        return "translate" if self.along else "rotate"


@dataclass(frozen=True, slots=True, eq=False)
class _Rigid:
    """How pieces that keep their common shape go."""

    seen: Floats  # (frame, point, 2) in units of the drawing, y down
    angle: Floats  # (frame,) turned since the first frame
    middle: Floats  # (frame, 2)


def keeps_shape(pieces: tuple[Piece, ...], *, px: float) -> bool:
    """Whether pieces move, and move as one rigid body; ``px`` are the units of the drawing in a pixel."""
    return _rigid(pieces, px) is not None


def turn(pieces: tuple[Piece, ...], motion: Motion, *, px: float) -> Turn | None:
    """The pieces as turned outlines, or None where they do not move or do not keep their common shape.

    Args:
        pieces: in the frames of ``motion``.
        motion: its phases tell where speeds are nought.
        px: units of the drawing in a pixel.
    """
    rigid = _rigid(pieces, px)
    if rigid is None:
        return None
    time, seen, angle, middle = motion.time_s, rigid.seen, rigid.angle, rigid.middle
    edges = sorted({int(np.argmin(np.abs(time - phase.end_s))) for phase in motion.phases} | {len(time) - 1})
    if np.ptp(angle) < _TURNS_RAD:
        way = np.round(middle - middle[0])
        keys = _keys(way, lambda one: one[:, None], middle[:, None] - middle[0], time, edges=edges, within=_OFF_PX * px)
        return Turn(_still(pieces), tuple(f"{x:g} {y:g}" for x, y in way[[one.frame for one in keys.moments]]), keys, along=True)
    laid, pole = np.pi - (angle.max() + angle.min()) / 2, _pole(angle, middle)
    theta = angle + laid
    at = _turned(angle, (pole - middle[0])[None])[:, 0] + middle  # where the point that was at the pole goes
    turns = _matrix(theta)
    centre = np.linalg.solve(np.eye(2) - turns, (at - turns @ pole)[..., None])[..., 0]
    base = tuple(_based(piece, pole, laid) for piece in pieces)
    outline = np.concatenate([rounded(one)[0] for piece in base for one in piece.outlines]).astype(np.float64)

    def drawn(course: Floats) -> Floats:
        return _turned(course[:, 0] / _LEVER, outline - course[:, None, 1:]) + course[:, None, 1:]

    course = np.column_stack([np.radians(np.round(np.degrees(theta), 1)) * _LEVER, np.round(centre)])
    keys = _keys(course, drawn, seen, time, edges=edges, within=_OFF_PX * px)
    words = tuple(f"{short(np.degrees(a / _LEVER), 1)} {x:.0f} {y:.0f}" for a, x, y in course[[one.frame for one in keys.moments]])
    return Turn(base, words, keys)


def _rigid(pieces: tuple[Piece, ...], px: float) -> _Rigid | None:
    frames = max(len(one.points_m) for piece in pieces for one in piece.outlines)
    points = [np.broadcast_to(one.points_m, (frames, *one.points_m.shape[1:])) for piece in pieces for one in piece.outlines]
    seen = np.concatenate(points, axis=1) * np.array([UNITS_PER_M, -UNITS_PER_M])
    if np.abs(seen - seen[:1]).max() < 1.0:
        return None
    middle = seen.mean(axis=1)
    centred = seen - middle[:, None]
    first = centred[0]
    cross = (first[:, 0] * centred[..., 1] - first[:, 1] * centred[..., 0]).sum(axis=1)
    angle = np.unwrap(np.arctan2(cross, (first * centred).sum(axis=(1, 2))))
    stays = _turned(angle, first) + middle[:, None]
    return _Rigid(seen, angle, middle) if np.abs(stays - seen).max() <= _BENT_PX * px else None


def _keys(course: Floats, drawn: Callable[[Floats], Floats], seen: Floats, time: Floats, *, edges: Sequence[int], within: float) -> Keys:
    """As few moments as it takes: each interval as long as its timing curve keeps every point (frame, point, 2) near where it should be."""

    def off(a: int, b: int) -> tuple[Ease, float]:
        ease, gone = eased(Key(float(time[a]), a), Key(float(time[b]), b), course, time)
        between = course[a] + gone[:, None] * (course[b] - course[a])
        return ease, float(np.linalg.norm(drawn(between) - seen[a + 1 : b], axis=-1).max()) if b > a + 1 else 0.0

    free, edged = (_as_far_as_may_be(off, stops, within) for stops in ((len(time) - 1,), edges))
    moments, eases, worst = min((free, edged), key=lambda one: len(one[0]))
    return Keys(tuple(Key(float(time[one]), one) for one in moments), tuple(eases), worst)


def _as_far_as_may_be(
    off: Callable[[int, int], tuple[Ease, float]], stops: Sequence[int], within: float
) -> tuple[list[int], list[Ease], float]:
    """Frames from the first to the last of ``stops``, which are all among them; their timing curves; the worst error."""
    moments, eases, worst = [0], [], 0.0
    while moments[-1] < stops[-1]:
        start, trial = moments[-1], next(one for one in stops if one > moments[-1])
        good, bad, found = start + 1, trial + 1, off(start, start + 1)
        while good < bad - 1:
            tried = off(start, trial)
            good, bad, found = (trial, bad, tried) if tried[1] <= within else (good, trial, found)
            trial = (good + bad) // 2
        moments.append(good)
        eases.append(found[0])
        worst = max(worst, found[1])
    return moments, eases, worst


def _pole(angle: Floats, middle: Floats) -> Floats:
    """(2,) the place in the first frame whose point of the piece moves least; not far from the piece, where it hardly turns."""
    turns = _matrix(angle)
    rows, goal = turns - turns.mean(axis=0), -(middle - middle.mean(axis=0))
    a, b = rows.reshape(-1, 2), goal.reshape(-1)
    away = np.linalg.solve(a.T @ a + 0.01 * np.eye(2), a.T @ b)
    return np.asarray(np.round(middle[0] + away))


def _based(piece: Piece, pole: Floats, laid: float) -> Piece:
    """The first frame turned back about the pole."""
    pole_m = pole / [UNITS_PER_M, -UNITS_PER_M]
    back = _matrix(np.array([laid]))[0]  # y is up here and down in the drawing, so that the same matrix turns back
    outlines = tuple(replace(one, points_m=((one.points_m[:1] - pole_m) @ back.T) + pole_m) for one in piece.outlines)
    return replace(piece, outlines=outlines)


def _still(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    return tuple(replace(piece, outlines=tuple(replace(one, points_m=one.points_m[:1]) for one in piece.outlines)) for piece in pieces)


def _matrix(angle: Floats) -> Floats:
    """(frame, 2, 2)."""
    c, s = np.cos(angle), np.sin(angle)
    return np.stack([np.stack([c, -s], -1), np.stack([s, c], -1)], axis=-2)


def _turned(angle: Floats, at: Floats) -> Floats:
    """(frame, point, 2) points (point, 2) or (frame, point, 2) turned about the origin."""
    return np.asarray(at @ _matrix(angle).swapaxes(-1, -2))
