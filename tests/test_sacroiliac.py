"""The sacroiliac joint: two roads to one projection, an ensemble that meets the cadavers, a ring that is in balance."""

import json
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import nnls

from hipspine.anatomy.gluteus_maximus import gluteus_maximus
from hipspine.errors import InputError, ModelError
from hipspine.evidence import tables
from hipspine.mechanics import sacroiliac as sij
from hipspine.mechanics import sacroiliac_data as data
from hipspine.mechanics import sacroiliac_ring as pelvis
from hipspine.mechanics.arms import moment_arms, rotations
from hipspine.mechanics.posture import Posture
from hipspine.mechanics.sacroiliac_ensemble import Variant, gluteus_maximus_ensemble, interval
from hipspine.terms import Side
from hipspine.workflows.sacroiliac import document

NEUTRAL = Posture.of(hip_flexion_deg=0.0)
tilts = st.floats(-0.7, 0.7)


def directions(rng, size):
    unit = rng.normal(size=(size, 3))
    return unit / np.linalg.norm(unit, axis=-1, keepdims=True)


@given(tilts, tilts)
def test_the_axes_of_a_joint_plane_are_square_and_of_length_one(about_vertical, about_forward):
    plane = sij.JointPlane(about_vertical, about_forward)
    axes = np.stack([plane.normal, plane.forward, plane.up])
    assert np.abs(axes @ axes.T - np.eye(3)).max() < 1e-12
    assert plane.up[1] > 0
    assert plane.forward[0] > 0
    assert plane.normal[2] > 0


def test_a_tilted_plane_looks_where_it_should():
    assert sij.JointPlane(0.4, 0.0).normal[0] < 0  # the face of the sacrum looks back: its front edge lies further out
    assert sij.JointPlane(0.0, 0.2).normal[1] < 0  # a wedge: its upper edge lies further out
    down = sij.on_joint([0.0, -100.0, 0.0], sij.JointPlane(0.0, 0.2))
    assert down.normal_n == pytest.approx(100 * np.sin(0.2))  # weight presses a wedge in


@pytest.mark.parametrize("seed", range(5))
def test_projection_and_virtual_displacement_agree(seed):
    rng = np.random.default_rng(seed)
    origin, unit, tension = rng.normal(scale=0.1, size=(12, 3)), directions(rng, 12), rng.uniform(0, 300, 12)
    plane = sij.JointPlane(*rng.uniform(-0.6, 0.6, 2))
    one, other = sij.on_joint(tension @ unit, plane), sij.by_virtual_displacement(origin, unit, tension, plane)
    assert other.normal_n == pytest.approx(float(one.normal_n), abs=1e-4)
    assert other.shear_n == pytest.approx(one.shear_n, abs=1e-4)


def test_compression_and_shear_together_are_the_whole_force():
    rng = np.random.default_rng(1)
    force, plane = rng.normal(scale=100, size=(50, 3)), sij.JointPlane(0.3, -0.1)
    carried = sij.on_joint(force, plane)
    assert np.hypot(carried.normal_n, carried.shear_size_n) == pytest.approx(np.linalg.norm(force, axis=-1))


def test_what_opens_the_joint_needs_infinite_friction():
    assert sij.on_joint([0.0, 10.0, -5.0], sij.JointPlane()).ratio() == np.inf


@pytest.mark.parametrize("angles", [(0, 0, 0), (60, 0, 0), (30, -20, 15)])
def test_the_pull_on_the_sacrum_has_the_moment_of_the_lines_arms(angles):
    field = gluteus_maximus()
    posture = Posture.of(hip_flexion_deg=angles[0], hip_adduction_deg=angles[1], hip_rotation_deg=angles[2])
    on_femur = -sij.pull_on_sacrum(field, posture)[0]
    axes = rotations(posture.hip())[1][0]
    assert np.cross(field.origin_m, on_femur) @ axes.T == pytest.approx(moment_arms(field, posture).m[0], abs=1e-9)
    assert np.linalg.norm(on_femur, axis=-1) == pytest.approx(np.ones(field.u.size))


def test_fascicles_leave_the_sacrum_at_the_slope_that_was_asked_for():
    field = gluteus_maximus()
    for slope in (0.0, 0.5, 1.2):
        pull = sij.pull_on_sacrum(field, NEUTRAL, fascicles=sij.Fascicles(slope, 0.0))[0]
        assert np.arctan2(-pull[:, 1], np.hypot(pull[:, 0], pull[:, 2])) == pytest.approx(np.full(field.u.size, slope))
        assert np.abs(pull[:, 0]).max() < 1e-9  # straight to the side


def test_fascicles_at_their_own_slope_and_heading_change_nothing_in_any_posture():
    field, bent = gluteus_maximus(), Posture.of(hip_flexion_deg=[0, 45, 90])
    own = sij.pull_on_sacrum(field, NEUTRAL)[0]
    slope = np.arctan2(-own[:, 1], np.hypot(own[:, 0], own[:, 2]))
    line = 5
    turned = sij.pull_on_sacrum(field, bent, fascicles=sij.Fascicles(float(slope[line]), 1.0))[:, line]
    assert turned == pytest.approx(sij.pull_on_sacrum(field, bent)[:, line], abs=1e-12)


def test_turned_pulls_keep_their_length_and_their_change_with_posture():
    field, bent = gluteus_maximus(), Posture.of(hip_flexion_deg=[0, 45, 90])
    plain, turned = (sij.pull_on_sacrum(field, bent, fascicles=f) for f in (None, sij.Fascicles(0.67, 0.5)))
    assert np.linalg.norm(turned, axis=-1) == pytest.approx(np.ones(turned.shape[:2]))
    assert np.einsum("qli,li->ql", turned, turned[0]) == pytest.approx(np.einsum("qli,li->ql", plain, plain[0]))


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 0.77, 1.0])
def test_the_share_that_crosses_the_joint_is_the_one_asked_for(share):
    field = gluteus_maximus()
    shares = sij.sacral_shares(field, share)
    assert shares @ field.max_force_n / field.max_force_n.sum() == pytest.approx(share)
    assert shares.min() >= 0
    assert shares.max() <= 1


def test_both_sides_carry_alike_and_a_left_muscle_loads_the_left_joint_as_a_right_one_the_right():
    force = np.full((1, 18), 10.0)
    right, left = (sij.gluteus_maximus_on_joint(gluteus_maximus(side=side), NEUTRAL, force) for side in (Side.RIGHT, Side.LEFT))
    assert right.normal_n == left.normal_n
    pull = np.array([5.0, -40.0, 60.0])
    one, two = sij.both_joints(pull, pull * [1, 1, -1], [0.0, -400.0, 0.0])
    assert one.normal_n == pytest.approx(float(two.normal_n))
    assert one.shear_n == pytest.approx(two.shear_n)
    assert one.shear_n[1] == pytest.approx(-240.0)


def test_ligaments_pull_and_never_push():
    lengths = np.linspace(-0.002, 0.002, 41)
    force = sij.ligament_force(lengths, stiffness_n_per_m=1.4e6, slack_m=0.0005)
    assert (force >= 0).all()
    assert (force[lengths <= 0.0005] == 0).all()
    assert np.diff(force[lengths > 0.00055]) == pytest.approx(140.0)


# the ensemble ----------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def full():
    return gluteus_maximus_ensemble(activation=1.0, samples=2000, rng=np.random.default_rng(0))


def test_gluteus_maximus_alone_compresses_as_much_as_in_the_cadavers_of_barker(full):
    found, cadaver = interval(full.normal_n), data.value("J004")
    assert 0.85 * cadaver.value < found["median"] < 1.15 * cadaver.value
    assert found["low"] < cadaver.value < found["high"]
    assert cadaver.low * 0.8 < found["low"] < found["high"] < cadaver.high * 1.2


def test_barkers_own_inputs_give_barkers_own_numbers():
    tension, area, share, slope = (data.number(row) for row in ("J006", "J001", "J002", "J005"))
    crossing = tension * area * share
    assert crossing == pytest.approx(data.number("J003"), rel=0.005)
    field = gluteus_maximus()
    force = np.broadcast_to(tension * area * field.max_force_n / field.max_force_n.sum(), (1, field.u.size))
    flat = sij.Fascicles(np.radians(slope), 0.0)
    carried = sij.gluteus_maximus_on_joint(field, NEUTRAL, force, fascicles=flat, share_crossing=share)
    assert carried.normal_n[0] == pytest.approx(data.number("J004"), rel=0.02)


@pytest.mark.parametrize("activation", [0.0, 0.25, 0.5])
def test_force_grows_in_proportion_to_activation(full, activation):
    part = gluteus_maximus_ensemble(activation=activation, samples=2000, rng=np.random.default_rng(0))
    assert part.normal_n == pytest.approx(activation * full.normal_n)
    assert part.shear_n == pytest.approx(activation * full.shear_n)


def test_a_tilted_plane_and_steeper_lines_are_pressed_less(full):
    others = [Variant("oblique", tilt_about_vertical_deg=(25, 33)), Variant("lines", fascicles=False)]
    found = [
        np.median(gluteus_maximus_ensemble(activation=1, samples=500, rng=np.random.default_rng(0), variant=v).normal_n) for v in others
    ]
    assert max(found) < np.median(full.normal_n)


@pytest.mark.parametrize("activation", [-0.1, 1.01, np.nan, np.inf])
def test_an_activation_outside_0_to_1_is_refused_in_one_sentence(activation):
    with pytest.raises(ModelError, match="give a share of the largest force between 0 and 1") as refused:
        document(activation=activation)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("call", "said"), [
    (lambda: document(samples=0), "samples is 0; give 1 to 100000"),
    (lambda: document(seed=-1), "seed is -1"),
    (lambda: sij.JointPlane(2.0, 0.0), "give less than 60 deg"),
    (lambda: sij.Fascicles(1.6), "give less than 90 deg"),
    (lambda: sij.Fascicles(0.5, 2.0), "heading share"),
    (lambda: sij.on_joint([1.0, np.nan, 0.0], sij.JointPlane()), "3\\) finite numbers"),
    (lambda: sij.sacral_shares(gluteus_maximus(), 1.2), "share of the muscle that crosses the joint is 1.2"),
    (lambda: sij.ligament_force(0.1, stiffness_n_per_m=-1.0), "give a stiffness above 0"),
    (lambda: pelvis.ring(without=("appendix",)), "has no element 'appendix'"),
    (lambda: pelvis.ring(load_n=0.0), "give a weight above 0 N"),
    (lambda: pelvis.solve(pelvis.ring(load_n=1e5)), "no forces within the capacities"),
    (lambda: data.value("J999"), "row 'J999' does not exist"),
    (lambda: data.number("J007"), "is a direction, not a number"),
    (lambda: data.assumption("luck"), "'luck' does not exist"),
])  # fmt: skip
def test_what_cannot_be_is_said_in_one_sentence(call, said):
    with pytest.raises(InputError, match=said) as refused:
        call()
    assert "\n" not in str(refused.value)


def test_the_document_is_json_with_medians_intervals_inputs_and_what_is_not_known():
    found = document(samples=300)
    again = document(samples=300)
    assert json.dumps(found, allow_nan=False) == json.dumps(again)
    for name in ("normal_n", "shear_n", "ratio"):
        assert found[name]["low"] < found[name]["median"] < found[name]["high"]
    assert found["tier"] == "load"
    assert "index" in found["index_note"]
    assert {one["name"] for one in found["inputs"]} >= {
        "cross_section_cm2",
        "share_crossing",
        "tilt_about_vertical_deg",
        "tension_n_per_cm2",
    }
    assert any("Barker" in source for source in found["sources"])
    labels = {one["label"]: one["normal_n"]["median"] for one in found["other_readings"]}
    assert labels["pull of the lines"] < labels["oblique plane"] < found["normal_n"]["median"] < labels["largest force of public models"]
    assert found["sling"]["included"] is False


def test_without_activation_there_is_no_force_and_no_ratio():
    found = document(activation=0.0, samples=50)
    assert found["normal_n"] == {"median": 0.0, "low": 0.0, "high": 0.0}
    assert found["ratio"] is None
    assert found["ratio_reason"]
    assert document(activation=0.5, samples=50)["ratio"] == document(activation=1.0, samples=50)["ratio"]


def test_no_text_of_the_document_says_what_must_not_be_said():
    text = json.dumps(document(samples=50)).lower()
    assert not [word for word in ("inhibited", "dysfunction", "diagnosis", "stuck", "abnormal") if word in text]


# the tables ------------------------------------------------------------------------------------------------------------------------


def test_every_published_value_has_a_text_that_exists_and_every_assumption_its_reason():
    for row in data.values():
        assert tables.reference(row.source)
        assert tables.reference(row.read_via)
        assert row.value is not None or row.words or row.note
    for line in data.lines("sacroiliac_assumptions"):
        one = data.assumption(line["name"])
        assert one.low <= one.value <= one.high
        assert one.reason
        drawn = one.draw(np.random.default_rng(0), 200)
        assert (drawn >= one.low - 1e-12).all()
        assert (drawn <= one.high + 1e-12).all()


def test_rows_that_others_name_exist():
    folder = resources.files("hipspine.anatomy").joinpath("data")
    text = "".join(folder.joinpath(f"{name}.csv").read_text() for name in ("sacroiliac_assumptions", "pelvis_ring"))
    known = {row.row for row in data.values()}
    named = {word.strip("();,.") for word in text.replace(",", " ").split() if word.startswith("J0")}
    assert named
    assert {word for word in named if word.strip("()") not in known} == set()


# the ring --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cost", list(pelvis.Cost))
@pytest.mark.parametrize("without", [(), pelvis.FOUR_PAIRS_WITHOUT])
def test_the_ring_is_in_balance_nothing_pushes_that_can_only_pull_and_less_shear_costs_compression(cost, without):
    body = pelvis.ring(without=without)
    freely, less, least = pelvis.less_shear(body, cost=cost)
    pulls = np.isfinite(body.capacity_n)
    for found in (freely, less, least):
        assert found.residual_n < 1e-3
        assert found.force_n[pulls].min() >= -1e-6
        assert (found.force_n[pulls] <= body.capacity_n[pulls] * (1 + 1e-6)).all()
        assert found.compression_n >= 0
    assert less.shear_n == pytest.approx(0.8 * freely.shear_n)
    assert least.shear_n == pytest.approx(0.6 * freely.shear_n)
    assert freely.compression_n < less.compression_n < least.compression_n
    assert least.compression_n - less.compression_n > less.compression_n - freely.compression_n  # the second step costs more than the first


def test_the_weight_above_reaches_the_legs_and_most_of_it_crosses_the_joints_as_shear():
    body = pelvis.ring(load_n=400.0)
    found = pelvis.solve(body, cost=pelvis.Cost.SQUARES)
    force = dict(zip(body.names, found.force_n, strict=True))
    assert force["l5s1_compression"] > 200.0  # half of the body: muscles add to half of the weight
    assert found.shear_n > 200.0
    assert found.shear_n > found.compression_n


def test_all_forces_grow_with_the_weight_while_no_muscle_is_at_its_limit():
    one, two = (pelvis.solve(pelvis.ring(load_n=load)) for load in (300.0, 600.0))
    assert two.compression_n == pytest.approx(2 * one.compression_n, rel=1e-4)
    assert two.largest == pytest.approx(2 * one.largest, rel=1e-4)


def test_another_road_without_eliminating_the_joints_finds_the_same_balance():
    body = pelvis.ring()
    ours = pelvis.solve(body, cost=pelvis.Cost.SQUARES)
    pulls = np.isfinite(body.capacity_n)
    free = np.array([kind == "free" for kind in body.kinds])
    both = np.hstack([body.columns, -body.columns[:, free]])  # a force of either sign is the difference of two that are not below 0
    cost = np.concatenate([np.where(pulls, 1 / np.where(pulls, body.capacity_n, 1), 1e-9), np.full(int(free.sum()), 1e-9)])
    found = nnls(np.vstack([3 * both, np.diag(cost)]), np.concatenate([3 * body.load, np.zeros(cost.size)]), maxiter=20000)[0]
    force = found[: pulls.size].copy()
    force[free] -= found[pulls.size :]
    assert np.abs(body.columns @ force - body.load).max() < 0.01
    assert ours.force_n == pytest.approx(force, abs=0.5)


def test_the_least_largest_share_is_not_larger_than_that_of_the_least_squares():
    body = pelvis.ring()
    assert pelvis.solve(body).largest < pelvis.solve(body, cost=pelvis.Cost.SQUARES).largest


def test_compression_rises_in_at_least_four_of_five_rings_and_the_interval_holds_what_pel_found():
    compression, unsolved = pelvis.ring_ensemble(samples=40, rng=np.random.default_rng(0), without=pelvis.FOUR_PAIRS_WITHOUT)
    assert unsolved <= 4
    first, both = pelvis.rises(compression).T
    assert np.mean(both > 0) >= 0.8
    assert np.mean(both - first > first) >= 0.8
    assert np.quantile(100 * first, 0.05) < data.number("J035") < np.quantile(100 * first, 0.95)
    assert np.quantile(100 * both, 0.05) < data.number("J036") < np.quantile(100 * both, 0.95)


def test_the_page_shows_todays_numbers() -> None:
    page = Path(__file__).parents[1] / "docs" / "sacroiliac.md"
    if not page.is_file():
        pytest.skip("no docs beside the tests")
    found, text = document(), page.read_text(encoding="utf-8")
    for row in (found, *found["other_readings"]):
        value = row["normal_n"]
        assert any(f"{value['median']:,.0f} N{between}{value['low']:,.0f} to {value['high']:,.0f}" in text for between in (", ", " | "))
