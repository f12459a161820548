"""The quick road of the whole-body ensemble: the same numbers as the slow one, in any order of threads; touches that come and go; drive."""

from dataclasses import replace

import numpy as np
import pytest
from carrying_slowly import by_numpy

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.person import Person, scaled
from hipspine.errors import ModelError
from hipspine.mechanics.carrying import SIDES, Touch, carried, situation
from hipspine.mechanics.carrying_effort import Effort
from hipspine.mechanics.carrying_ensemble import WHOLE_BODY, CarriedEnsemble, carried_ensemble
from hipspine.mechanics.carrying_lines import GLUTEUS_MAXIMUS
from hipspine.mechanics.carrying_standing import standing
from hipspine.mechanics.rigid import Rigid, postures
from hipspine.mechanics.rigid_loads import Force
from hipspine.mechanics.spread import range_over_members
from hipspine.terms import Region, Side

PERSON = Person(height_m=1.60, mass_kg=58.0, sex="female", pelvis_width_m=0.25)
READ = (
    *("activation", "hip_bw", "compression_n", "shear_n", "sij_normal_n", "sij_shear_n", "floor", "reserve"),
    *("muscle_nm", "left_nm", "contact_n", "held_nm", "gluteus_norm"),
)


@pytest.fixture(scope="module")
def body() -> BodyModel:
    return BodyModel()


def leaning(body: BodyModel, *, on: Side | None = None, frames: int = 3) -> tuple[np.ndarray, dict]:
    stands = [standing(body, on=on, lean_rad=lean, load_kg=12.0) for lean in np.linspace(0.0, 0.9, frames)]
    return np.concatenate([one.q for one in stands]), {"touches": stands[0].touches, "loads": stands[0].loads}


def lying(body: BodyModel, frames: int = 3) -> tuple[np.ndarray, dict]:
    """On the back, the right leg raised bit by bit, with a push against the left hand and a limit on what the right forearm carries."""
    share = np.linspace(0.0, 1.0, frames)
    q = postures(
        Rigid.of(body), {"pelvis_tilt": np.full(frames, np.pi / 2), "hip_flexion:right": 1.1 * share, "knee_flexion:right": 0.4 * share}
    )
    under = [("thorax", (-0.1, 0.2, z)) for z in (-0.1, 0.1)] + [("pelvis", (-0.13, 0.0, z)) for z in (-0.06, 0.06)]
    under += [("thigh:left", (-0.07, -0.2, 0.0)), ("shank:left", (-0.05, -0.1, 0.0)), ("upper_arm:left", (-0.04, -0.1, 0.0))]
    touches = [Touch(name, place) for name, place in under] + [Touch("forearm:right", (-0.04, -0.1, 0.0), limit_n=8.0)]
    return q, {"touches": touches, "loads": [Force("hand:left", (0.0, 25.0, 10.0))]}


def largest_gap(found: CarriedEnsemble, slow: dict[str, np.ndarray]) -> dict[str, float]:
    """Of each read-out, as a share of its largest value."""
    return {name: float(np.abs(getattr(found, name) - slow[name]).max() / max(np.abs(slow[name]).max(), 1e-6)) for name in READ}


# ----------------------------------------------------------------------------------------------------------------- two roads


@pytest.mark.parametrize("posture", ["two legs", "one leg of a small person", "lying"])
def test_the_quick_road_gives_the_numbers_of_the_slow_one(body, posture) -> None:
    person = PERSON if "small" in posture else None
    one = scaled(body, PERSON) if person else body
    q, asked = lying(one) if posture == "lying" else leaning(one, on=Side.LEFT if "one leg" in posture else None)
    found = carried_ensemble(one, q, **asked, person=person, samples=6, seed=3)
    slow = by_numpy(situation(one, q, **asked), spread=WHOLE_BODY, samples=6, seed=3, person=person)
    gaps = largest_gap(found, slow)
    assert max(gaps.values()) < 1e-9, gaps
    assert np.abs(found.residual).max() < 1e-8
    assert np.abs(slow["residual"]).max() < 1e-8


def test_touches_that_come_and_go_give_the_numbers_of_the_slow_road_and_nothing_while_they_are_off(body) -> None:
    q, asked = leaning(body, frames=4)
    active = np.ones((4, len(asked["touches"])), dtype=bool)
    active[1, :3] = active[2, 3:] = False  # once on the left foot, once on the right
    found = carried_ensemble(body, q, **asked, active=active, samples=5, seed=4)
    slow = by_numpy(situation(body, q, **asked, active=active), spread=WHOLE_BODY, samples=5, seed=4)
    assert max(largest_gap(found, slow).values()) < 1e-8  # on one foot this posture is out of balance: reserves carry hundreds of N m
    assert not found.contact_n[:, ~active].any()
    assert (found.contact_n[:, 0, :, 1].sum(axis=1) > 800).all()
    on_left = carried_ensemble(body, q[1:2], touches=asked["touches"][3:], loads=asked["loads"], samples=5, seed=4)
    assert np.abs(found.activation[:, 1] - on_left.activation[:, 0]).max() < 1e-8
    single = carried(body, q, **asked, active=active)
    assert not single.contact_n[~active].any()


def test_a_body_in_the_air_is_held_by_nothing(body) -> None:
    q, asked = leaning(body, frames=2)
    falls = {"touches": asked["touches"], "active": np.zeros((2, 6), dtype=bool), "accelerations": {"pelvis_ty": -9.80665}}
    found = carried_ensemble(body, q, **falls, samples=3)
    alone = carried_ensemble(body, q, **(falls | {"touches": [], "active": None}), samples=3)
    assert np.abs(alone.activation - found.activation).max() < 1e-9
    assert alone.contact_n.shape == (3, 2, 0, 3)
    assert not found.contact_n.any()
    assert found.reserve.max() < 1.0
    assert np.abs(found.muscle_nm - found.muscle_nm[:, :1]).max() < 1.0  # nothing weighs: only what works along


def test_a_body_with_one_gluteus_maximus_or_none_is_read_as_well(body) -> None:
    q, asked = leaning(body, frames=2)
    for kept in (1, 0):
        less = replace(body, fields=body.fields[:kept])
        found = carried_ensemble(less, q, **asked, samples=3, seed=2)
        slow = by_numpy(situation(less, q, **asked), spread=WHOLE_BODY, samples=3, seed=2)
        assert np.abs(found.activation - slow["activation"]).max() < 1e-9
        assert np.abs(found.hip_bw - slow["hip_bw"]).max() < 1e-9
        there = [side in {one.side for one in less.fields} for side in SIDES]
        assert np.isfinite(found.gluteus_norm).all(axis=(0, 1, 3)).tolist() == there


def test_threads_do_not_change_a_byte(body) -> None:
    q, asked = leaning(body)
    one, three = (carried_ensemble(body, q, **asked, samples=7, seed=1, workers=workers) for workers in (1, 3))
    for name in (*READ, "residual", "fibre_norm"):
        assert getattr(one, name).tobytes() == getattr(three, name).tobytes()


# ------------------------------------------------------------------------------------------------------------------ read-outs


def test_what_muscles_contacts_and_reserves_make_is_what_the_posture_needs(body) -> None:
    """With the joints where they are drawn the need differs a little; without draws of joints it is that of inverse dynamics."""
    q, asked = leaning(body)
    found = carried_ensemble(body, q, **asked, samples=3, spread=replace(WHOLE_BODY, joint_m=0.0))
    at = situation(body, q, **asked)
    pushed = np.einsum("qtac,mqta->mqc", at.jacobians, found.contact_n)
    assert np.abs(found.muscle_nm + found.left_nm + pushed[..., at.rows] - at.needed.moments[:, at.rows]).max() < 1e-9
    others = [at.rigid.coordinates.index(name) for name in found.held]
    assert {name.partition("_")[0] for name in found.held} == {"shoulder", "elbow"}
    assert np.abs(found.held_nm + pushed[..., others] - at.needed.moments[:, others]).max() < 1e-9
    assert found.moments_nm.shape == (3, 3, 2, 3)
    row = found.coordinates.index("hip_flexion:left")
    np.testing.assert_array_equal(found.moments_nm[:, :, 1, 0], found.muscle_nm[:, :, row])
    assert (found.moments_nm[:, -1, :, 0] < -40).all()  # the hips extend against the lean
    assert (found.lumbar_nm[:, -1, 0] < -40).all()


def test_fibre_lengths_of_the_body_lie_inside_the_range_of_the_members(body) -> None:
    q, asked = leaning(body)
    found = carried_ensemble(body, q, **asked, samples=40)
    own = np.stack([found.fibre_norm[:, :, found.groups.index(f"{GLUTEUS_MAXIMUS}/{region}")] for region in Region], axis=-1)
    assert np.abs(own - np.median(found.gluteus_norm, axis=0)).max() < 0.1
    assert (np.diff(own, axis=0) > 0).all()  # leaning forward lengthens every region
    assert np.allclose(own[:, 0], own[:, 1])
    single = carried(body, q, **asked)
    assert single.groups == found.groups
    assert np.isfinite(found.fibre_norm).all()


# --------------------------------------------------------------------------------------------------------------------- effort


def test_drive_is_kept_and_balanced_by_others(body) -> None:
    q, asked = leaning(body, frames=2)
    plain = carried_ensemble(body, q, **asked, samples=6)
    driven = carried_ensemble(body, q, **asked, samples=6, efforts=[Effort(GLUTEUS_MAXIMUS, least=0.4, side=Side.RIGHT)])
    assert (driven.of(GLUTEUS_MAXIMUS, Side.RIGHT) >= 0.4 - 1e-12).all()
    assert np.array_equal(driven.floor, plain.floor)
    assert (driven.of(GLUTEUS_MAXIMUS, Side.LEFT) < 0.4).any()
    against = driven.of("hip_flexors", Side.RIGHT)[:, 0] > plain.of("hip_flexors", Side.RIGHT)[:, 0] + 0.01
    assert against.all()
    assert driven.reserve.max() < 2
    slow = by_numpy(
        situation(body, q, **asked), spread=WHOLE_BODY, samples=6, seed=0,
        least=np.array([0.4 if name.startswith(GLUTEUS_MAXIMUS) and ":right" in name else 0.0 for name in _line_names(body, q)]),
    )  # fmt: skip
    assert max(largest_gap(driven, slow).values()) < 1e-9


def _line_names(body: BodyModel, q: np.ndarray) -> list[str]:
    """Names of all lines, those of gluteus maximus with their side."""
    fields = [f"{name}:{one.side}" for one in body.fields for name in one.names]
    return [*situation(body, q, touches=[]).lines.names, *fields]


def test_drive_may_be_drawn_and_may_change_in_time(body) -> None:
    q, asked = leaning(body, frames=2)
    found = carried_ensemble(body, q, **asked, samples=12, efforts=[Effort("gluteus_medius", least=[0.0, 0.3], most=[0.0, 0.6])])
    drawn = found.of("gluteus_medius", Side.LEFT)
    assert drawn[:, 0].max() < 0.3
    assert ((drawn[:, 1] > 0.3) & (drawn[:, 1] < 0.75)).all()
    assert np.ptp(drawn[:, 1]) > 0.1


def test_drive_that_nothing_can_balance_is_told(body) -> None:
    """Calf and hamstrings of both legs with nearly all they have: no posture of standing holds that."""
    q, asked = leaning(body, frames=1)
    found = carried_ensemble(body, q, **asked, samples=4, efforts=[Effort("calf", least=0.95), Effort("hamstrings", least=0.95)])
    assert (found.reserve > 1).any()
    assert any("is left over" in one for one in found.sentences())


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"efforts": [Effort("wing", least=0.2)]}, "no muscle group 'wing' to drive"),
        ({"efforts": [Effort("calf", least=1.0)]}, "effort of calf is 1.0; give a share from 0 to 0.95"),
        ({"efforts": [Effort("calf", least=[0.1, 0.1, 0.1])]}, "one for each of 2 postures"),
        ({"active": np.ones((1, 6), dtype=bool)}, "active has shape"),
        ({"active": np.ones((2, 6))}, "active has shape"),
    ],
)
def test_what_cannot_be_driven_or_touched_is_named(body, asked, says) -> None:
    q, given = leaning(body, frames=2)
    with pytest.raises(ModelError, match=says):
        carried_ensemble(body, q, **given, **asked, samples=2)


def test_sides_stand_in_their_order(body) -> None:
    assert SIDES == (Side.RIGHT, Side.LEFT)
    q, asked = leaning(body, on=Side.RIGHT, frames=1)
    found = carried_ensemble(body, q, **asked, samples=3)
    assert (found.moments_nm[:, 0, 0, 1] < found.moments_nm[:, 0, 1, 1]).all()  # the right hip abducts: minus is abduction


# ----------------------------------------------------------------------------------------------------------------- reading ranges


def test_ranges_are_those_of_numpy_whatever_is_missing() -> None:
    dice = np.random.default_rng(0)
    for share in (0.0, 0.3, 0.97):
        values = dice.normal(size=(40, 30, 2))
        values[dice.random(values.shape) < share] = np.nan
        some = ~np.isnan(values).all(axis=0)
        low, median, high = np.nanquantile(values[:, some], [0.05, 0.5, 0.95], axis=0)
        for ours, theirs in zip(range_over_members(values), (median, low, high), strict=True):
            assert np.allclose(ours[some], theirs, atol=1e-13)
            assert np.isnan(ours[~some]).all()
