"""Places of the body that touch a surface or carry a load: points on the skin, in their segments.

Drawn, not measured, but for the soles (`carrying_standing.sole`): they stand for a person 1.75 m tall and grow with height. A place that
exists on both sides is given for the right; the left is its mirror.
"""

from dataclasses import dataclass

import numpy as np

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.body_parts import Vector
from hipspine.anatomy.generic_values import value
from hipspine.errors import ModelError
from hipspine.mechanics.carrying_standing import sole
from hipspine.mechanics.rigid import Point
from hipspine.terms import Side

SIDED = ("thigh", "shank", "foot", "upper_arm", "forearm", "hand")


@dataclass(frozen=True, slots=True)
class Place:
    """Points of one segment that touch together."""

    segment: str  # without its side
    points_m: tuple[Vector, ...]  # right; a place of pelvis or thorax without a side has both sides' points
    stays: tuple[tuple[int, ...], ...] = ((0,),)  # groups of points whose middle does not move while it touches
    paired: bool = True  # pelvis and thorax: the left has such points, too


PLACES = {
    # the soles stand in `points_of`
    "sole": Place("foot", ((0.0, 0.0, 0.0),) * 3, ((0,), (1, 2))),
    "forefoot": Place("foot", ((0.0, 0.0, 0.0),) * 2, ((0, 1),)),
    "heel": Place("foot", ((0.0, 0.0, 0.0),)),
    "back_of_heel": Place("foot", ((-0.065, -0.05, 0.0),)),
    "top_of_foot": Place("foot", ((0.09, -0.005, 0.0),)),
    "inner_foot": Place("foot", ((0.06, -0.045, -0.04), (-0.03, -0.05, -0.03))),
    "outer_foot": Place("foot", ((0.06, -0.045, 0.04), (-0.03, -0.05, 0.03)), ((0, 1),)),
    "knee": Place("shank", ((0.055, -0.02, 0.0),)),
    "shin": Place("shank", ((0.055, -0.02, 0.0), (0.045, -0.37, 0.0)), ((0,), (1,))),
    "calf": Place("shank", ((-0.06, -0.14, 0.0),)),
    "ankle": Place("shank", ((0.0, -0.39, 0.0),)),
    "back_of_ankle": Place("shank", ((-0.045, -0.37, 0.0),)),
    "front_of_ankle": Place("shank", ((0.045, -0.37, 0.0),)),
    "outer_knee": Place("thigh", ((0.0, -0.39, 0.06),)),
    "inner_knee": Place("thigh", ((0.0, -0.39, -0.055),)),
    "front_of_thigh": Place("thigh", ((0.085, -0.22, 0.0),)),
    "back_of_thigh": Place("thigh", ((-0.085, -0.22, 0.0),)),
    "outer_hip": Place("thigh", ((-0.005, -0.01, 0.095),)),
    "seat": Place("pelvis", ((-0.1, -0.165, 0.06),), ((0, 1),)),
    "back_of_pelvis": Place("pelvis", ((-0.165, -0.02, 0.06),), ((0, 1),)),
    "hip_bones": Place("pelvis", ((0.025, 0.0, 0.11),), ((0, 1),)),
    "side_of_pelvis": Place("pelvis", ((-0.055, 0.01, 0.168),)),
    "shoulder_blades": Place("thorax", ((-0.09, 0.19, 0.1),), ((0, 1),)),
    "upper_back": Place("thorax", ((-0.09, 0.16, 0.1),), ((0, 1),)),
    "lower_ribs": Place("thorax", ((0.125, 0.03, 0.08),), ((0, 1),)),
    "chest": Place("thorax", ((0.135, 0.14, 0.09),), ((0, 1),)),
    "head": Place("thorax", ((-0.075, 0.45, 0.0),), paired=False),
    "side_of_ribs": Place("thorax", ((0.02, 0.09, 0.17),)),
    "side_of_shoulder": Place("thorax", ((0.02, 0.2, 0.255),)),
    "side_of_head": Place("thorax", ((0.02, 0.44, 0.08),)),
    "elbow": Place("forearm", ((-0.035, -0.01, 0.0),)),
    "back_of_upper_arm": Place("upper_arm", ((-0.05, -0.15, 0.0),)),
    "forearm": Place("forearm", ((-0.035, -0.02, 0.0), (-0.027, -0.24, 0.0)), ((0,), (1,))),
    "hand": Place("hand", ((0.0, -0.03, 0.0),)),  # heel of the hand: the wrist does not bend in this body
    "grip": Place("hand", ((0.0, -0.08, 0.0),)),
}
"""Places that may touch or be held."""

CARRIED = {
    "back": ("thorax", (-0.085, 0.275, 0.0)),
    "front": ("thorax", (0.11, 0.235, 0.0)),
    "chest": ("thorax", (0.18, 0.11, 0.0)),
    "shoulders": ("thorax", (0.0, 0.25, 0.0)),
    "waist": ("pelvis", (-0.05, 0.03, 0.0)),
    "pelvis": ("pelvis", (0.055, -0.05, 0.0)),
    "ankle": ("shank", (0.0, -0.39, 0.0)),
    "knee": ("thigh", (0.0, -0.37, 0.0)),
    "hand": ("hand", (0.0, -0.08, 0.0)),
    "sole": ("foot", (0.07, -0.07, 0.0)),
    "heel": ("foot", (-0.05, -0.06, 0.0)),
    "thigh": ("thigh", (0.0, -0.25, 0.0)),
    "foot": ("foot", (0.07, -0.04, 0.0)),
}
"""Places that may carry a load or be pulled at; ``hands`` is both hands by halves."""


def points_of(body: BodyModel, place: str, side: Side | None) -> tuple[Point, ...]:
    """The points of a place, as points of segments of ``body``.

    Raises:
        ModelError: there is no such place.

    >>> points_of(BodyModel(), "knee", Side.LEFT)
    (('shank:left', (0.055, -0.02, 0.0)),)
    """
    if place not in PLACES:
        raise ModelError(f"the body has no place {place!r}; places are {', '.join(sorted(PLACES))}.")
    found = PLACES[place]
    size = float(body.about.get("height_m", value("reference", "height"))) / value("reference", "height")
    if place in ("sole", "forefoot", "heel"):
        if side is None:
            raise ModelError(f"the {place} stands without a side; write {place}:working, {place}:other or {place}:both.")
        touches = sole(body, side)
        return tuple((one.segment, one.at_m) for one in {"sole": touches, "forefoot": touches[1:], "heel": touches[:1]}[place])
    if found.segment in SIDED:
        if side is None:
            raise ModelError(f"the place {place!r} stands without a side; write {place}:working, {place}:other or {place}:both.")
        return tuple((f"{found.segment}:{side}", _scaled(point, size, side)) for point in found.points_m)
    sides = (Side.RIGHT, Side.LEFT) if side is None and found.paired else (side or Side.RIGHT,)
    return tuple((found.segment, _scaled(point, size, one)) for one in sides for point in found.points_m)


def stays(place: str, points: int) -> tuple[tuple[int, ...], ...]:
    """Groups of a place's points whose middle stays; a place given for one side only has that side's point."""
    return tuple(tuple(k for k in group if k < points) for group in PLACES[place].stays)


def carrying_point(body: BodyModel, place: str, side: Side | None) -> Point:
    """The point at which a place carries a load.

    Raises:
        ModelError: there is no such place, or it lacks its side.
    """
    if place not in CARRIED:
        raise ModelError(f"nothing can be carried at {place!r}; places are hands, {', '.join(sorted(CARRIED))}.")
    segment, at = CARRIED[place]
    size = float(body.about.get("height_m", value("reference", "height"))) / value("reference", "height")
    if segment not in SIDED:
        return segment, _scaled(at, size, Side.RIGHT)
    if side is None:
        raise ModelError(f"a load at {place!r} stands without a side; write {place}:working, {place}:other or {place}:both.")
    return f"{segment}:{side}", _scaled(at, size, side)


def _scaled(point: Vector, size: float, side: Side) -> Vector:
    x, y, z = (float(np.round(one * size, 9)) for one in point)
    return x, y, z if side is Side.RIGHT else -z + 0.0
