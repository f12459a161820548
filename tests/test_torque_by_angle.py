"""Strength of the drawn bodies angle by angle, beside people; what the muscles behind the hip are given in deep flexion."""

from dataclasses import replace

import numpy as np
import pytest

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.generic_values import values
from hipspine.anatomy.person import Person
from hipspine.errors import ModelError
from hipspine.mechanics.carrying import Touch, carried, situation
from hipspine.mechanics.carrying_ensemble import WHOLE_BODY
from hipspine.mechanics.carrying_lines import joined, of_gluteus_maximus, over_bones
from hipspine.mechanics.fibre import fibre
from hipspine.mechanics.rigid import Rigid, placed, postures
from hipspine.mechanics.spread import Spread
from hipspine.mechanics.strength import joint_strength
from hipspine.mechanics.strength_by_angle import BEGINS_DEG, BEHIND_THE_HIP, MEASURED_DEG, SHARES, added_force
from hipspine.mechanics.torque_by_angle import torques
from hipspine.terms import Side
from hipspine.workflows.strength_words import COMPARED, strength_table

HIP, KNEE = "hip_flexion:right", "knee_flexion:right"
SQUARE = {KNEE: np.pi / 2}
FITTED = ("gluteus_maximus", "adductor_magnus")  # what of these muscles extends
LINES_ALONE = replace(WHOLE_BODY, by_angle=(0.0, 0.0))
NOTHING_DRAWN = Spread(
    force=(1.0, 1.0), fibre=(1.0, 1.0), place_m=0.0, joint_m=0.0, form_m=0.0, curves=WHOLE_BODY.curves, by_angle=(1.0, 1.0)
)


@pytest.fixture(scope="module")
def body() -> BodyModel:
    return BodyModel()


def lines_moments(body: BodyModel, coordinate: str, hip_deg: list[float]) -> tuple[np.ndarray, list[str]]:
    """(angle, line) moment [N m] of each fully driven line of the body itself, knee at 90 degrees, and its muscle: a second road."""
    rigid = Rigid.of(body, limits=False)
    q = postures(rigid, {HIP: np.radians(hip_deg), KNEE: np.full(len(hip_deg), np.pi / 2)})
    where = placed(rigid, q)
    lines = joined([over_bones(body, rigid, where, q), *(of_gluteus_maximus(rigid, where, q, field) for field in body.fields)])
    state = fibre(
        lines.length_m,
        optimal_fibre_m=lines.optimal_fibre_m,
        slack_m=lines.slack_m,
        pennation_rad=lines.pennation_rad,
        max_force_n=lines.max_force_n,
    )
    return lines.arms_m[:, :, rigid.coordinates.index(coordinate)] * state.active_n, [name.partition("/")[0] for name in lines.muscles]


def measured_shape(angles_deg: list[float], sex: str) -> np.ndarray:
    """Extension torque of people over that at 53 degrees."""
    angles = np.radians([BEGINS_DEG, *angles_deg])
    torque = joint_strength(HIP, -1, angles, Person(sex=sex)).value_nm
    return torque[1:] / torque[0]


def test_each_factor_follows_from_the_lines_and_from_measured_torque(body) -> None:
    """What gluteus maximus and adductor magnus must pull more so that all extensors together have the shape: mean of women and men."""
    moments, muscles = lines_moments(body, HIP, [BEGINS_DEG, *MEASURED_DEG])
    extends = np.maximum(-moments, 0)
    total, fitted = extends.sum(axis=1), extends[:, [name in FITTED for name in muscles]].sum(axis=1)[1:]
    shapes = {sex: measured_shape(list(MEASURED_DEG), sex) for sex in ("male", "female")}
    needed = {sex: 1 + (shape * total[0] - total[1:]) / fitted for sex, shape in shapes.items()}
    rows = [one for one in values() if one.topic == "strength_by_angle"]
    assert [one.what for one in rows] == [f"hip_flexion:{angle}" for angle in MEASURED_DEG]
    assert [one.value for one in rows] == pytest.approx((needed["male"] + needed["female"]) / 2, abs=0.006)
    shares = {sex: (needed[sex][-1] - 1) / (rows[-1].value - 1) for sex in needed}
    assert (shares["male"], shares["female"]) == pytest.approx(SHARES, abs=0.06)


def test_the_torque_of_a_body_of_which_nothing_is_drawn_is_the_sum_over_its_lines(body) -> None:
    angles = [20.0, 70.0, 100.0]
    found = torques(body, HIP, -1, np.radians(angles).tolist(), rest_rad=SQUARE, samples=20, spread=NOTHING_DRAWN)
    moments, muscles = lines_moments(body, HIP, angles)
    factor = 1 + np.interp(angles, [53, 60, 75, 90], [0, 0.08, 0.31, 0.46])
    behind = np.array([name in BEHIND_THE_HIP for name in muscles])
    expected = np.maximum(-moments * np.where(behind, factor[:, None], 1.0), 0).sum(axis=1)
    assert np.median(found, axis=0) == pytest.approx(expected, rel=0.05)  # its fields of gluteus maximus are drawn all the same
    assert np.ptp(found, axis=0).max() < expected.max() * 0.25


def test_hip_extension_keeps_the_share_that_people_keep_and_the_lines_alone_do_not(body) -> None:
    angles = np.radians([BEGINS_DEG, 75.0, 90.0]).tolist()
    with_it, alone = (
        np.median(found[:, 1:] / found[:, :1], axis=0)
        for found in (torques(body, HIP, -1, angles, rest_rad=SQUARE, samples=60, spread=one) for one in (WHOLE_BODY, LINES_ALONE))
    )
    men, women = (measured_shape([75.0, 90.0], sex) for sex in ("male", "female"))
    assert ((men < with_it) & (with_it < women)).all(), (men, with_it, women)
    assert (alone < men - 0.08).all(), (alone, men)


def test_hip_extension_is_about_the_same_multiple_of_measured_torque_at_each_angle(body) -> None:
    angles = np.radians([30.0, BEGINS_DEG, 75.0, 90.0, 105.0])
    people = joint_strength(HIP, -1, angles, Person(height_m=1.70, mass_kg=75.0, sex="male")).value_nm
    multiple = np.median(torques(body, HIP, -1, angles.tolist(), rest_rad=SQUARE, samples=60), axis=0) / people
    assert multiple.min() > 1.4
    assert multiple.max() < 2.2
    assert multiple.max() / multiple.min() < 1.35


def test_external_rotation_which_nothing_was_fitted_to_keeps_more_of_its_strength_in_flexion(body) -> None:
    """Three studies found it as strong or stronger at 90 degrees of hip flexion as at 40 or less (decision 9)."""
    angles = np.radians([40.0, 90.0]).tolist()
    with_it, alone = (
        torques(body, "hip_rotation:right", -1, angles, rest_rad=SQUARE, turned=HIP, samples=60, spread=one)
        for one in (WHOLE_BODY, LINES_ALONE)
    )
    keeps = [float(np.median(found[:, 1] / found[:, 0])) for found in (with_it, alone)]
    assert keeps[0] > 0.75
    assert keeps[1] < 0.70


def test_what_is_added_begins_beyond_53_degrees_stays_beyond_90_and_belongs_to_the_own_hip() -> None:
    coordinates = ["hip_flexion:left", "hip_flexion:right"]
    q = np.radians([[0.0, -20.0], [53.0, 53.0], [0.0, 60.0], [120.0, 90.0]])
    muscles = ["gluteus_maximus/lower", "gemellus", "semitendinosus", "gluteus_medius", "longissimus"]
    found = added_force(muscles, [Side.RIGHT, Side.LEFT, Side.RIGHT, Side.LEFT, None], coordinates, q)
    assert found[:, 0] == pytest.approx([0, 0, 0.08, 0.46])
    assert found[:, 1] == pytest.approx([0, 0, 0, 0.46])
    assert not found[:, 2:].any()


def test_the_one_answer_of_a_body_pulls_with_what_is_added_in_full(body) -> None:
    q = {HIP: np.radians([50.0, 95.0]), KNEE: np.radians([80.0, 80.0])}
    found = carried(body, q, touches=(Touch("pelvis", (-0.06, -0.08, 0.0)),))
    able = found.tension_n / found.shared.activation  # every line works along a little
    at = situation(body, q, touches=())
    lines = joined([at.lines, *(of_gluteus_maximus(at.rigid, at.where, at.q, field) for field in body.fields)])
    alone = fibre(
        lines.length_m,
        optimal_fibre_m=lines.optimal_fibre_m,
        slack_m=lines.slack_m,
        pennation_rad=lines.pennation_rad,
        max_force_n=lines.max_force_n,
    ).active_n
    pulls = alone.min(axis=0) > 1e-6  # the others are shorter than their tendon
    behind = np.array([m.partition("/")[0] in BEHIND_THE_HIP and s is Side.RIGHT for m, s in zip(lines.muscles, lines.sides, strict=True)])
    assert able[:, pulls & behind] / alone[:, pulls & behind] == pytest.approx(
        np.array([[1.0], [1.46]]) * np.ones((2, (pulls & behind).sum()))
    )
    assert able[:, pulls & ~behind] / alone[:, pulls & ~behind] == pytest.approx(1.0)


def test_what_cannot_be_asked_is_said_in_one_sentence(body) -> None:
    with pytest.raises(ModelError, match="direction is 0"):
        torques(body, HIP, 0, [0.0])
    with pytest.raises(ModelError, match="no muscle of generic adult is balanced about 'elbow_flexion:right'"):
        torques(body, "elbow_flexion:right", 1, [0.0], samples=2)


def test_the_table_has_a_row_for_each_angle_and_says_the_share_that_is_kept() -> None:
    lines = strength_table(samples=3)
    assert sum(len(one.angles_deg) for one in COMPARED) == len([line for line in lines if line.startswith("|")]) - 2
    assert lines[-1].startswith("Hip extension at 90 degrees of flexion is 0.")
    assert "nan" not in " ".join(lines)
