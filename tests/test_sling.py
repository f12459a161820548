"""The posterior oblique sling: a string that only pulls, an effect that is a range, and nothing of it unless somebody asks."""

import numpy as np
import pytest

from hipspine.anatomy.gluteus_maximus import gluteus_maximus
from hipspine.errors import ModelError
from hipspine.mechanics import sling as slings
from hipspine.mechanics.posture import Posture
from hipspine.mechanics.sacroiliac import JointPlane
from hipspine.mechanics.sacroiliac_data import assumption, number

NEUTRAL = Posture.of(hip_flexion_deg=0.0)


def test_the_sling_is_off_and_its_prior_is_said_to_be_an_assumption():
    assert slings.ON_BY_DEFAULT is False
    prior = assumption("sling_share")
    assert (prior.low, prior.high) == (0.0, 0.3)
    assert "assumption" in prior.reason


def test_a_tight_latissimus_presses_the_other_joint_and_turns_the_thigh_outwards_as_was_seen():
    effect = slings.sling(gluteus_maximus(), NEUTRAL)
    assert effect.tension_n == pytest.approx(np.array([0.0, 0.15, 0.3]) * number("J034"))
    assert (np.diff(effect.normal_n) > 0).all()
    assert (effect.normal_n[1:] < effect.tension_n[1:]).all()
    rotation = effect.moment_nm[:, slings.moment_names().index("hip_rotation")]
    assert rotation[0] == 0
    assert (rotation[1:] < 0).all()


def test_the_effect_grows_in_proportion_to_share_and_pull():
    field, share = gluteus_maximus(), np.linspace(0, 0.3, 7)
    one, two = (slings.sling(field, NEUTRAL, share=share, latissimus_n=force) for force in (100.0, 200.0))
    assert two.normal_n == pytest.approx(2 * one.normal_n)
    assert two.moment_nm == pytest.approx(2 * one.moment_nm)
    assert one.normal_n == pytest.approx(share / 0.3 * one.normal_n[-1])


def test_a_string_does_not_push():
    slack = slings.sling(gluteus_maximus(), NEUTRAL, latissimus_n=-50.0)
    assert not slack.tension_n.any()
    assert not slack.normal_n.any()
    assert not slack.moment_nm.any()


def test_on_a_tilted_joint_it_presses_less():
    field = gluteus_maximus()
    flat, tilted = (slings.sling(field, NEUTRAL, plane=plane).normal_n[-1] for plane in (JointPlane(), JointPlane(0.5, 0.0)))
    assert tilted < flat


@pytest.mark.parametrize(("given", "said"), [
    ({"share": [0.1, 1.2]}, "share of the sling is 1.2"),
    ({"share": [np.nan]}, "share of the sling is nan"),
    ({"latissimus_n": np.inf}, "give a finite number"),
    ({"posture": Posture.of(hip_flexion_deg=[0, 10])}, "2 postures at once"),
])  # fmt: skip
def test_bad_input_is_refused_in_one_sentence(given, said):
    posture = given.pop("posture", NEUTRAL)
    with pytest.raises(ModelError, match=said):
        slings.sling(gluteus_maximus(), posture, **given)
