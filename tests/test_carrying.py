"""What a posture asks of the whole body: nothing is lost, two roads agree, and ranges hold what is not known."""

import json
from dataclasses import replace

import numpy as np
import pytest
from carrying_slowly import Turns
from loose_joints import with_slides

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.gluteus_maximus import gluteus_maximus
from hipspine.anatomy.person import Person, scaled
from hipspine.errors import HipspineError, ModelError
from hipspine.mechanics import carrying_glutei, carrying_member, spread
from hipspine.mechanics.carrying import SIDES, Touch, carried, situation
from hipspine.mechanics.carrying_ensemble import WHOLE_BODY, carried_ensemble
from hipspine.mechanics.carrying_standing import standing
from hipspine.mechanics.fibre import Curve
from hipspine.mechanics.joint_forces import joint_force, on_segments
from hipspine.mechanics.rigid import Rigid, mass_centre, placed, points
from hipspine.mechanics.rigid_dynamics import inverse_dynamics
from hipspine.mechanics.rigid_loads import Force
from hipspine.mechanics.sacroiliac import JointPlane
from hipspine.mechanics.sharing import Status
from hipspine.mechanics.spread import Draw, Spread, TrunkDraw
from hipspine.terms import Side
from hipspine.workflows.body_stand import stand_document

G = 9.80665
SURE = Spread(
    force=(1.0, 1.0), exponent=(2.0, 2.0), floor=(0.01, 0.01), fibre=(1.0, 1.0), place_m=0.0, joint_m=0.0,
    friction=(0.6, 0.6), sacral_slope_deg=(40.0, 0.0),
)  # fmt: skip


@pytest.fixture(scope="module")
def body() -> BodyModel:
    return BodyModel()


@pytest.fixture(scope="module")
def lifting(body):
    """Leaning on two feet with a load in the hands."""
    stand = standing(body, lean_rad=np.radians(40), load_kg=15.0)
    return stand, carried(body, stand.q, touches=stand.touches, loads=stand.loads)


@pytest.fixture(scope="module")
def on_right(body):
    stand = standing(body, on=Side.RIGHT)
    return stand, carried(body, stand.q, touches=stand.touches)


# ------------------------------------------------------------------------------------------------------------- nothing is lost


def test_the_ground_carries_body_and_load_and_pushes_to_no_side(body, lifting) -> None:
    stand, found = lifting
    weight = (Rigid.of(body).mass_kg + stand.load_kg) * G
    total = found.contact_n[0].sum(axis=0)
    assert total[1] == pytest.approx(weight, abs=0.1)
    assert np.abs(total[[0, 2]]).max() < 0.1
    assert found.contact_n[0, :3].sum(axis=0)[1] == pytest.approx(weight / 2, rel=1e-4)  # each foot half


def test_hips_disc_and_sacroiliac_joints_carry_what_locks_against_giving_way_would_hold(body, lifting) -> None:
    """The second road: the same body with slides in these joints, held; everything else as forces through its Jacobians."""
    stand, found = lifting
    joints = ("hip:right", "hip:left", "L5_S1", "sacroiliac")
    loose = Rigid.of(with_slides(body, joints))
    names = [touch.segment for touch in stand.touches]
    outside = on_segments(loose, names, found.contact_n)
    pushing = [Force(name, found.muscles_n[:, k] + outside[:, k]) for k, name in enumerate(loose.segments)]
    wide = np.concatenate([stand.q, np.zeros((1, 3 * len(joints)))], axis=1)
    held = inverse_dynamics(loose, wide, loads=[*stand.loads, *pushing])
    where = placed(loose, wide)

    def lock(name: str) -> np.ndarray:
        return held[:, [loose.coordinates.index(f"{name}/{k}") for k in range(3)]]

    pelvis = where.rotation[:, loose.segment("pelvis")]
    for k, side in enumerate(SIDES):
        assert np.abs(np.einsum("qij,qj->qi", pelvis, lock(f"hip:{side}")) - found.hip_n[:, k]).max() < 1e-6
    disc = lock("L5_S1")[0]  # sacrum's axes, which are the pelvis's
    assert np.linalg.norm(disc) == pytest.approx(np.hypot(found.disc.compression_n, found.disc.shear_n)[0], rel=1e-9)
    # what the hip bones must do to the sacrum with all above it is minus what the sacrum is driven with
    assert np.abs(lock("sacroiliac") + found.sacrum_n).max() < 1e-6


def test_both_sacroiliac_joints_together_hold_what_drives_the_sacrum(lifting, on_right) -> None:
    plane = JointPlane()
    for _, found in (lifting, on_right):
        sides = [
            (found.sacroiliac.normal_n[:, k, None] * plane.normal + found.sacroiliac.shear_n[:, k] @ np.stack([plane.forward, plane.up]))
            * [1, 1, mirror]
            for k, mirror in enumerate((1.0, -1.0))
        ]
        assert np.abs(sides[0] + sides[1] - found.sacrum_n).max() < 1e-6


def test_nothing_holds_the_body_but_its_contacts(body, lifting) -> None:
    stand, found = lifting
    at = situation(body, stand.q, touches=stand.touches, loads=stand.loads)
    outside = on_segments(at.rigid, [touch.segment for touch in stand.touches], found.contact_n)
    assert np.abs(joint_force(at.rigid, "ground_pelvis", at.needed, muscles=found.muscles_n, contacts=outside)).max() < 0.1


def test_muscles_and_contacts_hold_the_posture_and_the_certificate_says_so(lifting) -> None:
    found = lifting[1]
    assert np.abs(found.shared.reserve).max() < 0.3
    assert found.shared.residual.max() < 1e-8
    assert found.shared.status.tolist() == [Status.SOLVED]
    assert found.sentences() == ()


def test_moving_upwards_asks_the_ground_for_weight_and_inertia(body) -> None:
    stand = standing(body)
    rises = {"pelvis_ty": 2.0}
    found = carried(body, stand.q, touches=stand.touches, accelerations=rises)
    assert found.contact_n[0].sum(axis=0)[1] == pytest.approx(Rigid.of(body).mass_kg * (G + 2.0), abs=0.2)


# ------------------------------------------------------------------------------------------------- what must not matter, what must


def test_the_left_is_the_mirror_of_the_right(body, on_right) -> None:
    stand = standing(body, on=Side.LEFT)
    left = carried(body, stand.q, touches=stand.touches)
    assert np.allclose(left.hip_bw[:, ::-1], on_right[1].hip_bw, atol=1e-6)
    assert np.allclose(left.activation[:, ::-1], on_right[1].activation, atol=1e-6)
    assert np.allclose(left.sacroiliac.normal_n[:, ::-1], on_right[1].sacroiliac.normal_n, atol=1e-4)


def test_a_line_cut_into_two_halves_carries_the_same(body, on_right) -> None:
    first, *rest = (line for line in body.lines if line.name.startswith("gluteus_medius/anterior:right"))
    assert not rest
    halves = tuple(replace(first, name=f"{first.name}/{k}", max_force_n=first.max_force_n / 2) for k in range(2))
    cut = replace(body, lines=(*(line for line in body.lines if line is not first), *halves))
    stand, whole = on_right
    found = carried(cut, stand.q, touches=stand.touches)
    assert np.allclose(found.hip_bw, whole.hip_bw, atol=1e-6)
    assert np.allclose(found.of("gluteus_medius", Side.RIGHT), whole.of("gluteus_medius", Side.RIGHT), atol=1e-6)


def test_standing_is_balanced_over_the_feet_and_the_load_counts(body) -> None:
    stand = standing(body, lean_rad=np.radians(50), load_kg=20.0)
    rigid = Rigid.of(body)
    where = placed(rigid, stand.q)
    hands = points(rigid, where, [(load.segment, load.at_m) for load in stand.loads])[0].mean(axis=0)
    centre = (mass_centre(rigid, stand.q)[0] * rigid.mass_kg + hands * 20.0) / (rigid.mass_kg + 20.0)
    heel, ball = points(rigid, where, [(touch.segment, touch.at_m) for touch in stand.touches[:2]])[0]
    assert centre[0] == pytest.approx((heel[0] + ball[0]) / 2, abs=1e-5)
    assert heel[1] == pytest.approx(ball[1], abs=1e-9)  # the sole lies flat
    pelvis_and_trunk = np.degrees(stand.q[0, rigid.coordinates.index("lumbar_flexion")] - stand.q[0, 0])
    assert pelvis_and_trunk == pytest.approx(50.0)


def test_the_hip_that_stands_carries_much_more_than_the_other_and_abductors_work(on_right) -> None:
    _, found = on_right
    right, left = found.hip_bw[0]
    assert right > 2.0 > 1.0 > left
    assert found.of("gluteus_medius", Side.RIGHT)[0] > 3 * found.of("gluteus_medius", Side.LEFT)[0]


def test_leaning_and_lifting_load_the_disc_more_and_the_back_works_more(body) -> None:
    compression, back = [], []
    for lean, load in ((0, 0), (25, 0), (50, 0), (50, 20)):
        stand = standing(body, lean_rad=np.radians(lean), load_kg=load)
        found = carried(body, stand.q, touches=stand.touches, loads=stand.loads)
        compression.append(found.disc.compression_n[0])
        back.append(found.of("erector_spinae", Side.RIGHT)[0])
    assert np.all(np.diff(compression) > 100)
    assert np.all(np.diff(back) > 0)


def test_leaning_over_the_leg_that_stands_unloads_its_hip(body) -> None:
    upright, over = (standing(body, on=Side.RIGHT, bend_rad=np.radians(bend)) for bend in (0, 10))
    hips = [carried(body, one.q, touches=one.touches).hip_bw[0, 0] for one in (upright, over)]
    assert hips[1] < hips[0] - 0.2


# ---------------------------------------------------------------------------------------------------------------------- ensemble


def test_with_nothing_unknown_but_the_curve_every_member_is_a_single_answer(body, lifting, monkeypatch) -> None:
    monkeypatch.setattr(spread, "members", lambda: 0)  # the line field of the body itself, whether or not there are others
    stand, _ = lifting
    asked = {"touches": stand.touches, "loads": stand.loads}
    found = carried_ensemble(body, stand.q, **asked, samples=6, spread=SURE)
    single = [carried(body, stand.q, **asked, curve=curve, sacral_slope_rad=np.radians(40)) for curve in Curve]
    apart = np.stack([np.abs(found.activation - one.activation).max(axis=(1, 2, 3)) for one in single])
    curve = apart.argmin(axis=0)
    assert set(curve) == {0, 1}  # both are drawn
    assert apart.min(axis=0).max() < 1e-9
    for member, which in enumerate(curve):
        assert np.allclose(found.hip_bw[member], single[which].hip_bw, atol=1e-9)
        assert np.allclose(found.compression_n[member], single[which].disc.compression_n, atol=1e-6)


def test_the_same_seed_gives_the_same_numbers_and_another_one_others(body) -> None:
    stand = standing(body, on=Side.RIGHT)
    one, again, other = (carried_ensemble(body, stand.q, touches=stand.touches, samples=4, seed=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one.hip_bw, again.hip_bw)
    np.testing.assert_array_equal(one.activation, again.activation)
    assert not np.array_equal(one.hip_bw, other.hip_bw)


def test_every_member_is_proven_and_the_range_holds_the_middle(body) -> None:
    stand = standing(body, lean_rad=np.radians(40))
    found = carried_ensemble(body, stand.q, touches=stand.touches, samples=40, seed=1)
    assert found.residual.max() < 1e-8
    assert np.isfinite(found.activation).all()
    median, low, high = found.range_of("erector_spinae", Side.RIGHT)
    assert low[0] < median[0] < high[0]
    assert np.allclose(found.of("hamstrings", Side.LEFT), found.of("hamstrings", Side.RIGHT), atol=1e-6)  # drawn alike
    assert found.agreement("erector_spinae", "gluteus_medius", Side.RIGHT)[0] > 0.8
    assert -1 <= found.rank_stability(("hamstrings", "erector_spinae", "gluteus_medius"), Side.RIGHT)[0] <= 1
    assert found.floor.min() >= WHOLE_BODY.floor[0] - 1e-12
    assert found.floor.max() <= WHOLE_BODY.floor[1] + 1e-12


def test_a_member_without_proof_counts_nowhere_and_none_with_proof_is_an_error(body, monkeypatch) -> None:
    stand = standing(body)
    asked = {"touches": stand.touches, "samples": 4}
    carry, calls = carrying_member.carry_frames, []

    def unsure(*given):
        calls.append(1)
        carry(*given)
        if len(calls) <= failing:
            given[-1].residual[:] = 1.0

    monkeypatch.setattr(carrying_member, "carry_frames", unsure)
    failing = 1
    found = carried_ensemble(body, stand.q, **asked)
    assert np.isnan(found.hip_bw).any(axis=(1, 2)).tolist() == [True, False, False, False]
    assert all(np.isfinite(end).all() for end in found.range_of("hamstrings", Side.LEFT))
    assert found.agreement("hamstrings", "hamstrings", Side.LEFT)[0] == 0.0
    assert found.rank_stability(("hamstrings", "calf", "gluteus_medius"), Side.LEFT)[0] <= 1 + 1e-12
    calls.clear()
    failing = 4
    with pytest.raises(ModelError, match="no certified answer in any of 4 bodies"):
        carried_ensemble(body, stand.q, **asked)
    calls.clear()
    partly = carried_ensemble(body, stand.q, **asked, partly=True)
    assert partly.unproven.tolist() == [True]
    assert "no certified answer in any of 4 bodies for 1 of 1 postures" in partly.sentences()[0]
    assert all(np.isnan(end).all() for end in partly.range_of("hamstrings", Side.LEFT))
    assert np.isnan(partly.agreement("hamstrings", "calf", Side.LEFT)).all()
    assert np.isnan(partly.rank_stability(("hamstrings", "calf", "gluteus_medius"), Side.LEFT)).all()
    assert np.isnan(partly.held_nm).all()


def still(kinds: int) -> Draw:
    return Draw(None, np.zeros((kinds, 3)), np.zeros(3), np.ones(kinds), np.ones(kinds + 1), Curve.THELEN, 2.0, 0.01, np.zeros((3, 3)))


def nothing(lumbar: np.ndarray) -> TrunkDraw:
    return TrunkDraw(lumbar, 0.6, 0.7, JointPlane())


def test_a_muscle_that_runs_elsewhere_has_the_arms_of_the_shifted_line(body) -> None:
    """The second road: points and surfaces are moved and the paths worked out anew; in standing all frames are parallel."""
    q = np.zeros((1, len(Rigid.of(body).coordinates)))
    at = situation(body, q, touches=[])
    turns, kinds = Turns.of(at), sorted(set(at.lines.muscles))
    shift = np.array([0.004, -0.003, 0.005])
    muscle = "multifidus"
    drawn = still(len(kinds))
    drawn.shift_m[kinds.index(muscle)] = shift

    def elsewhere(line):
        side = shift * [1, 1, -1 if line.side is Side.LEFT else 1]
        return replace(line, points=tuple(replace(p, position_m=tuple(np.array(p.position_m) + side)) for p in line.points))

    assert all(not line.wraps for line in body.lines if line.muscle == muscle)
    moved = replace(body, lines=tuple(elsewhere(line) if line.muscle == muscle else line for line in body.lines))
    expected = situation(moved, q, touches=[]).lines.arms_m
    found = turns.moved(at.lines, drawn, nothing(np.zeros(3))).arms_m
    assert np.abs(found - at.lines.arms_m).max() > 1e-3
    assert np.abs(found - expected).max() < 1e-9


def test_a_joint_that_lies_elsewhere_changes_muscles_contacts_and_weight_alike(body) -> None:
    """The second road: the joints are moved in the body, segments stay where they are; everything is worked out anew."""
    rigid = Rigid.of(body)
    q = np.zeros((1, len(rigid.coordinates)))
    touches = [Touch("foot:right", (0.05, -0.07, 0.0)), Touch("hand:left", (0.0, -0.1, 0.0))]
    load = Force("hand:right", (10.0, -80.0, 5.0))
    at = situation(body, q, touches=touches, loads=[load])
    turns, kinds = Turns.of(at), sorted(set(at.lines.muscles))
    hip, lumbar = np.array([0.004, 0.006, -0.003]), np.array([0.005, -0.002, 0.0])
    drawn = replace(still(len(kinds)), joint_m=hip)

    def elsewhere(joint):
        shift = lumbar if joint.name in ("L5_S1", "L4_L5", "L3_L4", "L2_L3", "L1_L2") else np.zeros(3)
        if joint.name.startswith("hip:"):
            shift = hip * [1, 1, -1 if joint.name.endswith("left") else 1]
        return replace(
            joint,
            parent_position=tuple(np.array(joint.parent_position) + shift),
            child_position=tuple(np.array(joint.child_position) + shift),
        )

    other = situation(replace(body, joints=tuple(map(elsewhere, body.joints))), q, touches=touches, loads=[load])
    assert np.abs(other.where.position_m - at.where.position_m).max() < 1e-12
    trunk = nothing(lumbar)
    assert np.abs(turns.moved(at.lines, drawn, trunk).arms_m - other.lines.arms_m).max() < 1e-9
    assert np.abs(turns.pushed(at.jacobians, drawn, trunk) - other.jacobians).max() < 1e-9
    assert np.abs(turns.needed(at.needed.moments, drawn, trunk) - other.needed.moments).max() < 1e-7
    assert np.abs(other.needed.moments - at.needed.moments).max() > 0.5


def test_a_person_of_another_size_stands_as_well(body) -> None:
    person = Person(height_m=1.60, mass_kg=55.0, sex="female")
    small = scaled(body, person)
    stand = standing(small, on=Side.RIGHT)
    found = carried_ensemble(small, stand.q, touches=stand.touches, person=person, samples=5)
    assert ((found.hip_bw[:, 0, 0] > 2) & (found.hip_bw[:, 0, 0] < 6)).all()
    with pytest.raises(ModelError, match="give that person"):
        carried_ensemble(small, stand.q, touches=stand.touches, samples=5)


def test_members_of_the_line_field_get_the_size_of_the_person(body, monkeypatch) -> None:
    """A pool of one member that is the best field: in a person's size it must be the person's own field."""
    person = Person(height_m=1.60, mass_kg=55.0, sex="female", pelvis_width_m=0.25)
    small = scaled(body, person)
    stand = standing(small, on=Side.LEFT)
    monkeypatch.setattr(spread, "members", lambda: 0)
    own = carried_ensemble(small, stand.q, touches=stand.touches, person=person, samples=3)
    monkeypatch.setattr(spread, "members", lambda: 1)
    monkeypatch.setattr(carrying_glutei, "gluteus_maximus", lambda *, member, side: gluteus_maximus(side=side))
    carrying_glutei.pool.cache_clear()
    found = carried_ensemble(small, stand.q, touches=stand.touches, person=person, samples=3)
    carrying_glutei.pool.cache_clear()
    np.testing.assert_array_equal(found.activation, own.activation)


# ---------------------------------------------------------------------------------------------------------------- document, errors


def test_the_document_holds_every_range_and_claims_only_what_most_members_agree_on() -> None:
    found = stand_document(one_leg="right", samples=12, seed=2)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["tier"] == "load"
    ranges = [found["l5s1_compression_n"], found["l5s1_shear_n"]]
    for side in Side:
        one = found["sides"][side]
        ranges += [one[key] for key in ("hip_contact_bw", "hip_contact_n", "sij_compression_n", "sij_shear_n")]
        ranges += [*one["regions"].values(), *one["muscles"].values()]
    assert all(one["low"] <= one["median"] <= one["high"] for one in ranges)
    assert found["sides"]["right"]["carries"] is True
    assert found["sides"]["left"]["carries"] is False
    assert all(one["agreement"] >= 0.8 for one in found["claims"])
    assert all(one["agreement"] < 0.8 for one in found["not_claimed"])
    assert any("Bergmann" in source for source in found["sources"])
    least, along, bent = (one["hip_contact_bw"] for one in found["effects"])
    assert bent < least < along
    assert found == stand_document(one_leg="right", samples=12, seed=2)


def test_muscles_that_cannot_hold_a_load_are_told_with_their_share_of_bodies() -> None:
    found = stand_document(lean_deg=70, load_kg=100, samples=5)
    assert found["reserves"]["share_of_bodies_that_cannot"] == 1.0
    assert "cannot hold" in found["reserves"]["sentence"]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"one_leg": "middle"}, "right or left"),
        ({"lean_deg": 90}, "lean is 90 degrees; give 0 to 70"),
        ({"lean_deg": float("nan")}, "lean is nan"),
        ({"load_kg": -1}, "load is -1 kg; give 0 to 100"),
        ({"load_kg": float("inf")}, "load is inf"),
        ({"mass_kg": 0}, "mass_kg is 0"),
        ({"height_m": float("nan")}, "height_m is nan"),
        ({"sex": "none"}, "sex is 'none'"),
        ({"samples": 1}, "2 to 5000 samples"),
        ({"seed": -1}, "seed of 0 or more"),
    ],
)
def test_what_nobody_can_stand_is_refused_in_one_sentence(asked, says) -> None:
    with pytest.raises(HipspineError, match=says) as refused:
        stand_document(**asked)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda b, s: carried(b, s.q, touches=[Touch("wing", (0.0, 0.0, 0.0))]), "no segment 'wing'"),
        (lambda b, s: carried(b, s.q, touches=[Touch("hand:left", (np.nan, 0.0, 0.0))]), "three finite numbers"),
        (lambda b, s: carried(b, s.q * np.nan, touches=s.touches), "give a finite number"),
        (lambda b, s: carried(b, s.q, touches=s.touches, friction=-1), "friction"),
        (lambda b, s: carried(b, s.q, touches=s.touches).of("wing", Side.LEFT), "no muscle group 'wing'"),
        (lambda b, s: carried_ensemble(b, s.q, touches=s.touches, samples=1), "2 samples or more"),
        (lambda b, s: standing(b, lumbar_share=2.0), "lumbar share is 2"),
    ],
)
def test_what_cannot_be_asked_is_named(body, call, says) -> None:
    with pytest.raises(ModelError, match=says):
        call(body, standing(body))
