"""What is written reads back the same: streams, rates, units, names, sides, events, notes; within each format's precision."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hipspine.formats
from hipspine import plugins
from hipspine.errors import FormatError
from hipspine.formats.c3d.writer import c3d_bytes
from hipspine.formats.reader import Reader
from hipspine.formats.source import Source
from hipspine.formats.text import reader as text
from hipspine.formats.text.writer import csv_text
from hipspine.formats.writer import Writer, nothing_is_lost
from hipspine.signals.recording import Channel, Event, Recording, Stream
from hipspine.terms import ChannelStatus, Region, Side, StreamKind

READERS: dict[str, Reader] = plugins.find(hipspine.formats, "READER", group="hipspine.readers")
WRITERS: dict[str, Writer] = plugins.find(hipspine.formats, "WRITER", group="hipspine.writers")
COMPLETE = {name: writer for name, writer in WRITERS.items() if writer.losses is nothing_is_lost}  # the others have tests of their own
every_complete = pytest.mark.parametrize("writer", COMPLETE.values(), ids=COMPLETE)


def written(writer: Writer, recording: Recording) -> bytes:
    file = io.BytesIO()
    writer.write(recording, file, "x")
    return file.getvalue()


def read_back(writer: Writer, data: bytes) -> Recording:
    return READERS[writer.name].recording(Source(Path("x"), data))


WORDS = (
    st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _-äé:[](),\"'#", min_size=1, max_size=24)
    .map(str.strip)
    .filter(bool)
)
SIDES = st.none() | st.sampled_from(Side)
MUSCLES = st.none() | st.sampled_from(["gluteus_maximus", "multifidus", "biceps_femoris"])
UNITS = {StreamKind.EMG: "V", StreamKind.ANGLE: "rad", StreamKind.FORCE: "N", StreamKind.IMU: "m/s^2", StreamKind.OTHER: ""}


@st.composite
def recordings(draw: st.DrawFn) -> Recording:
    """Streams of one or two rates (one a multiple of the other) that begin together; any labels, gaps, events, notes."""
    slow, ratio = draw(st.sampled_from([50.0, 100.0, 148.0])), draw(st.integers(1, 20))
    start_s = draw(st.integers(0, 500)) / slow
    frames = draw(st.integers(2, 40))
    labels = draw(st.lists(WORDS, min_size=1, max_size=8, unique=True))
    dice = np.random.default_rng(draw(st.integers(0, 2**32)))
    streams, used = [], 0
    while used < len(labels):
        count = draw(st.integers(1, len(labels) - used))
        kind, fast = draw(st.sampled_from(sorted(UNITS))), draw(st.booleans())
        channels = tuple(
            Channel(
                label,
                draw(MUSCLES),
                draw(SIDES),
                draw(st.none() | st.sampled_from(Region)) if kind is StreamKind.EMG else None,
                UNITS[kind],
            )
            for label in labels[used : used + count]
        )
        values = dice.normal(size=(count, frames * (ratio if fast else 1))) * 10.0 ** draw(st.integers(-6, 3))
        if draw(st.booleans()):
            values[:, values.shape[1] // 2] = np.nan
        streams.append(Stream(kind, slow * (ratio if fast else 1), start_s, channels, values, draw(st.just("") | WORDS)))
        used += count
    marks = draw(
        st.lists(st.tuples(st.sampled_from(["foot strike", "foot off", "cue", "movement start"]), st.floats(0, 50), SIDES), max_size=4)
    )
    events = tuple(sorted((Event(*mark) for mark in marks), key=lambda event: event.time_s))
    about = draw(st.dictionaries(st.sampled_from(["simulated", "cue", "device", "protocol"]), WORDS, max_size=3))
    return Recording("x", "made here", tuple(streams), events, about=about)


@every_complete
@settings(max_examples=80, deadline=None)
@given(recordings())
def test_what_is_written_reads_back_the_same(writer: Writer, recording: Recording) -> None:
    back = read_back(writer, written(writer, recording))
    assert [(s.kind, s.name, s.rate_hz, s.start_s, s.values.shape) for s in back.streams] == [
        (s.kind, s.name, s.rate_hz, s.start_s, s.values.shape) for s in recording.streams
    ]
    for read, before in zip(back.streams, recording.streams, strict=True):
        named = [(c.label, c.side, c.unit, c.muscle, c.region) for c in read.channels]
        assert named == [(c.label, c.side, c.unit, c.muscle, c.region) for c in before.channels]
        for one, other in zip(read.values, before.values, strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=writer.precision * np.nanmax(np.abs(other)) + 1e-37)
    assert [(e.label, e.side) for e in back.events] == [(e.label, e.side) for e in recording.events]
    assert [e.time_s for e in back.events] == pytest.approx([e.time_s for e in recording.events], abs=1e-5)
    assert dict(back.about) == dict(recording.about)


@every_complete
def test_a_second_round_changes_nothing(writer: Writer) -> None:
    emg = Stream(
        StreamKind.EMG,
        1000.0,
        0.014,
        (Channel("MA", "gluteus_maximus", Side.RIGHT, unit="V"),),
        np.random.default_rng(1).normal(size=(1, 99)),
    )
    once = read_back(writer, written(writer, Recording("x", "x", (emg,), about={"simulated": "yes"})))
    twice = read_back(writer, written(writer, once))
    np.testing.assert_array_equal(once.streams[0].values, twice.streams[0].values)
    assert once.streams[0].channels == twice.streams[0].channels
    assert written(writer, once) == written(writer, twice)


def test_csv_keeps_three_rates_and_late_starts_without_an_invented_sample() -> None:
    dice = np.random.default_rng(3)
    streams = tuple(
        Stream(kind, rate_hz, start_s, (Channel(label, unit=unit),), dice.normal(size=(1, samples)))
        for kind, rate_hz, start_s, label, unit, samples in (
            (StreamKind.EMG, 2000.0, 0.0, "EMG 1", "V", 200),
            (StreamKind.IMU, 148.148148, 0.02, "ACC X", "m/s^2", 15),
            (StreamKind.ANGLE, 100.0, 1.5, "trunk_flexion", "rad", 10),
        )
    )
    written = csv_text(Recording("x", "x", streams), name="x.csv")
    for data in (written, "\n".join(line for line in written.splitlines() if not line.startswith("# streams"))):
        back = text.READER.recording(Source(Path("x.csv"), data.encode()))
        assert [s.values.shape for s in back.streams] == [s.values.shape for s in streams]
        assert [s.rate_hz for s in back.streams] == pytest.approx([s.rate_hz for s in streams], rel=1e-6)
        assert [s.start_s for s in back.streams] == pytest.approx([s.start_s for s in streams], abs=1e-9)
        assert [s.kind for s in back.streams] == [s.kind for s in streams]


def test_a_written_csv_that_a_person_edited_is_still_read() -> None:
    emg = Stream(
        StreamKind.EMG,
        1000.0,
        0.0,
        (Channel("GMAX_L", "gluteus_maximus", Side.LEFT, unit="V"),),
        np.random.default_rng(1).normal(size=(1, 50)),
    )
    edited = csv_text(Recording("x", "x", (emg,)), name="x.csv").replace("GMAX_L [V]", "GMAX_R [V]")
    channel = text.READER.recording(Source(Path("x.csv"), edited.encode())).streams[0].channels[0]
    assert (channel.label, channel.side) == ("GMAX_R", Side.RIGHT)


@pytest.mark.parametrize("label", ["N", "time", "event", "Sample", "touchdown"])
def test_a_channel_may_be_labelled_like_a_clock_or_an_event(label: str) -> None:
    emg = Stream(StreamKind.EMG, 1000.0, 0.0, (Channel(label, unit="V"),), np.random.default_rng(1).normal(size=(1, 50)))
    back = text.READER.recording(Source(Path("x.csv"), csv_text(Recording("x", "x", (emg,)), name="x.csv").encode()))
    assert [channel.label for channel in back.streams[0].channels] == [label]


def test_a_simulated_file_says_so_in_plain_words() -> None:
    emg = Stream(StreamKind.EMG, 1000.0, 0.0, (Channel("GMAX_L", unit="V"),), np.zeros((1, 50)))
    recording = Recording("x", "x", (emg,), about={"simulated": "yes"})
    assert csv_text(recording, name="x.csv").startswith("# simulated: yes\n")
    assert b"simulated: yes" in c3d_bytes(recording, name="x.c3d")


@every_complete
def test_streams_without_samples_do_not_hide_the_others(writer: Writer) -> None:
    emg = Stream(StreamKind.EMG, 1000.0, 0.0, (Channel("GMAX_L", unit="V"),), np.ones((1, 50)))
    none = replace(emg, channels=(Channel("BF_L", unit="V"),), values=np.empty((1, 0)))
    assert [s.channels[0].label for s in read_back(writer, written(writer, Recording("x", "x", (none, emg)))).streams] == ["GMAX_L"]


@every_complete
def test_a_channel_whose_samples_are_all_missing_stays(writer: Writer) -> None:
    values = np.vstack([np.random.default_rng(1).normal(size=60), np.full(60, np.nan)])
    emg = Stream(StreamKind.EMG, 1000.0, 0.0, (Channel("GMAX_L", unit="V"), Channel("GMAX_R", unit="V")), values)
    slow = replace(emg, rate_hz=100.0, channels=(Channel("BF_L", unit="V"),), values=np.full((1, 6), np.nan))
    back = read_back(writer, written(writer, Recording("x", "x", (emg, slow))))
    assert [s.values.shape for s in back.streams] == [(2, 60), (1, 6)]
    assert np.isnan(np.asarray(back.streams[1].values)).all()
    dead = back.streams[0].channels[1]
    assert (dead.label, dead.status) == ("GMAX_R", ChannelStatus.FLAT)
    assert "every sample is missing" in dead.reason


@pytest.mark.parametrize("claimed", ["0", "10"])
def test_samples_that_the_statement_does_not_know_of_are_kept(claimed: str) -> None:
    emg = Stream(StreamKind.EMG, 1000.0, 0.0, (Channel("GMAX_L", unit="V"),), np.random.default_rng(1).normal(size=(1, 50)))
    edited = csv_text(Recording("x", "x", (emg,)), name="x.csv").replace('"samples":50', f'"samples":{claimed}')
    values = text.READER.recording(Source(Path("x.csv"), edited.encode())).streams[0].values
    np.testing.assert_allclose(np.asarray(values), emg.values, rtol=1e-8)


def test_a_statement_of_fewer_samples_than_none_is_damaged() -> None:
    emg = Stream(StreamKind.EMG, 1000.0, 0.0, (Channel("GMAX_L", unit="V"),), np.random.default_rng(1).normal(size=(1, 50)))
    edited = csv_text(Recording("x", "x", (emg,)), name="x.csv").replace('"samples":50', '"samples":-5')
    with pytest.raises(FormatError, match="note that hipspine wrote about its streams is damaged"):
        text.READER.recording(Source(Path("x.csv"), edited.encode()))


@pytest.mark.parametrize("gaps", [0, 3])
def test_filling_that_is_taken_away_is_no_gap(gaps: int) -> None:
    noise = np.random.default_rng(4).normal(size=1185)
    noise[100 : 100 + gaps] = np.nan
    emg = Stream(
        StreamKind.EMG, 2000.0, 0.0, (Channel("GMAX_L", "gluteus_maximus", Side.LEFT, unit="V"),), np.tile(noise[500:], 24)[None, :16000]
    )
    slow = Stream(StreamKind.IMU, 500.0 / 4, 0.0, (Channel("ACC X", unit="m/s^2"),), noise[None, :995])
    back = read_back(WRITERS["C3D"], written(WRITERS["C3D"], Recording("x", "x", (emg, slow))))
    channel = back.streams[1].channels[0]
    assert back.streams[1].values.shape == (1, 995)
    assert (channel.status.value, channel.reason) == (("gaps", "3 of 995 samples are missing") if gaps else ("ok", ""))
