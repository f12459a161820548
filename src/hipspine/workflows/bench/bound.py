"""How well anybody could do: two observers that are told everything about a trial except the moment, and one of them not the rise.

They know the spectra of rest and burst and that one burst starts between 1.2 and 2.0 s; the first knows the length of the rise as
well. Both answer with the median of the exact posterior (exact up to spectra of order 20 that are constant within a twentieth of the
rise). A detector that has to learn all this from one onset cannot be expected to pass the second; to come near the first it has to
learn the rise elsewhere: from the fall of the same burst, from other repetitions of the same muscle. For Gaussian trials only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import signal
from scipy.linalg import solve_toeplitz
from scipy.special import logsumexp

from hipspine.signals.simulation.trials import FIRST_ONSET_S, JITTER_S, Trial, band_power_gain, muscle_spectrum
from hipspine.terms import Floats
from hipspine.workflows.bench.scores import Detected

BOUNDS = ("told all but when", "told all but when and rise")
ORDER = 20
STEPS = 20  # in which a rise is followed
AFTER_S = 0.5  # how much of the burst is used
RISES_S = (0.0, 0.02, 0.04, 0.06, 0.08, 0.1, 0.13, 0.16, 0.2)
STEP_SHARE = 0.3  # prior of a burst that is on at once; the other rises share the rest


Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Told:
    """What the observer knows of a Gaussian trial."""

    snr_db: float
    rise_s: float


def best_guesses(trial: Trial, told: Told) -> tuple[Detected, Detected]:
    """The posterior median of the onset with its 95 % interval: knowing the rise, and not knowing it. Offsets are not looked for."""
    rate_hz = trial.rate_hz
    end = int((trial.on_s[0] + AFTER_S) * rate_hz)
    latest = min(round((FIRST_ONSET_S + JITTER_S) * rate_hz), end - round(max(RISES_S) * rate_hz))
    starts = np.arange(round(FIRST_ONSET_S * rate_hz), latest + 1)
    rest, muscle = _covariances(told.snr_db, rate_hz=rate_hz)
    gains = (np.arange(STEPS) + 0.5) / STEPS
    steps = [_gathered(trial.emg[:end], rest, rest + gain**2 * muscle) for gain in gains]
    full = _gathered(trial.emg[:end], rest, rest + muscle)
    scores = np.array([_score(starts, round(rise_s * rate_hz), steps, full) for rise_s in RISES_S])
    priors = np.array([STEP_SHARE if rise_s == 0 else (1 - STEP_SHARE) / (len(RISES_S) - 1) for rise_s in RISES_S])
    known = scores[RISES_S.index(told.rise_s)]
    unknown = logsumexp(scores + np.log(priors)[:, None], axis=0)
    return _median(starts / rate_hz, known), _median(starts / rate_hz, np.asarray(unknown))


def _score(starts: Indices, rising: int, steps: Sequence[Floats], full: Floats) -> Floats:
    """(start,) log-likelihood ratio of a burst that starts there and rises over so many samples."""
    score: Floats = full[-1] - full[starts + rising]
    edges = np.linspace(0, rising, STEPS + 1).round().astype(int)
    for part, (first, last) in zip(steps, pairwise(edges), strict=True):
        score = score + part[starts + last] - part[starts + first]
    return score


def _median(times_s: Floats, score: Floats) -> Detected:
    mass = np.cumsum(np.exp(score - score.max()))
    low, median, high = (times_s[np.searchsorted(mass, share * mass[-1])] for share in (0.025, 0.5, 0.975))
    return Detected(np.array([median]), np.empty(0), np.array([[low, high]]))


def _covariances(snr_db: float, *, rate_hz: float) -> tuple[Floats, Floats]:
    """Autocovariances (lags 0..ORDER) of the noise and of the full burst without it, in the units of a benchmark trial."""
    hz = np.linspace(0.0, rate_hz / 2, 20001)
    gain, spectrum = band_power_gain(20001, rate_hz=rate_hz), muscle_spectrum(hz)
    lags = np.cos(2 * np.pi * np.outer(np.arange(ORDER + 1), hz) / rate_hz)
    muscle = 0.01 * (lags @ spectrum) / np.sum(spectrum * gain)
    rest = np.zeros(ORDER + 1)
    rest[0] = 0.01 * 10.0 ** (-snr_db / 10.0) / np.mean(gain)
    return rest, muscle


def _gathered(emg: Floats, rest: Floats, active: Floats) -> Floats:
    """(sample + 1,) running sum of the log-likelihood ratio of an active spectrum against rest."""
    (rest_error, rest_power), (error, power) = _prediction(emg, rest), _prediction(emg, active)
    ratio = 0.5 * (np.log(rest_power / power) + rest_error**2 / rest_power - error**2 / power)
    return np.concatenate([[0.0], np.cumsum(ratio)])


def _prediction(emg: Floats, covariance: Floats) -> tuple[Floats, float]:
    """Errors of the best linear prediction from the last ORDER samples, and their power."""
    weights = solve_toeplitz(covariance[:-1], covariance[1:])
    errors = np.asarray(signal.lfilter(np.concatenate([[1.0], -weights]), [1.0], emg))
    return errors, float(covariance[0] - weights @ covariance[1:])
