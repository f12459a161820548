"""Contacts inside load sharing: weights stand on feet, friction has its limit, and a pyramid stays inside its cone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import lsq_linear

from hipspine.errors import ModelError
from hipspine.mechanics.contacts import Contacts, contacts, forces
from hipspine.mechanics.sharing import CERTIFIED, Shared, Status, share
from hipspine.terms import Floats

WEIGHT_N = 700.0
UP = [0.0, 1.0, 0.0]
SEEDS = st.integers(0, 2**32 - 1)


def point(x: float, z: float = 0.0) -> Floats:
    """(3, 6) Jacobian of a point of a free body: three slides, then turns about x, y, z through the origin."""
    cross = np.array([[0.0, z, 0.0], [-z, 0.0, x], [0.0, -x, 0.0]])  # velocity of (x, 0, z) by unit turns
    return np.hstack([np.eye(3), cross])


def held(points: list[Floats], moments: list[float], **options: float) -> tuple[Contacts, Shared]:
    """A rigid body without muscles that rests on points and must be pushed by ``moments``."""
    settings_: dict[str, object] = {"friction": 0.8, **options}
    feet = contacts(np.stack(points)[None], normals=[UP] * len(points), weight_n=WEIGHT_N, **settings_)  # type: ignore[arg-type]
    none = np.zeros((1, 0, len(moments)))
    return feet, share([moments], none, volume=[], reserve=0.01, contacts=feet)


def test_one_who_stands_straight_loads_both_feet_alike() -> None:
    feet, shared = held([point(0, -0.1), point(0, 0.1)], [0, WEIGHT_N, 0, 0, 0, 0])
    np.testing.assert_allclose(forces(feet, shared.contact)[0], [[0, WEIGHT_N / 2, 0]] * 2, atol=1e-3)
    assert shared.status.tolist() == [Status.SOLVED]


@given(share_right=st.floats(0.05, 0.95))
@settings(max_examples=20, deadline=None)
def test_the_load_moves_to_the_foot_over_which_the_weight_stands(share_right: float) -> None:
    """Lever rule: the moment of the weight about the middle is carried by the difference of the feet."""
    place = 0.1 * (2 * share_right - 1)
    feet, shared = held([point(0, -0.1), point(0, 0.1)], [0, WEIGHT_N, 0, -WEIGHT_N * place, 0, 0])
    assert forces(feet, shared.contact)[0, 1, 1] == pytest.approx(share_right * WEIGHT_N, rel=1e-4)


def test_feet_do_not_pull() -> None:
    """Weight outside the feet: the far foot carries nothing, and what no foot can do is left to reserves and said."""
    feet, shared = held([point(0, -0.1), point(0, 0.1)], [0, WEIGHT_N, 0, -WEIGHT_N * 0.2, 0, 0])
    assert forces(feet, shared.contact)[0, 0, 1] == pytest.approx(0.0, abs=0.5)
    assert (shared.contact >= 0).all()
    assert shared.status.tolist() == [Status.RESERVES]
    assert shared.reserve[0, 3] == pytest.approx(-70.0, rel=1e-2)


@pytest.mark.parametrize(("friction", "carried"), [(0.0, 0.0), (0.1, 70.0), (0.5, 300.0)])
def test_friction_carries_no_more_than_its_share_of_the_normal_force(friction: float, carried: float) -> None:
    feet, shared = held([point(0)], [300.0, WEIGHT_N, 0, 0, 0, 0], friction=friction)
    force = forces(feet, shared.contact)[0, 0]
    assert np.hypot(force[0], force[2]) <= friction * force[1] * (1 + 1e-9)
    if friction == 0.1:  # the cheapest is to press harder than the weight: a reserve holds the body down, and is said
        assert carried <= force[0] < 300.0
    else:
        assert force[0] == pytest.approx(carried, abs=0.5)
    assert (shared.status[0] == Status.SOLVED) == (friction == 0.5)


@given(seed=SEEDS, edges=st.integers(3, 12), friction=st.floats(0, 2))
@settings(max_examples=50, deadline=None)
def test_every_edge_lies_on_the_cone_and_every_force_inside(seed: int, edges: int, friction: float) -> None:
    rng = np.random.default_rng(seed)
    normal = rng.normal(size=3)
    one = contacts(rng.normal(size=(1, 1, 3, 5)), normals=[normal], friction=friction, weight_n=WEIGHT_N, edges=edges)
    unit = normal / np.linalg.norm(normal)
    along = one.directions[0] @ unit
    np.testing.assert_allclose(along, 1.0, atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(one.directions[0] - unit, axis=1), friction, atol=1e-12)
    force = forces(one, rng.uniform(0, 100, (1, edges)))[0, 0]
    assert np.linalg.norm(force - force @ unit * unit) <= friction * (force @ unit) * (1 + 1e-9) + 1e-9


def test_the_number_of_edges_does_not_change_what_a_flat_load_costs() -> None:
    costs = [held([point(0)], [0, WEIGHT_N, 0, 0, 0, 0], edges=edges)[1].cost[0] for edges in (3, 4, 8)]
    assert costs == pytest.approx([0.005 / 2] * 3, rel=1e-3)


def test_a_contact_carries_no_more_than_its_limit() -> None:
    feet = contacts(
        np.stack([point(0, -0.1), point(0, 0.1)])[None],
        normals=[UP, UP],
        friction=0.8,
        weight_n=WEIGHT_N,
        limits_n=[200.0, np.inf],
        names=["hand", "foot"],
    )
    arms = np.array([[[0, 0, 0, 300.0, 0, 0], [0, 0, 0, -300.0, 0, 0]]])
    shared = share([[0, WEIGHT_N, 0, 0, 0, 0]], arms, volume=[1, 1], reserve=0.1, floor=0.0, contacts=feet)
    normal = forces(feet, shared.contact)[0, :, 1]
    assert normal[0] == pytest.approx(200.0)
    assert normal[1] == pytest.approx(500.0, abs=0.1)
    # the muscle that turns about x makes up for the missing support: (500 - 200) N at 0.1 m
    assert shared.activation[0, 0] + shared.activation[0, 1] == pytest.approx(0.1, abs=1e-3)
    assert shared.residual[0] <= CERTIFIED


@pytest.mark.parametrize("part", [0.5, 0.9, 0.999])
def test_a_limit_just_below_the_load_leaves_the_rest_to_reserves(part: float) -> None:
    feet, shared = held([point(0)], [0, WEIGHT_N, 0, 0, 0, 0], limits_n=part * WEIGHT_N)
    assert forces(feet, shared.contact)[0, 0, 1] == pytest.approx(part * WEIGHT_N, rel=1e-9)
    assert shared.reserve[0, 1] == pytest.approx((1 - part) * WEIGHT_N, rel=1e-6)
    assert shared.status.tolist() == [Status.RESERVES]


def by_bounded_least_squares(moments: Floats, arms: Floats, volume: Floats, reserve: Floats, feet: Contacts, limit: float) -> Floats:
    """The second road (SciPy): edges are further columns with a bound of 0; every set of contacts is tried as the one at its limit.

    A full contact is held there by a very stiff row.
    """
    cost = np.repeat(feet.cost, feet.edges)
    columns = np.hstack([arms.T, feet.arms[0].T]) / reserve[:, None]
    weights = np.r_[np.sqrt(volume), np.sqrt(cost)]
    high = np.r_[np.ones(volume.size), np.full(cost.size, np.inf)]
    best, least = np.zeros(high.size), np.inf
    count = len(feet.names)
    for chosen in range(2**count):
        full = [c for c in range(count) if chosen >> c & 1]
        stiff = np.zeros((len(full), high.size))
        for row, c in enumerate(full):
            stiff[row, volume.size + c * feet.edges : volume.size + (c + 1) * feet.edges] = 1e4
        stacked = np.vstack([np.diag(weights), columns, stiff])
        target = np.r_[np.zeros(high.size), moments / reserve, np.full(len(full), 1e4 * limit)]
        found = lsq_linear(stacked, target, (0.0, high), method="bvls", tol=1e-15, max_iter=2000).x
        totals = found[volume.size :].reshape(count, -1).sum(axis=1)
        value = (weights**2 * found**2).sum() + ((columns @ found - moments / reserve) ** 2).sum()
        if (totals <= limit * (1 + 1e-5)).all() and value < least:
            best, least = found, value
    return best


@pytest.mark.parametrize("limit", [np.inf, 60.0])
@pytest.mark.parametrize("seed", range(8))
def test_muscles_and_contacts_agree_with_bounded_least_squares(seed: int, limit: float) -> None:
    rng = np.random.default_rng(seed)
    n, count, lines = 5, 3, 7
    arms, volume, reserve = rng.normal(0, 40, (lines, n)), rng.uniform(0.2, 3, lines), rng.uniform(0.5, 2, n)
    feet = contacts(
        rng.normal(size=(1, count, 3, n)),
        normals=rng.normal(size=(count, 3)),
        friction=0.6,
        weight_n=60.0,
        edges=3,
        effort=0.1,
        limits_n=limit,
    )
    moments = rng.normal(0, 100, n)
    shared = share([moments], [arms], volume=volume, reserve=reserve, floor=0.0, contacts=feet)
    theirs = by_bounded_least_squares(moments, arms, volume, reserve, feet, min(limit, 1e9))
    ours = np.r_[shared.activation[0], shared.contact[0]]
    assert shared.residual[0] <= CERTIFIED
    tight = 1e-6 if np.isinf(limit) else 1e-4  # of forces up to 100 N; the stiff row gives way a little
    np.testing.assert_allclose(ours[:lines], theirs[:lines], atol=tight)
    np.testing.assert_allclose(ours[lines:], theirs[lines:], atol=100 * tight)
    if limit == 60.0:
        totals = shared.contact[0].reshape(count, 3).sum(axis=1)
        assert (totals <= limit * (1 + 1e-9)).all()


@pytest.mark.parametrize("limit", [np.inf, 40.0])
@pytest.mark.parametrize("exponent", [2.0, 3.0, 4.0])
def test_both_solvers_agree_where_contacts_push(exponent: float, limit: float, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    frames, n, count, lines = 30, 6, 3, 20
    arms, volume = np.repeat(rng.normal(0, 40, (1, lines, n)), frames, axis=0), rng.uniform(0.2, 3, lines)
    feet = contacts(
        np.repeat(rng.normal(size=(1, count, 3, n)), frames, axis=0),
        normals=rng.normal(size=(count, 3)),
        friction=0.6,
        weight_n=100.0,
        limits_n=limit,
    )
    moments = rng.normal(0, 120, (frames, n))
    found = []
    for steps in ([60, 0, 0], [0, 80, 80]):
        monkeypatch.setattr("hipspine.mechanics.sharing.STEPS", np.array(steps))
        found.append(share(moments, arms, volume=volume, reserve=1.0, exponent=exponent, contacts=feet))
    newton, inside = found
    assert inside.solved.all()
    sure = newton.solved
    assert sure.mean() > 0.5
    np.testing.assert_allclose(inside.activation[sure], newton.activation[sure], atol=1e-7)
    np.testing.assert_allclose(inside.contact[sure], newton.contact[sure], atol=1e-4)
    if limit == 40.0:
        totals = inside.contact.reshape(frames, count, 4).sum(axis=2)
        assert (totals > 40.0 * (1 - 1e-9)).any()
        assert (totals <= 40.0 * (1 + 1e-9)).all()


def test_a_person_on_one_leg_needs_the_hip_and_the_foot() -> None:
    """Virtual work by hand: a trunk of 500 N whose centre is 0.1 m inside a hip over a foot; one abductor at 0.05 m must pull 1000 N."""
    # coordinates: height of the hip, turn of the trunk about it
    foot = contacts(np.array([[[[0.0, 0.0], [1.0, 0.0], [0.0, 0.0]]]]), normals=[UP], friction=0.5, weight_n=500.0)
    shared = share([[500.0, 50.0]], [[[0.0, 2000.0 * 0.05]]], volume=[1.0], reserve=[0.01, 0.01], floor=0.0, contacts=foot)
    assert shared.activation[0, 0] * 2000.0 == pytest.approx(1000.0, rel=1e-3)
    assert forces(foot, shared.contact)[0, 0, 1] == pytest.approx(500.0, rel=1e-3)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"jacobians": np.ones((1, 2, 4))}, r"contact Jacobians have shape \(1, 2, 4\)"),
        ({"jacobians": np.full((1, 2, 3, 4), np.inf)}, "the Jacobian of contact 1 holds a value that is not a finite number"),
        ({"normals": [[0, 1, 0]]}, r"normals have shape \(1, 3\); expected \(2, 3\) or \(1, 2, 3\)"),
        ({"normals": [[0, 1, 0], [0, 0, 0]]}, "the normal of contact 2 has no direction"),
        ({"friction": -0.1}, "friction of contact 1 is -0.1; give a number of at least 0"),
        ({"friction": [0.5, np.inf], "names": ["heel", "toe"]}, "friction of toe is infinite"),
        ({"friction": [0.5, np.nan]}, "friction of contact 2 is nan"),
        ({"weight_n": 0.0}, "weight_n is 0.0; give a finite number above 0"),
        ({"effort": float("nan")}, "effort is nan"),
        ({"edges": 2}, "edges is 2; a friction pyramid has 3 or more"),
        ({"limits_n": [0.0, 1.0]}, "limits_n of contact 1 is 0; leave a contact out"),
        ({"names": ["heel"]}, "1 names for 2 contacts"),
    ],
)
def test_bad_contacts_are_refused_in_one_sentence(change: dict[str, object], said: str) -> None:
    sound: dict[str, object] = {"jacobians": np.ones((1, 2, 3, 4)), "normals": [UP, UP], "friction": 0.5, "weight_n": WEIGHT_N}
    given_ = sound | change
    with pytest.raises(ModelError, match=said):
        contacts(given_.pop("jacobians"), **given_)  # type: ignore[arg-type]


def test_contacts_that_do_not_fit_the_moments_are_refused() -> None:
    feet = contacts(np.ones((1, 1, 3, 4)), normals=[UP], friction=0.5, weight_n=WEIGHT_N)
    with pytest.raises(ModelError, match=r"contacts have arms of shape \(1, 4, 4\); expected \(2, edge, 4\)"):
        share(np.ones((2, 4)), np.ones((2, 1, 4)), volume=[1.0], reserve=1.0, contacts=feet)
