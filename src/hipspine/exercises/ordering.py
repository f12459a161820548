"""Orders of exercises that predictions put right or wrong, inside single studies, and what may be claimed of them.

Inside one study no normalising stands between two exercises. An order is claimed where enough bodies share it and, as a practitioner
would ask, the two differ by enough; how much is enough is chosen on exercises that may be tuned on and told on the others.
"""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hipspine.errors import ModelError
from hipspine.exercises.published import PublishedEmg, Statistic
from hipspine.exercises.validity import Ceiling, Gain, Predicted, Predictions, Rank, Share, ceiling, finite, gain, rank
from hipspine.mechanics.spread import AGREED, MARGIN
from hipspine.terms import Floats

APART = 1.15  # ratio of two levels in one study from which their order is counted
CLAIMED = 0.9  # share of the claims that are to be right
RATIOS = (1.0, 1.05, 1.1, 1.15, 1.2, 1.25, 1.3, 1.4, 1.5, 1.6, 1.8, 2.0, 2.5, 3.0)  # of medians, to choose among
TINY = 1e-3  # of capacity; as good as nothing


@dataclass(frozen=True, slots=True)
class Pair:
    """Two exercises that one study compared."""

    study: str
    group: str
    statistic: Statistic
    larger: str
    smaller: str
    ratio: float  # of the levels
    z: float = math.inf  # ln(ratio) in standard errors of both means, as if other people had done each; below 1.64 chance may make it


@dataclass(frozen=True, slots=True)
class Claims:
    """Orders of exercises that 80 % of the ensemble agree on, against single studies."""

    made: Share  # right among those that are said
    undecided: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often the order that most of the ensemble share is right, by how many share it."""

    low: float  # share of the members
    high: float
    right: Share


@dataclass(frozen=True, slots=True)
class Measures:
    """All that is measured of one muscle group in one set of exercises."""

    group: str
    rank: Rank | None
    gain: Gain | None  # over the bare joint moment
    ceiling: Ceiling | None
    pairs: Share
    claims: Claims


def ordered_pairs(rows: Iterable[PublishedEmg], group: str, *, least: float = APART) -> tuple[Pair, ...]:
    """Exercises that one study found at least ``least`` times apart; no noise of normalising stands between them. Reviews are left out."""
    by_study: dict[tuple[str, Statistic], dict[str, PublishedEmg]] = {}
    for row in rows:
        if row.group == group and not row.review:
            by_study.setdefault((row.source, row.statistic), {})[row.exercise] = row
    return tuple(
        _pair(study, statistic, a, b)
        for (study, statistic), levels in by_study.items()
        for a in levels.values()
        for b in levels.values()
        if a is not b and a.level >= least * b.level
    )


def pairs_right(predicted: Predicted, pairs: Iterable[Pair]) -> Share:
    """How many pairs the ensemble's medians put in the published order; pairs without a prediction are not counted."""
    found = [members for pair in pairs if (members := _members(predicted, pair)) is not None]
    return Share(sum(bool(np.median(larger) > np.median(smaller)) for larger, smaller in found), len(found))


def claims_right(
    predicted: Predicted, pairs: Iterable[Pair], *, agreed: float = AGREED, margin: float = MARGIN, least: float = 1.0
) -> Claims:
    """Of the orders that ``agreed`` of the members share, how many are right; the others are undecided and nothing is said of them.

    A member shares an order when the two differ by ``margin`` of capacity. Members are compared one by one, as they share their draws.

    Args:
        least: ratio of the medians from which an order is said at all.
    """
    right = wrong = undecided = 0
    for pair in pairs:
        found = _members(predicted, pair)
        if found is None:
            continue
        larger, smaller = found
        ratio = _ratio(larger, smaller)
        right += (said := bool(np.mean(larger > smaller + margin) >= agreed and ratio >= least))
        wrong += (other := bool(np.mean(smaller > larger + margin) >= agreed and 1.0 / ratio >= least))
        undecided += not (said or other)
    return Claims(Share(right, right + wrong), undecided)


def least_ratio(predicted: Predicted, pairs: Sequence[Pair], *, goal: float = CLAIMED) -> float | None:
    """The smallest ratio of medians (of `RATIOS`) from which as many claims as ``goal`` are right; None where no ratio reaches it.

    To be chosen on exercises that may be tuned on, and told on others.
    """
    for least in RATIOS:
        made = claims_right(predicted, pairs, least=least).made
        if made.count and made.right >= goal * made.count:
            return least
    return None


def wrong_claims(predicted: Predicted, pairs: Iterable[Pair], *, least: float = 1.0) -> tuple[Pair, ...]:
    """The pairs whose order is claimed the wrong way round."""
    return tuple(pair for pair in pairs if (one := claims_right(predicted, [pair], least=least).made).count and not one.right)


def agreement(
    predicted: Predicted, pairs: Iterable[Pair], *, ends: Sequence[float] = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
) -> tuple[Agreement, ...]:
    """The reliability diagram: pairs by the share of members that have the order of the majority, and how often that order is right.

    A calibrated ensemble is right as often as its members agree.
    """
    shares = [float(np.mean(larger > smaller)) for pair in pairs if (both := _members(predicted, pair)) for larger, smaller in [both]]
    found = []
    for low, high in pairwise(ends):
        inside = [
            share for share in shares if low <= max(share, 1.0 - share) < high or (high == ends[-1] and max(share, 1.0 - share) == high)
        ]
        found.append(Agreement(low, high, Share(sum(share > 0.5 for share in inside), len(inside))))
    return tuple(found)


def measured(
    predicted: Predicted,
    rows: Sequence[PublishedEmg],
    group: str,
    *,
    seed: int,
    among: Collection[str] | None = None,
    ranked: Collection[str] | None = None,
    baseline: Predictions | None = None,
    repeats: Sequence[PublishedEmg] | None = None,
    least: float = 1.0,
) -> Measures:
    """Everything at once for one muscle group.

    Args:
        among: exercises to look at (such as one class, or the held-out third); all by default.
        ranked: of them, those whose levels may be compared across studies; all by default. Pairs and claims are inside studies.
        repeats: rows for the ceiling, where one exercise has several studies; those of ``rows`` by default.
        least: ratio of medians from which an order is claimed.
    """
    rows, repeats = (
        [row for row in some if among is None or row.exercise in among] for some in (rows, rows if repeats is None else repeats)
    )
    pairs = ordered_pairs(rows, group)
    return Measures(
        group,
        rank(predicted.mean, rows, group, seed=seed, among=ranked),
        None if baseline is None else gain(predicted.mean, baseline, rows, group, seed=seed, among=ranked),
        ceiling(repeats, group, seed=seed),
        pairs_right(predicted, pairs),
        claims_right(predicted, pairs, least=least),
    )


def _pair(study: str, statistic: Statistic, larger: PublishedEmg, smaller: PublishedEmg) -> Pair:
    ratio, error = larger.level / smaller.level, math.hypot(larger.error_ln, smaller.error_ln)
    z = math.log(ratio) / error if error else math.inf
    return Pair(study, larger.group, statistic, larger.exercise, smaller.exercise, ratio, z)


def _members(predicted: Predicted, pair: Pair) -> tuple[Floats, Floats] | None:
    """The ensemble's predictions for both exercises of a pair; None where one is missing."""
    given = predicted.of(pair.statistic)
    if any(pair.group not in given.get(name, {}) for name in (pair.larger, pair.smaller)):
        return None
    larger, smaller = (finite(given[name][pair.group], name) for name in (pair.larger, pair.smaller))
    if len(larger) != len(smaller):
        raise ModelError(f"{pair.larger} has {len(larger)} members and {pair.smaller} {len(smaller)}; predict both with the same ensemble.")
    return larger, smaller


def _ratio(a: Floats, b: Floats) -> float:
    """Of the medians; finite, as a muscle at rest does not work infinitely less."""
    return float((np.median(a) + TINY) / (np.median(b) + TINY))
