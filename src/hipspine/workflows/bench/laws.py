"""Laws of the onset bench: what must not matter does not matter, for every method on the same trials."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from scipy import signal

from hipspine.signals.simulation.trials import Trial, gaussian_trial
from hipspine.terms import Floats
from hipspine.units import to_ms
from hipspine.workflows.bench.cells import RATE_HZ, REST_S, dice
from hipspine.workflows.bench.methods import Method, attempt

SAME_S = 1.0001 / 1000.0  # one sample at the lowest rate

Change = Callable[[Trial], tuple[Floats, float, float]]  # samples, their rate, and how much was cut from the start [s]


def laws(methods: Sequence[Method], *, seed: int) -> list[dict[str, Any]]:
    """How far the answer moves when only the unit, the polarity, the start of the record or the sampling rate changes."""
    trials = [
        gaussian_trial(dice("laws", seed=seed, number=number), snr_db=snr, rate_hz=4000.0) for number, snr in enumerate((20.0, 10.0) * 3)
    ]
    rows = []
    for method in methods:
        some = trials[: 2 if method.at_most else len(trials)]
        base = [_answer_s(method, *_same(trial), trial) for trial in some]
        for law, change in _LAWS.items():
            moved = [
                None if after is None else after - before
                for before, after in (
                    (before, _answer_s(method, *change(trial), trial))
                    for before, trial in zip(base, some, strict=True)
                    if before is not None
                )
            ]
            known = [abs(value) for value in moved if value is not None]
            holds = bool(known) and len(known) == len(moved) and max(known) <= SAME_S
            counts = {"trials": len(moved), "lost": moved.count(None), "largest_change_ms": to_ms(max(known)) if known else None}
            rows.append({"method": method.name, "law": law, **counts, "holds": holds})
    return rows


def _at_rate(trial: Trial, rate_hz: float) -> Floats:
    return np.asarray(signal.resample_poly(trial.emg, 1, round(trial.rate_hz / rate_hz)))


def _same(trial: Trial) -> tuple[Floats, float, float]:
    return _at_rate(trial, RATE_HZ), RATE_HZ, 0.0


def _scaled(trial: Trial, *, by: float) -> tuple[Floats, float, float]:
    return by * _at_rate(trial, RATE_HZ), RATE_HZ, 0.0


def _cut(trial: Trial) -> tuple[Floats, float, float]:
    return _at_rate(trial, RATE_HZ)[int(0.1 * RATE_HZ) :], RATE_HZ, 0.1


def _resampled(trial: Trial, *, rate_hz: float) -> tuple[Floats, float, float]:
    return (trial.emg if rate_hz == trial.rate_hz else _at_rate(trial, rate_hz)), rate_hz, 0.0


_LAWS: dict[str, Change] = {
    "x 1e-6": partial(_scaled, by=1e-6),
    "x 1e-3": partial(_scaled, by=1e-3),
    "x 1e3": partial(_scaled, by=1e3),
    "x 1e6": partial(_scaled, by=1e6),
    "polarity": partial(_scaled, by=-1.0),
    "starts 0.1 s later": _cut,
    "1 kHz": partial(_resampled, rate_hz=1000.0),
    "4 kHz": partial(_resampled, rate_hz=4000.0),
}


def _answer_s(method: Method, emg: Floats, rate_hz: float, cut_s: float, trial: Trial) -> float | None:
    """The onset nearest the truth on the trial's clock, None when nothing is found."""
    found, _ = attempt(method, emg, rate_hz=rate_hz, rest_s=REST_S - cut_s)
    times_s = found.on_s[np.isfinite(found.on_s)] + cut_s
    return float(times_s[np.argmin(np.abs(times_s - trial.on_s[0]))]) if times_s.size else None
