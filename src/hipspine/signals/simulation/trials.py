"""Benchmark trials with a known onset: shaped Gaussian noise that is switched by an amplitude profile, plus sensor noise.

The recipe is the one most onset detectors were compared on. Muscle noise has the spectrum of Shwedyk and of Stulen and De Luca,
``fh^4 f^2 / ((f^2 + fl^2) (f^2 + fh^2)^2)`` with fl = 60 and fh = 120 Hz (recipe and figures: docs/simulator.md). A Gaussian signal is
kinder than a muscle: `motor_units` holds the harder judge.
"""

from dataclasses import dataclass

import numpy as np
from scipy import signal

from hipspine.errors import InputError, SignalError
from hipspine.signals.simulation.artefacts import ricker_ecg
from hipspine.terms import Floats

LOW_HZ = 60.0
HIGH_HZ = 120.0
BAND_HZ = (20.0, 450.0)
BURST_RMS = 0.1  # arbitrary units: a detector must not depend on them
FIRST_ONSET_S = 1.2
JITTER_S = 0.8
REST_BETWEEN_S = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One simulated channel and its truth; times from the first sample, one entry per burst.

    A burst reaches from the START of its rise to the END of its fall, both exact (not rounded to samples).
    """

    emg: Floats  # (sample,)
    rate_hz: float
    on_s: Floats  # (burst,) the drive, or the amplitude profile, leaves its resting value
    off_s: Floats  # (burst,) it is back at its resting value
    rise_s: float  # length of the rise, and of the fall
    first_potential_s: Floats  # (burst,) the earliest moment at which the burst can be seen at the electrode
    last_potential_s: Floats  # (burst,) the latest such moment

    def __post_init__(self) -> None:
        bursts = {array.shape for array in (self.on_s, self.off_s, self.first_potential_s, self.last_potential_s)}
        if self.emg.ndim != 1 or len(bursts) != 1 or self.on_s.ndim != 1:
            raise SignalError(f"a trial holds one channel and one time per burst; found {self.emg.shape} and {sorted(bursts)}")
        self.emg.setflags(write=False)


def gaussian_trial(
    rng: np.random.Generator,
    *,
    snr_db: float,
    rise_s: float = 0.0,
    ecg: float = 0.0,
    rate_hz: float = 2000.0,
    duration_s: float = 4.0,
    bursts: int = 1,
    burst_s: float = 1.0,
) -> Trial:
    """Trial of shaped Gaussian noise: bursts of RMS 0.1 over white sensor noise.

    Args:
        snr_db: burst power over noise power, both after a 20-450 Hz band-pass (order 2, forwards and backwards).
        rise_s: length of the linear amplitude ramp at both ends of a burst; 0 is a step.
        ecg: peak of a QRS train (72 a minute) as a multiple of the burst RMS.
        bursts: with one burst the onset is uniform in 1.2-2.0 s; with several each has an equal share of the record.

    >>> trial = gaussian_trial(np.random.default_rng(1), snr_db=20.0, rise_s=0.1)
    >>> trial.emg.shape, bool(1.2 <= trial.on_s[0] <= 2.0), round(float(trial.off_s[0] - trial.on_s[0]), 9)
    ((8000,), True, 1.0)
    """
    on_s = burst_starts(rng, bursts=bursts, burst_s=burst_s, duration_s=duration_s)
    times_s = sample_times(duration_s=duration_s, rate_hz=rate_hz)
    profile = trapezoids(times_s, on_s=on_s, off_s=on_s + burst_s, rise_s=rise_s)
    emg = profile * shaped_noise(rng, times_s.size, rate_hz=rate_hz)
    emg += 10.0 ** (-snr_db / 20.0) * white_noise(rng, times_s.size, rate_hz=rate_hz)
    if ecg:
        emg += ecg * ricker_ecg(rng, times_s.size, rate_hz=rate_hz).trace
    return Trial(BURST_RMS * emg, rate_hz, on_s, on_s + burst_s, rise_s, on_s, on_s + burst_s)


def bump_trial(
    rng: np.random.Generator,
    *,
    snr_db: float,
    sigma_s: float = 0.1,
    alpha: float = 1.5,
    bursts: int = 1,
    rate_hz: float = 1000.0,
    duration_s: float = 2.0,
) -> Trial:
    """Trial whose bursts swell as a Gaussian bell cut at ``alpha`` standard deviations, with rest and burst of one spectrum.

    Noise and contraction are both white noise through an 80-120 Hz band-pass (Butterworth, order 1): no detector can use the spectrum.
    The published set (Mendeley Data 5hbfnnjfff, known to us second-hand) has sigma 50-150 ms, alpha 1-2.5, 1-3 bursts in 2 s at 1 kHz.

    Args:
        snr_db: power of the contraction at the top of the bell over the power of the noise.

    >>> trial = bump_trial(np.random.default_rng(1), snr_db=20.0, sigma_s=0.1, alpha=2.0)
    >>> round(float(trial.off_s[0] - trial.on_s[0]), 9)
    0.4
    """
    half_s = alpha * sigma_s
    slot_s = duration_s / bursts
    if bursts < 1 or slot_s < 2 * half_s + REST_BETWEEN_S / 2:
        raise InputError(f"{bursts} bursts of {2 * half_s:g} s do not fit into {duration_s:g} s with rest between; make the record longer")
    centres_s = slot_s * np.arange(bursts) + rng.uniform(half_s + 0.05, slot_s - half_s - 0.05, bursts)
    times_s = sample_times(duration_s=duration_s, rate_hz=rate_hz)
    away_s = times_s[None, :] - centres_s[:, None]
    bells = np.where(np.abs(away_s) <= half_s, np.exp(-0.5 * (away_s / sigma_s) ** 2), 0.0)
    band = signal.butter(1, (80.0, 120.0), "band", fs=rate_hz, output="sos")
    lead = int(rate_hz)  # the filter has settled before the first sample
    burst, rest = (np.asarray(signal.sosfilt(band, rng.standard_normal(lead + times_s.size)))[lead:] for _ in range(2))
    gain = BURST_RMS / _white_rms(band, rate_hz)
    emg = gain * (bells.sum(axis=0) * burst + 10.0 ** (-snr_db / 20.0) * rest)
    on_s, off_s = centres_s - half_s, centres_s + half_s
    return Trial(emg, rate_hz, on_s, off_s, half_s, on_s, off_s)


def burst_starts(rng: np.random.Generator, *, bursts: int, burst_s: float, duration_s: float) -> Floats:
    """(burst,) start of each burst [s]: the first never before 1.2 s, each inside its own share of the record, up to 0.8 s of play.

    Raises:
        InputError: the bursts do not fit with 0.3 s of rest after each.
    """
    if bursts < 0 or not duration_s > 0:
        raise InputError(f"a trial needs a length above 0 s and 0 bursts or more; found {duration_s:g} s and {bursts}")
    share_s = (duration_s - FIRST_ONSET_S) / max(bursts, 1)
    play_s = min(JITTER_S, share_s - burst_s - REST_BETWEEN_S)
    if bursts and play_s < 0:
        needed_s = FIRST_ONSET_S + bursts * (burst_s + REST_BETWEEN_S)
        raise InputError(f"{bursts} bursts of {burst_s:g} s need a record of {needed_s:g} s or more; found {duration_s:g} s")
    return FIRST_ONSET_S + share_s * np.arange(bursts) + rng.uniform(0.0, max(play_s, 0.0), bursts)


def sample_times(*, duration_s: float, rate_hz: float) -> Floats:
    """Moments of the samples of a record [s]."""
    return np.arange(round(duration_s * rate_hz)) / rate_hz


def trapezoids(times_s: Floats, *, on_s: Floats, off_s: Floats, rise_s: float) -> Floats:
    """Profile between 0 and 1: from each ``on_s`` a linear rise of ``rise_s``, before each ``off_s`` an equal fall.

    Raises:
        InputError: rise and fall do not fit into a burst.

    >>> trapezoids(np.arange(6.0), on_s=np.array([1.0]), off_s=np.array([5.0]), rise_s=2.0)
    array([0. , 0. , 0.5, 1. , 0.5, 0. ])
    """
    profile = np.zeros_like(times_s)
    if np.any(off_s - on_s < 2 * rise_s - 1e-12):
        raise InputError(f"rise_s is {rise_s:g}; a burst of {np.min(off_s - on_s):g} s holds a rise and a fall of at most half its length")
    for start_s, end_s in zip(on_s, off_s, strict=True):
        if rise_s > 0:
            edge = np.minimum(times_s - start_s, end_s - times_s) / rise_s
            profile = np.maximum(profile, np.clip(edge, 0.0, 1.0))
        else:
            profile[(times_s >= start_s) & (times_s < end_s)] = 1.0
    return profile


def muscle_spectrum(hz: Floats, *, low_hz: float = LOW_HZ, high_hz: float = HIGH_HZ) -> Floats:
    """Power density of surface EMG in the shape of Shwedyk and of Stulen and De Luca, not normalised."""
    return high_hz**4 * hz**2 / ((hz**2 + low_hz**2) * (hz**2 + high_hz**2) ** 2)


def shaped_noise(rng: np.random.Generator, samples: int, *, rate_hz: float) -> Floats:
    """Stationary Gaussian noise with the muscle spectrum and RMS 1 between 20 and 450 Hz."""
    size = 1 << int(np.ceil(np.log2(samples + 2 * rate_hz)))  # circular: both ends are cut off
    hz = np.linspace(0.0, rate_hz / 2, size // 2 + 1)
    shape = np.sqrt(muscle_spectrum(hz))
    noise = np.fft.irfft(np.fft.rfft(rng.standard_normal(size)) * shape, size)[int(rate_hz) : int(rate_hz) + samples]
    in_band = np.sqrt(np.mean(muscle_spectrum(np.linspace(0.0, rate_hz / 2, 20001)) * band_power_gain(20001, rate_hz=rate_hz)))
    return np.asarray(noise / in_band)


def white_noise(rng: np.random.Generator, samples: int, *, rate_hz: float) -> Floats:
    """White Gaussian noise with RMS 1 between 20 and 450 Hz, so that a signal-to-noise ratio means the same at every rate."""
    noise: Floats = rng.standard_normal(samples)
    return noise / float(np.sqrt(np.mean(band_power_gain(20001, rate_hz=rate_hz))))


def in_band(emg: Floats, *, rate_hz: float) -> Floats:
    """Signal between 20 and 450 Hz: the band in which signal-to-noise ratios are defined."""
    return np.asarray(signal.sosfiltfilt(_band(rate_hz), emg))


def band_power_gain(points: int, *, rate_hz: float) -> Floats:
    """Power gain of `in_band` at equally spaced frequencies from 0 to half the rate."""
    _, response = signal.freqz_sos(_band(rate_hz), np.linspace(0.0, rate_hz / 2, points), fs=rate_hz)
    return np.asarray(np.abs(response) ** 4)  # amplitude gain squared by the second pass, then power


def _band(rate_hz: float) -> Floats:
    low, high = BAND_HZ
    if rate_hz < 500.0:
        raise InputError(f"rate_hz is {rate_hz:g}; surface EMG needs at least 500 Hz, better 1000 or 2000")
    return np.asarray(signal.butter(2, (low, min(high, 0.45 * rate_hz)), "band", fs=rate_hz, output="sos"))


def _white_rms(sections: Floats, rate_hz: float) -> float:
    """RMS of unit white noise after a filter."""
    _, response = signal.freqz_sos(sections, np.linspace(0.0, rate_hz / 2, 20001), fs=rate_hz)
    return float(np.sqrt(np.mean(np.abs(response) ** 2)))
