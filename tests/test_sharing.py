"""Load sharing: the cheapest answer by two roads, a certificate that can be trusted, and what must not matter does not matter."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import lsq_linear

from hipspine.errors import ModelError
from hipspine.mechanics import sharing_kernel
from hipspine.mechanics.sharing import CERTIFIED, Shared, Status, share, volumes
from hipspine.terms import Floats

Problem = tuple[Floats, Floats, Floats, Floats]  # moments, arms_force, volume, reserve
SEEDS = st.integers(0, 2**32 - 1)
EXPONENTS = st.sampled_from([2.0, 2.5, 3.0, 4.0])


def problem(seed: int, *, frames: int = 3, lines: int = 12, coordinates: int = 4, hard: float = 1.0) -> Problem:
    """A body of random lines: each crosses some of the coordinates; ``hard``: moments as a share of what all lines make together."""
    rng = np.random.default_rng(seed)
    arms = rng.normal(0, 40, (lines, coordinates)) * (rng.random((lines, coordinates)) < 0.6)
    wobble = 1 + 0.1 * rng.normal(size=(frames, 1, 1))
    reach = np.abs(arms).sum(axis=0) / 4 + 1
    moments = hard * reach * rng.uniform(-1, 1, (frames, coordinates))
    return moments, np.asarray(arms * wobble), rng.uniform(0.2, 5, lines), rng.uniform(0.5, 3, coordinates)


def by_bounded_least_squares(given_: Problem, floor: float) -> Floats:
    """The second road for exponent 2: reserves put into the cost, then least squares with bounds by an active set (SciPy)."""
    moments, arms, volume, reserve = given_
    found = []
    for tau, arm in zip(moments, arms, strict=True):
        stacked = np.vstack([np.diag(np.sqrt(volume)), (arm / reserve).T])
        found.append(lsq_linear(stacked, np.r_[np.zeros(volume.size), tau / reserve], (floor, 1.0), method="bvls", tol=1e-14).x)
    return np.array(found)


def by_descent(tau: Floats, arm: Floats, volume: Floats, reserve: Floats, *, exponent: float, floor: float, ceiling: float = 1.0) -> Floats:
    """The second road for every exponent, in the activations of one frame: the cost's parabola at the present answer, again and again."""
    start = np.full(volume.size, (floor + ceiling) / 2)
    for _ in range(100):
        bend = (exponent - 1) * volume * start ** (exponent - 2)
        target = start - volume * start ** (exponent - 1) / bend
        stacked = np.vstack([np.diag(np.sqrt(bend)), (arm / reserve).T])
        best = lsq_linear(stacked, np.r_[np.sqrt(bend) * target, tau / reserve], (floor, ceiling), method="bvls", tol=1e-14).x
        if np.abs(best - start).max() < 1e-12:
            break
        start = best
    return np.asarray(best)


@given(seed=SEEDS, hard=st.sampled_from([0.1, 1.0, 5.0]), floor=st.sampled_from([0.0, 0.01, 0.05]))
@settings(max_examples=40, deadline=None)
def test_squares_agree_with_bounded_least_squares(seed: int, hard: float, floor: float) -> None:
    given_ = problem(seed, hard=hard)
    ours = share(given_[0], given_[1], volume=given_[2], reserve=given_[3], floor=floor)
    assert ours.solved.all()
    np.testing.assert_allclose(ours.activation, by_bounded_least_squares(given_, floor), atol=1e-8)


@pytest.mark.parametrize("exponent", [2.0, 2.7, 3.0, 4.0])
@pytest.mark.parametrize("seed", range(4))
def test_every_exponent_agrees_with_a_descent_in_the_activations(seed: int, exponent: float) -> None:
    moments, arms, volume, reserve = problem(seed, frames=1, lines=8, coordinates=3)
    ours = share(moments, arms, volume=volume, reserve=reserve, exponent=exponent, floor=0.05)
    theirs = by_descent(moments[0], arms[0], volume, reserve, exponent=exponent, floor=0.05)
    np.testing.assert_allclose(ours.activation[0], theirs, atol=1e-8)


@pytest.mark.parametrize("exponent", [2.0, 3.0, 4.0])
@pytest.mark.parametrize("seed", range(3))
def test_a_lower_ceiling_agrees_with_a_descent_too(seed: int, exponent: float) -> None:
    moments, arms, volume, reserve = problem(seed, frames=1, lines=8, coordinates=3)
    ours = share(moments, arms, volume=volume, reserve=reserve, exponent=exponent, floor=0.05, ceiling=0.4)
    theirs = by_descent(moments[0], arms[0], volume, reserve, exponent=exponent, floor=0.05, ceiling=0.4)
    assert ours.solved.all()
    assert ours.activation.max() == 0.4
    np.testing.assert_allclose(ours.activation[0], theirs, atol=1e-8)


@given(seed=SEEDS, exponent=EXPONENTS, hard=st.sampled_from([0.1, 1.0, 20.0]))
@settings(max_examples=60, deadline=None)
def test_muscles_and_reserves_together_make_the_moments(seed: int, exponent: float, hard: float) -> None:
    moments, arms, volume, reserve = problem(seed, hard=hard)
    ours = share(moments, arms, volume=volume, reserve=reserve, exponent=exponent)
    made = np.einsum("fjc,fj->fc", arms, ours.activation) + ours.reserve
    np.testing.assert_allclose(made, moments, rtol=1e-12, atol=1e-9)
    assert ours.residual.max() <= CERTIFIED
    assert (ours.activation >= 0.01).all()
    assert (ours.activation <= 1.0).all()


@given(seed=SEEDS, exponent=EXPONENTS)
@settings(max_examples=40, deadline=None)
def test_cost_equals_the_value_of_the_dual(seed: int, exponent: float) -> None:
    """No gap between an answer and a bound on every answer: the answer is the best, whatever the solver did."""
    moments, arms, volume, reserve = problem(seed)
    ours = share(moments, arms, volume=volume, reserve=reserve, exponent=exponent)
    x = np.einsum("fjc,fc->fj", arms, ours.multiplier)
    # the least of V a^p / p - x a over the allowed activations, found by looking at a fine grid and refining it
    grid = np.linspace(0.01, 1.0, 4001)
    least = (volume[:, None] * grid**exponent / exponent - x[..., None] * grid).min(axis=-1)
    bound = (ours.multiplier * moments).sum(axis=1) - ((ours.multiplier * reserve) ** 2).sum(axis=1) / 2 + least.sum(axis=1)
    coarse = (volume * (exponent - 1)).sum() * (grid[1] - grid[0]) ** 2
    np.testing.assert_allclose(bound, ours.cost, atol=coarse)
    assert (bound >= ours.cost - 1e-9 * (1 + ours.cost)).all()  # a grid can only miss the least from above


@pytest.mark.parametrize("exponent", [2.0, 3.0, 4.0])
@pytest.mark.parametrize("hard", [0.5, 10.0])
def test_a_muscle_cut_into_more_lines_does_the_same(exponent: float, hard: float) -> None:
    moments, arms, volume, reserve = problem(5, hard=hard)
    pieces = np.random.default_rng(1).integers(1, 6, volume.size)
    whole = share(moments, arms, volume=volume, reserve=reserve, exponent=exponent)
    cut = share(
        moments,
        np.repeat(arms / pieces[:, None], pieces, axis=1),
        volume=np.repeat(volume / pieces, pieces),
        reserve=reserve,
        exponent=exponent,
    )
    np.testing.assert_allclose(cut.activation, np.repeat(whole.activation, pieces, axis=1), atol=1e-8)
    np.testing.assert_allclose(cut.reserve, whole.reserve, atol=1e-8 * np.abs(whole.reserve).max())
    np.testing.assert_allclose(cut.cost, whole.cost, rtol=1e-9)


def test_without_volumes_cutting_a_muscle_changes_the_answer() -> None:
    """Why lines are weighted: two equal muscles share a moment; cut one into four with weight 1 each, and it does most of the work."""
    equal = share([[100.0]], [[[200.0], [200.0]]], volume=[1, 1], reserve=1e-3, floor=0)
    cut = share([[100.0]], [[[200.0], [50.0], [50.0], [50.0], [50.0]]], volume=np.ones(5), reserve=1e-3, floor=0)
    assert equal.activation[0] == pytest.approx([0.25, 0.25])
    assert cut.activation[0, 0] == pytest.approx(0.4)


def test_volumes_do_not_depend_on_units_and_stay_when_a_line_is_cut() -> None:
    whole = volumes([900.0, 300.0], [0.1, 0.2])
    assert whole == pytest.approx(volumes([900e3, 300e3], [10.0, 20.0]))
    assert volumes([450.0, 450.0, 300.0], [0.1, 0.1, 0.2]) == pytest.approx([whole[0] / 2, whole[0] / 2, whole[1]])


@given(seed=SEEDS, exponent=EXPONENTS)
@settings(max_examples=30, deadline=None)
def test_order_of_lines_and_of_coordinates_does_not_matter(seed: int, exponent: float) -> None:
    moments, arms, volume, reserve = problem(seed)
    rng = np.random.default_rng(seed)
    lines, axes = rng.permutation(volume.size), rng.permutation(reserve.size)
    plain = share(moments, arms, volume=volume, reserve=reserve, exponent=exponent)
    mixed = share(moments[:, axes], arms[:, lines][:, :, axes], volume=volume[lines], reserve=reserve[axes], exponent=exponent)
    np.testing.assert_allclose(mixed.activation, plain.activation[:, lines], atol=1e-8)
    np.testing.assert_allclose(mixed.reserve, plain.reserve[:, axes], atol=1e-7)


@given(seed=SEEDS, exponent=EXPONENTS, powers=st.lists(st.integers(-4, 4), min_size=4, max_size=4))
@settings(max_examples=30, deadline=None)
def test_the_unit_of_a_coordinate_does_not_matter(seed: int, exponent: float, powers: list[int]) -> None:
    moments, arms, volume, reserve = problem(seed)
    unit = 10.0 ** np.array(powers)
    plain = share(moments, arms, volume=volume, reserve=reserve, exponent=exponent)
    other = share(moments * unit, arms * unit, volume=volume, reserve=reserve * unit, exponent=exponent)
    np.testing.assert_allclose(other.activation, plain.activation, atol=1e-8)
    np.testing.assert_allclose(other.strained, plain.strained, rtol=1e-6, atol=1e-8)


@given(seed=SEEDS, exponent=EXPONENTS, hard=st.sampled_from([1.0, 20.0]))
@settings(max_examples=30, deadline=None)
def test_stronger_reserves_carry_more_and_the_whole_costs_less(seed: int, exponent: float, hard: float) -> None:
    moments, arms, volume, reserve = problem(seed, hard=hard)
    weak, strong = (share(moments, arms, volume=volume, reserve=factor * reserve, exponent=exponent) for factor in (1.0, 3.0))
    carried = [((one.reserve / reserve) ** 2).sum(axis=1) for one in (weak, strong)]
    assert (carried[1] >= carried[0] - 1e-8 * (1 + carried[0])).all()
    assert (strong.cost <= weak.cost * (1 + 1e-9)).all()


def test_the_multiplier_is_what_one_more_unit_of_moment_costs() -> None:
    moments, arms, volume, reserve = problem(8, frames=1)
    for exponent in (2.0, 3.0):
        middle = share(moments, arms, volume=volume, reserve=reserve, exponent=exponent)
        for axis in range(4):
            step = np.eye(4)[axis] * 1e-4
            up, down = (share(moments + s * step, arms, volume=volume, reserve=reserve, exponent=exponent).cost[0] for s in (1, -1))
            assert (up - down) / 2e-4 == pytest.approx(middle.multiplier[0, axis], rel=1e-4, abs=1e-6)


@given(seed=SEEDS, exponent=EXPONENTS, hard=st.sampled_from([0.3, 3.0]))
@settings(max_examples=30, deadline=None)
def test_where_a_frame_starts_does_not_matter(seed: int, exponent: float, hard: float) -> None:
    given_ = problem(seed, frames=6, hard=hard)
    moments, arms, volume, reserve = given_
    together = share(moments, arms, volume=volume, reserve=reserve, exponent=exponent)
    for f in (1, 5):
        alone = share(moments[f : f + 1], arms[f : f + 1], volume=volume, reserve=reserve, exponent=exponent)
        np.testing.assert_allclose(alone.activation[0], together.activation[f], atol=1e-8)
    again = share(moments, arms, volume=volume, reserve=reserve, exponent=exponent)
    assert again.activation.tobytes() == together.activation.tobytes()


def test_neighbours_save_steps() -> None:
    moments, arms, volume, reserve = problem(2, frames=1, lines=40, coordinates=8)
    slow = np.linspace(0.5, 0.6, 50)[:, None] * moments
    many = np.repeat(arms, 50, axis=0)
    run = share(slow, many, volume=volume, reserve=reserve)
    assert run.iterations[1:].mean() < 0.5 * run.iterations[0]
    later = share(slow[:1], many[:1], volume=volume, reserve=reserve, start=run.multiplier[0])
    assert later.iterations[0] == 0


def test_a_task_that_muscles_cannot_do_is_said() -> None:
    ours = share([[20.0], [500.0]], [[[30.0], [40.0]]] * 2, volume=[1, 1], reserve=2.0, coordinates=["hip_flexion:right"])
    assert ours.status.tolist() == [Status.SOLVED, Status.RESERVES]
    assert ours.activation[1] == pytest.approx([1.0, 1.0])
    assert ours.reserve[1, 0] == pytest.approx(430.0)
    (sentence,) = ours.sentences()
    assert "1 of 2 frames" in sentence
    assert "in frame 1 a moment of 430 about hip_flexion:right" in sentence


def test_a_frame_without_certificate_is_said() -> None:
    good = share(*problem(1)[:2], volume=problem(1)[2], reserve=problem(1)[3])
    bad = Shared(
        good.activation, good.contact, good.reserve, good.multiplier, np.array([1e-12, 0.3, 1e-12]), good.iterations, good.cost,
        np.array([0, 2, 0], dtype=np.int8), good.strained, good.coordinates,
    )  # fmt: skip
    assert bad.solved.tolist() == [True, False, True]
    assert "did not converge in 1 of 3 frames, worst in frame 1 (residual 3.0e-01" in bad.sentences()[0]


def test_a_solver_that_is_stopped_early_gets_no_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hipspine.mechanics.sharing.STEPS", np.array([1, 1, 1]))
    moments, arms, volume, reserve = problem(3, lines=40, coordinates=8, hard=2.0)
    ours = share(moments, arms, volume=volume, reserve=reserve)
    assert (ours.status == Status.STOPPED).all()
    assert np.isfinite(ours.residual).all()
    assert "did not converge" in ours.sentences()[0]


def test_numbers_that_are_not_finite_do_not_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    """A solver that broke down in one frame: that frame is left to the reserves and said; the other is untouched."""
    sound = sharing_kernel.share_frames

    def breaks(*arguments: Floats) -> None:
        sound(*arguments)  # type: ignore[arg-type]
        activation, _, multiplier, _, imbalance = arguments[-5:]
        activation[1], multiplier[1], imbalance[1] = np.nan, np.nan, np.nan

    moments, arms, volume, reserve = problem(3, frames=2)
    plain = share(moments, arms, volume=volume, reserve=reserve)
    monkeypatch.setattr(sharing_kernel, "share_frames", breaks)
    broken = share(moments, arms, volume=volume, reserve=reserve)
    assert (broken.status == Status.STOPPED).tolist() == [False, True]
    assert (broken.activation[0] == plain.activation[0]).all()
    assert (broken.activation[1] == 0.01).all()
    for values in (broken.activation, broken.reserve, broken.multiplier, broken.cost, broken.strained):
        assert np.isfinite(values).all()


@given(
    moment=st.floats(-9e11, 9e11), arm=st.floats(-9e11, 9e11), volume=st.floats(1e-9, 1e9), reserve=st.floats(1e-9, 1e9), exponent=EXPONENTS
)
@settings(max_examples=100, deadline=None)
def test_no_allowed_number_makes_nan(moment: float, arm: float, volume: float, reserve: float, exponent: float) -> None:
    one = share([[moment, 1.0]], [[[arm, 1.0], [1.0, 2.0]]], volume=[volume, 1.0], reserve=reserve, exponent=exponent)
    for values in (one.activation, one.reserve, one.multiplier, one.cost, one.strained):
        assert np.isfinite(values).all()
    assert one.solved[0] == (one.residual[0] <= CERTIFIED)


@pytest.mark.parametrize("exponent", [2.0, 3.0, 4.0])
def test_moments_far_beyond_strength_are_certified_too(exponent: float) -> None:
    """Reserves at 50 times their optimal moment: Newton's steps become short, and the way from the inside takes over."""
    moments, arms, volume, reserve = problem(7, frames=40, lines=80, coordinates=20, hard=3.0)
    ours = share(moments, arms, volume=volume, reserve=0.1 * reserve, exponent=exponent)
    assert np.abs(ours.strained).max() > 50
    assert ours.iterations.max() > 20  # more than Newton's first share: the other way was taken
    assert ours.residual.max() <= CERTIFIED
    if exponent == 2.0:
        np.testing.assert_allclose(ours.activation, by_bounded_least_squares((moments, arms, volume, 0.1 * reserve), 0.01), atol=1e-8)


def test_both_solvers_give_the_same_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    moments, arms, volume, reserve = problem(4, frames=20)
    for exponent in (2.0, 2.5, 4.0):
        newton = share(moments, arms, volume=volume, reserve=reserve, exponent=exponent)
        monkeypatch.setattr("hipspine.mechanics.sharing.STEPS", np.array([0, 80, 80]))
        inside = share(moments, arms, volume=volume, reserve=reserve, exponent=exponent)
        monkeypatch.undo()
        np.testing.assert_allclose(inside.activation, newton.activation, atol=1e-8)


def test_machine_code_and_plain_python_agree() -> None:
    moments, arms, volume, reserve = problem(9, frames=2)
    muscle = np.stack([volume, np.full(12, 0.01), np.ones(12), volume * 0.01**2, volume])
    none, group = np.zeros(0), np.zeros(1, dtype=np.int64)
    results = []
    for function in (sharing_kernel.share_frames, sharing_kernel.share_frames.py_func):  # type: ignore[attr-defined]
        out = np.empty((2, 12)), np.empty((2, 0)), np.empty((2, 4)), np.empty(2, dtype=np.int64), np.empty(2)
        function(
            moments, arms, muscle, 3.0, reserve, np.zeros((2, 0, 4)), group, none, none, np.zeros(4), 1e-11, np.array([12, 80, 80]), *out
        )
        results.append(out[0])
    np.testing.assert_allclose(results[0], results[1], rtol=1e-12)


def test_a_line_without_freedom_is_held() -> None:
    moments, arms, volume, reserve = problem(6)
    floor, ceiling = np.full(12, 0.01), np.ones(12)
    floor[3] = ceiling[3] = 0.4
    ceiling[5] = 0.2
    ours = share(moments, arms, volume=volume, reserve=reserve, floor=floor, ceiling=ceiling, exponent=3.0)
    rest = np.delete(np.arange(12), 3)
    without = share(
        moments - 0.4 * arms[:, 3], arms[:, rest], volume=volume[rest], reserve=reserve, floor=0.01, ceiling=ceiling[rest], exponent=3.0
    )
    assert (ours.activation[:, 3] == 0.4).all()
    assert (ours.activation[:, 5] <= 0.2).all()
    np.testing.assert_allclose(ours.activation[:, rest], without.activation, atol=1e-9)
    np.testing.assert_allclose(ours.reserve, without.reserve, atol=1e-9)


def test_no_lines_and_no_frames_are_no_error() -> None:
    alone = share([[5.0, -2.0]], np.zeros((1, 0, 2)), volume=[], reserve=[1.0, 1.0])
    assert alone.reserve.tolist() == [[5.0, -2.0]]
    assert share(np.zeros((0, 2)), np.zeros((0, 3, 2)), volume=np.ones(3), reserve=1.0).activation.shape == (0, 3)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"moments": [[1.0, np.nan]]}, r"moments is nan at \(0, 1\); give finite numbers below 1e\+12"),
        ({"moments": [1.0, 2.0]}, r"moments has shape \(2,\); expected \(frame, coordinate\)"),
        ({"arms_force": np.ones((2, 3, 2))}, r"arms_force has shape \(2, 3, 2\); expected \(1, line, 2\)"),
        ({"volume": [1.0, 0.0, 1.0]}, r"volume is 0.0 at 1; give a number from 1e-12 to 1e\+12"),
        ({"volume": [1.0, 1.0]}, r"volume has shape \(2,\); give one number, or 3 of them"),
        ({"reserve": [1.0, -1.0]}, r"reserve is -1.0 at 1; give a number from 1e-12 to 1e\+12"),
        ({"exponent": 1.0}, "exponent is 1.0; give 2 to 4"),
        ({"exponent": float("nan")}, "exponent is nan; give 2 to 4"),
        ({"floor": 0.5, "ceiling": [1.0, 0.4, 1.0]}, "floor is 0.5 and ceiling 0.4 at line 1; give 0 <= floor <= ceiling"),
        ({"floor": -0.1}, "floor is -0.1"),
        ({"floor": 0.0, "exponent": 3.0}, "floor is 0 at line 0; with exponent 3 give at least 0.001, such as 0.01"),
        ({"coordinates": ["hip"]}, "1 names of coordinates for 2 columns"),
        ({"start": [1.0, np.inf]}, "start is inf at 1"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(change: dict[str, object], said: str) -> None:
    sound: dict[str, object] = {"moments": [[1.0, 2.0]], "arms_force": np.ones((1, 3, 2)), "volume": np.ones(3), "reserve": 1.0}
    with pytest.raises(ModelError, match=said):
        share(**(sound | change))  # type: ignore[arg-type]
