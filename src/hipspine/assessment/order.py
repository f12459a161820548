"""Who starts before whom, and whether the order is the same every time.

Three questions, three answers: does A start before B in the typical repetition (P(A before B), from the paired delay pooled
over repetitions), is the order alike from repetition to repetition (Kendall's W), and could that likeness be chance (a
permutation test). "No consistent order" is an answer: it is what 30 repetitions of 20 healthy people showed (firing_order1990).
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

from hipspine.assessment.pooling import DELAY_LIMIT_S, Pooled, delay, pool
from hipspine.assessment.protocol import Order
from hipspine.assessment.wording import join, muscle_name, percent
from hipspine.errors import SignalError
from hipspine.signals.timing import TimePosterior
from hipspine.terms import Floats, Side

SETTLED = 0.975  # "A before B" is said from this probability on: by chance alone, one way or the other, in 5 of 100 pairs.
CHANCE = 0.05  # With three muscles or more many pairs are looked at: this suffices only if so much agreement over repetitions is
# rarer than CHANCE in the permutation test; otherwise the doubt left is divided by the number of pairs.
_DRAWS = 400
_EXACT_MUSCLES, _EXACT_STATES = 4, 60_000  # beyond these the permutation test uses the beta approximation
_MISSING_MUSCLES = 6  # with missing onsets, all orders of so many muscles are compared

Starts = Mapping[str, Sequence[TimePosterior | None]]
"""Muscle -> onset in each repetition, None where it was not seen. All muscles have the same repetitions."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How alike the order is over repetitions."""

    w: float  # Kendall's W: 0 none, 1 the same order every time; posterior median
    low: float  # 95 % interval from the uncertainty of the onsets, for these repetitions
    high: float
    p: float  # chance of such a W (medians of the onsets) if the order were random every time
    repetitions: int  # repetitions with at least two muscles


def order_of(starts: Starts, *, side: Side | None) -> Order:
    """Order of the muscles on one moving side, as a matrix of probabilities, a consistency and a sentence.

    Muscles are sorted by their typical onset, the first one first. A muscle that was never seen is left out.

    Raises:
        SignalError: the muscles have different numbers of repetitions.
    """
    count = _repetitions(starts)
    seen = [name for name, moments in starts.items() if any(moment is not None for moment in moments)]
    p = _before({name: starts[name] for name in seen})
    rank = np.argsort(-p.sum(axis=1), kind="stable")
    names, p = [seen[i] for i in rank], p[np.ix_(rank, rank)]
    alike = agreement({name: starts[name] for name in names}) if len(names) > 1 else None
    medians = _medians({name: starts[name] for name in names})
    settled = _settled(len(names), alike)
    return Order(side, tuple(names), p, alike.w if alike else None, _verdict(names, p, medians, settled), count, settled)


def paired_delay(later: Sequence[TimePosterior | None], earlier: Sequence[TimePosterior | None]) -> Pooled | None:
    """Delay of one muscle after another in the typical repetition [s], from the repetitions that show both; None if none does."""
    pairs = [delay(b, a) for b, a in zip(later, earlier, strict=True) if a is not None and b is not None]
    return pool(np.array(pairs), limit=DELAY_LIMIT_S) if pairs else None


def agreement(starts: Starts) -> Agreement | None:
    """Kendall's W of the onsets, with ties and missing muscles, and its permutation test; None with fewer than two repetitions.

    Within a repetition the muscles seen are ranked (ties share their mean rank). A = sum over repetitions of (rank - mean rank),
    V its covariance if ranks were shuffled within each repetition, Q = A' V^-1 A (Friedman's statistic, corrected for ties).
    W = Q / largest Q that one common order could give with the same muscles missing; with nothing missing that is Kendall's W.

    >>> at = lambda s: TimePosterior(s, 1e-4, np.array([1.0]))
    >>> same = {"first": [at(0.0), at(1.0), at(2.0)], "second": [at(0.1), at(1.1), at(2.1)], "third": [at(0.2), at(1.2), at(2.2)]}
    >>> round(agreement(same).w, 6), round(agreement(same).p, 4)        # 3! of 6^3 arrangements are as alike as this
    (1.0, 0.0278)
    """
    usable = _usable(starts)
    medians = _medians(usable)
    if medians.shape[0] < 2 or medians.shape[1] < 2:
        return None
    ranks = _ranks(medians)
    largest = _largest_q(~np.isnan(medians))
    drawn = np.array([_q(_ranks(moments)) for moments in _draws(usable, medians)]) / largest
    low, w, high = np.clip(np.quantile(drawn, (0.025, 0.5, 0.975)), 0.0, 1.0)
    return Agreement(float(w), float(low), float(high), _chance(ranks, largest), medians.shape[0])


def _repetitions(starts: Starts) -> int:
    counts = {len(moments) for moments in starts.values()}
    if len(counts) > 1:
        raise SignalError(f"an order needs the same repetitions for every muscle; found {sorted(counts)} repetitions")
    return counts.pop() if counts else 0


def _before(starts: Starts) -> Floats:
    """(muscle, muscle) probability that the row starts first in the typical repetition; a half where they were never seen together."""
    names = list(starts)
    p = np.full((len(names), len(names)), 0.5)
    for i, j in itertools.combinations(range(len(names)), 2):
        pooled = paired_delay(starts[names[j]], starts[names[i]])
        if pooled is not None:
            p[i, j] = pooled.mean.p_above(0.0)
            p[j, i] = 1.0 - p[i, j]
    return p


def _medians(starts: Starts) -> Floats:
    """(repetition, muscle) median onset, NaN where not seen; inside this module only."""
    rows = [[np.nan if m is None else m.quantile(0.5) for m in moments] for moments in starts.values()]
    return np.array(rows, dtype=np.float64).T if rows else np.zeros((0, 0))


def _usable(starts: Starts) -> dict[str, list[TimePosterior | None]]:
    """Repetitions with at least two muscles; beyond a few muscles only complete ones when some are missing."""
    there = ~np.isnan(_medians(starts))
    complete = there.all(axis=1)
    keep = there.sum(axis=1) >= 2
    if there.shape[1] > _MISSING_MUSCLES and not complete.all():
        keep = complete
    kept = {name: [m for m, k in zip(moments, keep, strict=True) if k] for name, moments in starts.items()}
    return {name: moments for name, moments in kept.items() if any(m is not None for m in moments)}


def _ranks(moments: Floats) -> Floats:
    """Ranks within each repetition from 1, ties sharing their mean; NaN stays."""
    below = (moments[:, None, :] < moments[:, :, None]).sum(axis=2)
    equal = (moments[:, None, :] == moments[:, :, None]).sum(axis=2)
    return np.where(np.isnan(moments), np.nan, below + (equal + 1) / 2.0)


def _q(ranks: Floats) -> float:
    total, inverse = _sums(ranks)
    return float(total @ inverse @ total)


def _sums(ranks: Floats) -> tuple[Floats, Floats]:
    """A and the inverse of V (see `agreement`)."""
    there = ~np.isnan(ranks)
    size = there.sum(axis=1, keepdims=True)
    centred = np.where(there, ranks - np.nanmean(ranks, axis=1, keepdims=True), 0.0)
    shuffled = (centred**2).sum(axis=1) / np.maximum(size[:, 0] - 1, 1)
    mask = there.astype(np.float64)
    v = np.einsum("r,ri,ij->ij", shuffled, mask, np.eye(ranks.shape[1])) - np.einsum("r,ri,rj->ij", shuffled / size[:, 0], mask, mask)
    return centred.sum(axis=0), np.linalg.pinv(v, hermitian=True)


def _largest_q(there: Floats) -> float:
    """Largest Q that one common order can give with these muscles missing."""
    repetitions, muscles = there.shape
    if there.all():
        return float(repetitions * (muscles - 1))
    orders = np.array(list(itertools.permutations(range(muscles))), dtype=np.float64)
    return max(_q(_ranks(np.where(there, order, np.nan))) for order in orders)


def _draws(starts: Starts, medians: Floats) -> list[Floats]:
    """Evenly spread draws of all onsets together (a Weyl sequence: no dice, the same every time)."""
    cells = [(r, m) for r, m in itertools.product(*map(range, medians.shape)) if not np.isnan(medians[r, m])]
    steps = np.sqrt(np.array(_primes(len(cells)), dtype=np.float64)) % 1.0
    shares = (np.arange(1, _DRAWS + 1)[:, None] * steps) % 1.0
    drawn = np.tile(medians, (_DRAWS, 1, 1))
    moments = list(starts.values())
    for column, (r, m) in enumerate(cells):
        moment = moments[m][r]
        if moment is not None:
            drawn[:, r, m] = moment.at(shares[:, column])
    return list(drawn)


def _primes(count: int) -> list[int]:
    found: list[int] = []
    candidate = 2
    while len(found) < count:
        if all(candidate % prime for prime in found):
            found.append(candidate)
        candidate += 1
    return found


def _chance(ranks: Floats, largest: float) -> float:
    """Share of all shufflings within repetitions that give at least this Q; the beta approximation where they are too many."""
    total, inverse = _sums(ranks)
    observed = float(total @ inverse @ total)
    if observed <= 0.0:
        return 1.0
    states: Floats = np.zeros((1, ranks.shape[1]))
    weights: Floats = np.ones(1)
    for row in ranks:
        if ranks.shape[1] > _EXACT_MUSCLES or states.shape[0] > _EXACT_STATES:
            return _beta_chance(observed / largest, ranks)
        arrangements = _arrangements(row)
        states = (states[:, None, :] + arrangements[None, :, :]).reshape(-1, ranks.shape[1])
        states, where = _distinct(states)
        weights = np.bincount(where, weights=np.repeat(weights, len(arrangements)) / len(arrangements)).astype(np.float64)
    q = np.einsum("si,ij,sj->s", states, inverse, states)
    return float(min(1.0, weights[q >= observed * (1.0 - 1e-9)].sum()))


def _distinct(states: Floats) -> tuple[Floats, NDArray[np.intp]]:
    """Different rows, and which of them each row is."""
    rows, where = np.unique(np.round(states, 6), axis=0, return_inverse=True)
    return rows, where.ravel()


def _arrangements(row: Floats) -> Floats:
    """Every way to hand the ranks of one repetition to the muscles seen in it, centred."""
    there = np.flatnonzero(~np.isnan(row))
    ways = np.array(list(itertools.permutations(row[there] - row[there].mean())))
    filled = np.zeros((len(ways), row.size))
    filled[:, there] = ways
    return filled


def _beta_chance(w: float, ranks: Floats) -> float:
    """Chance of a W at least as large: W follows a beta distribution closely when rankings are random."""
    repetitions, muscles = ranks.shape
    a = (muscles - 1.0 - 2.0 / repetitions) / 2.0
    return float(1.0 - betainc(a, (repetitions - 1.0) * a, min(max(w, 0.0), 1.0)))


def _verdict(names: list[str], p: Floats, medians: Floats, settled: float) -> str:
    """One sentence: the groups that follow one another, a single settled pair, or no consistent order."""
    if len(names) < 2:
        return "no order: fewer than two muscles have an onset"
    if medians.shape[0] < 2:
        return f"in a single repetition {join([muscle_name(names[i]) for i in np.argsort(medians[0])], 'then')}; consistency unknown"
    cuts = [k for k in range(1, len(names)) if p[:k, k:].min() >= settled]
    if cuts:
        groups = [names[a:b] for a, b in itertools.pairwise([0, *cuts, len(names)])]
        said = ", then ".join(_together(group) for group in groups)
        sure = min(float(p[:k, k:].min()) for k in cuts)
        return f"{said} ({_sure(sure)}{_count(cuts, medians)})"
    i, j = np.unravel_index(int(np.argmax(p)), p.shape)
    if p[i, j] >= settled:
        first, last = muscle_name(names[i]), muscle_name(names[j])
        return f"{first} before {last} ({_sure(float(p[i, j]))}); no consistent order otherwise"
    return f"no consistent order over {medians.shape[0]} repetitions"


def _settled(muscles: int, alike: Agreement | None) -> float:
    """Probability from which an order is said; see SETTLED and CHANCE."""
    if muscles <= 2 or (alike is not None and alike.p <= CHANCE):
        return SETTLED
    return 1.0 - (1.0 - SETTLED) / (muscles * (muscles - 1) / 2)


def _together(group: list[str]) -> str:
    named = join([muscle_name(name) for name in group], "and")
    return f"{named} in no consistent order" if len(group) > 1 else named


def _sure(p: float) -> str:
    return f"{percent(p)} sure"


def _count(cuts: list[int], medians: Floats) -> str:
    """In how many of the complete repetitions the groups follow one another."""
    whole = medians[~np.isnan(medians).any(axis=1)]
    if not len(whole):
        return ""
    kept = sum(all(row[:k].max() < row[k:].min() for k in cuts) for row in whole)
    return f"; seen in {kept} of {len(whole)} repetitions"
