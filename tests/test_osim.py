"""What is read from OpenSim models: joints, coordinates, lines and surfaces, in the dialects of OpenSim 2, 3 and 4."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from osim_examples import (
    CYLINDER,
    LINEAR,
    SPHERE,
    axis,
    body,
    chain,
    constraints,
    coordinate,
    coupler,
    first_leg,
    joint,
    muscle,
    new_leg,
    new_model,
    odd,
    offset,
    old_leg,
    point,
    wrap,
)
from scipy.interpolate import CubicHermiteSpline, CubicSpline

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.body_parts import Course, Curve, PathPoint, Shape, WrapUse
from hipspine.formats.osim import read_osim
from hipspine.formats.osim.curves import value
from hipspine.formats.osim.frames import angles, matrix
from hipspine.formats.osim_text import osim_text
from hipspine.mechanics.paths import compiled, segment_frames
from hipspine.terms import Side

DATA = Path(__file__).parents[1].parent / "shared" / "data"
MODELS = ("walk_rajagopal/subject_walk_scaled.osim", "squat_opencap/LaiUhlrich2022.osim")
PIN = joint("PinJoint", "j", "/ground", "/bodyset/a", [coordinate("q")])
ASKEW = {
    "pelvis_tilt": 0.2, "pelvis_list": -0.1, "pelvis_rotation": 0.3, "pelvis_tx": 0.5, "pelvis_ty": 0.9, "pelvis_tz": -0.2,
    "hip_flexion_r": 0.7, "hip_adduction_r": -0.2, "hip_rotation_r": 0.1, "knee_angle_r": -1.0,
}  # fmt: skip


def read(folder: Path, text: str) -> BodyModel:
    path = folder / "leg.osim"
    path.write_text(text, encoding="utf-8")
    return read_osim(path)


def origins(model: BodyModel, values: dict[str, float]) -> dict[str, np.ndarray]:
    paths = compiled(model)
    row = [values.get(one.name, one.default) for one in model.coordinates]
    _, position = segment_frames(paths, [row])
    return dict(zip(paths.segments, position[0], strict=True))


def real(name: str) -> BodyModel:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"no {name} beside the checkout")
    return read_osim(path)


@pytest.mark.parametrize("version", ["10905", "20302", "30000"])
def test_the_same_leg_reads_the_same_in_old_and_new_dialects(tmp_path: Path, version: str) -> None:
    old, new = read(tmp_path, old_leg(version=version)), read(tmp_path, new_leg())
    assert old.segments == new.segments
    assert old.joints == new.joints
    assert old.coordinates == new.coordinates
    assert old.lines == new.lines
    assert old.wraps == new.wraps
    assert old.left_out == new.left_out
    assert (old.about["version"], new.about["version"]) == (version, "40000")


@pytest.mark.parametrize("text", [old_leg(), new_leg()])
def test_bodies_stand_where_opensim_puts_them(tmp_path: Path, text: str) -> None:
    # OpenSim 4.6 gave these origins in the ground for the same text and the same coordinates; beta follows at -0.5 x knee = 0.5
    found = origins(read(tmp_path, text), ASKEW)
    np.testing.assert_allclose(found["femur_r"], [0.469058006821, 0.836874307131, -0.093240035791], atol=1e-11)
    np.testing.assert_allclose(found["tibia_r"], [0.85847542242, 0.655871871045, -0.170240665971], atol=1e-11)
    np.testing.assert_allclose(found["patella_r"], [0.810934850653, 0.626000686929, -0.077348530062], atol=1e-11)


def test_every_kind_of_joint_moves_as_in_opensim(tmp_path: Path) -> None:
    model = read(tmp_path, chain())
    values = {one.name: 0.1 * (k + 1) - 1 for k, one in enumerate(model.coordinates)}
    found = origins(model, values)  # against OpenSim 4.6, as above
    np.testing.assert_allclose(found["s2"], [0.123016547, 0.031382437685, -0.260132080791], atol=1e-11)
    np.testing.assert_allclose(found["s5"], [0.724111416044, 0.513305888213, -0.966379978216], atol=1e-11)
    np.testing.assert_allclose(found["s8"], [1.529099057159, 0.766510390174, -0.340640561309], atol=1e-11)
    lengths = [one.name for one in model.coordinates if one.is_length]
    assert lengths == ["q3_0", "q5_1", "q5_2", "q8_3", "q8_4", "q8_5"]


def test_frames_axes_and_functions_of_rarer_kinds_are_those_of_opensim(tmp_path: Path) -> None:
    model = read(tmp_path, odd())
    found = origins(model, {one.name: 0.1 * (k + 1) - 0.5 for k, one in enumerate(model.coordinates)})  # against OpenSim 4.6, as above
    np.testing.assert_allclose(found["b"], [0.098369798838, -0.624183424439, 0.32574979596], atol=1e-11)
    np.testing.assert_allclose(found["c"], [0.367225139444, -0.180605416867, 0.543597696401], atol=1e-11)
    assert [one.name for one in model.coordinates if one.is_length] == ["kz"]
    assert [line.muscle for line in model.lines] == ["rectus_femoris", "vastus_lateralis", "gastrocnemius_medialis"]


def test_a_leg_holds_its_numbers(tmp_path: Path) -> None:
    model = read(tmp_path, new_leg())
    pelvis = model.segments[1]
    assert (model.name, [one.name for one in model.segments]) == ("leg", ["ground", "pelvis", "femur_r", "tibia_r", "patella_r"])
    assert (pelvis.mass_kg, pelvis.mass_centre_m) == (11.777, (-0.0707, 0.0, 0.0))
    assert pelvis.inertia_kg_m2 == (0.1028, 0.0871, 0.0579, 0.001, 0.002, 0.003)
    hip, beta = model.coordinates[6], model.coordinates[-1]
    assert (hip.name, hip.low, hip.high, hip.default, hip.is_length) == ("hip_flexion_r", -0.5, 2.1, 0.0, False)
    assert beta.follows == ("knee_angle_r", Curve(Course.LINEAR, (1.0, 0.0), factor=-0.5))
    first, second = model.lines
    assert (first.muscle, first.side, first.max_force_n, first.optimal_fibre_m) == ("gluteus_maximus", Side.RIGHT, 573.0, 0.142)
    assert (first.tendon_slack_m, first.pennation_rad) == (0.125, 0.0873)
    assert (second.muscle, second.max_force_n) == ("rectus_femoris", 1169.0)
    assert first.points == (PathPoint("pelvis", (-0.1, 0.03, 0.06)), PathPoint("femur_r", (-0.03, -0.06, 0.05)))
    assert (first.wraps, second.wraps) == ((WrapUse("gmax_at_pelvis"),), (WrapUse("condyles", 1, 3, "midpoint"),))
    assert second.points[1].only == ("knee_angle_r", -1.5, -0.3)
    cylinder, ellipsoid, sphere = model.wraps
    assert (cylinder.shape, cylinder.size_m, cylinder.quadrant) == (Shape.CYLINDER, (0.04, 0.15, 0.0), "x")
    assert (ellipsoid.shape, ellipsoid.size_m, sphere.shape, sphere.size_m) == (
        Shape.ELLIPSOID, (0.03, 0.02, 0.05), Shape.SPHERE, (0.02, 0.0, 0.0),
    )  # fmt: skip


def test_a_moving_point_stands_where_its_curves_say_at_the_default(tmp_path: Path) -> None:
    point_c = read(tmp_path, new_leg()).lines[1].points[2]
    assert point_c.moves is not None
    assert [name for name, _ in point_c.moves] == ["knee_angle_r"] * 3
    assert point_c.position_m == tuple(value(course, -0.1) for _, course in point_c.moves)
    assert point_c.position_m[2] == 0.0
    assert 0.04 < point_c.position_m[0] < 0.06


def test_offset_frames_are_carried_into_their_segments(tmp_path: Path) -> None:
    inner = offset(
        "tilted", "/bodyset/a", "0.1 0 0", "0 0 1.5707963267948966", more=f"<WrapObjectSet><objects>{SPHERE}</objects></WrapObjectSet>"
    )
    outer = offset("nested", "/bodyset/a/tilted", "0.2 0 0", "0 0 1.5707963267948966")
    held = body("a").replace("</Body>", f"<components>{inner}{outer}</components></Body>")
    pin = joint("PinJoint", "pin", "/ground", "/bodyset/a/nested", [coordinate("q")])
    model = read(
        tmp_path, new_model(held, pin, muscle("soleus_r", point("p", "/bodyset/a/tilted", "0.3 0 0") + point("o", "/ground", "0 0 0")))
    )
    np.testing.assert_allclose(model.lines[0].points[0].position_m, [0.1, 0.3, 0.0], atol=1e-15)
    np.testing.assert_allclose(model.wraps[0].position_m, [0.5 - 0.0, 0.0, 0.0], atol=1e-15)  # 0.1 + turned (0, -0.4)
    np.testing.assert_allclose(model.joints[0].child_position, [0.1, 0.2, 0.0], atol=1e-15)
    np.testing.assert_allclose(matrix(model.joints[0].child_rotation), matrix((0, 0, np.pi)), atol=1e-15)


def test_what_the_file_does_not_state_has_opensims_defaults(tmp_path: Path) -> None:
    bare = joint("PinJoint", "pin", "/ground", "/bodyset/a")
    line = muscle("soleus_r", point("p", "/bodyset/a", "0 1 0") + point("o", "/ground", "0 0 0"))
    model = read(tmp_path, new_model(body("a"), bare, line))
    only, pin = model.lines[0], model.coordinates[0]
    assert (only.max_force_n, only.optimal_fibre_m, only.tendon_slack_m, only.pennation_rad) == (1000.0, 0.1, 0.2, 0.0)
    assert (pin.name, pin.low, pin.high, pin.default) == ("pin_coord_0", -10.0, 10.0, 0.0)


def test_an_axis_without_function_follows_its_coordinate_and_is_made_a_direction(tmp_path: Path) -> None:
    turns = axis("rotation1", "0 0 2", "q") + axis("rotation2", "1 0 0") + axis("rotation3", "0 1 0")
    custom = joint("CustomJoint", "hip", "/ground", "/bodyset/a", [coordinate("q")], transform=turns)
    motions = read(tmp_path, new_model(body("a"), custom)).joints[0].motions
    assert (motions[0].axis, motions[0].course, motions[0].coordinate) == ((0.0, 0.0, 1.0), Curve(Course.LINEAR, (1.0, 0.0)), "q")
    assert (motions[1].course, motions[1].coordinate) == (Curve(Course.CONSTANT, (0.0,)), None)


def test_a_spline_ends_as_opensims_and_not_naturally() -> None:
    x, y = [-2.1, -1.8, -1.2, -0.9, -0.3, 0.2, 0.5], [0.1, 0.5, 0.2, -0.3, 0.4, 0.35, 1.0]
    ours = [value(Curve(Course.SPLINE, tuple(y), tuple(x)), at) for at in (-2.0, -1.5, 0.0, 0.4)]
    # four knots determine one cubic: both ends are exact there, so it is the cubic itself
    cubic = CubicSpline(x[:4], y[:4], bc_type="not-a-knot")
    four = Curve(Course.SPLINE, tuple(y[:4]), tuple(x[:4]))
    np.testing.assert_allclose([value(four, at) for at in (-2.0, -1.5, -1.0)], cubic([-2.0, -1.5, -1.0]), atol=1e-14)
    np.testing.assert_allclose(value(four, -2.4), y[0] + cubic(-2.1, 1) * -0.3, atol=1e-14)  # straight on outside
    assert abs(ours[0] - CubicSpline(x, y, bc_type="natural")(-2.0)) > 1e-3
    # its second derivative has no jump: it is the spline through its own slopes
    at = np.array(x)
    slopes = [
        (value(Curve(Course.SPLINE, tuple(y), tuple(x)), t + 1e-6) - value(Curve(Course.SPLINE, tuple(y), tuple(x)), t - 1e-6)) / 2e-6
        for t in at
    ]
    bend = CubicHermiteSpline(at, y, slopes)
    np.testing.assert_allclose(bend(at[1:-1] - 1e-9, 2), bend(at[1:-1] + 1e-9, 2), atol=1e-4)


@given(st.tuples(*[st.floats(-3.1, 3.1), st.floats(-1.5, 1.5), st.floats(-3.1, 3.1)]))
def test_angles_of_a_frame_turn_back_into_the_same_frame(turn: tuple[float, float, float]) -> None:
    np.testing.assert_allclose(matrix(angles(matrix(turn))), matrix(turn), atol=1e-7)


def test_the_ground_comes_first_and_parents_stand_before_children_whatever_the_order(tmp_path: Path) -> None:
    first = joint("PinJoint", "j1", "/ground", "/bodyset/a", [coordinate("q1")])
    second = joint("PinJoint", "j2", "/bodyset/a", "/bodyset/b", [coordinate("q2")])
    third = joint("PinJoint", "j3", "/bodyset/b", "/bodyset/c", [coordinate("q3")])
    model = read(tmp_path, new_model(body("c") + body("b") + body("a"), third + first + second))
    assert [one.name for one in model.joints] == ["j1", "j2", "j3"]
    assert [one.name for one in model.coordinates] == ["q3", "q1", "q2"]  # as OpenSim counts them: in the order of the file


def test_what_has_no_form_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    odd = joint("ScapulothoracicJoint", "scapula", "/bodyset/a", "/bodyset/s", [coordinate("glide")])
    arm = joint("PinJoint", "arm", "/bodyset/s", "/bodyset/h", [coordinate("lift")])
    base = joint("PinJoint", "base", "/ground", "/bodyset/a", [coordinate("q")])
    over = muscle("deltoid_r", point("p", "/bodyset/s", "0 0 0") + point("o", "/bodyset/h", "0 1 0"))
    kept = muscle("soleus_r", point("p", "/bodyset/a", "0 1 0") + point("o", "/ground", "0 0 0"))
    off = muscle("tfl_r", point("p", "/bodyset/a", "0 1 0") + point("o", "/ground", "0 0 0"), more="<appliesForce>false</appliesForce>")
    fitted = '<Millard2012EquilibriumMuscle name="fit"><path><FunctionBasedPath name="f"/></path></Millard2012EquilibriumMuscle>'
    aside = "<MarkerSet><objects><Marker name='m1'/><Marker name='m2'/></objects></MarkerSet>" + constraints(
        '<PointConstraint name="loop"/>'
    )
    ligament = '<Ligament name="acl"/>'
    text = new_model(body("a") + body("s") + body("h") + body("lost"), odd + arm + base, over + kept + off + fitted + ligament, more=aside)
    model = read(tmp_path, text)
    assert [one.name for one in model.segments] == ["ground", "a"]
    assert [one.name for one in model.coordinates] == ["q"]
    assert [one.name for one in model.lines] == ["soleus_r"]
    assert set(model.left_out) == {
        "Joint scapula and what hangs on it are left out: a ScapulothoracicJoint has no form here.",
        "Segments left out (3), no joint leads to them: s, h, lost.",
        "1 PointConstraint (loop): not kept, segments move without it.",
        "1 Ligament: hipspine reads muscles only (acl).",
        "Muscles left out (1), since s is not part of the body: deltoid_r.",
        "Muscles left out (1), since they are switched off in the file: tfl_r.",
        "Muscles left out (1), since their path is a FunctionBasedPath, lengths without geometry: fit.",
        "Markers left out: 2.",
    }


def test_what_follows_a_joint_without_form_is_left_out_and_the_rest_is_read(tmp_path: Path) -> None:
    knee = "/jointset/knee_r/knee_angle_r"
    only = f"<range>-1 0</range><socket_coordinate>{knee}</socket_coordinate>"
    ends = point("p", "/bodyset/pelvis", "0 0.1 0"), point("o", "/bodyset/femur_r", "0 -0.1 0")
    comes_and_goes = point("m", "/bodyset/femur_r", "0 0 0.1", kind="ConditionalPathPoint", more=only)
    text = new_leg().replace("SimmSpline", "GCVSpline").replace("<ForceSet><objects>", "<ForceSet><objects>" + muscle(
        "tfl_r", ends[0] + comes_and_goes + ends[1]
    ))  # fmt: skip
    model = read(tmp_path, text)
    assert [one.name for one in model.segments] == ["ground", "pelvis", "femur_r", "patella_r"]
    assert [one.name for one in model.lines] == ["glut_max1_r"]
    assert next(one for one in model.coordinates if one.name == "knee_beta_r").follows is None
    assert {
        "Joint knee_r and what hangs on it are left out: its translation1 follows a GCVSpline.",
        "CoordinateCouplerConstraint beta: not kept, joint knee_r of knee_angle_r is left out; knee_beta_r moves freely.",
        "Muscles left out (2), since a point follows knee_angle_r of joint knee_r, which is left out: tfl_r, rect_fem_r.",
    } <= set(model.left_out)


@pytest.mark.parametrize("ending", ["", "\n", "\r\n\r\n"])
@pytest.mark.parametrize(
    ("says", "encoding", "mark"),
    [
        ("UTF-16", "utf-16-le", b"\xff\xfe"),
        ("UTF-16", "utf-16-be", b"\xfe\xff"),
        ("UTF-8", "utf-16-le", b"\xff\xfe"),  # saved anew by an editor that leaves the declaration as it was
        ("UTF-8", "utf-8", b"\xef\xbb\xbf"),
        ("UTF-8", "utf-8", b"\n "),
        ("windows-1252", "cp1252", b""),
    ],
)
def test_the_letters_of_a_file_do_not_matter(tmp_path: Path, says: str, encoding: str, mark: bytes, ending: str) -> None:
    plain = read(tmp_path, new_leg())
    path = tmp_path / "leg.osim"
    path.write_bytes(mark + (new_leg().replace("UTF-8", says) + ending).encode(encoding))
    model = read_osim(path)
    assert (model.segments, model.joints, model.coordinates, model.lines) == (plain.segments, plain.joints, plain.coordinates, plain.lines)


def test_curves_of_many_knots_are_read_without_a_wait(tmp_path: Path) -> None:
    knots, heights = (" ".join(f"{number:.4f}" for number in row) for row in (np.linspace(-1, 1, 1000), np.arange(1000) % 7 / 100))
    course = f"<SimmSpline><x>{knots}</x><y>{heights}</y></SimmSpline>"
    moves = "".join(f"<socket_{a}_coordinate>/jointset/j/q</socket_{a}_coordinate><{a}_location>{course}</{a}_location>" for a in "xyz")
    ends = point("p", "/ground", "0 1 0") + point("o", "/bodyset/a", "0 0 0", kind="MovingPathPoint", more=moves)
    before = time.process_time()
    model = read(tmp_path, new_model(body("a"), PIN, "".join(muscle(f"m{k}", ends) for k in range(20))))
    compiled(model)
    assert len(model.lines) == 20
    assert time.process_time() - before < 4  # 0.1 s; with a full system of equations for each of the 60 curves 13 s


def test_names_of_two_lines_do_not_break_a_sentence(tmp_path: Path) -> None:
    model = read(tmp_path, new_model(body("a") + body("x&#10;y\u202e"), PIN))
    assert model.left_out == ("Segments left out (1), no joint leads to them: x y?.",)


def test_the_words_of_the_first_models_mean_the_same(tmp_path: Path) -> None:
    text = first_leg()
    assert "PathPoint" not in text
    assert "ForceSet" not in text
    assert (read(tmp_path, text).lines, read(tmp_path, text).left_out) == (
        read(tmp_path, old_leg()).lines,
        read(tmp_path, old_leg()).left_out,
    )


@pytest.mark.parametrize("group", ["ComponentSet", "OtherSet"])
def test_what_stands_in_other_sets_is_named(tmp_path: Path, group: str) -> None:
    held = f"<{group}><objects><Thelen2003Muscle name='m'/></objects></{group}>"
    assert read(tmp_path, new_model(body("a"), PIN, more=held)).left_out == (f"Thelen2003Muscle of the {group} left out (1): m.",)


def test_parts_among_the_components_of_a_model_are_read_or_named(tmp_path: Path) -> None:
    line = muscle("soleus_r", point("p", "/bodyset/a", "0 1 0") + point("o", "/ground", "0 0 0"))
    held = PIN + line + '<Marker name="m"/><Umberger2010MuscleMetabolicsProbe name="u"/><WeldConstraint name="w"/><PathSpring name="s"/>'
    model = read(tmp_path, new_model(body("a"), "", more=f"<components>{held}</components>"))
    assert ([one.name for one in model.joints], [one.name for one in model.lines]) == (["j"], ["soleus_r"])
    assert set(model.left_out) == {
        "Marker left out: 1.",
        "Umberger2010MuscleMetabolicsProbe left out: 1.",
        "1 WeldConstraint (w): not kept, segments move without it.",
        "1 PathSpring: hipspine reads muscles only (s).",
    }


@pytest.mark.parametrize(
    ("motion", "function", "is_length"),
    [
        ("translation1", LINEAR, True),
        ("translation1", "<LinearFunction><coefficients>-1 0.5</coefficients></LinearFunction>", True),
        ("rotation1", LINEAR, False),
        # a shift that follows a curve, as a kneecap follows the angle of the knee: OpenSim calls it coupled
        ("translation1", "<PolynomialFunction><coefficients>0.1 0.2 0</coefficients></PolynomialFunction>", False),
    ],
)
def test_a_coordinate_is_a_length_where_a_shift_follows_it_one_to_one(tmp_path: Path, motion: str, function: str, is_length: bool) -> None:
    custom = joint("CustomJoint", "j", "/ground", "/bodyset/a", [coordinate("q")], transform=axis(motion, "1 0 0", "q", function))
    assert read(tmp_path, new_model(body("a"), custom)).coordinates[0].is_length is is_length


def test_a_joint_that_follows_two_coordinates_at_once_has_no_form(tmp_path: Path) -> None:
    turns = axis("rotation1", "0 0 1", "q r", LINEAR) + axis("rotation2", "1 0 0", "r", LINEAR)
    custom = joint("CustomJoint", "knee", "/bodyset/a", "/bodyset/b", [coordinate("q"), coordinate("r")], transform=turns)
    base = joint("PinJoint", "base", "/ground", "/bodyset/a", [coordinate("s")])
    model = read(tmp_path, new_model(body("a") + body("b"), base + custom))
    assert "Joint knee and what hangs on it are left out: its rotation1 follows 2 coordinates at once." in model.left_out


def test_wraps_that_are_switched_off_are_not_used(tmp_path: Path) -> None:
    off = CYLINDER.replace("<radius>", "<active>false</active><radius>")
    line = muscle("soleus_r", point("p", "/bodyset/a", "0 1 0") + point("o", "/ground", "0 0 0"), wraps=wrap("gmax_at_pelvis"))
    model = read(tmp_path, new_model(body("a", wraps=off), joint("PinJoint", "j", "/ground", "/bodyset/a", [coordinate("q")]), line))
    assert model.lines[0].wraps == ()
    assert "Wraps not used (1), their surfaces are switched off in the file: gmax_at_pelvis." in model.left_out


def test_couplings_that_are_switched_off_leave_the_coordinate_free(tmp_path: Path) -> None:
    pins = joint("PinJoint", "j", "/ground", "/bodyset/a", [coordinate("q")]) + joint(
        "PinJoint", "k", "/bodyset/a", "/bodyset/b", [coordinate("r")]
    )
    for word in ("<isEnforced>false</isEnforced>", "<isDisabled>true</isDisabled>"):
        model = read(tmp_path, new_model(body("a") + body("b"), pins, more=constraints(coupler("c", "r", "q", more=word))))
        assert model.coordinates[1].follows is None
        assert "1 CoordinateCouplerConstraint (c): switched off in the file." in model.left_out


def test_a_body_of_no_mass_is_read_beside_others(tmp_path: Path) -> None:
    pins = joint("PinJoint", "j", "/ground", "/bodyset/a", [coordinate("q")]) + joint(
        "PinJoint", "k", "/bodyset/a", "/bodyset/b", [coordinate("r")]
    )
    model = read(tmp_path, new_model(body("a", 0, inertia="0 0 0 0 0 0") + body("b", 2), pins))
    assert [one.mass_kg for one in model.segments] == [0.0, 0.0, 2.0]


def test_latin_text_and_comments_do_not_matter(tmp_path: Path) -> None:
    text = new_leg().replace("made for a test", "Jürgen <!-- a remark --> Müller").replace(' encoding="UTF-8"', "")
    path = tmp_path / "leg.osim"
    path.write_bytes(text.encode("latin-1"))
    assert read_osim(path).lines == read(tmp_path, new_leg()).lines


def test_progress_rises_to_the_end(tmp_path: Path) -> None:
    path = tmp_path / "leg.osim"
    path.write_text(new_leg() + " " * 3_000_000 + "<!-- -->", encoding="utf-8")
    told: list[float] = []
    read_osim(path, told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) > 2


def test_what_we_write_for_opensim_reads_back_the_same(tmp_path: Path) -> None:
    model = read(tmp_path, chain())
    again = read(tmp_path, osim_text(model))
    values = {one.name: 0.1 * (k + 1) - 1 for k, one in enumerate(model.coordinates)}
    here, there = origins(model, values), origins(again, values)  # joints are written as CustomJoints: the same motion in other words
    assert set(here) == set(there)
    np.testing.assert_allclose([there[name] for name in here], list(here.values()), atol=1e-14)
    assert again.coordinates == model.coordinates
    assert [replace(line, source="") for line in again.lines] == [replace(line, source="") for line in model.lines]
    assert again.wraps == model.wraps


@pytest.mark.parametrize("name", MODELS)
def test_published_models_read_whole(name: str) -> None:
    model = real(name)
    assert (len(model.segments), len(model.joints), len(model.lines), len(model.wraps)) == (23, 22, 80, 44)
    assert {line.side for line in model.lines} == {Side.LEFT, Side.RIGHT}
    assert not [line.name for line in model.lines if line.muscle == line.name]
    assert [one.name for one in model.coordinates if one.follows] == ["knee_angle_r_beta", "knee_angle_l_beta"]
    assert any(text.startswith("13 CoordinateActuator") for text in model.left_out)
    assert 70 < sum(one.mass_kg for one in model.segments) < 90
