"""The second road: every kernel against plain NumPy or SciPy written independently."""

import itertools

import numpy as np
import pytest
from scipy import linalg, signal

from hipspine.signals.kernels import ORDER, best_path, block_lag_products, edge_likelihoods, high_pass, levinson, residual_energy


@pytest.fixture
def x() -> np.ndarray:
    rng = np.random.default_rng(3)
    return np.asarray(signal.lfilter([1.0], [1.0, -0.8, 0.3], rng.normal(size=1003)))


def test_high_pass_equals_scipy(x: np.ndarray) -> None:
    b, a = signal.butter(2, 20.0, "high", fs=1000.0)
    out = np.empty(x.size)
    high_pass(x, 0.7, b, a, out)
    np.testing.assert_allclose(out, signal.lfilter(b, a, x - 0.7), rtol=1e-10, atol=1e-12)


def test_lag_products_are_sums_over_blocks(x: np.ndarray) -> None:
    shifted = [np.r_[np.zeros(k), x[: x.size - k]] * x for k in range(ORDER + 1)]
    expected = np.array([products[:1000].reshape(-1, 20).sum(1) for products in shifted]).T
    np.testing.assert_allclose(block_lag_products(x, 20), expected, rtol=1e-10, atol=1e-12)
    assert block_lag_products(x, 4).shape == (250, ORDER + 1)


def test_levinson_solves_the_yule_walker_equations(x: np.ndarray) -> None:
    r = np.array([x[: x.size - k] @ x[k:] for k in range(ORDER + 1)]) / x.size
    a, variance = levinson(r)
    ridge = np.r_[r[0] * 1.001, r[1:]]
    np.testing.assert_allclose(a[1:], -linalg.solve_toeplitz(ridge[:-1], ridge[1:]), rtol=1e-8)
    assert variance == pytest.approx(ridge[0] + a[1:] @ r[1:], rel=1e-8)


def test_levinson_stays_stable_on_sums_that_are_no_autocovariance() -> None:
    a, variance = levinson(np.array([1.0, 1.2, -1.3, 0.9, 1.1, -0.4, 0.2]))
    assert np.isfinite(a).all()
    assert variance > 0


@pytest.mark.parametrize("block", [4, 5, 20])
def test_residual_energy_equals_filtering(x: np.ndarray, block: int) -> None:
    filters = np.array([[1.0, -0.8, 0.3, 0.1, 0.0, 0.05, -0.02], [1.0, 0.2, 0.0, 0.0, 0.0, 0.0, 0.4]])
    whole = x.size // block * block
    variances = np.array([0.9, 0.01])
    expected = [(signal.lfilter(a, [1.0], x)[:whole] ** 2).reshape(-1, block).sum(1) / v for a, v in zip(filters, variances, strict=True)]
    np.testing.assert_allclose(residual_energy(x, block, filters, variances), expected, rtol=1e-10)


def test_best_path_is_the_best_of_all_paths() -> None:
    rng = np.random.default_rng(8)
    blocks, block, temper, switch, step = 7, 10, 1.3, 2.0, 0.7
    rest, burst = rng.chisquare(10, blocks) * 2, rng.chisquare(10, (2, blocks))
    spectrum, ratios = np.array([0, 1]), np.array([[1.0, 2.0], [1.5, 4.0]])
    scores = np.zeros((blocks, 3))
    for k in range(2):
        scores[:, k + 1] = 0.5 * (-block * np.log(ratios[k, 1]) + rest - burst[spectrum[k]] / ratios[k, 0]) / temper

    def worth(path: tuple[int, ...]) -> float:
        cost = switch * (path[0] > 0)
        for before, after in itertools.pairwise(path):
            cost += 0.0 if before == after else switch if 0 in (before, after) else step
        return float(scores[range(blocks), path].sum() - cost)

    best = max(itertools.product(range(3), repeat=blocks), key=worth)
    path, gain = best_path(rest, burst, spectrum, ratios, block, temper, switch, step)
    assert tuple(path) == best
    np.testing.assert_allclose(gain, scores[range(blocks), best], atol=1e-12)


def test_edge_likelihoods_equal_the_sum_over_cells() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=700) * np.where(np.arange(700) < 300, 1.0, 4.0)
    first, cell, cells, onsets = 10, 2, 300, 200
    r0, r1 = np.eye(1, ORDER + 1)[0], np.array([16.0, 6.0, 1.0, 0.0, 0.0, 0.0, 0.0])
    gains = np.array([0.01, 0.1, 0.4, 1.0])
    begins = np.array([[0, 0, 0, 0], [2, 9, 20, 31], [5, 20, 44, 70]])
    logs = []
    for gain in (0.0, *gains):
        a, variance = levinson(r0 + gain * (r1 - r0))
        e = signal.lfilter(a, [1.0], x)[first : first + cells * cell]
        logs.append((-0.5 * np.log(variance) - 0.5 * e**2 / variance).reshape(cells, cell).sum(1))
    expected = np.zeros((3, onsets))
    for j, t in itertools.product(range(3), range(onsets)):
        level = np.searchsorted(t + begins[j], np.arange(cells), side="right")
        expected[j, t] = sum(logs[level[c]][c] for c in range(cells))
    expected = np.exp((expected - expected.max()) / 1.5)
    low, found = edge_likelihoods(x, first, cell, cells, onsets, r0, r1, gains, begins, np.arange(3), 1.5)
    high = low + found.shape[1]
    np.testing.assert_allclose(found, expected[:, low:high], rtol=1e-6, atol=1e-9)
    assert np.delete(expected, np.s_[low:high], axis=1).max(initial=0.0) < 1e-6
    assert found.max() == 1.0
