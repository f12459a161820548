"""What an exercise probably asks of a muscle, from the model and from published EMG together, each with the weight that it has earned.

All in ln(level), level being the share of the activity in a maximal voluntary contraction, and all normal, so that the answer is closed:

    prior     ln(level / c) = offset[muscle] + slope * ln(activation of the model / c), c = 0.2, with the ensemble's spread and an error
    evidence  ln level as each study saw it, with the study's own SD (`published.StudyNoise`; second-hand rows have twice that SD)

Offset, slope and model error (`Scale`) are estimated from exercises that may be tuned on, never from the third that is held out, and
for closed- and open-chain exercises apart: with a free limb people drive a muscle far above what the load needs, so the model says
little about the level there and the published range leads. The estimates are shrunk towards "level = activation" as far as few
exercises leave them open; their own uncertainty widens every answer.
"""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from hipspine.errors import ModelError
from hipspine.exercises.published import PublishedEmg, Statistic, stand_for, targets
from hipspine.exercises.validity import Predictions, Share
from hipspine.terms import Floats

Z90 = 1.6448536269514722  # a normal interval of 90 %
LEAST = 0.005  # of capacity: what the model says below is not told apart
CENTRE = math.log(0.2)  # activation at which the offsets are read: about the middle of what exercises ask
SHRUNK = {"offset": 1.0, "slope": 0.5, "muscle": 0.5}  # SD of the priors around 0, 1 and 0: our assumption, wide against what is found
ERROR_SCALE = 1.0  # of the half-normal prior on the model error's SD: our assumption
ERRORS = np.linspace(0.0, 3.0, 61)  # SD of ln(level) that are tried


@dataclass(frozen=True, slots=True)
class Scale:
    """How activations of the model are read as levels of EMG, for one class of exercises."""

    muscles: tuple[str, ...]
    mean: Floats  # (2 + muscle,) offset, slope, offset of each muscle; 0, 1, 0, ... where level is activation
    covariance: Floats
    error: float  # SD of ln(level) that the model leaves, whatever the anatomy (root of the mean square over what is likely)
    exercises: tuple[str, ...]  # that it was estimated from

    def row(self, group: str, ln_activation: float) -> Floats:
        """(2 + muscle,) what multiplies the coefficients; an unknown muscle has an offset of its own, see `prior`."""
        return np.array([1.0, ln_activation - CENTRE, *(float(group.partition("/")[0] == muscle) for muscle in self.muscles)])

    def prior(self, group: str, activation: Floats) -> tuple[float, float]:
        """Mean and SD of ln(level) from the ensemble's activations (member,)."""
        centre, spread = _ln(activation)
        row = self.row(group, centre)
        known = group.partition("/")[0] in self.muscles
        variance = float(row @ self.covariance @ row) + (self.mean[1] * spread) ** 2 + self.error**2
        return CENTRE + float(row @ self.mean), math.sqrt(variance + (0.0 if known else SHRUNK["muscle"] ** 2))


@dataclass(frozen=True, slots=True)
class Blended:
    """What one exercise probably asks of one muscle group: level as share of the maximal voluntary contraction."""

    exercise: str
    group: str
    statistic: Statistic
    median: float
    low: float  # 90 %
    high: float
    ln_mean: float
    ln_sd: float
    model_weight: float  # 0 to 1; the rest is the evidence's
    studies: tuple[str, ...]
    sentence: str


def tune(predicted: Predictions, rows: Iterable[PublishedEmg], *, among: Collection[str], statistic: Statistic = "mean") -> Scale:
    """Offsets, slope and model error from the exercises ``among``: those of one class (closed or open chain) that may be tuned on.

    Every size of the model error counts as much as it makes the published levels likely (with a half-normal prior), so that few exercises
    do not make the model look better than it is. For the same reason second-hand rows have the SD of their study here.

    Raises:
        ModelError: fewer than three pairs of a prediction and a published level.
    """
    rows = [row for row in rows if row.exercise in among and "/" not in row.group]
    muscles = tuple(sorted({row.group for row in rows}))
    found = [
        (name, group, *_ln(predicted[name][group]), math.log(level), sd)
        for group in muscles
        for name, (level, sd) in targets(rows, group, statistic=statistic, widened=False).items()
        if group in predicted.get(name, {})
    ]
    if len(found) < 3:
        raise ModelError(f"{len(found)} published levels belong to a prediction; a scale needs at least 3 exercises to be read from.")
    centre = np.array([0.0, 1.0, *(0.0 for _ in muscles)])
    prior = np.diag([SHRUNK["offset"] ** 2, SHRUNK["slope"] ** 2, *(SHRUNK["muscle"] ** 2 for _ in muscles)])
    empty = Scale(muscles, centre, prior, 0.0, tuple(dict.fromkeys(name for name, *_ in found)))
    design = np.array([empty.row(group, x) for _, group, x, *_ in found])
    y, noise = np.array([one[4] - CENTRE for one in found]), np.array([one[5] ** 2 + one[3] ** 2 for one in found])

    answers = [_given(error, design, y, noise, centre, prior) for error in ERRORS]
    weight = np.array([likely for likely, _, _ in answers])
    weight = np.exp(weight - weight.max())
    weight /= weight.sum()
    mean = np.sum([w * one for w, (_, one, _) in zip(weight, answers, strict=True)], axis=0)
    within = np.sum([w * one for w, (_, _, one) in zip(weight, answers, strict=True)], axis=0)
    between = np.sum([w * np.outer(one - mean, one - mean) for w, (_, one, _) in zip(weight, answers, strict=True)], axis=0)
    return replace(empty, mean=mean, covariance=within + between, error=math.sqrt(float(weight @ ERRORS**2)))


def _given(error: float, design: Floats, y: Floats, noise: Floats, centre: Floats, prior: Floats) -> tuple[float, Floats, Floats]:
    """With this model error: logarithm of how likely the levels are, and mean and covariance of the coefficients."""
    weight, left = 1.0 / (noise + error**2), y - design @ centre
    information = np.linalg.inv(prior) + (design.T * weight) @ design
    covariance = np.linalg.inv(information)
    pull = (design.T * weight) @ left
    spread = float(
        np.linalg.slogdet(information)[1] + np.linalg.slogdet(prior)[1] - np.log(weight).sum()
    )  # of the levels before any is seen
    likely = -0.5 * (spread + float(weight @ left**2 - pull @ covariance @ pull) + (error / ERROR_SCALE) ** 2)
    return likely, centre + covariance @ pull, (covariance + covariance.T) / 2


def blend(
    name: str, group: str, activation: Floats | None, rows: Iterable[PublishedEmg], scale: Scale, *, statistic: Statistic = "mean"
) -> Blended:
    """Level that ``name`` probably asks of ``group``.

    Args:
        activation: (member,) of the ensemble; None where the model has no answer: the evidence then stands alone.
        rows: published values, of this exercise or of all.

    Raises:
        ModelError: there is neither an activation nor a published value.
    """
    rows = [row for row in rows if (row.exercise, row.group, row.statistic) == (name, group, statistic)]
    seen = targets(rows, group, statistic=statistic).get(name)
    if activation is None and seen is None:
        raise ModelError(f"{name}: neither the model nor a study says anything about {group}; leave it out.")
    weights, means = [], []
    if activation is not None:
        mean, sd = scale.prior(group, activation)
        weights, means = [sd**-2], [mean]
    if seen is not None:
        weights, means = [*weights, seen[1] ** -2], [*means, math.log(seen[0])]
    total = sum(weights)
    mean = sum(weight * value for weight, value in zip(weights, means, strict=True)) / total
    share = 0.0 if activation is None else weights[0] / total
    used = stand_for(rows)
    answer = Blended(
        name, group, statistic, math.exp(mean), math.exp(mean - Z90 * total**-0.5), math.exp(mean + Z90 * total**-0.5),
        mean, total**-0.5, share, tuple(dict.fromkeys(row.source for row in used)), "",
    )  # fmt: skip
    return replace(answer, sentence=_sentence(answer, [row.level for row in used]))


def of_a_study(answer: Blended, sd_ln: float) -> tuple[float, float]:
    """The 90 % interval of what a new study would report, whose own SD of ln(level) is ``sd_ln`` (`published.StudyNoise.sd_ln`)."""
    half = Z90 * math.hypot(answer.ln_sd, sd_ln)
    return math.exp(answer.ln_mean - half), math.exp(answer.ln_mean + half)


def left_out(
    predicted: Predictions, rows: Iterable[PublishedEmg], *, among: Collection[str], statistic: Statistic = "mean"
) -> tuple[Share, Mapping[tuple[str, str], float]]:
    """Coverage of 90 % intervals for exercises whose published values were left out of everything, and each standardised difference.

    Each exercise of ``among`` in turn is predicted from the model and a scale tuned on the others; the interval is the one for the
    weighted mean of the studies that measured it.
    """
    rows = [row for row in rows if row.exercise in among]
    z: dict[tuple[str, str], float] = {}
    for name in sorted({row.exercise for row in rows} & set(predicted)):
        scale = tune(predicted, rows, among=set(among) - {name}, statistic=statistic)
        for group in sorted({row.group for row in rows if row.exercise == name} & set(predicted[name])):
            seen = targets([row for row in rows if row.exercise == name], group, statistic=statistic, widened=False).get(name)
            if seen is not None:
                mean, sd = scale.prior(group, predicted[name][group])
                z[name, group] = (math.log(seen[0]) - mean) / math.hypot(sd, seen[1])
    return Share(sum(abs(value) <= Z90 for value in z.values()), len(z)), z


def _ln(activation: Floats) -> tuple[float, float]:
    """Mean and SD of ln(activation) over the members."""
    given = np.asarray(activation, dtype=np.float64)
    if given.ndim != 1 or not len(given) or not np.isfinite(given).all() or (given < 0.0).any():
        raise ModelError("activations are one finite number from 0 for each member; leave out what could not be solved.")
    logs = np.log(np.maximum(given, LEAST))
    return float(logs.mean()), float(logs.std(ddof=1)) if len(logs) > 1 else 0.0


def _sentence(answer: Blended, levels: list[float]) -> str:
    muscle, _, region = answer.group.partition("/")
    what = f"{region} {muscle}".strip().replace("_", " ")
    at = "" if answer.statistic == "mean" else " at its peak"
    level = f"{100 * answer.median:.0f} % [{100 * answer.low:.0f}, {100 * answer.high:.0f}] of a maximal voluntary contraction"
    said = f"{what[0].upper()}{what[1:]}{at} probably works at {level}"
    if not levels:
        return f"{said}: a model estimate; no study that we read measured it."
    low, high = 100 * min(levels), 100 * max(levels)
    seen = f"{low:.0f} %" if round(low) == round(high) else f"{low:.0f} to {high:.0f} %"
    studies = "1 source" if len(answer.studies) == 1 else f"{len(answer.studies)} sources"
    if answer.model_weight == 0.0:
        return f"{said}: {studies}, {seen}; the model has no answer."
    share = f"{100 * answer.model_weight:.0f} % of the answer"
    return f"{said}: {studies}, {seen}; {share} come from the model on the scale of other exercises."
