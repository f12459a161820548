"""Motor-unit trains behave as muscles do: recruited by size, firing faster with drive, Gaussian only when many."""

import time

import numpy as np
import pytest
from scipy import signal, stats

from hipspine.errors import InputError
from hipspine.signals.simulation import kernels
from hipspine.signals.simulation.motor_units import (
    MotorUnitPool,
    add_up,
    arrivals_s,
    discharge,
    draw_pool,
    emg_from_drive,
    motor_unit_trial,
)
from hipspine.signals.simulation.potentials import Electrode
from hipspine.signals.simulation.trials import BURST_RMS, in_band, white_noise

RATE_HZ = 2000.0


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def pool() -> MotorUnitPool:
    return draw_pool(rng(1), units=120)


def held(drive: float, *, seconds: float = 10.0) -> np.ndarray:
    return np.full(round(seconds * RATE_HZ), drive)


def middle_hz(emg: np.ndarray) -> float:
    hz, density = signal.welch(emg, RATE_HZ, nperseg=2048)
    return float(hz[np.searchsorted(np.cumsum(density), density.sum() / 2)])


# ------------------------------------------------------------------------------------------------------- discharges


def test_units_are_recruited_by_size(pool: MotorUnitPool) -> None:
    before: set[int] = set()
    for drive in (0.01, 0.05, 0.15, 0.4, 0.9):
        active = set(discharge(rng(), pool, held(drive, seconds=3.0), rate_hz=RATE_HZ).unit.tolist())
        assert active == set(range(len(active)))  # always the smallest ones
        assert before < active
        before = active
    sizes = np.ptp(pool.potentials, axis=1)
    assert stats.spearmanr(np.arange(120), sizes).statistic > 0.6


def test_a_muscle_at_rest_is_silent(pool: MotorUnitPool) -> None:
    assert discharge(rng(), pool, held(0.0), rate_hz=RATE_HZ).unit.size == 0


@pytest.mark.parametrize("cv", [0.0, 0.1, 0.2])
def test_intervals_vary_as_asked(cv: float) -> None:
    fired = discharge(rng(), draw_pool(rng(1), units=40, interval_cv=cv), held(0.5, seconds=60.0), rate_hz=RATE_HZ)
    found = []
    for unit in range(30):
        intervals = np.diff(fired.times_s[fired.unit == unit])[20:]
        found.append(np.std(intervals) / np.mean(intervals))
    assert np.mean(found) == pytest.approx(cv, abs=0.01)


def test_rates_lie_between_recruitment_and_peak_and_grow_with_drive(pool: MotorUnitPool) -> None:
    rates = []
    for drive in (0.05, 0.3, 1.0):
        fired = discharge(rng(), pool, held(drive), rate_hz=RATE_HZ)
        first = fired.times_s[(fired.unit == 0) & (fired.times_s > 2.0)]
        rates.append(1.0 / np.mean(np.diff(first)))
    assert 8.0 < rates[0] < rates[1] < rates[2] <= 36.0
    fired = discharge(rng(), pool, held(1.0), rate_hz=RATE_HZ)
    last = fired.times_s[(fired.unit == 119) & (fired.times_s > 2.0)]
    assert 1.0 / np.mean(np.diff(last)) == pytest.approx(25.0, rel=0.05)  # later units stay slower


def first_rates(pool: MotorUnitPool, drive: np.ndarray) -> np.ndarray:
    fired = discharge(rng(), pool, drive, rate_hz=RATE_HZ)
    trains = [fired.times_s[fired.unit == unit] for unit in range(pool.units)]
    return np.array([1.0 / (train[1] - train[0]) for train in trains if train.size > 2])


def test_a_brisk_step_starts_with_60_to_120_discharges_a_second_and_a_slow_ramp_with_5_to_15(pool: MotorUnitPool) -> None:
    brisk = first_rates(pool, np.r_[held(0.0, seconds=1.0), held(0.6, seconds=2.0)])
    slow = first_rates(pool, np.linspace(0.0, 0.6, round(10.0 * RATE_HZ)))
    assert 60.0 <= np.median(brisk) <= 120.0
    assert np.max(brisk) < 200.0
    assert 5.0 <= np.median(slow) <= 15.0


def test_first_potentials_after_a_step_crowd_within_a_few_milliseconds_but_not_at_once(pool: MotorUnitPool) -> None:
    fired = discharge(rng(), pool, np.r_[held(0.0, seconds=1.0), held(0.6, seconds=1.0)], rate_hz=RATE_HZ)
    first_s = np.array([fired.times_s[fired.unit == unit][0] for unit in range(100)]) - 1.0
    assert 0.003 < np.std(first_s) < 0.02
    assert np.max(first_s) < 0.06
    assert np.min(first_s) >= -1.0 / RATE_HZ  # the step lies between two samples of the drive


def test_a_record_that_begins_active_does_not_begin_with_a_volley(pool: MotorUnitPool) -> None:
    fired = discharge(rng(), pool, held(0.3, seconds=2.0), rate_hz=RATE_HZ)
    counts, _ = np.histogram(fired.times_s, bins=np.arange(0.0, 2.01, 0.05))
    assert counts[0] < 1.4 * np.median(counts)
    assert counts[0] > 0.6 * np.median(counts)


def test_a_drive_outside_0_to_1_is_refused(pool: MotorUnitPool) -> None:
    for bad in (np.array([0.0, 1.5]), np.array([-0.1, 0.0]), np.array([np.nan]), np.zeros((2, 2))):
        with pytest.raises(InputError, match="between 0 and 1"):
            discharge(rng(), pool, bad, rate_hz=RATE_HZ)


def test_impossible_pools_are_refused() -> None:
    for wrong in ({"units": 0}, {"recruitment_range": 1.0}, {"interval_cv": 0.9}):
        with pytest.raises(InputError, match="a pool needs"):
            draw_pool(rng(), **wrong)


# ---------------------------------------------------------------------------------------- compiled loops, second road


def test_discharges_fall_where_the_integral_of_the_rate_reaches_the_summed_intervals() -> None:
    rate_hz, seconds = 4000.0, 5.0
    times_s = np.arange(round(rate_hz * seconds)) / rate_hz
    excitation = 12.0 + 6.0 * np.sin(2.0 * np.pi * 0.7 * times_s)
    boost_hz = 10.0 * (1.0 + np.cos(times_s))
    intervals = np.clip(1.0 + 0.15 * rng(2).standard_normal((2, 300)), 0.2, None)
    underway, thresholds = np.array([0.2, 0.7]), np.array([1.0, 5.0])
    slowest, fastest = np.full(2, 8.0), np.array([20.0, 15.0])
    unit, found_s = kernels.fire_units(
        excitation, boost_hz, thresholds, slowest, fastest, 1.0, intervals, underway, np.zeros((2, 1)), rate_hz
    )
    for u in range(2):
        rate = np.minimum(fastest[u], slowest[u] + excitation - thresholds[u]) + boost_hz
        grown = np.cumsum(rate) / rate_hz
        due = np.cumsum(intervals[u]) - underway[u] * intervals[u, 0]
        expected_s = np.interp(due[due < grown[-1]], np.r_[0.0, grown], np.r_[times_s[0] - 1.0 / rate_hz, times_s])
        assert expected_s.size > 60
        np.testing.assert_allclose(found_s[unit == u], expected_s, atol=1e-9)


def test_compiled_and_interpreted_discharges_are_the_same_around_a_threshold() -> None:
    wave = 6.0 + 6.0 * np.sin(np.arange(4000) / 300.0) + 0.3 * rng().standard_normal(4000)
    boost = np.maximum(0.0, np.sin(np.arange(4000) / 500.0)) * 20.0
    intervals = 1.0 + 0.15 * rng(2).standard_normal((3, 200))
    units = (np.array([1.0, 4.0, 9.0]), np.full(3, 8.0), np.array([35.0, 30.0, 25.0]))
    given = (wave, boost, *units, 1.0, intervals, np.array([0.2, 0.5, 0.8]), np.full((3, 2), 0.004), 2000.0)
    compiled, plain = kernels.fire_units(*given), kernels.fire_units.py_func(*given)
    assert compiled[0].size > 40
    np.testing.assert_array_equal(compiled[0], plain[0])
    np.testing.assert_allclose(compiled[1], plain[1], rtol=0, atol=1e-12)
    shortest_s = [np.diff(compiled[1][compiled[0] == u]).min() for u in range(3)]
    assert min(shortest_s) > 0.005  # a noisy crossing of the threshold makes no doublets


def test_adding_potentials_is_a_convolution_of_impulses(pool: MotorUnitPool) -> None:
    fired = discharge(rng(), pool, held(0.3, seconds=2.0), rate_hz=RATE_HZ)
    fast = add_up(fired, pool, samples=4000, rate_hz=RATE_HZ)
    fine = np.zeros(4000 * 8 + 1000)
    places = np.rint(arrivals_s(fired, pool) * RATE_HZ * 8).astype(int)
    for unit, place in zip(fired.unit, places, strict=True):
        first, skip = max(place, 0), max(-place, 0)
        fine[first : first + pool.potentials.shape[1] - skip] += pool.potentials[unit, skip:][: fine.size - first]
    np.testing.assert_allclose(fast, fine[: 4000 * 8 : 8], atol=1e-9 * np.abs(fast).max())


def test_a_potential_may_reach_over_both_ends_of_the_record() -> None:
    trace, potentials = np.zeros(10), np.arange(1.0, 7.0).reshape(1, 1, 6)
    kernels.add_potentials(trace, np.array([0, 0]), np.array([-3.0, 8.0]), potentials)
    assert trace.tolist() == [4.0, 5.0, 6.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0]


def test_a_minute_of_a_large_pool_takes_less_than_a_second() -> None:
    pool = draw_pool(rng(), units=200)
    drive = held(0.5, seconds=60.0)
    emg_from_drive(rng(), pool, drive[:2000], rate_hz=RATE_HZ)  # compiled
    started = time.perf_counter()
    emg_from_drive(rng(), pool, drive, rate_hz=RATE_HZ)
    assert time.perf_counter() - started < 1.0


# --------------------------------------------------------------------------------------------------------- the signal


def test_median_frequency_is_that_of_surface_emg_and_falls_with_fat() -> None:
    middles = []
    for fat_mm in (2.0, 5.0, 15.0):
        pools = [draw_pool(rng(seed), electrode=Electrode(fat_mm=fat_mm)) for seed in range(3)]
        middles.append(np.mean([middle_hz(emg_from_drive(rng(9), pool, held(0.4), rate_hz=RATE_HZ)) for pool in pools]))
    assert 60.0 < middles[1] < middles[0] < 130.0
    assert middles[2] < middles[1] - 10.0


def test_amplitude_grows_with_drive_to_the_size_of_real_surface_emg(pool: MotorUnitPool) -> None:
    rms = [np.std(emg_from_drive(rng(), pool, held(drive), rate_hz=RATE_HZ)) for drive in (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)]
    assert np.all(np.diff(rms) > 0)
    assert 2e-6 < rms[1] < 1e-4
    assert 2e-4 < rms[-1] < 3e-3


def test_few_units_have_heavy_tails_and_many_come_close_to_gaussian() -> None:
    def kurtosis(units: int, drive: float) -> float:
        return float(
            np.mean(
                [stats.kurtosis(emg_from_drive(rng(9), draw_pool(rng(s), units=units), held(drive), rate_hz=RATE_HZ)) for s in range(6)]
            )
        )

    few, some, many = kurtosis(10, 0.1), kurtosis(60, 0.5), kurtosis(300, 1.0)
    assert few > 3.0
    assert few > some > many
    assert abs(many) < 0.5


def test_hardly_anything_lies_above_500_hz(pool: MotorUnitPool) -> None:
    hz, density = signal.welch(emg_from_drive(rng(), pool, held(0.5), rate_hz=8000.0), 8000.0, nperseg=4096)
    assert density[hz > 500].sum() / density.sum() < 0.01


def test_sampling_rate_changes_nothing_but_the_samples(pool: MotorUnitPool) -> None:
    fired = discharge(rng(), pool, held(0.3, seconds=2.0), rate_hz=RATE_HZ)
    slow, fast = (add_up(fired, pool, samples=round(2.0 * rate), rate_hz=rate) for rate in (1000.0, 4000.0))
    assert np.corrcoef(fast[::4], slow)[0, 1] > 0.999


# ---------------------------------------------------------------------------------------------------------- the trials


def test_no_potential_of_a_burst_is_seen_before_the_truth_says_so() -> None:
    for seed in range(20):
        trial = motor_unit_trial(rng(seed), snr_db=300.0, rise_s=0.1)
        times_s = np.arange(trial.emg.size) / trial.rate_hz
        on_s, first_s = trial.on_s[0], trial.first_potential_s[0]
        assert on_s <= first_s < on_s + 0.04
        assert np.abs(trial.emg[times_s < first_s - 0.001]).max() < 0.01 * BURST_RMS
        assert np.abs(trial.emg[times_s > trial.last_potential_s[0] + 0.001]).max() < 0.05 * BURST_RMS


@pytest.mark.parametrize("snr_db", [5.0, 20.0])
def test_the_ratio_of_burst_and_noise_is_the_one_asked_for(snr_db: float) -> None:
    trial = motor_unit_trial(rng(1), snr_db=snr_db, bursts=14, duration_s=60.0)
    within = in_band(trial.emg, rate_hz=RATE_HZ)
    times_s = np.arange(within.size) / RATE_HZ
    burst = np.any([(times_s > a) & (times_s < b) for a, b in zip(trial.on_s, trial.off_s, strict=True)], axis=0)
    rest = ~np.any([(times_s > a - 0.1) & (times_s < b + 0.2) for a, b in zip(trial.on_s, trial.off_s, strict=True)], axis=0)
    ratio = np.mean(within[burst] ** 2) / np.mean(within[rest] ** 2) - 1.0
    assert 10.0 * np.log10(ratio) == pytest.approx(snr_db, abs=0.8)


def test_tonic_background_fires_before_the_burst_and_only_the_drive_counts() -> None:
    trial = motor_unit_trial(rng(2), snr_db=300.0, rise_s=0.05, tonic=0.05, plateau=0.4)
    first = int(trial.on_s[0] * RATE_HZ)
    before, inside = trial.emg[: first - 20], trial.emg[first + 200 : first + 1600]
    assert 0.01 < np.std(before) / np.std(inside) < 0.5
    np.testing.assert_array_equal(trial.first_potential_s, trial.on_s)


def test_levels_change_the_amplitude_inside_one_burst() -> None:
    parts = []
    for seed in range(6):
        trial = motor_unit_trial(rng(seed), snr_db=300.0, levels=(1.0, 0.2, 0.7), plateau=0.5, burst_s=1.5)
        first = int(trial.on_s[0] * RATE_HZ)
        parts.append([np.std(trial.emg[first + 1000 * k + 200 : first + 1000 * k + 900]) for k in range(3)])
    loud, quiet, middle = np.mean(parts, axis=0)
    assert quiet < 0.4 * loud
    assert quiet < middle < loud


def test_noise_drifts_by_the_asked_decibels() -> None:
    trial = motor_unit_trial(rng(), snr_db=10.0, noise_drift_db=12.0, duration_s=60.0, bursts=1)
    first, last = (np.std(trial.emg[part]) for part in (slice(0, 2000), slice(-2000, None)))
    assert 20.0 * np.log10(last / first) == pytest.approx(12.0 * 59 / 60, abs=0.5)


def test_mains_heart_and_rails_come_in_multiples_of_the_burst() -> None:
    hum = motor_unit_trial(rng(), snr_db=300.0, mains=2.0, duration_s=20.0).emg[:2000]
    assert np.std(hum) == pytest.approx(2.0 * BURST_RMS, rel=0.02)
    hz, density = signal.welch(hum, RATE_HZ, nperseg=2000)
    assert hz[np.argmax(density)] == 50.0
    beat = motor_unit_trial(rng(), snr_db=300.0, ecg=1.5).emg[:2000]
    assert np.max(beat) == pytest.approx(1.5 * BURST_RMS, rel=0.25)
    railed = motor_unit_trial(rng(), snr_db=20.0, clip=1.0).emg
    assert np.max(np.abs(railed)) == pytest.approx(BURST_RMS)
    assert np.sum(np.abs(railed) == np.max(np.abs(railed))) > 50


def test_the_same_muscle_fires_alike_at_every_sampling_rate() -> None:
    slow, fast = (motor_unit_trial(rng(5), snr_db=300.0, rate_hz=rate) for rate in (1000.0, 4000.0))
    np.testing.assert_array_equal(slow.on_s, fast.on_s)
    np.testing.assert_allclose(slow.first_potential_s, fast.first_potential_s)
    assert np.corrcoef(fast.emg[::4], slow.emg)[0, 1] > 0.999


def test_same_seed_same_samples() -> None:
    np.testing.assert_array_equal(motor_unit_trial(rng(3), snr_db=10.0).emg, motor_unit_trial(rng(3), snr_db=10.0).emg)


def test_impossible_trials_are_refused() -> None:
    for wrong in ({"plateau": 0.1, "tonic": 0.2}, {"plateau": 1.2}, {"levels": (0.0, 1.0)}, {"plateau": 0.9, "levels": (1.0, 2.0)}):
        with pytest.raises(InputError, match="0"):
            motor_unit_trial(rng(), snr_db=10.0, **wrong)


def test_sensor_noise_is_independent_of_the_muscle() -> None:
    quiet = motor_unit_trial(rng(4), snr_db=300.0)
    noisy = motor_unit_trial(rng(4), snr_db=10.0)
    noise = noisy.emg - quiet.emg
    assert np.std(in_band(noise, rate_hz=RATE_HZ)) == pytest.approx(BURST_RMS * 10 ** (-0.5), rel=0.05)
    assert abs(np.corrcoef(noise, quiet.emg)[0, 1]) < 0.05
    assert np.std(in_band(white_noise(rng(), 8000, rate_hz=RATE_HZ), rate_hz=RATE_HZ)) == pytest.approx(1.0, rel=0.05)
