"""What an EMG electrode records besides its muscle: the heart, the mains, movement, the amplifier, the neighbour, the rails.

Traces come with RMS 1 or peak 1, so that a caller gives their size in one place. Shapes and sizes are our own choices, made to look like
the recordings people bring; none of them is a published norm.
"""

from dataclasses import dataclass

import numpy as np
from scipy import signal

from hipspine.errors import InputError
from hipspine.terms import Floats

WAVES = ("P", "Q", "R", "S", "T")
_WAVE_AT_S = np.array([-0.17, -0.03, 0.0, 0.03, 0.26])  # from the R peak
_WAVE_WIDTH_S = np.array([0.025, 0.008, 0.010, 0.010, 0.050])
_WAVE_HEIGHT = np.array([0.12, -0.12, 1.0, -0.25, 0.28])


@dataclass(frozen=True, slots=True, eq=False)
class Heart:
    """A train of heart beats as one electrode sees it."""

    trace: Floats  # (sample,) an average beat peaks at 1
    beats_s: Floats  # time of each R peak inside the record [s]


def ricker_ecg(rng: np.random.Generator, samples: int, *, rate_hz: float) -> Heart:
    """Heart of the benchmark: a Ricker wavelet of 8 ms with an S wave, 72 beats a minute +- 4 %, amplitude +- 8 %, peak 1.

    Simple on purpose, so that benchmark figures stay comparable; `heart_trace` draws a full P-QRS-T complex.
    """
    times_s = np.arange(samples) / rate_hz
    trace = np.zeros(samples)
    beats: list[float] = []
    beat_s = rng.uniform(0.0, 0.8)
    while beat_s < samples / rate_hz + 0.1:
        width_s, height = 0.008 * rng.normal(1.0, 0.03), rng.normal(1.0, 0.08)
        first, last = np.searchsorted(times_s, [beat_s - 0.06, beat_s + 0.06])
        away_s = times_s[first:last] - beat_s
        ricker = (1.0 - (away_s / width_s) ** 2) * np.exp(-0.5 * (away_s / width_s) ** 2)
        trace[first:last] += height * (ricker - 0.12 * np.exp(-(((away_s - 0.03) / 0.012) ** 2)))
        beats.append(beat_s)
        beat_s += 60.0 / 72.0 * rng.normal(1.0, 0.04)
    return Heart(trace, np.array([beat for beat in beats if beat < samples / rate_hz]))


def heart_beats(
    rng: np.random.Generator, *, duration_s: float, per_minute: float = 70.0, breathing: float = 0.05, jitter: float = 0.02
) -> Floats:
    """Times of the R peaks [s]; intervals swing with a breath every 4 s and vary from beat to beat.

    Beats before and after the record are included as far as their T or P wave reaches into it.
    """
    if not 20.0 <= per_minute <= 220.0:
        raise InputError(f"the heart rate is {per_minute:g} a minute; give one between 20 and 220")
    mean_s = 60.0 / per_minute
    beats = [float(rng.uniform(-0.6, mean_s - 0.6))]
    while beats[-1] < duration_s + 0.4:
        swing = breathing * np.sin(2.0 * np.pi * beats[-1] / 4.0)
        beats.append(beats[-1] + mean_s * max(0.5, 1.0 + swing + jitter * rng.standard_normal()))
    return np.array(beats)


def heart_trace(rng: np.random.Generator, beats_s: Floats, *, samples: int, rate_hz: float, projection: Floats | None = None) -> Heart:
    """P-QRS-T complexes at these beats; the R wave has height 1 unless the projection says otherwise.

    Args:
        projection: (5,) how strongly and with which sign this electrode sees P, Q, R, S and T, relative to the default; electrodes at
            other places see the same beats through another projection (`draw_projection`).
    """
    times_s = np.arange(samples) / rate_hz
    heights = _WAVE_HEIGHT * (np.ones(len(WAVES)) if projection is None else projection)
    trace = np.zeros(samples)
    for beat_s in beats_s:
        first, last = np.searchsorted(times_s, [beat_s - 0.35, beat_s + 0.5])
        away_s = times_s[first:last, None] - beat_s - _WAVE_AT_S
        trace[first:last] += (1.0 + 0.05 * rng.standard_normal()) * (np.exp(-0.5 * (away_s / _WAVE_WIDTH_S) ** 2) @ heights)
    return Heart(trace, beats_s[(beats_s >= 0.0) & (beats_s < samples / rate_hz)])


def draw_projection(rng: np.random.Generator) -> Floats:
    """Random view of the heart: one common sign, each wave 0.6 to 1.4 of its default height; the R wave stays 1 in size."""
    projection = rng.uniform(0.6, 1.4, len(WAVES))
    projection[WAVES.index("R")] = 1.0
    return np.asarray(projection * rng.choice([-1.0, 1.0]))


def mains_hum(
    rng: np.random.Generator,
    samples: int,
    *,
    rate_hz: float,
    mains_hz: float = 50.0,
    harmonics: tuple[float, ...] = (1.0, 0.15, 0.3, 0.05, 0.1),
) -> Floats:
    """Hum of the mains with its harmonics, RMS 1; the frequency wanders by some hundredths of a hertz.

    Args:
        harmonics: amplitude of the 1st, 2nd, 3rd ... harmonic; those above half the rate are left out.
    """
    if not harmonics or mains_hz <= 0 or mains_hz >= rate_hz / 2:
        raise InputError(f"mains of {mains_hz:g} Hz need a first harmonic below half the rate ({rate_hz / 2:g} Hz)")
    walk = np.cumsum(rng.standard_normal(samples)) * 0.02 / np.sqrt(10.0 * rate_hz)  # 0.02 Hz after 10 s
    phase = 2.0 * np.pi * np.cumsum(mains_hz + walk) / rate_hz
    orders = [order for order in range(1, len(harmonics) + 1) if order * mains_hz < rate_hz / 2]
    hum = sum((harmonics[order - 1] * np.sin(order * phase + rng.uniform(0.0, 2.0 * np.pi)) for order in orders), np.zeros(samples))
    return np.asarray(hum / np.sqrt(0.5 * sum(harmonics[order - 1] ** 2 for order in orders)))


def amplifier_noise(rng: np.random.Generator, samples: int, *, rate_hz: float, corner_hz: float = 0.0) -> Floats:
    """White noise of RMS 1 to which 1/f noise is added that equals it in density at ``corner_hz`` (0: white only)."""
    white: Floats = rng.standard_normal(samples)
    if corner_hz <= 0.0:
        return white
    hz = np.fft.rfftfreq(samples, 1.0 / rate_hz)
    gain = np.sqrt(1.0 + corner_hz / np.maximum(hz, 0.1))  # flat below 0.1 Hz: an amplifier is coupled somewhere
    gain[0] = 0.0
    return np.asarray(np.fft.irfft(np.fft.rfft(white) * gain, samples))


def baseline_drift(rng: np.random.Generator, samples: int, *, rate_hz: float, below_hz: float = 0.5) -> Floats:
    """Slow wander of the electrode's potential, RMS 1, nothing above ``below_hz`` worth speaking of."""
    lead = int(4.0 * rate_hz / below_hz)
    slow = signal.sosfilt(signal.butter(2, below_hz, fs=rate_hz, output="sos"), rng.standard_normal(samples + lead))[lead:]
    return np.asarray(slow / max(float(np.std(slow)), 1e-30))


def cable_knock(rng: np.random.Generator, samples: int, *, rate_hz: float, at_s: float) -> Floats:
    """Movement artefact: the cable or electrode is knocked at ``at_s``; a swing of 4-12 Hz that dies away, peak about 1."""
    times_s = np.arange(samples) / rate_hz - at_s
    swing_hz, fades_s = rng.uniform(4.0, 12.0), rng.uniform(0.08, 0.2)
    after = np.maximum(times_s, 0.0)
    return np.asarray(np.exp(-after / fades_s) * np.sin(2.0 * np.pi * swing_hz * after) * rng.choice([-1.0, 1.0]))


def crosstalk(source: Floats, *, share: float, delay_s: float, rate_hz: float) -> Floats:
    """What another muscle's electrode hears of this one: a share of it, later by ``delay_s`` (any fraction of a sample)."""
    if delay_s < 0.0:
        raise InputError(f"delay_s is {delay_s:g}; a neighbour hears a muscle at the same time or later")
    moments = np.arange(source.size) - delay_s * rate_hz
    return np.asarray(share * np.interp(moments, np.arange(source.size), source, left=0.0))


def clipped(emg: Floats, *, rail: float) -> Floats:
    """Same signal with the amplifier's rails at +-``rail``."""
    return np.clip(emg, -rail, rail)


def quantised(emg: Floats, *, step: float) -> Floats:
    """Same signal in steps of the converter."""
    return np.asarray(np.rint(emg / step) * step)


def with_gap(emg: Floats, *, start_s: float, stop_s: float, rate_hz: float) -> Floats:
    """Same signal with NaN from ``start_s`` until before ``stop_s``: a radio link that was lost."""
    holed = emg.copy()
    holed[int(np.ceil(start_s * rate_hz)) : int(np.ceil(stop_s * rate_hz))] = np.nan
    return holed
