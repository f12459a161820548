"""What electrodes record besides muscle: each artefact has the one property that it is there for."""

import numpy as np
import pytest
from scipy import signal

from hipspine.errors import InputError
from hipspine.signals.simulation import artefacts

RATE_HZ = 2000.0


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def density(trace: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return signal.welch(trace, RATE_HZ, nperseg=4000)


def test_heart_rate_is_the_one_asked_for_and_varies() -> None:
    beats_s = artefacts.heart_beats(rng(), duration_s=120.0, per_minute=60.0)
    assert np.mean(np.diff(beats_s)) == pytest.approx(1.0, rel=0.02)
    assert 0.02 < np.std(np.diff(beats_s)) < 0.08
    assert beats_s[0] < 0.5
    assert beats_s[-1] > 119.0


def test_a_heart_beat_has_its_r_wave_at_the_beat_and_p_and_t_around_it() -> None:
    beats_s = np.array([1.0, 2.0, 3.0])
    heart = artefacts.heart_trace(rng(), beats_s, samples=8000, rate_hz=RATE_HZ)
    mean = np.mean([heart.trace[int(b * RATE_HZ) - 600 : int(b * RATE_HZ) + 800] for b in beats_s], axis=0)
    assert np.argmax(mean) == pytest.approx(600, abs=1)
    assert mean[600] == pytest.approx(1.0, abs=0.15)
    assert mean[600 - 340] == pytest.approx(0.12, abs=0.03)  # P
    assert mean[600 + 520] == pytest.approx(0.28, abs=0.05)  # T
    assert mean[600 + 60] < -0.1  # S
    np.testing.assert_array_equal(heart.beats_s, beats_s)


def test_two_electrodes_see_the_same_beats_through_their_own_projections() -> None:
    beats_s = artefacts.heart_beats(rng(), duration_s=20.0)
    views = [artefacts.draw_projection(rng(seed)) for seed in (1, 2)]
    one, other = (artefacts.heart_trace(rng(3), beats_s, samples=40000, rate_hz=RATE_HZ, projection=view).trace for view in views)
    assert 0.5 < abs(np.corrcoef(one, other)[0, 1]) < 0.999


def test_an_impossible_heart_rate_is_refused() -> None:
    with pytest.raises(InputError, match="between 20 and 220"):
        artefacts.heart_beats(rng(), duration_s=10.0, per_minute=500.0)


@pytest.mark.parametrize("mains_hz", [50.0, 60.0])
def test_hum_stands_at_the_mains_and_its_harmonics_only(mains_hz: float) -> None:
    hum = artefacts.mains_hum(rng(), 40000, rate_hz=RATE_HZ, mains_hz=mains_hz)
    hz, power = density(hum)
    near = np.zeros(hz.size, bool)
    for order in range(1, 6):
        near |= np.abs(hz - order * mains_hz) <= 1.5
    assert np.std(hum) == pytest.approx(1.0, rel=0.01)
    assert power[near].sum() / power.sum() > 0.999
    assert power[np.argmin(np.abs(hz - 3 * mains_hz))] > 0.01 * power.max()


def test_harmonics_above_half_the_rate_do_not_fold_back() -> None:
    hum = artefacts.mains_hum(rng(), 20000, rate_hz=520.0, mains_hz=60.0)
    hz, power = signal.welch(hum, 520.0, nperseg=1040)
    assert power[np.abs(hz - (520.0 - 5 * 60.0)) < 2].sum() / power.sum() < 1e-4


def test_mains_above_half_the_rate_is_refused() -> None:
    with pytest.raises(InputError, match="half the rate"):
        artefacts.mains_hum(rng(), 100, rate_hz=100.0, mains_hz=60.0)


def test_amplifier_noise_doubles_in_density_at_its_corner() -> None:
    hz, power = density(artefacts.amplifier_noise(rng(), 400_000, rate_hz=RATE_HZ, corner_hz=20.0))
    floor = np.mean(power[hz > 500])
    assert np.mean(power[(hz >= 18) & (hz <= 22)]) / floor == pytest.approx(2.0, rel=0.15)
    assert np.mean(power[(hz >= 1.5) & (hz <= 2.5)]) / floor == pytest.approx(11.0, rel=0.3)


def test_drift_is_slow_and_of_size_one() -> None:
    drift = artefacts.baseline_drift(rng(), 120_000, rate_hz=RATE_HZ)
    hz, power = signal.welch(drift, RATE_HZ, nperseg=40_000)
    assert np.std(drift) == pytest.approx(1.0, rel=0.01)
    assert power[hz > 3].sum() / power.sum() < 0.01


def test_a_knock_begins_when_it_should_and_dies_away() -> None:
    knock = artefacts.cable_knock(rng(), 8000, rate_hz=RATE_HZ, at_s=1.0)
    assert np.abs(knock[:2000]).max() == 0.0
    assert 0.3 < np.abs(knock[2000:3000]).max() <= 1.0
    assert np.abs(knock[6000:]).max() < 1e-3


def test_crosstalk_is_a_late_share_of_its_source() -> None:
    source = signal.sosfilt(signal.butter(2, 200.0, fs=RATE_HZ, output="sos"), rng().standard_normal(4000))
    heard = artefacts.crosstalk(source, share=0.2, delay_s=0.003, rate_hz=RATE_HZ)
    np.testing.assert_allclose(heard[6:], 0.2 * source[:-6])
    lag = np.argmax(signal.correlate(artefacts.crosstalk(source, share=0.2, delay_s=0.00325, rate_hz=RATE_HZ), source)) - 3999
    assert lag in (6, 7)
    with pytest.raises(InputError, match="same time or later"):
        artefacts.crosstalk(source, share=0.2, delay_s=-0.001, rate_hz=RATE_HZ)


def test_rails_steps_and_gaps_do_what_they_say() -> None:
    trace = np.linspace(-2.0, 2.0, 2001)
    assert np.max(np.abs(artefacts.clipped(trace, rail=1.0))) == 1.0
    assert np.max(np.abs(artefacts.quantised(trace, step=0.25) - trace)) <= 0.125 + 1e-12
    holed = artefacts.with_gap(trace, start_s=0.2, stop_s=0.5, rate_hz=RATE_HZ)
    assert np.flatnonzero(np.isnan(holed)).tolist() == list(range(400, 1000))
    assert np.all(np.isfinite(trace))
