"""Muscles: the points and surfaces of their lines, and their force parameters."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from hipspine.anatomy.body_parts import Coordinate, Course, Curve, MuscleLine, PathPoint, Wrap, WrapUse
from hipspine.formats.osim.curves import curve, kind, value
from hipspine.formats.osim.frames import GROUND, NOWHERE, Frames, socket
from hipspine.formats.osim.line_names import muscles_of
from hipspine.formats.osim.values import ASIDE, Document
from hipspine.formats.osim.xml import Node
from hipspine.terms import Side

MOST_MUSCLES = 3000
_FARTHEST_M = 10.0  # of a point from the origin of its bone
_METHODS = ("hybrid", "midpoint", "axial")
_POINTS = ("PathPoint", "ConditionalPathPoint", "MovingPathPoint")
_NO_FORCES = ("Body", "Joint", "Frame", "Constraint", *ASIDE)  # what stands beside forces among the components of a model
_PATHS = ("GeometryPath", "FunctionBasedPath")


@dataclass(frozen=True, slots=True)
class Setting:
    """What lines refer to."""

    frames: Frames
    reached: set[str]  # segments that the body has
    coordinates: Mapping[str, Coordinate]
    lost: Mapping[str, str]  # coordinates of joints that are left out, and the joint
    wraps: Mapping[str, Wrap | None]  # None: of a kind without form
    inactive: set[str]
    twice: set[str]  # names that several surfaces have


class _LeftOut(Exception):  # noqa: N818 - ends the reading of one line; it is no error of the file
    """Why a line has no form."""


def muscle_lines(document: Document, setting: Setting) -> tuple[MuscleLine, ...]:
    """All muscles in the order of the file; every other force is named among what is left out.

    Raises:
        FormatError: two of one name, a point on a body that does not exist, a surface that does not exist, parameters out of range.
    """
    nodes = []
    for node in document.members("ForceSet"):
        if is_muscle(node):
            nodes.append(node)
        elif not node.tag.endswith(_NO_FORCES):
            document.leave(f"{{n}} {node.tag}: hipspine reads muscles only ({{names}}).", node.name)
    if len(nodes) > MOST_MUSCLES:
        raise document.wrong("ForceSet", f"holds {len(nodes)} muscles; at most {MOST_MUSCLES} are read. Check the file.")
    seen: set[str] = set()
    for node in nodes:
        if not node.name or node.name in seen:
            raise document.wrong(node, "stands twice in the model; rename one." if node.name else "has no name; give it one.")
        seen.add(node.name)
    lines = []
    for node, (muscle, side) in zip(nodes, muscles_of([node.name for node in nodes]), strict=True):
        try:
            lines.append(_line(document, setting, node, muscle, side))
        except _LeftOut as why:
            document.leave(f"Muscles left out ({{n}}), since {why}: {{names}}.", node.name)
    return tuple(lines)


def is_muscle(node: Node) -> bool:
    """Whether a force is a muscle: named so, or with the parameters of one.

    >>> is_muscle(Node("Thelen2003Muscle", "glut_max1_r")), is_muscle(Node("PathActuator"))
    (True, False)
    """
    if node.tag.endswith(_NO_FORCES):  # such as a probe of muscles
        return False
    return "Muscle" in node.tag or (node.child("max_isometric_force") is not None and node.child("optimal_fiber_length") is not None)


def _line(document: Document, setting: Setting, node: Node, muscle: str, side: Side | None) -> MuscleLine:
    if not document.flag(node, "appliesForce", default=True) or document.flag(node, "isDisabled", default=False):
        raise _LeftOut("they are switched off in the file")
    path = _path(document, node)
    group = path.child("PathPointSet")
    held = [one for one in (document.objects(group) if group is not None else []) if one.tag.endswith("PathPoint")]
    points = tuple(_point(document, setting, node, one) for one in held)
    if len(points) < 2:
        raise document.wrong(node, f"its path has {len(points)} points; a line needs two or more.")
    wraps = _uses(document, setting, node, path, len(points))
    force, fibre, slack, pennation = _parameters(document, node)
    return MuscleLine(node.name, muscle, side, points, force, fibre, slack, pennation, wraps, document.where)


def _path(document: Document, node: Node) -> Node:
    inner = document.find(node, "path")
    found = next((child for holder in (node, inner) if holder for child in holder.children if child.tag in _PATHS), None)
    if found is None:
        raise document.wrong(node, "has no GeometryPath, so it leads nowhere; give it two points or more.")
    if found.tag != _PATHS[0]:
        raise _LeftOut(f"their path is a {found.tag}, lengths without geometry")
    return found


def _parameters(document: Document, node: Node) -> tuple[float, float, float, float]:
    """Force, optimal fibre length, tendon slack length, pennation; OpenSim's defaults where the file states none."""
    force = document.number(node, "max_isometric_force", default=1000.0)
    fibre = document.number(node, "optimal_fiber_length", default=0.1)
    slack = document.number(node, "tendon_slack_length", default=0.2)
    pennation = document.number(node, "pennation_angle_at_optimal", "pennation_angle", default=0.0)
    if force < 0:
        raise document.wrong(node, f"max_isometric_force is {force:g}; give newtons, 0 or more.")
    if fibre <= 0:
        raise document.wrong(node, f"optimal_fiber_length is {fibre:g}; give metres, more than 0.")
    if slack < 0:
        raise document.wrong(node, f"tendon_slack_length is {slack:g}; give metres, 0 or more.")
    if not 0 <= pennation < math.pi / 2:
        raise document.wrong(node, f"pennation_angle_at_optimal is {pennation:g}; give radians from 0 to below 1.5708.")
    if force == 0:
        raise _LeftOut("they have no force")
    return force, fibre, slack, pennation


def _point(document: Document, setting: Setting, muscle: Node, node: Node) -> PathPoint:
    owner = Node(muscle.tag, muscle.name)
    if node.tag not in _POINTS:
        raise _LeftOut(f"a {node.tag} has no form here")
    old = document.find(node, "body")
    place = setting.frames.place(old.text if old is not None else socket(document, node, "parent_frame"), owner)
    if place.segment not in setting.reached:
        raise _LeftOut(f"{place.segment} is not part of the body")
    if node.tag == "MovingPathPoint":
        moves = _moves(document, setting, owner, node)
        if not place.is_segment:
            raise _LeftOut("a point moves in a frame that is not a body's own")
        x, y, z = (value(course, setting.coordinates[name].default) if name else value(course, 0.0) for name, course in moves)
        leader = next((name for name, _ in moves if name), "")
        named = [(name or leader, course) for name, course in moves]
        return PathPoint(place.segment, (x, y, z), moves=(named[0], named[1], named[2]) if leader else None)
    position = place.point(document.vector(node, "location", default=NOWHERE))
    if place.segment != GROUND and max(map(abs, position)) > _FARTHEST_M:
        far = f"point {node.name!r} lies {max(map(abs, position)):g} m from the origin of {place.segment}"
        raise document.wrong(owner, f"{far}; lengths are in metres: convert the model from millimetres.")
    if node.tag == "PathPoint":
        return PathPoint(place.segment, position)
    ends = document.numbers(node, "range") or ()
    if len(ends) != 2 or ends[0] > ends[1]:
        raise document.wrong(owner, f"the range of point {node.name!r} is {ends}; give two numbers, the lower one first.")
    name = _coordinate(document, setting, owner, node, "coordinate", "coordinates")
    return PathPoint(place.segment, position, only=(name, ends[0], ends[1]))


def _moves(document: Document, setting: Setting, owner: Node, node: Node) -> list[tuple[str, Curve]]:
    """Coordinate (empty for a place that does not move) and course along x, y, z."""
    found = []
    for axis in "xyz":
        holder = document.find(node, f"{axis}_location")
        course = curve(document, holder, owner) if holder is not None else None
        if course is None or holder is None:
            if holder is None:
                raise document.wrong(owner, f"point {node.name!r} does not say how its {axis} moves; give it a function.")
            raise _LeftOut(f"a point follows a {kind(holder) or 'function that is not stated'}")
        moves = course.course is not Course.CONSTANT
        found.append((_coordinate(document, setting, owner, node, f"{axis}_coordinate") if moves else "", course))
    return found


def _coordinate(document: Document, setting: Setting, owner: Node, node: Node, *tags: str) -> str:
    """The coordinate that a point follows."""
    path = socket(document, node, tags[0]) or document.word(node, *tags)
    name = path.rsplit("/", 1)[-1].strip()
    if name in setting.lost:
        raise _LeftOut(f"a point follows {name} of joint {setting.lost[name]}, which is left out")
    if name not in setting.coordinates:
        raise document.wrong(owner, f"point {node.name!r} follows the coordinate {name!r}, which does not exist; check its name.")
    return name


def _uses(document: Document, setting: Setting, muscle: Node, path: Node, points: int) -> tuple[WrapUse, ...]:
    group = path.child("PathWrapSet")
    used = []
    for node in document.objects(group) if group is not None else []:
        name = document.word(node, "wrap_object")
        if name not in setting.wraps:
            raise document.wrong(muscle, f"wraps over {name!r}, which does not exist in this model; add the surface or take the wrap away.")
        if name in setting.twice:
            raise document.wrong(muscle, f"wraps over {name!r}, a name that several surfaces have; rename them.")
        if name in setting.inactive:
            document.leave("Wraps not used ({n}), their surfaces are switched off in the file: {names}.", name)
            continue
        wrap = setting.wraps[name]
        if wrap is None or wrap.segment not in setting.reached:
            raise _LeftOut(f"they wrap over {name}, which is not part of the body")
        used.append(_use(document, muscle, node, name, points))
    return tuple(used)


def _use(document: Document, muscle: Node, node: Node, name: str, points: int) -> WrapUse:
    method = document.word(node, "method", default="hybrid").lower() or "hybrid"
    ends = document.numbers(node, "range") or (-1.0, -1.0)
    if method not in _METHODS:
        raise document.wrong(muscle, f"wraps over {name!r} by {method[:20]!r}; give one of {', '.join(_METHODS)}.")
    if len(ends) != 2 or any(end != int(end) or end > points for end in ends) or (ends[0] > ends[1] >= 1):
        raise document.wrong(muscle, f"wraps over {name!r} between points {ends}; it has points 1 to {points}, and -1 is an end.")
    first, last = (int(end) if end >= 1 else None for end in ends)
    return WrapUse(name, first, last, method)
