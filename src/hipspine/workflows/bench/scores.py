"""How well a detection meets the known truth of a trial, and what that makes over many trials.

Scoring follows one generous rule for everybody: the detection *nearest* the truth counts; none at all costs 500 ms; each
detection more than 100 ms from the truth is a false one. The truth is the start of the rise, not its middle.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hipspine.terms import Floats
from hipspine.units import to_ms

MISSING_S = 0.5  # what a missing detection costs
FAR_S = 0.1  # further from the truth than this: a false detection
CLEAN_S = 0.025  # nearer than this and nothing false: clean


@dataclass(frozen=True, slots=True, eq=False)
class Detected:
    """What one method says of one trial [s from the first sample]; intervals only where the method gives them."""

    on_s: Floats  # (burst,) NaN where the burst is open at its start
    off_s: Floats  # (burst or fewer,) NaN where the burst is open at its end
    on_interval_s: Floats | None = None  # (burst, 2) 95 %
    off_interval_s: Floats | None = None  # (burst, 2) 95 %


NOTHING = Detected(np.empty(0), np.empty(0))


@dataclass(frozen=True, slots=True)
class Outcome:
    """One method on one trial. Errors are detected minus true; None where nothing was detected."""

    on_error_s: float | None
    off_error_s: float | None
    false: int
    on_low_s: float | None = None  # the interval of the onset counted, minus the truth
    on_high_s: float | None = None
    off_low_s: float | None = None
    off_high_s: float | None = None
    problem: str = ""  # what the method raised, if it did


def outcome(found: Detected, *, on_s: float, off_s: float, problem: str = "") -> Outcome:
    """The detection nearest the truth, and how many lie far from it.

    An onset that a method leaves open counts as false: every trial starts at rest.

    >>> outcome(Detected(np.array([0.2, 1.01]), np.array([0.3, 1.9])), on_s=1.0, off_s=2.0).false
    1
    """
    on_error, on_at = _nearest(found.on_s, on_s)
    off_error, off_at = _nearest(found.off_s, off_s)
    on_low, on_high = _interval(found.on_interval_s, on_at, on_s)
    off_low, off_high = _interval(found.off_interval_s, off_at, off_s)
    false = int(np.sum(~(np.abs(found.on_s - on_s) <= FAR_S)))
    return Outcome(on_error, off_error, false, on_low, on_high, off_low, off_high, problem)


def cost_s(one: Outcome) -> float:
    """What tuning makes small: the error, at most 0.5 s, and 5 ms for each false onset up to twenty of them."""
    error = MISSING_S if one.on_error_s is None else min(abs(one.on_error_s), MISSING_S)
    return error + 0.005 * min(one.false, 20)


def summary(outcomes: Sequence[Outcome], *, rate_hz: float) -> dict[str, Any]:
    """Means over trials, each with its Monte-Carlo standard error (key ``..._se``); None where nothing can be said.

    Bias is over the onsets found within 100 ms. Coverage is over all trials with a detection; samples are discrete, so an
    interval may miss the truth by half a sample.
    """
    absolute = to_ms(1.0) * np.array([absolute_error_s(one) for one in outcomes])
    signed = np.array([np.nan if one.on_error_s is None else to_ms(one.on_error_s) for one in outcomes])
    hit = np.abs(signed) <= to_ms(FAR_S)
    false = np.array([one.false for one in outcomes], dtype=float)
    clean = (np.abs(signed) <= to_ms(CLEAN_S)) & (false == 0)
    off_absolute = np.array([MISSING_S if one.off_error_s is None else min(abs(one.off_error_s), MISSING_S) for one in outcomes])
    off_signed = np.array([np.nan if one.off_error_s is None else to_ms(one.off_error_s) for one in outcomes])
    mean, mean_se = _mean(absolute)
    bias, bias_se = _mean(signed[hit])
    false_mean, false_se = _mean(false)
    result: dict[str, Any] = {
        "trials": len(outcomes),
        "mean_abs_ms": mean, "mean_abs_ms_se": mean_se,
        "median_abs_ms": float(np.median(absolute)),
        "bias_ms": bias, "bias_ms_se": bias_se,
        "found_percent": 100 * float(hit.mean()),
        "false_per_trial": false_mean, "false_per_trial_se": false_se,
        "clean25_percent": 100 * float(clean.mean()), "clean25_percent_se": 100 * _share_se(clean),
        "off_mean_abs_ms": to_ms(float(off_absolute.mean())),
        "off_bias_ms": _mean(off_signed[np.abs(off_signed) <= to_ms(FAR_S)])[0],
        "errors": sum(1 for one in outcomes if one.problem),
        "first_error": next((one.problem for one in outcomes if one.problem), ""),
    }  # fmt: skip
    result.update(_intervals([(one.on_low_s, one.on_high_s) for one in outcomes], prefix="", rate_hz=rate_hz))
    result.update(_intervals([(one.off_low_s, one.off_high_s) for one in outcomes], prefix="off_", rate_hz=rate_hz))
    return result


def absolute_error_s(one: Outcome) -> float:
    """Distance of the nearest detection from the truth, at most 0.5 s; 0.5 s when nothing was detected."""
    return MISSING_S if one.on_error_s is None else min(abs(one.on_error_s), MISSING_S)


def covered(low_s: float, high_s: float, *, rate_hz: float) -> bool:
    """Whether an interval (both ends minus the truth) holds the truth, give or take half a sample."""
    return low_s <= 0.5 / rate_hz and high_s >= -0.5 / rate_hz


def _nearest(times_s: Floats, truth_s: float) -> tuple[float | None, int]:
    finite = np.flatnonzero(np.isfinite(times_s))
    if finite.size == 0:
        return None, -1
    at = int(finite[np.argmin(np.abs(times_s[finite] - truth_s))])
    return float(times_s[at] - truth_s), at


def _interval(intervals_s: Floats | None, at: int, truth_s: float) -> tuple[float | None, float | None]:
    if intervals_s is None or at < 0 or not np.all(np.isfinite(intervals_s[at])):
        return None, None
    return float(intervals_s[at, 0] - truth_s), float(intervals_s[at, 1] - truth_s)


def _intervals(pairs: Sequence[tuple[float | None, float | None]], *, prefix: str, rate_hz: float) -> dict[str, Any]:
    """Coverage and median width, only for a method that gives intervals."""
    known = [(low, high) for low, high in pairs if low is not None and high is not None]
    if not known:
        return {}
    hits = np.array([covered(low, high, rate_hz=rate_hz) for low, high in known])
    widths = np.array([high - low for low, high in known])
    return {
        f"{prefix}coverage_percent": 100 * float(hits.mean()),
        f"{prefix}coverage_percent_se": 100 * _share_se(hits),
        f"{prefix}width_ms": to_ms(float(np.median(widths))),
    }


def _mean(values: Floats) -> tuple[float | None, float | None]:
    if values.size == 0:
        return None, None
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(values.size)) if values.size > 1 else None


def _share_se(hits: np.ndarray[Any, Any]) -> float:
    """Standard error of a share; one hit and one miss are added so that 60 of 60 does not look certain."""
    share = (hits.sum() + 1) / (hits.size + 2)
    return float(np.sqrt(share * (1 - share) / hits.size))
