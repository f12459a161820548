"""Two rules that most studies use, written from their papers: a fair yardstick that needs no package.

- Hodges and Bui 1996, Electroencephalogr Clin Neurophysiol 101:511-519: rectify, take the mean of a sliding window, and compare it
  with mean + h standard deviations of the *rectified* rest.
- Li, Zhou and Aruin 2007; Solnik 2010 (Teager-Kaiser energy): the energy of neighbouring samples, rectified and smoothed, against
  mean + h standard deviations of its own rest for a minimal time.

Both papers were read as abstracts and as cited by others; window, threshold and band-pass are the commonly quoted ones.
"""

from types import ModuleType
from typing import Any

import numpy as np
from scipy import signal

from hipspine.terms import Floats
from hipspine.workflows.bench.scores import Detected

PACKAGE = "paper"
BAND_HZ = (20.0, 450.0)


def band_passed(emg: Floats, *, rate_hz: float, low_hz: float = BAND_HZ[0], high_hz: float = BAND_HZ[1]) -> Floats:
    """The usual band-pass of the field (Butterworth, order 2, forwards and backwards); every baseline method is given this."""
    sections = signal.butter(2, (low_hz, min(high_hz, 0.45 * rate_hz)), "band", fs=rate_hz, output="sos")
    return np.asarray(signal.sosfiltfilt(sections, emg))


def active_runs(active: np.ndarray[Any, np.dtype[np.bool_]]) -> tuple[Floats, Floats]:
    """First sample of each run of True, and the first sample after it.

    >>> active_runs(np.array([False, True, True, False, True]))
    (array([1., 4.]), array([3., 5.]))
    """
    edge = np.diff(np.concatenate([[0], active.astype(np.int8), [0]]))
    return np.flatnonzero(edge == 1).astype(float), np.flatnonzero(edge == -1).astype(float)


def hodges_bui(
    module: ModuleType | None,
    emg: Floats,
    rate_hz: float,
    rest_s: float,
    *,
    window_s: float = 0.05,
    k_sd: float = 3.0,
    low_hz: float = 20.0,
) -> Detected:
    """Onset: start of the first window whose mean rectified EMG exceeds rest by `k_sd` standard deviations.

    A trace of 1 ± 0.1 that becomes 5 at sample 1000 crosses 1.3 once 4 of the 50 samples of a window are loud:

    >>> rest, burst = np.tile([0.9, 1.1], 500), np.full(1000, 5.0)
    >>> above_baseline(np.r_[rest, burst], window=50, k_sd=3.0, rest=800)[0]
    array([954.])
    """
    del module
    rectified = np.abs(band_passed(emg, rate_hz=rate_hz, low_hz=low_hz))
    on, off = above_baseline(rectified, window=round(window_s * rate_hz), k_sd=k_sd, rest=round(rest_s * rate_hz))
    return Detected(on / rate_hz, off / rate_hz)


def above_baseline(rectified: Floats, *, window: int, k_sd: float, rest: int) -> tuple[Floats, Floats]:
    """Runs of windows (by their first sample) whose mean lies above mean + `k_sd` SD of the first `rest` samples."""
    means = np.convolve(rectified, np.full(window, 1 / window), "valid")
    return active_runs(means > rectified[:rest].mean() + k_sd * rectified[:rest].std())


def teager_kaiser(
    module: ModuleType | None, emg: Floats, rate_hz: float, rest_s: float, *, k_sd: float = 8.0, hold_s: float = 0.025, low_hz: float = 20.0
) -> Detected:
    """Onset: the smoothed energy stays above rest by `k_sd` standard deviations for `hold_s`."""
    del module
    x = band_passed(emg, rate_hz=rate_hz, low_hz=low_hz)
    energy = np.zeros_like(x)
    energy[1:-1] = x[1:-1] ** 2 - x[2:] * x[:-2]
    smooth = np.asarray(signal.sosfiltfilt(signal.butter(2, 50.0, fs=rate_hz, output="sos"), np.abs(energy)))
    rest = smooth[: round(rest_s * rate_hz)]
    on, off = active_runs(smooth > rest.mean() + k_sd * rest.std())
    long = off - on >= hold_s * rate_hz
    return Detected(on[long] / rate_hz, off[long] / rate_hz)


_HERE = {"package": PACKAGE, "module": __name__}

ROWS: tuple[dict[str, Any], ...] = (
    {**_HERE, "name": "Hodges-Bui 1996", "run": hodges_bui, "default": {"window_s": 0.05, "k_sd": 3.0},
     "grid": {"window_s": (0.01, 0.025, 0.05), "k_sd": (0.75, 1.0, 1.25, 1.5, 2.0, 3.0)}},
    {**_HERE, "name": "Teager-Kaiser", "run": teager_kaiser, "default": {"k_sd": 8.0, "hold_s": 0.025},
     "grid": {"k_sd": (1.0, 2.0, 3.0, 6.0, 8.0, 12.0), "hold_s": (0.01, 0.025, 0.05, 0.1)}},
)  # fmt: skip
