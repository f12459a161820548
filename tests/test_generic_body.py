"""The shipped adult: it weighs what it should, mirrors itself, stands on sources, and pulls as published bodies do."""

import csv
import json
import math
from collections import defaultdict
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from hipspine.anatomy import generic_skeleton as skeleton
from hipspine.anatomy import generic_spine as spine
from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.generic_landmarks import landmark, landmarks
from hipspine.anatomy.generic_values import READINGS, strength_factor, table, value, values
from hipspine.errors import ModelError
from hipspine.evidence import tables
from hipspine.mechanics.fibre import fibre
from hipspine.mechanics.paths import compiled, lengths_and_arms, segment_frames
from hipspine.terms import Side

SHARED = Path(__file__).parents[1].parent / "shared" / "data" / "anatomy"
LICENCES = {"MIT", "CC BY 3.0", "BSD-3-Clause"}


def shared(name):
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{path.name} stands beside the checkout and is not there")
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def body():
    return BodyModel()


@pytest.fixture(scope="module")
def paths(body):
    return compiled(body)


def posture(paths, **angles_deg):
    given = np.zeros((1, len(paths.coordinates)))
    names = [getattr(one, "name", one) for one in paths.coordinates]
    for name, degrees in angles_deg.items():
        given[0, names.index(name)] = math.radians(degrees)
    return given


@pytest.fixture(scope="module")
def standing(paths):
    """Length and arms [m] by line: arms as {coordinate: arm}."""
    lengths, arms = lengths_and_arms(paths, posture(paths))
    return {name: (lengths[0, k], dict(zip(paths.about, arms[0, k], strict=True))) for k, name in enumerate(paths.lines)}


@pytest.mark.parametrize("sex", ["male", "female", "all"])
def test_the_parts_add_up_to_the_whole_mass(sex):
    parts = skeleton.segments(sex=sex, mass_kg=68.5)
    assert math.isclose(sum(one.mass_kg for one in parts), 68.5, abs_tol=1e-9)


def test_shares_of_the_men_add_up_to_one_and_of_the_women_to_rounding():
    whole = {
        sex: sum(value("deleva", f"{name}:mass_share", sex) * (2 if name in skeleton.LIMBS else 1) for name in (*skeleton.LIMBS, *trunk))
        for trunk in [("head", "upper_trunk", "middle_trunk", "lower_trunk")]
        for sex in ("male", "female")
    }
    assert math.isclose(whole["male"], 1.0, abs_tol=1e-12)
    assert math.isclose(whole["female"], 1.0, abs_tol=2e-4)


def test_cutting_the_trunk_at_the_joints_keeps_its_mass_and_its_mass_centre():
    scale = 1.70 / 1.741
    hip = skeleton.joint_centres()["thigh:right"][1]
    start, parts = skeleton.joint_centres(), {one.name: one for one in skeleton.segments()}
    cut = [parts[name] for name in ("pelvis", *spine.VERTEBRAE, "thorax")]
    mass = sum(one.mass_kg for one in cut)
    assert math.isclose(mass, 75 * (0.4346 + 0.0694), abs_tol=1e-9)
    whole = 0.0  # de Leva's four parts as they stand on each other
    bottom = hip
    for name in ("lower_trunk", "middle_trunk", "upper_trunk"):
        length = value("deleva", f"{name}:length", "male") * scale
        at = (
            bottom + length / 2
            if name != "upper_trunk"
            else bottom + length * (1 - value("deleva", "upper_trunk:mass_centre_share", "male"))
        )
        whole += value("deleva", f"{name}:mass_share", "male") * at
        bottom += length
    head = hip + (0.6033 + 0.2429 * (1 - 0.5002)) * scale
    whole = (whole + 0.0694 * head) / (0.4346 + 0.0694)
    found = sum(one.mass_kg * (start[one.name][1] + one.mass_centre_m[1]) for one in cut) / mass
    assert math.isclose(found, whole, abs_tol=1e-9)


def test_the_mass_centre_in_standing_lies_where_people_have_it():
    """De Leva's own men: 55 to 59 % of the height above the floor (Winter: 0.55 to 0.58); the feet's soles are the floor."""
    start = skeleton.joint_centres()
    parts = skeleton.segments()
    floor = start["foot:right"][1] - value("stature_share", "ankle_height") * 1.70
    height = sum(one.mass_kg * (start[one.name] + one.mass_centre_m)[1] for one in parts) / 75 - floor
    assert 0.55 < height / 1.70 < 0.60


def test_standing_height_is_the_height_it_was_made_for():
    top = skeleton._vertex("male")
    floor = skeleton.joint_centres()["foot:right"][1] - value("stature_share", "ankle_height") * 1.70
    assert abs(top - floor - 1.70) < 0.02 * 1.70


def test_inertias_are_those_of_solid_parts(body):
    for one in body.segments:
        xx, yy, zz, xy, xz, yz = one.inertia_kg_m2
        a, b, c = np.linalg.eigvalsh([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])
        assert a >= -1e-12
        assert a + b >= c - 1e-12, one.name


def test_every_angle_of_a_level_follows_and_the_shares_make_the_whole(body, paths):
    for bend, about in (("flexion", -1), ("bending", 1), ("rotation", 1)):
        assert math.isclose(sum(spine.shares(bend).values()), 1.0)
        frames, _ = segment_frames(paths, posture(paths, **{f"lumbar_{bend}": 30.0}))
        turn = frames[0, list(paths.segments).index("thorax")]
        angle = math.acos((np.trace(turn) - 1) / 2)
        assert math.isclose(angle, math.radians(30.0), abs_tol=1e-9)
        axis = np.array([turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]]) / (2 * math.sin(angle))
        assert math.isclose(axis[{"flexion": 2, "bending": 0, "rotation": 1}[bend]], about, abs_tol=1e-9)
    assert sum(one.follows is not None for one in body.coordinates) == 15


def test_hip_coordinates_mean_what_the_field_means(paths):
    """Femur in pelvis = Rz(flexion) Rx(adduction) Ry(rotation) on the right; the left leg mirrors it."""
    angles = {"hip_flexion": 40.0, "hip_adduction": -15.0, "hip_rotation": 20.0}
    given = posture(paths, **{f"{name}:{side}": degrees for name, degrees in angles.items() for side in ("right", "left")})
    frames, _ = segment_frames(paths, given)
    f, g, k = (math.radians(one) for one in angles.values())
    flexion = np.array([[math.cos(f), -math.sin(f), 0], [math.sin(f), math.cos(f), 0], [0, 0, 1]])
    adduction = np.array([[1, 0, 0], [0, math.cos(g), -math.sin(g)], [0, math.sin(g), math.cos(g)]])
    rotation = np.array([[math.cos(k), 0, math.sin(k)], [0, 1, 0], [-math.sin(k), 0, math.cos(k)]])
    mirror = np.diag([1.0, 1.0, -1.0])
    right, left = (frames[0, list(paths.segments).index(f"thigh:{side}")] for side in ("right", "left"))
    assert np.allclose(right, flexion @ adduction @ rotation, atol=1e-12)
    assert np.allclose(left, mirror @ right @ mirror, atol=1e-12)


def test_the_left_body_is_the_mirror_of_the_right(body, paths):
    rng = np.random.default_rng(3)
    names = [getattr(one, "name", one) for one in paths.coordinates]
    given = np.zeros((6, len(names)))
    for k, one in enumerate(body.coordinates):
        if one.follows is None and not one.is_length:
            given[:, k] = rng.uniform(0.6 * one.low, 0.6 * one.high, 6)
    other = given.copy()
    for k, name in enumerate(names):
        if name.endswith(":right"):
            left = names.index(name.replace(":right", ":left"))
            other[:, [k, left]] = given[:, [left, k]]
        elif name in ("lumbar_bending", "lumbar_rotation", "pelvis_list", "pelvis_rotation"):
            other[:, k] = -given[:, k]
    right, left = (lengths_and_arms(paths, one)[0] for one in (given, other))
    half = len(paths.lines) // 2
    assert [one.replace(":right", ":left") for one in paths.lines[:half]] == list(paths.lines[half:])
    assert np.abs(right[:, :half] - left[:, half:]).max() < 1e-12


def test_every_number_has_a_source_that_exists_and_a_way_of_reading():
    known = {one.key for one in tables.load("references")}
    for one in values():
        assert {one.source, one.read_via} <= known, one.row
        assert one.reading in READINGS
        assert (one.reading == "assumption") == (one.source == "hipspine"), one.row
    for name in ("landmarks.csv", "leg_lines.csv", "leg_wraps.csv", "trunk_lines.csv"):
        assert {row["source"] for row in table(name)} <= known
    assert len({one.row for one in values()}) == len(values())


def test_only_rows_under_permissive_licences_are_shipped(body):
    assert {line.licence for line in body.lines} <= LICENCES
    for name in ("landmarks.csv", "leg_lines.csv", "leg_wraps.csv", "trunk_lines.csv"):
        assert {row["licence"] for row in table(name)} <= LICENCES
    notice = (Path(__file__).parents[1] / "THIRD_PARTY.md").read_text(encoding="utf-8")
    for word in ("John J. Davis", "Creative Commons Attribution 3.0", "Delp", "leg_lines.csv"):
        assert word in notice


def test_muscles_carry_the_names_of_the_lexicon(body):
    text = resources.files("hipspine.anatomy").joinpath("data", "muscle_names.toml").read_text(encoding="utf-8")
    unknown = {line.muscle for line in body.lines if f"[muscles.{line.muscle}]" not in text}
    assert unknown == set()


def test_the_shipped_rows_of_the_hip_are_those_of_their_source(body):
    """Points, forces (before their strength factor), fibres and slack of Davis 2026.

    Unchanged but for rectus femoris (no patella) and piriformis (on the sacrum).
    """
    rows = defaultdict(list)
    for row in shared("hip_davis2026.csv"):
        rows[(row["Fmax_N"], row["opt_fibre_length_m"], row["pennation_deg"])].append(row)
    checked = 0
    for line in body.lines:
        if line.side is Side.LEFT or line.source != "davis2026" or line.muscle == "rectus_femoris":
            continue
        force = line.max_force_n / strength_factor(line.muscle)
        key = (f"{force:g}", f"{line.optimal_fibre_m:g}", f"{math.degrees(line.pennation_rad):g}")
        same = [r for k, group in rows.items() for r in group if [f"{float(one):g}" for one in k] == list(key)]
        points = {tuple(float(r[axis]) for axis in ("x_m", "y_m", "z_m")) for r in same}
        assert {one.position_m for one in line.points} <= points, line.name
        assert any(math.isclose(line.tendon_slack_m, float(r["tendon_slack_m"])) for r in same), line.name
        checked += 1
    assert checked == 21


def test_surfaces_of_the_hip_are_those_of_their_source(body):
    theirs = {}
    for row in shared("hip_davis2026.csv"):
        for one in json.loads(row["wraps_json"] or "[]"):
            theirs[one["name"].removesuffix("_r")] = one
    ours = {one.name.removesuffix(":right"): one for one in body.wraps if one.name.endswith(":right")}
    for name, one in ours.items():
        if name == "knee_extensor":
            continue
        assert one.position_m == tuple(theirs[name]["translation"])
        assert np.allclose(one.rotation_rad, theirs[name]["xyz_body_rotation"], atol=1e-7)
        assert f"radius {one.size_m[0]:g} height {one.size_m[1]:g}" == theirs[name]["dims"]
        assert one.quadrant == theirs[name]["quadrant"]
    assert len(ours) == 13


def test_the_deep_rotators_stand_on_the_pelvis_where_the_hamstrings_say():
    """The ischium of gait2392 and of Davis 2026 differ by one shift: four origins agree on it within 2 mm."""
    theirs, ours = defaultdict(list), defaultdict(list)
    for found, name in ((theirs, "hip_gait2392.csv"), (ours, "hip_davis2026.csv")):
        for row in shared(name):
            found[row["muscle"]].append(np.array([float(row[axis]) for axis in ("x_m", "y_m", "z_m")]))
    pairs = [("bflh_r", "bifemlh_r"), ("semimem_r", "semimem_r"), ("semiten_r", "semiten_r"), ("addmagIsch_r", "add_mag3_r")]
    shifts = np.array([ours[a][0] - theirs[b][0] for a, b in pairs])
    assert shifts.std(axis=0).max() < 0.002
    for name, muscle in (("quadratus_femoris", "quad_fem_r"), ("gemellus", "gem_r")):
        row = next(row for row in table("leg_lines.csv") if row["line"] == name)
        assert np.allclose([float(row[axis]) for axis in ("x_m", "y_m", "z_m")], theirs[muscle][0] + shifts.mean(axis=0), atol=2e-6)


def test_lines_begin_and_end_on_the_segments_that_anatomy_names(body):
    def ends(muscle):
        return {point.segment.split(":")[0] for line in body.lines if line.muscle == muscle for point in line.points}

    assert {"sacrum", "thorax"} <= ends("longissimus")
    assert {"sacrum", *spine.VERTEBRAE} <= ends("multifidus")
    assert {"sacrum", "L5", "upper_arm", "pelvis", "thorax"} <= ends("latissimus_dorsi")
    assert ends("piriformis") == {"sacrum", "thigh", "pelvis"}
    assert ends("iliopsoas") == {*spine.VERTEBRAE, "pelvis", "thigh"}
    assert ends("quadratus_lumborum") == {"pelvis", "thorax", "L1", "L2", "L3", "L4"}


def test_fibres_stand_at_a_length_at_which_they_can_pull(body, standing):
    for line in body.lines:
        share = (standing[line.name][0] - line.tendon_slack_m) / line.optimal_fibre_m
        assert 0.45 < share < 1.35, line.name


SIGNS = [  # what a muscle does in standing: coordinate and sign of its arm
    *[("gluteus_medius", "hip_adduction", -1), ("gluteus_minimus", "hip_adduction", -1), ("tensor_fasciae_latae", "hip_flexion", 1)],
    *[("adductor_longus", "hip_adduction", 1), ("adductor_magnus", "hip_adduction", 1), ("semimembranosus", "hip_flexion", -1)],
    *[("semitendinosus", "knee_flexion", 1), ("biceps_femoris", "knee_flexion", 1), ("rectus_femoris", "knee_flexion", -1)],
    *[("rectus_femoris", "hip_flexion", 1), ("vastus_lateralis", "knee_flexion", -1), ("iliacus", "hip_flexion", 1)],
    *[("iliopsoas", "hip_flexion", 1), ("piriformis", "hip_rotation", -1), ("obturator_internus", "hip_rotation", -1)],
    *[("obturator_externus", "hip_rotation", -1), ("quadratus_femoris", "hip_rotation", -1), ("gemellus", "hip_rotation", -1)],
    *[
        ("soleus", "ankle_dorsiflexion", -1),
        ("gastrocnemius_medialis", "ankle_dorsiflexion", -1),
        ("tibialis_anterior", "ankle_dorsiflexion", 1),
    ],
    *[("longissimus", "lumbar_flexion", -1), ("iliocostalis", "lumbar_flexion", -1), ("multifidus", "lumbar_flexion", -1)],
    *[("quadratus_lumborum", "lumbar_bending", 1), ("rectus_abdominis", "lumbar_flexion", 1), ("external_oblique", "lumbar_flexion", 1)],
    *[("external_oblique", "lumbar_rotation", 1), ("iliocostalis", "lumbar_bending", 1)],
]


@pytest.mark.parametrize(("muscle", "coordinate", "sign"), SIGNS)
def test_muscles_do_what_anatomy_says(body, standing, muscle, coordinate, sign):
    arms, forces = [], []
    for line in body.lines:
        if line.muscle == muscle and line.side is Side.RIGHT:
            about = standing[line.name][1]
            arms.append(about.get(f"{coordinate}:right", about.get(coordinate)))
            forces.append(line.max_force_n)
    assert sign * np.average(arms, weights=forces) > 0.003


def test_internal_oblique_turns_the_trunk_to_its_own_side(standing):
    assert sum(standing[f"internal_oblique/{k}:right"][1]["lumbar_rotation"] for k in (1, 2)) < -0.03


def test_obturators_do_in_flexion_what_was_described(body, paths):
    """Obturator internus abducts the flexed thigh, externus rotates it outwards still and adducts (described for 90 degrees)."""
    _, arms = lengths_and_arms(paths, posture(paths, **{"hip_flexion:right": 90.0}))
    about = {name: dict(zip(paths.about, arms[0, k], strict=True)) for k, name in enumerate(paths.lines)}
    assert about["obturator_internus:right"]["hip_adduction:right"] < -0.005
    assert about["obturator_externus:right"]["hip_rotation:right"] < -0.005
    assert about["obturator_externus:right"]["hip_adduction:right"] > 0.005


def test_lengths_run_smoothly_through_the_ranges(body, paths):
    names = [getattr(one, "name", one) for one in paths.coordinates]
    for name in ("hip_flexion:right", "knee_flexion:right", "lumbar_flexion", "lumbar_bending", "ankle_dorsiflexion:right"):
        one = body.coordinates[names.index(name)]
        given = np.zeros((400, len(names)))
        given[:, names.index(name)] = np.linspace(one.low, one.high, 400)
        lengths, arms = lengths_and_arms(paths, given)
        slope = -(arms[1:, :, paths.about.index(name)] + arms[:-1, :, paths.about.index(name)]) / 2
        jump = np.diff(lengths, axis=0) - slope * np.diff(given[:, names.index(name)])[:, None]
        assert np.abs(jump).max() < 5e-5, name


LOW = {"pelvis", "sacrum"}
LEGS = {"thigh", "shank", "foot", "femur_r", "tibia_r"}


def about_joint(points, low, joint):
    """(3,) moment of a unit pull on the upper part about a joint, from a line's points and which of them lie below the joint."""
    k = next(i for i in range(len(points) - 1) if low[i] != low[i + 1])
    above, below = (points[k + 1], points[k]) if low[k] else (points[k], points[k + 1])
    pull = (below - above) / np.linalg.norm(below - above)
    return np.cross(above - joint, pull)


def groups(lines, joint):
    """Force [N] and mean moment arm (3,) [m] of each group of lines (group, force, points, low) that crosses a joint."""
    found = defaultdict(list)
    for group, force, points, low in lines:
        if any(low) and not all(low):
            found[group].append((force, about_joint(points, low, joint)))
    return {
        name: (sum(f for f, _ in parts), np.average([m for _, m in parts], axis=0, weights=[f for f, _ in parts]))
        for name, parts in found.items()
    }


GROUP = {
    "longissimus": "erector_spinae", "iliocostalis": "erector_spinae", "multifidus": "multifidus",
    "quadratus_lumborum": "quadratus_lumborum", "rectus_abdominis": "rectus_abdominis", "internal_oblique": "internal_oblique",
    "iliopsoas": "psoas",
}  # fmt: skip


def ours(body):
    start = skeleton.joint_centres()
    for line in body.lines:
        if line.side is Side.RIGHT and line.muscle in GROUP:
            low = [p.segment in LOW or p.segment.split(":")[0] in LEGS for p in line.points]
            yield GROUP[line.muscle], line.max_force_n, [start[p.segment] + p.position_m for p in line.points], low


def group_of(group, muscle):
    """Name of a line of the other set among ours; "other" where it is none of them."""
    if group == "iliopsoas":
        return "psoas" if muscle.startswith("Ps_") else "other"
    if group == "abdominals":
        return {"re": "rectus_abdominis", "IO": "internal_oblique"}.get(muscle[:2], "other")
    return group


def theirs():
    rows = defaultdict(list)
    for row in shared("lumbopelvic_hip_cyclist_full.csv"):
        rows[(row["group"], row["muscle"])].append(row)
    for (group, muscle), points in rows.items():
        seen = [np.array([float(p[f"ground_{axis}_neutral"]) for axis in "xyz"]) - [0, 0.93, 0] for p in points]
        yield group_of(group, muscle), float(points[0]["Fmax_N"]), seen, [p["body"] in LOW or p["body"] in LEGS for p in points]


def test_trunk_muscles_pull_about_the_lumbosacral_joint_as_in_a_set_that_is_not_shipped(body):
    """Group means of the arms [mm] in standing; the other set's joint stands at (-118, 71, 0) mm in its pelvis."""
    ours_now, other = groups(ours(body), spine.l5_s1()), groups(theirs(), np.array([-0.118, 0.071, 0.0]))
    allowed = {"erector_spinae": 12, "multifidus": 8, "quadratus_lumborum": 18, "rectus_abdominis": 20, "psoas": 10, "internal_oblique": 35}
    for name, limit in allowed.items():
        arm, reference = ours_now[name][1], other[name][1]
        assert abs(arm[2] - reference[2]) < limit / 1000, (name, arm, reference)  # about the axis of flexion
        assert abs(arm[0] - reference[0]) < 0.020, (name, arm, reference)  # about the axis of bending


def test_trunk_forces_are_smaller_than_those_of_the_set_that_takes_more_stress(body):
    """The other set has 100 N/cm2 on areas fitted to images, ours 75.5: erector spinae a quarter of theirs, and that is known."""
    ours_now, other = groups(ours(body), spine.l5_s1()), groups(theirs(), np.array([-0.118, 0.071, 0.0]))
    ratio = {name: ours_now[name][0] / other[name][0] for name in ours_now}
    assert 0.15 < ratio["erector_spinae"] < 0.35
    assert 0.6 < ratio["multifidus"] < 1.2
    assert 0.4 < ratio["quadratus_lumborum"] < 1.0
    assert 0.5 < ratio["rectus_abdominis"] < 1.1
    assert 0.5 < ratio["psoas"] / strength_factor("iliopsoas") < 1.1


def test_rectus_abdominis_lies_as_far_in_front_as_was_measured_in_standing(body):
    start = skeleton.joint_centres()
    line = next(one for one in body.lines if one.name == "rectus_abdominis/1:right")
    low, high = (start[p.segment] + p.position_m for p in line.points)
    joints = {
        "L5_S1": spine.l5_s1(),
        **{disc: spine.lumbar()[v].joint_m for disc, v in zip(spine.MOVING[1:], spine.VERTEBRAE[1:], strict=True)},
    }
    for disc, joint in joints.items():
        pull = (high - low) / np.linalg.norm(high - low)
        arm = abs(np.cross(low - joint, pull)[2])
        assert abs(arm - value("check", f"rectus_abdominis_arm:{disc}", "female")) < 0.025, (disc, arm)


def test_the_lumbosacral_joint_lies_between_hip_and_regression():
    """Bone of gait2392 turned onto our hips: 12 cm from them; the regression from the spines gives 41.5 % of their distance, 9.8 cm."""
    hip = np.array([value("reference", "hip:x"), value("reference", "hip:y")])
    away = spine.l5_s1()[:2] - hip
    assert 0.10 < np.linalg.norm(away) < 0.13
    assert 10 < math.degrees(math.atan2(-away[0], away[1])) < 20  # behind the vertical
    theirs = complex(value("gait2392_pelvis", "hip:forward"), value("gait2392_pelvis", "hip:up"))
    assert abs(abs(theirs) / np.linalg.norm(hip) - 1) < 0.003


def test_the_trunk_bends_forward_more_strongly_from_some_flexion_as_was_measured(body, paths):
    """Flexion torque was greatest at 20 to 30 degrees of flexion; extension strength did not fall by then (trunk_strength_posture)."""
    about = paths.about.index("lumbar_flexion")
    names = {
        "optimal_fibre_m": "optimal_fibre_m",
        "slack_m": "tendon_slack_m",
        "pennation_rad": "pennation_rad",
        "max_force_n": "max_force_n",
    }
    parts = {key: np.array([getattr(line, name) for line in body.lines]) for key, name in names.items()}
    moment = {}
    for degrees in (0.0, 20.0):
        lengths, arms = lengths_and_arms(paths, posture(paths, lumbar_flexion=degrees))
        pulls = fibre(lengths, **parts).active_n * arms[..., about]
        moment[degrees] = pulls[pulls > 0].sum(), -pulls[pulls < 0].sum()
    assert moment[20.0][0] > moment[0.0][0]
    assert moment[20.0][1] > 0.95 * moment[0.0][1]


def test_an_unknown_landmark_is_named():
    assert landmark("L3_spinous")[0] == "L3"
    assert len(landmarks()) > 80
    with pytest.raises(ModelError, match="'L6_spinous' does not exist"):
        landmark("L6_spinous")


def test_a_value_without_row_is_named():
    with pytest.raises(ModelError, match="no row deleva, wing"):
        value("deleva", "wing")
