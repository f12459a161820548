"""Faults that were found in packages people use to time muscles (docs/bench.md): none of them may be ours."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hipspine.signals.onsets import detect_onsets
from hipspine.signals.simulation.trials import Trial, gaussian_trial, shaped_noise
from hipspine.terms import Floats
from hipspine.workflows.bench import classical

RATE_HZ = 2000.0


def trial(seed: int, *, snr_db: float = 20.0, rise_s: float = 0.0, duration_s: float = 4.0, bursts: int = 1) -> Trial:
    return gaussian_trial(
        np.random.default_rng([900, seed]), snr_db=snr_db, rise_s=rise_s, rate_hz=RATE_HZ, duration_s=duration_s, bursts=bursts
    )


def nearest_error_s(one: Trial) -> float:
    on_s = detect_onsets(one.emg, rate_hz=RATE_HZ).on_s
    return float(np.min(np.abs(on_s - one.on_s[0]), initial=np.inf))


# 1: a package's default misses a clean 20 dB burst, and finds 8 onsets for 2 bursts
@pytest.mark.parametrize("snr_db", [20.0, 10.0])
def test_a_clean_burst_is_always_found_and_only_that(snr_db: float) -> None:
    trials = [trial(seed, snr_db=snr_db) for seed in range(12)]
    assert [detect_onsets(one.emg, rate_hz=RATE_HZ).count for one in trials] == [1] * 12
    assert max(nearest_error_s(one) for one in trials) < 0.03


def test_noise_alone_gives_no_onset() -> None:
    noise = [trial(seed, snr_db=10.0, bursts=0).emg for seed in range(12)]
    assert [detect_onsets(one, rate_hz=RATE_HZ).count for one in noise] == [0] * 12


# 2: a package calls rest active when the burst is ten times louder
def test_the_louder_state_is_the_active_one() -> None:
    for seed in range(10):
        one = trial(seed, snr_db=20.0)
        found = detect_onsets(one.emg, rate_hz=RATE_HZ)
        times_s = np.arange(one.emg.size) / RATE_HZ
        active = np.any((times_s >= found.on_s[:, None]) & (times_s < found.off_s[:, None]), axis=0)
        assert np.std(one.emg[active]) > 5 * np.std(one.emg[~active])


# 3: with other units or another polarity, packages change or lose the onset
@pytest.mark.parametrize("gain", [1e-6, 1e-3, 1e3, 1e6, -1.0])
@pytest.mark.parametrize("snr_db", [10.0, 20.0])
def test_unit_and_polarity_leave_the_answer_where_it_is(gain: float, snr_db: float) -> None:
    one = trial(3, snr_db=snr_db, rise_s=0.1)
    plain, scaled = detect_onsets(one.emg, rate_hz=RATE_HZ), detect_onsets(gain * one.emg, rate_hz=RATE_HZ)
    for name in ("on_s", "on_low_s", "on_high_s", "off_s", "off_low_s", "off_high_s"):
        np.testing.assert_allclose(getattr(scaled, name), getattr(plain, name), atol=1 / RATE_HZ)


# 4: a package compares millivolts with squared millivolts; then a gain that is no power of ten shifts the answer, too
@settings(max_examples=12, deadline=None)
@given(gain=st.floats(min_value=1e-6, max_value=1e6))
def test_dimensions_agree_for_any_gain(gain: float) -> None:
    one = trial(4, snr_db=10.0)
    plain, scaled = detect_onsets(one.emg, rate_hz=RATE_HZ), detect_onsets(gain * one.emg, rate_hz=RATE_HZ)
    assert scaled.count == plain.count == 1
    np.testing.assert_allclose(scaled.on_s, plain.on_s, atol=1 / RATE_HZ)


# 5: a package compares rectified EMG with a baseline that is not rectified, and calls it Hodges and Bui
def test_the_reference_rule_equals_its_paper_on_a_hand_made_example() -> None:
    rest = np.tile([0.5, 1.5], 50)  # rectified rest: mean 1, SD 0.5
    rectified = np.r_[rest, np.full(50, 4.0)]
    on, off = classical.above_baseline(rectified, window=10, k_sd=3.0, rest=100)
    first = next(n for n in range(141) if np.mean(rectified[n : n + 10]) > 1.0 + 3 * 0.5)
    assert (on.tolist(), off.tolist()) == ([float(first)], [141.0])
    unrectified_mean = 0.0  # what the package takes: its threshold lies at 1.5 and not at 2.5
    assert first > next(n for n in range(141) if np.mean(rectified[n : n + 10]) > unrectified_mean + 3 * 0.5)


# 6: documented input raises KeyError; correlated samples are taken for independent ones
@pytest.mark.parametrize("form", ["float32", "counts", "list", "read-only", "every second sample"])
def test_documented_forms_of_input_work(form: str) -> None:
    one = trial(6)
    forms = {
        "float32": one.emg.astype(np.float32),
        "counts": np.round(one.emg * 20000).astype(np.int16),
        "list": one.emg.tolist(),
        "read-only": one.emg,
        "every second sample": np.repeat(one.emg, 2)[::2],
    }
    plain, other = detect_onsets(one.emg, rate_hz=RATE_HZ), detect_onsets(forms[form], rate_hz=RATE_HZ)  # type: ignore[arg-type]
    assert other.count == plain.count == 1
    assert abs(other.on_s[0] - plain.on_s[0]) < 0.003


def test_correlated_samples_are_not_taken_for_independent_ones() -> None:
    steady = [shaped_noise(np.random.default_rng([906, seed]), 8000, rate_hz=RATE_HZ) for seed in range(12)]
    assert [detect_onsets(one, rate_hz=RATE_HZ).count for one in steady] == [0] * 12


# 7: onsets and offsets in one array: a record that starts active swaps their meaning in silence
def test_a_record_that_starts_active_has_an_open_start() -> None:
    for seed in range(6):
        one = trial(70 + seed)
        cut_s = float(one.on_s[0]) + 0.3
        found = detect_onsets(one.emg[int(cut_s * RATE_HZ) :], rate_hz=RATE_HZ)
        assert found.count == 1
        assert np.isnan(found.on_s[0])
        assert found.on[0] is None
        assert abs(found.off_s[0] - (one.off_s[0] - cut_s)) < 0.03


def test_a_record_that_ends_active_has_an_open_end() -> None:
    for seed in range(6):
        one = trial(80 + seed)
        found = detect_onsets(one.emg[: int((one.off_s[0] - 0.3) * RATE_HZ)], rate_hz=RATE_HZ)
        assert found.count == 1
        assert np.isnan(found.off_s[0])
        assert found.off[0] is None
        assert abs(found.on_s[0] - one.on_s[0]) < 0.03


# 8: a smoothed envelope is early, and the earlier the better the signal: a false order of muscles
def test_bias_does_not_grow_with_signal_quality() -> None:
    assert abs(mean_error_s(snr_db=20.0, rise_s=0.0) - mean_error_s(snr_db=10.0, rise_s=0.0)) <= 0.005


def test_muscles_that_start_together_are_not_told_apart_by_their_noise() -> None:
    assert abs(mean_error_s(snr_db=20.0, rise_s=0.1) - mean_error_s(snr_db=10.0, rise_s=0.1)) <= 0.005


def mean_error_s(*, snr_db: float, rise_s: float) -> float:
    """Mean over 60 seeds of the error of the onset found."""
    errors: list[float] = []
    for seed in range(60):
        one = gaussian_trial(np.random.default_rng([908, seed, int(snr_db)]), snr_db=snr_db, rise_s=rise_s, rate_hz=RATE_HZ)
        on_s = detect_onsets(one.emg, rate_hz=RATE_HZ).on_s
        errors.append(float((on_s - one.on_s[0])[np.argmin(np.abs(on_s - one.on_s[0]))]))
    return float(np.mean(errors))


# 9: a package needs 3 s for a trace of 4 s, and a per-sample loop over a table
def test_time_grows_in_proportion_to_the_record() -> None:
    minute = trial(9, snr_db=15.0, duration_s=60.0, bursts=14).emg
    detect_onsets(minute, rate_hz=RATE_HZ)  # compiled before the clock runs
    short, long = least_seconds(minute), least_seconds(np.tile(minute, 4))
    assert long < 8 * short  # linear would be 4, quadratic 16
    assert minute.size / short > 0.5e6  # the slow package: 0.13e6 samples a second


def least_seconds(emg: Floats) -> float:
    taken = []
    for _ in range(4):
        begun = time.process_time()
        detect_onsets(emg, rate_hz=RATE_HZ)
        taken.append(time.process_time() - begun)
    return min(taken)
