"""Gaussian benchmark trials: the signal-to-noise ratio means what it says, and the truth is where the signal changes."""

import numpy as np
import pytest
from scipy import signal

from hipspine.errors import InputError
from hipspine.signals.simulation.trials import (
    BURST_RMS,
    Trial,
    bump_trial,
    gaussian_trial,
    in_band,
    muscle_spectrum,
    shaped_noise,
    trapezoids,
    white_noise,
)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def inside(trial: Trial) -> np.ndarray:
    """Samples between rise and fall of all bursts."""
    times_s = np.arange(trial.emg.size) / trial.rate_hz
    return np.logical_or.reduce(
        [(times_s > on + trial.rise_s) & (times_s < off - trial.rise_s) for on, off in zip(trial.on_s, trial.off_s, strict=True)]
    )


@pytest.mark.parametrize("rate_hz", [1000.0, 2000.0, 4000.0])
@pytest.mark.parametrize("snr_db", [5.0, 20.0])
def test_the_band_limited_ratio_of_burst_and_rest_is_the_one_asked_for(rate_hz: float, snr_db: float) -> None:
    trial = gaussian_trial(rng(), snr_db=snr_db, rate_hz=rate_hz, duration_s=80.0, bursts=15, burst_s=2.0)
    within, burst = in_band(trial.emg, rate_hz=rate_hz), inside(trial)
    rest = np.arange(trial.emg.size) / rate_hz < 1.1
    rest |= (np.roll(~burst, 200) & np.roll(~burst, -200)) & ~burst
    ratio = np.mean(within[burst] ** 2) / np.mean(within[rest] ** 2) - 1.0
    assert 10.0 * np.log10(ratio) == pytest.approx(snr_db, abs=0.5)


def test_burst_rms_is_a_tenth() -> None:
    trial = gaussian_trial(rng(1), snr_db=40.0, duration_s=80.0, bursts=15, burst_s=2.0)
    assert np.std(in_band(trial.emg, rate_hz=2000.0)[inside(trial)]) == pytest.approx(BURST_RMS, rel=0.03)


@pytest.mark.parametrize("rise_s", [0.0, 0.1])
def test_nothing_of_a_burst_stands_outside_its_truth(rise_s: float) -> None:
    trial = gaussian_trial(rng(2), snr_db=300.0, rise_s=rise_s)
    times_s = np.arange(trial.emg.size) / trial.rate_hz
    outside = (times_s < trial.on_s[0]) | (times_s > trial.off_s[0])
    assert np.abs(trial.emg[outside]).max() < 1e-12
    assert np.abs(trial.emg[~outside]).max() > 0.1


def test_amplitude_rises_linearly_from_the_true_onset() -> None:
    trials = [gaussian_trial(rng(seed), snr_db=300.0, rise_s=0.2) for seed in range(120)]
    power = np.zeros(4)
    for trial in trials:
        first = int(np.ceil(trial.on_s[0] * trial.rate_hz))
        power += (trial.emg[first : first + 400] ** 2).reshape(4, 100).mean(axis=1)
    rms = np.sqrt(power / len(trials))
    expected = BURST_RMS * np.sqrt([np.mean(np.linspace(a, a + 0.25, 100) ** 2) for a in (0.0, 0.25, 0.5, 0.75)])
    np.testing.assert_allclose(rms, expected, rtol=0.12)


def test_onset_is_uniform_between_1_2_and_2_seconds() -> None:
    onsets = np.array([gaussian_trial(rng(seed), snr_db=10.0).on_s[0] for seed in range(200)])
    assert onsets.min() >= 1.2
    assert onsets.max() <= 2.0
    assert onsets.mean() == pytest.approx(1.6, abs=0.06)


def test_muscle_noise_has_the_spectrum_of_its_formula() -> None:
    noise = shaped_noise(rng(), 400_000, rate_hz=2000.0)
    hz, density = signal.welch(noise, 2000.0, nperseg=2000)
    theory = muscle_spectrum(hz)
    band = (hz > 10) & (hz < 600)
    np.testing.assert_allclose(density[band] / density[band].sum(), theory[band] / theory[band].sum(), rtol=0.35)
    assert hz[np.argmax(theory)] == pytest.approx(60.0, abs=15.0)


@pytest.mark.parametrize("rate_hz", [1000.0, 2000.0, 4000.0])
def test_noise_of_one_size_in_band_at_every_rate(rate_hz: float) -> None:
    for make in (white_noise, shaped_noise):
        assert np.std(in_band(make(rng(), 200_000, rate_hz=rate_hz), rate_hz=rate_hz)) == pytest.approx(1.0, rel=0.02)


def test_ecg_peaks_at_the_asked_multiple_of_the_burst_seventy_two_times_a_minute() -> None:
    trial = gaussian_trial(rng(3), snr_db=300.0, ecg=1.5, duration_s=60.0, bursts=0)
    peaks, _ = signal.find_peaks(trial.emg, height=0.5 * 1.5 * BURST_RMS, distance=600)
    assert np.median(trial.emg[peaks]) == pytest.approx(1.5 * BURST_RMS, rel=0.05)
    assert peaks.size == pytest.approx(72, abs=4)


def test_same_seed_same_samples_and_another_seed_others() -> None:
    np.testing.assert_array_equal(gaussian_trial(rng(7), snr_db=10.0).emg, gaussian_trial(rng(7), snr_db=10.0).emg)
    assert not np.array_equal(gaussian_trial(rng(7), snr_db=10.0).emg, gaussian_trial(rng(8), snr_db=10.0).emg)


def test_several_bursts_keep_rest_between_them() -> None:
    trial = gaussian_trial(rng(4), snr_db=15.0, duration_s=60.0, bursts=14)
    assert trial.on_s.size == 14
    assert np.all(trial.on_s[1:] - trial.off_s[:-1] >= 0.3)
    assert trial.off_s[-1] <= 60.0


def test_bursts_that_do_not_fit_are_refused_with_the_length_they_need() -> None:
    with pytest.raises(InputError, match=r"need a record of 14\.2 s or more; found 4 s"):
        gaussian_trial(rng(), snr_db=10.0, bursts=10)


def test_a_rise_longer_than_half_a_burst_is_refused() -> None:
    with pytest.raises(InputError, match=r"rise_s is 0\.6"):
        gaussian_trial(rng(), snr_db=10.0, rise_s=0.6)


def test_a_rate_too_low_for_emg_is_refused() -> None:
    with pytest.raises(InputError, match="at least 500 Hz"):
        gaussian_trial(rng(), snr_db=10.0, rate_hz=100.0)


def test_overlapping_trapezoids_take_the_higher_one() -> None:
    times_s = np.linspace(0.0, 4.0, 401)
    both = trapezoids(times_s, on_s=np.array([0.5, 1.5]), off_s=np.array([2.5, 3.5]), rise_s=0.5)
    single = [trapezoids(times_s, on_s=np.array([a]), off_s=np.array([b]), rise_s=0.5) for a, b in ((0.5, 2.5), (1.5, 3.5))]
    np.testing.assert_allclose(both, np.maximum(*single))


def test_a_bump_is_cut_at_alpha_sigma_and_tells_where() -> None:
    trials = [bump_trial(rng(seed), snr_db=300.0, sigma_s=0.1, alpha=1.5) for seed in range(200)]
    edge, top = [], []
    for trial in trials:
        times_s = np.arange(trial.emg.size) / trial.rate_hz
        assert np.abs(trial.emg[(times_s < trial.on_s[0]) | (times_s > trial.off_s[0])]).max() < 1e-12
        first, middle = (int(np.ceil(t * trial.rate_hz)) for t in (trial.on_s[0], (trial.on_s[0] + trial.off_s[0]) / 2))
        edge.append(trial.emg[first : first + 10])
        top.append(trial.emg[middle - 5 : middle + 5])
    assert np.std(edge) / np.std(top) == pytest.approx(np.exp(-0.5 * 1.5**2) * 1.07, rel=0.2)
    assert np.std(top) == pytest.approx(BURST_RMS, rel=0.1)


def test_rest_and_burst_of_a_bump_share_one_spectrum() -> None:
    def middle_hz(emg: np.ndarray) -> float:
        hz, density = signal.welch(emg, 1000.0, nperseg=512)
        return float(hz[np.searchsorted(np.cumsum(density), density.sum() / 2)])

    noise = np.concatenate([bump_trial(rng(seed), snr_db=-300.0).emg * 1e-15 for seed in range(30)])
    clean = np.concatenate([bump_trial(rng(seed), snr_db=300.0).emg for seed in range(30)])
    assert middle_hz(noise) == pytest.approx(middle_hz(clean), abs=6.0)
    assert 80.0 < middle_hz(clean) < 120.0


def test_bumps_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="do not fit"):
        bump_trial(rng(), snr_db=10.0, sigma_s=0.15, alpha=2.5, bursts=3)
