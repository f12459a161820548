"""From the jittering time stamps of an XDF stream to an even clock with gaps.

A device samples evenly; its stamps jitter because they are taken on arrival. A straight line through all of them gives the rate and the
start (as `dejitter_timestamps` of the reference reader). Where samples were lost every later stamp comes later by as much: there the line
is broken and the loss stays a gap. The reference reader breaks at pauses from 1 s and 500 samples on; here any step of the line from
50 ms and three samples on that lasts is a loss, since a smeared gap of 0.9 s would shift every onset near it. A delivery that was late
and then caught up is none.
"""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hipspine.formats.lazy import Lazy, Rows
from hipspine.formats.xdf.clock import Stamps, steps_beyond
from hipspine.formats.xdf.index import Decoder
from hipspine.terms import Floats

_LOSS_S, _LOSS_SAMPLES = 0.05, 3.0  # smallest step of the line that is a loss
_BACK_S = 1.0  # stamps that run back this far belong to another clock
_LAG_S, _LASTING_S = 2.0, 10.0  # over which the rate is estimated at first; over which a step has to last
_PAIRS = 100_000  # of stamps from which it is estimated
_BLOCK = 1 << 18  # stamps that are summed in one step
_MOST_STEPS = 2000  # largest steps that are looked at
_LONGEST_GAPS = 2.0  # times the samples that are there; after more the stream is given in parts
_MOST_PARTS = 8
_NEXT_TO_NOTHING = 0.02  # samples by which a clock may be off at the end and still be called nominal
_JITTER_S = 0.005  # from here on it is said


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Samples of a stream on an even clock."""

    rate_hz: float
    start_s: float  # on the recorder's clock
    firsts: NDArray[np.int64]  # of each piece: number of its first sample in the stream
    counts: NDArray[np.int64]  # samples in it
    places: NDArray[np.int64]  # where it begins on the clock

    @property
    def samples(self) -> int:
        """Length on the clock, gaps included."""
        return int(self.places[-1] + self.counts[-1])

    def gaps(self) -> list[tuple[float, float]]:
        """(time at which a gap begins, length), both in s."""
        ends = self.places[:-1] + self.counts[:-1]
        return [
            (self.start_s + end / self.rate_hz, (place - end) / self.rate_hz)
            for end, place in zip(ends.tolist(), self.places[1:].tolist(), strict=True)
            if place > end
        ]

    def lazy(self, decoder: Decoder) -> Lazy:
        """(channel, sample) numbers, NaN in the gaps and where the file holds no finite number."""
        shifts, ends = self.places - self.firsts, self.firsts + self.counts

        def read(rows: Rows, start: int, stop: int) -> Floats:
            out = np.full((rows.size, stop - start), np.nan)
            low = int(np.searchsorted(self.places + self.counts, start, side="right"))
            high = int(np.searchsorted(self.places, stop))
            if low >= high:
                return out
            first = max(int(self.firsts[low]), start - int(shifts[low]))
            last = min(int(ends[high - 1]), stop - int(shifts[high - 1]))
            for at, block in decoder.blocks(first, last):
                numbers = np.arange(at, at + len(block))
                piece = np.searchsorted(self.firsts, numbers, side="right") - 1
                values = block[:, rows].T.astype(np.float64)
                values[~np.isfinite(values)] = np.nan
                here = numbers < ends[piece]
                goals = numbers + shifts[piece] - start
                if here.all() and goals[-1] - goals[0] == goals.size - 1:
                    out[:, goals[0] : goals[-1] + 1] = values
                else:
                    out[:, goals[here]] = values[:, here]
            return out

        return Lazy((decoder.index.channels, self.samples), read)


def even(stamps: Stamps, title: str) -> tuple[tuple[Grid, ...], tuple[str, ...]]:
    """The even clock of a stream with a nominal rate; several where pauses are longer than twice all that was recorded."""
    warnings: list[str] = []
    step_s = _first_step(stamps)
    stamps = _without_strays(stamps, step_s, title, warnings)
    x, t = stamps.places, stamps.times_s
    cuts = _cuts(stamps, step_s)
    edges = np.concatenate([[0], cuts, [x.size]]).astype(np.int64)
    sums = [_sums(stamps, a, b, step_s) for a, b in pairwise(edges.tolist())]
    inertia = sum(s.xx for s in sums)
    slope = sum(s.xu for s in sums) / inertia if inertia > 0 else 0.0
    if not 0.1 * stamps.step_s < step_s + slope < 10 * stamps.step_s:
        warnings.append(f"{title}: its time stamps do not go on evenly; its nominal rate was taken")
        step_s, slope = stamps.step_s, 0.0
        sums = [replace(s, u=0.0) for s in sums]
    rms = float(np.sqrt(max(0.0, sum(s.uu - 2 * slope * s.xu + slope**2 * s.xx for s in sums)) / stamps.count))
    slope = _rounded(slope, step_s, stamps, rms, x.size)
    step = step_s + slope
    starts = np.array([t[a] + s.u - slope * s.x for a, s in zip(edges[:-1], sums, strict=True)])
    firsts = x[edges[:-1]]
    counts = np.diff(np.append(firsts, stamps.count))
    kept = _in_time(starts, counts, step)
    if not kept.all():
        warnings.append(
            f"{title}: its clock runs backwards {int((~kept).sum())} time(s) and nothing tells by how much; {int(counts[~kept].sum())} of "
            f"{stamps.count} samples are left out because their time is not known"
        )
    if rms > _JITTER_S and rms > 0.5 * step:
        warnings.append(f"{title}: its time stamps jitter by {rms * 1e3:.3g} ms (root mean square); an even clock was laid through them")
    return _parts(starts[kept], firsts[kept], counts[kept], step, title, warnings), tuple(warnings)


def joined(grid: Grid, places: NDArray[np.int64] | None, rate_hz: float, start_s: float) -> Grid:
    """A clock on which each sample has its own place, as of a device that may drop single ones."""
    if places is None:
        return replace(grid, rate_hz=rate_hz, start_s=start_s)
    edges = np.concatenate([[0], np.flatnonzero(np.diff(places) != 1) + 1])
    counts = np.diff(np.append(edges, places.size))
    return Grid(rate_hz, start_s, edges.astype(np.int64), counts.astype(np.int64), places[edges])


def whole(count: int, rate_hz: float, start_s: float) -> Grid:
    """A clock without gaps."""
    return Grid(rate_hz, start_s, np.zeros(1, np.int64), np.array([count]), np.zeros(1, np.int64))


# ------------------------------------------------------------------------------------------------------------------- lines


@dataclass(frozen=True, slots=True)
class _Sums:
    """Of one piece, over all its samples: means of place x and of u, by how much the stamp is late, and their centred sums."""

    x: float
    u: float
    xx: float
    xu: float
    uu: float


def _sums(stamps: Stamps, a: int, b: int, step_s: float) -> _Sums:
    """Stamps a to b; the samples behind each stamp follow at the nominal step, so their sums are known in closed form."""
    first, origin = int(stamps.places[a]), float(stamps.times_s[a])
    end = int(stamps.places[b]) if b < stamps.places.size else stamps.count
    late = stamps.step_s - step_s
    total, within = np.zeros(5), 0.0
    for at in range(a, b, _BLOCK):
        stop = min(at + _BLOCK, b)
        x = (stamps.places[at:stop] - first).astype(np.float64)
        u = stamps.times_s[at:stop] - origin - x * step_s
        n = np.ones(x.size)
        if end - first > b - a:
            n = np.diff(np.append(x, stamps.places[stop] - first if stop < b else end - first))
            x += (n - 1) / 2  # middle of each run
            u += late * (n - 1) / 2
            within += float((n * (n * n - 1)).sum()) / 12
        total += [n @ x, n @ u, n @ x**2, n @ (x * u), n @ u**2]
    count = end - first
    sx, su, sxx, sxu, suu = total.tolist()
    return _Sums(
        sx / count,
        su / count,
        sxx - sx * sx / count + within,
        sxu - sx * su / count + late * within,
        suu - su * su / count + late**2 * within,
    )


def _first_step(stamps: Stamps) -> float:
    """A step that losses do not bend: the median over stretches of two seconds, shorter ones in a short recording.

    A gap lies in as many stretches as one is long; they have to stay the fewer.
    """
    x, t = stamps.places, stamps.times_s
    longest = max(x.size // 8, min(x.size // 2, 16))
    lag = int(min(longest, max(1.0, _LAG_S / stamps.step_s * x.size / stamps.count)))
    if lag < 1:
        return stamps.step_s
    every = max(1, x.size // _PAIRS)
    step = float(np.median((t[lag::every] - t[:-lag:every]) / (x[lag::every] - x[:-lag:every])))
    return step if 0.1 * stamps.step_s < step < 10 * stamps.step_s else stamps.step_s


def _without_strays(stamps: Stamps, step_s: float, title: str, warnings: list[str]) -> Stamps:
    """Stamps without single ones that lie far from both neighbours, which agree: a damaged one would bend the whole line."""
    found, late = steps_beyond(stamps.places, stamps.times_s, step_s, low_s=-_BACK_S, high_s=_BACK_S, most=_MOST_STEPS)
    stray = (np.diff(found) == 1) & (np.abs(late[:-1] + late[1:]) < _BACK_S / 2)
    if not stray.any():
        return stamps
    warnings.append(f"{title}: {int(stray.sum())} time stamp(s) lie far from those before and behind them and were left out")
    away = found[1:][stray]
    return replace(stamps, places=np.delete(stamps.places, away), times_s=np.delete(stamps.times_s, away))


def _rounded(slope: float, step_s: float, stamps: Stamps, rms: float, stamped: int) -> float:
    """The slope that makes the step nominal, where the stamps cannot tell it from the one found."""
    nominal = stamps.step_s - step_s
    off = abs(slope - nominal) / stamps.step_s
    doubt = 4 * rms / (stamps.step_s * stamps.count * np.sqrt(stamped))
    return nominal if off * stamps.count < _NEXT_TO_NOTHING or off < doubt else slope


# ------------------------------------------------------------------------------------------------------------------ pieces


def _cuts(stamps: Stamps, step_s: float) -> NDArray[np.int64]:
    """Stamps with which a new piece begins: after a loss, a step backwards, or with a new clock."""
    x, t = stamps.places, stamps.times_s
    fresh = np.searchsorted(x, np.array(stamps.resets, dtype=np.int64))
    least = max(_LOSS_S, _LOSS_SAMPLES * step_s)
    found, late = steps_beyond(x, t, step_s, low_s=-_BACK_S, high_s=least, most=_MOST_STEPS)
    reach = int(max(3.0, _LASTING_S / stamps.step_s * x.size / stamps.count))
    back = [int(k) + 1 for k in found[late < 0] if _runs_back(stamps, int(k) + 1, reach, step_s)]
    walls = np.unique([0, *back, *fresh.tolist(), x.size])
    lost = []
    for k, step in zip((found[late > 0] + 1).tolist(), late[late > 0].tolist(), strict=True):
        wall = int(np.searchsorted(walls, k, side="right"))
        low, high = max(int(walls[wall - 1]), k - reach), min(int(walls[wall]), k + reach)
        if low < k and _lasts(stamps, low, k, high, step_s) > max(least, 0.5 * step):
            lost.append(k)
    return np.unique([*lost, *walls[1:-1].tolist()]).astype(np.int64)


def _lasts(stamps: Stamps, low: int, k: int, high: int, step_s: float) -> float:
    """By how much all stamps from k on come later than all before [s]."""
    late = stamps.times_s[low:high] - (stamps.places[low:high] - stamps.places[k]) * step_s
    return float(late[k - low :].min() - late[: k - low].max())


def _runs_back(stamps: Stamps, k: int, reach: int, step_s: float) -> bool:
    low, high = max(0, k - reach), min(stamps.places.size, k + reach)
    late = stamps.times_s[low:high] - (stamps.places[low:high] - stamps.places[k]) * step_s
    return bool(np.median(late[k - low :]) < np.median(late[: k - low]) - 0.5 * _BACK_S)


def _in_time(starts: Floats, counts: NDArray[np.int64], step: float) -> NDArray[np.bool_]:
    """Which pieces follow one another in time, seen from the longest."""
    ends = starts + counts * step
    kept = np.zeros(starts.size, dtype=bool)
    anchor = int(np.argmax(counts))
    kept[anchor] = True
    end, begin = ends[anchor], starts[anchor]
    for i in range(anchor + 1, starts.size):
        if starts[i] > end - _BACK_S:
            kept[i], end = True, max(end, ends[i])
    for i in range(anchor - 1, -1, -1):
        if ends[i] < begin + _BACK_S:
            kept[i], begin = True, min(begin, starts[i])
    return kept


def _parts(
    starts: Floats, firsts: NDArray[np.int64], counts: NDArray[np.int64], step: float, title: str, warnings: list[str]
) -> tuple[Grid, ...]:
    """Pieces on one clock; a new one after pauses that are longer than what was recorded."""
    most = _LONGEST_GAPS * float(counts.sum()) + 1000
    parts: list[list[int]] = [[0]]
    places = np.zeros(starts.size, dtype=np.int64)
    gaps = 0.0
    for i in range(1, starts.size):
        end = int(places[i - 1] + counts[i - 1])
        away = (starts[i] - starts[parts[-1][0]]) / step
        gap = max(0.0, away - end)
        if gaps + gap > most:
            parts.append([i])
            gaps = 0.0
            continue
        gaps += gap
        places[i] = max(end, round(away))
        parts[-1].append(i)
    if len(parts) > _MOST_PARTS:
        sizes = [int(counts[part].sum()) for part in parts]
        chosen = sorted(np.argsort(sizes)[-_MOST_PARTS:].tolist())
        left = sum(sizes) - sum(sizes[i] for i in chosen)
        warnings.append(
            f"{title}: {len(parts)} parts lie far from each other in time; the longest {_MOST_PARTS} are read, {left} samples not"
        )
        parts = [parts[i] for i in chosen]
    if len(parts) > 1:
        warnings.append(f"{title}: it pauses for longer than it was recorded; its {len(parts)} parts are given as streams of their own")
    return tuple(Grid(1 / step, float(starts[part[0]]), firsts[part], counts[part], places[part]) for part in parts)
