"""The clock of an XDF stream: from the device's own clock to the recorder's, and where that clock was set anew.

The recorder measures every few seconds how far a stream's clock is from its own. A straight line through these offsets, laid robustly
(Huber's loss, 0.1 ms), takes drift out; this is the method of the reference reader (pyxdf: `synchronize_clocks`, `winsor_threshold`).
A device that restarted has a new clock: offsets jump, and each stretch gets its own line (`handle_clock_resets`).
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hipspine.formats.xdf.chunks import XdfStream
from hipspine.formats.xdf.index import integers
from hipspine.terms import Floats

_HUBER_S = 1e-4  # offsets farther than this from the line count less
_RESET_S, _RESET_DEVIATIONS = 1.0, 10.0  # a step of the offset beyond both of these is a new clock
_JUMP_S = 1.0  # a step of the stamps that may be the place of it
_STEEPEST = 0.01  # seconds that a clock gains in a second; more is no clock
_LATEST_S = 1e12  # of a stamp; a clock in seconds never counts so far
_BLOCK = 1 << 18  # stamps that are moved in one step
_MOST = 400  # jumps of the stamps that are looked at


@dataclass(frozen=True, slots=True, eq=False)
class Stamps:
    """Time stamps of a stream on the recorder's clock; between them time goes on by one nominal step per sample."""

    places: NDArray[np.int64]  # number of the sample; the first is 0
    times_s: Floats
    step_s: float  # nominal; 0 if irregular
    count: int  # samples
    resets: tuple[int, ...] = ()  # numbers of the samples with which a new clock begins
    warnings: tuple[str, ...] = ()

    def all_times_s(self) -> Floats:
        """Time of every sample."""
        if self.places.size == self.count:
            return self.times_s
        lengths = np.diff(np.append(self.places, self.count))
        since = np.arange(self.count) - np.repeat(self.places, lengths)
        return np.asarray(np.repeat(self.times_s, lengths) + since * self.step_s, dtype=np.float64)


def stamps_of(stream: XdfStream, *, first_s: float | None) -> Stamps:
    """The stream's time stamps on the recorder's clock; they are taken out of its index, so that they stand in memory once.

    Args:
        first_s: time of the first sample as the footer tells, for a stream without any stamp.
    """
    warnings: list[str] = []
    step_s = 1.0 / stream.rate_hz if stream.rate_hz else 0.0
    places, times_s = _known(stream, step_s, first_s, warnings)
    moments = np.array(stream.offsets, dtype=np.float64).reshape(-1, 3)
    sane = (np.isfinite(moments[:, 1:]) & (np.abs(moments[:, 1:]) < _LATEST_S)).all(axis=1)
    if not sane.all():
        warnings.append(f"{stream.title}: {int((~sane).sum())} measurement(s) of its clock are no numbers and were left out")
    moments = _without_outliers(moments[sane])
    if not len(moments):
        return Stamps(places, times_s, step_s, stream.index.count, warnings=tuple(warnings))
    clocks = _clocks(moments)
    edges = _edges(places, times_s, step_s, clocks)
    for clock, (first, last) in zip(clocks, edges, strict=True):
        origin, offset, slope = line_of(clock[:, 1], clock[:, 2])
        if abs(slope) > _STEEPEST:
            warnings.append(
                f"{stream.title}: its clock cannot be brought in line with the others' (it gains {slope:.2g} s/s); shifted only"
            )
            offset, slope = float(np.median(clock[:, 2])), 0.0
        for at in range(first, last, _BLOCK):
            part = slice(at, min(at + _BLOCK, last))
            times_s[part] += offset + slope * (times_s[part] - origin)
    begun = [int(places[first]) for first, last in edges if 0 < first < last]
    if begun:
        warnings.append(f"{stream.title}: its clock was set anew {len(begun)} time(s), as when a device restarts; its parts were joined")
    return Stamps(places, times_s, step_s, stream.index.count, tuple(begun), tuple(warnings))


def line_of(times_s: Floats, offsets_s: Floats) -> tuple[float, float, float]:
    """Robust straight line: (origin, offset there, slope). One measurement, or several at one time, give their median and no slope.

    >>> t = np.arange(10.0)
    >>> offsets = 5.0 + 1e-5 * t + np.where(t == 4, 0.3, 0.0)
    >>> origin, offset, slope = line_of(t, offsets)
    >>> abs(offset - slope * origin - 5.0) < 1e-4, abs(slope - 1e-5) < 1e-5
    (True, True)
    """
    origin = float(np.mean(times_s))
    t = times_s - origin
    spread = float(t @ t)
    offset, slope = float(np.median(offsets_s)), 0.0
    if times_s.size < 2 or spread <= 1e-9:
        return origin, offset, slope
    weights = np.ones(t.size)
    for _ in range(200):
        total = float(weights.sum())
        middle = float(weights @ t) / total
        centred = t - middle
        inertia = float(weights @ centred**2)
        if inertia <= 1e-12:
            break
        new_slope = float(weights @ (centred * offsets_s)) / inertia
        new_offset = float(weights @ offsets_s) / total - new_slope * middle
        moved = abs(new_offset - offset) + abs(new_slope - slope) * float(np.abs(t).max())
        offset, slope = new_offset, new_slope
        if moved < 1e-10:
            break
        weights = _HUBER_S / np.maximum(np.abs(offsets_s - offset - slope * t), _HUBER_S)
    return origin, offset, slope


# ------------------------------------------------------------------------------------------------------------ known stamps


def _known(stream: XdfStream, step_s: float, first_s: float | None, warnings: list[str]) -> tuple[NDArray[np.int64], Floats]:
    """The stamps that are numbers, and one for the first sample and behind every loss, counted back from the next."""
    index = stream.index
    places, times_s = integers(index.stamped), np.frombuffer(index.stamps, np.float64) if index.stamps else np.empty(0)
    index.stamps = array("d")
    good = np.abs(times_s) < _LATEST_S
    if not good.all():
        warnings.append(f"{stream.title}: {int((~good).sum())} time stamp(s) are no numbers and were left out")
        places, times_s = places[good], times_s[good]
    if not places.size:
        at = "as its footer tells" if first_s is not None else "it is placed at the start of the recording"
        warnings.append(f"{stream.title}: no sample carries a time stamp; {at}")
        return np.zeros(1, np.int64), np.array([first_s if first_s is not None else np.nan])
    wanted = np.unique([0, *(hole for hole in index.holes if hole < index.count)])
    missing = wanted[~np.isin(wanted, places)]
    if not missing.size:
        return places, times_s
    after = np.searchsorted(places, missing)
    nearest = np.minimum(after, places.size - 1)
    counted = times_s[nearest] - (places[nearest] - missing) * step_s
    return np.insert(places, after, missing), np.insert(times_s, after, counted)


# ------------------------------------------------------------------------------------------------------------ clock resets


def _without_outliers(moments: Floats) -> Floats:
    """Measurements without a single one far from both neighbours, which agree."""
    if len(moments) < 3:
        return moments
    offset = moments[:, 2]
    alone = (np.abs(np.diff(offset))[:-1] > _RESET_S) & (np.abs(np.diff(offset))[1:] > _RESET_S)
    alone &= np.abs(offset[2:] - offset[:-2]) < _RESET_S
    kept: Floats = moments[~np.concatenate([[False], alone, [False]])]
    return kept


def _clocks(moments: Floats) -> list[Floats]:
    """Measurements of each clock in turn: a new one begins where the offset steps."""
    steps = np.diff(moments[:, 2])
    if not steps.size:
        return [moments]
    usual = float(np.median(steps))
    deviation = float(np.median(np.abs(steps - usual)))
    reset = np.abs(steps - usual) > max(_RESET_S, _RESET_DEVIATIONS * deviation)
    if reset.sum() > _MOST:
        return [moments]
    return np.split(moments, np.flatnonzero(reset) + 1)


def _edges(places: NDArray[np.int64], times_s: Floats, step_s: float, clocks: Sequence[Floats]) -> list[tuple[int, int]]:
    """Which stamps belong to each clock: (first, last), cut where the stamps jump.

    Each stretch of stamps goes to the clock whose measurements lie nearest, in time and in the order of the file; clocks keep their order.
    """
    if len(clocks) == 1:
        return [(0, times_s.size)]
    found, _ = steps_beyond(places, times_s, step_s, low_s=-_JUMP_S, high_s=_JUMP_S, most=_MOST)
    cuts = np.concatenate([[0], found + 1, [times_s.size]])
    costs = np.array([_cost(places, times_s, a, b, step_s, clocks) for a, b in pairwise(cuts.tolist())])
    back = np.array([times_s[a] < times_s[a - 1] - _JUMP_S for a in cuts[1:-1]], dtype=bool)
    owners = _in_order(costs, back)
    edges = []
    for clock in range(len(clocks)):
        mine = np.flatnonzero(owners == clock)
        edges.append((int(cuts[mine[0]]), int(cuts[mine[-1] + 1])) if mine.size else (0, 0))
    return edges


def steps_beyond(
    places: NDArray[np.int64], times_s: Floats, step_s: float, *, low_s: float, high_s: float, most: int
) -> tuple[NDArray[np.int64], Floats]:
    """After which stamps the next comes later or earlier than the samples between them tell, and by how much [s]; the largest ones.

    >>> at, late_s = steps_beyond(np.arange(5), np.array([0.0, 1.0, 2.0, 7.0, 8.0]), 1.0, low_s=-1.0, high_s=1.0, most=9)
    >>> at.tolist(), late_s.tolist()
    ([2], [4.0])
    """
    found, steps = np.empty(0, np.int64), np.empty(0)
    for at in range(0, times_s.size - 1, _BLOCK):
        part = slice(at, min(at + _BLOCK + 1, times_s.size))
        late = np.diff(times_s[part]) - np.diff(places[part]) * step_s
        here = np.flatnonzero((late > high_s) | (late < low_s))
        found, steps = np.append(found, here + at), np.append(steps, late[here])
        if found.size > most:
            largest = np.sort(np.argsort(np.abs(steps))[-most:])
            found, steps = found[largest], steps[largest]
    return found, steps


def _cost(places: NDArray[np.int64], times_s: Floats, a: int, b: int, step_s: float, clocks: Sequence[Floats]) -> list[float]:
    """How far a stretch of stamps is from each clock's measurements [s]."""
    low, high = float(times_s[a:b].min()), float(times_s[a:b].max())
    first, last = float(places[a]), float(places[b - 1])
    costs = []
    for clock in clocks:
        away = max(0.0, float(clock[:, 1].min()) - high, low - float(clock[:, 1].max()))
        astray = max(0.0, float(clock[:, 0].min()) - last, first - float(clock[:, 0].max()))
        costs.append(away + astray * (step_s or 1e-3))
    return costs


def _in_order(costs: Floats, back: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The cheapest owner of each stretch, owners never going back; stamps that run backwards ask for a new owner."""
    best, origin = costs[0] + 1e-6 * np.arange(costs.shape[1]), []
    for stretch in range(1, len(costs)):
        stay = best + (1e6 if back[stretch - 1] else 1e-3)
        before = np.concatenate([[np.inf], best[:-1]])
        cheapest = np.array([int(np.argmin(before[: k + 1])) - 1 for k in range(best.size)])
        advance = np.minimum.accumulate(before)
        origin.append(np.where(advance < stay, cheapest, np.arange(best.size)))
        best = np.minimum(stay, advance) + costs[stretch]
    owners = [int(np.argmin(best))]
    for choice in reversed(origin):
        owners.append(int(choice[owners[-1]]))
    return np.array(owners[::-1])
