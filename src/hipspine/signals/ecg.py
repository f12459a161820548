"""The heart in an EMG channel: find its beats, take them away, and leave everything else alone.

A train of beats is believed when the same slow shape (8-40 Hz) returns, hardly anything else of its kind stands between, it fills the quiet
part of the record, and the channel at a beat holds nothing but that shape: under a muscle burst there is always more. Rhythm links the beats
through bursts that drown them. Template subtraction with a high-pass after it is one of the two best recipes for trunk muscles (Drake and
Callaghan 2006); the shape test, the rhythm and the fit per beat are our own, and simulations judge them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hipspine.errors import SignalError
from hipspine.signals.conditioning_kernels import (
    Indices,
    best_shifts,
    block_medians,
    follow_rhythm,
    highest_between,
    highest_peaks,
    take_away,
    thin_out,
)
from hipspine.terms import Floats

SHORTEST_RECORD_S = 2.0
SLOW_HZ = 250.0                 # beats are looked for at about this rate
APART_S = 0.06                  # two candidates are never closer
SHAPE_S = 0.10                  # a beat is compared over this time to either side
CORE_S = 0.06                   # the QRS complex lies within this time to either side
BEFORE_S, AFTER_S = 0.25, 0.45  # P and T waves lie within these
SEEDS = 240                     # candidates compared with one another to find the shape
TEMPI, FASTEST_S, TEMPO_RATIO = 25, 0.34, 1.065   # intervals from 0.34 s (176 a minute) to 1.54 s (39 a minute)
GAIN_SD, STRETCH_SD = 0.15, 0.05                  # how much beats differ from their neighbours in height and in width
SHIFT_SD_S = 0.001


@dataclass(frozen=True, slots=True, eq=False)
class Beats:
    """Heart beats of one channel."""

    at_s: Floats                            # (beat,) middle of the QRS complex [s from the first sample]
    noise: Floats                           # (beat,) SD of what else the channel holds there, over the height of the beat
    clear: NDArray[np.bool_]                # (beat,) the beat itself was seen; the others follow from the rhythm

    @property
    def rate_hz(self) -> float:
        """Beats per second (median interval)."""
        return float(1.0 / np.median(np.diff(self.at_s)))


@dataclass(frozen=True, slots=True, eq=False)
class EcgRemoval:
    """A channel without the heart, and what was taken away."""

    cleaned: Floats                         # (n,) the very input where no train of beats was found
    beats_s: Floats                         # (beat,) [s from the first sample]
    share: float                            # power taken away over all power of the channel, 0 where nothing was
    template: Floats                        # (sample,) mean beat at the channel's rate, in its unit; empty where there is none


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
        shapes, first, gains = _fit(emg, beats, mine, near, rate_hz=rate_hz)
        energy += take_away(cleaned, first, shapes, gains)
        template = shapes[0] if template.size == 0 else template
    power = float(emg @ emg) - emg.size * float(emg.mean()) ** 2
    return EcgRemoval(cleaned, beats.at_s, min(1.0, energy / power), template)


def find_beats(emg: Floats, *, rate_hz: float) -> Beats | None:
    """Heart beats of one channel, or None where no train of beats can be believed.

    Needs at least 2 s and two beats outside bursts (three unless they are very clear); 40 to 170 beats a minute. Gain, polarity and offset do not matter.

    Raises:
        SignalError: the channel is not one row of finite numbers, or the rate is below 250 Hz.
    """
    if emg.ndim != 1 or not np.isfinite(emg @ emg):
        raise SignalError(f"heart beats are looked for in one channel of finite samples; found shape {emg.shape} or gaps; cut the gaps out first")
    if not rate_hz >= SLOW_HZ:
        raise SignalError(f"rate_hz is {rate_hz}; heart beats need at least {SLOW_HZ:g} Hz")
    if emg.size < SHORTEST_RECORD_S * rate_hz:
        return None
    step = max(1, round(rate_hz / SLOW_HZ))
    rate = rate_hz / step
    slow = _slow_band(thin_out(emg, step), rate=rate)
    if not slow.any():
        return None
    shape = _returning_shape(slow, rate=rate)
    for _ in range(2):
        train = None if shape is None else _train(slow, shape, rate=rate)
        if train is None:
            return None
        shape = train.shape
    assert train is not None
    centres = (train.at + 1) * step - 1
    if not _believable(train, left=_left_over(emg, centres[train.clear], rate_hz=rate_hz), seconds=slow.size / rate, rate=rate):
        return None
    return Beats((centres + step * train.between) / rate_hz, train.noise, train.clear)


@dataclass(frozen=True, slots=True, eq=False)
class _Train:
    """A candidate train at the slow rate."""

    at: Indices                             # (beat,)
    between: Floats                         # (beat,) true peak beside ``at`` [slow samples]
    height: Floats                          # (beat,) in units of the shape
    noise: Floats                           # (beat,) SD of the height
    clear: NDArray[np.bool_]                # (beat,)
    evidence: Floats                        # (beat,) log-likelihood ratio, beat against none
    likeness: Floats                        # (clear beat,) correlation with the mean of the others
    rival: Floats                           # (beat,) strongest response beside the beat, over the local noise, against the beat's own
    quiet: float                            # share of the record in which a beat would stand out
    shape: Floats                           # (2 reach + 1,) mean clear beat, tapered


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
    return np.interp(np.arange(x.size), np.arange(level.size) * hop + (block - 1) / 2, level), float(np.quantile(level, 0.3))


def _taper(reach: int) -> Floats:
    return np.hanning(2 * reach + 3)[1:-1]


def _windows(x: Floats, at: Indices, reach: int) -> Floats:
    """(centre, 2 reach + 1) tapered pieces of ``x``; zeros beyond its ends."""
    padded = np.concatenate((np.zeros(reach), x, np.zeros(reach)))
    return np.asarray(padded[at[:, None] + np.arange(2 * reach + 1)] * _taper(reach))


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
    at = highest_peaks(height / noise, int(APART_S * rate), 0.5)
    pieces = _windows(slow, at, reach)
    # what the shape leaves unexplained is noise too, over about ten free numbers in such a window
    unexplained = np.maximum(0.0, np.einsum("ij,ij->i", pieces, pieces) / size - height[at] ** 2) / 10
    spread = np.sqrt(noise[at] ** 2 + unexplained)
    evidence = _evidence(height[at], spread)
    chosen = follow_rhythm(at, evidence, FASTEST_S * rate, TEMPO_RATIO, TEMPI, (np.log(TEMPO_RATIO) / 0.09) ** 2 / 2, 6.0, 3.0)
    at, spread, evidence, pieces = at[chosen], spread[chosen], evidence[chosen], pieces[chosen]
    clear = (height[at] > 3 * spread) & (evidence > 2)
    if clear.sum() < 2:
        return None
    weights = 1 / (spread[clear] ** 2 + 0.1**2)
    total = weights @ pieces[clear]
    others = total - weights[:, None] * pieces[clear]
    likeness = np.einsum("ij,ij->i", pieces[clear], others) / np.sqrt((pieces[clear] ** 2).sum(axis=1) * (others**2).sum(axis=1))
    beside = highest_between(height / noise, at, int(0.12 * rate))
    rival = np.maximum(beside[:-1], beside[1:]) * noise[at] / np.maximum(height[at], 1e-300)
    return _Train(
        at, _summit(height, at), height[at], spread, clear, evidence, likeness, rival, float((noise < 1 / 3).mean()), total / weights.sum()
    )


def _evidence(height: Floats, spread: Floats) -> Floats:
    """Log-likelihood ratio of a beat (height about 1) against none (about 0), with the heavy tails of Student's t with 3 degrees of freedom."""
    beat = np.sqrt(0.2**2 + spread**2)
    ratio = 2 * np.log((1 + (height / spread) ** 2 / 3) / (1 + ((height - 1) / beat) ** 2 / 3)) - np.log(beat / spread)
    return np.clip(ratio, -6.0, 8.0)


def _summit(x: Floats, at: Indices) -> Floats:
    """(beat,) place of the summit of a parabola through three samples, relative to the middle one."""
    inside = np.clip(at, 1, x.size - 2)
    left, middle, right = x[inside - 1], x[inside], x[inside + 1]
    bend = left - 2 * middle + right
    return np.where((bend < 0) & (inside == at), np.clip(0.5 * (left - right) / np.where(bend < 0, bend, -1.0), -0.5, 0.5), 0.0)


def _left_over(emg: Floats, centres: Indices, *, rate_hz: float) -> float:
    """Energy that the mean of the other beats leaves in a beat, beyond that of its surroundings, over the energy of the beat.

    About 0 for a heart. Under muscle bursts the slow band holds a small part of the power, and far more than 1 is left.
    """
    reach = int(0.05 * rate_hz)
    centres = centres[(centres > 3 * reach) & (centres < emg.size - 3 * reach - 1)]
    n = centres.size
    if n < 2:
        return np.inf
    pieces = [emg[centres[:, None] + np.arange(-reach, reach + 1) + shift] for shift in (0, -2 * reach, 2 * reach)]
    beat, before, after = (piece - piece.mean(axis=1, keepdims=True) for piece in pieces)
    others = (beat.sum(axis=0) - beat) / (n - 1)
    shared = np.einsum("ij,ij->i", beat, others)
    own = np.median(shared)
    if own <= 0:
        return np.inf
    gain = np.clip(shared / np.einsum("ij,ij->i", others, others), 0.5, 1.5)
    left = beat - gain[:, None] * others
    around = np.minimum(np.einsum("ij,ij->i", before, before), np.einsum("ij,ij->i", after, after))
    return float(np.quantile(np.einsum("ij,ij->i", left, left) - around * (1 + 1 / (n - 1)), 0.4) / own)


def _believable(train: _Train, *, left: float, seconds: float, rate: float) -> bool:
    """Is this a heart? The limits lie where simulated hearts and simulated muscles part (docs: conditioning)."""
    n = int(train.clear.sum())
    interval_s = float(np.median(np.diff(train.at))) / rate
    covered = n * interval_s / max(train.quiet * seconds, 1e-9)
    likeness, rival = float(np.median(train.likeness)), float(np.median(train.rival[train.clear]))
    if covered < 0.5 or not -1.5 < left:
        return False
    if n == 2:
        return likeness >= 0.98 and rival <= 0.25 and left <= 0.05 and bool(np.median(train.noise[train.clear]) <= 0.1)
    spread = float(np.median(np.abs(train.height[train.clear] - 1)))
    return likeness >= 0.88 and rival <= 0.67 and left <= 0.25 and spread < 0.3 and float(train.evidence[train.clear].sum()) >= 12


def _neighbourhoods(beats: int) -> list[tuple[slice, slice]]:
    """Which beats are cleaned together, and the wider circle that gives their template: shapes drift over minutes."""
    if beats <= 96:
        return [(slice(0, beats), slice(0, beats))]
    edges = np.linspace(0, beats, round(beats / 48) + 1).astype(int)
    return [(slice(a, b), slice(max(0, a - 16), min(beats, b + 16))) for a, b in zip(edges[:-1], edges[1:], strict=True)]


def _fit(emg: Floats, beats: Beats, mine: slice, near: slice, *, rate_hz: float) -> tuple[Floats, Indices, Floats]:
    """Shapes (kind, sample), first sample of each of my beats, and gains (beat, kind) that rebuild the heart.

    The kinds are the mean beat, its slope (a shift) and its slope times time (a stretch).
    """
    core = int(CORE_S * rate_hz)
    centres = np.round(beats.at_s[near] * rate_hz).astype(np.int64)
    clear = beats.clear[near]
    weights = clear / (beats.noise[near] ** 2 + 0.05**2)
    inside = (centres >= core) & (centres < emg.size - core)
    if np.any(inside & clear):
        weights = weights * inside
    mean = _mean_piece(emg, centres, weights, core, core)
    shifts = best_shifts(emg, centres, _sloped_out(mean), round(0.004 * rate_hz))
    centres = centres + np.where(clear, shifts, 0)
    before, after = _reach(beats.at_s, rate_hz=rate_hz)
    beat = _template(emg, centres, weights, before, after, core, rate_hz=rate_hz)
    away_s = np.arange(-before, after + 1) / rate_hz
    near_core = np.clip(2.0 - np.abs(away_s) / CORE_S, 0.0, 1.0)
    slope = -np.gradient(beat) * rate_hz * near_core
    shapes = np.stack((beat, slope, away_s * slope))
    gains = _gains(emg, centres, shapes[:, before - core : before + core + 1], beats.noise[near], clear)
    own = slice(mine.start - near.start, mine.stop - near.start)
    return shapes, centres[own] - before, gains[own]


def _reach(at_s: Floats, *, rate_hz: float) -> tuple[int, int]:
    """Samples before and after a beat that belong to it: neighbours never overlap by much."""
    interval_s = float(np.quantile(np.diff(at_s), 0.1))
    share = min(1.0, 0.95 * interval_s / (BEFORE_S + AFTER_S))
    return max(int(BEFORE_S * share * rate_hz), int(0.13 * rate_hz)), max(int(AFTER_S * share * rate_hz), int(0.13 * rate_hz))


def _pieces(emg: Floats, centres: Indices, before: int, after: int) -> Floats:
    """(beat, before + 1 + after) samples around each beat, each piece about its own mean; the ends go on as the outermost samples."""
    pieces = emg[np.clip(centres[:, None] + np.arange(-before, after + 1), 0, emg.size - 1)]
    return np.asarray(pieces - pieces.mean(axis=1, keepdims=True))


def _mean_piece(emg: Floats, centres: Indices, weights: Floats, before: int, after: int) -> Floats:
    return np.asarray(weights @ _pieces(emg, centres, before, after) / weights.sum())


def _sloped_out(x: Floats) -> Floats:
    """Without its straight line, tapered: what is fitted does not follow an offset."""
    line = np.linspace(-1.0, 1.0, x.size)
    return np.asarray((x - x.mean() - line * (x @ line) / (line @ line)) * np.minimum(1.0, 5.0 * (1.0 - np.abs(line))))


def _template(emg: Floats, centres: Indices, weights: Floats, before: int, after: int, core: int, *, rate_hz: float) -> Floats:
    """(before + 1 + after,) mean beat: fine detail in its core, smoother P and T waves as far as two halves of the beats agree on them."""
    used = weights > 0
    pieces = _pieces(emg, centres[used], before, after)
    weights = weights[used]
    halves = [weights[k::2] @ pieces[k::2] / weights[k::2].sum() for k in (0, 1)]
    total = weights @ pieces / weights.sum()
    away_s = np.arange(-before, after + 1) / rate_hz
    in_core = np.clip(1.5 - 0.5 * np.abs(away_s) * rate_hz / core * 1.0, 0.0, 1.0)
    edge = np.minimum(1.0, np.minimum(away_s - away_s[0], away_s[-1] - away_s) / 0.04)
    smooth = _smoothed(total, 0.008 * rate_hz)
    waves = [_smoothed(half, 0.008 * rate_hz) * (1 - in_core) for half in halves]
    for part in (away_s < 0, away_s >= 0):
        agree = float(waves[0][part] @ waves[1][part])
        norm = float((smooth * (1 - in_core))[part] @ (smooth * (1 - in_core))[part])
        smooth = np.where(part, smooth * np.clip(agree / max(norm, 1e-300), 0.0, 1.0), smooth)
    beat = in_core * _smoothed(total, 0.001 * rate_hz) + (1 - in_core) * smooth
    return np.asarray((beat - 0.5 * (beat[0] + beat[-1])) * edge)


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
    gram = np.einsum("bi,ki,li->bkl", seen.astype(float), basis, shapes)
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
