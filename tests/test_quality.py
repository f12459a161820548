"""What a channel tells of itself: rails, flat stretches, gaps, movement, spikes, whether it is raw EMG, and its neighbours."""

import numpy as np
import pytest
from scipy import signal

from hipspine.errors import SignalError
from hipspine.signals.ecg import remove_ecg
from hipspine.signals.mains import remove_mains
from hipspine.signals.quality import clipping, crosstalk, dead, gap_s, measure, motion_ratio, spikes, too_slow, unipolar
from hipspine.signals.quality_kernels import lone_jumps, tally
from hipspine.signals.simulation.motor_units import motor_unit_trial
from hipspine.signals.simulation.trials import gaussian_trial, shaped_noise
from hipspine.terms import Floats


@pytest.fixture(scope="module")
def emg() -> Floats:
    return gaussian_trial(np.random.default_rng(1), snr_db=20.0, duration_s=8.0, bursts=2).emg


@pytest.mark.parametrize("gain", [1.0, -1e-6, 1e6])
def test_time_at_both_rails_is_the_time_cut_off(emg: Floats, gain: float) -> None:
    cut = gain * np.clip(emg, -0.1, 0.1)
    found = clipping(cut, rate_hz=2000.0)
    at_rail = np.abs(cut) == 0.1 * abs(gain)
    in_runs = at_rail & (np.r_[False, cut[1:] == cut[:-1]] | np.r_[cut[1:] == cut[:-1], False])
    assert len(found.rails) == 2
    assert found.total_s == pytest.approx(in_runs.sum() / 2000.0)
    assert found.first_s == pytest.approx(np.argmax(in_runs) / 2000.0)


def test_one_rail_is_enough(emg: Floats) -> None:
    assert clipping(np.minimum(emg, 0.12), rate_hz=2000.0).rails == (0.12,)
    assert clipping(np.maximum(emg + 5, 4.88), rate_hz=2000.0).rails == (4.88,)


@pytest.mark.parametrize("step", [0.0, 0.001, 0.02])
def test_a_mere_maximum_is_no_clipping(emg: Floats, step: float) -> None:
    digitised = np.round(emg / step) * step if step else emg
    assert clipping(digitised, rate_hz=2000.0).total_s == 0.0


def test_a_channel_that_rests_on_zero_is_not_clipped() -> None:
    channel = np.where(np.arange(8000) % 2000 > 1500, np.abs(np.random.default_rng(0).normal(size=8000)), 0.0)
    assert clipping(channel, rate_hz=2000.0).total_s == 0.0
    assert measure(channel, rate_hz=2000.0).flat_s > 0.7


def test_gaps_and_flat_runs_are_measured_and_leave_the_rest_alone(emg: Floats) -> None:
    holed = emg.copy()
    holed[1000:1400] = np.nan
    holed[3000:3200] = holed[3000]
    quality = measure(holed, rate_hz=2000.0)
    assert quality.gap_s == pytest.approx(0.2)
    assert gap_s(holed, rate_hz=2000.0) == pytest.approx(0.2)
    assert quality.flat_s == pytest.approx(0.0995)
    assert quality.motion_ratio == pytest.approx(motion_ratio(emg, rate_hz=2000.0) or 0.0, abs=0.03)


def test_the_tally_agrees_with_numpy() -> None:
    x = np.clip(np.round(np.random.default_rng(2).normal(size=2000) * 2), -4, 3)
    x[50:53] = np.nan
    counts = tally(x)
    finite = x[np.isfinite(x)]
    levels, numbers = np.unique(finite, return_counts=True)
    assert counts[0] == levels[0]
    assert counts[1] == levels[-1]
    assert counts[6] == numbers[1]
    assert counts[7] == numbers[-2]
    assert counts[9] == 3
    runs = np.split(x, np.flatnonzero(x[1:] != x[:-1]) + 1)
    lengths = {level: [r.size for r in runs if r[0] == level] for level in (levels[0], levels[-1])}
    assert counts[2] == sum(n for n in lengths[levels[0]] if n > 1)
    assert counts[3] == sum(n for n in lengths[levels[-1]] if n > 1)
    assert counts[4] == max(lengths[levels[0]])
    assert counts[5] == max(lengths[levels[-1]])
    assert counts[8] == max(r.size for r in runs if np.isfinite(r[0]))


def test_movement_is_what_lies_below_20_hz() -> None:
    rng = np.random.default_rng(3)
    muscle = shaped_noise(rng, 40000, rate_hz=2000.0)
    sway = 2.0 * np.sin(2 * np.pi * 6 * np.arange(40000) / 2000)
    alone = motion_ratio(muscle, rate_hz=2000.0)
    both = motion_ratio(muscle + sway + 100, rate_hz=2000.0)
    assert alone is not None
    assert both is not None
    assert alone < 0.06
    assert both == pytest.approx(2.0 / (2.0 + np.var(muscle)), abs=0.04)
    assert motion_ratio(np.full(4000, 7.3), rate_hz=2000.0) is None


def test_spikes_are_counted_and_muscle_has_none(emg: Floats) -> None:
    units = motor_unit_trial(np.random.default_rng(4), snr_db=25.0, units=20, plateau=0.1).emg
    assert spikes(emg, rate_hz=2000.0) == 0
    assert spikes(units, rate_hz=2000.0) == 0
    knocked = emg.copy()
    knocked[[500, 9000]] += 5.0
    assert spikes(knocked, rate_hz=2000.0) == 2


def test_lone_jumps_agree_with_numpy() -> None:
    x = np.random.default_rng(5).normal(size=600)
    x[[100, 300, 310]] += 80
    jumps = np.abs(np.diff(x, 2))
    alone = [
        i
        for i in np.flatnonzero(jumps > 20)
        if all(8 * jumps[j] <= jumps[i] for j in range(max(0, i - 40), min(jumps.size, i + 41)) if abs(i - j) >= 3)
    ]
    assert lone_jumps(x, 20.0, 40, 8.0) == (np.diff(np.r_[-10, alone]) >= 3).sum() == 1


@pytest.mark.parametrize("rate_hz", [1000.0, 2000.0])
@pytest.mark.parametrize("low_pass_hz", [3.0, 6.0, 10.0])
def test_an_envelope_is_recognised_whatever_its_gain(rate_hz: float, low_pass_hz: float) -> None:
    raw = gaussian_trial(np.random.default_rng(6), snr_db=20.0, duration_s=8.0, bursts=2, rate_hz=rate_hz).emg
    smooth = signal.sosfiltfilt(signal.butter(2, low_pass_hz, fs=rate_hz, output="sos"), np.abs(raw))
    for gain in (1.0, 1e-6, -3.0):
        assert "envelope" in (unipolar(gain * smooth, rate_hz=rate_hz) or "")
        assert "envelope" in (unipolar(gain * smooth) or "")
        assert "rectified" in (unipolar(gain * np.abs(raw), rate_hz=rate_hz) or "")


@pytest.mark.parametrize("units", [0, 10, 120])
def test_raw_emg_passes_whatever_its_offset_drift_and_resolution(units: int) -> None:
    rng = np.random.default_rng(7)
    raw = (motor_unit_trial(rng, snr_db=20.0, units=units) if units else gaussian_trial(rng, snr_db=20.0)).emg
    counts = np.round(1000 * raw) + 2048
    drift = 3 * np.sin(2 * np.pi * 0.4 * np.arange(raw.size) / 2000)
    for channel in (raw, counts, raw + drift + 10, -raw):
        assert unipolar(channel, rate_hz=2000.0) is None
        assert unipolar(channel) is None


def test_a_constant_channel_is_dead_and_says_so() -> None:
    assert "every sample is 3" in (dead(np.full(100, 3.0)) or "")
    assert "every sample is 0" in (unipolar(np.zeros(1000)) or "")
    assert "no finite sample" in (dead(np.full(10, np.nan)) or "")
    assert dead(np.arange(10.0)) is None


def test_a_low_rate_is_refused_in_words() -> None:
    assert too_slow(500.0) is None
    assert "250 Hz" in (too_slow(250.0) or "")


def test_crosstalk_is_seen_and_work_together_is_not() -> None:
    rng = np.random.default_rng(8)
    profile = (np.arange(20000) % 5000 > 3000).astype(float) + 0.05
    one, other = (profile * shaped_noise(rng, 20000, rate_hz=2000.0) for _ in range(2))
    seen = crosstalk(np.stack((one, other, 0.5 * np.roll(one, 8) + 0.3 * other, np.zeros(20000))), rate_hz=2000.0)
    assert seen[0, 1] < 0.1
    assert seen[0, 2] == pytest.approx(0.5 / np.hypot(0.5, 0.3), abs=0.08)
    assert np.all(seen[3] == 0)
    np.testing.assert_allclose(seen, seen.T)
    scaled = crosstalk(np.stack((1e6 * one, -1e-6 * other)), rate_hz=2000.0)
    assert scaled[0, 1] == pytest.approx(seen[0, 1], abs=1e-9)


def test_crosstalk_refuses_gaps_and_short_records() -> None:
    with pytest.raises(SignalError, match="finite"):
        crosstalk(np.full((2, 4000), np.nan), rate_hz=2000.0)
    with pytest.raises(SignalError, match=r"0\.5 s"):
        crosstalk(np.zeros((2, 400)), rate_hz=2000.0)


def test_measure_joins_what_the_removals_found() -> None:
    emg = gaussian_trial(np.random.default_rng(9), snr_db=20.0, ecg=1.5, duration_s=10.0).emg
    emg = emg + 0.1 * np.sin(2 * np.pi * 50 * np.arange(emg.size) / 2000)
    mains = remove_mains(emg, rate_hz=2000.0)
    ecg = remove_ecg(mains.cleaned, rate_hz=2000.0)
    quality = measure(emg, rate_hz=2000.0, ecg=ecg, mains=mains, crosstalk_index=0.2)
    assert quality.mains_hz == pytest.approx(50.0, abs=0.05)
    assert quality.ecg_ratio == ecg.share > 0.1
    assert quality.beats == ecg.beats_s.size
    assert quality.crosstalk_index == 0.2
    assert quality.clipped_s == 0.0
    with pytest.raises(SignalError, match="rate_hz"):
        measure(emg, rate_hz=float("nan"))
