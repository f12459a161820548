"""What a posture may say, and that what is given wrongly is said, not worked with in silence."""

import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.body_parts import Joint, Segment, Shape, Wrap
from hipspine.anatomy.gluteus_maximus import gluteus_maximus
from hipspine.errors import ModelError
from hipspine.mechanics.arms import pulls
from hipspine.mechanics.carrying import carried
from hipspine.mechanics.carrying_standing import standing
from hipspine.mechanics.posture import Posture
from hipspine.mechanics.rigid import Rigid, postures
from hipspine.mechanics.whole_body import moment_arms
from hipspine.terms import Side

BODY = BodyModel()


@pytest.mark.parametrize(
    "angles",
    [
        {"hip_flexion_deg": "far"},
        {"hip_flexion_deg": None},
        {"hip_flexion_deg": [[0.0, 1.0]]},
        {"hip_flexion_deg": [0.0, float("nan")]},
        {"hip_flexion": 20.0},
        {"hip_flexion_deg": 20.0, "hip_flexion_rad": 0.3},
        {"hip_flexion_deg": [0.0, 1.0], "hip_rotation_deg": [0.0, 1.0, 2.0]},
    ],
)
def test_an_angle_that_cannot_be_read_is_said(angles: dict[str, object]) -> None:
    with pytest.raises(ModelError):
        moment_arms(gluteus_maximus(lines=3), angles)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["hip_flexion_deg:left", "hipflexion_deg", "lumbar_flexion_deg"])
def test_a_joint_that_the_muscle_does_not_know_is_said(name: str) -> None:
    with pytest.raises(ModelError, match="no angle of this leg"):
        moment_arms(gluteus_maximus(lines=3, side=Side.RIGHT), {name: 20.0})


@pytest.mark.parametrize("side", list(Side))
def test_an_angle_may_carry_the_side_of_the_muscle(side: Side) -> None:
    field = gluteus_maximus(lines=3, side=side)
    named, plain = Posture.of(**{f"hip_flexion_deg:{side}": 60.0}), Posture.of(hip_flexion_deg=60.0)
    np.testing.assert_array_equal(moment_arms(field, named).m, moment_arms(field, plain).m)
    np.testing.assert_array_equal(pulls(field, named)[0], pulls(field, plain)[0])


def test_a_name_with_a_side_counts_before_one_without_whatever_their_order() -> None:
    first = {"hip_flexion_deg:left": 20.0, "hip_flexion_deg": 0.0}
    last = dict(reversed(first.items()))
    assert (moment_arms(BODY, first).length_m == moment_arms(BODY, last).length_m).all()
    rigid = Rigid.of(BODY)
    radians = {name.replace("_deg", ""): np.radians(value) for name, value in first.items()}
    for angles in (radians, dict(reversed(radians.items()))):
        found = dict(zip(rigid.coordinates, postures(rigid, angles)[0], strict=True))
        assert (found["hip_flexion:left"], found["hip_flexion:right"]) == (np.radians(20.0), 0.0)


def test_a_posture_keeps_what_was_given() -> None:
    angles = np.array([0.1, 0.2])
    posture = Posture.of(hip_flexion_rad=angles)
    angles[0] = 9.0
    assert posture.angles["hip_flexion"].tolist() == [0.1, 0.2]
    with pytest.raises(ValueError, match="read-only"):
        posture.angles["hip_flexion"][0] = 9.0


def test_a_posture_can_be_sent_to_another_process() -> None:
    there = pickle.loads(pickle.dumps(Posture.of(hip_flexion_deg=[0, 90], knee_flexion_deg=20)))
    assert there.angles["hip_flexion"].tolist() == [0.0, np.pi / 2]
    assert there.size == 2


@pytest.mark.parametrize("angles", [[np.nan], [[0.1]]])
def test_a_posture_made_by_hand_is_looked_at_too(angles: list[float]) -> None:
    with pytest.raises(ModelError, match="finite"):
        Posture({"hip_flexion": np.array(angles)})
    with pytest.raises(ModelError, match="different numbers"):
        Posture({"hip_flexion": np.zeros(2), "hip_rotation": np.zeros(3)})


def test_no_posture_gives_no_arms() -> None:
    assert moment_arms(gluteus_maximus(lines=3), Posture({"hip_flexion": np.zeros(0)})).m.shape == (0, 6, 3)
    assert moment_arms(BODY, Posture({"hip_flexion": np.zeros(0)})).length_m.shape[0] == 0


def test_a_body_without_the_legs_of_its_fields_is_said() -> None:
    bare = replace(BODY, joints=(), coordinates=(), lines=(), wraps=())
    with pytest.raises(ModelError, match="fields="):
        moment_arms(bare, {})
    assert moment_arms(replace(bare, fields=()), {}).length_m.shape == (1, 0)


@pytest.mark.parametrize("wrong", [{"side": "middle"}, {"lines": 9.5}, {"lines": 2}, {"member": 0.5}, {"member": -1}])
def test_a_gluteus_maximus_that_there_is_not_is_said(wrong: dict[str, object]) -> None:
    with pytest.raises(ModelError):
        gluteus_maximus(**wrong)  # type: ignore[arg-type]


def test_a_side_may_be_given_as_a_word() -> None:
    assert gluteus_maximus(side="right").side is Side.RIGHT  # type: ignore[arg-type]


def test_a_line_field_holds_finite_numbers_and_is_not_written_to() -> None:
    field = gluteus_maximus(lines=3)
    with pytest.raises(ModelError, match="origin_m"):
        replace(field, origin_m=field.origin_m * np.nan)
    with pytest.raises(ModelError, match="fit 6 lines"):
        replace(field, slack_m=field.slack_m[:2])
    with pytest.raises(ValueError, match="read-only"):
        field.coefficients_m2[0] = 0.0


def test_a_field_whose_length_has_no_root_gives_no_number() -> None:
    field = gluteus_maximus(lines=3)
    with pytest.raises(ModelError, match="squared length"):
        moment_arms(replace(field, coefficients_m2=-field.coefficients_m2), {"hip_flexion_deg": 0.0})


def test_a_knee_that_is_held_gives_the_arms_of_each_posture_alone() -> None:
    field, hip = gluteus_maximus(lines=3), np.linspace(-20, 90, 5)
    held = moment_arms(field, {"hip_flexion_deg": hip, "knee_flexion_deg": 50.0})
    bent = moment_arms(field, {"hip_flexion_deg": [*hip, 0.0], "knee_flexion_deg": [50.0] * 5 + [10.0]})
    np.testing.assert_array_equal(held.length_m, bent.length_m[:5])
    np.testing.assert_array_equal(held.knee_m, bent.knee_m[:5])
    assert np.abs(held.knee_m).max() > 0.01


@pytest.mark.parametrize(
    "part",
    [
        {"segments": (Segment("a", 1.0, (0.0, 0.0), (1.0, 1.0, 1.0, 0.0, 0.0, 0.0)),)},  # type: ignore[arg-type]
        {"segments": (Segment("a", 1.0, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),)},  # type: ignore[arg-type]
        {"segments": (Segment("a", "1", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0, 0.0, 0.0, 0.0)),)},  # type: ignore[arg-type]
        {"wraps": (Wrap("w", Shape.CYLINDER, "ground", (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.01,)),)},  # type: ignore[arg-type]
        {"joints": (Joint("j", "ground", "ground", (), parent_position=(0.0, 0.0)),)},  # type: ignore[arg-type]
    ],
)
def test_a_part_with_too_few_numbers_or_a_word_is_said(part: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="give"):
        BodyModel(**({"segments": (), "joints": (), "coordinates": (), "lines": (), "wraps": (), "fields": ()} | part))


def test_no_posture_carries_nothing() -> None:
    stand = standing(BODY)
    found = carried(BODY, stand.q[:0], touches=stand.touches)
    assert found.hip_bw.shape == (0, 2)
    assert found.disc.compression_n.shape == (0,)
    assert found.sentences() == ()
