"""A body as the text of an OpenSim 4 model, so that OpenSim can be asked about the very same bones, joints and lines.

Gluteus maximus as a line field has no place in that format: its lines are left out, and the text says so. Layout of the elements: the
OpenSim 4 file format as its own documentation gives it.
"""

from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.body_parts import Coordinate, Course, Curve, Joint, Motion, MuscleLine, PathPoint, Segment, Shape, Wrap, WrapUse
from hipspine.errors import ModelError

_VERSION = 40000
_ACTIVE_LOW, _ACTIVE_HIGH = 0.01, 1.0


def osim_text(body: BodyModel) -> str:
    """The model as OpenSim 4 text; names keep their letters, and what XML forbids is escaped. A colon becomes a dot, which OpenSim allows.

    Raises:
        ModelError: a line passes a point that is there in a range only, or that moves: this writer has no form for them.
    """
    parts = [
        _set("BodySet", (_segment(segment, [w for w in body.wraps if w.segment == segment.name]) for segment in body.segments)),
        _set("JointSet", (_joint(joint, body.coordinates) for joint in body.joints)),
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
    sizes = {
        Shape.CYLINDER: ("WrapCylinder", f"<radius>{wrap.size_m[0]!r}</radius><length>{wrap.size_m[1]!r}</length>"),
        Shape.SPHERE: ("WrapSphere", f"<radius>{wrap.size_m[0]!r}</radius>"),
        Shape.ELLIPSOID: ("WrapEllipsoid", f"<dimensions>{_numbers(wrap.size_m)}</dimensions>"),
        Shape.TORUS: ("WrapTorus", f"<inner_radius>{wrap.size_m[0]!r}</inner_radius><outer_radius>{wrap.size_m[1]!r}</outer_radius>"),
    }
    kind, size = sizes[wrap.shape]
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
    axes = [motion for motion in joint.motions if motion.is_rotation], [motion for motion in joint.motions if not motion.is_rotation]
    space = "".join(_axis(f"rotation{k + 1}", _pick(axes[0], k, rotation=True)) for k in range(3))
    space += "".join(_axis(f"translation{k + 1}", _pick(axes[1], k, rotation=False)) for k in range(3))
    return (
        f"<CustomJoint name={quoteattr(_name(joint.name))}>{inside}<coordinates>{own}</coordinates>"
        f"<SpatialTransform>{space}</SpatialTransform></CustomJoint>"
    )


def _pick(motions: Sequence[Motion], number: int, *, rotation: bool) -> Motion:
    """The motion in this place, or one that stands still about an axis that is not yet taken."""
    if number < len(motions):
        return motions[number]
    taken = {motion.axis for motion in motions}
    free = [axis for axis in ((0.0, 0.0, 1.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)) if axis not in taken]
    return Motion(free[number - len(motions)], Curve(Course.CONSTANT, (0.0,)), None, rotation)


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
    return (
        f"<CoordinateCouplerConstraint name={quoteattr(_name(coordinate.name) + '.follows')}><coupled_coordinates_function>{_function(curve)}"
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
