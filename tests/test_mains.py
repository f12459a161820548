"""Mains hum goes, muscle stays where it is, and a channel without hum is not touched."""

import numpy as np
import pytest

from hipspine.errors import SignalError
from hipspine.signals.conditioning_kernels import take_away_line
from hipspine.signals.mains import remove_mains
from hipspine.signals.simulation.artefacts import ricker_ecg
from hipspine.signals.simulation.motor_units import motor_unit_trial
from hipspine.signals.simulation.trials import gaussian_trial, shaped_noise
from hipspine.terms import Floats


def hum(samples: int, *, rate_hz: float, line_hz: float, heights: dict[int, float], swing: float = 0.0) -> Floats:
    """Mains with harmonics; ``swing`` modulates height and phase once in 20 s."""
    times_s = np.arange(samples) / rate_hz
    slow = 1 + swing * np.sin(2 * np.pi * times_s / 20)
    waves = [h * slow * np.cos(2 * np.pi * k * line_hz * times_s + 0.3 * k + swing * np.cos(times_s / 5)) for k, h in heights.items()]
    return np.asarray(np.sum(waves, axis=0))


@pytest.mark.parametrize("line_hz", [49.55, 50.0, 50.02, 59.8, 60.4])
@pytest.mark.parametrize("rate_hz", [1000.0, 2000.0, 2148.1481])
def test_the_line_is_found_at_its_frequency_and_gone_afterwards(line_hz: float, rate_hz: float) -> None:
    rng = np.random.default_rng(1)
    emg = gaussian_trial(rng, snr_db=20.0, duration_s=20.0, bursts=4, rate_hz=rate_hz).emg
    added = hum(emg.size, rate_hz=rate_hz, line_hz=line_hz, heights={1: 0.1, 3: 0.03})
    removal = remove_mains(emg + added, rate_hz=rate_hz)
    assert removal.line_hz == pytest.approx(line_hz, abs=0.02)
    assert removal.harmonics == (1, 3)
    assert np.mean((removal.cleaned - emg) ** 2) < 0.01 * np.mean(added**2)
    assert removal.ratio == pytest.approx(np.mean(added**2) / np.var(emg), rel=0.05)


def test_hum_that_changes_slowly_is_followed() -> None:
    emg = gaussian_trial(np.random.default_rng(2), snr_db=20.0, duration_s=60.0, bursts=10).emg
    added = hum(emg.size, rate_hz=2000.0, line_hz=50.0, heights={1: 0.1}, swing=0.3)
    assert np.mean((remove_mains(emg + added, rate_hz=2000.0).cleaned - emg) ** 2) < 0.02 * np.mean(added**2)


def test_only_a_harmonic_of_a_rectifier_is_found_too() -> None:
    emg = gaussian_trial(np.random.default_rng(3), snr_db=20.0, duration_s=10.0, bursts=2).emg
    removal = remove_mains(emg + hum(emg.size, rate_hz=2000.0, line_hz=50.0, heights={2: 0.1, 4: 0.05}), rate_hz=2000.0)
    assert removal.harmonics == (2, 4)
    assert removal.line_hz == pytest.approx(50.0, abs=0.02)


def test_a_burst_is_neither_shifted_nor_smeared() -> None:
    changed, noise = [], []
    for seed in range(10):
        trial = gaussian_trial(np.random.default_rng(seed), snr_db=30.0, duration_s=6.0)
        cleaned = remove_mains(
            trial.emg + hum(trial.emg.size, rate_hz=2000.0, line_hz=50.03, heights={1: 0.1, 2: 0.05}), rate_hz=2000.0
        ).cleaned
        first, last = int(trial.on_s[0] * 2000), int(trial.off_s[0] * 2000)
        error = cleaned - trial.emg
        changed += [np.mean(error[edge] ** 2) for edge in (slice(first - 200, first), slice(first, first + 200), slice(last, last + 200))]
        noise.append(np.mean(trial.emg[first - 200 : first] ** 2))
    # what is left beside the edges lies below the noise of a 30 dB recording, and is no larger before than after
    assert np.mean(changed) < 0.5 * np.mean(noise)


@pytest.mark.parametrize("gain", [1e-6, -1.0, 1e6])
def test_gain_and_polarity_do_not_matter(gain: float) -> None:
    emg = gaussian_trial(np.random.default_rng(4), snr_db=15.0).emg
    emg = emg + hum(emg.size, rate_hz=2000.0, line_hz=60.0, heights={1: 0.05})
    plain, other = remove_mains(emg, rate_hz=2000.0), remove_mains(gain * emg, rate_hz=2000.0)
    assert other.line_hz == pytest.approx(plain.line_hz, abs=1e-9)
    np.testing.assert_allclose(other.cleaned / gain, plain.cleaned, atol=1e-12)


@pytest.mark.parametrize("seconds", [3.0, 10.0])
def test_a_channel_without_hum_is_given_back_as_it_is(seconds: float) -> None:
    touched = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        emg = (
            gaussian_trial(rng, snr_db=20.0, duration_s=seconds, rate_hz=1000.0).emg
            if seed % 3
            else motor_unit_trial(rng, snr_db=20.0, duration_s=seconds, rate_hz=1000.0).emg
        )
        if seed % 5 == 0:
            emg = emg + 0.15 * ricker_ecg(rng, emg.size, rate_hz=1000.0).trace
        if remove_mains(emg, rate_hz=1000.0).cleaned is not emg:
            touched.append(seed)
    assert touched == []


@pytest.mark.parametrize("emg", [np.zeros(8000), np.full(8000, 3.0), np.sin(np.arange(3000.0))])
def test_a_silent_or_short_channel_is_given_back_as_it_is(emg: Floats) -> None:
    removal = remove_mains(emg, rate_hz=2000.0)
    assert removal.cleaned is emg
    assert removal.line_hz is None
    assert removal.ratio == 0.0


def test_a_gap_is_refused_with_the_reason() -> None:
    with pytest.raises(SignalError, match="one channel of finite samples"):
        remove_mains(np.r_[np.zeros(4000), np.nan], rate_hz=2000.0)


def test_taking_a_line_away_agrees_with_numpy() -> None:
    rng = np.random.default_rng(0)
    x, knots = shaped_noise(rng, 5000, rate_hz=1000.0), np.array([249.5, 1249.5, 3000.0, 4400.25])
    height = rng.normal(size=4) + 1j * rng.normal(size=4)
    n = np.arange(x.size)
    expected = x - np.real((np.interp(n, knots, height.real) + 1j * np.interp(n, knots, height.imag)) * np.exp(2j * np.pi * 0.0503 * n))
    cleaned = x.copy()
    take_away_line(cleaned, 0.0503, height.real.copy(), height.imag.copy(), knots)
    np.testing.assert_allclose(cleaned, expected, atol=1e-9)


def test_twenty_minutes_of_noise_hold_no_hum() -> None:
    for seed in range(2):
        noise = np.random.default_rng(seed).normal(size=2000 * 1200)
        assert remove_mains(noise, rate_hz=2000.0).cleaned is noise
