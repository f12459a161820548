"""How far an EMG channel can be trusted: clipping, flat stretches, gaps, movement, mains, crosstalk, and whether it is raw EMG at all.

Every measure is a ratio, a time or a correlation, so that gain and unit do not matter. None of them decides: the engine does, and says why.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from hipspine.errors import SignalError
from hipspine.signals.conditioning_kernels import thin_out
from hipspine.signals.ecg import EcgRemoval
from hipspine.signals.mains import MainsRemoval
from hipspine.signals.quality_kernels import first_run, lone_jumps, tally
from hipspine.signals.recording import Samples
from hipspine.signals.timing import Quality
from hipspine.terms import Floats

LOWEST_RATE_HZ = 500.0  # surface EMG reaches 400-500 Hz; below 500 samples a second its timing is lost
MOTION_HZ = 20.0  # below this, movement and cable rule (SENIAM, second-hand: high-pass at 10-20 Hz)
LAG_S = 0.010  # crosstalk arrives within this time
SHORTEST_RAIL = 3  # equal samples in a row at a rail
PREDICTED = 8  # samples from which each sample is foretold before signals are compared


@dataclass(frozen=True, slots=True)
class Clipping:
    """Time at the rails of the recorder."""

    total_s: float  # samples in runs of two or more at a rail
    first_s: float | None  # where the first such run begins [s from the first sample]; None where there is none
    rails: tuple[float, ...]  # the levels, lowest first


def measure(
    emg: Floats, *, rate_hz: float, ecg: EcgRemoval | None = None, mains: MainsRemoval | None = None, crosstalk_index: float | None = None
) -> Quality:
    """What one raw channel tells of itself, with what the removals found; the engine adds the signal-to-noise ratio.

    Samples that are not finite count as gaps and are left out of everything else.

    Raises:
        SignalError: the channel is not one row of samples, or the rate is not a positive number.

    >>> measure(np.sin(np.arange(4000.0)), rate_hz=2000.0).clipped_s
    0.0
    """
    _check(emg, rate_hz)
    counts = tally(emg)
    whole = emg if counts[9] == 0 else emg[np.isfinite(emg)]
    return Quality(
        clipped_s=_clipping(emg, counts, rate_hz=rate_hz).total_s,
        mains_ratio=None if mains is None else mains.ratio,
        mains_hz=None if mains is None else mains.line_hz,
        ecg_ratio=None if ecg is None else ecg.share,
        beats=0 if ecg is None else int(ecg.beats_s.size),
        flat_s=float(counts[8] - 1) / rate_hz if counts[8] > 1 else 0.0,
        motion_ratio=motion_ratio(whole, rate_hz=rate_hz),
        crosstalk_index=crosstalk_index,
        gap_s=float(counts[9]) / rate_hz,
        spikes=spikes(whole, rate_hz=rate_hz),
    )


def clipping(emg: Floats, *, rate_hz: float) -> Clipping:
    """Time at the rails, on either side or on one.

    A rail is the highest or lowest value of the record, kept for at least three samples in a row and held far more often than the value
    next to it: the mere maximum of a coarsely digitised signal is no rail, and neither is the level on which a channel rests.

    >>> clipping(np.clip(np.sin(np.arange(4000.0) / 20), -2, 0.9), rate_hz=2000.0).rails
    (0.9,)
    """
    _check(emg, rate_hz)
    return _clipping(emg, tally(emg), rate_hz=rate_hz)


def _clipping(emg: Floats, counts: Floats, *, rate_hz: float) -> Clipping:
    low, high = counts[0], counts[1]
    if not low < high:
        return Clipping(0.0, None, ())
    piled = [counts[4 + side] >= SHORTEST_RAIL and counts[2 + side] > 2 * counts[6 + side] for side in (0, 1)]
    if any(piled) and not all(piled):
        level = counts[0] if piled[0] else counts[1]
        resting = np.count_nonzero(emg == level) > 0.4 * (emg.size - counts[9])
        if resting:  # a floor, such as the zero of a channel that is switched off in between
            return Clipping(0.0, None, ())
    rails = tuple(float(counts[side]) for side in (0, 1) if piled[side])
    firsts = [first_run(emg, rail) for rail in rails]
    total = sum(float(counts[2 + side]) for side in (0, 1) if piled[side])
    return Clipping(total / rate_hz, min(firsts) / rate_hz if firsts else None, rails)


def gap_s(emg: Floats, *, rate_hz: float) -> float:
    """Time without finite samples [s]."""
    _check(emg, rate_hz)
    return float(np.count_nonzero(~np.isfinite(emg))) / rate_hz


def motion_ratio(emg: Floats, *, rate_hz: float) -> float | None:
    """Power between 1 and 20 Hz over all power above 1 Hz, 0-1; None for a record below 1 s or without any power.

    Muscle alone gives a few hundredths; a heart adds to it, so it is measured best on the channel without its heart.

    >>> motion_ratio(np.sin(2 * np.pi * 5 * np.arange(4000) / 2000), rate_hz=2000.0) > 0.95
    True
    """
    step = max(1, round(rate_hz / 250.0))
    size = int(rate_hz / step)
    slow = thin_out(emg, step)
    if slow.size < size:
        return None
    blocks = slow[: slow.size // size * size].reshape(-1, size)
    blocks = blocks - blocks.mean(axis=1, keepdims=True)
    taper = np.hanning(size + 1)[:-1]
    power = np.abs(np.fft.rfft(blocks * taper, axis=1)) ** 2
    below = power[:, 1 : 1 + int(MOTION_HZ * size / (rate_hz / step))].sum() * 2 / (size * (taper @ taper) * blocks.shape[0])
    long = emg[: emg.size // (size * step) * size * step].reshape(-1, size * step)
    level = long.mean(axis=1)
    total = float(np.einsum("ij,ij->", long, long)) / long.size - float(level @ level) / level.size
    scale = float(np.max(np.abs(level))) + 1e-300
    if total <= 1e-24 * scale**2:
        return None
    return float(min(1.0, below / total))


def spikes(emg: Floats, *, rate_hz: float) -> int:
    """Samples that jump alone, such as a switch or a lost packet: eight times sharper than anything within 20 ms.

    >>> quiet = np.random.default_rng(0).normal(size=4000)
    >>> quiet[2000] += 60
    >>> spikes(quiet, rate_hz=2000.0)
    1
    """
    if emg.size < 3:
        return 0
    sample = emg[: min(emg.size, 1 << 16)]
    typical = float(np.sqrt(np.mean(np.diff(sample, 2) ** 2)))
    return lone_jumps(emg, 5.0 * typical, max(4, int(0.02 * rate_hz)), 8.0) if typical > 0 else 0


def too_slow(rate_hz: float) -> str | None:
    """Why this rate cannot time EMG, or None.

    >>> too_slow(100.0)
    'sampled at 100 Hz; timing EMG needs at least 500 Hz, better 1000 to 2000'
    """
    if rate_hz >= LOWEST_RATE_HZ:
        return None
    return f"sampled at {rate_hz:g} Hz; timing EMG needs at least {LOWEST_RATE_HZ:g} Hz, better 1000 to 2000"


def dead(emg: Floats) -> str | None:
    """Why this channel holds no signal at all, or None."""
    finite = emg[np.isfinite(emg)]
    if finite.size == 0:
        return "holds no finite sample"
    return f"every sample is {finite[0]:g}: the electrode or the input was not connected" if np.all(finite == finite[0]) else None


def unipolar(emg: Floats, *, rate_hz: float | None = None) -> str | None:
    """Why this channel is not raw EMG (constant, rectified, an envelope), or None.

    Raw EMG swings to both sides of its middle, whatever its offset: integer counts of a converter pass. A rectified signal stands on its
    floor in every short stretch while its heights vary; an envelope is smooth besides.

    >>> raw = np.random.default_rng(0).normal(size=4000)
    >>> unipolar(raw + 2048), unipolar(np.abs(raw))
    (None, 'rectified: it never swings below its floor, so onsets of the raw signal cannot be timed from it')
    """
    finite = emg[np.isfinite(emg)]
    reason = dead(emg)
    if reason is not None or finite.size < 200:
        return reason
    low, middle, high = np.quantile(finite[:: max(1, finite.size // 20000)], [0.002, 0.5, 0.998])
    down, up = middle - low, high - middle
    if down > up:
        finite, down, up = -finite, up, down
    lowest, highest = float(finite.min()), float(finite.max())
    one_sided = lowest > -0.1 * highest or highest < -0.1 * lowest
    steps = np.diff(finite)
    steps = steps[steps != 0]
    turns = np.count_nonzero((steps[1:] > 0) != (steps[:-1] > 0)) / finite.size
    # raw EMG turns 150 times a second or more, whatever drift it rides on; an envelope as often as its low-pass lets it
    smooth = turns * rate_hz < 120.0 if rate_hz is not None else turns < 0.04
    if one_sided and smooth:
        return "an envelope: rectified and smoothed, so onsets cannot be timed from it"
    size = max(20, int(0.03 * rate_hz)) if rate_hz is not None else 40
    blocks = finite[: finite.size // size * size].reshape(-1, size)
    floors, tops = blocks.min(axis=1), blocks.max(axis=1)
    if up > 2.5 * down and float(np.std(floors)) < 0.15 * float(np.std(tops)) and float(np.median(tops - floors)) > 0:
        return "rectified: it never swings below its floor, so onsets of the raw signal cannot be timed from it"
    return None


def crosstalk(values: Samples, *, rate_hz: float, rows: Sequence[int] | None = None) -> Floats:
    """(channel, channel) largest correlation of two channels at any lag within 10 ms, 0-1, after whitening; the diagonal is 0.

    Each channel is reduced to what its own past does not foretell, so that two muscles with alike spectra do not look alike. Loud parts
    count most; two muscles that merely work together stay near 0. Up to about 30 s are used, evenly spread, and only these are read from
    a file. A flat channel has 0.

    Args:
        values: (channel, sample) without gaps; mains and heart taken away, since both are shared by all channels.
        rows: the channels to compare; all if None.

    Raises:
        SignalError: not a table of finite samples, or shorter than 0.5 s.
    """
    size = int(0.5 * rate_hz)
    if len(values.shape) != 2:
        raise SignalError(f"crosstalk is measured on a (channel, sample) table; found shape {values.shape}")
    if values.shape[1] < size:
        raise SignalError(f"crosstalk needs at least 0.5 s; found {values.shape[1] / rate_hz:.3g} s")
    whole = values.shape[1] // size
    chosen = np.unique(np.round(np.linspace(0, whole - 1, min(whole, 60))).astype(int))
    points = 1 << int(np.ceil(np.log2(size + LAG_S * rate_hz + 1)))
    picked = list(range(values.shape[0])) if rows is None else list(rows)
    blocks = np.stack([values[picked, place * size : (place + 1) * size] for place in chosen], axis=1)
    if not np.all(np.isfinite(blocks)):
        raise SignalError("crosstalk is measured on finite samples; found gaps")
    spectra = np.stack([_whitened_spectra(channel, points) for channel in blocks])
    lags = int(LAG_S * rate_hz)
    out = np.zeros((len(picked), len(picked)))
    for one in range(len(picked)):
        crossed = np.einsum("bf,cbf->cf", spectra[one].conj(), spectra[one + 1 :])
        shared = np.fft.irfft(crossed, points, axis=1)
        near = np.concatenate((shared[:, : lags + 1], shared[:, -lags:]), axis=1) if shared.size else shared
        out[one, one + 1 :] = np.abs(near).max(axis=1) if shared.size else 0.0
    return np.minimum(1.0, out + out.T)


def _whitened_spectra(blocks: Floats, points: int) -> NDArray[np.complex128]:
    """(block, bin) spectra of the prediction errors, scaled to a total energy of 1."""
    blocks = blocks - blocks.mean()
    energy = float(np.einsum("ij,ij->", blocks, blocks))
    if energy <= 0:
        return np.zeros((blocks.shape[0], points // 2 + 1), complex)
    lagged = np.array([np.einsum("ij,ij->", blocks[:, k:], blocks[:, : blocks.shape[1] - k]) for k in range(PREDICTED + 1)])
    lagged[0] *= 1.0001
    weights = np.concatenate(([1.0], -linalg.solve_toeplitz(lagged[:-1], lagged[1:])))
    errors = sum(weight * blocks[:, PREDICTED - k : blocks.shape[1] - k] for k, weight in enumerate(weights))
    errors = np.asarray(errors)
    return np.asarray(np.fft.rfft(errors, points, axis=1) / np.sqrt(np.einsum("ij,ij->", errors, errors)))


def _check(emg: Floats, rate_hz: float) -> None:
    if emg.ndim != 1 or emg.size == 0:
        raise SignalError(f"quality is measured on one channel of samples; found shape {emg.shape}")
    if not (np.isfinite(rate_hz) and rate_hz > 0):
        raise SignalError(f"rate_hz is {rate_hz}; it must be a positive number")
