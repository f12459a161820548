"""A leg with all that a body may hold, for the tests of muscle paths."""

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
    Wrap,
    WrapUse,
)

ONE = Curve(Course.LINEAR, (1.0, 0.0))
X, Y, Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
INERTIA = (0.1, 0.1, 0.1, 0.0, 0.0, 0.0)
FLEXION = "hip_flexion"


def line(name, *points, wraps=()):
    return MuscleLine(
        name, name, None, tuple(p if isinstance(p, PathPoint) else PathPoint(*p) for p in points), 1.0, 0.1, 0.1, 0.0, tuple(wraps)
    )


def hinged(*lines, wraps=(), axis=Z, coordinate=None):
    """The ground and one segment on a hinge at the origin."""
    return BodyModel(
        name="hinge", segments=(Segment("thigh", 1.0, (0.0, 0.0, 0.0), INERTIA),),
        joints=(Joint("hip", "ground", "thigh", (Motion(axis, ONE, FLEXION, True),)),),
        coordinates=(coordinate or Coordinate(FLEXION, -3.0, 3.0),), lines=tuple(lines), wraps=tuple(wraps), fields=(),
    )  # fmt: skip


def leg() -> BodyModel:
    """A leg with all that a body may hold: a knee that slides, a kneecap that follows it, points that come, go or move, every surface."""
    slide = Curve(Course.SPLINE, (0.004, 0.0, -0.006, -0.011, -0.003), (-0.2, 0.0, 0.9, 1.7, 2.6))
    roll = Curve(Course.POLYNOMIAL, (0.002, -0.01, 0.03, -0.05, 0.4, -0.38))
    glide = Curve(Course.PIECEWISE, (-0.38, -0.40, -0.45), (0.0, 1.0, 2.5))
    segments = tuple(Segment(name, 1.0, (0.0, 0.0, 0.0), INERTIA) for name in ("pelvis", "thigh", "shank", "patella"))
    joints = (
        Joint("knee", "thigh", "shank", (
            Motion((0.0, 0.0, -1.0), ONE, "knee", True), Motion((0.1, 0.9, 0.2), Curve(Course.LINEAR, (0.15, 0.02)), "knee", True),
            Motion(X, slide, "knee", False), Motion(Y, roll, "knee", False),
        ), child_position=(0.01, 0.02, 0.0), child_rotation=(0.1, -0.2, 0.05)),
        Joint("patella", "thigh", "patella", (
            Motion(Z, ONE, "kneecap", True), Motion(Y, glide, "kneecap", False), Motion(X, ONE, "drift", False),
        )),
        Joint("root", "ground", "pelvis", tuple(Motion(axis, ONE, name, False) for axis, name in ((X, "forward"), (Y, "up")))),
        Joint("hip", "pelvis", "thigh", (
            Motion(Z, ONE, "flexion", True), Motion(X, ONE, "adduction", True), Motion(Y, ONE, "rotation", True),
        ), (-0.06, -0.08, 0.08), (0.05, 0.1, -0.1)),
    )  # fmt: skip
    coordinates = (
        Coordinate("drift", -0.05, 0.05, is_length=True, follows=("kneecap", Curve(Course.LINEAR, (0.02, 0.0)))),
        Coordinate("kneecap", -3.0, 3.0, follows=("knee", Curve(Course.LINEAR, (0.8, 0.05)))),
        Coordinate("flexion", -0.5, 2.0), Coordinate("adduction", -0.8, 0.5), Coordinate("rotation", -0.7, 0.7),
        Coordinate("knee", 0.0, 2.4),
        Coordinate("forward", -1.0, 1.0, is_length=True), Coordinate("up", -1.0, 1.0, is_length=True),
    )  # fmt: skip
    wraps = (
        Wrap("neck", Shape.CYLINDER, "pelvis", (-0.075, -0.09, 0.065), (0.2, 0.1, 0.3), (0.035, 0.5, 0.0)),
        Wrap("sided", Shape.CYLINDER, "thigh", (0.0, -0.36, 0.0), (0.0, 0.0, 0.1), (0.025, 0.3, 0.0), "-x"),
        Wrap("groove", Shape.CYLINDER, "thigh", (0.0, -0.36, 0.0), (0.0, 0.0, 0.1), (0.02, 0.3, 0.0), "x"),
        Wrap("head", Shape.SPHERE, "thigh", (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.03, 0.0, 0.0)),
        Wrap("shin", Shape.CYLINDER, "shank", (-0.01, -0.02, 0.0), (0.1, 0.0, 0.0), (0.03, 0.4, 0.0)),
        Wrap("egg", Shape.ELLIPSOID, "pelvis", (-0.06, -0.06, 0.07), (0.3, 0.2, 0.1), (0.03, 0.05, 0.04)),
        Wrap("ring", Shape.TORUS, "thigh", (0.02, -0.1, 0.0), (1.4, 0.1, 0.0), (0.01, 0.05, 0.0)),
    )
    moves = (("knee", slide), ("knee", Curve(Course.LINEAR, (0.01, -0.05))), ("knee", Curve(Course.LINEAR, (0.004, 0.01))))
    lines = (
        line("straight", ("pelvis", (-0.12, 0.03, 0.06)), ("thigh", (-0.03, -0.06, 0.05))),
        line("over_neck", ("pelvis", (-0.13, 0.01, 0.05)), ("pelvis", (-0.13, -0.06, 0.08)), ("thigh", (-0.04, -0.06, 0.03)),
             ("thigh", (-0.02, -0.1, 0.04)), wraps=(WrapUse("neck"),)),
        line("over_head", ("pelvis", (0.0, 0.02, 0.09)), ("thigh", (-0.01, -0.07, -0.02)), wraps=(WrapUse("head"),)),
        line("two_joints", ("pelvis", (-0.1, -0.13, 0.05)), ("shank", (-0.02, -0.06, -0.02)), wraps=(WrapUse("sided"), WrapUse("shin"))),
        line("kneecap", ("pelvis", (-0.02, -0.03, 0.09)), ("thigh", (0.03, -0.3, 0.0)), ("patella", (0.03, 0.0, 0.0)),
             PathPoint("shank", (0.03, -0.06, 0.0), moves=moves), ("shank", (0.02, -0.12, 0.01)), wraps=(WrapUse("groove", 2, 3),)),
        line("comes_and_goes", ("pelvis", (-0.1, -0.1, 0.05)), PathPoint("thigh", (-0.04, -0.2, 0.0), only=("flexion", 0.3, 1.1)),
             ("shank", (-0.02, -0.1, 0.0))),
        line("over_egg", ("pelvis", (-0.13, 0.0, 0.06)), ("thigh", (0.02, -0.06, 0.05)), wraps=(WrapUse("egg", method="midpoint"),)),
        line("through_ring", ("pelvis", (-0.02, -0.0, 0.09)), ("thigh", (0.03, -0.25, 0.03)), wraps=(WrapUse("ring"),)),
    )  # fmt: skip
    return BodyModel(name="leg", segments=segments, joints=joints, coordinates=coordinates, lines=lines, wraps=wraps, fields=())
