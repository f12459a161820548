"""How fast a muscle comes up: a posterior over onset time, rise time and shape, with the rise shared by a muscle's bursts.

A step model reports a muscle that comes up over 100 ms 24-40 ms late, and later the worse the signal is. So the spectrum of an edge
is rest plus a growing share of what the burst adds, ``S0 + g(t)^2 (S1 - S0)`` with ``g = (t / rise)^shape``, and the rise is unknown:
its prior says what voluntary contractions do, its posterior is learned from all bursts of the channel together.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from hipspine.signals.kernels import ORDER, edge_likelihoods, high_pass
from hipspine.signals.segmentation import Segmentation
from hipspine.terms import Floats

HIGH_PASS_HZ = 20.0
CELL_S = 0.0005  # resolution of the posterior
LEVELS = 10  # of the climb, geometric from a twentieth of the noise power
RISES_S = (0.0, 0.02, 0.04, 0.06, 0.08, 0.1, 0.13, 0.16, 0.2, 0.28, 0.4, 0.56)
SHAPES = {0.7: 0.2, 1.0: 0.6, 1.5: 0.2}  # exponent of the climb and its share: motor units give both bends
STEP_SHARE = 0.5  # prior of a step; the others spread log-normally:
# No published distribution of EMG rise times was found. Centre and tails are our choice, made by comparing priors on simulated bursts,
# the bench's 100 ms ramp among them (docs/onsets.md gives what it changes); the tails are wide so that the record decides.
RISE_MEDIAN_S = 0.1
RISE_SPREADS = {0.3: 0.75, 0.9: 0.25}  # SD of the logarithm and its share
URN = 0.5  # weight of that prior against one other edge of the same muscle
CROSS = 0.7  # weight of an offset for an onset and the other way round
ALIKE_LOG_SD = 0.25  # how alike two rises of one muscle are
REST_PRIOR = 200  # the record's rest counts as so many samples beside the rest before a burst
BEHIND_S, AHEAD_S, BEYOND_S = 0.45, 0.06, 0.22  # onsets are sought so far around the step answer; scored so far after the last of them
NEGLIGIBLE = 1e-7  # onsets whose likelihood over that of the best is less are not kept
WARM_S = 0.3  # the high-pass runs so long before its answer counts
CHANGE = 3.5  # a burst whose power changes by this factor has another level from there


@dataclass(frozen=True, slots=True, eq=False)
class Rises:
    """The family of rises and its prior."""

    rise_s: Floats  # (rise,) time from zero to full level
    shape: Floats  # (rise,) exponent of the amplitude
    prior: Floats  # (rise,)
    alike: Floats  # (rise, rise) chance of the row for one edge, given the column for another of the muscle


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """Likelihood of one onset over time and rise; time runs into the burst."""

    first: float  # sample at which onset cell 0 begins
    cell: int  # samples
    likelihood: NDArray[np.float32]  # (rise, onset cell) over that of the best; cells that do not matter are left out
    r0: Floats  # autocovariance of the rest before, and of the burst after
    r1: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What is believed of one edge."""

    mass: Floats  # (onset cell,) probability
    rise_s: float  # mean rise time


def family() -> Rises:
    """All rises with their prior probabilities.

    >>> bool(np.isclose(family().prior.sum(), 1.0))
    True
    """
    rows = [(0.0, 1.0, STEP_SHARE)]
    climbs = [
        (rise, shape, share * sum(part / sd * np.exp(-0.5 * (np.log(rise / RISE_MEDIAN_S) / sd) ** 2) for sd, part in RISE_SPREADS.items()))
        for rise in RISES_S[1:]
        for shape, share in SHAPES.items()
    ]
    total = sum(weight for *_, weight in climbs)
    rows += [(rise, shape, (1 - STEP_SHARE) * weight / total) for rise, shape, weight in climbs]
    rise, shape, prior = (np.array(column) for column in zip(*rows, strict=True))
    distance = np.subtract.outer(np.log(np.maximum(rise, 0.008)), np.log(np.maximum(rise, 0.008)))
    alike = np.exp(-0.5 * (distance / ALIKE_LOG_SD) ** 2) * np.where(rise > 0, prior / (1 - STEP_SHARE), 1.0)[:, None]
    return Rises(rise, shape, prior, alike / alike.sum(0))


RISES = family()
SCOUTS = np.flatnonzero(RISES.shape == 1.0)  # the other bends matter where these do
DESCENT = np.linspace(1.0, 0.0, LEVELS)  # of the logarithm of the level


@lru_cache(maxsize=32)
def high_pass_section(rate_hz: float) -> tuple[Floats, Floats]:
    """Numerator and denominator of the causal high-pass (Butterworth, second order)."""
    b, a = signal.butter(2, HIGH_PASS_HZ, "high", fs=rate_hz)
    return np.asarray(b), np.asarray(a)


def edges(emg: Floats, cut: Segmentation, *, rate_hz: float) -> list[Edge | None]:
    """The onset of every burst; None where the record starts inside the burst.

    Args:
        emg: (n,) conditioned EMG, not yet filtered; time runs as in ``cut``.
    """
    section = high_pass_section(rate_hz)
    return [_edge(emg, cut, i, rate_hz=rate_hz, section=section) for i in range(cut.start.size)]


def _edge(emg: Floats, cut: Segmentation, i: int, *, rate_hz: float, section: tuple[Floats, Floats]) -> Edge | None:
    start, stop, block = int(cut.start[i]), int(cut.stop[i]), cut.block
    before = int(cut.stop[i - 1]) if i else 0
    if start - before < (3 if i == 0 else 1):
        return None
    burst, last = _plateau(cut, start, stop, rate_hz=rate_hz)
    rest = _rest_before(cut, start, before if i else None, rate_hz=rate_hz)
    r0 = (rest.sum(0) + REST_PRIOR * cut.r0) / (rest.shape[0] * block + REST_PRIOR)
    r1 = burst.mean(0) / block
    if r1[0] < 1.2 * r0[0]:
        r1 = r1 * (1.2 * r0[0] / r1[0])
    cell = max(1, round(CELL_S * rate_hz))
    low = max((before + start) // 2 * block if i else 0, start * block - round(BEHIND_S * rate_hz), ORDER)
    high = min(start * block + round(AHEAD_S * rate_hz), (start + stop) // 2 * block)
    end = min(high + round(BEYOND_S * rate_hz), max(last * block, high + block), emg.size)
    cells = (end - low) // cell
    onsets = min((high - low) // cell, cells)
    warm = max(0, low - round(WARM_S * rate_hz))
    piece = np.ascontiguousarray(emg[warm:end])
    filtered = np.empty(piece.size)
    high_pass(piece, float(np.mean(piece[: max(1, round(0.05 * rate_hz))])), *section, filtered)
    gains = np.exp(np.log(min(0.05 * r0[0] / (r1[0] - r0[0]), 0.5)) * DESCENT)
    worth, likelihood = edge_likelihoods(
        filtered, low - warm, cell, cells, onsets, r0, r1, gains, _begins(gains, cell / rate_hz), SCOUTS, cut.dispersion
    )
    likely = np.flatnonzero(likelihood.max(0) > NEGLIGIBLE)
    first, stop = int(likely[0]), int(likely[-1]) + 1
    return Edge(float(low + (worth + first) * cell), cell, likelihood[:, first:stop].astype(np.float32), r0, r1)


def _begins(gains: Floats, cell_s: float) -> NDArray[np.int64]:
    """(rise, level) cells after the onset at which each level of power begins: half way (in log) up from the level below."""
    cuts = np.concatenate([gains[:1] / 2, np.sqrt(gains[:-1] * gains[1:])])
    climbs: Floats = RISES.rise_s[:, None] * cuts[None, :] ** (0.5 / RISES.shape[:, None])
    return np.rint(climbs / cell_s).astype(np.int64)


def _plateau(cut: Segmentation, start: int, stop: int, *, rate_hz: float) -> tuple[Floats, int]:
    """Lagged products of the burst once it is up and before its level changes again, and the block after its last."""
    first, last = start + _blocks(cut, 0.08, rate_hz), min(stop - _blocks(cut, 0.05, rate_hz), start + _blocks(cut, 0.5, rate_hz))
    width = _blocks(cut, 0.1, rate_hz)
    if last - first < width:
        length = stop - start
        first, last = start + length // 5, max(stop - length // 5, start + length // 5 + 1)
        return cut.lag[first:last], last
    power = np.convolve(cut.lag[first:last, 0], np.ones(width), "valid")
    far = np.flatnonzero(np.abs(np.log(power / power[0])) > np.log(CHANGE))
    if far.size:
        last = first + width + max(0, int(far[0]) - width // 2)
    return cut.lag[first:last], last


def _rest_before(cut: Segmentation, start: int, before: int | None, *, rate_hz: float) -> Floats:
    """Lagged products of up to a second of rest before a burst, clear of the bursts on both sides where there is room."""
    first = max(0 if before is None else before + _blocks(cut, 0.06, rate_hz), start - _blocks(cut, 1.0, rate_hz))
    last = start - _blocks(cut, 0.08, rate_hz)
    if last - first < _blocks(cut, 0.1, rate_hz):
        last = start - _blocks(cut, 0.03, rate_hz)
    return cut.lag[first:last] if last - first >= _blocks(cut, 0.05, rate_hz) else cut.lag[:0]


def _blocks(cut: Segmentation, seconds: float, rate_hz: float) -> int:
    return round(seconds * rate_hz / cut.block)


def posteriors(groups: list[list[Edge | None]]) -> list[list[Answer | None]]:
    """For each edge the probability of each onset cell and the mean rise time; None stays None.

    All edges are of one muscle. Its rises are alike, so each edge's prior is an urn: the general prior with weight `URN`, and one
    ball for what every other edge shows (partial pooling; a single burst still lends its offset to its onset).
    """
    flat = [edge for group in groups for edge in group if edge is not None]
    if not flat:
        return [[None] * len(group) for group in groups]
    seen = np.array([edge.likelihood.sum(1, dtype=np.float64) for edge in flat])
    kind = np.repeat(np.arange(len(groups)), [sum(edge is not None for edge in group) for group in groups])
    weights = np.tile(RISES.prior, (len(flat), 1))
    for _ in range(8):
        share = seen * weights
        share /= share.sum(1, keepdims=True)
        balls = share @ RISES.alike.T
        same = np.stack([balls[kind == k].sum(0) for k in range(len(groups))])
        weights = URN * RISES.prior + CROSS * same.sum(0) + (1.0 - CROSS) * same[kind] - balls
        weights /= weights.sum(1, keepdims=True)
    answers = iter(_answer(weight, edge.likelihood) for weight, edge in zip(weights, flat, strict=True))
    return [[None if edge is None else next(answers) for edge in group] for group in groups]


def _answer(weight: Floats, likelihood: NDArray[np.float32]) -> Answer:
    mass, share = weight @ likelihood, weight * likelihood.sum(1, dtype=np.float64)
    return Answer(mass / mass.sum(), float(share @ RISES.rise_s / share.sum()))
