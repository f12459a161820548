"""What must be true of onsets: laws first, then known signals, then numbers with their Monte Carlo error."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from hipspine import detect_onsets
from hipspine.errors import SignalError
from hipspine.signals.onsets import detect
from hipspine.signals.segmentation import runs
from hipspine.signals.simulation.trials import gaussian_trial
from hipspine.signals.stream import OnsetStream
from hipspine.signals.timing import Onsets

RATE = 2000.0
TIMES = ("on_s", "on_low_s", "on_high_s", "off_s", "off_low_s", "off_high_s")


def trial(seed: int, *, snr_db: float = 15.0, rise_s: float = 0.1, **more: float):  # type: ignore[no-untyped-def]
    return gaussian_trial(np.random.default_rng(seed), snr_db=snr_db, rise_s=rise_s, **more)


def assert_same(a: Onsets, b: Onsets, *, within_s: float = 0.0, later_s: float = 0.0) -> None:
    assert a.count == b.count
    for name in TIMES:
        np.testing.assert_allclose(getattr(b, name), getattr(a, name) + later_s, atol=within_s + 1e-12)


# ---- laws


@settings(max_examples=12, deadline=None)
@given(st.floats(-6, 6), st.booleans(), st.floats(-100, 100), st.integers(0, 5))
def test_onset_does_not_depend_on_unit_polarity_or_offset(power: float, flip: bool, offset: float, seed: int) -> None:
    emg = trial(seed).emg
    gain = 10.0**power * (-1 if flip else 1)
    assert_same(detect_onsets(emg, rate_hz=RATE), detect_onsets(gain * (emg + offset), rate_hz=RATE), within_s=1e-6)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("added", [1, 7, 333, 1001])
def test_more_rest_before_moves_the_onset_by_its_length(seed: int, added: int) -> None:
    emg = trial(seed, snr_db=20.0).emg
    first, second = detect_onsets(emg, rate_hz=RATE), detect_onsets(np.r_[emg[100 : 100 + added], emg], rate_hz=RATE)
    width = float(first.on_high_s[0] - first.on_low_s[0])  # the added rest is new evidence, so not to the byte
    assert abs(second.on_s[0] - added / RATE - first.on_s[0]) < max(0.0005, 0.1 * width)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("rate_hz", [1000, 1500, 3000, 4000])
def test_another_sampling_rate_stays_well_inside_the_interval(seed: int, rate_hz: int) -> None:
    emg = trial(seed, snr_db=20.0).emg
    first = detect_onsets(emg, rate_hz=RATE)
    second = detect_onsets(signal.resample_poly(emg, rate_hz // 500, 4), rate_hz=float(rate_hz))
    width = float(first.on_high_s[0] - first.on_low_s[0])
    assert abs(first.on_s[0] - second.on_s[0]) < max(1.0 / min(rate_hz, RATE), 0.25 * width)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(1, 3999), min_size=1, max_size=20), st.integers(0, 3))
def test_a_stream_gives_the_batch_answer_however_it_is_cut(cuts: list[int], seed: int) -> None:
    emg = trial(seed).emg
    stream = OnsetStream(rate_hz=RATE)
    for chunk in np.split(emg, sorted(cuts)):
        stream.push(chunk)
    assert_same(detect_onsets(emg, rate_hz=RATE), stream.onsets())


@pytest.mark.parametrize("seed", range(6))
def test_time_running_backwards_swaps_onset_and_offset(seed: int) -> None:
    emg = trial(seed, snr_db=20.0, rise_s=0.0).emg
    forwards, backwards = detect_onsets(emg, rate_hz=RATE), detect_onsets(emg[::-1], rate_hz=RATE)
    length = emg.size / RATE
    np.testing.assert_allclose(forwards.on_s, length - backwards.off_s[::-1], atol=0.003)
    np.testing.assert_allclose(forwards.off_s, length - backwards.on_s[::-1], atol=0.003)


def test_the_same_input_gives_the_same_bytes_and_is_left_alone() -> None:
    emg = trial(1, ecg=1.5).emg
    before = emg.tobytes()
    first, second = (detect_onsets(emg, rate_hz=RATE) for _ in range(2))
    assert all(getattr(first, name).tobytes() == getattr(second, name).tobytes() for name in TIMES)
    assert emg.tobytes() == before


# ---- known signals


def burst(start_s: float, stop_s: float, *, loud: float = 10.0, seconds: float = 4.0, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * RATE)) / RATE
    return np.asarray(rng.normal(size=t.size) * np.where((t >= start_s) & (t < stop_s), loud, 1.0))


@pytest.mark.parametrize(("start_s", "stop_s"), [(1.0, 2.0), (2.0, 2.05), (0.5, 3.6)])
def test_a_clear_burst_is_found_at_both_ends(start_s: float, stop_s: float) -> None:
    found = detect_onsets(burst(start_s, stop_s), rate_hz=RATE)
    assert found.count == 1
    assert found.on_s[0] == pytest.approx(start_s, abs=0.003)
    assert found.off_s[0] == pytest.approx(stop_s, abs=0.003)
    assert found.on_low_s[0] <= found.on_s[0] <= found.on_high_s[0]
    assert found.level_db[0] == pytest.approx(20.0, abs=2.0)


def test_a_record_that_starts_or_ends_inside_a_burst_has_an_open_end() -> None:
    starts, ends = (detect_onsets(burst(a, b), rate_hz=RATE) for a, b in ((-1.0, 1.5), (2.0, 9.0)))
    assert starts.count == ends.count == 1
    assert np.isnan([starts.on_s[0], starts.on_low_s[0], starts.rise_s[0], ends.off_s[0], ends.off_high_s[0]]).all()
    assert starts.on == (None,)
    assert ends.off == (None,)
    assert starts.off_s[0] == pytest.approx(1.5, abs=0.003)
    assert ends.on_s[0] == pytest.approx(2.0, abs=0.003)


def test_one_burst_in_ten_minutes_is_found_and_nothing_else() -> None:
    found = detect_onsets(burst(300.0, 301.0, loud=3.0, seconds=600.0), rate_hz=RATE)
    assert found.count == 1
    assert found.on_s[0] == pytest.approx(300.0, abs=0.02)


def test_a_faint_burst_beside_a_loud_one_is_found_too() -> None:
    emg = burst(1.0, 2.0, loud=10.0, seconds=8.0) + burst(5.0, 6.0, loud=2.0, seconds=8.0, seed=1)
    found = detect_onsets(emg, rate_hz=RATE)
    np.testing.assert_allclose(found.on_s, [1.0, 5.0], atol=0.05)


def test_a_burst_over_exact_zeros_is_timed() -> None:
    emg = np.where((np.arange(8000) >= 4000) & (np.arange(8000) < 6000), burst(0, 4), 0.0)
    found = detect_onsets(emg, rate_hz=RATE)
    assert found.on_s[0] == pytest.approx(2.0, abs=0.002)


@pytest.mark.parametrize("kind", ["white", "muscle", "heavy", "drifting", "constant"])
def test_no_onset_without_a_burst(kind: str) -> None:
    rng = np.random.default_rng(5)
    n = int(120 * RATE)
    emg = {
        "white": lambda: rng.normal(size=n),
        "muscle": lambda: signal.sosfilt(signal.butter(2, [60, 150], "band", fs=RATE, output="sos"), rng.normal(size=n)),
        "heavy": lambda: rng.standard_t(4, size=n),
        "drifting": lambda: rng.normal(size=n) * np.linspace(1.0, 2.0, n),
        "constant": lambda: np.full(n, 3.3),
    }[kind]()
    assert detect_onsets(emg, rate_hz=RATE).count == 0


def test_a_spike_is_no_onset_and_hides_none() -> None:
    emg = burst(2.0, 3.0)
    emg[2000] += 60.0
    found = detect_onsets(emg, rate_hz=RATE)
    assert found.count == 1
    assert found.on_s[0] == pytest.approx(2.0, abs=0.01)


def test_the_snr_is_that_of_the_simulation() -> None:
    for snr_db in (5.0, 10.0, 20.0):
        found = [detect(trial(seed, snr_db=snr_db, rise_s=0.0).emg, rate_hz=RATE).snr_db for seed in range(8)]
        assert np.mean(found) == pytest.approx(snr_db, abs=1.0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("emg", "rate_hz", "says"),
    [
        (np.zeros((2, 4000)), RATE, "one row"),
        (np.r_[np.zeros(3000), np.nan], RATE, "finite"),
        (np.zeros(4000), 200.0, "at least 500 Hz"),
        (np.zeros(0), RATE, "one row"),
        (np.r_[np.zeros(3000), np.inf], RATE, "finite"),
        (np.full(4000, 1e200), RATE, "unit"),
        (np.r_[np.zeros(4000), 1e-200], RATE, "unit"),
        (np.zeros(500), RATE, "at least 0.5 s"),
        (np.zeros(4000), float("nan"), "at least 500 Hz"),
    ],
)
def test_what_cannot_be_timed_is_refused_in_one_sentence(emg: np.ndarray, rate_hz: float, says: str) -> None:
    with pytest.raises(SignalError, match=says) as caught:
        detect_onsets(emg, rate_hz=rate_hz)
    assert "\n" not in str(caught.value)


def test_runs_of_nothing_are_none() -> None:
    starts, stops = runs(np.zeros(5, bool))
    assert starts.size == stops.size == 0


# ---- numbers, each with room for its Monte Carlo error


def errors_ms(cell: dict[str, float], trials: int) -> tuple[np.ndarray, float, int]:
    """Errors of the nearest onset, share of intervals that hold the truth, and false onsets."""
    error, covered, false = [], 0, 0
    for seed in range(trials):
        one = trial(1000 + seed, **cell)
        found = detect_onsets(one.emg, rate_hz=RATE)
        nearest = int(np.argmin(np.abs(found.on_s - one.on_s[0])))
        error.append(1e3 * (found.on_s[nearest] - one.on_s[0]))
        covered += bool(found.on_low_s[nearest] - 5e-4 <= one.on_s[0] <= found.on_high_s[nearest] + 5e-4)
        false += int((np.abs(found.on_s - one.on_s[0]) > 0.1).sum())
    return np.array(error), covered / trials, false


@pytest.mark.parametrize(
    ("rise_s", "snr_db", "bound_ms"),
    [(0.0, 10.0, 6.0), (0.0, 15.0, 2.5), (0.0, 20.0, 1.5), (0.1, 10.0, 17.0), (0.1, 15.0, 8.5), (0.1, 20.0, 6.5)],
)
def test_error_and_coverage_on_the_benchmark(rise_s: float, snr_db: float, bound_ms: float) -> None:
    error, covered, false = errors_ms({"rise_s": rise_s, "snr_db": snr_db}, 40)
    assert np.mean(np.abs(error)) < bound_ms
    assert covered >= 0.875  # 95 % less two standard errors of 40 trials
    assert false == 0


def test_signal_quality_alone_makes_no_delay_between_muscles() -> None:
    late = np.mean(errors_ms({"snr_db": 10.0}, 40)[0]) - np.mean(errors_ms({"snr_db": 20.0}, 40)[0])
    assert abs(late) < 5.0 + 4.0  # 4 ms: two standard errors of the difference
