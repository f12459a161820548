"""Small OpenSim models as text, made for the tests: one leg in the dialects of OpenSim 2/3 and of OpenSim 4, and one joint of each kind.

The numbers are invented. Each dialect is written on its own here; that OpenSim reads the texts as we do is looked at in
``test_osim_peer.py``.
"""

from collections.abc import Sequence

LINEAR = "<LinearFunction><coefficients>1 0</coefficients></LinearFunction>"
SPLINE = "<{tag}><x>-2.1 -1.2 -0.6 0 0.2</x><y>{y}</y></{tag}>"
KNEE_X, KNEE_Y = "-0.0032 0.0018 0.0041 0.0041 0.0021", "-0.4226 -0.4082 -0.399 -0.396 -0.3966"
ZERO = "<Constant><value>0</value></Constant>"

PELVIS = (11.777, "-0.0707 0 0", "0.1028 0.0871 0.0579 0.001 0.002 0.003")
FEMUR = (9.3, "0 -0.17 0", "0.1339 0.0351 0.1412 0 0 0")
TIBIA = (3.7, "0 -0.1867 0", "0.0504 0.0051 0.0511 0 0 0")
PATELLA = (0.09, "0.001 0 0", "0.00001 0.00001 0.00001 0 0 0")

FREE = tuple(
    (f"pelvis_{name}", kind) for name, kind in (("tilt", "r"), ("list", "r"), ("rotation", "r"), ("tx", "t"), ("ty", "t"), ("tz", "t"))
)
CYLINDER = (
    '<WrapCylinder name="gmax_at_pelvis"><xyz_body_rotation>-0.6 0.45 0.1</xyz_body_rotation><translation>-0.077 -0.099 0.061</translation>'
    "<quadrant>+x</quadrant><radius>0.04</radius><length>0.15</length></WrapCylinder>"
)
ELLIPSOID = (
    '<WrapEllipsoid name="psoas_at_brim"><xyz_body_rotation>0 0 0.2</xyz_body_rotation><translation>-0.02 -0.06 0.08</translation>'
    "<dimensions>0.03 0.02 0.05</dimensions></WrapEllipsoid>"
)
SPHERE = '<WrapSphere name="condyles"><translation>0 -0.4 0</translation><radius>0.02</radius></WrapSphere>'
TORUS = '<WrapTorus name="sling"><inner_radius>0.01</inner_radius><outer_radius>0.03</outer_radius></WrapTorus>'
FORCE = (
    "<max_isometric_force>{}</max_isometric_force><optimal_fiber_length>{}</optimal_fiber_length>"
    "<tendon_slack_length>{}</tendon_slack_length><pennation_angle_at_optimal>{}</pennation_angle_at_optimal>"
)


def new_model(bodies: str, joints: str, forces: str = "", *, version: str = "40000", more: str = "", ground: str = "") -> str:
    """A model of OpenSim 4 around these elements."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><OpenSimDocument Version="{version}"><Model name="leg">'
        f'<Ground name="ground">{ground}</Ground>'
        "<credits>made for a test</credits><length_units>meters</length_units><force_units>N</force_units>"
        f"<BodySet><objects>{bodies}</objects></BodySet><JointSet><objects>{joints}</objects></JointSet>"
        f"<ForceSet><objects>{forces}</objects></ForceSet>{more}</Model></OpenSimDocument>"
    )


def old_model(bodies: str, forces: str = "", *, version: str = "20302", more: str = "") -> str:
    """A model of OpenSim 2 or 3 around these elements."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><OpenSimDocument Version="{version}"><Model name="leg">'
        "<credits>made for a test</credits><length_units>meters</length_units><force_units>N</force_units>"
        f'<BodySet><objects><Body name="ground"><mass>0</mass><Joint/></Body>{bodies}</objects></BodySet>'
        f"<ForceSet><objects>{forces}</objects></ForceSet>{more}</Model></OpenSimDocument>"
    )


def body(name: str, mass: object = 1.0, centre: str = "0 0 0", inertia: str = "0.1 0.1 0.1 0 0 0", wraps: str = "") -> str:
    """A body of OpenSim 4."""
    return (
        f'<Body name="{name}"><WrapObjectSet><objects>{wraps}</objects></WrapObjectSet>'
        f"<mass>{mass}</mass><mass_center>{centre}</mass_center><inertia>{inertia}</inertia></Body>"
    )


def old_body(name: str, joint: str, mass: object = 1.0, centre: str = "0 0 0", inertia: str = "0.1 0.1 0.1 0 0 0", wraps: str = "") -> str:
    """A body of OpenSim 2 with the joint that holds it."""
    tags = ("inertia_xx", "inertia_yy", "inertia_zz", "inertia_xy", "inertia_xz", "inertia_yz")
    six = "".join(f"<{tag}>{value}</{tag}>" for tag, value in zip(tags, inertia.split(), strict=True))
    return (
        f'<Body name="{name}"><mass>{mass}</mass><mass_center>{centre}</mass_center>{six}<Joint>{joint}</Joint>'
        f"<WrapObjectSet><objects>{wraps}</objects></WrapObjectSet></Body>"
    )


def coordinate(name: str, ends: str = "-1.5 1.5", default: float = 0.0, *, more: str = "") -> str:
    """A coordinate."""
    return f'<Coordinate name="{name}"><default_value>{default}</default_value><range>{ends}</range>{more}</Coordinate>'


def axis(name: str, along: str, leader: str = "", function: str = "", *, old: bool = False) -> str:
    """One of the six motions of a CustomJoint."""
    inner = f"<function>{function}</function>" if old and function else function
    return f'<TransformAxis name="{name}"><coordinates>{leader}</coordinates><axis>{along}</axis>{inner}</TransformAxis>'


def offset(name: str, parent: str, translation: str = "0 0 0", orientation: str = "0 0 0", *, more: str = "") -> str:
    """An offset frame of OpenSim 4."""
    return (
        f'<PhysicalOffsetFrame name="{name}"><socket_parent>{parent}</socket_parent><translation>{translation}</translation>'
        f"<orientation>{orientation}</orientation>{more}</PhysicalOffsetFrame>"
    )


def joint(kind: str, name: str, parent: str, child: str, coordinates: Sequence[str] = (), *, frames: str = "", transform: str = "") -> str:
    """A joint of OpenSim 4 between two frames."""
    held = f"<coordinates>{''.join(coordinates)}</coordinates>" if coordinates else ""
    spatial = f"<SpatialTransform>{transform}</SpatialTransform>" if transform else ""
    return (
        f'<{kind} name="{name}"><socket_parent_frame>{parent}</socket_parent_frame><socket_child_frame>{child}</socket_child_frame>'
        f"{held}<frames>{frames}</frames>{spatial}</{kind}>"
    )


def old_joint(kind: str, name: str, parent: str, coordinates: Sequence[str], places: Sequence[str] = (), transform: str = "") -> str:
    """A joint of OpenSim 2: places in parent (location, orientation), then in the child."""
    tags = ("location_in_parent", "orientation_in_parent", "location", "orientation")
    where = "".join(f"<{tag}>{place}</{tag}>" for tag, place in zip(tags, places, strict=False))
    spatial = f"<SpatialTransform>{transform}</SpatialTransform>" if transform else ""
    return (
        f'<{kind} name="{name}">{spatial}<parent_body>{parent}</parent_body>{where}'
        f"<CoordinateSet><objects>{''.join(coordinates)}</objects></CoordinateSet><reverse>false</reverse></{kind}>"
    )


def point(name: str, segment: str, at: str, *, old: bool = False, kind: str = "PathPoint", more: str = "") -> str:
    """A path point in either dialect."""
    where = f"<body>{segment}</body>" if old else f"<socket_parent_frame>{segment}</socket_parent_frame>"
    return f'<{kind} name="{name}">{where}<location>{at}</location>{more}</{kind}>'


def muscle(name: str, points: str, *, kind: str = "Thelen2003Muscle", wraps: str = "", force: str = "", more: str = "") -> str:
    """A muscle."""
    return (
        f'<{kind} name="{name}"><GeometryPath><PathPointSet><objects>{points}</objects></PathPointSet>'
        f"<PathWrapSet><objects>{wraps}</objects></PathWrapSet></GeometryPath>{force}{more}</{kind}>"
    )


def wrap(name: str, ends: str = "-1 -1", method: str = "hybrid") -> str:
    """That a line wraps over a surface."""
    return f'<PathWrap name="w"><wrap_object>{name}</wrap_object><method>{method}</method><range>{ends}</range></PathWrap>'


def coupler(name: str, follower: str, leader: str, function: str = LINEAR, *, more: str = "") -> str:
    """A constraint that makes one coordinate follow another."""
    return (
        f'<CoordinateCouplerConstraint name="{name}"><coupled_coordinates_function>{function}</coupled_coordinates_function>'
        f"<independent_coordinate_names>{leader}</independent_coordinate_names>"
        f"<dependent_coordinate_name>{follower}</dependent_coordinate_name>{more}</CoordinateCouplerConstraint>"
    )


def constraints(inner: str) -> str:
    """The set of constraints."""
    return f"<ConstraintSet><objects>{inner}</objects></ConstraintSet>"


_HIP = ("hip_flexion_r", "hip_adduction_r", "hip_rotation_r")
_HIP_AXES = (("rotation1", "0 0 1"), ("rotation2", "1 0 0"), ("rotation3", "0 1 0"))


def _free_axes(*, old: bool) -> str:
    names = ("rotation1", "rotation2", "rotation3", "translation1", "translation2", "translation3")
    along = ("0 0 1", "1 0 0", "0 1 0", "1 0 0", "0 1 0", "0 0 1")
    return "".join(axis(name, to, one, LINEAR, old=old) for name, to, (one, _) in zip(names, along, FREE, strict=True))


def _knee_axes(*, old: bool) -> str:
    tag = "NaturalCubicSpline" if old else "SimmSpline"
    scaled = f"<MultiplierFunction><function>{SPLINE.format(tag=tag, y=KNEE_Y)}</function><scale>1.1</scale></MultiplierFunction>"
    return (
        axis("rotation1", "0 0 1", "knee_angle_r", LINEAR, old=old)
        + axis("rotation2", "0 1 0", "", ZERO, old=old)
        + axis("rotation3", "1 0 0", "", ZERO, old=old)
        + axis("translation1", "1 0 0", "knee_angle_r", SPLINE.format(tag=tag, y=KNEE_X), old=old)
        + axis("translation2", "0 1 0", "knee_angle_r", scaled, old=old)
    )


def _kinds(*, old: bool) -> tuple[list[str], list[str], list[str]]:
    kind = {"r": "<motion_type>rotational</motion_type>", "t": "<motion_type>translational</motion_type>"}
    free = [coordinate(name, "-3 3", 0.9 if name == "pelvis_ty" else 0.0, more=kind[one] if old else "") for name, one in FREE]
    hip = [coordinate(name, ends) for name, ends in zip(_HIP, ("-0.5 2.1", "-0.9 0.7", "-0.7 0.7"), strict=True)]
    return free, hip, [coordinate("knee_angle_r", "-2.1 0.2", -0.1)]


def old_leg(*, version: str = "20302") -> str:
    """A leg in the dialect of OpenSim 2."""
    free, hip, knee = _kinds(old=True)
    spin = "".join(axis(name, to, one, LINEAR, old=True) for (name, to), one in zip(_HIP_AXES, _HIP, strict=True))
    beta = [coordinate("knee_beta_r", "-9 9")]
    bodies = [
        old_body("pelvis", old_joint("CustomJoint", "ground_pelvis", "ground", free, transform=_free_axes(old=True)), *PELVIS,
                 CYLINDER + ELLIPSOID),
        old_body("femur_r", old_joint("CustomJoint", "hip_r", "pelvis", hip, ["-0.0707 -0.0661 0.0835"], spin), *FEMUR, SPHERE),
        old_body("tibia_r", old_joint("CustomJoint", "knee_r", "femur_r", knee, ["0 0 0", "0.1 0.2 0.3", "0.01 0 0", "0.05 0 0.1"],
                                      _knee_axes(old=True)), *TIBIA),
        old_body("patella_r", old_joint("PinJoint", "patella_r", "femur_r", beta, ["0.04 -0.4 0", "0 0 0", "0 0 0", "0 0 0"]), *PATELLA),
    ]  # fmt: skip
    name = "coordinate"
    only = f"<range>-1.5 -0.3</range><{name}>knee_angle_r</{name}>"
    tag = "NaturalCubicSpline"
    moving = "".join(f"<{a}_coordinate>knee_angle_r</{a}_coordinate><{a}_location>{f}</{a}_location>" for a, f in _moving(tag))
    forces = (
        muscle("glut_max1_r", point("a", "pelvis", "-0.1 0.03 0.06", old=True) + point("b", "femur_r", "-0.03 -0.06 0.05", old=True),
               wraps=wrap("gmax_at_pelvis"), force=FORCE.format(573, 0.142, 0.125, 0.0873))
        + muscle("rect_fem_r", point("a", "pelvis", "-0.03 -0.03 0.1", old=True)
                 + point("b", "femur_r", "0.03 -0.4 0", old=True, kind="ConditionalPathPoint", more=only)
                 + point("c", "tibia_r", "0 0 0", old=True, kind="MovingPathPoint", more=moving), wraps=wrap("condyles", "1 3", "midpoint"))
        + '<CoordinateActuator name="motor"><coordinate>knee_angle_r</coordinate></CoordinateActuator>'
    )  # fmt: skip
    defaults = f"<defaults><Thelen2003Muscle name='default'>{FORCE.format(1169, 0.114, 0.31, 0.0873)}</Thelen2003Muscle></defaults>"
    coupling = constraints(coupler("beta", "knee_beta_r", "knee_angle_r", more=_SCALE))
    return old_model("".join(bodies), forces, version=version, more=defaults + coupling)


def first_leg() -> str:
    """The same leg in the words of the first models, which OpenSim still reads."""
    text = old_leg(version="10905").replace("ConditionalPathPoint", "MuscleViaPoint").replace("MovingPathPoint", "MovingMusclePoint")
    return text.replace("PathPoint", "MusclePoint").replace("PathWrap", "MuscleWrap").replace("ForceSet", "ActuatorSet")


_SCALE = "<scale_factor>-0.5</scale_factor>"


def _moving(tag: str) -> tuple[tuple[str, str], ...]:
    return (
        ("x", SPLINE.format(tag=tag, y="0.06 0.05 0.05 0.049 0.05")),
        ("y", SPLINE.format(tag=tag, y="0.01 0.02 0.03 0.025 0.02")),
        ("z", ZERO),
    )


def new_leg(*, version: str = "40000") -> str:
    """The same leg in the dialect of OpenSim 4."""
    free, hip, knee = _kinds(old=False)
    spin = "".join(axis(name, to, one, LINEAR) for (name, to), one in zip(_HIP_AXES, _HIP, strict=True))
    bodies = (
        body("pelvis", *PELVIS, CYLINDER + ELLIPSOID)
        + body("femur_r", *FEMUR, SPHERE)
        + body("tibia_r", *TIBIA)
        + body("patella_r", *PATELLA)
    )
    joints = (
        joint("CustomJoint", "ground_pelvis", "/ground", "/bodyset/pelvis", free, transform=_free_axes(old=False))
        + joint("CustomJoint", "hip_r", "pelvis_offset", "/bodyset/femur_r", hip, transform=spin,
                frames=offset("pelvis_offset", "/bodyset/pelvis", "-0.0707 -0.0661 0.0835"))
        + joint("CustomJoint", "knee_r", "femur_r_offset", "tibia_r_offset", knee, transform=_knee_axes(old=False),
                frames=offset("femur_r_offset", "/bodyset/femur_r", "0 0 0", "0.1 0.2 0.3")
                + offset("tibia_r_offset", "/bodyset/tibia_r", "0.01 0 0", "0.05 0 0.1"))
        + joint("PinJoint", "patella_r", "femur_r_offset", "/bodyset/patella_r", [coordinate("knee_beta_r", "-9 9")],
                frames=offset("femur_r_offset", "/bodyset/femur_r", "0.04 -0.4 0"))
    )  # fmt: skip
    knee_at = "/jointset/knee_r/knee_angle_r"
    only = f"<range>-1.5 -0.3</range><socket_coordinate>{knee_at}</socket_coordinate>"
    moving = "".join(
        f"<socket_{a}_coordinate>{knee_at}</socket_{a}_coordinate><{a}_location>{f}</{a}_location>" for a, f in _moving("SimmSpline")
    )
    forces = (
        muscle("glut_max1_r", point("a", "/bodyset/pelvis", "-0.1 0.03 0.06") + point("b", "/bodyset/femur_r", "-0.03 -0.06 0.05"),
               wraps=wrap("gmax_at_pelvis"), force=FORCE.format(573, 0.142, 0.125, 0.0873))
        + muscle("rect_fem_r", point("a", "/bodyset/pelvis", "-0.03 -0.03 0.1")
                 + point("b", "/bodyset/femur_r", "0.03 -0.4 0", kind="ConditionalPathPoint", more=only)
                 + point("c", "/bodyset/tibia_r", "0 0 0", kind="MovingPathPoint", more=moving),
                 wraps=wrap("condyles", "1 3", "midpoint"), force=FORCE.format(1169, 0.114, 0.31, 0.0873))
        + '<CoordinateActuator name="motor"><coordinate>knee_angle_r</coordinate></CoordinateActuator>'
    )  # fmt: skip
    return new_model(bodies, joints, forces, version=version, more=constraints(coupler("beta", "knee_beta_r", "knee_angle_r", more=_SCALE)))


JOINTS = {
    "WeldJoint": 0,
    "PinJoint": 1,
    "SliderJoint": 1,
    "UniversalJoint": 2,
    "PlanarJoint": 3,
    "BallJoint": 3,
    "GimbalJoint": 3,
    "FreeJoint": 6,
}


def chain(*kinds: str) -> str:
    """Segments s1, s2 ... hung on each other by joints of these kinds, each joint standing askew in both of its segments."""
    bodies, joints, parent = [], [], "/ground"
    for k, kind in enumerate(kinds or JOINTS, 1):
        frames = offset("above", parent, f"0.1 {0.02 * k} -0.1", "0.2 -0.3 0.1") + offset(
            "below", f"/bodyset/s{k}", "0.05 0.1 0", "-0.1 0.2 0.4"
        )
        held = [coordinate(f"q{k}_{i}", "-1 1") for i in range(JOINTS[kind])]
        joints.append(joint(kind, f"j{k}", "above", "below", held, frames=frames))
        bodies.append(body(f"s{k}", k - 1, "0.01 0.02 0.03", wraps=SPHERE if k == 1 else TORUS if k == 2 else ""))
        parent = f"/bodyset/s{k}"
    last = len(bodies)
    line = point("a", "/ground", "0 0.1 0") + point("m", "/bodyset/s1", "0 0.1 0.2") + point("b", f"/bodyset/s{last}", "0.1 0 0.1")
    return new_model(
        "".join(bodies),
        "".join(joints),
        muscle("soleus_l", line, kind="Millard2012EquilibriumMuscle", force=FORCE.format(3549, 0.05, 0.25, 0.4)),
    )


def odd() -> str:
    """What models hold more seldom: offset frames of bodies and of the model, points and surfaces on them, other functions and muscles."""
    line = "<PiecewiseLinearFunction><x>-1 0 1</x><y>0.1 0.15 0.3</y></PiecewiseLinearFunction>"
    poly = "<PolynomialFunction><coefficients>0.1 0.2 -0.3</coefficients></PolynomialFunction>"
    back = "<LinearFunction><coefficients>-1 0.1</coefficients></LinearFunction>"
    kinds = (
        ("rotation1", "0 0 1", "kq", back),
        ("rotation2", "1 0.2 0", "kr", LINEAR),
        ("rotation3", "0 1 0", "", ZERO),
        ("translation1", "1 0 0", "kq", line),
        ("translation2", "0 2 0", "kq", poly),
        ("translation3", "0 0 1", "kz", LINEAR),
    )
    turns, knee = "".join(axis(*one) for one in kinds), [coordinate("kq", "-1.4 1.4"), coordinate("kr"), coordinate("kz")]
    surface = f"<WrapObjectSet><objects>{CYLINDER}</objects></WrapObjectSet>"
    tab = offset("tab", "/bodyset/b", "0.1 0.2 0.3", "0.5 0.1 -0.2", more=surface)
    b = body("b", 2, "0 -0.2 0").replace("</Body>", f"<components>{tab}</components></Body>")
    joints = (
        joint("BallJoint", "ball", "/ground", "/bodyset/a", [coordinate(f"b{k}") for k in range(3)])
        + joint("CustomJoint", "knee", "above", "/bodyset/b", knee, transform=turns,
                frames=offset("above", "/bodyset/a", "0 -0.4 0", "0.1 0.2 0.3"))
        + joint("UniversalJoint", "uni", "/bodyset/b/tab/tab2", "/bodyset/c", [coordinate("u0"), coordinate("u1")])
    )  # fmt: skip
    nested = offset("tab2", "/bodyset/b/tab", "0.3 0.1 0", "-0.3 0.4 0.2")
    b = b.replace("</PhysicalOffsetFrame>", f"<components>{nested}</components></PhysicalOffsetFrame>")
    near = point("p", "/ground", "0 0.5 0") + point("m", "/bodyset/b/tab", "0.1 0.1 0.1") + point("o", "/bodyset/c", "0.2 0.1 0.1")
    far = point("p", "/bodyset/a", "0 0.5 0") + point("o", "/bodyset/b/tab/tab2", "0.1 0.1 0.1")
    forces = (
        muscle("recfem_l", near, kind="DeGrooteFregly2016Muscle", force=FORCE.format(800, 0.1, 0.2, 0.1))
        + muscle("vaslat_l", far, kind="RigidTendonMuscle", force=FORCE.format(700, 0.1, 0.2, 0.1), wraps=wrap("gmax_at_pelvis"))
        + muscle("gasmed_l", far, kind="Schutte1993Muscle_Deprecated", force=FORCE.format(600, 0.1, 0.2, 0.1))
    )  # fmt: skip
    return new_model(body("a") + b + body("c"), joints, forces)
