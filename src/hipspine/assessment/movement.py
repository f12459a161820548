"""When a movement starts: repetitions in an angle (or marker, or accelerometer), each with a distribution of its first departure.

A threshold on the angle comes late: a limb that starts smoothly (its angle grows with the third power of time at first) has
moved for some 70 ms before it leaves a noise of 0.2 deg. So the start is fitted: rest, then a smooth rise of unknown start,
duration and size, least-jerk in shape (rarely a raised cosine, which begins more abruptly); every start time gets the
likelihood summed over shapes and durations. Noise that follows itself (filtered angles, a shape that fits less well) widens it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hipspine.errors import SignalError
from hipspine.signals.timing import TimePosterior
from hipspine.terms import Floats

ANGLE_POWERS = (2, 3)  # a jump in acceleration; a jump in its rate (a movement of least jerk)
ACCELERATION_POWERS = (1, 2)  # the same, seen by an accelerometer
Shape = Callable[[Floats], Floats]
"""Rise from 0 to 1 as a function of the share of its duration."""


@dataclass(frozen=True, slots=True, eq=False)
class Cycle:
    """Away from rest, a plateau, and back to rest."""

    start: TimePosterior  # leaves rest
    top_s: float  # reaches the plateau
    leave_s: float  # leaves it; equal to `top_s` where there is none
    end_s: float  # back at rest
    size: float  # travel from rest to the peak


def least_jerk(s: Floats) -> Floats:
    """Smoothest way from 0 to 1: starts with the third power of time."""
    return s**3 * (10.0 - 15.0 * s + 6.0 * s**2)


def raised_cosine(s: Floats) -> Floats:
    """Way from 0 to 1 that starts with the second power of time."""
    return 0.5 - 0.5 * np.cos(np.pi * s)


Shapes = tuple[tuple[Shape, float], ...]
"""Shapes with their prior probabilities."""

ANGLE_SHAPES: Shapes = ((least_jerk, 0.8), (raised_cosine, 0.2))
SMALLEST_ANGLE_RAD = 0.05  # 3 deg: less is not a repetition of a test
_FIT_RATE_HZ = 200.0
_REST_S = 1.0  # so much rest before the rise goes into the fit
_STEP_S = 0.0025
_FIT_SAMPLES, _FIT_STARTS = 400, 200  # a very slow movement is fitted more coarsely, so that none takes long
_FITTED = 0.7  # share of the way up that is fitted; later parts differ from movement to movement
_HALF, _NEAR = 0.5, 0.1  # share of the travel that makes a repetition; share that counts as back at rest


@dataclass(frozen=True, slots=True, eq=False)
class Excursion:
    """One repetition: away from rest and back."""

    start: TimePosterior  # first departure from rest [s on the clock that was given]
    peak_s: float
    end_s: float  # back within a tenth of the travel, or the end of the record
    size: float  # signed travel from rest to the peak, in the signal's unit


def excursions(
    values: Floats,
    *,
    rate_hz: float,
    start_s: float,
    smallest: float,
    shapes: Shapes = ANGLE_SHAPES,
    direction: int = 0,
) -> tuple[Excursion, ...]:
    """Repetitions in one signal, in order of time; none where it never leaves rest by `smallest`.

    Args:
        values: (sample,) angle, displacement or acceleration; NaN inside gaps. A repetition that touches a gap is left out.
        smallest: travel that makes a repetition, in the signal's unit.
        shapes: how it may rise, each with its prior probability.
        direction: 1 or -1 to look upwards or downwards only, 0 for the direction of the larger travel.

    >>> t = np.arange(0.0, 3.0, 0.01)
    >>> s = np.clip((t - 1.0) / 0.8, 0.0, 1.0)
    >>> lift = 0.4 * (10 * s**3 - 15 * s**4 + 6 * s**5) + 0.002 * np.sin(300.0 * t)
    >>> found = excursions(lift, rate_hz=100.0, start_s=0.0, smallest=0.05)
    >>> len(found), abs(found[0].start.quantile(0.5) - 1.0) < 0.03
    (1, True)
    """
    if values.ndim != 1:
        raise SignalError(f"a movement is looked for in one signal; found shape {values.shape}")
    finite = np.isfinite(values)
    if finite.sum() < 10:
        return ()
    filled = np.interp(np.arange(values.size), np.flatnonzero(finite), values[finite])
    rest = _rest_level(filled)
    sign = direction or _larger_side(filled - rest)
    away = sign * (filled - rest)
    travel = float(np.percentile(away, 98))
    if travel < max(smallest, 6.0 * _noise(filled)):
        return ()
    spans = [span for span in _spans(away, travel, rate_hz) if finite[span[0] : span[1]].all()]
    found = []
    for previous, (first, peak, last) in zip([0, *(span[2] for span in spans)], spans, strict=False):
        start = _departure(away, finite, previous, first, peak, rate_hz=rate_hz, shapes=shapes)
        if start is not None:
            ends = (float(start_s + peak / rate_hz), float(start_s + last / rate_hz))
            found.append(Excursion(start.shifted(start_s), *ends, sign * float(away[peak])))
    return tuple(found)


def cycles(values: Floats, *, rate_hz: float, start_s: float, smallest: float) -> tuple[Cycle, ...]:
    """Cycles upwards and back in one signal (a trunk that bends and rises), with the ends of their phases.

    Every end is fitted like the start: the way up is looked at backwards in time, the way down from the plateau and backwards
    from rest. Where there is no plateau, the way down starts at the peak.
    """
    found = []
    for one in excursions(values, rate_hz=rate_hz, start_s=start_s, smallest=smallest, direction=1):
        first, last = (max(0, round((t - start_s) * rate_hz)) for t in (one.start.quantile(0.5), one.end_s))
        margin = int(_REST_S * rate_hz)
        a, b = max(0, first - margin), min(values.size, last + margin + 1)
        piece = values[a:b] - np.median(values[max(0, first - margin // 5) : first + 1])
        if not np.isfinite(piece).all():
            continue
        inside = piece[first - a : last - a + 1]
        high = np.flatnonzero(inside >= 0.9 * inside.max())
        plateau = float(np.median(inside[high[0] : high[-1] + 1]))
        offset = start_s + a / rate_hz
        last_s = offset + (piece.size - 1) / rate_hz
        top, leave, end = _leaving(plateau - piece[::-1], rate_hz), _leaving(plateau - piece, rate_hz), _leaving(piece[::-1], rate_hz)
        top_s = last_s - top if top is not None else one.peak_s
        leave_s = offset + leave if leave is not None else one.peak_s
        if leave_s <= top_s:
            top_s = leave_s = one.peak_s
        end_s = last_s - end if end is not None else one.end_s
        found.append(Cycle(one.start, float(top_s), float(leave_s), float(max(end_s, leave_s)), one.size))
    return tuple(found)


def _leaving(from_rest: Floats, rate_hz: float) -> float | None:
    """Departure from the first stay near zero [s from the beginning]; None where there is no stay, or too short a one."""
    travel = float(np.max(from_rest))
    near, far = np.flatnonzero(np.abs(from_rest) < _NEAR * travel), np.flatnonzero(from_rest >= _HALF * travel)
    far = far[far > near[0]] if near.size else far[:0]
    if not far.size:
        return None
    stay = near[near < far[0]]
    peak = int(far[0] + np.argmax(from_rest[far[0] :]))
    everywhere = np.ones(from_rest.size, dtype=np.bool_)
    gone = _departure(from_rest, everywhere, int(stay[0]), int(stay[-1]), peak, rate_hz=rate_hz, shapes=ANGLE_SHAPES)
    return gone.quantile(0.5) if gone else None


def main_axis(values: Floats) -> Floats:
    """Movement of a marker or accelerometer along the direction in which it moves most, from (axis, sample) to (sample,)."""
    finite = np.isfinite(values).all(axis=0)
    if finite.sum() < 3:
        return np.full(values.shape[1], np.nan)
    centred = values - np.median(values[:, finite], axis=1, keepdims=True)
    _, vectors = np.linalg.eigh(np.atleast_2d(np.cov(centred[:, finite])))
    return np.where(finite, vectors[:, -1] @ np.where(finite, centred, 0.0), np.nan)


def tilt(acceleration: Floats, *, rate_hz: float) -> Floats:
    """Tilt of a limb from the first second of rest, (axis, sample) [m/s^2] of two or three axes to (sample,) [rad].

    Gravity, at rest along one direction, turns with the limb; the tilt is the angle of the measured vector out of that direction, in
    the plane in which it moves most. While the limb speeds up it is a few per cent off, which hardly matters to when it starts.

    >>> angle = np.r_[np.zeros(200), np.linspace(0.0, 0.3, 100)]
    >>> float(np.abs(tilt(9.81 * np.stack([np.sin(angle), np.cos(angle)]), rate_hz=100.0)[-1]).round(3))
    0.3
    """
    finite = np.isfinite(acceleration).all(axis=0)
    first = acceleration[:, finite][:, : max(3, int(rate_hz))]
    if first.shape[1] < 3:
        return np.full(acceleration.shape[1], np.nan)
    rest = np.median(first, axis=1)
    down = rest / max(float(np.linalg.norm(rest)), 1e-9)
    along = down @ acceleration
    return np.arctan2(main_axis(acceleration - down[:, None] * along), along)


def _rest_level(values: Floats) -> float:
    """Rest lies at that end of the travel from which the record begins: the middle of what stays near it."""
    low, high = np.percentile(values, (2, 98), method="nearest")  # values that do occur
    begins = float(np.median(values[: max(1, values.size // 20)]))
    end = low if begins - low <= high - begins else high
    return float(np.median(values[np.abs(values - end) <= 0.2 * (high - low) + 1e-15]))


def _larger_side(away: Floats) -> int:
    up, down = np.percentile(away, 98), -np.percentile(away, 2)
    return 1 if up >= down else -1


def _noise(values: Floats) -> float:
    """SD of the sample noise, from second differences (slow movement leaves none)."""
    return float(np.median(np.abs(np.diff(values, 2))) / 0.6745 / np.sqrt(6.0))


def _spans(away: Floats, travel: float, rate_hz: float) -> list[tuple[int, int, int]]:
    """First, peak and last sample of each repetition."""
    high, low = away > _HALF * travel, away < _NEAR * travel
    edges = np.flatnonzero(np.diff(np.r_[False, high, False].astype(np.int8)))
    spans: list[tuple[int, int, int]] = []
    for a, b in zip(edges[::2], edges[1::2], strict=True):
        before, after = np.flatnonzero(low[:a]), np.flatnonzero(low[b:])
        first, last = (int(before[-1]) if before.size else 0), (b + int(after[0]) if after.size else away.size - 1)
        if spans and first <= spans[-1][0]:  # never came back to rest in between: one repetition
            first, last = spans[-1][0], max(last, spans[-1][2])
            spans.pop()
        if (last - first) / rate_hz >= 0.2:
            spans.append((first, first + int(np.argmax(away[first : last + 1])), last))
    return spans


def _departure(
    away: Floats,
    finite: NDArray[np.bool_],
    previous: int,
    first: int,
    peak: int,
    *,
    rate_hz: float,
    shapes: Shapes,
) -> TimePosterior | None:
    """Posterior of the first departure [s from the first sample]; None where no rest comes before it."""
    rising = np.flatnonzero(away[first : peak + 1] >= _FITTED * away[peak])
    stop = first + int(rising[0]) + 1
    # the slower the rise, the longer before its first tenth it began
    begin = max(previous, first - max(int(_REST_S * rate_hz), 3 * (stop - first) // 2))
    if not finite[begin:stop].all():
        return None
    every = max(1, round(rate_hz / _FIT_RATE_HZ), -(-(stop - begin) // _FIT_SAMPLES))
    count = (stop - begin) // every
    y: Floats = away[begin : begin + count * every].reshape(count, every).mean(axis=1)
    t: Floats = (begin + np.arange(count, dtype=np.float64) * every + (every - 1) / 2.0) / rate_hz
    if count < 12 or first - begin < 0.05 * rate_hz:
        return None
    y = y / np.ptp(y)
    rise_s = max(t[-1] - first / rate_hz, 0.05)
    step = max(4.0 * _STEP_S, float(t[-4] - t[2]) / _FIT_STARTS)
    starts: Floats = np.arange(float(t[2]), float(t[-4]), step)
    durations: Floats = rise_s * np.geomspace(0.7, 6.0, 24)
    log_p = _score(y, t, starts, durations, shapes).max(axis=0)
    likely = log_p > log_p.max() - 12.0
    start_near, duration_near = starts[likely.any(axis=0)], durations[likely.any(axis=1)]
    begin_s, end_s = float(start_near[0]) - step, float(start_near[-1]) + step
    step = max(_STEP_S, (end_s - begin_s) / (2 * _FIT_STARTS))
    starts = np.arange(begin_s, end_s + 0.5 * step, step)
    last = 1.09 * float(duration_near[-1])
    durations = np.geomspace(0.92 * float(duration_near[0]), last, 40).astype(np.float64)
    log_p = _score(y, t, starts, durations, shapes)
    mass = np.exp(log_p - log_p.max()).sum(axis=(0, 1))
    return TimePosterior(float(starts[0]), step, mass / mass.sum())


def _score(y: Floats, t: Floats, starts: Floats, durations: Floats, shapes: Shapes) -> Floats:
    """(shape, duration, start) log probability, with as many samples as are independent."""
    fits = [_fit(y, t, starts, durations, shape) for shape, _ in shapes]
    rss = np.stack([each for each, _ in fits])
    effective = _effective(fits[int(np.argmin(rss.min(axis=(1, 2))))][1], y.size)
    prior = np.log([probability for _, probability in shapes])
    score: Floats = prior[:, None, None] - 0.5 * effective * np.log(rss + 1e-10 * y.size)
    return score


def _fit(y: Floats, t: Floats, starts: Floats, durations: Floats, shape: Shape) -> tuple[Floats, Floats]:
    """Residual sum of squares of ``rest + size * shape`` for each (duration, start), and the residuals of the best."""
    rss = np.empty((durations.size, starts.size))
    best, kept = np.inf, y
    centred = y - y.mean()
    for i, duration in enumerate(durations):
        rise = shape(np.clip((t - starts[:, None]) / duration, 0.0, 1.0))
        rise -= rise.mean(axis=1, keepdims=True)
        power = np.einsum("st,st->s", rise, rise) + 1e-12
        size = np.maximum(rise @ centred / power, 0.0)
        rss[i] = centred @ centred - size**2 * power
        j = int(np.argmin(rss[i]))
        if rss[i, j] < best:
            best, kept = rss[i, j], centred - size[j] * rise[j]
    return np.maximum(rss, 0.0), kept


def _effective(residual: Floats, count: int) -> float:
    """Number of independent samples: filtered angles have noise that follows itself."""
    power = float(residual @ residual)
    follow = float(residual[1:] @ residual[:-1]) / power if power > 0.0 else 0.0
    follow = min(max(follow, 0.0), 0.95)
    return max(count * (1.0 - follow) / (1.0 + follow) - 6.0, 3.0)
