"""Pieces of a figure: outlines in the picture's plane over time, made of few points that move.

A closed outline is a quadratic B-spline: its control points are what is written, so it is short, round, and moves on straight lines
between key frames exactly as its points do. All lengths in metres of the picture: x to the right, y up.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hipspine.terms import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """A closed round outline, or a line."""

    points_m: Floats  # (frame, point, 2) control points; corners of a line; one frame if it does not move
    closed: bool = True
    sharp: bool = False  # with corners


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """What is drawn with one look in one go."""

    look: str  # class
    outlines: tuple[Outline, ...]
    depth_m: float  # towards the viewer; nearer pieces are drawn later
    body: bool = True  # part of the person, whom a still shows twice
    limb: bool = False  # an upper and a lower outline, which may also be drawn one after the other

    @property
    def moves(self) -> bool:
        """Whether it has more than one frame."""
        return any(len(one.points_m) > 1 for one in self.outlines)


@dataclass(frozen=True, slots=True, eq=False)
class Balls:
    """Balls of one station of a limb, seen by the camera."""

    middle_m: Floats  # (frame, ball, 2)
    radius_m: Floats  # (ball,)

    @property
    def centre_m(self) -> Floats:
        """(frame, 2)."""
        return np.asarray(self.middle_m.mean(axis=1))

    def reach(self, way: Floats) -> Floats:
        """(frame,) how far the hull of the balls reaches from its centre along ``way`` (frame, 2)."""
        away = np.einsum("fbi,fi->fb", self.middle_m - self.centre_m[:, None], way)
        return np.asarray((away + self.radius_m).max(axis=1))


def tube(stations: Sequence[Balls], *, first_cap: float = 1.0, last_cap: float = 1.0) -> Outline:
    """The round outline of a limb through stations: two points at each, those of the ends pushed out by a share of their reach."""
    centre = np.stack([one.centre_m for one in stations], axis=1)
    way = _ways(centre)
    left, right = [], []
    for k, one in enumerate(stations):
        along = way[:, k]
        across = np.stack([-along[:, 1], along[:, 0]], axis=-1)
        cap = np.zeros(len(along))
        if k == 0:
            cap = -first_cap * one.reach(-along)
        elif k == len(stations) - 1:
            cap = last_cap * one.reach(along)
        middle = centre[:, k] + cap[:, None] * along
        left.append(middle + one.reach(across)[:, None] * across)
        right.append(middle - one.reach(-across)[:, None] * across)
    return Outline(np.stack([*left, *right[::-1]], axis=1))


def disc(centre: Floats, radius_m: float, *, points: int = 6) -> Outline:
    """A circle round (frame, 2) centres; with six points its radius is true to 1 %, with four to 6 %."""
    angle = -2 * np.pi * (np.arange(points) + 0.5) / points
    return Outline(centre[:, None] + radius_m / np.cos(np.pi / points) * np.stack([np.cos(angle), np.sin(angle)], axis=-1))


def spindle(start: Floats, middle: Floats, end: Floats, half_width: Floats) -> Outline:
    """A muscle's belly between two points, bent through a middle, all (frame, 2); (frame, 2) half its width there."""
    longer = 0.12 * (end - start)
    return Outline(np.stack([start - longer, middle + half_width, end + longer, middle - half_width], axis=1))


def line(*points: Floats) -> Outline:
    """A line through (frame, 2) points, with corners."""
    return Outline(np.stack(points, axis=1), closed=False, sharp=True)


def curve(start: Floats, bend: Floats, end: Floats) -> Outline:
    """A line (frame, 2) that leaves its start towards ``bend`` and comes to its end from there."""
    return Outline(np.stack([start, bend, end], axis=1), closed=False)


def polygon(points: Floats) -> Outline:
    """A closed outline with corners."""
    return Outline(points, sharp=True)


def hull(points: Floats) -> Floats:
    """(corner, 2) convex hull of one set of points (point, 2), in the direction of the clock's hands seen with y up."""
    order = sorted({(round(float(x), 6), round(float(y), 6)) for x, y in points})
    if len(order) < 3:
        return np.array(order)

    def half(seen: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        kept: list[tuple[float, float]] = []
        for x, y in seen:
            while len(kept) > 1:
                (ax, ay), (bx, by) = kept[-2:]
                if (bx - ax) * (y - ay) - (by - ay) * (x - ax) < 0:
                    break
                kept.pop()
            kept.append((x, y))
        return kept[:-1]

    return np.array(half(order) + half(order[::-1]))


def _ways(centre: Floats) -> Floats:
    """(frame, station, 2) unit directions of a limb at its stations; where it points at the viewer, that of its nearest other frame."""
    before = np.diff(centre, axis=1)
    both = np.concatenate([before[:, :1], before[:, 1:] + before[:, :-1], before[:, -1:]], axis=1)
    length = np.linalg.norm(both, axis=-1, keepdims=True)
    whole = centre[:, -1:] - centre[:, :1]
    both = np.where(length > 1e-3, both, np.where(np.linalg.norm(whole, axis=-1, keepdims=True) > 1e-3, whole, [0.0, 1.0]))
    return np.asarray(both / np.linalg.norm(both, axis=-1, keepdims=True))
