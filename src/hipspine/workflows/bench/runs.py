"""The runs of the onset bench: every method on the same trials, then silence, false delays, and speed."""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from hipspine.signals.simulation.motor_units import motor_unit_trial
from hipspine.signals.simulation.trials import Trial, gaussian_trial, shaped_noise
from hipspine.terms import Floats
from hipspine.units import to_ms
from hipspine.workflows.bench.bound import BOUNDS, best_guesses
from hipspine.workflows.bench.cells import HEADLINE, RATE_HZ, REST_S, RISE_S, Cell, dice, digest, key_of, trials_of
from hipspine.workflows.bench.kept import Kept
from hipspine.workflows.bench.methods import OURS, Method, attempt
from hipspine.workflows.bench.scores import CLEAN_S, FAR_S, MISSING_S, Outcome, covered, outcome, summary

HOUR_S = 3600.0
TRIAL_S = 4.0
LONG_S, LONG_BURSTS, LONG_SNR_DB = 60.0, 14, 15.0
REPETITIONS, REPETITIONS_S = 6, 28.0


def run_cell(
    cell: Cell, methods: Sequence[Method], *, trials: int, seed: int, kept: Kept
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Scores of every method on one condition, and each trial of ours that went wrong, with its seed."""
    signals = trials_of(cell, seed=seed, trials=trials)
    rows: list[dict[str, Any]] = []
    failures: list[dict[str, Any]] = []
    for method in methods:
        outcomes = _outcomes(method, signals, kept)
        rows.append({"method": method.name, **summary(outcomes, rate_hz=RATE_HZ), **_against_drive(outcomes, signals)})
        if method.name == OURS:
            failures = [
                {"cell": cell.name, "number": number, "seed": list(key_of(cell.name, seed=seed, number=number)), **_failure(one, what)}
                for number, one in enumerate(outcomes)
                if (what := _wrong(one))
            ]
    if cell.told is not None:
        guesses = [best_guesses(trial, cell.told) for trial in signals]
        for name, guessed in zip(BOUNDS, zip(*guesses, strict=True), strict=True):
            outcomes = [outcome(one, on_s=float(trial.on_s[0]), off_s=np.nan) for one, trial in zip(guessed, signals, strict=True)]
            rows.append({"method": name, **summary(outcomes, rate_hz=RATE_HZ), "off_mean_abs_ms": None})
    return rows, failures


def false_delays(methods: Sequence[Method], *, trials: int, seed: int, kept: Kept) -> list[dict[str, Any]]:
    """The delay each method reports between a 20 dB and a 10 dB muscle that start together with the same 100 ms rise.

    As in a clinic only onsets found within 100 ms enter; the delay is the difference of their mean errors, positive when the muscle
    with the poorer signal seems late.
    """
    makes: dict[str, Callable[..., Trial]] = {
        "gaussian": partial(gaussian_trial, rise_s=RISE_S, rate_hz=RATE_HZ),
        "units": partial(motor_unit_trial, rise_s=RISE_S, plateau=0.3, rate_hz=RATE_HZ),
    }
    rows = []
    for kind, make in makes.items():
        pair = [
            trials_of(Cell(f"delay {kind} {snr:g}", "delay", "", partial(make, snr_db=snr)), seed=seed, trials=trials)
            for snr in (20.0, 10.0)
        ]
        for method in methods:
            late = [_found_errors_s(_outcomes(method, signals, kept)) for signals in pair]
            rows.append({"method": method.name, "signal": kind, **_difference(late[0], late[1])})
    return rows


def repetitions(methods: Sequence[Method], *, trials: int, seed: int) -> list[dict[str, Any]]:
    """Ours on the conditions of the headline when one record holds six repetitions, as in a clinic: their rise is learned together.

    As many records as a condition of the headline has trials; the last row is the mean of the six conditions.
    """
    ours = next(method for method in methods if method.name == OURS)
    rows: list[dict[str, Any]] = []
    for name in HEADLINE:
        shape, snr_db, _ = name.split(" ")
        make = partial(gaussian_trial, snr_db=float(snr_db), rise_s=RISE_S if shape == "ramp" else 0.0, rate_hz=RATE_HZ)
        signals = trials_of(
            Cell(f"repetitions {name}", "repetitions", "", partial(make, duration_s=REPETITIONS_S, bursts=REPETITIONS)),
            seed=seed,
            trials=trials,
        )
        outcomes = [one for trial in signals for one in _each_burst(ours, trial)]
        rows.append({"condition": name, **summary(outcomes, rate_hz=RATE_HZ)})
    mean = float(np.mean([row["mean_abs_ms"] for row in rows]))
    error = float(np.sqrt(np.sum([(row["mean_abs_ms_se"] or 0.0) ** 2 for row in rows])) / len(rows))
    return [*rows, {"condition": "mean", "mean_abs_ms": mean, "mean_abs_ms_se": error}]


def _each_burst(method: Method, trial: Trial) -> list[Outcome]:
    """One outcome per true burst; an onset far from every burst counts once, with the first."""
    found, problem = attempt(method, trial.emg, rate_hz=trial.rate_hz, rest_s=REST_S)
    away = np.abs(found.on_s[:, None] - trial.on_s[None, :])
    false = int(np.sum(~(away.min(axis=1, initial=np.inf) <= FAR_S)))
    bursts = [outcome(found, on_s=float(on), off_s=float(off), problem=problem) for on, off in zip(trial.on_s, trial.off_s, strict=True)]
    return [replace(one, false=false if number == 0 else 0) for number, one in enumerate(bursts)]


def silence(methods: Sequence[Method], *, seed: int, kept: Kept) -> list[dict[str, Any]]:
    """Onsets reported where there is none, per hour of signal: amplifier noise, a heart on it, and steady muscle tone.

    Ours hears a full hour in trials of 4 s and an hour in one record; peers hear 10 minutes in trials of 4 s, slow ones less.
    """
    rows = []
    for kind, make in _QUIET.items():
        signals = trials_of(Cell(f"noise {kind}", "noise", "", make), seed=seed, trials=round(HOUR_S / TRIAL_S))
        for method in methods:
            heard = signals if method.name == OURS else signals[: method.at_most or len(signals) // 6]
            outcomes = _kept_unless_ours(method, heard, partial(_all_false, method, heard), kept)
            rows.append({"method": method.name, "signal": kind, **_per_hour(outcomes, hours=len(heard) * TRIAL_S / HOUR_S)})
        hour = make(dice(f"hour {kind}", seed=seed, number=0), duration_s=HOUR_S)
        ours = next(method for method in methods if method.name == OURS)
        rows.append({"method": OURS, "signal": f"{kind}, one record", **_per_hour(_all_false(ours, [hour]), hours=1.0)})
    return rows


def speeds(methods: Sequence[Method], *, seed: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """A record of 60 s with 14 bursts: what each method finds in it, and (apart, as it depends on the machine) how fast."""
    record = gaussian_trial(dice("speed", seed=seed, number=0), snr_db=LONG_SNR_DB, rate_hz=RATE_HZ, duration_s=LONG_S, bursts=LONG_BURSTS)
    found_rows, speed_rows = [], []
    for method in methods:
        attempt(method, record.emg[: int(4 * RATE_HZ)], rate_hz=RATE_HZ, rest_s=REST_S)  # compile and import outside the clock
        taken: list[float] = []
        while len(taken) < 7 and sum(taken) < 1.5:
            begun = time.process_time()  # of all threads: per core, and not disturbed by other programs
            found, problem = attempt(method, record.emg, rate_hz=RATE_HZ, rest_s=REST_S)
            taken.append(time.process_time() - begun)
        away = np.abs(found.on_s[np.isfinite(found.on_s)][:, None] - record.on_s[None, :])
        nearest = np.minimum(away.min(axis=0, initial=np.inf), 0.5)
        hits, false = int(np.sum(nearest <= FAR_S)), int(np.sum(away.min(axis=1, initial=np.inf) > FAR_S))
        counts = {"bursts": LONG_BURSTS, "found": hits, "false": false}
        found_rows.append({"method": method.name, **counts, "mean_abs_ms": to_ms(float(nearest.mean())), "problem": problem})
        rate = record.emg.size / float(np.median(taken)) / 1e6
        speed_rows.append({"method": method.name, "million_samples_per_s": rate, "repeats": len(taken)})
    speed_rows[0]["peak_memory_records"] = _peak_memory()
    return found_rows, speed_rows


def _outcomes(method: Method, signals: Sequence[Trial], kept: Kept) -> list[Outcome]:
    some = signals[: method.at_most] if method.at_most else signals
    return _kept_unless_ours(method, some, partial(_score_all, method, some), kept)


def _kept_unless_ours(method: Method, signals: Sequence[Trial], make: Callable[[], list[Outcome]], kept: Kept) -> list[Outcome]:
    """Our own results are what is being worked on: they are always made anew."""
    return make() if method.name == OURS else kept.outcomes(method, signals=digest(signals), make=make)


def _score_all(method: Method, signals: Sequence[Trial]) -> list[Outcome]:
    outcomes = []
    for trial in signals:
        found, problem = attempt(method, trial.emg, rate_hz=trial.rate_hz, rest_s=REST_S)
        outcomes.append(outcome(found, on_s=float(trial.first_potential_s[0]), off_s=float(trial.last_potential_s[0]), problem=problem))
    return outcomes


def _all_false(method: Method, signals: Sequence[Trial]) -> list[Outcome]:
    """Every onset in these is false; the truth is put where none can be near it."""
    outcomes = []
    for trial in signals:
        found, problem = attempt(method, trial.emg, rate_hz=trial.rate_hz, rest_s=REST_S)
        outcomes.append(outcome(found, on_s=-1e6, off_s=-1e6, problem=problem))
    return outcomes


def _against_drive(outcomes: Sequence[Outcome], signals: Sequence[Trial]) -> dict[str, Any]:
    """The same errors against the drive: a motor unit is seen a little later than the drive that recruits it, at both ends."""
    some = signals[: len(outcomes)]
    on_later = np.array([float(trial.first_potential_s[0] - trial.on_s[0]) for trial in some])
    off_later = np.array([float(trial.last_potential_s[0] - trial.off_s[0]) for trial in some])
    on_mean_abs, on_bias = _shifted([one.on_error_s for one in outcomes], on_later)
    off_mean_abs, off_bias = _shifted([one.off_error_s for one in outcomes], off_later)
    return {
        "drive_mean_abs_ms": on_mean_abs,
        "drive_bias_ms": on_bias,
        "off_drive_mean_abs_ms": off_mean_abs,
        "off_drive_bias_ms": off_bias,
    }


def _shifted(errors_s: Sequence[float | None], later_s: Floats) -> tuple[float, float | None]:
    """Mean absolute error and bias of errors counted from another truth [ms]."""
    errors = np.array([np.nan if error is None else error for error in errors_s]) + later_s
    hit = np.abs(errors) <= FAR_S
    mean_abs = float(np.mean(np.minimum(np.nan_to_num(np.abs(errors), nan=MISSING_S), MISSING_S)))
    return to_ms(mean_abs), to_ms(float(errors[hit].mean())) if hit.any() else None


def _wrong(one: Outcome) -> str:
    if one.problem:
        return "raised"
    if one.on_error_s is None:
        return "missed"
    if one.false:
        return "false onset"
    if abs(one.on_error_s) > CLEAN_S:
        return "off by more than 25 ms"
    if one.on_low_s is not None and one.on_high_s is not None and not covered(one.on_low_s, one.on_high_s, rate_hz=RATE_HZ):
        return "interval misses the truth"
    return ""


def _failure(one: Outcome, what: str) -> dict[str, Any]:
    def ms(value_s: float | None) -> float | None:
        return None if value_s is None else to_ms(value_s)

    return {
        "what": what, "error_ms": ms(one.on_error_s), "low_ms": ms(one.on_low_s), "high_ms": ms(one.on_high_s), "false": one.false,
        "problem": one.problem,
    }  # fmt: skip


def _found_errors_s(outcomes: Sequence[Outcome]) -> Floats:
    return np.array([one.on_error_s for one in outcomes if one.on_error_s is not None and abs(one.on_error_s) <= FAR_S])


def _difference(clear_s: Floats, poor_s: Floats) -> dict[str, Any]:
    counts = {"found_20_db": int(clear_s.size), "found_10_db": int(poor_s.size)}
    if min(clear_s.size, poor_s.size) < 2:
        return {**counts, "false_delay_ms": None, "false_delay_ms_se": None}
    error_s = np.sqrt(clear_s.var(ddof=1) / clear_s.size + poor_s.var(ddof=1) / poor_s.size)
    return {**counts, "false_delay_ms": to_ms(float(poor_s.mean() - clear_s.mean())), "false_delay_ms_se": to_ms(float(error_s))}


def _per_hour(outcomes: Sequence[Outcome], *, hours: float) -> dict[str, Any]:
    count = sum(one.false for one in outcomes)
    return {"hours": hours, "onsets": count, "onsets_per_hour": count / hours, "errors": sum(1 for one in outcomes if one.problem)}


def _steady_muscle(rng: np.random.Generator, *, duration_s: float = TRIAL_S) -> Trial:
    """Muscle tone that never changes, 10 dB above the amplifier."""
    quiet = gaussian_trial(rng, snr_db=10.0, rate_hz=RATE_HZ, duration_s=duration_s, bursts=0)
    tone = 0.1 * shaped_noise(rng, quiet.emg.size, rate_hz=RATE_HZ)
    return Trial(quiet.emg + tone, RATE_HZ, quiet.on_s, quiet.off_s, 0.0, quiet.on_s, quiet.off_s)


def _amplifier(rng: np.random.Generator, *, duration_s: float = TRIAL_S, ecg: float = 0.0) -> Trial:
    return gaussian_trial(rng, snr_db=10.0, rate_hz=RATE_HZ, duration_s=duration_s, bursts=0, ecg=ecg)


_QUIET: dict[str, Callable[..., Trial]] = {
    "amplifier": _amplifier,
    "amplifier and heart": partial(_amplifier, ecg=1.5),
    "steady muscle": _steady_muscle,
}


def _peak_memory() -> float | None:
    """Memory that our engine needs beyond the recording, as a multiple of it, measured in a fresh process; None where it cannot be."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "hipspine.workflows.bench.memory"], capture_output=True, text=True, timeout=300, check=True
        )
        return float(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
