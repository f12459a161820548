"""Joints with their coordinates, from models of OpenSim 4 (frames and sockets) and of OpenSim 2 and 3 (a joint inside its body)."""

from dataclasses import dataclass

from hipspine.anatomy.body_parts import Coordinate, Course, Curve, Joint, Motion, Vector
from hipspine.formats.osim.curves import IDENTITY, ZERO, curve, kind
from hipspine.formats.osim.frames import NOWHERE, Frames, Place, socket
from hipspine.formats.osim.values import Document
from hipspine.formats.osim.xml import Node

_RANGE = (-10.0, 10.0)  # of a coordinate that states none, as in OpenSim
_X, _Y, _Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
_TURN, _SHIFT = True, False
_SIMPLE: dict[str, tuple[tuple[Vector, bool], ...]] = {  # the motions of each joint, in the order of its coordinates
    "WeldJoint": (),
    "PinJoint": ((_Z, _TURN),),
    "SliderJoint": ((_X, _SHIFT),),
    "UniversalJoint": ((_X, _TURN), (_Y, _TURN)),
    "PlanarJoint": ((_Z, _TURN), (_X, _SHIFT), (_Y, _SHIFT)),
    "BallJoint": ((_X, _TURN), (_Y, _TURN), (_Z, _TURN)),
    "GimbalJoint": ((_X, _TURN), (_Y, _TURN), (_Z, _TURN)),
    "FreeJoint": ((_X, _TURN), (_Y, _TURN), (_Z, _TURN), (_X, _SHIFT), (_Y, _SHIFT), (_Z, _SHIFT)),
}
_AXES = (("rotation1", _X), ("rotation2", _Y), ("rotation3", _Z), ("translation1", _X), ("translation2", _Y), ("translation3", _Z))


@dataclass(frozen=True, slots=True)
class Found:
    """A joint of the file; without ``motions`` a body has no form for it, and ``why`` says what is in the way."""

    joint: Joint
    coordinates: tuple[Coordinate, ...]
    why: str = ""


def found_joints(document: Document, frames: Frames, bodies: list[Node]) -> list[Found]:
    """All joints in the order of the file.

    Raises:
        FormatError: a joint without one of its bodies, a coordinate with a range that is none, an axis without direction.
    """
    old = [(node, body) for body in bodies for holder in body.children if holder.tag == "Joint" for node in holder.children]
    new = [(node, None) for node in document.members("JointSet") if node.tag.endswith("Joint")]
    return [_joint(document, frames, node, body) for node, body in [*old, *new]]


def _joint(document: Document, frames: Frames, node: Node, body: Node | None) -> Found:
    if not node.name:
        raise document.wrong(node, "has no name; give it one.")
    if body is None:
        parent, child = (frames.place(socket(document, node, f"{end}_frame"), node) for end in ("parent", "child"))
    else:
        parent, child = _old_places(document, frames, node, body)
    if parent.segment == child.segment:
        raise document.wrong(node, f"joins {parent.segment!r} to itself; give it two bodies.")
    coordinates = _coordinates(document, node)
    motions, why = _motions(document, node, coordinates)
    if document.flag(node, "reverse", default=False):
        why = "it is defined in reverse"
    lengths = _lengths(motions)
    done = tuple(_coordinate(document, one, name, is_length=name in lengths) for name, one in coordinates.items())
    places = (parent.position, parent.rotation, child.position, child.rotation)
    return Found(Joint(node.name, parent.segment, child.segment, motions, *places), done, why)


def _lengths(motions: tuple[Motion, ...]) -> set[str | None]:
    """Coordinates that are lengths: a shift follows them one to one, as OpenSim has it, or in proportion while no rotation follows them."""
    turned = {motion.coordinate for motion in motions if motion.is_rotation}
    shifts = [motion for motion in motions if not motion.is_rotation and motion.course.course is Course.LINEAR]
    return {one.coordinate for one in shifts if one.coordinate not in turned or abs(one.course.values[0] * one.course.factor) == 1}


def _old_places(document: Document, frames: Frames, node: Node, body: Node) -> tuple[Place, Place]:
    at = {tag: document.vector(node, tag, default=NOWHERE) for tag in _OLD_TAGS}
    parent = frames.place(document.word(node, "parent_body"), node)
    return parent.inside(at["location_in_parent"], at["orientation_in_parent"]), Place(body.name, at["location"], at["orientation"])


_OLD_TAGS = ("location_in_parent", "orientation_in_parent", "location", "orientation")


def _coordinates(document: Document, node: Node) -> dict[str, Node]:
    """The coordinates of a joint by name; a joint of a fixed kind that states none has them under OpenSim's names."""
    group = document.find(node, "coordinates")
    found = list(group.children) if group is not None else []
    if not found and (old := node.child("CoordinateSet")) is not None:
        found = document.objects(old)
    if not found and node.tag in _SIMPLE:
        found = [Node("Coordinate", f"{node.name}_coord_{k}") for k in range(len(_SIMPLE[node.tag]))]
    named: dict[str, Node] = {}
    for one in found:
        if not one.name or one.name in named:
            raise document.wrong(
                node, f"has {'two coordinates ' + repr(one.name) if one.name else 'a coordinate without name'}; rename it."
            )
        named[one.name] = one
    return named


def _coordinate(document: Document, node: Node, name: str, *, is_length: bool) -> Coordinate:
    ends = document.numbers(node, "range") or _RANGE
    if len(ends) != 2 or ends[0] > ends[1]:
        raise document.wrong(node, f"its range is {' '.join(f'{end:g}' for end in ends)}; give two numbers, the lower one first.")
    stated = document.word(node, "motion_type").lower()
    return Coordinate(
        name,
        ends[0],
        ends[1],
        document.number(node, "default_value", "initial_value", default=0.0),
        stated == "translational" if stated in ("rotational", "translational") else is_length,
        document.flag(node, "locked", default=False),
    )


def _motions(document: Document, node: Node, coordinates: dict[str, Node]) -> tuple[tuple[Motion, ...], str]:
    """The motions of a joint in their order, and why there are none where a body has no form for them."""
    if node.tag == "CustomJoint":
        return _custom(document, node, coordinates)
    if node.tag not in _SIMPLE:
        return (), f"a {node.tag} has no form here"
    kinds = _SIMPLE[node.tag]
    if len(coordinates) != len(kinds):
        raise document.wrong(node, f"has {len(coordinates)} coordinates; a {node.tag} has {len(kinds)}.")
    both = zip(kinds, coordinates, strict=True)
    return tuple(Motion(axis, IDENTITY, name, turns) for (axis, turns), name in both), ""


def _custom(document: Document, node: Node, coordinates: dict[str, Node]) -> tuple[tuple[Motion, ...], str]:
    transform = node.child("SpatialTransform")
    axes = {one.name: one for one in transform.children} if transform is not None else {}
    motions = []
    for name, usual in _AXES:
        axis = axes.get(name)
        if axis is None:
            continue
        motion, why = _motion(document, node, axis, usual, coordinates, is_rotation=name.startswith("rotation"))
        if motion is None:
            return (), why
        motions.append(motion)
    return tuple(motions), ""


def _motion(
    document: Document, joint: Node, node: Node, usual: Vector, coordinates: dict[str, Node], *, is_rotation: bool
) -> tuple[Motion | None, str]:
    axis = document.vector(node, "axis", default=usual)
    length = sum(a * a for a in axis) ** 0.5
    if length < 1e-12:
        raise document.wrong(joint, f"the axis of {node.name} is 0 0 0; give it a direction.")
    x, y, z = axis if abs(length - 1) < 1e-12 else tuple(a / length for a in axis)
    names = document.word(node, "coordinates").replace(",", " ").split()
    unknown = [name for name in names if name not in coordinates]
    if unknown:
        has = ", ".join(coordinates) or "none"
        raise document.wrong(joint, f"{node.name} follows the coordinate {unknown[0]!r}, which the joint does not have (it has {has}).")
    if len(names) > 1:
        return None, f"its {node.name} follows {len(names)} coordinates at once"
    course = _course(document, node, joint, names)
    if course is None:
        return None, f"its {node.name} follows a {kind(node)}"
    return Motion((x, y, z), course, names[0] if names else None, is_rotation), ""


def _course(document: Document, node: Node, joint: Node, names: list[str]) -> Curve | None:
    if not kind(node):  # not stated: the coordinate itself, or nothing
        return IDENTITY if names else ZERO
    course = curve(document, node, joint)
    if course is not None and not names and course.course is not Course.CONSTANT:
        raise document.wrong(joint, f"{node.name} has a {kind(node)} but no coordinate that it follows; name one.")
    return course
