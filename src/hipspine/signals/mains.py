"""Mains hum in an EMG channel: is there a line at 50 or 60 Hz, how strong is it, and the channel without it.

A notch filter rings and smears onsets. Here the hum is measured block by block against the spectrum beside it, followed through the record
as sinusoids of slowly changing height and phase, and subtracted. Blocks count less the louder the muscle is, so bursts do not pull the hum
and the hum's estimate does not carry a burst to where it was not.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hipspine.errors import SignalError
from hipspine.signals.conditioning_kernels import take_away_line, thin_out
from hipspine.terms import Floats

Complexes = NDArray[np.complex128]

GRIDS_HZ = (50.0, 60.0)
AWAY_HZ = 0.5  # how far the grid may be from its name
BLOCK_S = 0.5
SHORTEST_RECORD_S = 2.0
LOOK_HZ = 500.0  # lines are looked for at about this rate, that is in 50-180 Hz
HIGHEST_HZ = 500.0  # harmonics are taken away up to here
PIECE_S = 60.0  # over this time the phase of the grid is taken as steady while looking
CERTAIN = 20.0  # log-likelihood ratio of a line against none; simulated muscles pass it less than once in 1000 channels
CERTAIN_TOO = 10.0  # the same for a harmonic of a line that was found
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
    return _without(emg, line_hz, rate_hz=rate_hz)


def _find_line(emg: Floats, *, rate_hz: float) -> float | None:
    """Frequency of the grid, or None where no line is certain."""
    step = max(1, round(rate_hz / LOOK_HZ))
    rate = rate_hz / step
    spectra, size = _spectra(emg, step, rate=rate)
    if not np.any(spectra[:, round(GRIDS_HZ[0] * BLOCK_S) // 2 :]):
        return None
    best, found = CERTAIN, None
    for grid_hz in GRIDS_HZ:
        for order in range(1, 4):
            bin_ = round(order * grid_hz * size / rate)
            if bin_ + 9 > size // 2 or spectra.shape[0] < 3:
                continue
            reach_hz = min(order * AWAY_HZ, 0.45 * rate / size)
            certainty, offset_hz = _coherence(spectra, bin_, reach_hz=reach_hz, block_s=size / rate)
            if certainty > best:
                best, found = certainty, (bin_ * rate / size + offset_hz) / order
    return found


def _spectra(emg: Floats, step: int, *, rate: float) -> tuple[Complexes, int]:
    """(block, bin) spectra of blocks of half a second at ``rate``, every ``step``-th of the samples, and the size of a block."""
    thin = thin_out(emg, step) if step > 1 else emg
    size = round(BLOCK_S * rate)
    blocks = thin[: thin.size // size * size].reshape(-1, size)
    return np.fft.rfft(blocks * np.hanning(size + 1)[:-1], axis=1), size


def _coherence(spectra: Complexes, bin_: int, *, reach_hz: float, block_s: float) -> tuple[float, float]:
    """How certain a steady line is near this bin (log-likelihood ratio), and its distance from the bin [Hz].

    Blocks are weighted by the power beside the line, and added with the phase that a line at each frequency would have.
    """
    beside, deceived = _beside(spectra, bin_)
    piece = max(1, round(PIECE_S / block_s))
    pieces = range(0, spectra.shape[0], piece)
    points = 1 << int(np.ceil(np.log2(4 * min(piece, spectra.shape[0]))))
    offsets = np.fft.fftfreq(points, block_s)
    near = np.abs(offsets) <= reach_hz
    total = np.zeros(points)
    for start in pieces:
        weights = 1 / beside[start : start + piece]
        summed = np.fft.fft(weights * spectra[start : start + piece, bin_], points)
        total += np.abs(summed) ** 2 / (deceived * weights.sum())
    at = int(np.argmax(np.where(near, total, 0.0)))
    left, middle, right = total[at - 1], total[at], total[(at + 1) % points]
    bend = left - 2 * middle + right
    shift = 0.5 * (left - right) / bend if bend < 0 else 0.0
    count = len(pieces)
    return float(total[at] - count - 2 * np.sqrt(count - 1.0)) + 1.0, float(offsets[at] + np.clip(shift, -0.5, 0.5) / (points * block_s))


def _beside(spectra: Complexes, bin_: int) -> tuple[Floats, float]:
    """(block,) power on both sides of a bin, never far below that of the median block; and how far weighting by its inverse deceives.

    The second number is what the weighted power beside the line comes to, over what it would be if each block's power were known exactly.
    """
    away = np.array([k for k in range(-9, 10) if abs(k) >= 3 and not _near_a_line((bin_ + k) / BLOCK_S)])
    power = np.abs(spectra[:, bin_ + away]) ** 2
    mean = power.mean(axis=1)
    level = np.asarray(np.maximum(mean, max(0.3 * float(np.median(mean)), 1e-3 * float(mean.mean()))))
    return level, float(np.sum(mean / level**2) / np.sum(1 / level))


def _near_a_line(hz: float) -> bool:
    return any(abs(hz - grid_hz * round(hz / grid_hz)) < 1.5 / BLOCK_S for grid_hz in GRIDS_HZ)


def _without(emg: Floats, line_hz: float, *, rate_hz: float) -> MainsRemoval:
    """The channel without those multiples of this frequency that stand out."""
    step = max(1, int(rate_hz / (2 * HIGHEST_HZ)))
    rate = rate_hz / step
    spectra, size = _spectra(emg, step, rate=rate)
    width = size * step
    blocks = emg[: spectra.shape[0] * width].reshape(-1, width)
    middle: Floats = (np.arange(blocks.shape[0], dtype=np.float64) + 0.5) * width - 0.5
    taper = np.hanning(width + 1)[:-1]
    cleaned, power, taken = emg.copy(), 0.0, []
    for order in range(1, int(min(HIGHEST_HZ, 0.46 * rate) / line_hz) + 1):
        hz = order * line_hz
        bin_ = round(hz * size / rate)
        if bin_ + 9 > size // 2 or not _stands_out(spectra, bin_, offset_hz=hz - bin_ * rate / size, block_s=size / rate):
            continue
        turn = 2 * np.pi * hz / rate_hz
        seen = blocks @ (taper * np.cos(turn * np.arange(width))) - 1j * (blocks @ (taper * np.sin(turn * np.arange(width))))
        seen *= 2 / taper.sum() * np.exp(-1j * turn * width * np.arange(blocks.shape[0]))
        height = _followed(seen, 1 / _beside(spectra, bin_)[0], block_s=size / rate)
        take_away_line(cleaned, hz / rate_hz, height.real.copy(), height.imag.copy(), middle)
        power += 0.5 * float(np.mean(np.abs(height) ** 2))
        taken.append(order)
    if not taken:
        return MainsRemoval(emg, None, 0.0)
    rest = float(cleaned @ cleaned) / emg.size - float(cleaned.mean()) ** 2
    return MainsRemoval(cleaned, line_hz, power / max(rest, 1e-12 * power), tuple(taken))


def _stands_out(spectra: Complexes, bin_: int, *, offset_hz: float, block_s: float) -> bool:
    """Whether there is a line at this very frequency."""
    beside, deceived = _beside(spectra, bin_)
    weights = 1 / beside
    steady = weights * spectra[:, bin_] * np.exp(-2j * np.pi * offset_hz * block_s * np.arange(spectra.shape[0]))
    piece = max(1, round(PIECE_S / block_s))
    starts = np.arange(0, spectra.shape[0], piece)
    found = float(np.sum(np.abs(np.add.reduceat(steady, starts)) ** 2 / np.add.reduceat(weights, starts)))
    return found / deceived > CERTAIN_TOO + starts.size + 2 * float(np.sqrt(starts.size - 1.0))


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
