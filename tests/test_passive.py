"""Stretched tissue at hip and knee: the published curves, and what they take from the muscles."""

import numpy as np
import pytest

from hipspine.anatomy.body_model import BodyModel
from hipspine.mechanics.carrying import carried
from hipspine.mechanics.carrying_standing import standing
from hipspine.mechanics.passive import LIMIT_NM, passive_moments
from hipspine.mechanics.rigid import Rigid


@pytest.fixture(scope="module")
def rigid() -> Rigid:
    return Rigid.of(BodyModel())


def at(rigid: Rigid, **degrees: float) -> np.ndarray:
    q = np.zeros((1, len(rigid.coordinates)))
    for name, angle in degrees.items():
        q[0, rigid.coordinates.index(f"{name}:left")] = np.radians(angle)
    return q


def moment(rigid: Rigid, name: str, **degrees: float) -> float:
    return float(passive_moments(rigid, at(rigid, **degrees))[0, rigid.coordinates.index(f"{name}:left")])


def test_the_bottom_of_a_hip_hinge_is_held_by_stretched_tissue_as_published(rigid: Rigid) -> None:
    """Hip 80, knee 18 degrees: about 21 N m of extension (Riener and Edrich 1999, as the notes of a prototype print it)."""
    assert moment(rigid, "hip_flexion", hip_flexion=80, knee_flexion=18) == pytest.approx(-21, abs=1.5)


def test_a_bent_knee_slackens_the_hamstrings(rigid: Rigid) -> None:
    straight, bent = (moment(rigid, "hip_flexion", hip_flexion=80, knee_flexion=knee) for knee in (10, 80))
    assert straight < bent - 10


def test_hips_are_drawn_back_at_both_ends_of_their_range(rigid: Rigid) -> None:
    assert moment(rigid, "hip_flexion", hip_flexion=-20) > 5
    assert moment(rigid, "hip_flexion", hip_flexion=110) < -20


def test_nothing_else_is_moved_and_no_curve_runs_away(rigid: Rigid) -> None:
    found = passive_moments(rigid, at(rigid, hip_flexion=130, knee_flexion=-10))
    named = {rigid.coordinates[k].partition(":")[0] for k in np.flatnonzero(found[0])}
    assert named == {"hip_flexion", "knee_flexion"}
    assert np.abs(found).max() <= LIMIT_NM


def test_muscles_do_less_where_tissue_is_stretched() -> None:
    body = BodyModel()
    stand = standing(body, lean_rad=np.radians(60), lumbar_share=0.1)
    alone, helped = (carried(body, stand.q, touches=stand.touches, passive=passive) for passive in (False, True))
    assert helped.shared.cost[0] < alone.shared.cost[0]
