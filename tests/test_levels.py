"""Lumbar discs that turn one by one: the same posture and movement, and moments that add up to those of the whole spine."""

from dataclasses import replace

import numpy as np
import pytest

from hipspine.anatomy.body_model import BodyModel
from hipspine.mechanics.carrying import carried, situation
from hipspine.mechanics.carrying_standing import standing
from hipspine.mechanics.levels import LUMBAR, apart, moved_apart
from hipspine.mechanics.rigid import Rigid, placed
from hipspine.mechanics.rigid_dynamics import dynamics


@pytest.fixture(scope="module")
def body() -> BodyModel:
    return BodyModel()


def test_the_levels_stand_where_the_whole_spine_puts_them_and_ask_the_same_in_sum(body) -> None:
    """Virtual work: the moment of a shared bend is that of the discs, each by its share."""
    dice = np.random.default_rng(3)
    whole, levels = Rigid.of(body, limits=False), Rigid.of(apart(body), limits=False)
    count = len(whole.coordinates)
    q, speed, rise = dice.uniform(-0.3, 0.3, (4, count)), dice.normal(0, 1, (4, count)), dice.normal(0, 4, (4, count))
    given = moved_apart(body, whole, levels, q, speed, rise)
    assert np.abs(placed(whole, q).position_m - placed(levels, given[0]).position_m).max() < 1e-12
    asked, each = dynamics(whole, q, speed, rise), dynamics(levels, *given)
    shares = {one.name: one.follows[1].values[0] for one in body.coordinates if one.follows is not None}
    for bend in LUMBAR:
        own = [k for k, name in enumerate(levels.coordinates) if name.startswith(bend)]
        total = sum(shares[levels.coordinates[k]] * each.moments[:, k] for k in own)
        assert len(own) == 5
        assert np.abs(total - asked.moments[:, whole.coordinates.index(bend)]).max() < 1e-9
    same = [name for name in whole.coordinates if not name.startswith("lumbar")]
    columns = ([one.coordinates.index(name) for name in same] for one in (whole, levels))
    assert np.abs(asked.moments[:, next(columns)] - each.moments[:, next(columns)]).max() < 1e-9


def test_the_lowest_disc_holds_what_lies_above_it_by_the_free_body(body) -> None:
    """The second road: weights above the disc times their distance forward of it."""
    stand = standing(body, lean_rad=0.7)
    at = situation(body, stand.q, touches=stand.touches)
    names = [link.segment.name for link in at.rigid.tree]
    disc = at.where.position_m[0, names.index("L5")]
    above = [k for k, name in enumerate(names) if name.startswith(("L1", "L2", "L3", "L4", "L5", "thorax", "upper_arm", "forearm", "hand"))]
    moment = 0.0
    for k in above:
        centre = at.where.position_m[0, k] + at.where.rotation[0, k] @ np.array(at.rigid.tree[k].segment.mass_centre_m)
        moment += at.rigid.tree[k].segment.mass_kg * 9.80665 * (centre[0] - disc[0])
    asked = at.needed.moments[0, at.rigid.coordinates.index("lumbar_flexion:L5_S1")]
    assert asked == pytest.approx(-moment, rel=1e-9)


def test_a_body_whose_discs_do_not_follow_the_spine_stays_as_it_is(body) -> None:
    assert apart(apart(body)) is apart(body)
    stiff = replace(body, coordinates=tuple(replace(one, follows=None) for one in body.coordinates))
    assert apart(stiff) is stiff


def test_the_lowest_disc_carries_more_than_a_spine_balanced_as_one_says(body, monkeypatch) -> None:
    stand = standing(body, lean_rad=0.7)
    found = carried(body, stand.q, touches=stand.touches)
    monkeypatch.setattr("hipspine.mechanics.carrying.apart", lambda one: one)
    before = carried(body, stand.q, touches=stand.touches)
    assert 1.15 < float(found.disc.compression_n[0] / before.disc.compression_n[0]) < 1.45
