"""Hot loops of the onset engine, for Numba; plain Python underneath (``NUMBA_DISABLE_JIT=1`` runs them as such).

All arrays are float64 and C-contiguous. One thread, no fast-math: the same input gives the same bytes. The second road,
plain NumPy written independently, lives in ``tests/test_onset_kernels.py``. The order of the spectra is fixed at `ORDER`
because its loops are written out: independent sums keep the processor busy without fast-math.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeAlias, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hipspine.terms import Floats

ORDER = 6  # of the autoregressive spectra of rest and burst
STRIDE = 8  # cells: onsets are first scored so far apart, then all of them where it matters
Samples: TypeAlias = NDArray[np.float32] | NDArray[np.float64]
_P = ParamSpec("_P")
_R = TypeVar("_R")


def _kernel(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Compile at first use, keep the machine code beside the file (or in the user's cache), hold no global lock."""
    return cast("Callable[_P, _R]", njit(cache=True, nogil=True)(function))


@_kernel
def high_pass(x: Floats, offset: float, b: Floats, a: Floats, out: Samples) -> None:
    """Fill ``out`` with a second-order filter section ``b / a`` (a[0] = 1) run forwards over ``x - offset`` from rest."""
    z1 = 0.0
    z2 = 0.0
    b0, b1, b2, a1, a2 = b[0], b[1], b[2], a[1], a[2]
    for n in range(x.size):
        v = x[n] - offset
        y = b0 * v + z1
        z1 = b1 * v - a1 * y + z2
        z2 = b2 * v - a2 * y
        out[n] = y


@_kernel
def block_lag_products(x: Samples, block: int) -> Floats:
    """(block, ORDER + 1) sums of ``x[n] x[n - lag]`` over each whole block of samples; samples before the first count as 0."""
    blocks = x.size // block
    out = np.zeros((blocks, 7))
    for n in range(min(6, blocks * block)):
        for k in range(n + 1):
            out[n // block, k] += np.float64(x[n]) * x[n - k]
    for b in range(blocks):
        begin = max(b * block, 6)
        size = max((b + 1) * block - begin, 0)
        v0, v1, v2, v3 = x[begin:], x[begin - 1 :], x[begin - 2 :], x[begin - 3 :]  # views: their indices cannot be negative,
        v4, v5, v6 = x[begin - 4 :], x[begin - 5 :], x[begin - 6 :]  # which saves a test per sample
        s0 = s1 = s2 = s3 = s4 = s5 = s6 = 0.0
        for n in range(size):
            v = np.float64(v0[n])
            s0 += v * v
            s1 += v * v1[n]
            s2 += v * v2[n]
            s3 += v * v3[n]
            s4 += v * v4[n]
            s5 += v * v5[n]
            s6 += v * v6[n]
        out[b, 0] += s0
        out[b, 1] += s1
        out[b, 2] += s2
        out[b, 3] += s3
        out[b, 4] += s4
        out[b, 5] += s5
        out[b, 6] += s6
    return out


@_kernel
def levinson(r: Floats) -> tuple[Floats, float]:
    """Prediction-error filter ``1, a_1 .. a_p`` and error variance of an autocovariance (lag 0 .. p), by Levinson-Durbin.

    Reflection coefficients are held within +-0.99: sums over few samples need not be positive definite.
    """
    p = r.size - 1
    a = np.zeros(p + 1)
    a[0] = 1.0
    error = r[0] * 1.001
    old = np.zeros(p + 1)
    for i in range(1, p + 1):
        acc = r[i]
        for j in range(1, i):
            acc += a[j] * r[i - j]
        k = min(max(-acc / error, -0.99), 0.99)
        for j in range(1, i):
            old[j] = a[j]
        for j in range(1, i):
            a[j] = old[j] + k * old[i - j]
        a[i] = k
        error *= 1.0 - k * k
    return a, error


@_kernel
def squared_residual(x: Samples, first: int, a: Floats, out: Floats) -> None:
    """Fill ``out`` with the squared residual of ``x`` from sample ``first`` (at least ORDER) under a prediction-error filter."""
    v0, v1, v2, v3 = x[first:], x[first - 1 :], x[first - 2 :], x[first - 3 :]
    v4, v5, v6 = x[first - 4 :], x[first - 5 :], x[first - 6 :]
    a1, a2, a3, a4, a5, a6 = a[1], a[2], a[3], a[4], a[5], a[6]
    for n in range(out.size):
        e = v0[n] + a1 * v1[n] + a2 * v2[n] + a3 * v3[n] + a4 * v4[n] + a5 * v5[n] + a6 * v6[n]
        out[n] = e * e


@_kernel
def residual_energy(x: Samples, block: int, filters: Floats, variances: Floats) -> Floats:
    """(filter, block) energy of each whitening filter's residual over each whole block, in units of its error variance.

    filters: (filter, ORDER + 1) prediction-error filters; variances: (filter,). Samples before the
    first count as 0.
    """
    blocks = x.size // block
    out = np.zeros((filters.shape[0], blocks))
    padded = np.zeros(6 + 6, x.dtype)
    padded[6 : 6 + min(6, x.size)] = x[:6]
    squares = np.empty(block)
    for b in range(blocks):
        for f in range(filters.shape[0]):
            if b * block >= 6:
                squared_residual(x, b * block, filters[f], squares)
            else:
                early = min(6, (b + 1) * block) - b * block
                squared_residual(padded, 6 + b * block, filters[f], squares[:early])
                if early < block:
                    squared_residual(x, 6, filters[f], squares[early:])
            total = 0.0
            for n in range(block):
                total += squares[n]
            out[f, b] = total / variances[f]
    return out


@_kernel
def best_path(
    rest: Floats, burst: Floats, spectrum: NDArray[np.int64], ratios: Floats, block: int, temper: float, switch: float, step: float
) -> tuple[NDArray[np.uint8], Floats]:
    """Exact Viterbi path through the states of every block, and what each block gains over rest.

    State 0 is rest, state k + 1 is burst level k. Entering or leaving rest costs ``switch``, moving between levels ``step``; a
    record may start in any state.

    Args:
        rest: (block,) residual energy under the spectrum of rest, over its error variance.
        burst: (spectrum, block) the same under each burst spectrum.
        spectrum: (level,) which burst spectrum a level has.
        ratios: (level, 2) error variance of a level over that of its spectrum, and over that of rest.
        temper: all scores are divided by it.

    Returns:
        (block,) states and (block,) tempered score of the chosen state against rest.
    """
    blocks = rest.size
    states = ratios.shape[0] + 1
    back = np.zeros((blocks, states), np.uint8)
    value = np.zeros(states)
    new = np.zeros(states)
    gain = np.empty(blocks)
    constants = np.zeros(states)
    for k in range(1, states):
        value[k] = -switch
        constants[k] = -0.5 * block * np.log(ratios[k - 1, 1]) / temper
    half = 0.5 / temper
    for b in range(blocks):
        top = 1
        for k in range(2, states):
            if value[k] > value[top]:
                top = k
        new[0] = value[0]
        if b > 0 and value[top] - switch > new[0]:
            new[0] = value[top] - switch
            back[b, 0] = top
        for k in range(1, states):
            best = value[k]
            origin = k
            if b > 0 and value[top] - step > best:
                best = value[top] - step
                origin = top
            if b > 0 and value[0] - switch > best:
                best = value[0] - switch
                origin = 0
            new[k] = best + constants[k] + half * (rest[b] - burst[spectrum[k - 1], b] / ratios[k - 1, 0])
            back[b, k] = origin
        for k in range(states):
            value[k] = new[k]
    path = np.empty(blocks, np.uint8)
    state = 0
    for k in range(1, states):
        if value[k] > value[state]:
            state = k
    for b in range(blocks - 1, -1, -1):
        path[b] = state
        gain[b] = 0.0 if state == 0 else constants[state] + half * (rest[b] - burst[spectrum[state - 1], b] / ratios[state - 1, 0])
        state = back[b, state]
    return path, gain


@_kernel
def edge_likelihoods(
    x: Floats,
    first: int,
    cell: int,
    cells: int,
    onsets: int,
    r0: Floats,
    r1: Floats,
    gains: Floats,
    begins: NDArray[np.int64],
    scouts: NDArray[np.int64],
    temper: float,
) -> tuple[int, Floats]:
    """First onset cell that matters; (rise, onset cell) likelihood from there of a burst that starts there and climbs so, over the best.

    Args:
        x: (n,) filtered signal around one edge, time running into the burst.
        first: sample where cell 0 begins; at least ORDER. cell: samples per cell.
        cells: how many cells are scored. onsets: how many of them may be the onset.
        r0, r1: (ORDER + 1,) autocovariance of rest and of the burst at full level.
        gains: (level,) share of the growth ``r1 - r0`` at each level of the climb, rising to 1.
        begins: (rise, level) cells after the onset at which each level begins, never falling along the levels.
        scouts: (some of the rises,) which of them show where an onset matters at all.
        temper: log likelihoods are divided by it.
    """
    levels = gains.size
    longest = 0
    for j in range(begins.shape[0]):
        longest = max(longest, begins[j, levels - 1])
    before = np.zeros(cells)  # log density of each cell under the level below
    turn = np.zeros(
        (levels, max(cells, onsets + longest) + 1)
    )  # worth of beginning this level at a cell and keeping it, over staying below
    squares = np.empty(cells * cell)
    for g in range(levels + 1):
        r = r0 if g == 0 else r0 + gains[g - 1] * (r1 - r0)
        a, variance = levinson(r)
        squared_residual(x, first, a, squares)
        weight = 0.5 / variance
        offset = -0.5 * np.log(variance / r0[0]) * cell
        total = 0.0
        for c in range(cells - 1, -1, -1):
            energy = 0.0
            for n in range(c * cell, (c + 1) * cell):
                energy += squares[n]
            now = offset - weight * energy
            if g > 0:
                total += now - before[c]
                turn[g - 1, c] = total
            before[c] = now
    rises = begins.shape[0]
    best = np.full(-(-onsets // STRIDE), -np.inf)  # of any scout, at every STRIDE-th onset
    for j in scouts:
        for c in range(best.size):
            score = 0.0
            for g in range(levels):
                score += turn[g, c * STRIDE + begins[j, g]]
            best[c] = max(best[c], score)
    # an onset that lies up to a stride too early costs no more than this
    reach = 18.0 * temper + 0.5 * STRIDE * cell * np.log(r1[0] / r0[0])
    worth = np.flatnonzero(best > best.max() - reach)
    low, high = max(0, (worth[0] - 1) * STRIDE + 1), min(onsets, (worth[-1] + 1) * STRIDE)
    out = np.zeros((rises, high - low))
    for j in range(rises):
        scores = out[j]
        for g in range(levels):
            gained = turn[g, low + begins[j, g] :]
            for t in range(scores.size):
                scores[t] += gained[t]
    top = out.max()
    for j in range(rises):
        scores = out[j]
        for t in range(scores.size):
            below = (scores[t] - top) / temper
            scores[t] = np.exp(below) if below > -30.0 else 0.0
    return low, out
