"""The heart in an EMG channel: take its beats away and leave everything else alone.

Template subtraction with a high-pass after it is one of the two best recipes for trunk muscles (Drake and Callaghan 2006, known to us
second-hand). Which beats are believed is told in `beats`; the fit of each beat is our own.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hipspine.signals.beats import Beats, filtered, find_beats, ranked
from hipspine.signals.conditioning_kernels import Indices, best_shifts, mean_pieces, roughness, take_away
from hipspine.terms import Floats

__all__ = ["Beats", "EcgRemoval", "find_beats", "remove_ecg"]

CORE_S = 0.06  # the QRS complex lies within this time to either side
BEFORE_S, AFTER_S = 0.25, 0.45  # P and T waves lie within these
GAIN_SD, STRETCH_SD = 0.15, 0.05  # how much beats differ from their neighbours in height and in width
SHIFT_SD_S = 0.001


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
    beat = _template(_mean_beats(emg, centres, weights, before, after, rate_hz=rate_hz), away_s, rate_hz=rate_hz)
    inner = slice(max(0, before - 2 * core), before + 2 * core + 1)
    slope = np.zeros_like(beat)
    slope[inner] = -np.gradient(beat[inner]) * rate_hz * np.clip(2.0 - np.abs(away_s[inner]) / CORE_S, 0.0, 1.0)
    shapes = np.stack((beat, slope, away_s * slope))
    gains = _gains(emg, centres, shapes[:, before - core : before + core + 1], beats.noise[near], clear)
    own = slice(mine.start - near.start, mine.stop - near.start)
    return shapes, inner, centres[own] - before, gains[own]


def _mean_beats(emg: Floats, centres: Indices, weights: Floats, before: int, after: int, *, rate_hz: float) -> Floats:
    """(4, before + 1 + after) mean beat, mean of every second beat from the first and from the second on, and the noise in the mean.

    What stands before and after the QRS complex is taken from beats that are quiet there, too: a burst may begin right beside a beat.
    """
    near, lag = int(1.5 * CORE_S * rate_hz), round(0.004 * rate_hz)
    core = mean_pieces(emg, centres, weights, near, near)
    out = np.empty((4, before + 1 + after))
    out[:, before - near : before + near + 1] = _with_total(core, weights)
    fade = np.linspace(0.0, 1.0, near - int(0.5 * CORE_S * rate_hz))
    for direction, reach in ((-1, before), (1, after)):
        rough = roughness(emg, centres, *((-before, -near) if direction < 0 else (near, after)), lag)
        if not np.any(np.isfinite(rough[weights > 0])):
            rough = np.ones_like(rough)
        quiet = weights * max(float(np.min(rough[weights > 0])), 1e-300) / np.maximum(rough, 1e-300)
        side = mean_pieces(emg, centres, quiet, reach, 0) if direction < 0 else mean_pieces(emg, centres, quiet, 0, reach)
        outwards = _with_total(side, quiet)[:, ::direction]  # from the middle of the beat on
        into = out[:, before::direction]  # a view
        overlap = slice(near + 1 - fade.size, near + 1)
        outwards = outwards + (into[:, overlap] - outwards[:, overlap]).mean(axis=1, keepdims=True)
        into[:, overlap] += fade * (outwards[:, overlap] - into[:, overlap])
        into[:, near + 1 :] = outwards[:, near + 1 :]
    return out


def _with_total(halves: Floats, weights: Floats) -> Floats:
    """The mean of all before the means of every second; last a share of their difference that is as large as the noise in the mean."""
    share = weights[::2].sum() / weights.sum()
    return np.stack((_joined(halves, weights), *halves, np.sqrt(share * (1 - share)) * (halves[0] - halves[1])))


def _joined(halves: Floats, weights: Floats) -> Floats:
    """Mean of all from the means of every second."""
    share = weights[::2].sum() / weights.sum()
    return np.asarray(share * halves[0] + (1 - share) * halves[1])


def _reach(at_s: Floats, *, rate_hz: float) -> tuple[int, int]:
    """Samples before and after a beat that belong to it: neighbours never overlap by much."""
    share = min(1.0, 0.95 * ranked(np.diff(at_s), 0.1) / (BEFORE_S + AFTER_S))
    return max(int(BEFORE_S * share * rate_hz), int(0.13 * rate_hz)), max(int(AFTER_S * share * rate_hz), int(0.13 * rate_hz))


def _sloped_out(x: Floats) -> Floats:
    """Without its straight line, tapered: what is fitted does not follow an offset."""
    line = np.linspace(-1.0, 1.0, x.size)
    return np.asarray((x - x.mean() - line * (x @ line) / (line @ line)) * np.minimum(1.0, 5.0 * (1.0 - np.abs(line))))


def _template(means: Floats, away_s: Floats, *, rate_hz: float) -> Floats:
    """(sample,) mean beat: fine detail in its core, smoother P and T waves as far as two halves of the beats agree on them."""
    in_core = np.clip(1.5 - 0.5 * np.abs(away_s) / CORE_S, 0.0, 1.0)
    edge = np.clip(np.minimum(away_s - away_s[0], away_s[-1] - away_s) / 0.04, 0.0, 1.0)
    total = means[0]
    base = 0.5 * (total[: int(0.02 * rate_hz)].mean() + total[-int(0.02 * rate_hz) :].mean())
    one, other = (_smoothed(half - half.mean(), 0.008 * rate_hz) for half in means[1:3])
    waves = _smoothed(total - base, 0.008 * rate_hz)
    for side in (slice(0, int(np.searchsorted(away_s, 0.0))), slice(int(np.searchsorted(away_s, 0.0)), away_s.size)):
        outer = 1 - in_core[side]
        agree = float((one[side] * outer) @ (other[side] * outer)) / max(float((waves[side] * outer) @ (waves[side] * outer)), 1e-300)
        waves[side] *= min(1.0, max(0.0, agree))
    fine, noise = _smoothed(total - base, 0.001 * rate_hz), _smoothed(means[3] - means[3].mean(), 0.001 * rate_hz)
    power, doubt = (_smoothed(x**2, 0.006 * rate_hz) for x in (fine, noise))
    fine *= np.maximum(0.0, 1.0 - doubt / np.maximum(power, 1e-300))  # beside the QRS complex there is little but noise
    return np.asarray((in_core * fine + (1 - in_core) * waves) * edge)


def _smoothed(x: Floats, sd: float) -> Floats:
    """Gaussian mean with this standard deviation [samples]."""
    away = np.arange(-int(3 * sd) - 1, int(3 * sd) + 2)
    weights = np.exp(-0.5 * (away / sd) ** 2)
    return filtered(x, weights / weights.sum())


def _gains(emg: Floats, centres: Indices, shapes: Floats, noise: Floats, clear: NDArray[np.bool_]) -> Floats:
    """(beat, kind) height, shift [s] and stretch of each beat: the data where the channel is quiet, the neighbours where it is not."""
    core = shapes.shape[1] // 2
    basis = np.stack([_sloped_out(shape) for shape in shapes])
    where = centres[:, None] + np.arange(-core, core + 1)
    seen = (where >= 0) & (where < emg.size)
    pieces = np.where(seen, emg[np.clip(where, 0, emg.size - 1)], 0.0)
    pieces = pieces - (pieces.sum(axis=1) / np.maximum(1, seen.sum(axis=1)))[:, None] * seen
    gram = np.repeat((basis @ shapes.T)[None], centres.size, axis=0)
    moment = pieces @ basis.T
    for beat in np.flatnonzero(~seen.all(axis=1)):  # cut off by an end of the record: half a QRS complex has a mean of its own
        part = shapes[:, seen[beat]]
        part = part - part.mean(axis=1, keepdims=True) if part.size else part
        gram[beat], moment[beat] = part @ part.T, part @ pieces[beat, seen[beat]]
    gram = 0.5 * (gram + gram.transpose(0, 2, 1))
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
