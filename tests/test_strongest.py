"""The most that a body can hold: by hand, by brute force, and what must be true of loads."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import lsq_linear

from hipspine.anatomy.body_model import BodyModel
from hipspine.errors import ModelError
from hipspine.mechanics.carrying import carried, grounded, situation
from hipspine.mechanics.carrying_lines import joined, of_gluteus_maximus
from hipspine.mechanics.carrying_standing import standing
from hipspine.mechanics.contacts import contacts
from hipspine.mechanics.fibre import fibre
from hipspine.mechanics.rigid_dynamics import dynamics
from hipspine.mechanics.rigid_loads import Force, Weight
from hipspine.mechanics.strongest import largest, most_load


@pytest.fixture(scope="module")
def body() -> BodyModel:
    return BodyModel()


@pytest.fixture(scope="module")
def leaning(body):
    """Leaning forward on both feet; a kilogram in each hand is multiplied."""
    stand = standing(body, lean_rad=np.radians(40), load_kg=2.0)
    return stand, most_load(body, stand.q, touches=stand.touches, multiplied=stand.loads)


# -------------------------------------------------------------------------------------------------------------------- by hand


def test_one_muscle_holds_what_the_lever_says() -> None:
    """1,000 N at 5 cm make 50 N m. The limb asks 10, each load 0.25 m x 40 N = 10 more: four loads."""
    found = largest([[10.0]], [[10.0]], [[[50.0]]], names=["quadriceps"])
    assert found.multiple.tolist() == [pytest.approx(4.0)]
    assert [limit.name for limit in found.limits[0]] == ["quadriceps"]
    assert found.limits[0][0].gain == pytest.approx(5.0)  # twice the muscle holds nine
    assert largest([[10.0]], [[10.0]], [[[100.0]]], names=["quadriceps"]).multiple[0] == pytest.approx(9.0)


def test_a_reserve_adds_its_moment_and_an_antagonist_nothing() -> None:
    arms = [[[50.0], [-80.0]]]
    assert largest([[0.0]], [[10.0]], arms, names=["agonist", "antagonist"], reserve=5.0).multiple[0] == pytest.approx(5.5)
    found = largest([[0.0]], [[10.0]], arms, names=["agonist", "antagonist"], reserve=5.0, coordinates=["knee"])
    assert {limit.name: round(limit.gain, 9) for limit in found.limits[0]} == {"agonist": 5.0, "knee (reserve)": 0.5}


def test_two_joints_that_one_muscle_crosses_are_held_together() -> None:
    """A muscle over two joints turns the second the wrong way; only what the other muscle takes back there can be used.

    a (60, 30), b (0, -20): the load asks (30, 0) each. b at most 1 gives back 20 = 30 a, so a = 2/3 and 40 of 30: 4/3.
    """
    found = largest([[0.0, 0.0]], [[30.0, 0.0]], [[[60.0, 30.0], [0.0, -20.0]]], names=["a", "b"])
    assert found.multiple[0] == pytest.approx(4 / 3)
    assert [limit.name for limit in found.limits[0]] == ["b"]


def test_a_contact_holds_up_to_its_limit_and_without_one_anything() -> None:
    """A point that pushes upwards holds a weight of 100 N each."""
    up = {"normals": [[0, 1, 0]], "friction": 0.5, "weight_n": 700.0}
    floor, weak = contacts(np.eye(3)[None, None], **up), contacts(np.eye(3)[None, None], **up, limits_n=250.0, names=["bench"])
    asked = ([[0.0, 0.0, 0.0]], [[0.0, 100.0, 0.0]], np.zeros((1, 0, 3)))
    assert np.isinf(largest(*asked, names=[], contacts=floor).multiple[0])
    assert "No multiple" in largest(*asked, names=[], contacts=floor).sentences()[0]
    found = largest(*asked, names=[], contacts=weak)
    assert found.multiple[0] == pytest.approx(2.5)
    assert [(limit.name, round(limit.gain, 9)) for limit in found.limits[0]] == [("bench", 2.5)]
    pushed = largest([[0.0, 0.0, 0.0]], [[0.0, 100.0, 60.0]], np.zeros((1, 0, 3)), names=[], contacts=floor)
    assert not pushed.multiple[0]  # beyond the friction cone nothing but no load at all holds
    assert pushed.can[0]


def test_what_cannot_be_held_at_all_is_told() -> None:
    found = largest([[60.0]], [[10.0]], [[[50.0]]], names=["quadriceps"])
    assert found.multiple.tolist() == [0.0]
    assert found.can.tolist() == [False]
    assert "cannot hold posture 0 with any multiple" in found.sentences()[0]


# --------------------------------------------------------------------------------------------------------------- whole body


def test_the_whole_body_holds_as_much_as_a_search_by_bisection_says(body, leaning) -> None:
    """The second road: bounded least squares, and is anything left over? Halving until the multiple is known to a thousandth."""
    stand, found = leaning
    at = situation(body, stand.q, touches=stand.touches)
    one = dynamics(at.rigid, at.q, loads=stand.loads).moments - at.needed.moments
    lines = joined([at.lines, *(of_gluteus_maximus(at.rigid, at.where, at.q, field) for field in body.fields)])
    sizes = {name: getattr(lines, name) for name in ("optimal_fibre_m", "slack_m", "pennation_rad", "max_force_n")}
    state = fibre(lines.length_m, **sizes)
    strength = (lines.arms_m * state.active_n[..., None])[0, :, at.rows]
    pushes = grounded(at, 0.6).arms[0].T * 100.0
    spare = np.diag([0.3 if at.rigid.coordinates[k].startswith("pelvis_") else 1.0 for k in at.rows])
    matrix = np.concatenate([strength, pushes, spare], axis=1)
    low = np.concatenate([np.zeros(strength.shape[1] + pushes.shape[1]), -np.ones(len(spare))])
    high = np.concatenate([np.ones(strength.shape[1]), np.full(pushes.shape[1], 1e3), np.ones(len(spare))])

    def holds(multiple: float) -> bool:
        wanted = (at.needed.moments + multiple * one)[0, at.rows]
        return bool(2 * lsq_linear(matrix, wanted, (low, high), method="bvls", tol=1e-13).cost < 1e-8)

    assert holds(0.999 * found.multiple[0])
    assert not holds(1.001 * found.multiple[0])


def test_what_limits_is_what_more_strength_helps(body, leaning) -> None:
    """Each line of the first limiting muscle one per cent stronger: the multiple grows by a hundredth of its gain."""
    stand, found = leaning
    first = found.limits[0][0]
    muscle, _, side = first.name.partition(" ")
    at = situation(body, stand.q, touches=stand.touches)
    assert muscle in {name.partition("/")[0] for name in at.lines.muscles}  # not gluteus maximus: its lines stand in a field
    stronger = tuple(
        replace(line, max_force_n=line.max_force_n * 1.01) if line.muscle.partition("/")[0] == muscle and line.side == side else line
        for line in body.lines
    )
    more = most_load(replace(body, lines=stronger), stand.q, touches=stand.touches, multiplied=stand.loads)
    assert more.multiple[0] - found.multiple[0] == pytest.approx(0.01 * first.gain, rel=0.05)


def test_at_the_most_the_sharing_finds_muscles_at_their_ceiling_and_beyond_it_reserves(body, leaning) -> None:
    stand, found = leaning
    for share, beyond in ((0.7, False), (1.3, True)):
        heavy = [Weight(one.segment, one.mass_kg * share * found.multiple[0], one.at_m) for one in stand.loads]
        answer = carried(body, stand.q, touches=stand.touches, loads=heavy)
        assert bool((np.abs(answer.shared.strained) > 1).any()) is beyond


def test_twice_the_load_is_held_half_as_often_and_loads_that_stay_count(body, leaning) -> None:
    stand, found = leaning
    double = [Weight(one.segment, 2 * one.mass_kg, one.at_m) for one in stand.loads]
    twice = most_load(body, stand.q, touches=stand.touches, multiplied=double)
    assert twice.multiple[0] == pytest.approx(found.multiple[0] / 2, rel=1e-6)
    rest = most_load(body, stand.q, touches=stand.touches, loads=double, multiplied=stand.loads)
    assert rest.multiple[0] == pytest.approx(found.multiple[0] - 2, rel=1e-6)


def test_arms_limit_what_the_legs_could_hold(body, leaning) -> None:
    """Shoulders that make no more than 20 N m: a push forward against the hands, at the length of the arms, stops there."""
    stand, _ = leaning
    push = [Force(f"hand:{side}", (20.0, 0.0, 0.0)) for side in ("right", "left")]
    free = most_load(body, stand.q, touches=stand.touches, multiplied=push)
    joints = {f"shoulder_flexion:{side}": (-20.0, 20.0) for side in ("right", "left")}
    held = most_load(body, stand.q, touches=stand.touches, multiplied=push, joints=joints)
    assert held.multiple[0] < free.multiple[0]
    largest_push = [Force(one.segment, np.array(one.force_n) * held.multiple[0]) for one in push]
    at = situation(body, stand.q, touches=stand.touches, loads=largest_push)
    shoulder = at.needed.moments[0, at.rigid.coordinates.index("shoulder_flexion:right")]
    assert abs(shoulder) == pytest.approx(20.0, rel=1e-6)
    assert held.limits[0][0].name.startswith("shoulder_flexion")


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"multiplied": []}, "no load to multiply"),
        ({"joints": {"hip_flexion:right": (-1.0, 1.0)}}, "no joint that is held without muscles"),
        ({"joints": {"shoulder_flexion:right": (1.0, -1.0)}}, "a least and a greatest moment"),
        ({"reserve_nm": -1.0}, "reserve_nm is -1"),
    ],
)
def test_what_cannot_be_multiplied_is_named(body, asked, says) -> None:
    stand = standing(body, load_kg=2.0)
    with pytest.raises(ModelError, match=says):
        most_load(body, stand.q, **({"touches": stand.touches, "multiplied": stand.loads} | asked))


def test_shapes_that_do_not_fit_are_named() -> None:
    with pytest.raises(ModelError, match="expected"):
        largest([[1.0]], [[1.0, 2.0]], [[[1.0]]], names=["a"])
    with pytest.raises(ModelError, match="finite"):
        largest([[np.nan]], [[1.0]], [[[1.0]]], names=["a"])
