"""Quick movements: what the whole body asks can be given by the floor, and nothing turns it in the air."""

from functools import cache

import numpy as np
import pytest

from hipspine.anatomy.body_model import BodyModel
from hipspine.exercises.catalogue import shipped
from hipspine.exercises.chain import Chain
from hipspine.exercises.motion import Motion, motion_of
from hipspine.exercises.stretches import stretches
from hipspine.exercises.unheld import asked, burdened, edges_of, given
from hipspine.mechanics.carrying import Touch
from hipspine.mechanics.rigid import Rigid, placed, points
from hipspine.mechanics.rigid_dynamics import dynamics
from hipspine.mechanics.rigid_loads import Weight

G = 9.80665


@cache
def motion(name: str) -> Motion:
    return motion_of(shipped(name))


def wrench(found: Motion) -> tuple[np.ndarray, np.ndarray]:
    """(frame, 3) force and moment about the room's origin that the body needs, by the road that the package does not search with."""
    rigid = Rigid.of(found.body, limits=False)
    made = dynamics(rigid, found.q, found.velocities, found.accelerations, loads=found.loads)
    return made.force_n[:, 0], made.couple_nm[:, 0] + np.cross(made.centre_m[:, 0], made.force_n[:, 0])


@pytest.mark.parametrize("name", ["squat-jump", "lateral-bound"])
def test_the_pressure_stays_in_the_feet_and_nothing_turns_the_body_in_the_air(name: str) -> None:
    found = motion(name)
    force, moment = wrench(found)
    rigid = Rigid.of(found.body, limits=False)
    feet = points(rigid, placed(rigid, found.q), [(one.segment, one.at_m) for one in found.touches])
    air = ~found.active.any(axis=1)
    assert air.sum() > 5
    assert np.abs(force[air]).max() < 10.0
    assert np.abs(moment[air]).max() < 10.0
    for k in np.flatnonzero(~air & (force[:, 1] > 150.0)):
        here = feet[k, found.active[k]]
        x, z = moment[k, 2] / force[k, 1], -moment[k, 0] / force[k, 1]
        assert here[:, 0].min() - 0.01 < x < here[:, 0].max() + 0.01
        assert here[:, 2].min() - 0.01 < z < here[:, 2].max() + 0.01
        assert np.hypot(force[k, 0], force[k, 2]) < 0.5 * force[k, 1]


def test_a_squat_jump_is_as_high_as_its_time_in_the_air_says() -> None:
    found = motion("squat-jump")
    chain = Chain(found.exercise, found.body)
    height = chain.centre_m(found.q)[:, 1]
    seconds = found.exercise.flight_s
    start, end = chain.centre_m(found.poses[[1, 3]])[:, 1]  # take-off and touch-down
    up = (end - start) / seconds + G * seconds / 2
    assert height.max() == pytest.approx(start + up**2 / (2 * G), abs=0.005)
    assert height.max() - (start + end) / 2 == pytest.approx(G * seconds**2 / 8, abs=0.005)


def test_force_on_the_floor_gives_the_speed_of_the_take_off() -> None:
    found = motion("squat-jump")
    force, _ = wrench(found)
    weight = Rigid.of(found.body, limits=False).mass_kg * G
    push = (found.phase == 1) | (found.phase == 0)
    gained = np.trapezoid(force[push, 1] - weight, found.time_s[push]) / (weight / G)
    assert gained == pytest.approx(G * found.exercise.flight_s / 2, rel=0.1)
    assert force[:, 1].max() < 3.5 * weight


def test_every_explosive_exercise_is_quick_in_its_velocities_too() -> None:
    found = motion("squat-jump")
    assert found.velocities is not None
    step = np.diff(found.q, axis=0) / np.diff(found.time_s)[:, None]
    middle = (found.velocities[1:] + found.velocities[:-1]) / 2
    same = found.phase[1:] == found.phase[:-1]
    assert np.abs(step - middle)[same].max() < 0.05 * np.abs(step).max()


def test_what_the_body_asks_is_what_inverse_dynamics_say() -> None:
    body, dice = BodyModel(), np.random.default_rng(4)
    rigid = Rigid.of(body, limits=False)
    q, speed, rise = (dice.normal(0.0, size, (4, len(rigid.coordinates))) for size in (0.3, 2.0, 10.0))
    found, _ = asked(rigid, q, speed, rise, slopes=False)
    made = dynamics(rigid, q, speed, rise)
    assert np.allclose(found[:, :3], made.force_n[:, 0], atol=1e-8)
    assert np.allclose(found[:, 3:], made.couple_nm[:, 0] + np.cross(made.centre_m[:, 0], made.force_n[:, 0]), atol=1e-8)


@pytest.mark.parametrize("order", [0, 1, 2])
def test_slopes_of_what_the_body_asks_are_those_of_finite_steps(order: int) -> None:
    dice = np.random.default_rng(5)
    rigid = Rigid.of(BodyModel(), limits=False)
    state = [dice.normal(0.0, size, (2, len(rigid.coordinates))) for size in (0.3, 2.0, 10.0)]
    found, by = asked(rigid, *state, slopes=True)
    way = dice.normal(0.0, 1.0, state[0].shape)
    ahead, back = ([one + (sign * 1e-5 * way if k == order else 0.0) for k, one in enumerate(state)] for sign in (1, -1))
    step = (asked(rigid, *ahead, slopes=False)[0] - asked(rigid, *back, slopes=False)[0]) / 2e-5
    assert np.allclose(np.einsum("kic,kc->ki", by[:, order], way), step, rtol=1e-3, atol=1e-3 * np.abs(found).max())


def test_a_weight_in_the_hand_is_part_of_the_hand() -> None:
    body, dice = BodyModel(), np.random.default_rng(6)
    at = ("hand:right", (0.02, -0.08, 0.01))
    rigid, heavy = Rigid.of(body, limits=False), Rigid.of(burdened(body, [(at, 12.0)]), limits=False)
    q, speed, rise = (dice.normal(0.0, size, (3, len(rigid.coordinates))) for size in (0.3, 1.0, 5.0))
    hung = dynamics(rigid, q, speed, rise, loads=[Weight(at[0], 12.0, at[1])]).moments
    assert np.allclose(dynamics(heavy, q, speed, rise).moments, hung, atol=1e-6)


def test_contacts_push_and_never_pull() -> None:
    touches = [Touch("foot:right", (0.0, 0.0, 0.0))] * 2
    _, edges = edges_of(touches, np.array([[0.0, 0.0, 0.0], [0.2, 0.0, 0.0]]))
    inside, outside = np.array([0.0, 100.0, 0, 0, 0, 10.0]), np.array([0.0, 100.0, 0, 0, 0, 40.0])  # pressure 0.1 m and 0.4 m ahead
    assert np.abs(edges @ given(edges, inside) - inside).max() < 0.01
    assert np.abs(edges @ given(edges, outside) - outside).max() > 10.0
    assert given(edges, outside).min() >= 0.0


def test_a_heel_presses_for_a_part_of_the_way_on_which_it_lifts() -> None:
    found = motion("squat-jump")
    chain = Chain(found.exercise, found.body)
    chain.poses(())
    parts = stretches(chain, found.phases[1])
    assert [len(one.contacts) for one in parts] == [2, 2]
    assert {one.place for one in parts[0].contacts} == {"sole"}
    assert {one.place for one in parts[1].contacts} == {"forefoot"}
    assert parts[0].end_s == parts[1].start_s
