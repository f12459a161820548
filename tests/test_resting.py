"""What the supports of a lying body may carry: a resting limb leaves its own weight, and back and hip muscles do the rest."""

import numpy as np
import pytest

from hipspine.anatomy.body_model import BodyModel
from hipspine.errors import ModelError
from hipspine.mechanics.carrying import Carried, Touch, carried
from hipspine.mechanics.carrying_standing import sole
from hipspine.mechanics.resting import LIGHTLY, resting
from hipspine.mechanics.rigid import Rigid
from hipspine.terms import Side

G = 9.80665
PRONE = {"pelvis_tilt": -np.pi / 2}
LEG_RAISED = PRONE | {"hip_flexion:right": np.radians(-10)}
HIPS = (Touch("pelvis", (0.025, 0.0, 0.11)), Touch("pelvis", (0.025, 0.0, -0.11)))
CHEST = (Touch("thorax", (0.135, 0.14, 0.09)), Touch("thorax", (0.135, 0.14, -0.09)))
LEG = (Touch("thigh:left", (0.085, -0.22, 0.0)), Touch("shank:left", (0.045, -0.37, 0.0)))
BLADES = (Touch("thorax", (-0.09, 0.19, 0.1)), Touch("thorax", (-0.09, 0.19, -0.1)))
LOWER_BACK = (Touch("thorax", (-0.09, 0.03, 0.1)), Touch("thorax", (-0.09, 0.03, -0.1)))
ARMS = (Touch("upper_arm:right", (-0.05, -0.15, 0.0)), Touch("upper_arm:left", (-0.05, -0.15, 0.0)))


@pytest.fixture(scope="module")
def body() -> BodyModel:
    return BodyModel()


@pytest.fixture(scope="module")
def rigid(body) -> Rigid:
    return Rigid.of(body, limits=False)


def mass_of(rigid: Rigid, *names: str) -> float:
    return sum(link.segment.mass_kg for link in rigid.tree if link.segment.name in names)


def bridge(single: bool) -> dict[str, float]:
    """Hips straight, trunk and thighs in one line, soles flat: right foot, or both."""
    sides = (Side.RIGHT,) if single else (Side.RIGHT, Side.LEFT)
    knees = {f"knee_flexion:{side}": np.radians(105) for side in sides} | {f"ankle_dorsiflexion:{side}": np.radians(-10) for side in sides}
    return {"pelvis_tilt": np.radians(115), "shoulder_flexion": np.radians(-25)} | knees


def limits(touches: tuple[Touch, ...]) -> np.ndarray:
    return np.array([touch.limit_n for touch in touches])


# -------------------------------------------------------------------------------------------------------------------- the rule


def test_a_resting_leg_carries_less_than_its_weight_and_the_hip_the_rest(rigid) -> None:
    weight = mass_of(rigid, "thigh:left", "shank:left", "foot:left") * G
    found = limits(resting(rigid, LEG_RAISED, LEG, [True, True]))
    assert 0.4 * weight < found.sum() < weight
    assert found.min() > 0.1 * weight


def test_one_support_carries_what_balances_the_limb_about_its_joint(rigid) -> None:
    """Hand-solved: weight times the mass centre's distance from the hip, over the support's."""
    touch = Touch("shank:left", (0.045, -0.37, 0.0))
    (found,) = resting(rigid, PRONE, [touch], [True])
    names = ("thigh:left", "shank:left", "foot:left")
    knee = next(link.joint.parent_position[1] for link in rigid.tree if link.segment.name == "shank:left")
    ankle = next(link.joint.parent_position[1] for link in rigid.tree if link.segment.name == "foot:left")
    starts = dict(zip(names, (0.0, knee, knee + ankle), strict=True))
    moment = sum(
        link.segment.mass_kg * G * -(starts[link.segment.name] + link.segment.mass_centre_m[1])
        for link in rigid.tree
        if link.segment.name in names
    )
    assert found.limit_n == pytest.approx(moment / (0.37 - knee), rel=5e-3)


def test_an_arm_that_touches_nothing_lies_on_the_trunk_and_one_that_rests_does_not(rigid) -> None:
    alone = limits(resting(rigid, PRONE, CHEST, [True, True])).sum()
    beside = limits(resting(rigid, PRONE, (*CHEST, *ARMS), [True] * 4))
    assert beside[:2].sum() < alone - 0.5 * mass_of(rigid, "upper_arm:right", "forearm:right", "hand:right") * G
    assert (beside[2:] > 0).all()


def test_the_limit_is_the_largest_over_the_postures_and_only_where_the_touch_is_there(rigid) -> None:
    bent = {"pelvis_tilt": np.full(2, -np.pi / 2), "knee_flexion:left": np.array([0.0, np.pi / 2])}
    first, second = (limits(resting(rigid, {name: one[k : k + 1] for name, one in bent.items()}, LEG, [True, True])) for k in (0, 1))
    assert limits(resting(rigid, bent, LEG, [True, True])) == pytest.approx(np.maximum(first, second))
    there = np.array([[True, True], [False, False]])
    assert limits(resting(rigid, bent, LEG, [True, True], active=there)) == pytest.approx(first)


def test_supports_that_do_not_rest_keep_what_they_had_and_a_smaller_limit_stays(rigid) -> None:
    touches = (*HIPS, Touch("thigh:left", LEG[0].at_m, limit_n=5.0), LEG[1])
    found = resting(rigid, LEG_RAISED, touches, [False, False, True, True])
    assert found[:2] == touches[:2]
    assert found[2].limit_n == 5.0
    assert [touch.at_m for touch in found] == [touch.at_m for touch in touches]


def test_a_steadying_hand_carries_a_twentieth_of_body_weight(rigid) -> None:
    hand = Touch("hand:right", (0.0, -0.03, 0.0))
    (found,) = resting(rigid, PRONE, [hand], [False], lightly={0: LIGHTLY})
    assert found.limit_n == pytest.approx(0.05 * 75 * G)


def test_left_and_right_are_mirrors(rigid) -> None:
    right = tuple(Touch(one.segment.replace("left", "right"), one.at_m) for one in LEG)
    assert limits(resting(rigid, PRONE, LEG, [True, True])) == pytest.approx(limits(resting(rigid, PRONE, right, [True, True])))


@pytest.mark.parametrize(
    ("touches", "rests", "more", "said"),
    [
        (LEG, [True], {}, "rests has 1 entries"),
        (LEG, [True, True], {"active": np.ones((3, 2), bool)}, "active the shape"),
        (LEG, [False, False], {"lightly": {7: 0.1}}, "touch 7 is to carry 0.1"),
        (LEG, [False, False], {"lightly": {0: -0.1}}, "touch 0 is to carry -0.1"),
        ((Touch("thigh:left", (0.0, 0.0, 0.0), normal=(1.0, 0.0, 0.0)),), [True], {}, "a surface that does not face up"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(rigid, touches, rests, more, said) -> None:
    with pytest.raises(ModelError, match=said):
        resting(rigid, PRONE, touches, rests, **more)


# ------------------------------------------------------------------------------------------------------ what it does to the answer


def back(found: Carried) -> float:
    return float(max(found.of("erector_spinae", side)[0] for side in Side))


def test_raising_a_leg_prone_asks_more_of_the_back_when_the_other_leg_rests(body, rigid) -> None:
    touches, rests = (*HIPS, *CHEST, *LEG), [False, False, True, True, True, True]
    free = carried(body, LEG_RAISED, touches=touches)
    honest = carried(body, LEG_RAISED, touches=resting(rigid, LEG_RAISED, touches, rests))
    assert free.contact_n[0, 4, 1] > 1.5 * honest.contact_n[0, 4, 1]  # the resting thigh had pressed for the other leg
    assert back(honest) > 1.2 * back(free)


@pytest.mark.parametrize("single", [False, True])
def test_a_bridge_on_a_line_of_shoulder_blades_asks_the_back_and_the_hips(body, rigid, single) -> None:
    """With points of the lower back besides, the trunk lies for free."""
    q, feet = bridge(single), (*sole(body, Side.RIGHT), *(() if single else sole(body, Side.LEFT)))
    lying, line = (carried(body, q, touches=(*feet, *blades)) for blades in ((*BLADES, *LOWER_BACK), BLADES))
    assert back(line) > 1.3 * back(lying)
    assert line.of("gluteus_maximus", Side.RIGHT)[0] > 1.25 * lying.of("gluteus_maximus", Side.RIGHT)[0]


def test_contacts_stay_below_their_limits_and_carry_the_body(body, rigid) -> None:
    q, feet = bridge(False), (*sole(body, Side.RIGHT), *sole(body, Side.LEFT))
    touches = resting(rigid, q, (*feet, *BLADES, *ARMS), [False] * 8 + [True] * 2)
    found = carried(body, q, touches=touches)
    assert (found.contact_n[0, :, 1] <= limits(touches) * (1 + 1e-6)).all()
    assert found.contact_n[0, :, 1].sum() == pytest.approx(75 * G, abs=0.5)
