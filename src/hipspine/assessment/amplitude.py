"""How strongly a muscle is active: root mean square, and its normalisation to a reference contraction.

Peak and mean of the same burst differ by two to three times, and a maximal and a sub-maximal reference mean different things, so
each has its own type or kind and nothing here pools across them. Maximal references: no single position suits every person
(contreras2015b), so several are recorded and the best is taken. Amplitudes are compared between people, days and muscles only
after normalisation; sub-maximal references are not equivalent between muscles.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy import signal

from hipspine.errors import ModelError, SignalError
from hipspine.terms import Floats, Side

WINDOW_S = 0.1  # of the root mean square: short against a movement, long against a motor-unit potential
HIGH_PASS_HZ = 20.0
HIGH_PASS_WITH_HEART_HZ = 30.0  # trunk muscles: the heart's share lies below this


class ReferenceKind(StrEnum):
    """What an amplitude is a percentage of."""

    MVIC = "mvic"  # best of the maximal voluntary isometric contractions
    SUBMAXIMAL = "submaximal"  # a set task or load


@dataclass(frozen=True, slots=True)
class Amplitude:
    """Root mean square of one muscle in one contraction; use `PeakAmplitude` or `MeanAmplitude`."""

    muscle: str
    side: Side | None
    volt: float
    task: str = ""  # what was done: "prone, knee bent", "standing squeeze", "single-leg bridge"

    def __post_init__(self) -> None:
        if not (np.isfinite(self.volt) and self.volt >= 0.0):
            raise ModelError(f"amplitude of {self.muscle} is {self.volt} V; give a finite number that is not negative")


@dataclass(frozen=True, slots=True)
class PeakAmplitude(Amplitude):
    """Highest root mean square of a contraction."""


@dataclass(frozen=True, slots=True)
class MeanAmplitude(Amplitude):
    """Root mean square averaged over a contraction."""


@dataclass(frozen=True, slots=True)
class Normalised:
    """Amplitude as a share of a reference contraction of the same muscle."""

    share: float  # 0.44: 44 % of the reference; may exceed 1
    of: Amplitude  # what was normalised: its type says peak or mean
    reference: Amplitude  # the contraction that was taken
    kind: ReferenceKind


def rms(emg: Floats, *, rate_hz: float, heart: bool = False, window_s: float = WINDOW_S) -> Floats:
    """Root mean square over a moving window [unit of the signal], one value per sample.

    Args:
        emg: (sample,) raw EMG without gaps.
        heart: take the heart's share out of a trunk muscle by a 30 Hz high-pass instead of 20 Hz (Drake and Callaghan 2006, as
            cited in our design note: the best ease for effect).

    The filter runs both ways and the window is centred, so amplitudes are not shifted in time; onsets are never taken from this.

    >>> quiet, loud = np.zeros(1000), np.sin(2 * np.pi * 100 * np.arange(1000) / 1000)
    >>> round(float(rms(np.r_[quiet, loud], rate_hz=1000.0)[1500]), 1)
    0.7
    """
    if emg.ndim != 1 or emg.size < 30 or not np.isfinite(emg).all():
        raise SignalError(f"an amplitude needs at least 30 finite samples of one channel; found shape {emg.shape} or a gap")
    cut = HIGH_PASS_WITH_HEART_HZ if heart else HIGH_PASS_HZ
    if 2.0 * cut >= rate_hz:
        raise SignalError(f"a sampling rate of {rate_hz:g} Hz is too low for EMG amplitudes; record at 1000 Hz or more")
    clean = signal.sosfiltfilt(signal.butter(4, cut, "highpass", fs=rate_hz, output="sos"), emg)
    return np.sqrt(np.maximum(moving_mean(clean**2, rate_hz=rate_hz, window_s=window_s), 0.0))


def moving_mean(values: Floats, *, rate_hz: float, window_s: float = WINDOW_S) -> Floats:
    """Mean over a centred window; at the ends over what there is of it."""
    half = max(1, round(window_s * rate_hz / 2.0))
    total = np.r_[0.0, np.cumsum(values)]
    i = np.arange(values.size)
    a, b = np.maximum(i - half, 0), np.minimum(i + half + 1, values.size)
    mean: Floats = (total[b] - total[a]) / (b - a)
    return mean


def normalise(amplitude: Amplitude, references: Sequence[Amplitude], *, kind: ReferenceKind) -> Normalised:
    """Amplitude as a share of the best reference contraction of the same muscle and side.

    Args:
        references: several maximal positions (two or more are advised), or one sub-maximal task; each of the same type, peak or
            mean, as the amplitude.

    Raises:
        ModelError: no reference, another muscle or side, peak mixed with mean, or a reference without activity.

    >>> prone, squeeze = (PeakAmplitude("gluteus_maximus", Side.LEFT, v, t) for v, t in ((2e-4, "prone"), (2.5e-4, "squeeze")))
    >>> lift = PeakAmplitude("gluteus_maximus", Side.LEFT, 1e-4)
    >>> n = normalise(lift, [prone, squeeze], kind=ReferenceKind.MVIC)
    >>> n.share, n.reference.task
    (0.4, 'squeeze')
    """
    if not references:
        raise ModelError(f"{amplitude.muscle}: no reference contraction; record two or more maximal positions, or one set task.")
    for reference in references:
        _require_same_type([amplitude, reference])
        if (reference.muscle, reference.side) != (amplitude.muscle, amplitude.side):
            raise ModelError(
                f"{amplitude.muscle} ({amplitude.side}) cannot be normalised to {reference.muscle} ({reference.side}); "
                "take a reference of the same muscle and side."
            )
    best = max(references, key=lambda reference: reference.volt)
    if best.volt <= 0.0:
        raise ModelError(f"{amplitude.muscle}: the reference contraction shows no activity; record it again.")
    return Normalised(amplitude.volt / best.volt, amplitude, best, kind)


def mean_share(values: Sequence[Normalised]) -> float:
    """Mean of normalised amplitudes of one muscle.

    Raises:
        ModelError: nothing to average, peaks mixed with means, maximal with sub-maximal references, or different muscles.
    """
    if not values:
        raise ModelError("no amplitudes were given to average.")
    _require_same_type([value.of for value in values])
    kinds, muscles = sorted({value.kind.value for value in values}), sorted({value.of.muscle for value in values})
    if len(kinds) > 1:
        raise ModelError(f"amplitudes relative to {kinds[0]} and to {kinds[1]} references cannot be averaged; keep them apart.")
    if len(muscles) > 1:
        raise ModelError(f"amplitudes of {muscles[0]} and {muscles[1]} cannot be averaged; keep muscles apart.")
    return float(np.mean([value.share for value in values]))


def _require_same_type(amplitudes: Sequence[Amplitude]) -> None:
    types = {type(amplitude) for amplitude in amplitudes}
    if Amplitude in types:
        raise ModelError("an amplitude must say whether it is a peak or a mean; use PeakAmplitude or MeanAmplitude.")
    if len(types) > 1:
        raise ModelError("a peak and a mean amplitude cannot be put together: they differ two to three times; keep them apart.")
