"""Rigid bodies: places, moments and what passes the joints, by two roads; and what must be true of any body."""

from dataclasses import replace

import numpy as np
import pytest

from hipspine.anatomy.body_model import BodyModel
from hipspine.anatomy.body_parts import Coordinate, Course, Curve, Joint, Motion, Segment
from hipspine.errors import ModelError
from hipspine.mechanics.posture import Posture
from hipspine.mechanics.rigid import Rigid, mass_centre, placed, point_jacobians, points, postures
from hipspine.mechanics.rigid_curves import jet
from hipspine.mechanics.rigid_dynamics import derivatives, dynamics, inverse_dynamics, moves
from hipspine.mechanics.rigid_loads import Band, Cable, Force, Push, Weight, towards
from hipspine.mechanics.rigid_numpy import by_numpy

X, Y, Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
AS_IT_IS = Curve(Course.LINEAR, (1.0, 0.0))
STILL = Curve(Course.CONSTANT, (0.0,))
FLEXION, ADDUCTION, ROTATION = "hip_flexion:right", "hip_adduction:right", "hip_rotation:right"
ROOT = ("pelvis_tilt", "pelvis_list", "pelvis_rotation", "pelvis_x", "pelvis_y", "pelvis_z")
G = 9.80665


def turn(axis, name, curve=AS_IT_IS):
    return Motion(axis, curve, name, True)


def shift(axis, name, curve=AS_IT_IS):
    return Motion(axis, curve, name, False)


def sixfold():
    return tuple(turn(a, n) for a, n in zip((Z, X, Y), ROOT[:3], strict=True)) + tuple(
        shift(a, n) for a, n in zip((X, Y, Z), ROOT[3:], strict=True)
    )


def leg(side, sign):
    """Thigh, massless kneecap, shank whose knee rolls as it bends; the left is the mirror of the right."""
    hip = (turn(Z, f"hip_flexion:{side}"), turn((sign, 0.0, 0.0), f"hip_adduction:{side}"), turn((0.0, sign, 0.0), f"hip_rotation:{side}"))
    bend = Curve(Course.POLYNOMIAL, (0.004, -0.011, 0.0))
    roll = Curve(Course.SPLINE, (0.0, 0.004, 0.009, 0.006, 0.001), knots=(-0.2, 0.4, 1.0, 1.7, 2.6), factor=1.1)
    knee = (turn((0.0, 0.0, -1.0), f"knee_flexion:{side}"), shift(X, f"knee_flexion:{side}", roll), shift(Y, f"knee_flexion:{side}", bend))
    cap = (turn(Z, f"kneecap:{side}"),)
    segments = (
        Segment(f"thigh:{side}", 9.0, (0.01, -0.17, 0.012 * sign), (0.13, 0.03, 0.14, 0.002, 0.001 * sign, 0.003 * sign)),
        Segment(f"kneecap:{side}", 0.0, (0.0, 0.0, 0.0), (0.0,) * 6),
        Segment(f"shank:{side}", 4.2, (0.0, -0.19, 0.0), (0.05, 0.005, 0.05, 0.0, 0.0, 0.0)),
    )
    joints = (
        Joint(f"hip:{side}", "pelvis", f"thigh:{side}", hip, parent_position=(-0.056, -0.078, 0.077 * sign)),
        Joint(f"cap:{side}", f"thigh:{side}", f"kneecap:{side}", cap, parent_position=(0.04, -0.4, 0.0)),
        Joint(
            *(f"knee:{side}", f"thigh:{side}", f"shank:{side}", knee),
            parent_position=(-0.004, -0.41, 0.001 * sign),
            parent_rotation=(0.0, 0.0, 0.1),
            child_position=(0.003, 0.01, 0.0),
            child_rotation=(0.0, 0.0, 0.07),
        ),
    )
    coordinates = (
        *(Coordinate(f"hip_{n}:{side}", -2.3, 2.3) for n in ("flexion", "adduction", "rotation")),
        Coordinate(f"knee_flexion:{side}", -0.2, 2.6),
        Coordinate(f"kneecap:{side}", -9.0, 9.0, follows=(f"knee_flexion:{side}", Curve(Course.POLYNOMIAL, (0.3, -1.2, 0.0)))),
    )
    return segments, joints, coordinates


def body(**changes):
    """Pelvis, two legs, and a trunk on two lumbar levels that share one bending."""
    right, left = leg("right", 1.0), leg("left", -1.0)
    share = (0.6, 0.4)
    levels = tuple(
        Coordinate(f"level_{k}", -2.0, 2.0, follows=("lumbar_flexion", Curve(Course.LINEAR, (s, 0.0)))) for k, s in enumerate(share)
    )
    parts = {
        "segments": (
            Segment("pelvis", 11.0, (-0.07, -0.02, 0.0), (0.1, 0.09, 0.11, 0.004, 0.0, 0.0)),
            Segment("l5", 0.0, (0.0, 0.0, 0.0), (0.0,) * 6),
            Segment("trunk", 35.0, (0.02, 0.25, 0.0), (1.4, 0.4, 1.3, 0.03, 0.0, 0.0)),
            *right[0],
            *left[0],
        ),
        "joints": (
            Joint("root", "ground", "pelvis", sixfold()),
            Joint("l5s1", "pelvis", "l5", (turn((0.0, 0.0, -1.0), "level_0"),), parent_position=(-0.1, 0.08, 0.0)),
            Joint("l4l5", "l5", "trunk", (turn((0.0, 0.0, -1.0), "level_1"), turn(X, None, STILL)), parent_position=(0.0, 0.04, 0.0)),
            *right[1],
            *left[1],
        ),
        "coordinates": (
            *(Coordinate(n, -20.0, 20.0, is_length=n[-2] == "_") for n in ROOT),
            Coordinate("lumbar_flexion", -1.0, 1.5),
            *levels,
            *right[2],
            *left[2],
        ),
    }
    return BodyModel(**({"name": "sketch", "lines": (), "wraps": (), "fields": ()} | parts | changes))


def pencil(mass=2.0, length=0.5, inertia=0.04):
    """One stick that hangs from a hinge about z."""
    return BodyModel(
        name="pencil",
        segments=(Segment("stick", mass, (0.0, -length / 2, 0.0), (inertia, 0.001, inertia, 0.0, 0.0, 0.0)),),
        joints=(Joint("hinge", "ground", "stick", (turn(Z, "angle"),)),),
        coordinates=(Coordinate("angle", -4.0, 4.0),),
        lines=(),
        wraps=(),
        fields=(),
    )


@pytest.fixture(scope="module")
def rigid():
    return Rigid.of(body())


@pytest.fixture(scope="module")
def anywhere(rigid):
    """Random postures with speeds and accelerations."""
    rng = np.random.default_rng(4)
    low, high = (np.array([getattr(c, end) for c in rigid.free]) for end in ("low", "high"))
    q = rng.uniform(np.maximum(low, -2), np.minimum(high, 2), (40, len(rigid.free)))
    return q, rng.normal(size=q.shape) * 3, rng.normal(size=q.shape) * 20


def column(rigid, name):
    return rigid.coordinates.index(name)


LOADS = (
    Force("shank:left", (30.0, 500.0, -20.0), (0.05, -0.43, 0.0), (1.0, 2.0, 3.0)),
    Force("shank:right", (-10.0, 300.0, 5.0), (0.3, 0.0, 0.2), at_in_ground=True),
    Weight("trunk", 12.0, (-0.06, 0.4, 0.0)),
    Cable("thigh:right", 120.0, (2.0, 0.3, 0.1), (0.0, -0.35, 0.0)),
    Band("shank:right", 400.0, 0.1, (0.0, -0.2, 0.0), (0.0, -0.2, 0.0), anchor_segment="shank:left"),
)


@pytest.mark.parametrize("loads", [(), LOADS], ids=["bare", "loaded"])
def test_mujoco_and_newton_in_numpy_agree(rigid, anywhere, loads):
    q, v, a = anywhere
    one = dynamics(rigid, q, v, a, loads=loads)
    moved = moves(rigid, q, v, a)
    outside = [(number, push) for number, push in pushes(rigid, q, moved, loads)]
    two = by_numpy(rigid.tree, moved.value, moved.speed, moved.rise, gravity_m_s2=np.array([0, -G, 0]), outside=outside)
    where = placed(rigid, q)
    assert np.abs(where.position_m - two.position_m).max() < 1e-12
    assert np.abs(where.rotation - two.rotation).max() < 1e-12
    assert np.abs(one.force_n - two.force_n).max() < 1e-8
    assert np.abs(one.couple_nm - two.couple_nm).max() < 1e-8
    back = np.zeros_like(q)
    for k, driver in enumerate(rigid.drivers):
        if driver.coordinate is not None:
            back[:, driver.coordinate] += moved.slope[:, k] * two.motions[:, k]
    assert np.abs(one.moments - back).max() < 1e-8
    assert np.abs(one.moments).max() > 100


def pushes(rigid, q, moved, loads):
    """The loads as forces, written again; a weight's acceleration is the force on a mass of 1 in a body that weighs nothing else."""
    where = placed(rigid, q)
    none = np.zeros((len(q), 3))
    for load in loads:
        number = rigid.segments.index(load.segment)
        at = none + np.array(load.at_m) if getattr(load, "at_in_ground", False) else points(rigid, where, [(load.segment, load.at_m)])[:, 0]
        if isinstance(load, Force):
            yield number, Push(load.segment, at, none + load.force_n, none + load.couple_nm)
        elif isinstance(load, Weight):
            heavy = Segment("w", 1.0, load.at_m, (0.0,) * 6)
            bare = [
                link if k != number else type(link)(heavy, link.joint, link.parent, link.motions)
                for k, link in enumerate(weightless(rigid.tree))
            ]
            risen = by_numpy(bare, moved.value, moved.speed, moved.rise, gravity_m_s2=np.zeros(3)).force_n[:, number]
            yield number, Push(load.segment, at, load.mass_kg * (np.array([0, -G, 0]) - risen), none)
        else:
            anchor = none + load.anchor_m
            if load.anchor_segment is not None:
                anchor = points(rigid, where, [(load.anchor_segment, load.anchor_m)])[:, 0]
            yield number, Push(load.segment, at, towards(load, at, anchor), none)


def weightless(tree):
    return [type(k)(Segment(k.segment.name, 0.0, (0.0,) * 3, (0.0,) * 6), k.joint, k.parent, k.motions) for k in tree]


def test_hip_turns_by_flexion_then_adduction_then_internal_rotation():
    rigid = Rigid.of(body())
    f, g, k = 0.7, -0.4, 0.3
    at = placed(rigid, {FLEXION: f, ADDUCTION: g, ROTATION: k}).rotation[0, rigid.segment("thigh:right")]
    c, s = np.cos, np.sin
    z = np.array([[c(f), -s(f), 0], [s(f), c(f), 0], [0, 0, 1]])
    x = np.array([[1, 0, 0], [0, c(g), -s(g)], [0, s(g), c(g)]])
    y = np.array([[c(k), 0, s(k)], [0, 1, 0], [-s(k), 0, c(k)]])
    assert np.abs(at - z @ x @ y).max() < 1e-14


def test_signs_are_those_of_the_clinic(rigid):
    def foot(**angles):
        return points(rigid, placed(rigid, angles), [("shank:right", (0.0, -0.4, 0.0))])[0, 0]

    rest = foot()
    assert foot(**{FLEXION: 0.5})[0] > rest[0] + 0.1  # thigh forward
    assert foot(**{ADDUCTION: 0.5})[2] < rest[2] - 0.1  # towards the middle
    assert foot(**{"knee_flexion:right": 0.5})[0] < rest[0] - 0.1  # heel backward
    head = points(rigid, placed(rigid, {"lumbar_flexion": 0.5}), [("trunk", (0.0, 0.5, 0.0))])[0, 0]
    assert head[0] > 0.05  # trunk forward
    toes = placed(rigid, {ROTATION: 0.3}).rotation[0, rigid.segment("thigh:right")] @ np.array([1.0, 0, 0])
    assert toes[2] < -0.2  # internal rotation turns the right foot inwards


def test_standing_still_the_ground_gives_the_weight(rigid):
    moments = inverse_dynamics(rigid, {})[0]
    assert moments[column(rigid, "pelvis_y")] == pytest.approx(rigid.mass_kg * G, rel=1e-12)
    assert np.abs(moments[[column(rigid, "pelvis_x"), column(rigid, "pelvis_z")]]).max() < 1e-9
    at = mass_centre(rigid, {})[0]
    ground = Force("pelvis", (0.0, rigid.mass_kg * G, 0.0), at, at_in_ground=True)
    assert np.abs(inverse_dynamics(rigid, {}, loads=[ground])[0, :6]).max() < 1e-9


def test_a_held_leg_weighs_its_lever_arm():
    rigid = Rigid.of(pencil())
    q = np.linspace(-2, 2, 9)[:, None]
    assert np.allclose(inverse_dynamics(rigid, q)[:, 0], 2.0 * G * 0.25 * np.sin(q[:, 0]), atol=1e-12)


def test_a_leg_held_out_straight_asks_weight_times_lever_of_the_hip(rigid):
    moments = inverse_dynamics(rigid, {FLEXION: np.pi / 2})[0]
    where = placed(rigid, {FLEXION: np.pi / 2})
    hip = points(rigid, where, [("thigh:right", (0.0, 0.0, 0.0))])[0, 0]
    leg_mass = 9.0 + 4.2
    centre = mass_centre(rigid, {FLEXION: np.pi / 2}, of=["thigh:right", "shank:right"])[0]
    assert moments[column(rigid, FLEXION)] == pytest.approx(leg_mass * G * (centre[0] - hip[0]), rel=1e-12)


def test_a_swinging_pencil_needs_no_moment_when_it_swings_as_a_pendulum():
    rigid = Rigid.of(pencil())
    q = np.array([[0.4], [1.2]])
    free = -2.0 * G * 0.25 * np.sin(q) / (0.04 + 2.0 * 0.25**2)
    assert np.abs(inverse_dynamics(rigid, q, np.array([[1.0], [2.0]]), free)).max() < 1e-12


def test_in_free_fall_nothing_is_asked_of_any_joint(rigid, anywhere):
    q = anywhere[0]
    falling = np.zeros_like(q)
    falling[:, column(rigid, "pelvis_y")] = -G
    found = dynamics(rigid, q, None, falling)
    assert np.abs(found.moments).max() < 1e-9
    assert np.abs(found.force_n).max() < 1e-9


def test_power_of_the_moments_is_the_change_of_energy():
    rigid = Rigid.of(body(), limits=False)
    rng = np.random.default_rng(9)
    waves = rng.normal(size=(2, len(rigid.free))) * 0.4
    step = 1e-3

    def at(t):
        return 0.3 + waves[0] * np.sin(3 * t) + waves[1] * np.cos(2 * t)

    times = np.array([0.1, 0.5, 0.9, 1.4])
    q = np.array([at(t) for t in times])
    v = np.array([3 * waves[0] * np.cos(3 * t) - 2 * waves[1] * np.sin(2 * t) for t in times])
    a = np.array([-9 * waves[0] * np.sin(3 * t) - 4 * waves[1] * np.cos(2 * t) for t in times])
    power = (inverse_dynamics(rigid, q, v, a) * v).sum(axis=1)

    def energy(shift_s):
        moved = np.array([at(t + shift_s) for t in times])
        speed = (np.array([at(t + shift_s + 1e-4) for t in times]) - np.array([at(t + shift_s - 1e-4) for t in times])) / 2e-4
        mass = np.array([link.segment.mass_kg for link in rigid.tree])
        centres = [(link.segment.name, link.segment.mass_centre_m) for link in rigid.tree]
        height = points(rigid, placed(rigid, moved), centres)[..., 1]
        motion = np.einsum("qpic,qc->qpi", point_jacobians(rigid, moved, centres), speed)
        turning = 0.0
        for k, link in enumerate(rigid.tree):  # rotational energy from the speeds of three points of the segment
            xx, yy, zz, xy, xz, yz = link.segment.inertia_kg_m2
            body_inertia = np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])
            origin = np.array(link.segment.mass_centre_m)
            ends = [(link.segment.name, tuple(origin + axis)) for axis in np.eye(3)]
            swing = np.einsum("qpic,qc->qpi", point_jacobians(rigid, moved, ends), speed) - motion[:, [k]]
            rotation = placed(rigid, moved).rotation[:, k]
            spin = np.einsum("qji,qpj->qpi", rotation, swing)  # omega x e_p in the segment
            omega = np.stack([spin[:, 1, 2], spin[:, 2, 0], spin[:, 0, 1]], axis=-1)
            turning = turning + 0.5 * np.einsum("qi,ij,qj->q", omega, body_inertia, omega)
        return (mass * (0.5 * (motion**2).sum(-1) + G * height)).sum(axis=1) + turning

    assert np.allclose(power, (energy(step) - energy(-step)) / (2 * step), rtol=1e-4, atol=1e-2)


def test_left_is_the_mirror_of_right(rigid):
    q = {"knee_flexion:right": 0.9, FLEXION: 0.6, ADDUCTION: -0.3, ROTATION: 0.2}
    other = {name.replace("right", "left"): value for name, value in q.items()}
    one, two = (dynamics(rigid, posture, None, posture) for posture in (q, other))
    for name in q:
        assert one.moments[0, column(rigid, name)] == pytest.approx(two.moments[0, column(rigid, name.replace("right", "left"))], abs=1e-10)
    right, left = (found.force_n[0, rigid.segment(f"thigh:{side}")] for found, side in ((one, "right"), (two, "left")))
    assert np.allclose(right * [1, 1, -1], left, atol=1e-9)


def test_jacobians_are_the_slopes_of_places(rigid, anywhere):
    q = anywhere[0][:6]
    at = [("shank:right", (0.1, -0.4, 0.02)), ("trunk", (0.0, 0.4, 0.1)), ("kneecap:left", (0.05, 0.0, 0.0))]
    found = point_jacobians(rigid, q, at)
    free = Rigid.of(body(), limits=False)
    for c in range(q.shape[1]):
        step = np.zeros(q.shape[1])
        step[c] = 1e-6
        slope = (points(free, placed(free, q + step), at) - points(free, placed(free, q - step), at)) / 2e-6
        assert np.abs(found[..., c] - slope).max() < 1e-8


def test_a_force_counts_as_its_jacobian(rigid, anywhere):
    q = anywhere[0]
    force, at = np.array([40.0, 700.0, -30.0]), (0.05, -0.43, 0.0)
    without, with_it = inverse_dynamics(rigid, q), inverse_dynamics(rigid, q, loads=[Force("shank:right", force, at)])
    through = np.einsum("qic,i->qc", point_jacobians(rigid, q, [("shank:right", at)])[:, 0], force)
    assert np.abs(without - through - with_it).max() < 1e-9


def test_a_carried_weight_equals_a_heavier_segment(rigid, anywhere):
    q, v, a = anywhere
    at, mass = np.array([-0.06, 0.4, 0.1]), 20.0
    trunk = body().segments[2]
    centre = (35.0 * np.array(trunk.mass_centre_m) + mass * at) / (35.0 + mass)
    spread = np.zeros((3, 3))
    for m, place in ((35.0, np.array(trunk.mass_centre_m)), (mass, at)):
        r = place - centre
        spread += m * (r @ r * np.eye(3) - np.outer(r, r))
    xx, yy, zz, xy, xz, yz = trunk.inertia_kg_m2
    total = spread + np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])
    heavier = Segment("trunk", 55.0, tuple(centre), (total[0, 0], total[1, 1], total[2, 2], total[0, 1], total[0, 2], total[1, 2]))
    other = Rigid.of(body(segments=tuple(heavier if s.name == "trunk" else s for s in body().segments)))
    one = inverse_dynamics(rigid, q, v, a, loads=[Weight("trunk", mass, tuple(at))])
    assert np.abs(one - inverse_dynamics(other, q, v, a)).max() < 1e-8


def test_a_slack_band_does_nothing_and_a_tight_one_pulls_both_knees(rigid):
    apart = {ADDUCTION: -0.3, "hip_adduction:left": -0.3}
    slack = Band("shank:right", 500.0, 3.0, (0.0, 0.0, 0.0), anchor_segment="shank:left")
    assert np.array_equal(inverse_dynamics(rigid, apart, loads=[slack]), inverse_dynamics(rigid, apart))
    tight = [
        Band(f"shank:{s}", 500.0, 0.05, (0.0, 0.0, 0.0), anchor_segment=f"shank:{o}") for s, o in (("right", "left"), ("left", "right"))
    ]
    change = (inverse_dynamics(rigid, apart, loads=tight) - inverse_dynamics(rigid, apart))[0]
    assert change[column(rigid, ADDUCTION)] < -5  # the abductors must hold against it
    assert change[column(rigid, ADDUCTION)] == pytest.approx(change[column(rigid, "hip_adduction:left")])
    assert np.abs(change[:6]).max() < 1e-9  # both ends together ask nothing of the ground


def test_levels_that_share_a_bending_ask_the_moment_of_their_shares(rigid):
    q = {"lumbar_flexion": 0.8}
    both = inverse_dynamics(rigid, q)[0, column(rigid, "lumbar_flexion")]
    found = dynamics(rigid, q)
    about = [-found.couple_nm[0, rigid.segment(name), 2] for name in ("l5", "trunk")]
    assert both == pytest.approx(0.6 * about[0] + 0.4 * about[1], rel=1e-10)
    assert both < -1  # the extensors hold the trunk that leans forward


@pytest.mark.parametrize(
    "curve",
    [
        Curve(Course.LINEAR, (2.0, 1.0)),
        Curve(Course.POLYNOMIAL, (1.0, -2.0, 0.5, 3.0), factor=-0.5),
        Curve(Course.SPLINE, (0.0, 1.0, -1.0, 2.0, 0.5), knots=(-1.0, 0.0, 0.5, 1.5, 2.0)),
        Curve(Course.SPLINE, (0.0, 1.0, -1.0), knots=(-1.0, 0.0, 0.5)),
        Curve(Course.PIECEWISE, (0.0, 1.0, -1.0), knots=(-1.0, 0.0, 0.5)),
    ],
    ids=lambda curve: f"{curve.course}{len(curve.knots)}",
)
def test_curves_have_their_own_slopes_also_beyond_their_ends(curve):
    x = np.array([-1.7, -0.61, 0.13, 0.42, 1.21, 2.83])
    step = 1e-5
    below, above = jet(curve, x - step), jet(curve, x + step)
    value, slope, bend = jet(curve, x)
    assert np.allclose(slope, (above[0] - below[0]) / (2 * step), atol=1e-7)
    assert np.allclose(bend, (above[1] - below[1]) / (2 * step), atol=1e-6)
    assert np.allclose(value, (above[0] + below[0]) / 2, atol=1e-8)


def test_a_spline_through_points_of_a_cubic_is_that_cubic():
    knots = (-1.0, -0.2, 0.5, 1.1, 2.0)
    curve = Curve(Course.SPLINE, tuple(2 * k**3 - k**2 + 3 for k in knots), knots=knots)
    x = np.linspace(-1, 2, 31)
    assert np.allclose(jet(curve, x)[0], 2 * x**3 - x**2 + 3, atol=1e-12)


def test_derivatives_of_a_smooth_movement_are_its_derivatives():
    times = np.linspace(0, 2, 201)
    v, a = derivatives(times, np.stack([np.sin(3 * times), times], axis=-1))
    inner = slice(10, -10)
    assert np.abs(v[inner, 0] - 3 * np.cos(3 * times[inner])).max() < 1e-6
    assert np.abs(a[inner, 0] + 9 * np.sin(3 * times[inner])).max() < 1e-4
    assert np.abs(v[:, 1] - 1).max() < 1e-9


def test_postures_are_named_or_an_array_and_the_same(rigid):
    by_name = postures(rigid, {FLEXION: [0.1, 0.2], "knee_flexion:left": 0.5})
    assert np.array_equal(by_name, postures(rigid, by_name))
    assert np.array_equal(by_name, postures(rigid, Posture.of(**{"hip_flexion_rad:right": [0.1, 0.2], "knee_flexion_rad:left": 0.5})))


def test_a_name_without_a_side_goes_to_both(rigid):
    assert np.array_equal(postures(rigid, {"hip_flexion": 0.3}), postures(rigid, {FLEXION: 0.3, "hip_flexion:left": 0.3}))


def test_gravity_is_what_was_asked_for():
    floating = Rigid.of(body(), gravity_m_s2=(0.0, 0.0, 0.0))
    assert np.abs(inverse_dynamics(floating, {FLEXION: 1.0})).max() < 1e-12
    with pytest.raises(ModelError, match="gravity"):
        Rigid.of(body(), gravity_m_s2=(0.0, np.nan, 0.0))


def test_the_same_input_gives_the_same_bytes_and_many_postures_the_same_as_one(rigid, anywhere):
    q, v, a = anywhere
    one = dynamics(rigid, q, v, a, loads=LOADS)
    assert one.moments.tobytes() == dynamics(Rigid.of(body()), q, v, a, loads=LOADS).moments.tobytes()
    assert np.array_equal(one.moments[7], dynamics(rigid, q[7:8], v[7:8], a[7:8], loads=LOADS).moments[0])


def changed(segment):
    return {"segments": tuple(segment if s.name == segment.name else s for s in body().segments)}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (changed(Segment("trunk", -3.0, (0.0,) * 3, (0.0,) * 6)), "'trunk' has a mass of -3 kg"),
        (changed(Segment("trunk", np.nan, (0.0,) * 3, (0.0,) * 6)), "'trunk' holds"),
        ({"segments": tuple(Segment(s.name, 0.0, s.mass_centre_m, s.inertia_kg_m2) for s in body().segments)}, "mass of 0 kg"),
        ({"joints": body().joints[1:]}, "'pelvis' hangs on nothing"),
        ({"joints": (*body().joints, Joint("more", "trunk", "l5", ()))}, "'l5' hangs on two joints"),
        ({"joints": (Joint("root", "trunk", "pelvis", ()), *body().joints[1:])}, "circle"),
        ({"joints": (Joint("root", "moon", "pelvis", ()), *body().joints[1:])}, "'moon'"),
        ({"joints": (Joint("root", "ground", "pelvis", (turn(Z, "nod"),)), *body().joints[1:])}, "'nod'"),
        ({"joints": (Joint("root", "ground", "pelvis", (turn((0.0, 0.0, 0.0), ROOT[0]),)), *body().joints[1:])}, "axis of length 0"),
        ({"joints": (Joint("root", "ground", "pelvis", (), (0.0, np.inf, 0.0)), *body().joints[1:])}, "inf"),
        (
            {"joints": (Joint("root", "ground", "pelvis", (turn(Z, ROOT[0], Curve(Course.LINEAR, (np.nan, 0.0))),)), *body().joints[1:])},
            "curve",
        ),
        ({"joints": (*body().joints, Joint("more", "trunk", "ground", ()))}, "ground"),
        (
            {"coordinates": tuple(replace(c, follows=("level_1", AS_IT_IS)) if c.name == "level_1" else c for c in body().coordinates)},
            "follows itself",
        ),
    ],
)
def test_a_body_that_cannot_be_is_named_in_one_sentence(changes, says):
    with pytest.raises(ModelError, match=says) as caught:
        Rigid.of(body(**changes))  # some are refused by the body itself
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"hip_flexion:middle": 0.1}, "no free coordinate 'hip_flexion:middle'; it has hip_flexion:right, hip_flexion:left"),
        ({"level_0": 0.1}, "no free coordinate 'level_0'"),
        ({FLEXION: np.nan}, "hip_flexion:right is nan"),
        ({FLEXION: "bent"}, "is 'bent'; give a number"),
        ({FLEXION: []}, "give one each"),
        ({FLEXION: 3.0}, "hip_flexion:right is 3 rad; give -2.3 to 2.3 rad"),
        ({FLEXION: [0.1, 0.2], ADDUCTION: [0.1, 0.2, 0.3]}, "differ"),
        (np.zeros((3, 4)), "expected"),
    ],
)
def test_a_posture_that_cannot_be_is_named_in_one_sentence(rigid, given, says):
    with pytest.raises(ModelError, match=says):
        placed(rigid, given)


@pytest.mark.parametrize(
    ("load", "says"),
    [
        (Force("wing", (0, 1, 0)), "no segment 'wing'"),
        (Force("trunk", (0, np.nan, 0)), "force of the force on 'trunk'"),
        (Force("trunk", (0, 1)), "give 3 finite numbers"),
        (Force("trunk", ("a", "b", "c")), "give 3 finite numbers"),
        (Weight("trunk", -1.0), "mass of -1.0 kg"),
        (Cable("trunk", np.inf, (1.0, 0.0, 0.0)), "force_n"),
        (Band("trunk", -5.0, 1.0, (1.0, 0.0, 0.0)), "stiffness_n_per_m"),
        (Cable("pelvis", 10.0, (0.0, 0.0, 0.0)), "put the anchor elsewhere"),
    ],
)
def test_a_load_that_cannot_be_is_named_in_one_sentence(rigid, load, says):
    with pytest.raises(ModelError, match=says):
        inverse_dynamics(rigid, {}, loads=[load])


def test_recorded_movements_may_pass_the_limits_when_asked():
    assert placed(Rigid.of(body(), limits=False), {FLEXION: 3.0}).position_m.shape[0] == 1
