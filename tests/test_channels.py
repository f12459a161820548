"""The gate: what a channel says of itself decides whether its onsets are told."""

from dataclasses import replace

import numpy as np
import pytest

from hipspine.errors import InputError
from hipspine.formats.lazy import Lazy, Rows
from hipspine.signals.channels import channel_onsets
from hipspine.signals.recording import Channel, Recording, Stream
from hipspine.signals.timing import ChannelOnsets
from hipspine.terms import ChannelStatus, Floats, OnsetStatus, StreamKind

RATE, START_S = 2000.0, 7.0


def burst(seed: int = 0, start_s: float = 2.0, stop_s: float = 3.0, seconds: float = 6.0) -> Floats:
    t = np.arange(int(seconds * RATE)) / RATE
    return np.asarray(np.random.default_rng(seed).normal(size=t.size) * np.where((t >= start_s) & (t < stop_s), 10.0, 1.0) * 1e-5)


def recording(*rows: Floats, rate_hz: float = RATE, **about: object) -> Recording:
    channels = tuple(replace(Channel(f"ch{i}", "gluteus_maximus", unit="V"), **about) for i in range(len(rows)))  # type: ignore[arg-type]
    return Recording("test", "made", (Stream(StreamKind.EMG, rate_hz, START_S, channels, np.array(rows)),))


def gate(row: Floats, rate_hz: float = RATE, **about: object) -> ChannelOnsets:
    (answer,) = channel_onsets(recording(row, rate_hz=rate_hz, **about))
    return answer


def test_times_stand_on_the_clock_of_the_recording() -> None:
    answer = gate(burst())
    assert answer.status is OnsetStatus.OK
    assert answer.reason == ""
    assert answer.onsets.on_s[0] == pytest.approx(START_S + 2.0, abs=0.003)
    assert answer.onsets.on[0] is not None
    assert answer.onsets.on[0].quantile(0.5) == pytest.approx(float(answer.onsets.on_s[0]))
    assert answer.quality.snr_db == pytest.approx(20.0, abs=2.0)


@pytest.mark.parametrize(
    ("row", "about", "status", "says"),
    [
        (np.zeros(12000), {}, OnsetStatus.NO_SIGNAL, "every sample"),
        (np.full(12000, 0.3), {}, OnsetStatus.NO_SIGNAL, "every sample"),
        (burst(0, -2, -1), {}, OnsetStatus.NO_SIGNAL, "no burst"),
        (np.abs(burst()), {}, OnsetStatus.REFUSED, "rectified"),
        (np.convolve(np.abs(burst()), np.hanning(400), "same"), {}, OnsetStatus.REFUSED, "envelope"),
        (burst(), {"status": ChannelStatus.EMPTY}, OnsetStatus.REFUSED, "no electrode"),
        (burst(), {"status": ChannelStatus.ENVELOPE}, OnsetStatus.REFUSED, "envelope"),
        (np.full(12000, np.nan), {}, OnsetStatus.NO_SIGNAL, "no finite sample"),
        (burst(seconds=0.9), {}, OnsetStatus.REFUSED, "record longer"),
        (np.clip(burst(), -1e-4, 1e-4), {}, OnsetStatus.CLIPPED, "clipped for"),
    ],
)
def test_the_gate_says_why(row: Floats, about: dict[str, object], status: OnsetStatus, says: str) -> None:
    answer = gate(row, **about)
    assert answer.status is status
    assert says in answer.reason
    assert answer.onsets.count == (1 if status is OnsetStatus.CLIPPED else 0)


def test_a_slow_channel_is_refused_with_its_rate() -> None:
    answer = gate(burst(), rate_hz=250.0)
    assert answer.status is OnsetStatus.REFUSED
    assert "250 Hz" in answer.reason


def test_a_gap_splits_the_record_and_opens_the_burst_that_touches_it() -> None:
    row = burst()
    row[5000:5400] = np.nan  # 2.5-2.7 s, inside the burst
    answer = gate(row)
    assert answer.quality.gap_s == pytest.approx(0.2)
    assert answer.onsets.count == 2
    assert np.isnan(answer.onsets.off_s[0])
    assert np.isnan(answer.onsets.on_s[1])
    assert answer.onsets.on_s[0] == pytest.approx(START_S + 2.0, abs=0.01)
    assert answer.onsets.off_s[1] == pytest.approx(START_S + 3.0, abs=0.01)
    assert "gap" in answer.reason


def test_the_start_of_a_sensor_is_no_onset_of_a_muscle() -> None:
    row = burst()
    row[:1000] = row[1000]
    np.testing.assert_allclose(gate(row).onsets.on_s, [START_S + 2.0], atol=0.01)


def test_rest_without_any_noise_is_rest() -> None:
    row = np.where(np.abs(burst()) > 0, burst(), 0.0)
    row[: int(2 * RATE)] = row[int(3 * RATE) : int(4 * RATE) + 1000] = row[int(5 * RATE) :] = 0.0
    row[int(3 * RATE) : int(5 * RATE)] = 0.0
    row[int(4 * RATE) : int(4.5 * RATE)] = burst(1)[int(2 * RATE) : int(2.5 * RATE)]
    np.testing.assert_allclose(gate(row).onsets.on_s, [START_S + 2.0, START_S + 4.0], atol=0.003)


def test_the_order_of_channels_does_not_matter() -> None:
    rows = [burst(seed, 1.0 + seed, 2.0 + seed) for seed in range(3)]
    forwards, backwards = channel_onsets(recording(*rows)), channel_onsets(recording(*rows[::-1]))
    for a, b in zip(forwards, backwards[::-1], strict=True):
        assert a.onsets.on_s.tobytes() == b.onsets.on_s.tobytes()
        assert a.quality.crosstalk_index == pytest.approx(b.quality.crosstalk_index)


def test_crosstalk_shows_where_one_channel_hears_another() -> None:
    alone, heard = burst(0), burst(1)
    answers = channel_onsets(recording(alone, heard + 0.7 * alone, burst(2)))
    index = [answer.quality.crosstalk_index for answer in answers]
    assert index[0] is not None
    assert index[2] is not None
    assert index[0] > 0.4 > 0.2 > index[2]


def test_an_unknown_label_is_named_with_those_that_exist() -> None:
    with pytest.raises(InputError, match=r"'glute'.*ch0, ch1"):
        channel_onsets(recording(burst(), burst()), ["glute"])


def test_a_wanted_label_gives_that_channel_alone() -> None:
    (answer,) = channel_onsets(recording(burst(), burst(1)), ["ch1"])
    assert answer.channel.label == "ch1"


def test_a_moment_that_is_too_uncertain_is_no_time() -> None:
    t = np.arange(int(12 * RATE)) / RATE
    swell = 2.0 * np.clip((t - 3.0) / 3.0, 0.0, 1.0) * (t < 9.0)  # three seconds to come out of the noise
    rows = [np.random.default_rng(seed).normal(size=t.size) * np.sqrt(1.0 + swell**2) for seed in range(12)]
    found = [answer.onsets for answer in channel_onsets(recording(*rows))]
    widths = np.concatenate([onsets.on_high_s - onsets.on_low_s for onsets in found])
    times = np.concatenate([onsets.on_s for onsets in found])
    assert (widths > 0.25).any()
    np.testing.assert_array_equal(np.isnan(times), ~(widths <= 0.25))


def test_hum_that_drowns_the_muscle_is_said() -> None:
    t = np.arange(12000) / RATE
    answer = gate(burst() + 1.5e-4 * np.sin(2 * np.pi * 50.0 * t))
    assert answer.quality.mains_ratio is not None
    assert answer.quality.mains_ratio > 1.0
    assert "mains hum" in answer.reason
    assert answer.onsets.on_s[0] == pytest.approx(START_S + 2.0, abs=0.02)


def test_samples_that_stay_in_a_file_give_the_same_answer_and_are_read_channel_by_channel() -> None:
    rows = np.array([burst(seed, seconds=60.0, start_s=20.0, stop_s=22.0) for seed in range(4)])
    largest = 0

    def read(channels: Rows, start: int, stop: int) -> Floats:
        nonlocal largest
        largest = max(largest, channels.size * (stop - start))
        return np.asarray(rows[channels, start:stop])

    held = recording(*rows)
    in_file = replace(held, streams=(replace(held.streams[0], values=Lazy(rows.shape, read)),))
    for mine, other in zip(channel_onsets(in_file), channel_onsets(held), strict=True):
        np.testing.assert_array_equal(mine.onsets.on_s, other.onsets.on_s)
        assert mine.quality == other.quality
    assert largest == rows.shape[1]


def test_two_channels_of_a_very_short_record_are_each_told_why() -> None:
    answers = channel_onsets(recording(burst(seconds=0.3), burst(1, seconds=0.3)))
    assert [answer.status for answer in answers] == [OnsetStatus.REFUSED, OnsetStatus.REFUSED]
    assert all("record longer" in answer.reason for answer in answers)


def test_a_dead_channel_of_nothing_but_gaps_in_a_file_does_not_stop_the_others() -> None:
    values = np.vstack([np.random.default_rng(4).normal(size=3000), np.full(3000, np.nan)])
    channels = (Channel("GMAX_L", unit="V"), Channel("GMAX_R", unit="V", status=ChannelStatus.FLAT))
    lazy = Lazy((2, 3000), lambda rows, start, stop: values[rows, start:stop])
    answers = [
        channel_onsets(Recording("x", "x", (Stream(StreamKind.EMG, 1000.0, 0.0, channels, held),))) for held in (lazy, values.copy())
    ]
    in_file, in_memory = ([(a.status, a.reason) for a in one] for one in answers)
    assert in_file == in_memory
    assert "no finite sample" in answers[0][1].reason
