"""What the samples of a channel say before any analysis: flat, with gaps, an envelope, or numbers that no device gives."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hipspine.anatomy.names import MuscleName
from hipspine.errors import FormatError
from hipspine.signals.recording import Samples
from hipspine.terms import ChannelStatus, Floats

ENVELOPE_HZ = 20.0  # surface EMG keeps most of its power above this; smoothing for envelopes is set well below it
_ENVELOPE_POWER = 0.01  # largest share of power above it that still counts as smoothed; raw recordings keep more than half
_RINGING = 0.1  # share of the peak by which a smoothing filter may swing below zero
_WINDOW = 4096  # samples per window of the spectrum
_EXCERPT = 1 << 20  # samples of a long channel that are looked at for its shape, in windows spread over all of it
_BLOCK = 1 << 19  # numbers that are looked at in one step
_LARGEST, _SMALLEST = float(np.finfo(np.float32).max), float(np.finfo(np.float32).tiny)  # of the numbers that devices and C3D can hold


@dataclass(frozen=True, slots=True, eq=False)
class Extent:
    """Lowest and highest number of each channel, and how many there are; infinities where there is none."""

    low: Floats  # (channel,)
    high: Floats  # (channel,)
    finite: Floats  # (channel,) number of samples that are there
    samples: int


def extent_of(values: Samples, *, refuse: Callable[[int, int, float], FormatError], progress: Callable[[int], None]) -> Extent:
    """The extent of all channels, in one pass over the samples.

    Args:
        values: (channel, sample).
        refuse: the error for (channel, sample, number) where the number is too large for any device.
        progress: told how many numbers were looked at in each step.
    """
    channels, samples = values.shape
    low, high, finite = np.full(channels, np.inf), np.full(channels, -np.inf), np.zeros(channels)
    step = max(1, _BLOCK // max(channels, 1))
    for start in range(0, samples, step):
        block = values[:, start : start + step]
        low = np.fmin(low, np.fmin.reduce(block, axis=1))
        high = np.fmax(high, np.fmax.reduce(block, axis=1))
        finite += np.isfinite(block).sum(axis=1)
        beyond = np.abs(block) > _LARGEST
        if beyond.any():
            row, place = (int(i) for i in np.argwhere(beyond)[0])
            raise refuse(row, start + place, float(block[row, place]))
        progress(block.size)
    return Extent(low, high, finite, samples)


def is_too_small(extent: Extent, row: int) -> bool:
    """Whether a channel holds numbers, but only such as no device gives: a mistake of an export made them."""
    most = max(abs(float(extent.low[row])), abs(float(extent.high[row]))) if extent.finite[row] else 0.0
    return 0.0 < most < _SMALLEST


def emg_status(name: MuscleName, values: Samples, row: int, extent: Extent, rate_hz: float) -> tuple[ChannelStatus, str]:
    """The first that holds of: spare, flat, envelope, gaps, and what is known of the name."""
    if name.status in (ChannelStatus.EMPTY, ChannelStatus.NOT_EMG):
        return name.status, name.reason
    low, high, finite = (float(part[row]) for part in (extent.low, extent.high, extent.finite))
    if finite == 0 or low == high:
        what = "every sample is the same" if finite else "every sample is missing"
        return ChannelStatus.FLAT, f"{what}; {name.reason}"
    envelope = envelope_reason(_excerpt(values, row, extent.samples), rate_hz=rate_hz) if _may_be_envelope(low, high) else ""
    if envelope:
        return ChannelStatus.ENVELOPE, f"{envelope}; {name.reason}"
    if finite < extent.samples:
        return ChannelStatus.GAPS, f"{gap_words(extent, row)}; {name.reason}"
    return name.status, name.reason


def gap_words(extent: Extent, row: int) -> str:
    """How many samples are missing; empty if none."""
    missing = extent.samples - int(extent.finite[row])
    return f"{missing} of {extent.samples} samples are missing" if missing else ""


def envelope_reason(emg: Floats, *, rate_hz: float) -> str:
    """Why these samples are an envelope and not raw EMG, or an empty string.

    An envelope is not negative (but for the ringing of its filter) and holds next to no power above 20 Hz; a rectified signal is
    never negative and has its most frequent values at zero. Raw signals on an offset larger than their range are neither.

    >>> t = np.arange(4000) / 1000
    >>> envelope_reason(1 + np.sin(2 * np.pi * t), rate_hz=1000.0)
    'not negative and without power above 20 Hz: an envelope'
    >>> envelope_reason(np.random.default_rng(1).normal(size=4000) + 2055, rate_hz=1000.0)
    ''
    """
    if emg.size < 32:
        return ""
    low, top = float(emg.min()), float(emg.max())
    if not _may_be_envelope(low, top):
        return ""
    if rate_hz <= 2 * ENVELOPE_HZ or _share_above(emg, rate_hz) < _ENVELOPE_POWER:
        return "not negative and without power above 20 Hz: an envelope"
    if low < 0:
        return ""
    level = float(np.sqrt(np.mean(emg**2)))
    near_zero, far = np.mean(emg < 0.25 * level), np.mean(emg > level)
    return "never negative and mostly near zero: rectified" if near_zero > 0.15 and far < 0.45 else ""


def _may_be_envelope(low: float, high: float) -> bool:
    return low >= -_RINGING * high and low <= high - low


def _excerpt(values: Samples, row: int, samples: int) -> Floats:
    """The finite samples of a channel, or of windows spread evenly over a long one."""
    if samples <= _EXCERPT:
        part = np.asarray(values[row])
    else:
        starts = np.linspace(0, samples - _WINDOW, _EXCERPT // _WINDOW).astype(int)
        part = np.concatenate([values[row, start : start + _WINDOW] for start in starts])
    finite: Floats = part[np.isfinite(part)]
    return finite


def _share_above(emg: Floats, rate_hz: float) -> float:
    """Share of the power (without the mean) that lies above 20 Hz: median over windows, so that single artefacts do not decide."""
    width = min(_WINDOW, emg.size)
    windows = emg[: emg.size // width * width].reshape(-1, width)
    spectrum = np.abs(np.fft.rfft((windows - windows.mean(axis=1, keepdims=True)) * np.hanning(width), axis=1)) ** 2
    above = np.fft.rfftfreq(width, 1 / rate_hz) > ENVELOPE_HZ
    total = spectrum.sum(axis=1)
    alive = total > 0
    return float(np.median(spectrum[alive][:, above].sum(axis=1) / total[alive])) if alive.any() else 0.0
