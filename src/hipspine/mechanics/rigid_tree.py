"""The segments of a body as a tree from the ground outwards, and that tree as a text for MuJoCo."""

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass

import mujoco
import numpy as np

from hipspine.anatomy.body_model import GROUND, BodyModel
from hipspine.anatomy.body_parts import Coordinate, Course, Curve, Joint, Motion, Segment
from hipspine.errors import ModelError
from hipspine.mechanics.rigid_curves import Driver
from hipspine.terms import Floats


@dataclass(frozen=True, slots=True)
class Link:
    """A segment, the joint that carries it, and the motions of that joint which are not nothing: shifts first, then rotations."""

    segment: Segment
    joint: Joint
    parent: int  # number of the segment that it hangs on, -1: the ground
    motions: tuple[Motion, ...]


def links(body: BodyModel) -> tuple[Link, ...]:
    """Every segment after the one that carries it, branch by branch.

    Raises:
        ModelError: a segment hangs on nothing, on two joints or in a circle, an axis has no direction, or the body weighs nothing.
    """
    segments = {one.name: one for one in body.segments if one.name != GROUND}
    carried: dict[str, Joint] = {}
    for joint in body.joints:
        _look_at_joint(joint, segments, carried)
        carried[joint.child] = joint
    for segment in segments.values():
        if segment.name not in carried:
            raise ModelError(f"segment {segment.name!r} hangs on nothing; give it a joint to {GROUND!r} or to another segment.")
    if not sum(one.mass_kg for one in segments.values()) > 0:
        raise ModelError(f"the body {body.name!r} has a mass of 0 kg; give at least one segment a mass.")
    order = _hung(segments, carried)
    if len(order) < len(segments):
        lost = sorted(set(segments) - {link.segment.name for link in order})
        raise ModelError(f"segments hang on each other in a circle ({', '.join(lost[:4])}); let one of their joints start at {GROUND!r}.")
    return tuple(order)


def drivers(body: BodyModel, tree: tuple[Link, ...], free: tuple[Coordinate, ...]) -> tuple[Driver, ...]:
    """What each motion of the tree follows, in the tree's order: its free coordinate, through the coordinates that follow others.

    Raises:
        ModelError: coordinates follow each other in a circle.
    """
    known = {one.name: one for one in body.coordinates}
    number = {one.name: k for k, one in enumerate(free)}
    found: list[Driver] = []
    for link in tree:
        for motion in link.motions:
            curves: list[Curve] = [motion.course]
            name = motion.coordinate
            while name is not None and name not in number:
                follows = known[name].follows
                if follows is None or len(curves) > len(known):
                    raise ModelError(f"coordinate {name!r} follows itself; let it follow a coordinate that is free.")
                curves.insert(0, follows[1])
                name = follows[0]
            found.append(Driver(None if name is None else number[name], tuple(curves)))
    return tuple(found)


def compiled(tree: tuple[Link, ...], gravity_m_s2: Floats) -> mujoco.MjModel:
    """The tree as a model of MuJoCo, whose bodies 1, 2, ... are the tree's segments and whose motions stand in the tree's order.

    Masses are set after compilation: MuJoCo refuses segments without mass and inertias that no real thing has. Published bodies hold
    both (a kneecap, toes), and inverse dynamics divides by neither.
    """
    try:
        model = mujoco.MjModel.from_xml_string(mjcf(tree))
    except ValueError as refused:
        raise ModelError(f"MuJoCo does not accept the body ({refused}); look at its joints and segments.") from refused
    model.opt.gravity[:] = gravity_m_s2
    for k, link in enumerate(tree, start=1):
        model.body_mass[k] = link.segment.mass_kg
        model.body_inertia[k] = _principal(link.segment)[0]
    return model


def mjcf(tree: tuple[Link, ...]) -> str:
    """MJCF text of the segments and joints, with masses of 1 in the place of the true ones (see `compiled`)."""
    root = ElementTree.Element("mujoco")
    ElementTree.SubElement(root, "compiler", angle="radian", autolimits="false")
    world = ElementTree.SubElement(root, "worldbody")
    made: list[ElementTree.Element] = []
    for k, link in enumerate(tree):
        joint = link.joint
        out, back = rotation_xyz(joint.parent_rotation), rotation_xyz(joint.child_rotation)
        turn = out @ back.T
        place = np.array(joint.parent_position) - turn @ np.array(joint.child_position)
        over = world if link.parent < 0 else made[link.parent]
        part = ElementTree.SubElement(over, "body", name=f"{k}:{link.segment.name}", pos=_text(place), quat=_text(_quaternion(turn)))
        for n, motion in enumerate(link.motions):
            kind, axis = "hinge" if motion.is_rotation else "slide", _text(back @ np.array(motion.axis))
            pos = _text(joint.child_position)
            ElementTree.SubElement(part, "joint", name=f"{k}:{joint.name}:{n}", type=kind, axis=axis, pos=pos)
        quat, centre = _text(_quaternion(_principal(link.segment)[1])), _text(link.segment.mass_centre_m)
        ElementTree.SubElement(part, "inertial", pos=centre, quat=quat, mass="1", diaginertia="1 1 1")
        made.append(part)
    return ElementTree.tostring(root, encoding="unicode")


def rotation_xyz(angles: tuple[float, float, float]) -> Floats:
    """(3, 3) rotation of body-fixed angles about x, then y, then z [rad].

    >>> rotation_xyz((0.0, 0.0, np.pi / 2)).round(12) @ [1.0, 0.0, 0.0]
    array([0., 1., 0.])
    """
    (cx, cy, cz), (sx, sy, sz) = np.cos(angles), np.sin(angles)
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return np.asarray(about_x @ about_y @ about_z)


def inertia(segment: Segment) -> Floats:
    """(3, 3) inertia about the mass centre, in the segment's axes."""
    xx, yy, zz, xy, xz, yz = segment.inertia_kg_m2
    return np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])


def _hung(segments: dict[str, Segment], carried: dict[str, Joint]) -> list[Link]:
    """What hangs on the ground, branch by branch; segments that hang on each other in a circle are left out."""
    hanging: dict[str, list[Joint]] = {}
    for joint in carried.values():
        hanging.setdefault(joint.parent, []).append(joint)
    order: list[Link] = []
    waiting = [(joint, -1) for joint in reversed(hanging.get(GROUND, []))]
    while waiting:
        joint, parent = waiting.pop()
        order.append(Link(segments[joint.child], joint, parent, _motions(joint)))
        waiting += [(one, len(order) - 1) for one in reversed(hanging.get(joint.child, []))]
    return order


def _motions(joint: Joint) -> tuple[Motion, ...]:
    """Shifts happen in the parent's frame and so come first; a motion that stays at 0 is left out."""
    still = [one.course.course is Course.CONSTANT and one.course.values[0] * one.course.factor == 0 for one in joint.motions]
    moving = [one for one, zero in zip(joint.motions, still, strict=True) if not zero]
    return tuple(one for one in moving if not one.is_rotation) + tuple(one for one in moving if one.is_rotation)


def _look_at_joint(joint: Joint, segments: dict[str, Segment], carried: dict[str, Joint]) -> None:
    """What `BodyModel` does not look at."""
    if joint.child not in segments:
        raise ModelError(f"joint {joint.name!r} carries {joint.child!r}; the ground carries all and hangs on nothing.")
    if joint.child in carried:
        raise ModelError(f"segment {joint.child!r} hangs on two joints ({carried[joint.child].name!r}, {joint.name!r}); leave one out.")
    for motion in joint.motions:
        if not np.isfinite([*motion.course.values, *motion.course.knots, motion.course.factor]).all():
            raise ModelError(f"joint {joint.name!r} holds a curve with a number that is not finite; mend it.")
        if np.linalg.norm(motion.axis) < 1e-9:
            raise ModelError(f"joint {joint.name!r} has an axis of length 0; give each motion a direction, such as (0, 0, 1).")


def _principal(segment: Segment) -> tuple[Floats, Floats]:
    """(3,) principal inertias and (3, 3) their axes in the segment, right-handed."""
    values, axes = np.linalg.eigh(inertia(segment))
    return values, axes * np.array([1.0, 1.0, np.sign(np.linalg.det(axes))])


def _quaternion(rotation: Floats) -> Floats:
    quat = np.empty(4)
    mujoco.mju_mat2Quat(quat, np.ascontiguousarray(rotation).ravel())
    return quat


def _text(values: Floats | tuple[float, float, float]) -> str:
    return " ".join(repr(float(value)) for value in values)
