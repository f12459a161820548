"""Heart beats in an EMG channel: whether there is a train of them, and where.

A train is believed when the same slow shape (8-40 Hz) returns, hardly anything else of its kind stands between, it fills the quiet part of
the record, and the channel at a beat holds nothing but that shape: under a muscle burst there is always more. Rhythm links the beats
through bursts that drown them. The tests and their limits are our own; simulated hearts and muscles judge them.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from hipspine.errors import SignalError
from hipspine.signals.conditioning_kernels import (
    Indices,
    drawn_out,
    follow_rhythm,
    highest_between,
    highest_peaks,
    moving_sum,
    tapered_pieces,
    thin_out,
)
from hipspine.terms import Floats

SHORTEST_RECORD_S = 2.0
SLOW_HZ, WIDE_HZ = 250.0, 500.0  # beats are looked for, and looked at, at about these rates
APART_S = 0.06  # two candidates are never closer
SHAPE_S = 0.10  # a beat is compared over this time to either side
EDGE_S = 0.06  # a beat nearer to an end of the record cannot be compared
SEEDS = 160  # candidates compared with one another to find the shape
SELDOM_S = 6.0  # a shape that returns less often than this where the channel is quiet is not looked at further
TEMPI, FASTEST_S, TEMPO_RATIO = 25, 0.34, 1.065  # intervals from 0.34 s (176 a minute) to 1.54 s (39 a minute)


@dataclass(frozen=True, slots=True, eq=False)
class Beats:
    """Heart beats of one channel."""

    at_s: Floats  # (beat,) middle of the QRS complex [s from the first sample]; up to 0.03 s outside where an end cuts a beat
    noise: Floats  # (beat,) SD of what else the channel holds there, over the height of the beat
    clear: NDArray[np.bool_]  # (beat,) the beat itself was seen; the others follow from the rhythm

    @property
    def rate_hz(self) -> float:
        """Beats per second (median interval)."""
        return float(1.0 / np.median(np.diff(self.at_s)))


def find_beats(emg: Floats, *, rate_hz: float) -> Beats | None:
    """Heart beats of one channel, or None where no train of beats can be believed.

    Needs at least 2 s and two beats outside bursts (three unless they are very clear); 40 to 170 beats a minute. Gain, polarity and
    offset do not matter.

    Raises:
        SignalError: the channel is not one row of finite numbers, or the rate is below 250 Hz.
    """
    if emg.ndim != 1 or not np.isfinite(emg @ emg):
        raise SignalError(
            f"heart beats are looked for in one channel of finite samples; found shape {emg.shape} or gaps; cut the gaps out first"
        )
    if not rate_hz >= SLOW_HZ:
        raise SignalError(f"rate_hz is {rate_hz}; heart beats need at least {SLOW_HZ:g} Hz")
    if emg.size < SHORTEST_RECORD_S * rate_hz:
        return None
    wide_step = max(1, round(rate_hz / WIDE_HZ))
    wide = thin_out(emg, wide_step)
    step, rate = 2 * wide_step, rate_hz / (2 * wide_step)
    slow = _slow_band(thin_out(wide, 2), rate=rate)
    if not slow.any():
        return None
    shape = _returning_shape(slow, rate=rate)
    train = None if shape is None else _train(slow, shape, rate=rate)
    if shape is not None and train is not None and _likeness(shape, train.shape) < 0.97:
        train = _train(slow, train.shape, rate=rate)
    if train is None:
        return None
    centres = (train.at + 1) * step - 1 + step * train.between
    at_s = centres / rate_hz
    best = np.flatnonzero(train.clear & (at_s >= EDGE_S) & (at_s <= emg.size / rate_hz - EDGE_S))
    best = np.sort(best[np.argsort(train.noise[best], kind="stable")[: max(2, (best.size + 1) // 2)]])
    wide_at, wide_rate = (centres + 1) / wide_step - 1, rate_hz / wide_step
    left = _left_over(wide, wide_at[best], train.noise[best], rate=wide_rate)
    if not _believable(train, best, left=left, seconds=slow.size / rate, rate=rate):
        return None
    found = Beats(at_s, train.noise, train.clear)
    return _with_cut_beats(found, wide, wide_at, best, rate=wide_rate, first_s=(wide_step - 1) / rate_hz)


@dataclass(frozen=True, slots=True, eq=False)
class _Train:
    """A candidate train at the slow rate."""

    at: Indices  # (beat,)
    between: Floats  # (beat,) true peak beside ``at`` [slow samples]
    height: Floats  # (beat,) in units of the shape
    calm: Floats  # (beat,) SD of the height by the quiet between the beats
    noise: Floats  # (beat,) the same with what the shape leaves unexplained at the beat
    clear: NDArray[np.bool_]  # (beat,)
    evidence: Floats  # (beat,) log-likelihood ratio, beat against none
    likeness: Floats  # (beat,) correlation with the mean of the other clear beats
    rival: Floats  # (beat,) strongest response beside the beat, over the local noise, against the beat's own
    strangers: int  # what looks like a beat and stands between the beats
    missed: int  # quiet places where the rhythm foretells a beat and none is
    quiet: float  # share of the record in which a beat would surely stand out
    shape: Floats  # (2 reach + 1,) mean clear beat, tapered


def _slow_band(slow: Floats, *, rate: float) -> Floats:
    """About 8-40 Hz, without delay: the difference of two Gaussian means (SD 4.5 and 16 ms)."""
    away_s = np.arange(-int(0.06 * rate), int(0.06 * rate) + 1) / rate
    narrow, wide = (np.exp(-0.5 * (away_s / sd_s) ** 2) for sd_s in (0.0045, 0.016))
    return filtered(slow, narrow / narrow.sum() - wide / wide.sum())


def filtered(x: Floats, weights: Floats) -> Floats:
    """Centred moving sum; the ends go on as the outermost samples."""
    return moving_sum(x, weights)


def _local_noise(x: Floats, *, rate: float) -> tuple[Floats, float]:
    """(n,) SD around each sample from medians over 0.4 s, which short beats do not move; and the level of the quietest third."""
    block = int(0.4 * rate)
    hop = block // 2
    level = np.maximum(block_medians(x, block, hop) / 0.6745, 0.02 * np.sqrt(x @ x / x.size))
    return drawn_out(level, (block - 1) / 2, hop, x.size), ranked(level, 0.3)


def block_medians(x: Floats, block: int, hop: int) -> Floats:
    """(1 + (n - block) // hop,) median of ``|x|`` in overlapping blocks, of every second sample."""
    held = np.sort(np.lib.stride_tricks.sliding_window_view(np.abs(x), block)[::hop, ::2], axis=1)  # sorting beats selecting here
    return np.asarray(0.5 * (held[:, (held.shape[1] - 1) // 2] + held[:, held.shape[1] // 2]))


def ranked(x: Floats, share: float) -> float:
    """Value below which this share of the numbers lies, without interpolation."""
    return float(np.sort(x)[int(share * (x.size - 1) + 0.5)])


def _likeness(one: Floats, other: Floats) -> float:
    """Correlation of two shapes about zero."""
    return float(one @ other / np.sqrt((one @ one) * (other @ other) + 1e-300))


@cache
def _taper(reach: int) -> Floats:
    taper = np.hanning(2 * reach + 3)[1:-1]
    taper.setflags(write=False)
    return taper


def _returning_shape(slow: Floats, *, rate: float) -> Floats | None:
    """Tapered slow shape that returns most often among what stands out of the local activity."""
    reach = int(SHAPE_S * rate)
    noise, floor = _local_noise(slow, rate=rate)
    at = highest_peaks(np.abs(slow) / noise, int(APART_S * rate), 3.5)
    often = np.count_nonzero(noise < 2 * floor) / rate / SELDOM_S / max(1.0, at.size / SEEDS)
    if at.size < max(2.0, often):
        return None
    if at.size > SEEDS:
        at = at[np.round(np.linspace(0, at.size - 1, SEEDS)).astype(np.int64)]
    pieces = tapered_pieces(slow, at, _summit(np.abs(slow), at), _taper(reach))
    energy = np.einsum("ij,ij->i", pieces, pieces)
    both = energy[:, None] + energy
    alike = both - 2 * (pieces @ pieces.T) < 4 * floor**2 * float(_taper(reach) @ _taper(reach)) + 0.075 * both
    count = alike.sum(axis=1)
    if count.max() < max(2.0, often):
        return None
    # in small ones there is little to be unlike: what stands out more counts more
    weight = alike @ np.minimum(np.abs(slow[at]) / noise[at], 10.0)
    return np.asarray(np.median(pieces[alike[np.argmax(np.where(count >= max(2.0, often), weight, 0.0))]], axis=0))


def _train(slow: Floats, shape: Floats, *, rate: float) -> _Train | None:
    """Best train of beats of this shape."""
    reach = shape.size // 2
    taper = _taper(reach)
    size = float(shape @ shape)
    height = filtered(slow, (taper * shape)[::-1] / size)
    noise, _ = _local_noise(height, rate=rate)
    at = highest_peaks(height / noise, int(APART_S * rate), 1.0)
    between = _summit(height, at)
    pieces = tapered_pieces(slow, at, between, taper)
    # what the shape leaves unexplained is noise too, over about ten free numbers in such a window
    unexplained = np.maximum(0.0, np.einsum("ij,ij->i", pieces, pieces) / size - height[at] ** 2) / 10
    spread = np.sqrt(noise[at] ** 2 + unexplained)
    evidence = _evidence(height[at], spread)
    chosen = follow_rhythm(at, evidence, FASTEST_S * rate, TEMPO_RATIO, TEMPI, (np.log(TEMPO_RATIO) / 0.09) ** 2 / 2, 6.0, 3.0)
    strangers = _strangers(at, chosen, evidence > 3, guard=0.12 * rate)
    at, spread, evidence, pieces = at[chosen], spread[chosen], evidence[chosen], pieces[chosen]
    clear = (height[at] > 3 * spread) & (evidence > 2)
    if clear.sum() < 2:
        return None
    weights = clear / (spread**2 + 0.1**2)
    total = weights @ pieces
    others = total - weights[:, None] * pieces
    likeness = np.einsum("ij,ij->i", pieces, others) / np.sqrt((pieces**2).sum(axis=1) * (others**2).sum(axis=1) + 1e-300)
    response = height / noise
    response[: int(EDGE_S * rate)] = response[height.size - int(EDGE_S * rate) :] = 0.0  # a beat cut in two may stand there
    beside = highest_between(response, at, int(0.12 * rate))
    rival = np.maximum(beside[:-1], beside[1:]) * noise[at] / np.maximum(height[at], 1e-300)
    return _Train(
        at,
        between[chosen],
        height[at],
        noise[at],
        spread,
        clear,
        evidence,
        likeness,
        rival,
        strangers,
        _missed(at, noise),
        float((noise < 0.2).mean()),
        total / weights.sum(),
    )


def _strangers(at: Indices, chosen: Indices, alike: NDArray[np.bool_], *, guard: float) -> int:
    """How many candidates look like a beat but stand away from every beat of the train."""
    outside = alike.copy()
    outside[chosen] = False
    places = at[outside]
    after = np.clip(np.searchsorted(at[chosen], places), 1, chosen.size - 1)
    away = np.minimum(np.abs(places - at[chosen][after - 1]), np.abs(places - at[chosen][after]))
    return int((away > guard).sum())


def _missed(at: Indices, noise: Floats) -> int:
    """How many intervals are twice as long as the short ones although a beat in their middle would have stood out."""
    intervals = np.diff(at)
    wide = np.flatnonzero(intervals > 1.6 * ranked(intervals, 0.25))
    return int(np.count_nonzero(noise[at[wide] + intervals[wide] // 2] < 0.2))


def _evidence(height: Floats, spread: Floats) -> Floats:
    """Log-likelihood ratio of a beat (height about 1) against none (about 0); heavy tails: Student's t, 3 degrees of freedom."""
    beat = np.sqrt(0.2**2 + spread**2)
    ratio = 2 * np.log((1 + (height / spread) ** 2 / 3) / (1 + ((height - 1) / beat) ** 2 / 3)) - np.log(beat / spread)
    return np.asarray(np.clip(ratio, -6.0, 8.0))


def _summit(x: Floats, at: Indices) -> Floats:
    """(beat,) place of the summit of a parabola through three samples, relative to the middle one."""
    inside = np.clip(at, 1, x.size - 2)
    left, middle, right = x[inside - 1], x[inside], x[inside + 1]
    bend = left - 2 * middle + right
    return np.where((bend < 0) & (inside == at), np.clip(0.5 * (left - right) / np.where(bend < 0, bend, -1.0), -0.5, 0.5), 0.0)


def _left_over(wide: Floats, at: Floats, noise: Floats, *, rate: float) -> float:
    """Energy that the mean of the other beats leaves in a beat, beyond 1.4 times that of its surroundings, over the energy of the beat.

    About 0 for a heart. Under muscle bursts the slow band holds a small part of the power, and more than the beat's own is left. Looked at
    below about 150 Hz, where muscles have most of their power and amplifiers little.
    """
    reach = int(0.05 * rate)
    centres = np.round(at).astype(np.int64)
    if centres.size < 2:
        return np.inf
    beat, before, after = (pieces(wide, centres + shift, reach, reach) for shift in (0, -2 * reach, 2 * reach))
    weights = 1 / (noise**2 + 0.05**2)
    rest = weights.sum() - weights
    others = (weights @ beat - weights[:, None] * beat) / rest[:, None]
    shared = np.einsum("ij,ij->i", beat, others)
    own = float(np.mean(shared))
    if own <= 0:
        return np.inf
    left = beat - np.clip(shared / np.einsum("ij,ij->i", others, others), 0.5, 1.5)[:, None] * others
    energies = [np.einsum("ij,ij->i", piece, piece) for piece in (left, before, after)]
    energies[1][centres < 3 * reach] = np.inf  # no surroundings on this side
    energies[2][centres >= wide.size - 3 * reach] = np.inf
    low, high = np.minimum(energies[1], energies[2]), np.maximum(energies[1], energies[2])
    around = np.where(high < 2.5 * low, 0.5 * (low + high), low)  # a burst may begin on one side
    of_others = (np.sum(weights**2 * noise**2) - weights**2 * noise**2) / (rest * noise) ** 2  # noise of their mean over the beat's own
    return ranked(energies[0] / (1 + of_others) - 1.4 * around, 0.4) / own


def _believable(train: _Train, best: Indices, *, left: float, seconds: float, rate: float) -> bool:
    """Is this a heart? The limits lie between simulated hearts and simulated muscles (`tests/test_ecg.py` measures both)."""
    n = int(train.clear.sum())
    interval_s = float(np.median(np.diff(train.at))) / rate
    covered = n * interval_s / max(train.quiet * seconds, 1e-9)
    if covered < 0.5 or not -1.0 < left < np.inf:
        return False
    calm = float(np.median(train.calm[best]))
    # likeness falls with the noise, too, by about half of its ten free numbers: what that explains is no doubt
    unlike = max(0.0, 1.0 - float(np.median(train.likeness[best])) - 4 * calm**2)
    rival = min(0.8, float(np.median(train.rival[best])))
    doubt = 15 * unlike + 5 * max(0.0, left) + 0.5 * rival + 0.5 * (train.strangers + train.missed) / n
    # a beat in the noise looks like any noise; only many of them together, or a few without any doubt, are believed
    faint = 0.16 if n >= 30 else 0.15 if doubt < 0.3 else 0.125
    if calm > faint or (covered < 0.65 and calm > 0.06 and doubt >= 0.2):
        return False
    if n == 2:
        return doubt < 0.2 or (doubt < 0.3 and calm < 0.1)
    uneven = float(np.median(np.abs(train.height[train.clear] - 1)))
    return doubt < 0.5 and uneven < (0.4 if n >= 4 and doubt < 0.4 else 0.25) and float(train.evidence[train.clear].sum()) >= 12


def _with_cut_beats(found: Beats, wide: Floats, at: Floats, best: Indices, *, rate: float, first_s: float) -> Beats:
    """The same with a beat that an end of the record cuts in two, where the rhythm foretells one and its visible part is there.

    Args:
        wide: the channel at ``rate``, its first sample at ``first_s``; the beats stand at its samples ``at``, the clearest are ``best``.
    """
    reach = int(EDGE_S * rate)
    clearest = pieces(wide, np.round(at[best]).astype(np.int64), 2 * reach, 2 * reach)
    weights = 1 / (found.noise[best] ** 2 + 0.05**2)
    shape = weights @ clearest / weights.sum()
    calm = float(np.median(found.noise[best]))
    interval = float(np.median(np.diff(at)))
    at_s, noise, clear = found.at_s, found.noise, found.clear
    # what the train says of a beat that is cut is less exact
    whole = np.union1d(best, np.flatnonzero((at >= reach) & (at <= wide.size - 1 - reach)))
    before = _cut_beat(wide[: 3 * reach][::-1], shape[::-1], at[whole[0]], interval)
    after = _cut_beat(wide[-3 * reach :], shape, wide.size - 1 - at[whole[-1]], interval)
    if before is not None:
        kept = slice(whole[0], None)
        at_s, noise, clear = (np.r_[x, y[kept]] for x, y in ((first_s - before / rate, at_s), (calm, noise), (False, clear)))
    if after is not None:
        kept = slice(None, at_s.size - (at.size - 1 - whole[-1]))
        at_s, noise, clear = (
            np.r_[y[kept], x] for x, y in ((first_s + (wide.size - 1 + after) / rate, at_s), (calm, noise), (False, clear))
        )
    return Beats(at_s, noise, clear)


def _cut_beat(end: Floats, shape: Floats, since: float, interval: float) -> float | None:
    """Where a beat stands that is cut by the record's end, in samples behind the last one (before it: negative), or None.

    Args:
        end: last samples of the channel.
        shape: beat, its middle in the middle.
        since: samples between the last beat and the last sample.
        interval: usual samples between beats.
    """
    reach = shape.size // 4
    behind = np.arange(-reach, reach // 2 + 1)  # where its middle may be
    late = (since + behind) / interval - 1
    if not np.any(np.abs(late) < 0.25):
        return None
    window = 2 * reach
    seen = end[-window:]
    away = np.arange(-window + 1, 1) - behind[:, None]  # of each sample in the window from the middle of the beat
    beats = np.where(np.abs(away) <= 2 * reach, shape[np.clip(away + 2 * reach, 0, shape.size - 1)], 0.0)
    beats = beats - beats.mean(axis=1, keepdims=True)
    seen = seen - seen.mean()
    none = float(seen @ seen)
    size = np.einsum("ij,ij->i", beats, beats)
    height = np.clip(beats @ seen / size, 0.7, 1.4)
    left = none - 2 * height * (beats @ seen) + height**2 * size
    # the ends of a window of white noise: so many samples carry the logarithm of what is left
    gain = 0.25 * window * np.log(none / np.maximum(left, 1e-12 * none)) - 0.5 * (late / 0.1) ** 2
    gain[np.abs(late) >= 0.25] = -1e3
    top = int(np.argmax(gain))
    if left[top] > 0.35 * none or gain[top] < 6.0:
        return None
    return float(behind[top] + _summit(gain, np.array([top]))[0])


def pieces(x: Floats, centres: Indices, before: int, after: int) -> Floats:
    """(beat, before + 1 + after) samples around each beat, each piece about its own mean; the ends go on as the outermost samples."""
    pieces = x[np.clip(centres[:, None] + np.arange(-before, after + 1), 0, x.size - 1)]
    return np.asarray(pieces - pieces.mean(axis=1, keepdims=True))
