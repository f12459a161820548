"""A body as the text of an OpenSim 4 model, so that OpenSim can be asked about the very same bones, joints and lines.

Gluteus maximus as a line field has no place in that format: its lines are left out, and the text says so. Layout of the elements: the
OpenSim 4 file format as its own documentation gives it.
"""

from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.body_parts import (
    Coordinate,
    Course,
    Curve,
    Joint,
    Motion,
    MuscleLine,
    PathPoint,
    Segment,
    Shape,
    Vector,
    Wrap,
    WrapUse,
)
from hipspine.errors import ModelError

_VERSION = 40000
_ACTIVE_LOW, _ACTIVE_HIGH = 0.01, 1.0
_GROUND = "ground"
_HANDLE_KG, _HANDLE_KG_M2 = 1e-6, 1e-9  # not 0: OpenSim cannot move a body without mass

_SURFACES: dict[Shape, tuple[str, tuple[str, ...]]] = {
    Shape.CYLINDER: ("WrapCylinder", ("radius", "length")),
    Shape.SPHERE: ("WrapSphere", ("radius",)),
    Shape.ELLIPSOID: ("WrapEllipsoid", ()),
    Shape.TORUS: ("WrapTorus", ("inner_radius", "outer_radius")),
}


def osim_text(body: BodyModel) -> str:
    """The model as OpenSim 4 text; names keep their letters, and what XML forbids is escaped. A colon becomes a dot, which OpenSim allows.

    Raises:
        ModelError: a line passes a point that is there in a range only, or that moves: this writer has no form for them.
    """
    handles, links = _handles(body)
    segments = *(segment for segment in body.segments if segment.name != _GROUND), *handles
    parts = [
        _set("BodySet", (_segment(segment, [w for w in body.wraps if w.segment == segment.name]) for segment in segments)),
        _set("JointSet", (_joint(joint, body.coordinates) for joint in (*body.joints, *links))),
        _set("ConstraintSet", (_coupler(coordinate) for coordinate in body.coordinates if coordinate.follows is not None)),
        _set("ForceSet", (_muscle(line) for line in body.lines)),
    ]
    left = "".join(f" {field.name} is left out." for field in body.fields)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<OpenSimDocument Version="{_VERSION}">\n<Model name={quoteattr(_name(body.name))}>\n'
        f'<credits>{escape("Written by hipspine." + left)}</credits>\n<gravity>0 -9.80665 0</gravity>\n<Ground name="ground"/>\n'
        + "\n".join(parts)
        + "\n</Model>\n</OpenSimDocument>\n"
    )


def _handles(body: BodyModel) -> tuple[list[Segment], list[Joint]]:
    """A small body on the ground for each coordinate that moves no joint and only leads others: OpenSim has no other place for it."""
    moved = {motion.coordinate for joint in body.joints for motion in joint.motions}
    own = Curve(Course.LINEAR, (1.0, 0.0))
    segments, joints = [], []
    for coordinate in body.coordinates:
        if coordinate.name not in moved:
            name = f"{coordinate.name}:handle"
            segments.append(Segment(name, _HANDLE_KG, (0.0, 0.0, 0.0), (*(_HANDLE_KG_M2,) * 3, 0.0, 0.0, 0.0)))
            joints.append(Joint(name, _GROUND, name, (Motion((1.0, 0.0, 0.0), own, coordinate.name, not coordinate.is_length),)))
    return segments, joints


def _name(name: str) -> str:
    return name.replace(":", ".").replace("/", ".").replace(" ", "_")


def _set(kind: str, objects: Iterable[str]) -> str:
    return f"<{kind}><objects>\n" + "\n".join(objects) + f"\n</objects></{kind}>"


def _numbers(values: Sequence[float]) -> str:
    return " ".join(repr(float(value)) for value in values)


def _segment(segment: Segment, wraps: Sequence[Wrap]) -> str:
    return (
        f"<Body name={quoteattr(_name(segment.name))}><mass>{segment.mass_kg!r}</mass><mass_center>{_numbers(segment.mass_centre_m)}"
        f"</mass_center><inertia>{_numbers(segment.inertia_kg_m2)}</inertia>" + _set("WrapObjectSet", map(_wrap, wraps)) + "</Body>"
    )


def _wrap(wrap: Wrap) -> str:
    kind, names = _SURFACES[wrap.shape]
    size = "".join(f"<{name}>{number!r}</{name}>" for name, number in zip(names, wrap.size_m, strict=False))
    if wrap.shape is Shape.ELLIPSOID:
        size = f"<dimensions>{_numbers(wrap.size_m)}</dimensions>"
    return (
        f"<{kind} name={quoteattr(_name(wrap.name))}><active>true</active><xyz_body_rotation>{_numbers(wrap.rotation_rad)}"
        f"</xyz_body_rotation><translation>{_numbers(wrap.position_m)}</translation><quadrant>{wrap.quadrant}</quadrant>{size}</{kind}>"
    )


def _joint(joint: Joint, coordinates: Sequence[Coordinate]) -> str:
    named = {motion.coordinate for motion in joint.motions}
    frames = (
        _frame("parent", joint.parent, joint.parent_position, joint.parent_rotation),
        _frame("child", joint.child, joint.child_position, joint.child_rotation),
    )
    inside = (
        f"<socket_parent_frame>parent</socket_parent_frame><socket_child_frame>child</socket_child_frame><frames>{''.join(frames)}</frames>"
    )
    if not joint.motions:
        return f"<WeldJoint name={quoteattr(_name(joint.name))}>{inside}</WeldJoint>"
    own = "".join(_coordinate(coordinate) for coordinate in coordinates if coordinate.name in named)
    space = "".join(_axis(f"rotation{k}", motion) for k, motion in enumerate(_axes(joint, rotation=True), start=1))
    space += "".join(_axis(f"translation{k}", motion) for k, motion in enumerate(_axes(joint, rotation=False), start=1))
    return (
        f"<CustomJoint name={quoteattr(_name(joint.name))}>{inside}<coordinates>{own}</coordinates>"
        f"<SpatialTransform>{space}</SpatialTransform></CustomJoint>"
    )


def _axes(joint: Joint, *, rotation: bool) -> list[Motion]:
    """The three rotations or shifts of a joint; where it has fewer, motions that stand still about axes at right angles to the others."""
    motions = [motion for motion in joint.motions if motion.is_rotation is rotation]
    if len(motions) > 3:
        kind = "rotations" if rotation else "shifts"
        raise ModelError(f"joint {joint.name} has {len(motions)} {kind}; OpenSim has three. Divide it into two joints.")
    axes = [motion.axis for motion in motions]
    while len(axes) < 3:
        axes.append(_another(axes))
        motions.append(Motion(axes[-1], Curve(Course.CONSTANT, (0.0,)), None, rotation))
    return motions


def _another(axes: Sequence[Vector]) -> Vector:
    """A unit axis that lies in no plane with the others: the base axis that stands out of it most. OpenSim refuses axes that share a line.

    >>> _another([(0.0, 0.0, -1.0)])
    (1.0, 0.0, 0.0)
    """
    base = [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)]
    if not axes:
        return base[0]
    if len(axes) == 1:
        return min(base, key=lambda one: abs(sum(a * b for a, b in zip(one, axes[0], strict=True))))
    (a, b, c), (x, y, z) = axes
    normal = (b * z - c * y, c * x - a * z, a * y - b * x)
    return max(base, key=lambda one: abs(sum(p * q for p, q in zip(one, normal, strict=True))))


def _frame(name: str, segment: str, position: Sequence[float], rotation: Sequence[float]) -> str:
    path = "/ground" if segment == "ground" else f"/bodyset/{_name(segment)}"
    return (
        f'<PhysicalOffsetFrame name="{name}"><socket_parent>{escape(path)}</socket_parent><translation>{_numbers(position)}</translation>'
        f"<orientation>{_numbers(rotation)}</orientation></PhysicalOffsetFrame>"
    )


def _coordinate(coordinate: Coordinate) -> str:
    return (
        f"<Coordinate name={quoteattr(_name(coordinate.name))}><default_value>{coordinate.default!r}</default_value>"
        f"<range>{coordinate.low!r} {coordinate.high!r}</range><clamped>false</clamped><locked>{str(coordinate.locked).lower()}</locked>"
        "</Coordinate>"
    )


def _coupler(coordinate: Coordinate) -> str:
    assert coordinate.follows is not None
    leader, curve = coordinate.follows
    name = quoteattr(_name(coordinate.name) + ".follows")
    return (
        f"<CoordinateCouplerConstraint name={name}><coupled_coordinates_function>{_function(curve)}"
        f"</coupled_coordinates_function><independent_coordinate_names>{escape(_name(leader))}</independent_coordinate_names>"
        f"<dependent_coordinate_name>{escape(_name(coordinate.name))}</dependent_coordinate_name></CoordinateCouplerConstraint>"
    )


def _axis(name: str, motion: Motion) -> str:
    moves = "" if motion.coordinate is None else _name(motion.coordinate)
    return (
        f'<TransformAxis name="{name}"><coordinates>{escape(moves)}</coordinates><axis>{_numbers(motion.axis)}</axis>'
        f"{_function(motion.course)}</TransformAxis>"
    )


def _function(curve: Curve) -> str:
    x, y = _numbers(curve.knots), _numbers(curve.values)
    inside = {
        Course.CONSTANT: f"<Constant><value>{y}</value></Constant>",
        Course.LINEAR: f"<LinearFunction><coefficients>{y}</coefficients></LinearFunction>",
        Course.POLYNOMIAL: f"<PolynomialFunction><coefficients>{y}</coefficients></PolynomialFunction>",
        Course.SPLINE: f"<SimmSpline><x>{x}</x><y>{y}</y></SimmSpline>",
        Course.PIECEWISE: f"<PiecewiseLinearFunction><x>{x}</x><y>{y}</y></PiecewiseLinearFunction>",
    }[curve.course]
    if curve.factor == 1.0:
        return inside
    return f"<MultiplierFunction><function>{inside}</function><scale>{curve.factor!r}</scale></MultiplierFunction>"


def _muscle(line: MuscleLine) -> str:
    points = "".join(_point(line, number, point) for number, point in enumerate(line.points, start=1))
    wraps = "".join(_use(line, number, use) for number, use in enumerate(line.wraps, start=1))
    return (
        f"<Thelen2003Muscle name={quoteattr(_name(line.name))}><min_control>{_ACTIVE_LOW}</min_control><max_control>{_ACTIVE_HIGH}"
        f'</max_control><GeometryPath name="path"><PathPointSet><objects>{points}</objects></PathPointSet>'
        f"<PathWrapSet><objects>{wraps}</objects></PathWrapSet></GeometryPath><max_isometric_force>{line.max_force_n!r}</max_isometric_force>"
        f"<optimal_fiber_length>{line.optimal_fibre_m!r}</optimal_fiber_length><tendon_slack_length>{line.tendon_slack_m!r}"
        f"</tendon_slack_length><pennation_angle_at_optimal>{line.pennation_rad!r}</pennation_angle_at_optimal></Thelen2003Muscle>"
    )


def _point(line: MuscleLine, number: int, point: PathPoint) -> str:
    if point.only is not None or point.moves is not None:
        raise ModelError(f"{line.name}: point {number} comes and goes or moves; only bodies with fixed points are written for OpenSim.")
    return (
        f'<PathPoint name="P{number}"><socket_parent_frame>/bodyset/{escape(_name(point.segment))}</socket_parent_frame>'
        f"<location>{_numbers(point.position_m)}</location></PathPoint>"
    )


def _use(line: MuscleLine, number: int, use: WrapUse) -> str:
    first, last = (-1 if end is None else end for end in (use.first, use.last))
    return (
        f'<PathWrap name="{escape(_name(line.name))}.{number}"><wrap_object>{escape(_name(use.wrap))}</wrap_object>'
        f"<method>{use.method}</method><range>{first} {last}</range></PathWrap>"
    )
