"""Moment arms, stretch and arms of exercises: two roads agree, signs are those of the textbook, sentences say what was found."""

import json
from functools import cache

import numpy as np
import pytest

from hipspine.anatomy.body_model import BodyModel
from hipspine.cli import main
from hipspine.exercises.arm_work import DIRECTIONS, ArmWork, about_the_trunk, arm_loads, arm_work
from hipspine.exercises.catalogue import shipped
from hipspine.exercises.demand import REGIONS, Demand, Range, demand_of
from hipspine.exercises.geometry import AXES, OF_THE_HIP, facts, hardest, moment_arms
from hipspine.exercises.stretching import STRETCHED, parts_of, stretches
from hipspine.mechanics.carrying_lines import groups_of
from hipspine.mechanics.field_ensemble import ensemble_arms
from hipspine.mechanics.joint_forces import for_paths, leg_of
from hipspine.mechanics.posture import HIP, Posture
from hipspine.mechanics.rigid import Rigid, placed
from hipspine.mechanics.whole_body import arms_at, paths_of
from hipspine.terms import Floats, Side
from hipspine.workflows.demand_geometry import arm_sentence, stretch_sentence


@cache
def asked(name: str, side: Side = Side.RIGHT) -> Demand:
    return demand_of(shipped(name), samples=4, frames=9, side=side)


@cache
def work(name: str) -> ArmWork:
    return arm_work(asked(name))


def test_arms_of_gluteus_maximus_are_those_of_the_ensemble_with_the_signs_of_training() -> None:
    demand = asked("back-squat")
    names = Rigid.of(demand.motion.body, limits=False).coordinates
    leg = leg_of(Posture({name: demand.motion.q[:, k] for k, name in enumerate(names)}), Side.RIGHT)
    known, found = ensemble_arms(Posture({name: leg[name] for name in HIP} | {"knee_flexion": leg["knee_flexion"]})), moment_arms(demand)
    assert found.median == pytest.approx(-known.median_m, abs=1e-9)
    assert found.low == pytest.approx(-known.high_m, abs=1e-9)
    assert found.high == pytest.approx(-known.low_m, abs=1e-9)


def test_arms_of_other_groups_are_how_much_they_shorten_by_a_small_turn() -> None:
    """The second road: minus the difference of the lengths over the angle, each line counted by its force."""
    demand, step = asked("romanian-deadlift"), 1e-5
    body, q = demand.motion.body, demand.motion.q
    rigid, paths = Rigid.of(body, limits=False), paths_of(body)
    found, groups = moment_arms(demand).groups, groups_of([one.muscle for one in body.lines])
    force = np.array([one.max_force_n * (one.side is Side.RIGHT) for one in body.lines])
    for axis, name in enumerate(HIP):
        turned = [q.copy(), q.copy()]
        for sign, one in zip((1, -1), turned, strict=True):
            one[:, rigid.coordinates.index(f"{name}:right")] += sign * step
        more, less = (arms_at(body, for_paths(rigid, paths, one)).length_m[:, : len(force)] for one in turned)
        for group in OF_THE_HIP:
            weight = force * groups[group]
            slope = ((more - less) / (2 * step)) @ weight / weight.sum()
            assert found[group][:, axis] == pytest.approx(slope, abs=2e-6), (group, AXES[axis])


def test_signs_are_those_of_the_textbook() -> None:
    standing = moment_arms(asked("standing-glute-squeeze"))
    assert (standing.low[:, :, 0] > 0).all()  # every region extends the standing hip
    assert (standing.low[:, 0, 1] > 0).all()  # the upper abducts
    assert (standing.high[:, 2, 1] < 0).all()  # the lower adducts
    assert (standing.groups["hamstrings"][:, 0] > 0).all()
    assert (standing.groups["hip_flexors"][:, 0] < 0).all()
    assert (standing.groups["gluteus_medius"][:, 1] > 0).all()
    assert (standing.groups["adductors"][:, 1] < 0).all()
    assert (standing.groups["erector_spinae"] > 0).all()


def test_arms_of_the_left_are_those_of_the_right() -> None:
    right, left = (moment_arms(asked("side-lying-leg-lift", side)) for side in (Side.RIGHT, Side.LEFT))
    assert left.median == pytest.approx(right.median, abs=1e-3)
    for group in OF_THE_HIP:
        assert left.groups[group] == pytest.approx(right.groups[group], abs=1e-3), group


def test_a_fact_is_said_where_the_whole_range_lies_on_one_side_of_0() -> None:
    demand = asked("back-squat")
    arms = moment_arms(demand)
    said = facts(demand, arms)
    turns = [one for one in said if "upper region changes its action" in one and "outwards" in one and "inwards" in one]
    assert len(turns) == 1  # external rotation turns into internal rotation as the hip bends
    assert arms.low[:, 0, 2].max() > 0 > arms.high[:, 0, 2].min()
    assert all("deg of hip flexion" in one or "works hardest" in one for one in said)


def test_what_makes_a_muscle_long_sums_to_its_length() -> None:
    demand = asked("romanian-deadlift")
    for name, one in stretches(demand).items():
        parts = one.standing + one.from_hip + one.from_knee + one.from_others
        if name not in REGIONS:
            assert parts == pytest.approx(one.longest.median, abs=1e-9), name
        else:  # the body's own field among those that fit
            assert one.longest.low - 0.05 <= parts <= one.longest.high + 0.05, name


def test_a_bent_knee_slackens_the_hamstrings_and_draws_out_the_quadriceps() -> None:
    body = BodyModel()
    names = Rigid.of(body, limits=False).coordinates
    q = np.zeros(len(names))
    q[names.index("knee_flexion:right")], q[names.index("hip_flexion:right")] = np.radians(90), np.radians(60)
    found = parts_of(body, {"hamstrings": q, "quadriceps": q, "gluteus_maximus/lower": q, "gluteus_medius": q}, Side.RIGHT)
    _, hip, knee, others = found["hamstrings"]
    assert hip > 0.3
    assert knee < -0.3
    assert others == pytest.approx(0, abs=1e-9)
    assert found["quadriceps"][2] > 0.3
    assert found["gluteus_maximus/lower"][1] > 0.2
    assert -0.1 < found["gluteus_maximus/lower"][2] < 0  # its fibres to the tract alone
    assert found["gluteus_medius"][2] == pytest.approx(0, abs=1e-9)


def test_a_deadlift_loads_long_what_a_clam_does_not() -> None:
    hinge, clam = stretches(asked("romanian-deadlift")), stretches(asked("clam"))
    assert set(hinge) == set(clam) == set(STRETCHED)
    assert "loaded long" in hinge["hamstrings"].words
    assert "loaded long" in hinge["gluteus_maximus/lower"].words
    assert "loaded long" not in clam["hamstrings"].words


def test_the_other_muscles_are_stretched_without_load() -> None:
    found = stretches(asked("hip-thrust"))
    assert found["hip_flexors"].longest.median >= 1.1
    assert found["hip_flexors"].words == ("stretched without load",)
    assert "hip flexors" in stretch_sentence(found).partition("stretched without load")[2]


def as_vector(name: str, size: float, side: Side) -> Floats:
    """Flexion, adduction, horizontal adduction and internal rotation that a moment about one coordinate makes."""
    body = BodyModel()
    rigid = Rigid.of(body, limits=False)
    q = np.zeros((1, len(rigid.coordinates)))
    step = 1e-6
    before = placed(rigid, q)
    q[0, rigid.coordinates.index(f"{name}:{side}")] = step
    after = placed(rigid, q)
    at = rigid.segment(f"upper_arm:{side}")
    turn = (after.rotation[0, at] @ before.rotation[0, at].T - np.eye(3)) / step
    about = np.array([turn[2, 1], turn[0, 2], turn[1, 0]])
    return np.asarray(about_the_trunk(size * about[None], before.rotation[:, at, :, 1], side)[0])


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize(("name", "column"), [("shoulder_flexion", 0), ("shoulder_adduction", 1), ("shoulder_rotation", 3)])
def test_at_the_side_the_trunks_axes_are_the_shoulders_coordinates(name: str, column: int, side: Side) -> None:
    found = as_vector(name, 3.0, side)
    assert found[column] == pytest.approx(3.0, abs=1e-4)
    assert np.delete(found, column) == pytest.approx(0, abs=1e-4)


def test_overhead_adduction_keeps_its_meaning_and_the_coordinate_does_not() -> None:
    """A hand overhead that is pulled down sideways adducts, as anybody would say; the coordinate says abduction."""
    overhead = np.array([[0.0, -1.0, 0.0]])  # from the elbow down to the shoulder
    down_sideways = np.cross(-overhead, [[0.0, 0.0, 1.0]])  # moves the hand to the right
    assert about_the_trunk(down_sideways, overhead, Side.RIGHT)[0].tolist() == [0, 1, 0, 0]
    assert about_the_trunk(-down_sideways, overhead, Side.LEFT)[0].tolist() == [0, 1, 0, 0]


def test_two_roads_to_the_shoulders_moment() -> None:
    """The couple across the joint less the contacts, seen along the coordinates' axes, is what the coordinates must hold."""
    demand = asked("push-up")
    body, q = demand.motion.body, demand.motion.q
    rigid = Rigid.of(body, limits=False)
    where, at = placed(rigid, q), rigid.segment("upper_arm:right")
    arm = arm_loads(demand)[Side.RIGHT]
    flexion = arm.moment_nm[:, :, DIRECTIONS.index("shoulder_flexion")] - arm.moment_nm[:, :, DIRECTIONS.index("shoulder_extension")]
    rotation = arm.moment_nm[:, :, 6] - arm.moment_nm[:, :, 7]
    axis = np.einsum("fji,fj->fi", where.rotation[:, rigid.segment("thorax")], where.rotation[:, at, :, 1])
    held = {name: demand.held_nm[:, :, demand.held.index(f"shoulder_{name}:right")] for name in ("flexion", "rotation")}
    assert rotation == pytest.approx(held["rotation"], abs=0.05)
    assert flexion + rotation * axis[:, 2] == pytest.approx(held["flexion"], abs=0.05)


@pytest.mark.parametrize(
    ("name", "kind", "way"),
    [
        ("bent-over-row", "pull", ""),
        ("seated-cable-row", "pull", "horizontal"),
        ("pull-up", "pull", "vertical"),
        ("dead-hang", "pull", "vertical"),
        ("push-up", "push", "horizontal"),
        ("bench-press", "push", "horizontal"),
        ("overhead-press", "overhead", "vertical"),
        ("farmers-walk", "carry", "vertical"),
        ("romanian-deadlift", "carry", "vertical"),
        ("side-bridge", "support", ""),
        ("plank", "support", ""),
        ("double-leg-bridge", "none", ""),
        ("back-squat", "none", ""),
    ],
)
def test_what_arms_do_is_worked_out(name: str, kind: str, way: str) -> None:
    found = work(name)
    assert found.kind == kind
    assert found.way == way or not way


def test_the_directions_are_those_that_people_name() -> None:
    def share(name: str, direction: str) -> float:
        found = work(name).working[direction]
        assert found is not None
        assert found.low <= found.median <= found.high
        return found.median

    assert share("push-up", "elbow_extension") > share("push-up", "elbow_flexion")
    assert share("bent-over-row", "shoulder_extension") > share("bent-over-row", "shoulder_flexion")
    assert share("side-bridge", "shoulder_abduction") > 0.3 > share("side-bridge", "shoulder_adduction")
    assert share("dead-hang", "shoulder_adduction") > share("dead-hang", "shoulder_abduction")
    assert share("plank", "shoulder_flexion") > share("plank", "shoulder_extension")


def test_the_hands_of_a_push_up_carry_what_was_measured() -> None:
    """Static share of body weight on both hands (Mier et al. 2014, Int J Exerc Sci 7(2):161-168, read as abstract), 37 people: up
    67.0 SD 3.8 % (men), 65.1 SD 3.1 % (women); down 74.6 SD 3.6 %, 70.3 SD 3.1 %. Asked: inside two SD of either sex.
    """
    demand = asked("push-up")
    rise = np.nanmedian(demand.on_arms_n[..., 1].sum(axis=2), axis=0) / (demand.person.mass_kg * 9.80665)
    bent = np.degrees(demand.motion.q[:, Rigid.of(demand.motion.body, limits=False).coordinates.index("elbow_flexion:right")])
    up, down = rise[int(bent.argmin())], rise[int(bent.argmax())]
    assert 0.651 - 2 * 0.031 <= up <= 0.670 + 2 * 0.038
    assert 0.703 - 2 * 0.031 <= down <= 0.746 + 2 * 0.036
    assert up < down


def test_loads_in_the_hands_are_what_the_arms_get() -> None:
    demand = asked("farmers-walk")
    weight = sum(one.body_mass_share for one in demand.motion.exercise.loads) / 2
    force = work("farmers-walk").force_bw
    assert force is not None
    assert force.median == pytest.approx(weight, rel=1e-6)


def test_sentences_say_what_the_arms_do() -> None:
    one = Range(0.4, 0.3, 0.55)
    rest = dict.fromkeys(DIRECTIONS)
    push = ArmWork("push", "horizontal", "working", "push", one, {**rest, "elbow_extension": one}, rest, "elbow_extension", "working")
    assert arm_sentence(push) == "The arms push (horizontally in the trunk's frame): elbow extension 40 % [30, 55] of measured strength."
    none = ArmWork("none", "", "working", "none", None, rest, rest, "elbow_extension", "working")
    assert arm_sentence(none) == "The arms rest: less than 5% of measured strength."


def test_what_no_person_can_do_is_not_told_as_a_share() -> None:
    rest, wild = dict.fromkeys(DIRECTIONS), Range(9.0, 6.0, 13.0)
    said = arm_sentence(
        ArmWork("carry", "vertical", "working", "carry", wild, {**rest, "elbow_flexion": wild}, rest, "elbow_flexion", "working")
    )
    assert "900 %" not in said
    assert "too rough" in said


def test_the_document_and_the_answer_on_the_screen_tell_all_three(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["demand", "push-up", "--mass-kg", "70", "--samples", "4"]
    assert main([*arguments, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["exercises"][0]
    assert set(found["moment_arms"]["gluteus_maximus"]) == {"upper", "middle", "lower"}
    upper = found["moment_arms"]["gluteus_maximus"]["upper"]["extension"]
    assert upper["smallest"]["median"] <= upper["hardest"]["median"] <= upper["largest"]["median"]
    assert set(found["moment_arms"]["groups"]) == {*OF_THE_HIP, "erector_spinae"}
    assert set(found["stretch"]["muscles"]) == set(STRETCHED)
    assert found["arms"]["class"] == "push"
    assert set(found["arms"]["working"]) == set(found["arms"]["other"]) == set(DIRECTIONS)
    assert main(arguments) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert found["arms"]["sentence"] in shown
    assert found["stretch"]["sentence"] in shown


def test_the_hardest_moment_is_where_the_median_is_largest() -> None:
    demand = asked("back-squat")
    frame = hardest(demand, "gluteus_maximus")
    middle = np.nanmedian(demand.column("gluteus_maximus"), axis=0)
    assert middle[frame] == np.nanmax(middle)
