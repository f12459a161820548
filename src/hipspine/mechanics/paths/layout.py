"""From a body to the flat tables of its muscle paths, with a look at what `BodyModel` does not look at: trees, circles, sides, methods."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.body_parts import Coordinate, Course, Curve, Joint, Motion, MuscleLine, Shape, Vector, Wrap
from hipspine.errors import ModelError
from hipspine.mechanics.paths import tables
from hipspine.mechanics.paths.curves import packed
from hipspine.mechanics.paths.surfaces import ENDS_SLID, EXACT, SLID
from hipspine.mechanics.paths.tables import COORDINATE, JOINT, LINE, MOTION, MOVING, POINT, REACH, USE, WRAP, Indices, Rows, Tables
from hipspine.terms import Floats

GROUND = "ground"
MOST_PLACES = 62  # bits of a number
_SHAPES = {Shape.CYLINDER: tables.CYLINDER, Shape.SPHERE: tables.SPHERE, Shape.ELLIPSOID: tables.ELLIPSOID, Shape.TORUS: tables.TORUS}
_NUMBERS = {Shape.CYLINDER: 2, Shape.SPHERE: 1, Shape.ELLIPSOID: 3, Shape.TORUS: 2}
_METHODS = {"hybrid": tables.HYBRID, "midpoint": tables.MIDPOINT, "axial": tables.AXIAL}
_ANY_SIDE = ("all", "unassigned", "")


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """The muscle lines of a body, ready for many postures."""

    lines: tuple[str, ...]
    coordinates: tuple[str, ...]  # order of the values that go in
    about: tuple[str, ...]  # order of the arms that come out
    segments: tuple[str, ...]
    low: Floats  # (coordinate,) limits [rad or m]
    high: Floats
    default: Floats
    follows: tuple[str | None, ...]  # (coordinate,) what it follows; its own value is then not read
    place_line: Indices  # (place,) a line pulls once on each segment that it touches
    place_segment: Indices  # (place,)
    tables: Tables
    whole: Tables  # the same with every joint of the body


def compiled(
    body: BodyModel, *, lines: Collection[str] | None = None, about: Sequence[str] | None = None, like_opensim: bool = False
) -> Paths:
    """The muscle paths of ``body`` in the form that `lengths_and_arms`, `pulls` and `segment_frames` read.

    Args:
        body: any body; its ``fields`` are not looked at (`hipspine.mechanics.arms` has them).
        lines: names of the lines that are wanted, all unless given; joints that none of them crosses are then left out of the work.
        about: coordinates whose arms are wanted, all of the body's unless given.
        like_opensim: lengths as OpenSim reports them, also where its way over a cylinder is not the shortest (up to 0.6 mm); slower. The
            arms are then the derivative of those lengths, too.

    Raises:
        ModelError: a name that the body does not hold, joints or coordinates in a circle, a side, method or curve that does not exist.
    """
    chosen = _chosen(body, lines)
    coordinates = {coordinate.name: coordinate for coordinate in body.coordinates}
    surfaces = {wrap.name: wrap for wrap in body.wraps}
    joints = _ordered(body.joints)
    segments = _segments(body)
    curves = _Curves()
    names = tuple(coordinates)
    number = {name: k for k, name in enumerate(names)}
    asked = names if about is None else tuple(about)
    if unknown := [name for name in asked if name not in number]:
        raise ModelError(f"there is no coordinate {unknown[0]!r}; the body has {', '.join(names) or 'none'}.")
    driven = _driven(coordinates, number, asked, curves)
    walked = [_walked(line, surfaces) for line in chosen]
    beyond = _beyond(joints, segments)
    crossed = [_crossed(line, places, joints, beyond, segments) for line, places in zip(chosen, walked, strict=True)]
    needed = sorted({j for reach in crossed for j, _ in reach})
    parts: dict[str, Any] = {
        **driven,
        **_points(chosen, walked, segments, number, curves),
        **_uses(chosen, walked, surfaces, segments, like_opensim=like_opensim),
        "reaches": rows(REACH, ((needed.index(j), bits) for reach in crossed for j, bits in reach)),
    }
    parts["lines"] = rows(LINE, np.stack([_starts(map(len, part)) for part in (
        [line.points for line in chosen], walked, [line.wraps for line in chosen], crossed,
    )], axis=1))  # fmt: skip
    few = _joints([joints[j] for j in needed], segments, number, curves)
    many = _joints(joints, segments, number, curves)
    place_line = np.repeat(np.arange(len(chosen)), np.diff(parts["lines"]["place"]))
    limits = np.array([[c.low, c.high, c.default] for c in body.coordinates], dtype=np.float64).reshape(-1, 3)
    return Paths(
        tuple(line.name for line in chosen), names, asked, tuple(segments), limits[:, 0], limits[:, 1], limits[:, 2],
        tuple(c.follows[0] if c.follows else None for c in body.coordinates), place_line, parts["place_segment"],
        Tables(curves=curves.numbers, **parts, **few), Tables(curves=curves.numbers, **parts, **many),
    )  # fmt: skip


class _Curves:
    """Curves as they come, each with the place where it begins among the numbers of all."""

    def __init__(self) -> None:
        self._numbers: list[float] = []

    def add(self, curve: Curve, *, factor: float = 1.0) -> int:
        begins = len(self._numbers)
        self._numbers += packed(Curve(curve.course, curve.values, curve.knots, curve.factor * factor))
        return begins

    @property
    def numbers(self) -> Floats:
        return np.array(self._numbers, dtype=np.float64)


def _chosen(body: BodyModel, lines: Collection[str] | None) -> list[MuscleLine]:
    held = [line.name for line in body.lines]
    if lines is not None and (unknown := sorted(set(lines) - set(held))):
        raise ModelError(f"there is no muscle line {unknown[0]!r} in {body.name}; it has {', '.join(held) or 'none'}.")
    return [line for line in body.lines if lines is None or line.name in lines]


def _ordered(joints: Sequence[Joint]) -> list[Joint]:
    """Joints with parents before children.

    Raises:
        ModelError: a segment hangs on two joints, or joints form a circle.
    """
    carrier: dict[str, Joint] = {}
    for joint in joints:
        if joint.child in carrier or joint.child == joint.parent:
            raise ModelError(
                f"joint {joint.name}: segment {joint.child} already hangs on another joint or on itself; one joint may carry it."
            )
        carrier[joint.child] = joint
    done: dict[str, Joint] = {}
    for joint in joints:
        chain = [joint]
        while chain[-1].parent in carrier and chain[-1].parent not in done:
            if len(chain) > len(joints):
                raise ModelError(f"joint {joint.name} is part of a circle of joints; a body is a tree from its root.")
            chain.append(carrier[chain[-1].parent])
        for link in reversed(chain):
            done.setdefault(link.child, link)
    return list(done.values())


def _segments(body: BodyModel) -> dict[str, int]:
    return {name: k for k, name in enumerate((GROUND, *(segment.name for segment in body.segments if segment.name != GROUND)))}


def _driven(coordinates: Mapping[str, Coordinate], number: Mapping[str, int], asked: Sequence[str], curves: _Curves) -> dict[str, Rows]:
    """Who follows whom."""
    driver = list(range(len(number)))
    curve = [-1] * len(number)
    for name, coordinate in coordinates.items():
        if coordinate.follows is not None:
            leader, course = coordinate.follows
            driver[number[name]], curve[number[name]] = number[leader], curves.add(course)
    chains = [[k] for k in range(len(number))]
    for chain in chains:
        while curve[chain[-1]] >= 0:
            if driver[chain[-1]] in chain:
                raise ModelError(f"coordinate {list(number)[chain[0]]} follows itself by way of others; one of them must be free.")
            chain.append(driver[chain[-1]])
    column = [-1] * len(number)
    for k, name in enumerate(asked):
        column[number[name]] = k
    following = sorted((k for k in range(len(number)) if curve[k] >= 0), key=lambda k: len(chains[k]))
    table = rows(COORDINATE, zip(driver, curve, (chain[-1] for chain in chains), column, strict=True))
    return {"coordinates": table, "following": _ints(following)}


def _walked(line: MuscleLine, surfaces: Mapping[str, Wrap]) -> dict[str, int]:
    """The segments that a line touches, numbered in their order."""
    names = [point.segment for point in line.points] + [surfaces[use.wrap].segment for use in line.wraps]
    places = {name: k for k, name in enumerate(dict.fromkeys(names))}
    if len(places) > MOST_PLACES:
        raise ModelError(f"muscle line {line.name} touches {len(places)} segments; at most {MOST_PLACES} can be counted.")
    return places


def _beyond(joints: Sequence[Joint], segments: Mapping[str, int]) -> list[set[int]]:
    """(joint,) the segments that each carries."""
    carried: dict[str, set[int]] = {}
    for joint in reversed(joints):
        own = carried.setdefault(joint.child, set())
        own.add(segments[joint.child])
        carried.setdefault(joint.parent, set()).update(own)
    return [carried[joint.child] for joint in joints]


def _crossed(
    line: MuscleLine, places: Mapping[str, int], joints: Sequence[Joint], beyond: Sequence[set[int]], segments: Mapping[str, int]
) -> list[tuple[int, int]]:
    """Joints between the places of a line, with the bits of those that each carries."""
    roots = {name: _root(name, joints) for name in places}
    if len(set(roots.values())) > 1:
        raise ModelError(f"muscle line {line.name} runs between segments that no joint links: {', '.join(sorted(places))}.")
    found = []
    for j, carried in enumerate(beyond):
        bits = sum(1 << k for name, k in places.items() if segments[name] in carried)
        if 0 < bits < (1 << len(places)) - 1:
            found.append((j, bits))
    return found


def _root(name: str, joints: Sequence[Joint]) -> str:
    parent = {joint.child: joint.parent for joint in joints}
    while name in parent:
        name = parent[name]
    return name


def _points(
    lines: Sequence[MuscleLine],
    walked: Sequence[Mapping[str, int]],
    segments: Mapping[str, int],
    number: Mapping[str, int],
    curves: _Curves,
) -> dict[str, Rows]:
    points: list[tuple[object, ...]] = []
    moving: list[tuple[list[int], list[int]]] = []
    for line, places in zip(lines, walked, strict=True):
        for point in line.points:
            only = -1 if point.only is None else number[point.only[0]]
            limits = (0.0, 0.0) if point.only is None else tuple(point.only[1:])
            moves = -1 if point.moves is None else len(moving)
            points.append((places[point.segment], only, moves, point.position_m, limits))
            if point.moves is not None:
                moving.append(([number[name] for name, _ in point.moves], [curves.add(curve) for _, curve in point.moves]))
    return {
        "points": rows(POINT, points),
        "moving": rows(MOVING, moving),
        "place_segment": _ints(segments[name] for places in walked for name in places),
    }


def _uses(
    lines: Sequence[MuscleLine], walked: Sequence[Mapping[str, int]], surfaces: Mapping[str, Wrap], segments: Mapping[str, int],
    *, like_opensim: bool,
) -> dict[str, Rows]:  # fmt: skip
    order = list(dict.fromkeys(use.wrap for line in lines for use in line.wraps))
    uses = []
    for line, places in zip(lines, walked, strict=True):
        for use in line.wraps:
            if use.method not in _METHODS:
                raise ModelError(f"muscle line {line.name} wraps by method {use.method!r}; it can be {', '.join(_METHODS)}.")
            first, last = (use.first or 1) - 1, (use.last or len(line.points)) - 1
            shape = surfaces[use.wrap].shape
            # OpenSim moves the touching points on to tangency only where a line has several surfaces
            slide = EXACT if not like_opensim or shape is not Shape.CYLINDER else SLID if len(line.wraps) == 1 else ENDS_SLID
            soft = slide == SLID or shape in (Shape.ELLIPSOID, Shape.TORUS)
            uses.append((order.index(use.wrap), places[surfaces[use.wrap].segment], first, last, _METHODS[use.method], slide, soft))
    return {"uses": rows(USE, uses), "wraps": rows(WRAP, (_wrap(surfaces[name], segments) for name in order))}


def _wrap(wrap: Wrap, segments: Mapping[str, int]) -> tuple[object, ...]:
    return segments[wrap.segment], _SHAPES[wrap.shape], *_side(wrap), turned(wrap.rotation_rad), wrap.position_m, _size(wrap)


def _size(wrap: Wrap) -> tuple[float, ...]:
    size = wrap.size_m[: _NUMBERS[wrap.shape]]
    if wrap.shape is Shape.TORUS and size[0] >= size[1]:
        raise ModelError(f"surface {wrap.name}: the inner radius {size[0]:g} m is not below the outer {size[1]:g} m.")
    return (*size, 0.0, 0.0)[:3]


def _side(wrap: Wrap) -> tuple[int, int]:
    text = wrap.quadrant.lower().removeprefix("+")
    if text in _ANY_SIDE:
        return 0, 0
    if text.removeprefix("-") not in ("x", "y", "z"):
        raise ModelError(f"surface {wrap.name} has the side {wrap.quadrant!r}; it can be x, -x, y, -y, z, -z or all.")
    return "xyz".index(text[-1]), -1 if text[0] == "-" else 1


def _joints(joints: Sequence[Joint], segments: Mapping[str, int], number: Mapping[str, int], curves: _Curves) -> dict[str, Rows]:
    motions: list[tuple[object, ...]] = []
    table = []
    for joint in joints:
        where, first = f"joint {joint.name}", len(motions)
        for motion in sorted(joint.motions, key=lambda motion: motion.is_rotation):  # shifts run along the parent's axes: first
            motions += _motion(motion, where, number, curves)
        back = turned(joint.child_rotation).T
        ends = segments[joint.parent], segments[joint.child], first, len(motions)
        table.append((*ends, turned(joint.parent_rotation), joint.parent_position, back, -back @ np.array(joint.child_position)))
    return {"joints": rows(JOINT, table), "motions": rows(MOTION, motions)}


def _motion(motion: Motion, where: str, number: Mapping[str, int], curves: _Curves) -> list[tuple[object, ...]]:
    """The row of one motion; none where it stays at 0."""
    still = motion.course.course is Course.CONSTANT
    if still and motion.course.values[:1] == (0.0,):
        return []
    axis = np.array(motion.axis, dtype=np.float64)
    if not np.linalg.norm(axis) > 0:
        raise ModelError(f"{where} moves about or along an axis of no length; give it a direction.")
    axis /= np.linalg.norm(axis)
    main = int(np.argmax(abs(axis)))
    plain = motion.is_rotation and abs(axis[main]) == 1.0
    sign = float(np.sign(axis[main])) if plain else 1.0  # about -z by an angle is about z by minus the angle
    kind = main if plain else tables.ABOUT_AXIS if motion.is_rotation else tables.SHIFT
    coordinate = -1 if still or motion.coordinate is None else number[motion.coordinate]
    return [(kind, coordinate, curves.add(motion.course, factor=sign), sign * axis)]


def turned(angles: Vector) -> Floats:
    """(3, 3) frame turned by body-fixed angles about x, y, z [rad], its axes as columns."""
    (cx, cy, cz), (sx, sy, sz) = np.cos(angles), np.sin(angles)
    return np.array(
        [
            [cy * cz, -cy * sz, sy],
            [cx * sz + sx * sy * cz, cx * cz - sx * sy * sz, -sx * cy],
            [sx * sz - cx * sy * cz, sx * cz + cx * sy * sz, cx * cy],
        ]
    )


def rows(kind: "np.dtype[Any]", values: Iterable[Any]) -> Rows:
    """A table whose rows hold ``values``; a column of vectors is filled from any sequence."""
    held = [tuple(value) for value in values]
    table = np.zeros(len(held), dtype=kind)
    for k, row in enumerate(held):
        for name, value in zip(kind.names or (), row, strict=True):
            table[name][k] = value
    return table


def _ints(values: Iterable[int]) -> Indices:
    return np.array(list(values), dtype=np.int64)


def _starts(counts: Iterable[int]) -> Indices:
    return np.concatenate([[0], np.cumsum(list(counts))]).astype(np.int64)
