"""How well predictions of what exercises ask agree with what was published: measures that can come out badly, each with its interval.

A prediction is a number for each member of an ensemble, for each exercise and muscle group (mean over the repetition, or its peak). What
was published comes from `hipspine.exercises.published`. Ranks are compared, not levels: people normalise their EMG in ways that differ
by a factor of 1.4 between studies of one exercise, which bounds what even a perfect model can reach (`ceiling`).
"""

import hashlib
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, norm, rankdata

from hipspine.errors import ModelError
from hipspine.exercises.published import Components, PublishedEmg, Statistic, components, targets
from hipspine.mechanics.spread import LEVEL
from hipspine.terms import Floats

Predictions: TypeAlias = Mapping[str, Mapping[str, Floats]]
"""By exercise and muscle group, (member,) share of capacity."""
DRAWS = 2000


@dataclass(frozen=True, slots=True)
class Predicted:
    """Predictions for every exercise: over a whole repetition, and at its peak; member by member of the same ensemble."""

    mean: Predictions
    peak: Predictions = field(default_factory=dict)

    def of(self, statistic: Statistic) -> Predictions:
        """The predictions that a published mean or peak is compared with."""
        return self.mean if statistic == "mean" else self.peak


@dataclass(frozen=True, slots=True)
class Rank:
    """Agreement of two orders of exercises."""

    rho: float  # Spearman
    low: float  # 90 %, over which exercises were looked at
    high: float
    exercises: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gain:
    """How much better one prediction orders exercises than another."""

    difference: float  # of Spearman's rho
    low: float
    high: float
    exercises: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ceiling:
    """What a perfect model would reach against the published means."""

    parts: Components  # of ln(level)
    low: float  # 90 % of `parts.perfect`, over exercises
    high: float


@dataclass(frozen=True, slots=True)
class Share:
    """How often something was right: ``right`` of ``count``, with its 90 % interval (Clopper and Pearson)."""

    right: int
    count: int

    @property
    def value(self) -> float | None:
        """The share; None of nothing."""
        return self.right / self.count if self.count else None

    @property
    def interval(self) -> tuple[float, float]:
        """90 % interval of the share; everything where nothing was counted.

        >>> [round(end, 2) for end in Share(9, 10).interval]
        [0.61, 0.99]
        """
        if not self.count:
            return (0.0, 1.0)
        found = binomtest(self.right, self.count).proportion_ci(confidence_level=LEVEL, method="exact")
        return (float(found.low), float(found.high))


@dataclass(frozen=True, slots=True)
class Calibration:
    """Where published values fall in the distributions that were predicted for them."""

    z_mean: float  # of the standardised differences: 0 when unbiased
    z_sd: float  # 1 when the widths are right
    inside: Mapping[float, Share]  # by the level of the central interval


def split(names: Iterable[str], seed: int = 0) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Exercises that may be tuned on, and about a third that is never tuned on; a name's place does not depend on the other names.

    >>> tuned, held_out = split(["clam", "hip-thrust", "back-squat", "bird-dog", "step-up", "lunge"])
    >>> sorted(tuned + held_out) == sorted(["clam", "hip-thrust", "back-squat", "bird-dog", "step-up", "lunge"])
    True
    """
    held = {name: int.from_bytes(hashlib.sha256(f"{seed}:{name}".encode()).digest()[:8]) % 3 == 0 for name in sorted(set(names))}
    return tuple(name for name, out in held.items() if not out), tuple(name for name, out in held.items() if out)


def rank(
    predicted: Predictions,
    rows: Iterable[PublishedEmg],
    group: str,
    *,
    seed: int,
    statistic: Statistic = "mean",
    among: Collection[str] | None = None,
) -> Rank | None:
    """Spearman's rho of the ensemble's medians against the published levels; None with fewer than four exercises.

    Args:
        among: exercises to look at, such as the closed-chain ones; all by default.
        seed: of the bootstrap over exercises.
    """
    names, level, given = _lined_up((predicted,), rows, group, statistic, among)
    if len(names) < 4:
        return None
    drawn = _correlations(given[0], level, seed)
    return Rank(_spearman(given[0], level), *_ends(drawn), names)


def gain(
    first: Predictions,
    second: Predictions,
    rows: Iterable[PublishedEmg],
    group: str,
    *,
    seed: int,
    statistic: Statistic = "mean",
    among: Collection[str] | None = None,
) -> Gain | None:
    """How much better ``first`` orders the exercises than ``second`` (such as the bare hip moment, see `bare`), on the same exercises."""
    names, level, given = _lined_up((first, second), rows, group, statistic, among)
    if len(names) < 4:
        return None
    drawn = _correlations(given[0], level, seed) - _correlations(given[1], level, seed)
    return Gain(_spearman(given[0], level) - _spearman(given[1], level), *_ends(drawn), names)


def bare(moments_nm: Mapping[str, Mapping[str, float]]) -> Predictions:
    """The baseline without muscles: by exercise and muscle group, the joint moment in that muscle's direction (hip extension for
    gluteus maximus and hamstrings, hip abduction for gluteus medius, trunk extension for the erectors); nothing below 0.

    >>> float(bare({"clam": {"gluteus_maximus": -3.0}})["clam"]["gluteus_maximus"][0])
    0.0
    """
    return {name: {group: np.array([max(0.0, value)]) for group, value in found.items()} for name, found in moments_nm.items()}


def ceiling(rows: Iterable[PublishedEmg], group: str, *, seed: int, statistic: Statistic = "mean") -> Ceiling | None:
    """What a perfect model would reach: variance components of ln(level) over exercises and studies, reviews left out.

    None where no exercise was measured by two studies. The interval draws exercises anew; it is wide, and says so.
    """
    groups: dict[str, list[float]] = {}
    for row in rows:
        if row.group == group and row.statistic == statistic and not row.review:
            groups.setdefault(row.exercise, []).append(math.log(row.level))
    parts = components(list(groups.values()))
    if parts is None:
        return None
    values, rng = list(groups.values()), np.random.default_rng(seed)
    drawn = [components([values[i] for i in rng.integers(0, len(values), len(values))]) for _ in range(DRAWS // 2)]
    return Ceiling(parts, *_ends(np.array([one.perfect for one in drawn if one is not None])))


def coverage(bands: Mapping[tuple[str, str], tuple[float, float]], rows: Iterable[PublishedEmg], *, statistic: Statistic = "mean") -> Share:
    """How many published levels fall into the band that was given for their exercise and group; those without a band are not counted.

    A band must be one for what a *study* reports (`blend.of_a_study`), which is wider than one for the exercise's own level.
    """
    seen = [row for row in rows if row.statistic == statistic and (row.exercise, row.group) in bands]
    within = [bands[row.exercise, row.group][0] <= row.level <= bands[row.exercise, row.group][1] for row in seen]
    return Share(sum(within), len(within))


def calibration(z: Sequence[float] | Floats) -> Calibration | None:
    """How differences from the prediction, each divided by its predicted SD, are spread; None with fewer than two.

    >>> found = calibration([-1.0, -0.2, 0.1, 1.1])
    >>> round(found.z_mean, 2), found.inside[0.9]
    (0.0, Share(right=4, count=4))
    """
    given = np.asarray(z, dtype=np.float64)
    if len(given) < 2:
        return None
    levels = (0.5, 0.8, 0.9)
    inside = {level: Share(int((np.abs(given) <= norm.ppf(0.5 + level / 2)).sum()), len(given)) for level in levels}
    return Calibration(float(given.mean()), float(given.std(ddof=1)), inside)


def _lined_up(
    sets: Sequence[Predictions], rows: Iterable[PublishedEmg], group: str, statistic: Statistic, among: Collection[str] | None
) -> tuple[tuple[str, ...], Floats, list[Floats]]:
    """Exercises that have a published level and a prediction in every set; levels; medians of each set."""
    known = targets(rows, group, statistic=statistic)
    names = tuple(sorted(name for name in known if (among is None or name in among) and all(group in one.get(name, {}) for one in sets)))
    level = np.array([known[name][0] for name in names])
    return names, level, [np.array([float(np.median(finite(one[name][group], name))) for name in names]) for one in sets]


def finite(values: Floats, name: str) -> Floats:
    """One finite number for each member, or a sentence about ``name``."""
    given = np.asarray(values, dtype=np.float64)
    if given.ndim != 1 or not len(given) or not np.isfinite(given).all():
        raise ModelError(f"{name}: the prediction is not one finite number for each member; leave out what could not be solved.")
    return given


def _spearman(a: Floats, b: Floats) -> float:
    return float(_pearson(rankdata(a)[None], rankdata(b)[None])[0])


def _correlations(a: Floats, b: Floats, seed: int) -> Floats:
    """(draw,) rho of exercises drawn anew with repetition; the same draws for the same seed and number of exercises."""
    drawn = np.random.default_rng(seed).integers(0, len(a), (DRAWS, len(a)))
    return _pearson(rankdata(a[drawn], axis=1), rankdata(b[drawn], axis=1))


def _pearson(a: Floats, b: Floats) -> Floats:
    x, y = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    size = np.sqrt((x * x).sum(axis=1) * (y * y).sum(axis=1))
    rho: Floats = np.divide((x * y).sum(axis=1), size, out=np.zeros(len(x)), where=size > 0.0)  # without any order: no agreement
    return rho


def _ends(values: Floats | NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.quantile(values, [(1.0 - LEVEL) / 2, (1.0 + LEVEL) / 2])
    return float(low), float(high)
