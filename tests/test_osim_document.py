"""What `hipspine body --osim FILE` answers: postures as typed, arms, and the regions of gluteus maximus in the planes of the hip."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from osim_examples import LINEAR, axis, body, coordinate, joint, muscle, new_leg, new_model, offset, point

from hipspine.errors import FormatError, InputError
from hipspine.formats.osim import read_osim
from hipspine.mechanics.hip_regions import hip_regions
from hipspine.mechanics.paths import compiled, lengths_and_arms
from hipspine.terms import Region, Side
from hipspine.workflows.body_files import coordinate_postures, osim_document
from hipspine.workflows.documents import plain

DATA = Path(__file__).parents[1].parent / "shared" / "data"
WALK = DATA / "walk_rajagopal" / "subject_walk_scaled.osim"


@pytest.fixture
def leg(tmp_path: Path) -> Path:
    path = tmp_path / "leg.osim"
    path.write_text(new_leg(), encoding="utf-8")
    return path


def hips(*, mirrored: bool = False, turned: bool = False) -> str:
    """A hip with six lines of gluteus maximus, four to the femur and two to the shin; its own names, order of axes and signs."""
    z, side = (-1, "l") if mirrored else (1, "r")
    first, second, third = ("0 0 -1", "-1 0 0", "0 1 0") if turned else ("0 0 1", f"{z} 0 0", f"0 {z} 0")
    axes = axis("rotation1", first, "bend", LINEAR) + axis("rotation2", second, "spread", LINEAR) + axis("rotation3", third, "turn", LINEAR)
    held = [coordinate(name) for name in ("bend", "spread", "turn")]
    bones = body("pelvis", 10) + body("thigh", 8) + body("shin", 3)
    joints = (
        joint("WeldJoint", "base", "/ground", "/bodyset/pelvis")
        + joint("CustomJoint", "hip", "/bodyset/pelvis", "/bodyset/thigh", held, transform=axes)
        + joint("PinJoint", "knee", "/bodyset/thigh", "/bodyset/shin", [coordinate("kink")])
    )
    lines = ""
    for k in range(6):
        ends = point("o", "/bodyset/pelvis", f"-0.1 {0.12 - 0.03 * k} {0.01 * z}")
        far = ("shin", f"0 -0.4 {0.05 * z}") if k in (1, 3) else ("thigh", f"-0.02 -0.1 {0.04 * z}")
        lines += muscle(f"glmax{k}_{side}", ends + point("i", f"/bodyset/{far[0]}", far[1]))
    return new_model(bones, joints, lines)


def test_the_document_holds_what_the_file_says(leg: Path) -> None:
    found = osim_document(leg)
    assert (found["model"], found["file"], found["osim_version"], len(found["sha256"])) == ("leg", "leg.osim", 40000, 64)
    assert [one["name"] for one in found["bodies"]] == ["ground", "pelvis", "femur_r", "tibia_r", "patella_r"]
    knee = next(one for one in found["coordinates"] if one["name"] == "knee_angle_r")
    assert (knee["unit"], knee["follows"], knee["locked"]) == ("deg", "", False)
    np.testing.assert_allclose([knee["low"], knee["high"], knee["default"]], np.degrees([-2.1, 0.2, -0.1]))
    height = next(one for one in found["coordinates"] if one["name"] == "pelvis_ty")
    assert (height["unit"], height["default"]) == ("m", 0.9)
    assert found["joints"][1] == {
        "name": "hip_r", "parent": "pelvis", "child": "femur_r", "coordinates": ["hip_flexion_r", "hip_adduction_r", "hip_rotation_r"],
    }  # fmt: skip
    assert found["muscles"][0]["muscle"] == "gluteus_maximus"
    assert found["sources"] == ["made for a test"]
    assert found["left_out"][0].startswith("1 CoordinateActuator")
    assert "left hip: no line of gluteus maximus on the left side." in found["left_out"]
    assert json.loads(json.dumps(plain(found), allow_nan=False)) == plain(found)


def test_arms_are_minus_the_derivative_of_the_length_by_the_angle(leg: Path) -> None:
    step = 0.01
    for name, at in (("hip_flexion_r", 20.0), ("hip_adduction_r", -5.0), ("knee_angle_r", -60.0)):
        found = osim_document(leg, coordinates=[f"{name}={at - step},{at},{at + step}"])["postures"]
        for before, here, after in zip(*(one["lines"] for one in found), strict=True):
            slope = (after["length_mm"] - before["length_mm"]) / math.radians(2 * step)
            assert here["arms_mm"].get(name, 0.0) == pytest.approx(-slope, abs=1e-3)


def test_a_coordinate_that_follows_passes_its_share_on(leg: Path) -> None:
    line = osim_document(leg, coordinates=["knee_angle_r=-60"], muscle="rect_fem_r")["postures"][0]["lines"][0]
    assert "knee_beta_r" not in line["arms_mm"]
    assert "knee_angle_r" in line["arms_mm"]
    assert "pelvis_tx" not in line["shortening_per_shift"]  # both ends move with the pelvis


def test_postures_take_degrees_radians_metres_and_millimetres(leg: Path) -> None:
    model = read_osim(leg)
    names = [one.name for one in model.coordinates]
    rows = coordinate_postures(model, ["hip_flexion_r=0,30", "knee_angle_r_rad=-0.5", "pelvis_tx=0.1", "pelvis_ty_mm=950"])
    assert rows.shape == (2, len(names))
    np.testing.assert_allclose(rows[:, names.index("hip_flexion_r")], [0, math.radians(30)])
    np.testing.assert_allclose(rows[:, names.index("knee_angle_r")], -0.5)
    np.testing.assert_allclose(rows[:, names.index("pelvis_tx")], 0.1)
    np.testing.assert_allclose(rows[:, names.index("pelvis_ty")], 0.95)
    np.testing.assert_allclose(rows[:, names.index("hip_rotation_r")], 0.0)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["hip_flexion_r"], "'hip_flexion_r' is no assignment; give NAME=VALUE"),
        (["=3"], "'=3' is no assignment"),
        (["shoulder=3"], "the body has no coordinate 'shoulder'; it has pelvis_tilt"),
        (["hip_flex=3"], "the body has no coordinate 'hip_flex'; it has hip_flexion_r, hip_adduction_r, hip_rotation_r"),
        (["hip_flexion_r=high"], "is no number or list of numbers"),
        (["hip_flexion_r=nan"], "hip_flexion_r is nan deg; the file allows -28.6479 to 120.321 deg"),
        (["hip_flexion_r=inf"], "hip_flexion_r is inf deg"),
        (["hip_flexion_r=130"], "hip_flexion_r is 130 deg; the file allows"),
        (["hip_flexion_r_rad=2.2"], "the file allows"),
        (["hip_flexion_r_m=1"], "hip_flexion_r is an angle; m is not its unit"),
        (["pelvis_tx_deg=1"], "pelvis_tx is a length; deg is not its unit"),
        (["knee_beta_r=3"], "knee_beta_r follows knee_angle_r; give that one"),
        (["hip_flexion_r=1", "hip_flexion_r=2"], "hip_flexion_r is given twice"),
        (["hip_flexion_r=1,2", "knee_angle_r=-1,-2,-3"], "hip_flexion_r has 2, knee_angle_r has 3"),
        (["hip_flexion_r=" + ",".join(["0"] * 10_001)], "10001 postures; give at most 10000"),
    ],
)
def test_postures_that_no_body_takes_are_refused(leg: Path, given: list[str], says: str) -> None:
    with pytest.raises(InputError, match="--coordinate: ") as caught:
        coordinate_postures(read_osim(leg), given)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_more_postures_of_muscles_than_memory_holds_are_refused(leg: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hipspine.workflows.body_files.MOST_LINES", 5)
    with pytest.raises(InputError, match="3 postures of 2 muscles with 11 coordinates; give at most 2 postures at once, or name fewer"):
        osim_document(leg, coordinates=["hip_flexion_r=0,1,2"])
    assert len(osim_document(leg, coordinates=["hip_flexion_r=0,1"])["postures"]) == 2


def test_a_length_beyond_all_numbers_is_a_fault_of_the_file(tmp_path: Path) -> None:
    steep = f"<PolynomialFunction><coefficients>{'9e8 ' * 900}</coefficients></PolynomialFunction>"
    axes = axis("rotation1", "0 0 1", "q", LINEAR) + axis("translation1", "1 0 0", "q", steep)
    base = joint("CustomJoint", "j", "/ground", "/bodyset/a", [coordinate("q", "-1e9 1e9", 5)], transform=axes)
    path = tmp_path / "leg.osim"
    line = muscle("m", point("p", "/ground", "0 1 0") + point("o", "/bodyset/a", "0 0 0"))
    path.write_text(new_model(body("a"), base, line), encoding="utf-8")
    with pytest.raises(FormatError, match=r"leg\.osim: muscle 'm' has no finite length"):
        osim_document(path)


def test_a_locked_coordinate_stays_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "leg.osim"
    path.write_text(new_leg().replace('name="hip_rotation_r">', 'name="hip_rotation_r"><locked>true</locked>'), encoding="utf-8")
    with pytest.raises(InputError, match="hip_rotation_r is 5 deg; the file locks it at 0 deg"):
        coordinate_postures(read_osim(path), ["hip_rotation_r=5"])


def test_muscles_are_chosen_by_name_part_pattern_or_meaning(leg: Path) -> None:
    def shown(pattern: str) -> list[str]:
        return [one["name"] for one in osim_document(leg, muscle=pattern)["muscles"]]

    assert shown("*") == ["glut_max1_r", "rect_fem_r"]
    assert shown("glut*") == shown("GLUT_MAX") == shown("gluteus_maximus") == ["glut_max1_r"]
    assert shown("rectus_*") == shown("rect_fem_r") == ["rect_fem_r"]
    with pytest.raises(InputError, match="--muscle: no muscle fits 'psoas'; the body has glut_max1_r, rect_fem_r"):
        shown("psoas")


def test_regions_are_thirds_by_height_and_lines_beyond_the_femur_go_to_the_tract(tmp_path: Path) -> None:
    path = tmp_path / "hips.osim"
    path.write_text(hips(), encoding="utf-8")
    hip, why = hip_regions(read_osim(path), Side.RIGHT)
    assert (hip is not None, why) == (True, "")
    assert hip.lines == tuple(f"glmax{k}_r" for k in range(6))
    assert hip.region == (Region.UPPER, Region.UPPER, Region.MIDDLE, Region.MIDDLE, Region.LOWER, Region.LOWER)
    assert [name for name, end in zip(hip.lines, hip.insertion, strict=True) if end == "iliotibial_tract"] == ["glmax1_r", "glmax3_r"]
    assert hip.order == ("flexion", "adduction", "rotation")


def test_origins_on_the_sacrum_stand_where_they_stand_on_the_pelvis(tmp_path: Path) -> None:
    bones = body("sacrum", 2) + body("pelvis", 10) + body("thigh", 8)
    spin = [coordinate(name) for name in ("bend", "spread", "turn")]
    axes = "".join(
        axis(f"rotation{k}", to, one, LINEAR) for k, to, one in ((1, "0 0 1", "bend"), (2, "1 0 0", "spread"), (3, "0 1 0", "turn"))
    )
    joints = (
        joint("WeldJoint", "base", "/ground", "/bodyset/sacrum")
        + joint("BallJoint", "sacroiliac", "high", "/bodyset/pelvis", frames=offset("high", "/bodyset/sacrum", "0 -0.2 0"))
        + joint("CustomJoint", "hip", "/bodyset/pelvis", "/bodyset/thigh", spin, transform=axes)
    )
    lines = "".join(
        muscle(f"glmax{k}_r", point("o", f"/bodyset/{bone}", f"-0.1 {height} 0.02") + point("i", "/bodyset/thigh", "-0.02 -0.1 0.04"))
        for k, bone, height in ((2, "sacrum", -0.15), (1, "pelvis", 0.1), (3, "sacrum", -0.2))  # 0.05 and 0 over the pelvis
    )
    path = tmp_path / "leg.osim"
    path.write_text(new_model(bones, joints, lines), encoding="utf-8")
    hip, _ = hip_regions(read_osim(path), Side.RIGHT)
    assert hip is not None
    assert (hip.joint, hip.lines) == ("hip", ("glmax1_r", "glmax2_r", "glmax3_r"))
    path.write_text(new_model(bones, joints, lines.replace("-0.1 0.1 0.02", "-0.1 0.02 0.02")), encoding="utf-8")
    hip, _ = hip_regions(read_osim(path), Side.RIGHT)
    assert hip is not None
    assert hip.lines == ("glmax2_r", "glmax1_r", "glmax3_r")


def test_a_left_hip_is_the_mirror_of_the_right_one(tmp_path: Path) -> None:
    path, found = tmp_path / "hips.osim", []
    for mirrored in (False, True):
        path.write_text(hips(mirrored=mirrored), encoding="utf-8")
        found.append(osim_document(path, coordinates=["bend=40", "spread=-10", "turn=15"])["postures"][0]["hips"][0])
    right, left = found
    assert (right["side"], left["side"]) == ("right", "left")
    for region in ("upper", "middle", "lower"):
        assert left["regions"][region] == pytest.approx(right["regions"][region])
    assert right["hip_flexion_deg"] == left["hip_flexion_deg"] == pytest.approx(40)


def test_signs_of_the_file_do_not_change_what_the_muscle_does(tmp_path: Path) -> None:
    path = tmp_path / "hips.osim"
    path.write_text(hips(), encoding="utf-8")
    ours = osim_document(path, coordinates=["bend=40", "spread=-10", "turn=15"])["postures"][0]["hips"][0]
    path.write_text(hips(turned=True), encoding="utf-8")  # extension and abduction count as positive
    theirs = osim_document(path, coordinates=["bend=-40", "spread=10", "turn=15"])["postures"][0]["hips"][0]
    assert theirs["planes"]["flexion"] == {"coordinate": "bend", "sign": -1.0}
    assert theirs["regions"]["lower"] == pytest.approx(ours["regions"]["lower"])
    assert (theirs["hip_flexion_deg"], theirs["hip_adduction_deg"]) == pytest.approx((40, -10))


def test_a_hip_without_three_axes_says_so(tmp_path: Path) -> None:
    path = tmp_path / "hips.osim"
    pins = joint("PinJoint", "base", "/ground", "/bodyset/pelvis", [coordinate("lean")])
    pins += joint("PinJoint", "hip", "/bodyset/pelvis", "/bodyset/thigh", [coordinate("bend")])
    line = muscle("glmax1_r", point("o", "/bodyset/pelvis", "-0.1 0.1 0.01") + point("i", "/bodyset/thigh", "0 -0.1 0"))
    path.write_text(new_model(body("pelvis") + body("thigh"), pins, line), encoding="utf-8")
    found = osim_document(path)
    assert found["postures"][0]["hips"] == []
    assert "right hip: glmax1_r crosses no joint that turns about three axes of its own." in found["left_out"]


def test_a_model_without_muscles_still_shows_its_joints(tmp_path: Path) -> None:
    path = tmp_path / "leg.osim"
    path.write_text(new_model(body("a"), joint("PinJoint", "j", "/ground", "/bodyset/a", [coordinate("q")])), encoding="utf-8")
    found = osim_document(path, coordinates=["q=10"])
    assert (found["muscles"], found["postures"]) == ([], [{"coordinates": {"q": pytest.approx(10.0)}, "lines": [], "hips": []}])


def test_a_published_model_answers_for_both_hips() -> None:
    if not WALK.exists():
        pytest.skip("no walk_rajagopal/subject_walk_scaled.osim beside the checkout")
    found = osim_document(WALK, coordinates=["hip_flexion_r=0,90", "hip_flexion_l=0,90"], muscle="glmax*")
    neutral, bent = found["postures"]
    for posture in (neutral, bent):
        left, right = (one["regions"] for one in posture["hips"])
        for region in ("upper", "middle", "lower"):
            assert left[region] == pytest.approx(right[region], abs=1e-3)  # the model is the same on both sides
    regions = neutral["hips"][1]["regions"]
    assert all(one["flexion_mm"] < 0 and one["rotation_mm"] < 0 for one in regions.values())  # extends and turns out
    assert regions["upper"]["adduction_mm"] < 0 < regions["lower"]["adduction_mm"]
    assert bent["hips"][1]["regions"]["upper"]["rotation_mm"] > 0  # turns in at 90 degrees (Delp 1999: doi:10.1016/S0021-9290(99)00032-9)
    model = read_osim(WALK)
    rows = coordinate_postures(model, ["hip_flexion_r=90"])
    lengths, _ = lengths_and_arms(compiled(model, lines=["glmax1_r"], like_opensim=True), rows)
    assert bent["lines"][0]["length_mm"] == pytest.approx(lengths[0, 0] * 1e3)
