"""How each package is called: one small adapter per package, its defaults, and the grid that tuning tries.

Everything that wants a filtered signal gets the usual 20-450 Hz band-pass; everything that wants a baseline gets the true rest. Where a
package has no default, the value is the one its paper or its documentation names. Windows that packages count in samples are given
in seconds here and converted.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
from scipy import signal

from hipspine.terms import Floats
from hipspine.workflows.bench.classical import band_passed
from hipspine.workflows.bench.scores import NOTHING, Detected

# below 0.5 Msample/s, and half a second or more for a trace of 4 s: fewer trials, in fewer conditions
SLOW: dict[str, Any] = {"at_most": 10, "only": ("step", "ramp", "units step", "units ramp", "ecg", "noise", "laws", "speed")}
VERY_SLOW: dict[str, Any] = {"at_most": 4, "only": ("step", "ramp")}


def biosppy(
    module: ModuleType, emg: Floats, rate_hz: float, rest_s: float, *, detector: str, low_hz: float = 20.0, **settings: Any
) -> Detected:
    """BioSPPy returns onsets and offsets in one sorted array; they are read as pairs, as its users do."""
    x = band_passed(emg, rate_hz=rate_hz, low_hz=low_hz)
    arguments = {name.removesuffix("_s"): round(value * rate_hz) if name.endswith("_s") else value for name, value in settings.items()}
    if detector not in ("find_onsets", "silva_onset_detector"):
        arguments["rest"] = x[: round(rest_s * rate_hz)]
    both = np.asarray(getattr(module, detector)(signal=x, sampling_rate=rate_hz, **arguments)["onsets"], dtype=float)
    return Detected(both[0::2] / rate_hz, both[1::2] / rate_hz)


def neurokit(
    module: ModuleType, emg: Floats, rate_hz: float, rest_s: float, *, method: str, k_sd: float | None = None, **settings: Any
) -> Detected:
    """NeuroKit2 with its own cleaning and amplitude; `k_sd` sets its threshold from the true rest, as a careful user would."""
    clean = module.emg_clean(emg, sampling_rate=rate_hz)
    amplitude = module.emg_amplitude(clean)
    if k_sd is not None:
        rest = np.asarray(amplitude)[: round(rest_s * rate_hz)]
        settings["threshold"] = float(rest.mean() + k_sd * rest.std())
    _, found = module.emg_activation(emg_amplitude=amplitude, emg_cleaned=clean, sampling_rate=rate_hz, method=method, **settings)
    return Detected(np.asarray(found["EMG_Onsets"], dtype=float) / rate_hz, np.asarray(found["EMG_Offsets"], dtype=float) / rate_hz)


def pyomeca(
    module: ModuleType, emg: Floats, rate_hz: float, rest_s: float, *, k_sd: float, above_s: float, low_pass_hz: float, low_hz: float = 20.0
) -> Detected:
    """The rule of pyomeca on a low-passed envelope; its user chooses the threshold, here from the true rest."""
    rectified = np.abs(band_passed(emg, rate_hz=rate_hz, low_hz=low_hz))
    envelope = np.asarray(signal.sosfiltfilt(signal.butter(2, low_pass_hz, fs=rate_hz, output="sos"), rectified))
    rest = envelope[: round(rest_s * rate_hz)]
    pairs = np.atleast_2d(module.detect_onset(envelope, rest.mean() + k_sd * rest.std(), round(above_s * rate_hz), round(0.01 * rate_hz)))
    return Detected(pairs[:, 0] / rate_hz, pairs[:, 1] / rate_hz) if pairs.size else NOTHING


def myonset(
    module: ModuleType, emg: Floats, rate_hz: float, rest_s: float, *, method: str, low_hz: float = 20.0, **settings: Any
) -> Detected:
    """For myonset time counts from the end of the baseline, as in a reaction-time epoch."""
    x = band_passed(emg, rate_hz=rate_hz, low_hz=low_hz)
    times_s = np.arange(x.size) / rate_hz - rest_s
    on, off = module.get_onsets(x, times_s, method=method, params=settings, sf=rate_hz)
    return Detected(np.asarray(on, dtype=float) / rate_hz, np.asarray(off, dtype=float) / rate_hz)


def ruptures(module: ModuleType, emg: Floats, rate_hz: float, rest_s: float, *, changes: int) -> Detected:
    """No rule of ruptures chooses the number of changes: it is told that there are two."""
    del rest_s
    x = band_passed(emg, rate_hz=rate_hz)
    ends = module.Binseg(model="normal", min_size=50, jump=5).fit(x.reshape(-1, 1)).predict(n_bkps=changes)
    return Detected(np.array(ends[0:changes:2]) / rate_hz, np.array(ends[1:changes:2]) / rate_hz)


def _row(run: Callable[..., Detected], package: str, module: str, name: str, **more: Any) -> dict[str, Any]:
    return {"run": run, "package": package, "module": module, "name": f"{package} {name}", **more}


def _biosppy(
    name: str, detector: str, default: dict[str, Any], grid: dict[str, tuple[Any, ...]] | None = None, **more: Any
) -> dict[str, Any]:
    fixed = {"detector": detector}
    tried = {"detector": (detector,), **grid} if grid else {}
    return _row(biosppy, "biosppy", "biosppy.signals.emg", name, default={**fixed, **default}, grid=tried, **more)


def _neurokit(name: str, grid: dict[str, tuple[Any, ...]] | None = None, **more: Any) -> dict[str, Any]:
    tried = {"method": (name,), **grid} if grid else {}
    return _row(neurokit, "neurokit2", "neurokit2", name, default={"method": name}, grid=tried, **{**SLOW, "told": "nothing", **more})


_LIDIERTH = {"size_s": 0.05, "threshold": 3.0, "active_state_duration_s": 0.03, "fail_size_s": 0.01}
_BONATO = {"threshold": 9.2, "active_state_duration": 30, "samples_above_fail": 10, "fail_size": 20}
_ABBINK = {"size_s": 0.05, "alarm_size_s": 0.05, "threshold": 3.0, "transition_threshold": 3.0}

ROWS: tuple[dict[str, Any], ...] = (
    _biosppy("find_onsets", "find_onsets", {}, {"size": (0.025, 0.05, 0.1, 0.15), "threshold": (0.02, 0.03, 0.04, 0.05)}, told="nothing"),
    _biosppy("hodges", "hodges_bui_onset_detector", {"size_s": 0.05, "threshold": 3.0},
             {"size_s": (0.01, 0.025, 0.05, 0.1), "threshold": (0.9, 1.0, 1.1, 1.2, 1.5, 2.0, 3.0)}),
    _biosppy("bonato", "bonato_onset_detector", _BONATO,
             {"threshold": (4.0, 6.0, 9.2, 12.0), "active_state_duration": (10, 25, 50, 80), "samples_above_fail": (10,),
              "fail_size": (10, 40, 80)}),
    _biosppy("lidierth", "lidierth_onset_detector", _LIDIERTH,
             {"size_s": (0.005, 0.01, 0.025, 0.05), "threshold": (0.8, 1.0, 1.2, 1.5, 2.0), "active_state_duration_s": (0.03, 0.06, 0.1),
              "fail_size_s": (0.01, 0.02)}),
    _biosppy("abbink", "abbink_onset_detector", _ABBINK, **VERY_SLOW),
    _biosppy("solnik", "solnik_onset_detector", {"threshold": 15.0, "active_state_duration_s": 0.025},
             {"threshold": (0.01, 0.03, 0.1, 0.3, 0.6, 1.0, 2.0), "active_state_duration_s": (0.0025, 0.005, 0.0125, 0.025)}),
    _biosppy("silva", "silva_onset_detector", {"size_s": 0.02, "threshold_size_s": 0.022, "threshold": 0.02},
             {"size_s": (0.02, 0.05, 0.1), "threshold_size_s": (0.105,), "threshold": (0.01, 0.02, 0.03, 0.04, 0.05)}, told="nothing"),
    _biosppy("londral", "londral_onset_detector", {"size_s": 0.05, "threshold": 3.0, "active_state_duration_s": 0.025}, **SLOW),
    _neurokit("threshold", {"k_sd": (1.0, 2.0, 3.0, 4.0, 5.0, 8.0)}),
    _neurokit("mixture"),
    _neurokit("biosppy", {"size": (0.025, 0.05, 0.1)}),
    _neurokit("silva"),
    _neurokit("pelt", **VERY_SLOW),
    _row(pyomeca, "pyomeca", "pyomeca.processing.misc", "detect_onset", default={"k_sd": 3.0, "above_s": 0.05, "low_pass_hz": 6.0},
         grid={"k_sd": (0.5, 1.0, 1.5, 2.0, 3.0, 5.0), "above_s": (0.025, 0.05, 0.1), "low_pass_hz": (6.0, 20.0, 50.0, 100.0)}),
    _row(myonset, "myonset", "myonset", "single", default={"method": "single_threshold"},
         grid={"method": ("single_threshold",), "th_raw": (1.5, 2.0, 2.5, 3.5), "th_tkeo": (2.0, 4.0, 8.0), "min_samples_raw": (3, 30, 60),
               "min_samples_tkeo": (10, 30, 60)}),
    _row(myonset, "myonset", "myonset", "double", default={"method": "double_threshold"},
         grid={"method": ("double_threshold",),
               "th_raw": (1.0, 1.5, 2.0, 3.0), "th_tkeo": (1.5, 3.0, 6.0), "window_size": (0.02, 0.05, 0.1),
               "min_samples": (3, 20, 60)}),
    _row(ruptures, "ruptures", "ruptures", "binseg", default={"changes": 2}, told="that there is one burst", **SLOW),
)  # fmt: skip
