"""The heart in an EMG channel: find its beats, take them away, and leave everything else alone.

A train of beats is believed when the same slow shape (8-40 Hz) returns, hardly anything else of its kind stands between, it fills the
quiet part of the record, and the channel at a beat holds nothing but that shape: under a muscle burst there is always more. Rhythm links
the beats through bursts that drown them. Template subtraction with a high-pass after it is one of the two best recipes for trunk muscles
(Drake and Callaghan 2006, abstract); the shape test, the rhythm and the fit per beat are our own, and simulations judge them.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hipspine.errors import SignalError
from hipspine.signals.conditioning_kernels import (
    Indices,
    best_shifts,
    block_medians,
    drawn_out,
    follow_rhythm,
    highest_between,
    highest_peaks,
    mean_pieces,
    take_away,
    thin_out,
)
from hipspine.terms import Floats

SHORTEST_RECORD_S = 2.0
SLOW_HZ, WIDE_HZ = 250.0, 500.0  # beats are looked for, and looked at, at about these rates
APART_S = 0.06  # two candidates are never closer
SHAPE_S = 0.10  # a beat is compared over this time to either side
EDGE_S = 0.06  # a beat nearer to an end of the record cannot be compared
CORE_S = 0.06  # the QRS complex lies within this time to either side
BEFORE_S, AFTER_S = 0.25, 0.45  # P and T waves lie within these
SEEDS = 160  # candidates compared with one another to find the shape
TEMPI, FASTEST_S, TEMPO_RATIO = 25, 0.34, 1.065  # intervals from 0.34 s (176 a minute) to 1.54 s (39 a minute)
GAIN_SD, STRETCH_SD = 0.15, 0.05  # how much beats differ from their neighbours in height and in width
SHIFT_SD_S = 0.001


@dataclass(frozen=True, slots=True, eq=False)
class Beats:
    """Heart beats of one channel."""

    at_s: Floats  # (beat,) middle of the QRS complex [s from the first sample]
    noise: Floats  # (beat,) SD of what else the channel holds there, over the height of the beat
    clear: NDArray[np.bool_]  # (beat,) the beat itself was seen; the others follow from the rhythm

    @property
    def rate_hz(self) -> float:
        """Beats per second (median interval)."""
        return float(1.0 / np.median(np.diff(self.at_s)))


@dataclass(frozen=True, slots=True, eq=False)
class EcgRemoval:
    """A channel without the heart, and what was taken away."""

    cleaned: Floats  # (n,) the very input where no train of beats was found
    beats_s: Floats  # (beat,) [s from the first sample]
    share: float  # power taken away over all power of the channel, 0 where nothing was
    template: Floats  # (sample,) mean beat at the channel's rate, in its unit; empty where there is none


def remove_ecg(emg: Floats, *, rate_hz: float) -> EcgRemoval:
    """The channel without its heart beats; the very same array where no believable train of beats is found.

    Each beat is fitted by the mean of its neighbours (up to about a minute), with its own height, width and shift; inside bursts these
    are drawn towards the neighbours' values, so that no muscle is subtracted. P and T waves go as far as they stand out of the noise.

    Args:
        emg: (n,) raw channel in any unit, offset allowed.

    Raises:
        SignalError: the channel is not one row of finite numbers, or the rate is below 250 Hz.

    >>> quiet = np.random.default_rng(0).normal(size=8000)
    >>> remove_ecg(quiet, rate_hz=2000.0).cleaned is quiet
    True
    """
    beats = find_beats(emg, rate_hz=rate_hz)
    if beats is None:
        return EcgRemoval(emg, np.empty(0), 0.0, np.empty(0))
    cleaned = emg.copy()
    energy = 0.0
    template = np.empty(0)
    for mine, near in _neighbourhoods(beats.at_s.size):
        shapes, core, first, gains = _fit(emg, beats, mine, near, rate_hz=rate_hz)
        energy += take_away(cleaned, first, shapes, gains, core.start, core.stop)
        template = shapes[0] if template.size == 0 else template
    power = float(emg @ emg) - emg.size * float(emg.mean()) ** 2
    return EcgRemoval(cleaned, beats.at_s, min(1.0, energy / power), template)


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
    centres = (train.at + 1) * step - 1
    at_s = (centres + step * train.between) / rate_hz
    best = np.flatnonzero(train.clear & (at_s >= EDGE_S) & (at_s <= emg.size / rate_hz - EDGE_S))
    best = np.sort(best[np.argsort(train.noise[best], kind="stable")[: max(2, (best.size + 1) // 2)]])
    if not _believable(
        train,
        best,
        left=_left_over(wide, centres[best] + step * train.between[best], step=wide_step, rate_hz=rate_hz),
        seconds=slow.size / rate,
        rate=rate,
    ):
        return None
    return Beats(at_s, train.noise, train.clear)


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
    quiet: float  # share of the record in which a beat would surely stand out
    shape: Floats  # (2 reach + 1,) mean clear beat, tapered


def _slow_band(slow: Floats, *, rate: float) -> Floats:
    """About 8-40 Hz, without delay: the difference of two Gaussian means (SD 4.5 and 16 ms)."""
    away_s = np.arange(-int(0.06 * rate), int(0.06 * rate) + 1) / rate
    narrow, wide = (np.exp(-0.5 * (away_s / sd_s) ** 2) for sd_s in (0.0045, 0.016))
    return _filtered(slow, narrow / narrow.sum() - wide / wide.sum())


def _filtered(x: Floats, weights: Floats) -> Floats:
    """Centred moving sum; the ends go on as the outermost samples."""
    half = weights.size // 2
    return np.convolve(np.concatenate((np.full(half, x[0]), x, np.full(half, x[-1]))), weights, mode="valid")


def _local_noise(x: Floats, *, rate: float) -> tuple[Floats, float]:
    """(n,) SD around each sample from medians over 0.4 s, which short beats do not move; and the level of the quietest third."""
    block = int(0.4 * rate)
    hop = block // 2
    level = np.maximum(block_medians(x, block, hop) / 0.6745, 0.02 * np.sqrt(x @ x / x.size))
    return drawn_out(level, (block - 1) / 2, hop, x.size), _ranked(level, 0.3)


def _ranked(x: Floats, share: float) -> float:
    """Value below which this share of the numbers lies, without interpolation."""
    return float(np.sort(x)[int(share * (x.size - 1) + 0.5)])


def _likeness(one: Floats, other: Floats) -> float:
    """Correlation of two shapes about zero."""
    return float(one @ other / np.sqrt((one @ one) * (other @ other) + 1e-300))


def _taper(reach: int) -> Floats:
    return np.hanning(2 * reach + 3)[1:-1]


def _windows(x: Floats, at: Indices, reach: int, *, between: Floats | None = None) -> Floats:
    """(centre, 2 reach + 1) tapered pieces of ``x`` around ``at + between``; zeros beyond its ends. Between samples: a cubic."""
    padded = np.concatenate((np.zeros(reach + 2), x, np.zeros(reach + 2)))
    pieces = padded[at[:, None] + np.arange(2 * reach + 5)]
    if between is not None:
        at0 = between[:, None]
        cubic = (-at0 * (at0 - 1) * (at0 - 2) / 6, (at0 + 1) * (at0 - 1) * (at0 - 2) / 2, -(at0 + 1) * at0 * (at0 - 2) / 2)
        last = (at0 + 1) * at0 * (at0 - 1) / 6
        pieces = cubic[0] * pieces[:, :-3] + cubic[1] * pieces[:, 1:-2] + cubic[2] * pieces[:, 2:-1] + last * pieces[:, 3:]
        return np.asarray(pieces[:, 1:] * _taper(reach))
    return np.asarray(pieces[:, 2:-2] * _taper(reach))


def _returning_shape(slow: Floats, *, rate: float) -> Floats | None:
    """Tapered slow shape that returns most often among what stands out of the local activity."""
    reach = int(SHAPE_S * rate)
    noise, floor = _local_noise(slow, rate=rate)
    at = highest_peaks(np.abs(slow) / noise, int(APART_S * rate), 3.5)
    if at.size > SEEDS:
        at = at[np.round(np.linspace(0, at.size - 1, SEEDS)).astype(np.int64)]
    pieces = _windows(slow, at, reach)
    energy = np.einsum("ij,ij->i", pieces, pieces)
    both = energy[:, None] + energy
    alike = both - 2 * (pieces @ pieces.T) < 4 * floor**2 * float(_taper(reach) @ _taper(reach)) + 0.075 * both
    count = alike.sum(axis=1)
    if at.size < 2 or count.max() < 2:
        return None
    return np.asarray(np.median(pieces[alike[np.lexsort((energy, count))[-1]]], axis=0))


def _train(slow: Floats, shape: Floats, *, rate: float) -> _Train | None:
    """Best train of beats of this shape."""
    reach = shape.size // 2
    taper = _taper(reach)
    size = float(shape @ shape)
    height = _filtered(slow, (taper * shape)[::-1] / size)
    noise, _ = _local_noise(height, rate=rate)
    at = highest_peaks(height / noise, int(APART_S * rate), 1.0)
    between = _summit(height, at)
    pieces = _windows(slow, at, reach, between=between)
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
    beside = highest_between(height / noise, at, int(0.12 * rate))
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


def _left_over(wide: Floats, at: Floats, *, step: int, rate_hz: float) -> float:
    """Energy that the mean of the other beats leaves in a beat, beyond 1.4 times that of its surroundings, over the energy of the beat.

    About 0 for a heart. Under muscle bursts the slow band holds a small part of the power, and more than the beat's own is left. Looked at
    below about 150 Hz, where muscles have most of their power and amplifiers little.
    """
    reach = int(0.05 * rate_hz / step)
    centres = np.round((at + 1) / step).astype(np.int64) - 1
    n = centres.size
    if n < 2:
        return np.inf
    beat, before, after = (_pieces(wide, centres + shift, reach, reach) for shift in (0, -2 * reach, 2 * reach))
    others = (beat.sum(axis=0) - beat) / (n - 1)
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
    return _ranked(energies[0] / (1 + 1 / (n - 1)) - 1.4 * around, 0.4) / own


def _believable(train: _Train, best: Indices, *, left: float, seconds: float, rate: float) -> bool:
    """Is this a heart? The limits lie between simulated hearts and simulated muscles (`tests/test_ecg.py` measures both)."""
    n = int(train.clear.sum())
    interval_s = float(np.median(np.diff(train.at))) / rate
    covered = n * interval_s / max(train.quiet * seconds, 1e-9)
    if covered < 0.5 or not -1.0 < left < np.inf:
        return False
    # a beat in the noise looks like any noise; only many of them together are believed
    calm = float(np.median(train.calm[best]))
    if calm > (0.125 if n < 30 else 0.16) or (covered < 0.65 and calm > 0.06):
        return False
    # likeness falls with the noise, too: what that explains is no doubt
    unlike = max(0.0, 1.0 - float(np.median(train.likeness[best])) - 2 * calm**2)
    rival = min(0.8, float(np.median(train.rival[best])))
    doubt = 15 * unlike + 6 * max(0.0, left) + 0.5 * rival + 0.5 * train.strangers / n
    if n == 2:
        return doubt < 0.3 and calm < 0.1
    uneven = float(np.median(np.abs(train.height[train.clear] - 1)))
    return doubt < 0.5 and uneven < 0.25 and float(train.evidence[train.clear].sum()) >= 12


def _neighbourhoods(beats: int) -> list[tuple[slice, slice]]:
    """Which beats are cleaned together, and the wider circle that gives their template: shapes drift over minutes."""
    if beats <= 96:
        return [(slice(0, beats), slice(0, beats))]
    edges = np.linspace(0, beats, round(beats / 48) + 1).astype(int)
    return [(slice(a, b), slice(max(0, a - 16), min(beats, b + 16))) for a, b in pairwise(edges.tolist())]


def _fit(emg: Floats, beats: Beats, mine: slice, near: slice, *, rate_hz: float) -> tuple[Floats, slice, Indices, Floats]:
    """Shapes (kind, sample) with their core, first sample of each of my beats, and gains (beat, kind) that rebuild the heart.

    The kinds are the mean beat, its slope (a shift) and its slope times time (a stretch).
    """
    core = int(CORE_S * rate_hz)
    centres = np.round(beats.at_s[near] * rate_hz).astype(np.int64)
    clear = beats.clear[near]
    weights = clear / (beats.noise[near] ** 2 + 0.05**2)
    inside = (centres >= core) & (centres < emg.size - core)
    if np.any(inside & clear):
        weights = weights * inside
    shape = _sloped_out(_joined(mean_pieces(emg, centres, weights, core, core), weights))
    centres = centres + np.where(clear, best_shifts(emg, centres, shape, round(0.002 * rate_hz)), 0)
    before, after = _reach(beats.at_s, rate_hz=rate_hz)
    away_s = np.arange(-before, after + 1) / rate_hz
    beat = _template(mean_pieces(emg, centres, weights, before, after), weights, away_s, rate_hz=rate_hz)
    inner = slice(max(0, before - 2 * core), before + 2 * core + 1)
    slope = np.zeros_like(beat)
    slope[inner] = -np.gradient(beat[inner]) * rate_hz * np.clip(2.0 - np.abs(away_s[inner]) / CORE_S, 0.0, 1.0)
    shapes = np.stack((beat, slope, away_s * slope))
    gains = _gains(emg, centres, shapes[:, before - core : before + core + 1], beats.noise[near], clear)
    own = slice(mine.start - near.start, mine.stop - near.start)
    return shapes, inner, centres[own] - before, gains[own]


def _joined(halves: Floats, weights: Floats) -> Floats:
    """Mean of all from the means of every second."""
    share = weights[::2].sum() / weights.sum()
    return np.asarray(share * halves[0] + (1 - share) * halves[1])


def _reach(at_s: Floats, *, rate_hz: float) -> tuple[int, int]:
    """Samples before and after a beat that belong to it: neighbours never overlap by much."""
    share = min(1.0, 0.95 * _ranked(np.diff(at_s), 0.1) / (BEFORE_S + AFTER_S))
    return max(int(BEFORE_S * share * rate_hz), int(0.13 * rate_hz)), max(int(AFTER_S * share * rate_hz), int(0.13 * rate_hz))


def _pieces(x: Floats, centres: Indices, before: int, after: int) -> Floats:
    """(beat, before + 1 + after) samples around each beat, each piece about its own mean; the ends go on as the outermost samples."""
    pieces = x[np.clip(centres[:, None] + np.arange(-before, after + 1), 0, x.size - 1)]
    return np.asarray(pieces - pieces.mean(axis=1, keepdims=True))


def _sloped_out(x: Floats) -> Floats:
    """Without its straight line, tapered: what is fitted does not follow an offset."""
    line = np.linspace(-1.0, 1.0, x.size)
    return np.asarray((x - x.mean() - line * (x @ line) / (line @ line)) * np.minimum(1.0, 5.0 * (1.0 - np.abs(line))))


def _template(halves: Floats, weights: Floats, away_s: Floats, *, rate_hz: float) -> Floats:
    """(sample,) mean beat: fine detail in its core, smoother P and T waves as far as two halves of the beats agree on them."""
    in_core = np.clip(1.5 - 0.5 * np.abs(away_s) / CORE_S, 0.0, 1.0)
    edge = np.clip(np.minimum(away_s - away_s[0], away_s[-1] - away_s) / 0.04, 0.0, 1.0)
    total = _joined(halves, weights)
    base = 0.5 * (total[: int(0.02 * rate_hz)].mean() + total[-int(0.02 * rate_hz) :].mean())
    one, other = (_smoothed(half - half.mean(), 0.008 * rate_hz) for half in halves)
    waves = _smoothed(total - base, 0.008 * rate_hz)
    for side in (slice(0, int(np.searchsorted(away_s, 0.0))), slice(int(np.searchsorted(away_s, 0.0)), away_s.size)):
        outer = 1 - in_core[side]
        agree = float((one[side] * outer) @ (other[side] * outer)) / max(float((waves[side] * outer) @ (waves[side] * outer)), 1e-300)
        waves[side] *= min(1.0, max(0.0, agree))
    return np.asarray((in_core * _smoothed(total - base, 0.001 * rate_hz) + (1 - in_core) * waves) * edge)


def _smoothed(x: Floats, sd: float) -> Floats:
    """Gaussian mean with this standard deviation [samples]."""
    away = np.arange(-int(3 * sd) - 1, int(3 * sd) + 2)
    weights = np.exp(-0.5 * (away / sd) ** 2)
    return _filtered(x, weights / weights.sum())


def _gains(emg: Floats, centres: Indices, shapes: Floats, noise: Floats, clear: NDArray[np.bool_]) -> Floats:
    """(beat, kind) height, shift [s] and stretch of each beat: the data where the channel is quiet, the neighbours where it is not."""
    core = shapes.shape[1] // 2
    basis = np.stack([_sloped_out(shape) for shape in shapes])
    where = centres[:, None] + np.arange(-core, core + 1)
    seen = (where >= 0) & (where < emg.size)
    pieces = np.where(seen, emg[np.clip(where, 0, emg.size - 1)], 0.0)
    pieces = pieces - (pieces.sum(axis=1) / np.maximum(1, seen.sum(axis=1)))[:, None] * seen
    gram = np.repeat((basis @ shapes.T)[None], centres.size, axis=0)
    for beat in np.flatnonzero(~seen.all(axis=1)):  # cut off by an end of the record
        gram[beat] = (basis * seen[beat]) @ shapes.T
    gram = 0.5 * (gram + gram.transpose(0, 2, 1))
    moment = pieces @ basis.T
    size = float(basis[0] @ shapes[0])
    plain = moment[:, 0] / np.maximum(gram[:, 0, 0], 1e-3 * size)
    trust = clear / (noise**2 + GAIN_SD**2)
    reach = np.abs(np.arange(centres.size)[:, None] - np.arange(centres.size)) <= 5
    expected = (reach @ (trust * np.clip(plain, 0.3, 2.0)) + 1e-3) / (reach @ trust + 1e-3)
    prior = np.diag([1 / GAIN_SD**2, 1 / SHIFT_SD_S**2, 1 / STRETCH_SD**2])
    wanted = np.zeros((centres.size, 3))
    wanted[:, 0] = expected
    exact = 1 / (noise**2 * size)
    left = gram * exact[:, None, None] + prior
    right = moment * exact[:, None] + wanted @ prior
    return np.asarray(np.linalg.solve(left, right[:, :, None])[:, :, 0])
