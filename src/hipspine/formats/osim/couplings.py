"""Coordinates that follow others, and the order in which joints hang together."""

from collections.abc import Mapping
from dataclasses import replace

from hipspine.anatomy.body_parts import Coordinate, Curve, Joint
from hipspine.formats.osim.curves import curve, kind
from hipspine.formats.osim.frames import GROUND
from hipspine.formats.osim.joints import Found
from hipspine.formats.osim.values import Document
from hipspine.formats.osim.xml import Node

_COUPLER = "CoordinateCouplerConstraint"


def hung(document: Document, found: list[Found]) -> tuple[tuple[Joint, ...], set[str]]:
    """The joints from the ground outwards, and the segments they reach. What hangs on a joint without form is left out.

    Raises:
        FormatError: a segment hangs on two joints, or joints go round in a circle.
    """
    above: dict[str, Joint] = {}
    for one in found:
        if one.joint.child == GROUND:
            raise document.wrong(f"joint {one.joint.name!r}", "holds the ground as its child; swap its parent and its child.")
        if one.joint.child in above:
            other = above[one.joint.child].name
            raise document.wrong(
                f"joint {one.joint.name!r}",
                f"holds {one.joint.child!r}, which joint {other!r} holds already; a body hangs on one joint, so loops cannot be read.",
            )
        above[one.joint.child] = one.joint
    _require_no_circle(document, above)
    barred = {one.joint.name: one.why for one in found if one.why}
    for name, why in barred.items():
        document.leave(f"Joint {name} and what hangs on it are left out: {why}.")
    reached, ordered = {GROUND}, list[Joint]()
    waiting = [one.joint for one in found if one.joint.name not in barred]
    while True:
        next_ones = [joint for joint in waiting if joint.parent in reached]
        if not next_ones:
            return tuple(ordered), reached
        ordered += next_ones
        reached |= {joint.child for joint in next_ones}
        waiting = [joint for joint in waiting if joint.child not in reached]


def _require_no_circle(document: Document, above: dict[str, Joint]) -> None:
    ends: set[str] = set()  # segments from which the way up is known to end
    for start in above:
        way, at = dict[str, None](), start
        while at in above and at not in ends:
            way[at] = None
            at = above[at].parent
            if at in way:
                names = " - ".join([*list(way)[list(way).index(at) :], at])
                raise document.wrong(
                    f"joint {above[at].name!r}", f"stands in a circle of joints ({names}); one of them has to hang on ground."
                )
        ends.update(way)


def coupled(document: Document, coordinates: list[Coordinate], lost: Mapping[str, str]) -> tuple[Coordinate, ...]:
    """The coordinates, each with the one it follows; every other constraint is named among what is left out.

    Args:
        lost: coordinates of joints that are left out, and the joint; a coupling with one of them is left out, too.

    Raises:
        FormatError: a coupling of a coordinate that does not exist, of one coordinate twice, or in a circle.
    """
    names = [one.name for one in coordinates]
    follows: dict[str, tuple[str, Curve]] = {}
    for node in document.members("ConstraintSet"):
        if node.tag == _COUPLER:
            _read(document, node, names, lost, follows)
        elif node.tag.endswith("Constraint"):
            document.leave(f"{{n}} {node.tag} ({{names}}): not kept, segments move without it.", node.name)
    for start in follows:
        at, steps = start, 0
        while at in follows:
            at, steps = follows[at][0], steps + 1
            if steps > len(follows):
                raise document.wrong(f"coordinate {start!r}", "follows itself through its couplings; take one of them away.")
    return tuple(replace(one, follows=follows.get(one.name)) for one in coordinates)


def _read(document: Document, node: Node, names: list[str], lost: Mapping[str, str], follows: dict[str, tuple[str, Curve]]) -> None:
    if not document.flag(node, "isEnforced", default=True) or document.flag(node, "isDisabled", default=False):
        document.leave(f"{{n}} {node.tag} ({{names}}): switched off in the file.", node.name)
        return
    leaders = document.word(node, "independent_coordinate_names").split()
    follower = document.word(node, "dependent_coordinate_name")
    unknown = [name for name in [*leaders, follower] if name not in names and name not in lost]
    if unknown:
        raise document.wrong(node, f"couples the coordinate {unknown[0]!r}, which does not exist in this model; check its name.")
    if gone := [name for name in [*leaders, follower] if name in lost]:
        free = f"; {follower} moves freely" if follower not in lost else ""
        document.leave(f"{node.tag} {node.name}: not kept, joint {lost[gone[0]]} of {gone[0]} is left out{free}.")
        return
    if follower in follows:
        raise document.wrong(node, f"drives the coordinate {follower!r}, which another constraint drives already; keep one of them.")
    holder = document.find(node, "coupled_coordinates_function")
    course = curve(document, holder, node) if holder is not None else None
    if len(leaders) != 1 or course is None:
        why = f"it follows {len(leaders)} coordinates" if len(leaders) != 1 else f"its function is a {kind(holder) if holder else 'void'}"
        document.leave(f"{node.tag} {node.name}: not kept, {why}; {follower} moves freely.")
        return
    scale = document.number(node, "scale_factor", default=1.0)
    follows[follower] = (leaders[0], replace(course, factor=course.factor * scale))
