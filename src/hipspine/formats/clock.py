"""From a column of times to a rate: even clocks, gaps that become missing samples, and clocks that cannot be trusted."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hipspine.errors import FormatError
from hipspine.terms import Floats

_JITTER = 0.5  # of a step: farther from its place a sample cannot be told from its neighbour
_AGREEING = 0.97  # share of equal steps that makes the others gaps and not the rounding of a coarse export
_AGREED = 0.1  # of a sample: so far the last one may move if the rate in the header is taken
_STRETCH = 1 << 18  # rows that are looked at in one step
_FEWEST = 5  # odd steps, evenly spread, that rounding explains better than lost rows
_LONGEST_GAPS = 4.0  # times the samples that are there; more is two recordings, not one with gaps


@dataclass(frozen=True, slots=True, eq=False)
class Clock:
    """The even clock behind a column of times."""

    rate_hz: float
    start_s: float
    places: NDArray[np.int64] | None  # place of each row on the clock; None if no sample is missing
    samples: int
    warnings: tuple[str, ...]

    def spread(self, values: Floats) -> Floats:
        """(row, ...) values on the clock; NaN where samples are missing."""
        if self.places is None:
            return values
        out = np.full((self.samples, *values.shape[1:]), np.nan)
        out[self.places] = values
        return out


def clock_of(times_s: Floats, *, where: str) -> Clock:
    """The clock of a time column.

    The rate is that of the whole span, so that times rounded by an export do not bend it. A step of more than one and a half is a gap:
    its samples are missing (NaN), nothing is filled in. Times off by more than half a step are refused.

    >>> clock_of(np.array([0.0, 0.1, 0.2, 0.5, 0.6]), where="walk.csv").places.tolist()
    [0, 1, 2, 5, 6]
    """
    count = times_s.size
    if count < 2:
        raise FormatError(f"{where}: {count} row with a time; at least two are needed to know the rate.")
    if not np.isfinite(times_s).all():
        row = int(np.flatnonzero(~np.isfinite(times_s))[0])
        raise FormatError(f"{where}: the time of sample {row + 1} is missing; every row needs its time.")
    steps = np.diff(times_s)
    if (steps < 0).any():
        row = int(np.flatnonzero(steps < 0)[0])
        raise FormatError(
            f"{where}: time runs backwards after {times_s[row]:.6g} s (to {times_s[row + 1]:.6g} s); export one recording per file."
        )
    span = float(times_s[-1] - times_s[0])
    if span <= 0 or not np.isfinite(span):
        raise FormatError(
            f"{where}: all {count} rows carry the time {times_s[0]:.6g} s; the time column is too coarse. Export it with more digits."
        )
    return _clock(times_s, steps, span, where)


def agreed_rate(rate_hz: float, stated_hz: float, samples: int) -> float:
    """The rate that a header states, where it leads no sample of the recording away from its time; else that of the times.

    >>> agreed_rate(59.940006, 59.94, 300), agreed_rate(2148.1481, 2148.0, 200_000)
    (59.94, 2148.1481)
    """
    off = abs(stated_hz - rate_hz) / rate_hz
    return stated_hz if off <= 1e-4 and off * samples <= _AGREED else rate_hz


def _clock(times_s: Floats, steps: Floats, span: float, where: str) -> Clock:
    usual = float(np.median(steps))
    if usual == 0 and np.mean(steps == 0) >= _AGREEING:
        raise FormatError(
            f"{where}: {1 / np.mean(steps > 0):.0f} rows carry the same time; the time column is too coarse. Export it with more digits."
        )
    grain = _grain(steps, usual)
    even = span / steps.size
    step = even if abs(usual - even) <= grain else usual
    gaps = (steps > 1.5 * step) & (steps > step + 1.01 * grain)
    places = _places(times_s, steps, gaps, _step_between_gaps(times_s, gaps, step), where) if gaps.any() else None
    step, start = _fit(places, times_s)
    worst, off, squares = _offsets(places, times_s, start, step)
    if not off <= max(_JITTER * step, 1.01 * grain):
        raise FormatError(
            f"{where}: the clock is uneven: the sample at {times_s[worst]:.6g} s lies {off * 1e3:.3g} ms from its place at "
            f"{1 / step:.6g} Hz; at most half a step is allowed. Export the recording at a constant rate."
        )
    doubt = 4 * float(np.sqrt(squares / times_s.size) + 1e-12) / (span * np.sqrt(times_s.size))
    return Clock(
        rate_hz=_round_rate(1 / step, max(doubt, 1e-9)),
        start_s=float(times_s[0]) if abs(start - times_s[0]) <= max(grain, 1e-9) else start,
        places=places,
        samples=int(places[-1]) + 1 if places is not None else times_s.size,
        warnings=_warnings(times_s, steps, gaps, off, step, grain),
    )


def _places(times_s: Floats, steps: Floats, gaps: NDArray[np.bool_], step: float, where: str) -> NDArray[np.int64]:
    """Place of each sample on an even clock that runs on through the gaps."""
    jumps = np.where(gaps, np.rint(steps / step), 1.0)
    if jumps.sum() > _LONGEST_GAPS * times_s.size + 1000:
        longest = int(np.argmax(steps))
        lasting = f"{steps[longest]:.4g} s from {times_s[longest]:.6g} s"
        raise FormatError(f"{where}: nothing was recorded for {lasting}, longer than all the rest; split it into two files.")
    return np.concatenate([[0], np.cumsum(jumps)]).astype(np.int64)


def _parts(places: NDArray[np.int64] | None, times_s: Floats) -> Iterator[tuple[int, Floats, Floats]]:
    """First row, places and times of a stretch, one after the other: the times of a long recording are not copied as a whole."""
    for first in range(0, times_s.size, _STRETCH):
        part = times_s[first : first + _STRETCH]
        yield first, (np.arange(first, first + part.size) if places is None else places[first : first + _STRETCH]).astype(np.float64), part


def _fit(places: NDArray[np.int64] | None, times_s: Floats) -> tuple[float, float]:
    """Step and start of the straight line through all times: rounded and jittering times even out."""
    middle = (times_s.size - 1) / 2 if places is None else float(places.mean())
    mean = float(times_s.mean())
    across = along = 0.0
    for _, place, times in _parts(places, times_s):
        place -= middle
        across += float(place @ (times - mean))
        along += float(place @ place)
    step = across / along
    return step, mean - step * middle


def _offsets(places: NDArray[np.int64] | None, times_s: Floats, start: float, step: float) -> tuple[int, float, float]:
    """The row farthest from its place, how far that is, and the sum of all squares."""
    worst, most, squares = 0, -1.0, 0.0
    for first, place, times in _parts(places, times_s):
        off = np.abs(times - start - place * step)
        row = int(np.argmax(off))
        if not off[row] <= most:
            worst, most = first + row, float(off[row])
        squares += float(off @ off)
    return worst, most, squares


def _step_between_gaps(times_s: Floats, gaps: NDArray[np.bool_], step: float) -> float:
    """Mean step of the longest run without a gap: finer than the median of rounded steps."""
    edges = np.concatenate([[-1], np.flatnonzero(gaps), [times_s.size - 1]])
    run = int(np.argmax(np.diff(edges)))
    first, last = int(edges[run]) + 1, int(edges[run + 1])
    return float((times_s[last] - times_s[first]) / (last - first)) if last > first else step


def _grain(steps: Floats, usual: float) -> float:
    """How far rounding may move a time: the smallest difference between two steps; next to nothing where nearly all steps agree."""
    stretches = range(0, steps.size, _STRETCH)
    apart = [np.abs(steps[i : i + _STRETCH] - usual) > 1e-6 * usual + 2e-9 for i in stretches]
    odd = np.concatenate([i + np.flatnonzero(far) for i, far in zip(stretches, apart, strict=True)])
    if usual > 0 and 0 < odd.size < steps.size / 2:
        ratios = steps[odd] / usual
        whole = np.rint(ratios)
        if (np.abs(ratios - whole) < 1e-3).all() and (whole != 1).all():
            if _is_decimal(usual) and whole[0] in (0, 2) and (whole == whole[0]).all() and _spread_evenly(odd, steps.size):
                return usual  # times rounded to a unit as coarse as the step itself
            if (whole >= 2).all():
                return 1e-9  # rows are missing
    if odd.size <= (1 - _AGREEING) * steps.size:
        return 1e-9
    distinct = np.empty(0)
    for i in stretches:
        distinct = np.unique(np.concatenate([distinct, np.round(steps[i : i + _STRETCH], 9)]))
        if distinct.size > _STRETCH:
            return 1e-9  # so many different steps were not made by rounding
    differences = np.diff(distinct)
    candidates = np.concatenate([differences[differences > 1.5e-9], distinct[distinct > 1.5e-9][:1]])
    return max(float(candidates.min()), 1e-9) if candidates.size else 1e-9


def _is_decimal(step: float) -> bool:
    """Whether a step is one unit of some decimal place: 0.01 or 0.001, which rounding leaves, but not 0.02."""
    return bool(abs(10.0 ** np.rint(np.log10(step)) / step - 1) < 1e-6)


def _spread_evenly(odd: NDArray[np.int64], count: int) -> bool:
    """Whether the odd steps come as regularly as rounding makes them: always after as many others, to one more or (ties) two."""
    runs = np.diff(odd)
    if runs.size < _FEWEST - 1:
        return False
    return bool(np.ptp(runs) <= 2 and odd[0] <= runs.max() and count - 1 - odd[-1] <= runs.max())


def _round_rate(rate_hz: float, doubt: float) -> float:
    """The roundest whole number of hertz inside the relative doubt that the digits of the times leave; else the rate itself."""
    for unit in (1000, 500, 100, 50, 10, 5, 1):
        whole = round(rate_hz / unit) * unit
        if whole and abs(whole - rate_hz) <= rate_hz * doubt:
            return float(whole)
    return rate_hz


def _warnings(times_s: Floats, steps: Floats, gaps: NDArray[np.bool_], off: float, step: float, grain: float) -> tuple[str, ...]:
    out = []
    if gaps.any():
        first = int(np.flatnonzero(gaps)[0])
        lost = float((steps[gaps] - step).sum())
        out.append(
            f"{int(gaps.sum())} gap(s) in time, the first after {times_s[first]:.6g} s, {lost:.4g} s in all: these samples are missing"
        )
    elif off > max(0.1 * step, 1.01 * grain):
        out.append(f"the time stamps jitter by up to {off * 1e3:.3g} ms; an even clock of {1 / step:.6g} Hz was taken")
    return tuple(out)
