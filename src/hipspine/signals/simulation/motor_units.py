"""Benchmark trials made of motor-unit trains: the judge of the onset engine.

Shape and truth are those of `trials`, but the signal is not Gaussian: few units give heavy tails, a rise recruits unit after unit, a
tonic background and a burst come from the same units, and the first discharges after a step come almost together.
"""

import numpy as np

from hipspine.errors import InputError
from hipspine.signals.simulation.artefacts import clipped, mains_hum, ricker_ecg
from hipspine.signals.simulation.pools import (
    Discharges,
    MotorUnitPool,
    add_up,
    arrivals_s,
    discharge,
    draw_pool,
    emg_from_drive,
)
from hipspine.signals.simulation.trials import BURST_RMS, Trial, burst_starts, in_band, sample_times, trapezoids, white_noise
from hipspine.terms import Floats

__all__ = ["Discharges", "MotorUnitPool", "add_up", "arrivals_s", "discharge", "draw_pool", "emg_from_drive", "motor_unit_trial"]

DRIVE_HZ = 8000.0  # the drive and the discharges do not depend on how fast the electrode is sampled


def motor_unit_trial(
    rng: np.random.Generator,
    *,
    snr_db: float,
    rise_s: float = 0.0,
    plateau: float = 0.3,
    tonic: float = 0.0,
    levels: tuple[float, ...] | None = None,
    noise_drift_db: float = 0.0,
    mains: float = 0.0,
    mains_hz: float = 50.0,
    ecg: float = 0.0,
    clip: float | None = None,
    rate_hz: float = 2000.0,
    duration_s: float = 4.0,
    bursts: int = 1,
    burst_s: float = 1.0,
    units: int = 120,
    pool: MotorUnitPool | None = None,
) -> Trial:
    """Trial of motor-unit trains under a drive that rises and falls linearly; burst RMS 0.1 in the 20-450 Hz band.

    The truth: ``on_s`` is the moment the drive leaves its resting value, with no lag between nerve and electrode (the earliest unit of
    the pool would be seen at once). ``first_potential_s`` is when the first potential of the burst has reached 5 % of its own peak at the
    electrode: before it, nothing of the burst can be seen by anybody. It follows ``on_s`` by some milliseconds, because the membrane
    follows the drive with a lag and a first discharge waits for chance. ``off_s`` is when the drive is back at rest,
    ``last_potential_s`` when the last potential has fallen below 5 % of its peak for good. With a tonic background the units fire
    anyway and only the drive counts: both are equal.

    Args:
        snr_db: power of the whole burst between rise and fall over the power of the sensor noise in mid-record, both within 20-450 Hz.
            The tonic background is not noise: it comes on top.
        rise_s: length of the linear rise and fall of the drive; 0 is a step.
        plateau: drive in the burst as a share of maximal drive, such as 0.05 to 0.6.
        tonic: drive before and after the burst, on the same scale; 0.02 makes a fifth of the units fire.
        levels: the burst is cut into equal parts with these multiples of the plateau (half-way 50 ms changes between them).
        noise_drift_db: the sensor noise grows by so much from start to end of the record.
        mains: RMS of the mains hum as a multiple of the burst RMS.
        ecg: peak of the QRS train as a multiple of the burst RMS.
        clip: rails at this multiple of the burst RMS.
        units: size of the pool; with 20 units and a plateau of 0.1, about 10 are active.
        pool: a pool to use instead of drawing one of ``units``.

    >>> trial = motor_unit_trial(np.random.default_rng(1), snr_db=20.0, rise_s=0.1)
    >>> bool(trial.on_s[0] <= trial.first_potential_s[0] < trial.on_s[0] + 0.1)
    True
    """
    if not 0.0 <= tonic < plateau <= 1.0:
        raise InputError(f"tonic is {tonic:g} and plateau {plateau:g}; both are shares of maximal drive with 0 <= tonic < plateau <= 1")
    pool = pool or draw_pool(rng, units=units)
    on_s = burst_starts(rng, bursts=bursts, burst_s=burst_s, duration_s=duration_s)
    off_s = on_s + burst_s
    fine_s = sample_times(duration_s=duration_s, rate_hz=DRIVE_HZ)
    shape = trapezoids(fine_s, on_s=on_s, off_s=off_s, rise_s=rise_s)
    if levels is not None:
        shape = shape * _steps(fine_s, on_s=on_s, burst_s=burst_s, levels=levels)
    drive = tonic + (plateau - tonic) * shape
    if drive.min() < 0.0 or drive.max() > 1.0:
        raise InputError(f"levels {levels} take the drive to {drive.min():g} .. {drive.max():g}; it must stay between 0 and 1")
    fired = discharge(rng, pool, drive, rate_hz=DRIVE_HZ)
    samples = round(duration_s * rate_hz)
    muscle = add_up(fired, pool, samples=samples, rate_hz=rate_hz)
    muscle = muscle / _burst_rms(muscle, on_s=on_s + rise_s, off_s=off_s - rise_s, rate_hz=rate_hz)
    first_s, last_s = (on_s, off_s) if tonic > 0 else _visible(fired, pool, on_s=on_s, off_s=off_s)
    noise_db = -snr_db + noise_drift_db * (np.arange(samples) / samples - 0.5)
    emg = muscle + 10.0 ** (noise_db / 20.0) * white_noise(rng, samples, rate_hz=rate_hz)
    if mains:
        emg = emg + mains * mains_hum(rng, samples, rate_hz=rate_hz, mains_hz=mains_hz)
    if ecg:
        emg = emg + ecg * ricker_ecg(rng, samples, rate_hz=rate_hz).trace
    if clip is not None:
        emg = clipped(emg, rail=clip)
    return Trial(BURST_RMS * emg, rate_hz, on_s, off_s, rise_s, first_s, last_s)


def _steps(times_s: Floats, *, on_s: Floats, burst_s: float, levels: tuple[float, ...]) -> Floats:
    """Multiples of the plateau inside each burst, equal parts, linear changes of 50 ms around each border; 1 outside bursts."""
    if not levels or min(levels) <= 0:
        raise InputError(f"levels {levels} must be multiples of the plateau above 0, such as (1.0, 0.5, 0.8)")
    borders_s = burst_s / len(levels) * np.arange(1, len(levels))
    knots_s = np.sort(np.r_[borders_s - 0.025, borders_s + 0.025])
    multiple = np.ones_like(times_s)
    for start_s in on_s:
        inside = (times_s >= start_s) & (times_s <= start_s + burst_s)
        multiple[inside] = np.interp(times_s[inside] - start_s, np.r_[0.0, knots_s], np.repeat(levels, 2)[: knots_s.size + 1])
    return multiple


def _burst_rms(muscle: Floats, *, on_s: Floats, off_s: Floats, rate_hz: float) -> float:
    """RMS within 20-450 Hz over all bursts between these times."""
    if on_s.size == 0:
        return max(float(np.std(muscle)), 1e-30)
    within = in_band(muscle, rate_hz=rate_hz)
    power = [np.mean(within[int(a * rate_hz) : max(int(b * rate_hz), int(a * rate_hz) + 1)] ** 2) for a, b in zip(on_s, off_s, strict=True)]
    rms = float(np.sqrt(np.mean(power)))
    if rms == 0.0:
        raise InputError("no motor unit fires in the burst; raise the plateau or make the burst longer")
    return rms


def _visible(fired: Discharges, pool: MotorUnitPool, *, on_s: Floats, off_s: Floats) -> tuple[Floats, Floats]:
    """First and last moment of each burst at which a potential stands above 5 % of its peak; those of the drive where none fired."""
    arrivals = arrivals_s(fired, pool)
    begins, ends = arrivals + pool.begins_s[fired.unit], arrivals + pool.ends_s[fired.unit]
    borders_s = np.r_[-np.inf, (off_s[:-1] + on_s[1:]) / 2, np.inf]
    first_s, last_s = on_s.copy(), off_s.copy()
    for k in range(on_s.size):
        mine = (arrivals >= borders_s[k]) & (arrivals < borders_s[k + 1])
        if mine.any():
            first_s[k], last_s[k] = begins[mine].min(), ends[mine].max()
    return first_s, last_s
