"""The flat form of a body's muscle paths: numbers only, laid out in the order in which the kernels walk through them.

A *place* is one segment that a line touches, with its points or with a surface; a line pulls at each of its places. Few tables with
named columns, not many arrays: each array that a kernel is handed costs time to compile and to call.
"""

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hipspine.terms import Floats

Indices: TypeAlias = NDArray[np.int64]
Rows: TypeAlias = NDArray[Any]
"""Rows with named columns."""

# kinds of a motion: rotation about x, y or z of the frame so far, about any other axis, or a shift
ABOUT_X, ABOUT_Y, ABOUT_Z, ABOUT_AXIS, SHIFT = range(5)
CYLINDER, SPHERE, ELLIPSOID, TORUS = range(4)
HYBRID, MIDPOINT, AXIAL = range(3)

_N, _X = "i8", "f8"
_FRAME, _VECTOR = (_X, (3, 3)), (_X, (3,))
# driver: the coordinate that each follows (itself where it is free) by a curve (-1); root: the free one at the end of the chain;
# column: where its arms go (-1: they are not asked for)
COORDINATE = np.dtype([("driver", _N), ("curve", _N), ("root", _N), ("column", _N)], align=True)
# turn, shift: the parent's frame of the joint in the parent; back, origin: the child in the child's frame of the joint
JOINT = np.dtype([
    ("parent", _N), ("child", _N), ("first", _N), ("last", _N),
    ("turn", *_FRAME), ("shift", *_VECTOR), ("back", *_FRAME), ("origin", *_VECTOR),
], align=True)  # fmt: skip
MOTION = np.dtype([("kind", _N), ("coordinate", _N), ("curve", _N), ("axis", *_VECTOR)], align=True)
# where the parts of each line begin; one more row says where those of the last end. reach: the joints between its places
LINE = np.dtype([("point", _N), ("place", _N), ("use", _N), ("reach", _N)], align=True)
# place: counted within the line; only: coordinate of its condition (-1: always there); moves: row of the moving points (-1: fixed)
POINT = np.dtype([("place", _N), ("only", _N), ("moves", _N), ("position", *_VECTOR), ("range", _X, (2,))], align=True)
MOVING = np.dtype([("coordinate", _N, (3,)), ("curve", _N, (3,))], align=True)
# slide: of `surfaces.over_cylinder`; soft: whether the way is no shortest path, so that its pulls need the slope of its length
USE = np.dtype([("wrap", _N), ("place", _N), ("first", _N), ("last", _N), ("method", _N), ("slide", _N), ("soft", _N)], align=True)
REACH = np.dtype([("joint", _N), ("beyond", _N)], align=True)  # beyond: bits of the line's places that the joint carries
WRAP = np.dtype([
    ("segment", _N), ("shape", _N), ("axis", _N), ("sign", _N), ("turn", *_FRAME), ("position", *_VECTOR), ("size", *_VECTOR)
], align=True)  # fmt: skip

STATE = np.dtype([("value", _X), ("gain", _X)], align=True)  # gain: derivative by its root
PLACED = np.dtype([("rotation", *_FRAME), ("position", *_VECTOR)], align=True)
MOVED = np.dtype([("rate", _X), ("direction", *_VECTOR)], align=True)  # rate: by the root coordinate
# a point of the line, or one where it touches or leaves a surface (use >= 0, point < 0)
NODE = np.dtype([("place", _N), ("use", _N), ("point", _N), ("at", *_VECTOR)], align=True)
# touch: where the line touches and leaves now, and where it did at the last look; arc: length on the surface
USED = np.dtype([("order", _N), ("status", _N), ("arc", _X), ("touch", _X, (12,))], align=True)
PULLED = np.dtype([("force", *_VECTOR), ("moment", *_VECTOR)], align=True)  # moment: about the origin of the room


class Tables(NamedTuple):
    """What the kernels read. Curves are named by where they begin (`curves.packed`)."""

    curves: Floats
    coordinates: Rows  # COORDINATE
    following: Indices  # coordinates that follow another, drivers first
    joints: Rows  # JOINT: those between two places of a line, parents first
    motions: Rows  # MOTION
    lines: Rows  # LINE, (line + 1,)
    place_segment: Indices  # (place,)
    points: Rows  # POINT
    moving: Rows  # MOVING
    uses: Rows  # USE
    reaches: Rows  # REACH
    wraps: Rows  # WRAP


class Work(NamedTuple):
    """Room for one posture, so that nothing is allocated inside the loops."""

    coordinates: Rows  # STATE
    segments: Rows  # PLACED
    centre: Floats  # (joint, 3) point of its axes
    motions: Rows  # MOVED
    wraps: Rows  # PLACED
    nodes: Rows  # NODE, of the line at hand
    uses: Rows  # USED, of the line at hand
    places: Rows  # PULLED, of the line at hand
    ends: Floats  # (2, 3) two nodes as a surface sees them
    slope: Floats  # (2, 3) derivative of a way's length by its two ends
    none: Floats  # (0,)


def work(t: Tables, *, segments: int = 0) -> Work:
    """Empty room for one posture of ``t``, with place for at least so many segments."""
    named = (t.joints["parent"], t.joints["child"], t.place_segment, t.wraps["segment"])
    most = max((1 + int(numbers.max()) for numbers in named if numbers.size), default=1)
    placed = np.zeros(max(most, segments), dtype=PLACED)
    placed["rotation"] = np.eye(3)
    points, places, uses = (int(np.diff(t.lines[part]).max(initial=0)) for part in ("point", "place", "use"))
    return Work(
        np.zeros(t.coordinates.size, dtype=STATE), placed, np.zeros((t.joints.size, 3)), np.zeros(t.motions.size, dtype=MOVED),
        np.zeros(t.wraps.size, dtype=PLACED), np.zeros(points + 2 * uses, dtype=NODE), np.zeros(uses, dtype=USED),
        np.zeros(places, dtype=PULLED), np.zeros((2, 3)), np.zeros((2, 3)), np.zeros(0),
    )  # fmt: skip
