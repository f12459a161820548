"""Every exercise of the catalogue keeps its contract: nothing is missing, feet do not slide, joints keep their limits, nothing sinks."""

import json
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.person import Person, scaled
from hipspine.cli import main
from hipspine.errors import InputError
from hipspine.exercises.catalogue import catalogue, find, names, shipped
from hipspine.exercises.checking import faults_of_motion
from hipspine.exercises.exercise import Exercise
from hipspine.exercises.files import exercise_of, faults_of
from hipspine.exercises.mirror import mirrored
from hipspine.exercises.motion import Motion, motion_of
from hipspine.exercises.places import points_of, stays
from hipspine.exercises.shape import overlaps, shape
from hipspine.mechanics.rigid import Rigid, mass_centre, placed, points
from hipspine.terms import Side

FIXED = [
    "romanian-deadlift", "oyster", "side-lying-leg-lift", "standing-leg-lift", "hip-extension-external-rotation", "single-leg-bridge",
    "hip-thrust", "walking-lunge", "squat-jump", "single-leg-stance", "prone-hip-extension-knee-straight",
    "prone-hip-extension-knee-bent", "single-leg-bridge-knee-135", "double-leg-bridge", "back-squat", "bodyweight-squat", "good-morning",
    "bird-dog", "clam", "side-lying-hip-abduction", "step-up", "single-leg-deadlift", "met-leg-press",
]  # fmt: skip
FRAMES = 13


@cache
def motion(name: str) -> Motion:
    return motion_of(shipped(name), frames=FRAMES)


def test_the_catalogue_is_as_large_as_promised_and_holds_the_names_that_others_use() -> None:
    assert len(names()) >= 150
    assert set(FIXED) <= set(names())


def test_every_name_title_and_alias_means_one_exercise() -> None:
    owners: dict[str, set[str]] = {}
    for exercise in catalogue().values():
        for word in (exercise.name, *exercise.title.values(), *exercise.aliases):
            owners.setdefault(word.casefold().replace("-", " "), set()).add(exercise.name)
    twice = {word: names for word, names in owners.items() if len(names) > 1}
    assert twice == {}


def test_an_exercise_is_found_by_its_aliases_whatever_the_letters() -> None:
    assert find("RDL").name == "romanian-deadlift"
    assert find("romanian  Deadlift").name == "romanian-deadlift"
    assert find(shipped("hip-thrust").title["de"].upper()).name == "hip-thrust"
    with pytest.raises(InputError, match=r"'hip thurst' is not in the catalogue; near are .*hip-thrust"):
        find("hip thurst")


def test_prerequisites_are_in_the_catalogue_are_no_harder_and_run_in_no_circle() -> None:
    exercises = catalogue()
    for exercise in exercises.values():
        for before in exercise.prerequisites:
            assert before in exercises, (exercise.name, before)
            assert exercises[before].level <= exercise.level, (exercise.name, before)

    def chain(name: str, above: tuple[str, ...] = ()) -> None:
        assert name not in above, (*above, name)
        for before in exercises[name].prerequisites:
            chain(before, (*above, name))

    for name in exercises:
        chain(name)


@pytest.mark.parametrize("name", names())
def test_an_exercise_is_written_whole_and_can_be_done_as_written(name: str) -> None:
    text = (resources.files("hipspine.exercises") / "data" / f"{name}.toml").read_text(encoding="utf-8")
    assert faults_of(text, name=name) == ()
    assert faults_of_motion(shipped(name), known=names(), motion=motion(name)) == ()


@pytest.mark.parametrize("name", names())
def test_what_touches_stays_where_it_is(name: str) -> None:
    """By another road than the solver's: the points themselves, from the segments' places."""
    found, exercise = motion(name), shipped(name)
    rigid = Rigid.of(found.body, limits=False)
    where = placed(rigid, found.q)
    for contact in dict.fromkeys(found.contacts):
        if contact.rests or contact.slides:
            continue
        on = found.active[:, found.contacts.index(contact)]
        if not on.any():  # between frames
            continue
        mine = [k for k, one in enumerate(found.contacts) if one == contact]
        at = points(rigid, where, [(found.touches[k].segment, found.touches[k].at_m) for k in mine])
        normal = np.array(exercise.surfaces[contact.surface].normal)
        for group in stays(contact.place, len(mine)):
            middle = at[:, list(group)].mean(axis=1)
            assert np.abs(middle @ normal - exercise.surfaces[contact.surface].offset_m)[on].max() < 0.002, str(contact)
            for stretch in _stretches(on):
                assert np.ptp(middle[stretch] - np.outer(middle[stretch] @ normal, normal), axis=0).max() < 0.003, str(contact)


def _stretches(on: np.ndarray) -> list[np.ndarray]:
    """Runs of frames in which something is on."""
    edges = np.flatnonzero(np.diff(np.r_[0, on.astype(int), 0]))
    return [np.arange(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True)]


@pytest.mark.parametrize("name", names())
def test_no_part_of_the_body_lies_deep_in_another(name: str) -> None:
    found = motion(name)
    rigid = Rigid.of(found.body, limits=False)
    capsules = shape(found.body)
    depth, pairs = overlaps(capsules, placed(rigid, found.q), standing=placed(rigid, {}))
    deep = {pair: round(float(depth[:, k].max()), 3) for k, pair in enumerate(pairs) if depth[:, k].max() > _yields(pair)}
    assert deep == {}


def _yields(pair: tuple[str, str]) -> float:
    """How far flesh gives way [m]: arms that lie against the body give more than legs."""
    return 0.07 if any(part.startswith(("hand", "wrist", "forearm")) for part in pair) else 0.06


@pytest.mark.parametrize("name", ["romanian-deadlift", "hip-thrust", "walking-lunge", "bird-dog", "side-lying-leg-lift"])
def test_the_left_side_is_the_mirror_of_the_right(name: str) -> None:
    right, left = motion_of(shipped(name), frames=7), motion_of(shipped(name), frames=7, side=Side.LEFT)
    rigid = Rigid.of(right.body, limits=False)
    a, b = placed(rigid, right.q), placed(rigid, left.q)
    for segment in rigid.segments:
        start, _, side = segment.partition(":")
        other = f"{start}:{Side(side).other}" if side else segment
        here, there = a.position_m[:, rigid.segment(segment)], b.position_m[:, rigid.segment(other)]
        assert np.abs(here * [1, 1, -1] - there).max() < 1e-5, segment
    assert mirrored(mirrored(shipped(name))) == shipped(name)


STANDING = """
[[pose]]
name = "two feet"
contacts = ["sole:both"]
pelvis_tilt_deg = 0
lumbar_flexion_deg = 0
hip_flexion_deg = 0
knee_flexion_deg = 3
hold_s = 0.5
move_s = 2.0

[[pose]]
name = "one foot"
pelvis_tilt_deg = 0
lumbar_flexion_deg = 0
hip_flexion_deg = { working = 0, other = 45 }
knee_flexion_deg = { working = 3, other = 80 }
hold_s = 0.5
move_s = 2.0

"""


def _standing(poses: str) -> Exercise:
    """Single-leg stance with other poses."""
    text = (resources.files("hipspine.exercises") / "data" / "single-leg-stance.toml").read_text(encoding="utf-8")
    return exercise_of(text[: text.index("[[pose]]")] + poses.lstrip() + text[text.index("[dosing]") :], name="standing")


def _ahead_of(found: Motion, place: str) -> np.ndarray:
    """(frame, 2) mass centre before and to the right of the middle of a foot's heel and ball [m], by the segments' masses."""
    rigid = Rigid.of(found.body, limits=False)
    side = Side(place)
    at = points(rigid, placed(rigid, found.q), points_of(found.body, "sole", side))
    middle = (at[:, 0] + at[:, 1:].mean(axis=1)) / 2
    return np.asarray((mass_centre(rigid, found.q) - middle)[:, [0, 2]])


@pytest.mark.parametrize("side", list(Side))
def test_the_weight_shifts_over_the_foot_that_stays_before_the_other_lifts(side: Side) -> None:
    found = motion_of(_standing(STANDING), frames=61, side=side)
    assert [one.name for one in found.phases].count("weight shift") == 2  # on the way there and on the way back
    feet = np.array([found.active[:, [c.side is one for c in found.contacts]].any(axis=1) for one in (side, side.other)])
    assert feet[0].all()
    away = _ahead_of(found, side)
    lifted = ~feet[1]
    assert 0.2 < lifted.mean() < 0.8
    assert np.abs(away[lifted]).max() < 0.015  # the foot is 0.25 m long and the body stands over its middle
    assert np.abs(away[0, 1]) > 0.05
    assert np.abs(np.diff(away, axis=0)).max() < 0.03  # smoothly
    assert found.contact_error_m.max() < 0.001


def test_a_share_of_the_weight_may_stand_in_a_pose() -> None:
    both = STANDING.replace('name = "one foot"', 'name = "aside"\ncontacts = ["sole:both"]\nweight_on_working = 0.8')
    both = both.replace("{ working = 0, other = 45 }", "0").replace("{ working = 3, other = 80 }", "3")
    exercise = _standing(both)
    found = motion_of(exercise, frames=41)
    right, left = _ahead_of(found, Side.RIGHT)[:, 1], _ahead_of(found, Side.LEFT)[:, 1]
    share = left / (left - right)  # of the way from the left foot to the right one
    aside = found.phase == next(k for k, one in enumerate(found.phases) if one.holds and one.name == "aside")
    assert share[0] == pytest.approx(0.5, abs=0.005)
    assert share[aside] == pytest.approx(0.8, abs=0.005)
    assert (np.diff(share[: int(np.flatnonzero(aside)[0])]) > -1e-3).all()
    assert mirrored(exercise).poses[1].weight_on_working == pytest.approx(0.2)
    assert mirrored(mirrored(exercise)) == exercise
    assert exercise.asks_sha256 != _standing(both.replace("weight_on_working = 0.8", "weight_on_working = 0.7")).asks_sha256


def test_after_a_long_stride_nothing_is_shifted_and_a_share_without_balance_is_refused() -> None:
    stride = STANDING.replace('contacts = ["sole:both"]', 'contacts = ["sole:working", "forefoot:other"]')
    stride = stride.replace("hip_flexion_deg = 0", "hip_flexion_deg = { working = 50, other = -25 }", 1)
    found = motion_of(_standing(stride), frames=5)
    assert "weight shift" not in [one.name for one in found.phases]
    with pytest.raises(InputError, match=r"pose 1 has weight_on_working, but nothing is balanced"):
        _standing("balance = false\n" + STANDING.replace("pelvis_tilt_deg", "weight_on_working = 0.4\npelvis_tilt_deg", 1))


def test_a_repetition_is_smooth_and_ends_where_it_began() -> None:
    found = motion_of(shipped("bodyweight-squat"))
    assert np.abs(found.q[0] - found.q[-1]).max() < 1e-6
    rates = np.diff(found.q[:, 6:], axis=0) / np.diff(found.time_s)[:, None]
    assert np.abs(np.diff(rates, axis=0)).max() < 0.35  # [rad/s] from one frame to the next: no kink
    assert np.abs(rates).max() < np.radians(250)


def test_the_angles_that_were_written_are_the_angles_that_are_reached() -> None:
    found = motion("hip-thrust")
    names_of = Rigid.of(found.body, limits=False).coordinates
    for pose, q in zip(found.exercise.poses, found.poses, strict=True):
        for name, angle in pose.angles_rad.items():
            assert abs(q[names_of.index(name)] - angle) < np.radians(3), (pose.name, name)


def test_a_jump_is_thrown_by_gravity_alone() -> None:
    found = motion_of(shipped("squat-jump"), frames=101)
    rigid = Rigid.of(found.body, limits=False)
    air = ~found.active.any(axis=1)
    assert 0.2 < np.ptp(found.time_s[air]) < 0.8
    height = mass_centre(rigid, found.q)[air, 1]
    curve = np.polyfit(found.time_s[air], height, 2)
    assert abs(2 * curve[0] + 9.80665) < 0.02


def test_a_person_of_another_size_does_the_same_exercise() -> None:
    small = motion_of(shipped("back-squat"), scaled(BodyModel(), Person(height_m=1.5, mass_kg=50.0)), frames=7)
    assert small.contact_error_m.max() < 0.002
    assert small.load_kg == pytest.approx(50.0 * shipped("back-squat").loads[0].body_mass_share)
    place = points_of(small.body, "knee", Side.RIGHT)[0][1]
    assert place[0] < points_of(BodyModel(), "knee", Side.RIGHT)[0][1][0]


def test_an_exercise_is_added_by_one_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["exercises", "new", "my-bridge", "--like", "double-leg-bridge", "--out", str(tmp_path)]) == 0
    file = tmp_path / "my-bridge.toml"
    assert main(["exercises", "check", str(file)]) == 0
    capsys.readouterr()
    assert main(["exercises", "show", str(file), "--json"]) == 0
    entry = json.loads(capsys.readouterr().out)
    assert entry["name"] == "my-bridge"
    assert entry["hip_movements"] == ["extension"]
    picture = tmp_path / "my-bridge.svg"
    assert main(["exercises", "draw", str(file), "--svg", str(picture)]) == 0
    assert "<svg" in picture.read_text(encoding="utf-8")
    capsys.readouterr()
    assert main(["demand", str(file), "--samples", "4", "--json"]) == 0
    asked = json.loads(capsys.readouterr().out)["exercises"][0]
    assert asked["name"] == "my-bridge"
    assert 0.01 < asked["regions"]["middle"]["median"] < 1.0


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('base = "supine"', 'base = "spine"', r"my\.toml: base is 'spine'; did you mean supine\?"),
        ("level = 2", "level = 9", r"my\.toml: level is 9; give a number from 1 to 5\."),
        ('"sole:both"', '"soul:both"', r"my\.toml: contacts has the place 'soul'; did you mean sole\?"),
        ("isolated", "isolatd", r"my\.toml: isolat"),
        ("sets = ", "sets = 0.5 #", r"my\.toml: dosing: sets is 0\.5; give a whole number from 1 to 10\."),
    ],
)
def test_what_is_wrong_with_a_file_is_one_sentence(
    tmp_path: Path, old: str, new: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    import re

    text = (resources.files("hipspine.exercises") / "data" / "double-leg-bridge.toml").read_text(encoding="utf-8")
    text = re.sub(r"^level = \d", "level = 2", text, flags=re.M)
    assert old in text
    file = tmp_path / "my.toml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert main(["exercises", "check", str(file)]) == 2
    shown = capsys.readouterr().err
    assert re.search(said, shown), shown
    assert len(shown.strip().splitlines()) == 1


def test_a_motion_that_cannot_be_done_is_said(tmp_path: Path) -> None:
    text = (resources.files("hipspine.exercises") / "data" / "double-leg-bridge.toml").read_text(encoding="utf-8")
    impossible = text.replace("hip_flexion_deg = 0", "hip_flexion_deg = 0\nknee_flexion_deg = 5", 1)
    assert impossible != text
    faults = faults_of_motion(exercise_of(impossible, name="x"), carries=False, frames=7)
    assert faults
    assert any("contacts and balance let it be" in fault or "contact" in fault for fault in faults)


def test_examples_of_the_type_are_exercises() -> None:
    assert all(isinstance(one, Exercise) for one in catalogue().values())
