"""What else an EMG electrode records: the heart, the mains, movement, the amplifier, the neighbour."""

from dataclasses import dataclass

import numpy as np

from hipspine.terms import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Heart:
    """A train of heart beats as an electrode sees it."""

    volts: Floats  # (sample,) largest deflection of an average beat is 1
    beats_s: Floats  # time of each R peak inside the record [s]


def ricker_ecg(rng: np.random.Generator, samples: int, *, rate_hz: float) -> Heart:
    """Heart of the benchmark: a Ricker wavelet of 8 ms with an S wave, 72 beats a minute +- 4 %, amplitude +- 8 %, peak 1.

    Simple on purpose, so that benchmark figures stay comparable; `heart` draws a full P-QRS-T complex.
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
