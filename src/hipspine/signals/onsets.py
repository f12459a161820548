"""When a muscle switches on and off: a distribution for every moment, learned from the record itself.

Condition (heart and mains out), segment exactly (`segmentation`), then weigh every onset time and rise time (`rises`). It needs no rest
segment, no threshold and no unit. An offset is an onset with time running the other way.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from hipspine.errors import SignalError
from hipspine.signals.ecg import EcgRemoval, remove_ecg
from hipspine.signals.kernels import ORDER, high_pass, levinson
from hipspine.signals.mains import MainsRemoval, remove_mains
from hipspine.signals.rises import Answer, Edge, edges, high_pass_section, posteriors
from hipspine.signals.segmentation import SHORTEST_BURST_S, segment
from hipspine.signals.timing import Burst, Onsets, TimePosterior
from hipspine.terms import Floats

SLOWEST_HZ = 500.0  # below it EMG cannot be timed
NO_SAMPLES = np.zeros(0)
LARGEST = 1e100  # its square and sums of squares are still numbers
PLENTY_HZ = 3000.0  # above it the record is thinned to about 2 kHz: muscle ends near 450 Hz


def detect_onsets(emg: Floats, *, rate_hz: float, ecg: bool = True, mains: bool = True) -> Onsets:
    """Bursts of one EMG channel with 95 % intervals for on and off [s from the first sample].

    Args:
        emg: (n,) raw EMG in any unit, any offset, either polarity.
        rate_hz: at least 500.
        ecg, mains: take the heart, the mains hum, away where one is found.

    Raises:
        SignalError: not one row of finite numbers, too slow, or shorter than half a second.

    >>> rng = np.random.default_rng(1)
    >>> emg = rng.normal(size=8000) * np.where((np.arange(8000) >= 3000) & (np.arange(8000) < 5000), 10.0, 1.0)
    >>> found = detect_onsets(emg, rate_hz=2000.0)
    >>> found.count, round(float(found.on_s[0]), 2), round(float(found.off_s[0]), 2)
    (1, 1.5, 2.5)
    """
    return detect(emg, rate_hz=rate_hz, ecg=ecg, mains=mains).onsets


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """Onsets with what was learned on the way."""

    onsets: Onsets
    snr_db: float | None  # burst power over rest power, 20-450 Hz; None without a burst
    ecg: EcgRemoval | None  # without its cleaned samples; None where it was not looked for
    mains: MainsRemoval | None  # the same


def detect(emg: Floats, *, rate_hz: float, ecg: bool = True, mains: bool = True) -> Detection:
    """`detect_onsets` with the signal-to-noise ratio and what was taken away."""
    emg = _checked(emg, rate_hz=rate_hz)
    hum = remove_mains(emg, rate_hz=rate_hz) if mains else None
    if hum:
        emg, hum = hum.cleaned, replace(hum, cleaned=NO_SAMPLES)
    heart = remove_ecg(emg, rate_hz=rate_hz) if ecg else None
    if heart:
        emg, heart = heart.cleaned, replace(heart, cleaned=NO_SAMPLES)
    thinned = round(rate_hz / 2000.0) if rate_hz >= PLENTY_HZ else 1
    if thinned > 1:
        emg, rate_hz = np.asarray(signal.resample_poly(emg, 1, thinned)), rate_hz / thinned
    cut = segment(_high_passed(emg, rate_hz=rate_hz), rate_hz=rate_hz)
    if cut is None:
        return Detection(Onsets.of([]), None, heart, hum)
    whole = cut.blocks * cut.block
    starts = edges(emg[:whole], cut, rate_hz=rate_hz)
    ends = edges(emg[:whole][::-1], cut.backwards(), rate_hz=rate_hz)
    on, off = posteriors([starts, ends])
    bursts = [
        Burst(
            _moment(first, begun, rate_hz=rate_hz),
            _moment(last, ended, rate_hz=rate_hz, end=whole),
            np.nan if begun is None else begun.rise_s,
            _level(first or last),
        )
        for first, begun, last, ended in zip(starts, on, ends[::-1], off[::-1], strict=True)
    ]
    onsets = Onsets.of(bursts)
    brief = onsets.off_s - onsets.on_s < SHORTEST_BURST_S  # a spike or a click; never where an end is open
    if brief.any():
        onsets = Onsets.of([burst for burst, short in zip(bursts, brief, strict=True) if not short])
    return Detection(onsets, _snr_db([edge for edge in (*starts, *ends) if edge], rate_hz=rate_hz), heart, hum)


def _high_passed(emg: Floats, *, rate_hz: float) -> NDArray[np.float32]:
    """(n,) the whole channel after the causal high-pass, in single precision: enough to find bursts in."""
    b, a = high_pass_section(rate_hz)
    filtered = np.empty(emg.size, np.float32)
    high_pass(emg, float(np.median(emg[:: max(1, emg.size // 4096)])), b, a, filtered)
    return filtered


def _checked(emg: Floats, *, rate_hz: float) -> Floats:
    emg = np.asarray(emg, dtype=np.float64)
    peak = float(max(emg.max(), -emg.min())) if emg.ndim == 1 and emg.size else np.nan
    if not np.isfinite(peak):
        raise SignalError(f"EMG needs one row of finite numbers; found shape {emg.shape} or gaps; give one channel, and cut the gaps out.")
    if peak > LARGEST or 0.0 < peak < 1.0 / LARGEST:
        raise SignalError(f"EMG reaches {peak:.3g}; numbers between {1 / LARGEST:g} and {LARGEST:g} can be computed with; mend the unit.")
    if not rate_hz >= SLOWEST_HZ:
        raise SignalError(f"EMG is sampled at {rate_hz:g} Hz; timing needs at least {SLOWEST_HZ:g} Hz; record faster.")
    if emg.size < 0.5 * rate_hz:
        raise SignalError(
            f"EMG is {emg.size / rate_hz:.2f} s long; timing needs at least 0.5 s; record rest before and after the movement."
        )
    return np.ascontiguousarray(emg)


def _snr_db(found: list[Edge], *, rate_hz: float) -> float | None:
    """Median over the edges of burst power over rest power between 20 and 450 Hz, from their spectra [dB]."""
    hz = np.linspace(20.0, min(450.0, 0.45 * rate_hz), 64)
    waves = np.exp(-2j * np.pi * np.outer(hz / rate_hz, np.arange(ORDER + 1)))
    ratios = []
    for edge in found:
        rest, burst = (v / np.abs(waves @ a) ** 2 for a, v in (levinson(edge.r0), levinson(edge.r1)))
        ratios.append(burst.sum() / rest.sum() - 1.0)
    return 10 * float(np.log10(max(float(np.median(ratios)), 1e-3))) if ratios else None


def _moment(edge: Edge | None, answer: Answer | None, *, rate_hz: float, end: int | None = None) -> TimePosterior | None:
    """The posterior of one edge on the channel's own clock; with ``end`` time ran backwards from that sample."""
    if edge is None or answer is None:
        return None
    mass, step = answer.mass, edge.cell
    first = edge.first if end is None else end - edge.first - (mass.size - 1) * step
    return TimePosterior(first / rate_hz, step / rate_hz, mass if end is None else mass[::-1].copy())


def _level(edge: Edge | None) -> float:
    """Burst over rest at an edge [dB]; NaN where the record is inside the burst at both ends."""
    return np.nan if edge is None else 10 * float(np.log10(edge.r1[0] / edge.r0[0]))
