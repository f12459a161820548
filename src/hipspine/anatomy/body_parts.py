"""What a body is made of: segments, joints, muscle lines with the surfaces they wrap over.

One shape for the bodies that hipspine ships and for those that are read from OpenSim files. All lengths in metres, angles in
radians, forces in newtons; x forward, y up, z right.
"""

from dataclasses import dataclass
from enum import StrEnum

from hipspine.terms import Side

Vector = tuple[float, float, float]


class Shape(StrEnum):
    """Form of a surface that lines wrap over."""

    CYLINDER = "cylinder"  # axis z
    SPHERE = "sphere"
    ELLIPSOID = "ellipsoid"
    TORUS = "torus"


class Course(StrEnum):
    """How a value follows a coordinate."""

    CONSTANT = "constant"  # values[0]
    LINEAR = "linear"  # values = slope, intercept
    POLYNOMIAL = "polynomial"  # values = coefficients, highest degree first
    SPLINE = "spline"  # cubic through (knots, values), straight on outside; ends as in Forsythe, Malcolm & Moler, NOT natural:
    # the third derivative in the first (last) interval is that of the cubic through the four first (last) knots; three knots: the
    # parabola; two: the straight line. This is OpenSim's SimmSpline (measured, 5e-16); a natural one differs by 0.06 where it swings by 1.
    PIECEWISE = "piecewise"  # straight between (knots, values), and straight on outside


@dataclass(frozen=True, slots=True)
class Curve:
    """A value as a function of one coordinate."""

    course: Course
    values: tuple[float, ...]
    knots: tuple[float, ...] = ()
    factor: float = 1.0  # the value is multiplied by it


@dataclass(frozen=True, slots=True)
class Coordinate:
    """One degree of freedom."""

    name: str
    low: float  # [rad] or [m]
    high: float
    default: float = 0.0
    is_length: bool = False
    locked: bool = False
    follows: tuple[str, Curve] | None = None  # the coordinate that drives it, and how


@dataclass(frozen=True, slots=True)
class Motion:
    """One of the six motions of a joint, in the order in which they are applied."""

    axis: Vector
    course: Curve
    coordinate: str | None  # None: the value does not move
    is_rotation: bool


@dataclass(frozen=True, slots=True)
class Joint:
    """How a child segment moves on its parent: rotations about moving axes in their order, then a shift in the parent's frame."""

    name: str
    parent: str
    child: str
    motions: tuple[Motion, ...]
    parent_position: Vector = (0.0, 0.0, 0.0)
    parent_rotation: Vector = (0.0, 0.0, 0.0)  # body-fixed x, y, z
    child_position: Vector = (0.0, 0.0, 0.0)
    child_rotation: Vector = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Segment:
    """One rigid part."""

    name: str
    mass_kg: float
    mass_centre_m: Vector
    inertia_kg_m2: tuple[float, float, float, float, float, float]  # xx yy zz xy xz yz about the mass centre


@dataclass(frozen=True, slots=True)
class PathPoint:
    """A point that a line passes through."""

    segment: str
    position_m: Vector
    only: tuple[str, float, float] | None = None  # coordinate and range in which the line passes here; outside it is left out
    moves: tuple[tuple[str, Curve], tuple[str, Curve], tuple[str, Curve]] | None = None  # coordinate and course of x, y, z


@dataclass(frozen=True, slots=True)
class Wrap:
    """A surface that lines may slide over."""

    name: str
    shape: Shape
    segment: str
    position_m: Vector
    rotation_rad: Vector  # body-fixed x, y, z
    size_m: Vector  # cylinder: radius, length; sphere: radius; ellipsoid: three half axes; torus: inner, outer radius
    quadrant: str = "all"  # x, -x, y, -y, z, -z: the side on which lines pass


@dataclass(frozen=True, slots=True)
class WrapUse:
    """That a line wraps over a surface, and between which of its points (counted from 1; None: its ends)."""

    wrap: str
    first: int | None = None
    last: int | None = None
    method: str = "hybrid"  # of OpenSim: hybrid, midpoint, axial


@dataclass(frozen=True, slots=True)
class MuscleLine:
    """One line of a muscle with its force parameters."""

    name: str
    muscle: str  # as in the lexicon of muscle names
    side: Side | None
    points: tuple[PathPoint, ...]
    max_force_n: float
    optimal_fibre_m: float
    tendon_slack_m: float
    pennation_rad: float
    wraps: tuple[WrapUse, ...] = ()
    source: str = ""  # key of the text or model, for people
    licence: str = ""
