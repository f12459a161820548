"""The heart is found where there is one, nowhere else, and what is taken away is the heart and not the muscle."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import signal

from hipspine.errors import SignalError
from hipspine.signals.beats import block_medians
from hipspine.signals.conditioning_kernels import (
    best_shifts,
    drawn_out,
    follow_rhythm,
    highest_between,
    highest_peaks,
    mean_pieces,
    moving_sum,
    roughness,
    take_away,
    tapered_pieces,
    thin_out,
)
from hipspine.signals.ecg import find_beats, remove_ecg
from hipspine.signals.simulation.artefacts import draw_projection, heart_beats, heart_trace
from hipspine.signals.simulation.motor_units import motor_unit_trial
from hipspine.signals.simulation.pools import draw_pool, emg_from_drive
from hipspine.signals.simulation.trials import gaussian_trial, shaped_noise, white_noise
from hipspine.terms import Floats


def muscle(rng: np.random.Generator, envelope: Floats, *, rate_hz: float, snr_db: float, units: int = 0) -> Floats:
    """EMG under this envelope (RMS about 1 at 1), Gaussian or from motor units, over white noise."""
    if units:
        emg = emg_from_drive(rng, draw_pool(rng, units=units), 0.3 * envelope, rate_hz=rate_hz)
        loud = emg[envelope > 0.5]
        emg = emg / (loud.std() if loud.size and loud.std() > 0 else 1.0)
    else:
        emg = shaped_noise(rng, envelope.size, rate_hz=rate_hz) * envelope
    return emg + 10 ** (-snr_db / 20) * white_noise(rng, envelope.size, rate_hz=rate_hz)


def rhythmic(rng: np.random.Generator, *, seconds: float, rate_hz: float) -> Floats:
    """Envelope of bursts as in gait, 0.5 to 1.5 a second."""
    times_s = np.arange(round(seconds * rate_hz)) / rate_hz
    period_s = rng.uniform(0.67, 2.0)
    length_s = rng.uniform(0.06, 0.5) * period_s
    envelope = np.zeros_like(times_s)
    start_s = rng.uniform(0, period_s)
    while start_s < seconds:
        edge = np.minimum(times_s - start_s, start_s + length_s - times_s) / (0.2 * length_s)
        envelope = np.maximum(envelope, np.clip(edge, 0.0, 1.0))
        start_s += period_s * (1 + 0.03 * rng.standard_normal())
    return envelope


def heart(rng: np.random.Generator, *, seconds: float, rate_hz: float, per_minute: float = 70.0) -> tuple[Floats, Floats]:
    """P-QRS-T trace with highest deflection 1, and its beats."""
    beats_s = heart_beats(rng, duration_s=seconds, per_minute=per_minute)
    seen = heart_trace(rng, beats_s, samples=round(seconds * rate_hz), rate_hz=rate_hz, projection=draw_projection(rng))
    return seen.trace / np.abs(seen.trace).max(), seen.beats_s


def high_passed(emg: Floats, *, rate_hz: float) -> Floats:
    """As the onset engine will see it: causal, 20 Hz."""
    return np.asarray(signal.sosfilt(signal.butter(2, 20, "high", fs=rate_hz, output="sos"), emg))


# ---- what is found


@pytest.mark.parametrize("rate_hz", [1000.0, 2000.0, 4000.0])
@pytest.mark.parametrize("per_minute", [46.0, 70.0, 145.0])
@pytest.mark.parametrize("peak", [0.3, 1.5, 10.0])
def test_every_beat_that_stands_out_of_quiet_is_found_at_its_place(rate_hz: float, per_minute: float, peak: float) -> None:
    rng = np.random.default_rng(int(rate_hz + per_minute))
    trace, beats_s = heart(rng, seconds=12.0, rate_hz=rate_hz, per_minute=per_minute)
    envelope = np.zeros(trace.size)
    envelope[int(5 * rate_hz) : int(6 * rate_hz)] = 1.0
    found = find_beats(muscle(rng, envelope, rate_hz=rate_hz, snr_db=25.0) + peak * trace, rate_hz=rate_hz)
    assert found is not None
    quiet = beats_s[((beats_s < 4.8) | (beats_s > 6.2)) & (beats_s > 0.1) & (beats_s < 11.9)]
    offsets = np.array([found.at_s[np.argmin(np.abs(found.at_s - beat))] - beat for beat in quiet])
    assert np.all(np.abs(offsets - np.median(offsets)) < 0.012)
    assert found.rate_hz == pytest.approx(per_minute / 60, rel=0.06)


def test_beats_under_a_burst_are_found_from_the_rhythm() -> None:
    rng = np.random.default_rng(5)
    trace, beats_s = heart(rng, seconds=20.0, rate_hz=2000.0)
    envelope = np.zeros(trace.size)
    envelope[16000:22000] = 3.0
    found = find_beats(muscle(rng, envelope, rate_hz=2000.0, snr_db=20.0) + trace, rate_hz=2000.0)
    assert found is not None
    under = (beats_s > 8.0) & (beats_s < 11.0)
    assert abs(int(np.sum((found.at_s > 8.0) & (found.at_s < 11.0))) - int(under.sum())) <= 1
    assert np.all(found.clear[(found.at_s < 7.8) & (found.at_s > 0.1)])


@pytest.mark.parametrize("seen_s", [-0.006, 0.0, 0.012, 0.03])
@pytest.mark.parametrize("end", [False, True])
def test_a_beat_that_an_end_of_the_record_cuts_is_taken_away_as_far_as_it_is_there(seen_s: float, end: bool) -> None:
    rng = np.random.default_rng(11)
    long, beats_s = heart(rng, seconds=9.0, rate_hz=2000.0)
    noise = 0.05 * white_noise(rng, long.size, rate_hz=2000.0)
    at = round(beats_s[-2 if end else 1] * 2000)
    first, stop = (0, at + round(seen_s * 2000)) if end else (at - round(seen_s * 2000), long.size)
    trace, noise = long[first:stop], noise[first:stop]
    removal = remove_ecg(trace + noise, rate_hz=2000.0)
    there = slice(-100, None) if end else slice(0, 100)
    left = removal.cleaned - noise
    left = left[there] - left[there].mean()
    beat = trace[there] - trace[there].mean()
    # an R wave of which less than its rising half is there, seen_s < 0, may stay: it is no larger than the noise
    assert left @ left < max(0.1 * (beat @ beat), 1.2 * float(noise[there] @ noise[there]))
    assert np.diff(removal.beats_s).max() < 1.35 * np.median(np.diff(removal.beats_s))


@pytest.mark.parametrize("seed", [12, 13, 14, 15])
def test_a_burst_right_after_a_beat_is_not_carried_to_the_other_beats(seed: int) -> None:
    rng = np.random.default_rng(seed)
    seconds, rate_hz = 4.0, 2000.0
    times_s = np.arange(round(seconds * rate_hz)) / rate_hz
    trace, beats_s = heart(rng, seconds=seconds, rate_hz=rate_hz)
    begins_s = beats_s[2] + 0.1
    alone = muscle(rng, ((times_s > begins_s) & (times_s < begins_s + 0.9)).astype(float), rate_hz=rate_hz, snr_db=25.0)
    left = high_passed(remove_ecg(alone + trace, rate_hz=rate_hz).cleaned - alone, rate_hz=rate_hz)
    noise = np.mean(high_passed(alone, rate_hz=rate_hz)[times_s < begins_s] ** 2)
    after = np.concatenate([left[(times_s > beat + 0.1) & (times_s < beat + 0.35)] for beat in beats_s[:2]])
    assert np.mean(after**2) < 0.006 * noise


@pytest.mark.parametrize(("snr_db", "motor_units"), [(10.0, False), (20.0, False), (20.0, True)])
def test_a_few_beats_of_a_short_record_are_found(snr_db: float, motor_units: bool) -> None:
    missed = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        trial = (
            motor_unit_trial(rng, snr_db=snr_db, rise_s=0.1, plateau=0.3, ecg=1.5)
            if motor_units
            else gaussian_trial(rng, snr_db=snr_db, ecg=1.5)
        )
        if find_beats(trial.emg, rate_hz=2000.0) is None:
            missed.append(seed)
    assert missed == []


@pytest.mark.parametrize("gain", [1e-6, -1e-6, -1.0, 3e5])
def test_gain_polarity_and_offset_do_not_matter(gain: float) -> None:
    emg = gaussian_trial(np.random.default_rng(2), snr_db=20.0, ecg=1.5, duration_s=10.0).emg
    plain, other = remove_ecg(emg, rate_hz=2000.0), remove_ecg(gain * emg + 7 * gain, rate_hz=2000.0)
    assert plain.beats_s.size > 8
    np.testing.assert_allclose(other.beats_s, plain.beats_s, atol=1e-7)
    np.testing.assert_allclose(other.cleaned / gain - 7, plain.cleaned, atol=1e-6)
    assert other.share == pytest.approx(plain.share, rel=1e-5)


def test_polarity_changes_nothing_at_all() -> None:
    emg = gaussian_trial(np.random.default_rng(2), snr_db=20.0, ecg=1.5, duration_s=10.0).emg
    np.testing.assert_array_equal(remove_ecg(-emg, rate_hz=2000.0).cleaned, -remove_ecg(emg, rate_hz=2000.0).cleaned)


@pytest.mark.parametrize("kind", ["noise", "one burst", "rhythmic", "tonic", "mains"])
@pytest.mark.parametrize("units", [0, 8, 120])
def test_no_heart_is_seen_where_there_is_none(kind: str, units: int) -> None:
    accepted = []
    for seed in range(12):
        rng = np.random.default_rng(1000 * units + seed)
        seconds, rate_hz = float(rng.choice([3.0, 6.0, 20.0])), float(rng.choice([1000.0, 2000.0]))
        envelope = np.full(round(seconds * rate_hz), 1.0 if kind == "tonic" else 0.0)
        if kind == "rhythmic":
            envelope = rhythmic(rng, seconds=seconds, rate_hz=rate_hz)
        if kind == "one burst":
            envelope[int(rate_hz) : int(2 * rate_hz)] = 1.0
        emg = muscle(rng, envelope, rate_hz=rate_hz, snr_db=float(rng.uniform(5, 30)), units=units)
        if kind == "mains":
            emg = emg + np.sin(2 * np.pi * 50 * np.arange(emg.size) / rate_hz)
        if remove_ecg(emg, rate_hz=rate_hz).cleaned is not emg:
            accepted.append(seed)
    assert accepted == []


@pytest.mark.parametrize("emg", [np.zeros(8000), np.full(8000, 2048.0), np.arange(8000.0), np.random.default_rng(0).normal(size=3000)])
def test_a_channel_without_signal_or_too_short_is_given_back_as_it_is(emg: Floats) -> None:
    removal = remove_ecg(emg, rate_hz=2000.0)
    assert removal.cleaned is emg
    assert removal.share == 0.0
    assert removal.beats_s.size == 0


@pytest.mark.parametrize("emg", [np.zeros((2, 4000)), np.r_[np.zeros(4000), np.nan]])
def test_a_table_or_a_gap_is_refused_with_the_reason(emg: Floats) -> None:
    with pytest.raises(SignalError, match="one channel of finite samples"):
        find_beats(emg, rate_hz=2000.0)


def test_a_rate_that_cannot_hold_a_beat_is_refused() -> None:
    with pytest.raises(SignalError, match="at least 250 Hz"):
        find_beats(np.zeros(4000), rate_hz=100.0)


# ---- what is taken away


@pytest.mark.parametrize(("snr_db", "found_at_least"), [(10.0, 20), (20.0, 20)])
def test_what_is_left_of_the_heart_lies_far_below_the_noise(snr_db: float, found_at_least: int) -> None:
    left, found = [], 0
    for seed in range(20):
        with_heart = gaussian_trial(np.random.default_rng(seed), snr_db=snr_db, ecg=1.5)
        without = gaussian_trial(np.random.default_rng(seed), snr_db=snr_db).emg
        removal = remove_ecg(with_heart.emg, rate_hz=2000.0)
        if removal.cleaned is with_heart.emg:
            continue
        found += 1
        times_s = np.arange(without.size) / 2000.0
        rest = (times_s > 0.05) & ((times_s < with_heart.on_s[0]) | (times_s > with_heart.off_s[0]))
        residue = high_passed(removal.cleaned - without, rate_hz=2000.0)[rest]
        left.append(np.mean(residue**2) / np.mean(high_passed(without, rate_hz=2000.0)[rest] ** 2))
    assert found >= found_at_least
    assert np.median(left) < 0.06


def test_muscle_is_not_subtracted() -> None:
    rng = np.random.default_rng(8)
    trace, _ = heart(rng, seconds=30.0, rate_hz=2000.0)
    envelope = (np.arange(trace.size) % 10000 > 6000).astype(float)
    alone = muscle(rng, envelope, rate_hz=2000.0, snr_db=20.0)
    cleaned = remove_ecg(alone + 0.7 * trace, rate_hz=2000.0).cleaned
    burst = envelope > 0
    assert np.mean(cleaned[burst] ** 2) == pytest.approx(np.mean(alone[burst] ** 2), rel=0.05)


def test_the_share_is_the_power_of_the_heart() -> None:
    rng = np.random.default_rng(9)
    trace, _ = heart(rng, seconds=30.0, rate_hz=2000.0)
    noise = 0.05 * rng.standard_normal(trace.size)
    emg = trace + noise
    truth = np.var(trace) / np.var(emg)
    removal = remove_ecg(emg, rate_hz=2000.0)
    assert removal.share == pytest.approx(truth, abs=0.15)
    assert np.abs(removal.template).max() == pytest.approx(1.0, abs=0.15)


def test_a_shape_that_drifts_through_a_long_record_is_followed() -> None:
    rng = np.random.default_rng(4)
    seconds, rate_hz = 400.0, 1000.0
    one, _ = heart(rng, seconds=seconds, rate_hz=rate_hz)
    trace, noise = one * np.linspace(0.7, 1.4, one.size), 0.02 * rng.standard_normal(one.size)
    residue = high_passed(remove_ecg(trace + noise, rate_hz=rate_hz).cleaned - noise, rate_hz=rate_hz)
    assert np.mean(residue**2) < 0.02 * np.mean(high_passed(trace, rate_hz=rate_hz) ** 2)


# ---- second road: the kernels against plain NumPy


def test_thinning_is_a_triangular_mean() -> None:
    x = np.random.default_rng(0).normal(size=1003)
    for step in (1, 2, 4, 7):
        weights = np.r_[np.arange(1, step + 1), np.arange(step - 1, 0, -1)] / step**2
        expected = np.convolve(x, weights, "valid")[::step][: x.size // step - 1]
        np.testing.assert_allclose(thin_out(x, step), expected, atol=1e-12)


def test_block_medians_agree_with_numpy() -> None:
    x = np.random.default_rng(0).normal(size=500)
    for block, hop in ((100, 50), (101, 40)):
        expected = [np.median(np.abs(x[start : start + block : 2])) for start in range(0, x.size - block + 1, hop)]
        np.testing.assert_allclose(block_medians(x, block, hop), expected)


def test_a_moving_sum_is_a_convolution_whose_ends_are_drawn_out() -> None:
    rng = np.random.default_rng(0)
    weights = rng.normal(size=31)
    for size in (40, 512, 1300):
        x = rng.normal(size=size)
        expected = np.convolve(np.pad(x, 15, mode="edge"), weights, mode="valid")
        np.testing.assert_allclose(moving_sum(x, weights), expected, atol=1e-12)


def test_drawing_out_agrees_with_interpolation() -> None:
    level = np.random.default_rng(0).normal(size=6)
    np.testing.assert_allclose(drawn_out(level, 9.5, 7.0, 80), np.interp(np.arange(80), 9.5 + 7.0 * np.arange(6), level), atol=1e-12)


def test_highest_peaks_are_the_maxima_of_their_neighbourhood() -> None:
    x = np.round(np.random.default_rng(3).normal(size=400), 1)  # with ties
    found = highest_peaks(x, 6, 0.5)
    expected = [
        i for i in range(x.size) if x[i] > 0.5 and np.all(x[i] > x[max(0, i - 6) : i]) and np.all(x[i] >= x[i + 1 : i + 7])
    ]  # fmt: skip
    np.testing.assert_array_equal(found, expected)


def test_the_rhythm_is_the_best_of_all_trains() -> None:
    rng = np.random.default_rng(1)
    shortest, ratio, tempi, change, cap, miss = 20.0, 1.1, 10, 0.3, 4.0, 2.0

    def worth(train: tuple[int, ...], at: Floats, evidence: Floats) -> float:
        """Best over all readings of the intervals (one beat or a missed one)."""
        total = dict.fromkeys(range(tempi), evidence[train[0]])
        for one, other in pairwise(train):
            new = {}
            for beats in (1, 2):
                k = int(np.floor(np.log((at[other] - at[one]) / beats / shortest) / np.log(ratio) + 0.5))
                if 0 <= k < tempi:
                    reached = max(value - min(cap, change * (k - j) ** 2) for j, value in total.items())
                    new[k] = max(new.get(k, -np.inf), reached + evidence[other] - (miss if beats == 2 else 0))
            if not new:
                return -np.inf
            total = new
        return max(total.values())

    for _ in range(10):
        at = np.sort(rng.choice(200, 9, replace=False))
        evidence = rng.normal(0.5, 2.0, 9)
        every = [tuple(i for i in range(9) if mask >> i & 1) for mask in range(1, 512)]
        best = max(worth(train, at, evidence) for train in every)
        found = follow_rhythm(at, evidence, shortest, ratio, tempi, change, cap, miss)
        assert worth(tuple(found), at, evidence) == pytest.approx(best)


def test_highest_between_agrees_with_slices() -> None:
    x, at = np.random.default_rng(0).normal(size=100), np.array([10, 40, 45])
    edges = [(0, 7), (14, 37), (44, 42), (49, 100)]
    np.testing.assert_allclose(highest_between(x, at, 3), [np.abs(x[a:b]).max(initial=0) for a, b in edges])


def test_shifts_means_and_subtraction_agree_with_numpy() -> None:
    rng = np.random.default_rng(6)
    x, shape = rng.normal(size=300), rng.normal(size=21)
    at = np.array([2, 80, 150, 298])
    padded = np.pad(x, 40)
    scores = [[shape @ padded[a + s + 30 : a + s + 51] for s in range(-5, 6)] for a in at]
    np.testing.assert_array_equal(best_shifts(x, at, shape, 5), np.argmax(scores, axis=1) - 5)
    weights = np.array([1.0, 2.0, 0.0, 3.0])
    pieces = np.pad(x, 40, mode="edge")[at[:, None] + 40 + np.arange(-8, 10)]
    expected = np.stack([pieces[0], (2 * pieces[1] + 3 * pieces[3]) / 5])
    np.testing.assert_allclose(mean_pieces(x, at, weights, 8, 9), expected, atol=1e-12)
    shapes, gains = rng.normal(size=(2, 30)), rng.normal(size=(4, 2))
    away = np.zeros(380)
    for first, gain in zip(at - 10, gains, strict=True):
        away[first + 40 : first + 70] += gain[0] * shapes[0] + np.where((np.arange(30) >= 5) & (np.arange(30) < 20), gain[1] * shapes[1], 0)
    cleaned = x.copy()
    take_away(cleaned, at - 10, shapes, gains, 5, 20)
    np.testing.assert_allclose(cleaned, x - away[40:340], atol=1e-12)


def test_pieces_between_samples_agree_with_a_cubic_through_four() -> None:
    rng = np.random.default_rng(7)
    x, taper = rng.normal(size=60), np.hanning(13)[1:-1]
    at, between = np.array([0, 20, 58]), np.array([0.0, 0.3, -0.5])
    padded, reach = np.pad(x, 20), taper.size // 2
    expected = np.zeros((3, taper.size))
    for m in range(3):
        for j in range(taper.size):
            four = np.arange(-1, 3)
            cubic = np.polyfit(four, padded[at[m] + 20 - reach + j + four], 3)
            expected[m, j] = np.polyval(cubic, between[m]) * taper[j]
    np.testing.assert_allclose(tapered_pieces(x, at, between, taper), expected, atol=1e-9)


def test_roughness_agrees_with_numpy() -> None:
    x = np.random.default_rng(7).normal(size=100)
    steps = (x[4:] - x[:-4]) ** 2
    found = roughness(x, np.array([30, 90, 97]), -10, 20, 4)
    np.testing.assert_allclose(found[:2], [steps[16:46].mean(), steps[76:].mean()])
    assert np.isinf(found[2])
