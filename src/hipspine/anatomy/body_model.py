"""A body as numbers."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import SupportsFloat

from hipspine.anatomy import generic
from hipspine.anatomy.body_parts import Coordinate, Joint, MuscleLine, Segment, Shape, Wrap
from hipspine.anatomy.gluteus_maximus import LineField, gluteus_maximus
from hipspine.errors import ModelError
from hipspine.terms import Side

GROUND = "ground"
_SIZES = {Shape.CYLINDER: 2, Shape.SPHERE: 1, Shape.ELLIPSOID: 3, Shape.TORUS: 2}  # how many numbers of size_m a shape has


@dataclass(frozen=True, slots=True, eq=False)
class BodyModel:
    """A whole body or a part of one; without arguments the generic adult that hipspine ships.

    ``fields`` are muscles given as continuous line fields; they stand beside ``lines``, in the pelvis frame moved to the hip centre.

    Raises:
        ModelError: a part names another one that is not there, stands there twice, or holds a number that no body has.
    """

    name: str = "generic adult"
    segments: tuple[Segment, ...] = field(default_factory=generic.segments)
    joints: tuple[Joint, ...] = field(default_factory=generic.joints)
    coordinates: tuple[Coordinate, ...] = field(default_factory=generic.coordinates)
    lines: tuple[MuscleLine, ...] = field(default_factory=generic.lines)
    wraps: tuple[Wrap, ...] = field(default_factory=generic.wraps)
    fields: tuple[LineField, ...] = field(default_factory=lambda: tuple(gluteus_maximus(side=side) for side in Side))
    about: Mapping[str, str] = field(default_factory=dict)  # where it comes from, its licence, its hash
    left_out: tuple[str, ...] = ()  # what the file holds and this body does not, one sentence each

    def __post_init__(self) -> None:
        for kind, parts in (
            *(("segment", self.segments), ("joint", self.joints), ("coordinate", self.coordinates)),
            *(("line", self.lines), ("surface", self.wraps)),
        ):
            _once(kind, [part.name for part in parts])
        segments = {GROUND, *(one.name for one in self.segments)}
        coordinates = {one.name for one in self.coordinates}
        for segment in self.segments:
            _look_at_segment(segment)
        for coordinate in self.coordinates:
            _look_at_coordinate(coordinate, coordinates)
        for joint in self.joints:
            _look_at_joint(joint, segments, coordinates)
        for wrap in self.wraps:
            _look_at_wrap(wrap, segments)
        surfaces = {one.name for one in self.wraps}
        for line in self.lines:
            _look_at_line(line, segments, coordinates, surfaces)


def _once(kind: str, names: list[str]) -> None:
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ModelError(f"{kind} {twice!r} stands there {names.count(twice)} times; give each {kind} a name of its own.")


def _known(who: str, kind: str, name: str, names: set[str]) -> None:
    if name not in names:
        raise ModelError(f"{who} names the {kind} {name!r}, but the body has no such {kind}; add it or take another name.")


def _finite(who: str, numbers: Iterable[float], what: str = "number") -> None:
    numbers = tuple(numbers)
    if wrong := [one for one in numbers if isinstance(one, str | bytes) or not isinstance(one, SupportsFloat)]:
        raise ModelError(f"{who} holds {wrong[0]!r} where a {what} is expected; give finite numbers.")
    if bad := [one for one in numbers if not math.isfinite(one)]:
        raise ModelError(f"{who} holds a {what} that is not finite ({bad[0]}); give finite numbers.")


def _long(who: str, size: int, *rows: Sequence[float]) -> None:
    if wrong := [row for row in rows if len(row) != size]:
        raise ModelError(f"{who} holds {wrong[0]!r}; give {size} numbers there.")


def _look_at_segment(one: Segment) -> None:
    who = f"segment {one.name!r}"
    _long(who, 3, one.mass_centre_m)
    _long(who, 6, one.inertia_kg_m2)
    _finite(who, (one.mass_kg, *one.mass_centre_m, *one.inertia_kg_m2), "mass, mass centre or inertia")
    if one.mass_kg < 0 or min(one.inertia_kg_m2[:3]) < 0:
        raise ModelError(f"{who} has a mass of {one.mass_kg:g} kg and moments of inertia {one.inertia_kg_m2[:3]}; give 0 or more.")


def _look_at_coordinate(one: Coordinate, coordinates: set[str]) -> None:
    who = f"coordinate {one.name!r}"
    if math.isnan(one.low) or math.isnan(one.high) or one.low > one.high:
        raise ModelError(f"{who} runs from {one.low:g} to {one.high:g}; give a range whose end is not below its start.")
    _finite(who, (one.default,))
    if one.follows is not None:
        _known(who, "coordinate", one.follows[0], coordinates)


def _look_at_joint(one: Joint, segments: set[str], coordinates: set[str]) -> None:
    who = f"joint {one.name!r}"
    for name in (one.parent, one.child):
        _known(who, "segment", name, segments)
    _long(who, 3, one.parent_position, one.parent_rotation, one.child_position, one.child_rotation)
    _long(who, 3, *(motion.axis for motion in one.motions))
    for motion in one.motions:
        if motion.coordinate is not None:
            _known(who, "coordinate", motion.coordinate, coordinates)
        _finite(who, motion.axis)
    _finite(who, (*one.parent_position, *one.parent_rotation, *one.child_position, *one.child_rotation))


def _look_at_wrap(one: Wrap, segments: set[str]) -> None:
    who = f"surface {one.name!r}"
    _known(who, "segment", one.segment, segments)
    _long(who, 3, one.position_m, one.rotation_rad)
    _finite(who, (*one.position_m, *one.rotation_rad, *one.size_m))
    if len(one.size_m) < _SIZES[one.shape] or not all(size > 0 for size in one.size_m[: _SIZES[one.shape]]):
        raise ModelError(f"{who} ({one.shape}) has the size {one.size_m}; give {_SIZES[one.shape]} above 0.")


def _look_at_line(one: MuscleLine, segments: set[str], coordinates: set[str], surfaces: set[str]) -> None:
    who = f"line {one.name!r}"
    if len(one.points) < 2:
        raise ModelError(f"{who} has {len(one.points)} points; give at least two.")
    for point in one.points:
        _known(who, "segment", point.segment, segments)
        _long(who, 3, point.position_m)
        _finite(who, point.position_m)
        if point.only is not None:
            _known(who, "coordinate", point.only[0], coordinates)
        for name, _ in point.moves or ():
            _known(who, "coordinate", name, coordinates)
    _finite(who, (one.max_force_n, one.optimal_fibre_m, one.tendon_slack_m, one.pennation_rad))
    if one.max_force_n < 0 or one.optimal_fibre_m <= 0 or not 0 <= one.pennation_rad < math.pi / 2:
        raise ModelError(
            f"{who} has a force of {one.max_force_n:g} N, fibres of {one.optimal_fibre_m:g} m and a pennation of "
            f"{math.degrees(one.pennation_rad):g} degrees; give a force of 0 or more, fibres above 0 m and 0 to below 90 degrees."
        )
    for use in one.wraps:
        _known(who, "surface", use.wrap, surfaces)
        if not all(end is None or 1 <= end <= len(one.points) for end in (use.first, use.last)):
            raise ModelError(f"{who} wraps between its points {use.first} and {use.last}; it has points 1 to {len(one.points)}.")
