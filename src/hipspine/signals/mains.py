"""Mains hum in an EMG channel: is there a line at 50 or 60 Hz, how strong is it, and the channel without it.

A notch filter rings and smears onsets. Here the hum is measured block by block against the spectrum beside it, followed through the record
as sinusoids of slowly changing height and phase, and subtracted. Blocks count less the louder the muscle is, so bursts do not pull the hum
and the hum's estimate does not carry a burst to where it was not.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from hipspine.errors import SignalError
from hipspine.signals.conditioning_kernels import Indices, take_away_line, thin_out
from hipspine.terms import Floats

Complexes = NDArray[np.complex128]

GRIDS_HZ = (50.0, 60.0)
AWAY_HZ = 0.5  # how far the grid may be from its name
BLOCK_S = 0.5
SHORTEST_RECORD_S = 2.0
LOOK_HZ = 500.0  # lines are looked for at about this rate, that is in 50-180 Hz
HIGHEST_HZ = 500.0  # harmonics are taken away up to here
PIECE_S = 60.0  # over this time the phase of the grid is taken as steady while looking
LEAST = 1e-4  # of all other power: in an hour of noise chance makes a certain line, but a weaker one than this
CERTAIN = 20.0  # log-likelihood ratio of a line against none; simulated muscles pass it less than once in 1000 channels
CERTAIN_TOO = 10.0  # the same for a harmonic of a line that was found
FARTHEST = 9  # bins to either side over which the power beside a line is taken
WIDTHS_S = (0.4, 1.5, 6.0, 1e9)  # how fast height and phase may change; the record itself decides


@dataclass(frozen=True, slots=True, eq=False)
class MainsRemoval:
    """A channel without mains hum, and what was found."""

    cleaned: Floats  # (n,) the very input where no line was found
    line_hz: float | None  # frequency of the grid as found, near 50 or 60; None where there is no line
    ratio: float  # power of the line and its harmonics over all other power; 0 where there is none
    harmonics: tuple[int, ...] = ()  # multiples of the grid's frequency that were taken away


def remove_mains(emg: Floats, *, rate_hz: float) -> MainsRemoval:
    """The channel without mains hum; the very same array where no line stands out of the spectrum beside it.

    Looks for 50 and 60 Hz (each +- 0.5 Hz) with their first harmonics, refines the frequency, and subtracts each harmonic up to 500 Hz that
    stands out itself. Records below 2 s are left alone: there a line cannot be told from muscle.

    Args:
        emg: (n,) raw channel in any unit, offset allowed.

    Raises:
        SignalError: the channel is not one row of finite numbers, or the rate is below 250 Hz.

    >>> quiet = np.random.default_rng(0).normal(size=8000)
    >>> hum = np.sin(2 * np.pi * 50.1 * np.arange(8000) / 2000)
    >>> found = remove_mains(quiet + hum, rate_hz=2000.0)
    >>> round(found.line_hz, 1), remove_mains(quiet, rate_hz=2000.0).line_hz
    (50.1, None)
    """
    if emg.ndim != 1 or not np.isfinite(emg @ emg):
        raise SignalError(
            f"mains hum is looked for in one channel of finite samples; found shape {emg.shape} or gaps; cut the gaps out first"
        )
    if not rate_hz >= 250.0:
        raise SignalError(f"rate_hz is {rate_hz}; mains hum needs at least 250 Hz")
    if emg.size < SHORTEST_RECORD_S * rate_hz:
        return MainsRemoval(emg, None, 0.0)
    line_hz = _find_line(emg, rate_hz=rate_hz)
    if line_hz is None:
        return MainsRemoval(emg, None, 0.0)
    found = _without(emg, line_hz, rate_hz=rate_hz)
    return found if found.ratio >= LEAST else MainsRemoval(emg, None, 0.0)


def _find_line(emg: Floats, *, rate_hz: float) -> float | None:
    """Frequency of the grid, or None where no line is certain."""
    step = max(1, round(rate_hz / LOOK_HZ))
    rate = rate_hz / step
    spectra, size = _spectra(emg, step, rate=rate)
    if spectra.shape[0] < 3 or not np.any(spectra[:, round(GRIDS_HZ[0] * BLOCK_S) // 2 :]):
        return None
    orders = np.array([(order * grid_hz, order) for grid_hz in GRIDS_HZ for order in range(1, 4)])
    bins = np.round(orders[:, 0] * size / rate).astype(np.int64)
    orders, bins = orders[bins + FARTHEST <= size // 2], bins[bins + FARTHEST <= size // 2]
    if bins.size == 0:
        return None
    reach_hz = np.minimum(orders[:, 1] * AWAY_HZ, 0.45 * rate / size)
    certainty, offset_hz = _coherence(spectra, bins, reach_hz=reach_hz, block_s=size / rate)
    best = int(np.argmax(certainty))
    return float((bins[best] * rate / size + offset_hz[best]) / orders[best, 1]) if certainty[best] > CERTAIN else None


def _spectra(emg: Floats, step: int, *, rate: float) -> tuple[Complexes, int]:
    """(block, bin) spectra of blocks of half a second at ``rate``, every ``step``-th of the samples, and the size of a block."""
    thin = thin_out(emg, step) if step > 1 else emg
    size = round(BLOCK_S * rate)
    blocks = thin[: thin.size // size * size].reshape(-1, size)
    return np.fft.rfft(blocks * _taper(size), axis=1), size


@cache
def _taper(size: int) -> Floats:
    taper = np.hanning(size + 1)[:-1]
    taper.setflags(write=False)
    return taper


def _coherence(spectra: Complexes, bins: Indices, *, reach_hz: Floats, block_s: float) -> tuple[Floats, Floats]:
    """(line,) how certain a steady line is near each of these bins (log-likelihood ratio), and its distance from the bin [Hz].

    Blocks are weighted by the power beside the line, and added with the phase that a line at each frequency would have.
    """
    beside, deceived = _beside(spectra, bins)
    weights = 1 / beside
    lines = weights * spectra[:, bins].T
    piece = max(1, round(PIECE_S / block_s))
    pieces = range(0, spectra.shape[0], piece)
    points = 1 << int(np.ceil(np.log2(4 * min(piece, spectra.shape[0]))))
    offsets = np.fft.fftfreq(points, block_s)
    total = np.zeros((bins.size, points))
    for start in pieces:
        summed = np.fft.fft(lines[:, start : start + piece], points, axis=1)
        total += (summed.real**2 + summed.imag**2) / (deceived * weights[:, start : start + piece].sum(axis=1))[:, None]
    at = np.argmax(np.where(np.abs(offsets) <= reach_hz[:, None], total, 0.0), axis=1)
    left, middle, right = (np.take_along_axis(total, (at[:, None] + k) % points, axis=1)[:, 0] for k in (-1, 0, 1))
    bend = left - 2 * middle + right
    shift = np.where(bend < 0, 0.5 * (left - right) / np.where(bend < 0, bend, -1.0), 0.0)
    certainty = middle - len(pieces) - 2 * np.sqrt(len(pieces) - 1.0) + 1.0
    return certainty, offsets[at] + np.clip(shift, -0.5, 0.5) / (points * block_s)


def _beside(spectra: Complexes, bins: Indices) -> tuple[Floats, Floats]:
    """(line, block) power on both sides of each bin, never far below that of the median block; (line,) how its inverse as weight deceives.

    The second is what the weighted power beside the line comes to, over what it would be if each block's power were known exactly.
    """
    mean = _neighbours(tuple(bins.tolist()), spectra.shape[1]) @ (spectra.real**2 + spectra.imag**2).T
    least = np.maximum(0.3 * np.median(mean, axis=1), 1e-3 * mean.mean(axis=1))
    level = np.maximum(mean, least[:, None])
    return level, np.asarray(np.sum(mean / level**2, axis=1) / np.sum(1 / level, axis=1))


@cache
def _neighbours(bins: tuple[int, ...], count: int) -> Floats:
    """(line, bin) weights that give the mean over the bins beside each line, those near other lines left out."""
    weights = np.zeros((len(bins), count))
    for row, bin_ in zip(weights, bins, strict=True):
        row[[bin_ + k for k in range(-FARTHEST, FARTHEST + 1) if abs(k) >= 3 and not _near_a_line((bin_ + k) / BLOCK_S)]] = 1.0
    weights /= weights.sum(axis=1, keepdims=True)
    weights.setflags(write=False)
    return weights


def _near_a_line(hz: float) -> bool:
    return any(abs(hz - grid_hz * round(hz / grid_hz)) < 1.5 / BLOCK_S for grid_hz in GRIDS_HZ)


def _without(emg: Floats, line_hz: float, *, rate_hz: float) -> MainsRemoval:
    """The channel without those multiples of this frequency that stand out."""
    step = max(1, int(rate_hz / (2 * HIGHEST_HZ)))
    rate = rate_hz / step
    spectra, size = _spectra(emg, step, rate=rate)
    width = size * step
    blocks = emg[: spectra.shape[0] * width].reshape(-1, width)
    number = np.arange(blocks.shape[0])
    hz = line_hz * np.arange(1, int(min(HIGHEST_HZ, 0.46 * rate) / line_hz) + 1)
    bins = np.round(hz * size / rate).astype(np.int64)
    hz, bins = hz[bins + FARTHEST <= size // 2], bins[bins + FARTHEST <= size // 2]
    beside, deceived = _beside(spectra, bins)
    out = _stand_out(spectra, bins, beside, deceived, offset_hz=hz - bins * rate / size, block_s=size / rate)
    if not out.any():
        return MainsRemoval(emg, None, 0.0)
    turn = np.asarray(2 * np.pi * hz[out, None] / rate_hz, dtype=np.float64)
    seen = np.exp(-1j * turn * width * number) * _heights(blocks, turn, _taper(width))
    middle: Floats = (number.astype(np.float64) + 0.5) * width - 0.5
    cleaned, power = emg.copy(), 0.0
    for one_hz, one, weights in zip(hz[out], seen, 1 / beside[out], strict=True):
        height = _followed(one, weights, block_s=size / rate)
        take_away_line(cleaned, one_hz / rate_hz, height.real.copy(), height.imag.copy(), middle)
        power += 0.5 * float(np.mean(np.abs(height) ** 2))
    rest = float(cleaned @ cleaned) / emg.size - float(cleaned.mean()) ** 2
    return MainsRemoval(cleaned, line_hz, power / max(rest, 1e-12 * power), tuple((np.flatnonzero(out) + 1).tolist()))


def _heights(blocks: Floats, turn: Floats, taper: Floats) -> Complexes:
    """(line, block) complex height of a sinusoid of each ``turn`` (line, 1) [rad per sample]; phase from the first sample of each block."""
    angles = turn * np.arange(taper.size)
    waves = np.concatenate((np.cos(angles), -np.sin(angles))) * (taper * 2 / taper.sum())
    parts = waves @ blocks.T
    return np.asarray(parts[: turn.size] + 1j * parts[turn.size :])


def _stand_out(
    spectra: Complexes, bins: Indices, beside: Floats, deceived: Floats, *, offset_hz: Floats, block_s: float
) -> NDArray[np.bool_]:
    """(line,) whether there is a line at this very frequency."""
    weights = 1 / beside
    steady = weights * spectra[:, bins].T * np.exp(-2j * np.pi * block_s * offset_hz[:, None] * np.arange(spectra.shape[0]))
    starts = np.arange(0, spectra.shape[0], max(1, round(PIECE_S / block_s)))
    found = np.sum(np.abs(np.add.reduceat(steady, starts, axis=1)) ** 2 / np.add.reduceat(weights, starts, axis=1), axis=1)
    return np.asarray(found / deceived > CERTAIN_TOO + starts.size + 2 * float(np.sqrt(starts.size - 1.0)))


def _followed(seen: Complexes, weights: Floats, *, block_s: float) -> Complexes:
    """(block,) complex height of a line, smoothed over the width that foretells each block best from the others."""
    best, chosen = np.inf, seen
    for width_s in WIDTHS_S:
        reach = int(3 * width_s / block_s)
        if reach >= seen.size:  # the whole record as one
            total, weight = np.full(seen.size, (weights * seen).sum()), np.full(seen.size, weights.sum())
        else:
            kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * block_s / width_s) ** 2)
            total, weight = (np.convolve(part, kernel)[reach : reach + seen.size] for part in (weights * seen, weights.astype(complex)))
            weight = weight.real
        foretold = (total - weights * seen) / (weight - weights)
        error = float(np.sum(weights * np.abs(seen - foretold) ** 2))
        if error < best:
            best, chosen = error, total / weight
    return chosen
