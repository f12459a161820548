"""Gluteus maximus of any body as upper, middle and lower region, and which of the body's coordinates are the planes of the hip.

A model of somebody else names its coordinates and counts them as it likes. Here the joint that the lines of gluteus maximus cross says
where the hip is, and the directions of its axes say which coordinate is flexion, adduction and internal rotation, and with which sign.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.body_parts import Course, Joint, Motion, MuscleLine, PathPoint
from hipspine.anatomy.gluteus_maximus import FEMUR, TRACT
from hipspine.mechanics.paths import compiled, segment_frames
from hipspine.mechanics.paths.layout import turned
from hipspine.terms import Region, Side

MUSCLE = "gluteus_maximus"
PLANES = ("flexion", "adduction", "rotation")
_NEAR = math.cos(math.radians(30))  # an axis farther from its plane's than this belongs to none


@dataclass(frozen=True, slots=True)
class HipRegions:
    """One hip of a body, as its gluteus maximus sees it."""

    side: Side
    joint: str
    planes: Mapping[str, tuple[str, float]]  # flexion, adduction, rotation -> coordinate and its sign (1: counted as we count)
    order: tuple[str, ...]  # planes in the order in which the joint turns
    lines: tuple[str, ...]  # names, the one of the highest origin first
    region: tuple[Region, ...]  # of each line: thirds by height of origin; three lines are upper, middle, lower
    insertion: tuple[str, ...]  # femur, or iliotibial_tract for a line that ends beyond the femur


def hip_regions(body: BodyModel, side: Side) -> tuple[HipRegions | None, str]:
    """The hip of one side, or None and why there is none.

    A line without a side in its name belongs to the side on which its origin lies (z to the right).
    """
    chosen = [(line, *_from_above(body, line)) for line in body.lines if line.muscle == MUSCLE]
    mine = [(line, origin, joints) for line, origin, joints in chosen if (line.side or _side_of(origin)) is side]
    if not mine:
        return None, f"no line of gluteus maximus on the {side.value} side"
    shared = set.intersection(*({joint.name for joint in joints} for _, _, joints in mine))  # without a joint that the sacrum may have
    held = [joint for joint in mine[0][2] if joint.name in shared and len(_turns(body, joint)) >= 3]
    if not held:
        return None, f"{mine[0][0].name} crosses no joint that turns about three axes of its own"
    hip = held[0]
    planes = _planes(body, hip, side)
    if planes is None:
        return None, f"the axes of joint {hip.name} are not those of flexion (z), adduction (x) and rotation (y)"
    heights = _heights(body, hip.parent, [origin for _, origin, _ in mine])
    ranked = [one for _, one in sorted(zip(heights, mine, strict=True), key=lambda both: -both[0])]
    thirds = tuple(tuple(Region)[min(3 * (2 * k + 1) // (2 * len(ranked)), 2)] for k in range(len(ranked)))
    ends = tuple(FEMUR if {line.points[0].segment, line.points[-1].segment} & {hip.child} else TRACT for line, _, _ in ranked)
    order = tuple(plane for motion in hip.motions for plane, (name, _) in planes.items() if motion.coordinate == name)
    return HipRegions(side, hip.name, planes, order, tuple(line.name for line, _, _ in ranked), thirds, ends), ""


def _heights(body: BodyModel, segment: str, origins: list[PathPoint]) -> list[float]:
    """How high each origin stands over the segment above the hip, for origins on several segments in the default posture [m]."""
    if len({origin.segment for origin in origins}) == 1:
        return [origin.position_m[1] for origin in origins]
    paths = compiled(body, lines=())
    turned, places = (one[0] for one in segment_frames(paths, paths.default[None]))
    up = turned[paths.segments.index(segment)][:, 1]
    at = [paths.segments.index(origin.segment) for origin in origins]
    return [float(up @ (places[k] + turned[k] @ np.array(origin.position_m))) for k, origin in zip(at, origins, strict=True)]


def _side_of(origin: PathPoint) -> Side:
    return Side.RIGHT if origin.position_m[2] >= 0 else Side.LEFT


def _from_above(body: BodyModel, line: MuscleLine) -> tuple[PathPoint, list[Joint]]:
    """The end of a line that is nearer to the ground, and the joints it crosses from there on."""
    first, last = _way_up(body, line.points[0].segment), _way_up(body, line.points[-1].segment)
    shared = {joint.name for joint in first} & {joint.name for joint in last}
    one, other = ([joint for joint in way if joint.name not in shared] for way in (first, last))
    if len(one) > len(other):
        return line.points[-1], [*other, *reversed(one)]
    return line.points[0], [*one, *reversed(other)]


def _way_up(body: BodyModel, segment: str) -> list[Joint]:
    above = {joint.child: joint for joint in body.joints}
    way: list[Joint] = []
    while segment in above and len(way) <= len(above):
        way.append(above[segment])
        segment = above[segment].parent
    return way


def _turns(body: BodyModel, joint: Joint) -> dict[str, Motion]:
    """Rotations of a joint by the free coordinate that each follows in proportion."""
    free = {one.name for one in body.coordinates if one.follows is None}
    turns = [
        motion for motion in joint.motions if motion.is_rotation and motion.course.course is Course.LINEAR and motion.coordinate in free
    ]
    return {str(motion.coordinate): motion for motion in turns if motion.course.values[0] * motion.course.factor != 0}


def _planes(body: BodyModel, joint: Joint, side: Side) -> dict[str, tuple[str, float]] | None:
    mirror = 1.0 if side is Side.RIGHT else -1.0
    wanted = {"flexion": (0.0, 0.0, 1.0), "adduction": (mirror, 0.0, 0.0), "rotation": (0.0, mirror, 0.0)}
    stands = turned(joint.parent_rotation)
    found: dict[str, tuple[str, float]] = {}
    for plane, direction in wanted.items():
        near = {name: float(stands @ np.array(motion.axis) @ np.array(direction)) for name, motion in _turns(body, joint).items()}
        name = max(near, key=lambda one: abs(near[one]))
        if abs(near[name]) < _NEAR or name in {taken for taken, _ in found.values()}:
            return None
        course = _turns(body, joint)[name].course
        found[plane] = name, math.copysign(1.0, near[name] * course.values[0] * course.factor)
    return found
