"""XDF against the reference reader (pyxdf): clock offsets, resets, jitter, several rates; and what crashed recorders leave."""

import gzip
import io
import logging
import struct
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyxdf

from hipspine.errors import FormatError
from hipspine.formats.source import Source
from hipspine.formats.xdf import compressed as xdf_compressed
from hipspine.formats.xdf.chunks import (
    BOUNDARY,
    BOUNDARY_TAG,
    CLOCK_OFFSET,
    FILE_HEADER,
    MAGIC,
    SAMPLES,
    STREAM_FOOTER,
    STREAM_HEADER,
    chunk_bytes,
)
from hipspine.formats.xdf.clock import line_of
from hipspine.formats.xdf.reader import READER
from hipspine.formats.xdf.writer import WRITER
from hipspine.signals.recording import Channel, Event, Recording, Stream
from hipspine.terms import Side, StreamKind
from hipspine.workflows.reading import open_recording

DATA = Path(__file__).parents[1].parent / "shared" / "data" / "edf_xdf"
NUMPY = {"int8": "<i1", "int16": "<i2", "int32": "<i4", "int64": "<i8", "float32": "<f4", "double64": "<f8"}


# ------------------------------------------------------------------------------------------------- building files by hand


def header(number: int, *, kind: str = "EMG", channels: int = 1, rate: float = 0, form: str = "float32", desc: str = "") -> bytes:
    xml = (
        f'<?xml version="1.0"?><info><name>device {number}</name><type>{kind}</type><channel_count>{channels}</channel_count>'
        f"<nominal_srate>{rate}</nominal_srate><channel_format>{form}</channel_format>{desc}</info>"
    )
    return chunk_bytes(STREAM_HEADER, struct.pack("<I", number) + xml.encode())


def samples(number: int, values: np.ndarray[Any, Any], stamps: Sequence[float | None], form: str = "float32") -> bytes:
    """(sample, channel) numbers, each with its stamp or None."""
    parts = [
        (b"\0" if stamp is None else b"\x08" + struct.pack("<d", stamp)) + np.asarray(row, NUMPY[form]).tobytes()
        for row, stamp in zip(values, stamps, strict=True)
    ]
    return chunk_bytes(SAMPLES, struct.pack("<IBI", number, 4, len(values)) + b"".join(parts))


def marks(number: int, pairs: Sequence[tuple[float, Sequence[str]]]) -> bytes:
    parts = []
    for time_s, texts in pairs:
        parts.append(b"\x08" + struct.pack("<d", time_s))
        parts += [struct.pack("<BI", 4, len(text.encode())) + text.encode() for text in texts]
    return chunk_bytes(SAMPLES, struct.pack("<IBI", number, 4, len(pairs)) + b"".join(parts))


def offset(number: int, time_s: float, value: float) -> bytes:
    return chunk_bytes(CLOCK_OFFSET, struct.pack("<Idd", number, time_s, value))


START = MAGIC + chunk_bytes(FILE_HEADER, b'<?xml version="1.0"?><info><version>1.0</version></info>')
EDGE = chunk_bytes(BOUNDARY_TAG, BOUNDARY)

Timed = list[tuple[float, bytes]]


def device(
    number: int,
    rate: float,
    duration_s: float,
    *,
    seed: int = 0,
    channels: int = 2,
    form: str = "float32",
    jitter_s: float = 0.0,
    drift: float = 0.0,
    begun_s: float = 5000.0,
    stamped: Callable[[int], bool] = lambda k: True,
    pauses: Sequence[tuple[float, float]] = (),
    restart: tuple[float, float] | None = None,
) -> tuple[bytes, Timed]:
    """A device as a recorder meets it: chunks of half a second, clock offsets every 5 s; (header, chunks with their time)."""
    dice = np.random.default_rng(seed)
    true = np.arange(int(rate * duration_s)) / rate
    for at_s, length_s in pauses:
        true = np.where(true >= at_s, true + length_s, true)

    def own(t: Any) -> Any:
        shift = 0.0 if restart is None else np.where(np.asarray(t) >= restart[0], restart[1], 0.0)
        return begun_s + np.asarray(t) * (1 + drift) - shift

    stamps = own(true) + np.abs(dice.normal(0, jitter_s, true.size))
    values = (dice.normal(size=(true.size, channels)) * 1000).astype(NUMPY[form])
    step = max(1, int(rate / 2))
    chunks: Timed = []
    for first in range(0, true.size, step):
        part = [float(stamp) if stamped(k) else None for k, stamp in enumerate(stamps[first : first + step])]
        chunks.append((float(true[min(first + step, true.size) - 1]), samples(number, values[first : first + step], part, form)))
    for t in np.arange(0.0, true[-1] + 1, 5.0):
        spike = 0.05 if dice.random() < 0.05 else 0.0
        chunks.append((float(t), offset(number, float(own(t)), float(1000.0 + t - own(t) + dice.normal(0, 1e-5) + spike))))
    return header(number, channels=channels, rate=rate, form=form), chunks


def recorded(*devices: tuple[bytes, Timed]) -> bytes:
    """The file of a recorder: headers, then chunks in the order of time, and a boundary chunk every 10 s."""
    chunks = sorted((chunk for _, timed in devices for chunk in timed), key=lambda chunk: chunk[0])
    edges = [(t, EDGE) for t in np.arange(10.0, chunks[-1][0], 10.0)]
    return START + b"".join(head for head, _ in devices) + b"".join(data for _, data in sorted([*chunks, *edges], key=lambda c: c[0]))


def opened(data: bytes, name: str = "walk.xdf") -> Recording:
    return READER.recording(Source(Path(name), data))


def judged(data: bytes, folder: Path, **how: Any) -> list[dict[str, Any]]:
    path = folder / "judged.xdf"
    path.write_bytes(data)
    logging.getLogger("pyxdf").setLevel(logging.CRITICAL)
    streams: list[dict[str, Any]] = pyxdf.load_xdf(path, **how)[0]
    return sorted(streams, key=lambda stream: int(stream["info"]["stream_id"]))


def warned(recording: Recording, words: str) -> bool:
    return any(words in warning for warning in recording.warnings)


# ------------------------------------------------------------------------------------------------ against the reference reader

LONG = {
    "without jitter, two rates and formats": lambda: recorded(
        device(1, 1000, 30), device(2, 148.148, 30, begun_s=90_000.0, channels=3, form="int16", seed=1)
    ),
    "jitter and drift": lambda: recorded(
        device(1, 1000, 40, jitter_s=0.002, drift=2e-5), device(2, 100, 40, begun_s=7.0, jitter_s=0.005, drift=-5e-5, seed=2)
    ),
    "stamps on the first sample of each chunk": lambda: recorded(device(1, 500, 30, jitter_s=0.002, stamped=lambda k: k == 0)),
    "stamps on every third sample": lambda: recorded(device(1, 500, 30, jitter_s=0.002, drift=1e-4, stamped=lambda k: k % 3 == 0)),
    "pauses": lambda: recorded(device(1, 1000, 40, jitter_s=0.002, pauses=((13.0, 3.3), (26.0, 2.0)))),
    "a restart, its clock set back": lambda: recorded(device(1, 1000, 40, jitter_s=0.001, pauses=((20.0, 12.0),), restart=(20.0, 4000.0))),
    "a restart, its clock set ahead": lambda: recorded(
        device(1, 1000, 40, jitter_s=0.001, pauses=((20.0, 12.0),), restart=(20.0, -4000.0))
    ),
}


@pytest.mark.parametrize("build", LONG.values(), ids=LONG.keys())
def test_times_and_samples_agree_with_the_reference_reader(build: Callable[[], bytes], tmp_path: Path) -> None:
    data = build()
    peers = judged(data, tmp_path)
    zero = min(stream["time_stamps"][0] for stream in peers)
    streams = opened(data).streams
    assert len(streams) == len(peers)
    for stream, peer in zip(streams, peers, strict=True):
        values = np.asarray(stream.values)
        there = np.isfinite(values[0])
        np.testing.assert_array_equal(values[:, there].T, peer["time_series"])
        np.testing.assert_allclose(stream.times_s()[there], peer["time_stamps"] - zero, atol=0.3e-3)
        assert stream.rate_hz == pytest.approx(peer["info"]["effective_srate"], rel=1e-5)


def test_the_example_of_the_format_s_authors_agrees_with_the_reference_reader() -> None:
    if not DATA.is_dir():
        pytest.skip("the shared example files are not here")
    recording = open_recording(DATA / "minimal.xdf")
    numbers, texts = pyxdf.load_xdf(DATA / "minimal.xdf")[0]
    stream = recording.streams[0]
    np.testing.assert_array_equal(np.asarray(stream.values).T, numbers["time_series"])
    np.testing.assert_allclose(stream.times_s(), numbers["time_stamps"] - numbers["time_stamps"][0], atol=1e-9)
    assert [event.label for event in recording.events] == [row[0] for row in texts["time_series"]]
    np.testing.assert_allclose([e.time_s for e in recording.events], texts["time_stamps"] - numbers["time_stamps"][0], atol=1e-9)


def test_the_reference_reader_reads_what_we_write(tmp_path: Path) -> None:
    dice = np.random.default_rng(3)
    emg = Stream(StreamKind.EMG, 2000.0, 0.25, (Channel("GMAX_L", unit="V"), Channel("BF_L", unit="V")), dice.normal(size=(2, 200_000)))
    angle = Stream(StreamKind.ANGLE, 100.0, 0.0, (Channel("hip_flexion_l", unit="rad"),), dice.normal(size=(1, 400)))
    file = io.BytesIO()
    WRITER.write(Recording("x", "x", (emg, angle), (Event("foot strike", 1.5, Side.LEFT),)), file, "x.xdf")
    one, other, events = judged(file.getvalue(), tmp_path)
    np.testing.assert_array_equal(one["time_series"].T, emg.values)
    np.testing.assert_allclose(one["time_stamps"], emg.times_s(), atol=1e-9)
    np.testing.assert_array_equal(other["time_series"].T, angle.values)
    labels = [c["label"][0] for c in one["info"]["desc"][0]["channels"][0]["channel"]]
    assert labels == ["GMAX_L", "BF_L"]
    assert events["time_series"] == [["foot strike", "left"]]
    assert events["time_stamps"].tolist() == [1.5]
    back = opened(file.getvalue())
    assert [(s.rate_hz, s.start_s) for s in back.streams] == [(2000.0, 0.25), (100.0, 0.0)]
    np.testing.assert_array_equal(np.asarray(back.streams[0].values), emg.values)


def test_the_robust_line_is_the_minimum_of_the_huber_loss() -> None:
    dice = np.random.default_rng(5)
    t = np.sort(dice.uniform(0, 600, 90))
    y = 3.0 + 2e-5 * t + dice.normal(0, 5e-5, t.size) + np.where(dice.random(t.size) < 0.15, dice.exponential(0.05, t.size), 0.0)
    origin, there, slope = line_of(t, y)

    def loss(a: float, b: float) -> float:
        away = np.abs(y - a - b * (t - origin)) / 1e-4
        return float(np.where(away <= 1, away**2 / 2, away - 0.5).sum())

    least = loss(there, slope)
    assert all(loss(there + da, slope + db) >= least - 1e-6 for da in (-1e-6, 0, 1e-6) for db in (-1e-8, 0, 1e-8))


# ------------------------------------------------------------------------------------------------------------ gaps and clocks


def test_a_loss_shorter_than_a_second_stays_a_gap_and_moves_nothing() -> None:
    recording = opened(recorded(device(1, 1000, 30, jitter_s=0.002, pauses=((20.0, 0.3),))))
    stream = recording.streams[0]
    assert stream.values.shape[1] == pytest.approx(30_300, abs=2)
    missing = np.flatnonzero(np.isnan(stream.values[0]))
    assert stream.times_s()[missing[0]] == pytest.approx(20.0, abs=0.003)
    assert missing.size == pytest.approx(300, abs=2)
    assert warned(recording, "1 gap(s) in time, the first after 20")


@pytest.mark.parametrize(("duration_s", "at_s", "length_s"), [(6.0, 3.0, 1.0), (4.0, 2.0, 0.3), (3.0, 1.5, 0.2)])
def test_a_loss_in_the_middle_of_a_short_recording_does_not_bend_its_rate(duration_s: float, at_s: float, length_s: float) -> None:
    stream = opened(recorded(device(1, 1000, duration_s, jitter_s=0.002, pauses=((at_s, length_s),)))).streams[0]
    assert stream.rate_hz == pytest.approx(1000, rel=1e-3)
    assert stream.values.shape[1] == pytest.approx(1000 * (duration_s + length_s), abs=5)
    assert np.isnan(stream.values[0]).sum() == pytest.approx(1000 * length_s, abs=5)


def test_a_late_delivery_that_caught_up_is_no_gap() -> None:
    stamps = 100.0 + np.arange(20_000) / 1000
    late = (stamps > 108) & (stamps < 109)
    stamps[late] = np.maximum(stamps[late], 108.4 + np.arange(late.sum()) * 6e-4)  # 0.4 s late, then caught up
    data = START + header(1, rate=1000) + samples(1, np.ones((20_000, 1)) * np.arange(20_000)[:, None], stamps.tolist())
    stream = opened(data).streams[0]
    assert stream.values.shape == (1, 20_000)
    assert stream.start_s == pytest.approx(0.0, abs=0.02)


def test_streams_of_devices_with_different_clocks_share_one() -> None:
    data = recorded(device(1, 1000, 20, begun_s=5000.0), device(2, 100, 20, begun_s=900_000.0, seed=1))
    first, second = opened(data).streams
    assert first.start_s == pytest.approx(0.0, abs=2e-4)
    assert second.start_s == pytest.approx(0.0, abs=2e-4)


def test_a_clock_that_was_set_anew_is_said_and_joined_with_a_gap() -> None:
    recording = opened(recorded(device(1, 1000, 30, pauses=((15.0, 4.0),), restart=(15.0, 4000.0))))
    values = recording.streams[0].values
    assert values.shape[1] == pytest.approx(34_000, abs=1)
    assert np.isnan(values[0]).sum() == pytest.approx(4000, abs=1)
    assert warned(recording, "its clock was set anew 1 time(s)")
    assert warned(recording, "4 s in all")


def test_samples_whose_time_nothing_tells_are_left_out_and_said() -> None:
    numbers = np.arange(3000.0)[:, None]
    data = START + header(1, rate=100) + samples(1, numbers[:2000], (500 + np.arange(2000) / 100).tolist())
    data += samples(1, numbers[2000:], (3 + np.arange(1000) / 100).tolist())  # a new clock, and no offset was measured
    recording = opened(data)
    assert recording.streams[0].values.shape == (1, 2000)
    assert warned(recording, "1000 of 3000 samples are left out because their time is not known")


def test_a_pause_much_longer_than_the_recording_makes_parts_and_no_ocean_of_gaps() -> None:
    numbers = np.arange(2000.0)[:, None]
    data = START + header(1, rate=100) + samples(1, numbers[:1000], (np.arange(1000) / 100).tolist())
    data += samples(1, numbers[1000:], (1e6 + np.arange(1000) / 100).tolist())
    recording = opened(data)
    assert [stream.values.shape for stream in recording.streams] == [(1, 1000), (1, 1000)]
    assert recording.streams[1].start_s == pytest.approx(1e6, abs=1e-6)
    assert warned(recording, "streams of their own")


def test_a_rate_that_is_not_as_announced_is_said() -> None:
    data = START + header(1, rate=1000) + samples(1, np.ones((500, 1)), (np.arange(500) / 950).tolist())
    recording = opened(data)
    assert recording.streams[0].rate_hz == pytest.approx(950)
    assert warned(recording, "950 samples came in a second, 1000 were announced")


def test_stamps_that_are_no_numbers_and_missing_ones_at_the_start_are_counted_from_the_next() -> None:
    stamps: list[float | None] = [None, None, float("nan"), *(7 + np.arange(3, 200) / 100).tolist()]
    recording = opened(START + header(1, rate=100) + samples(1, np.arange(200.0)[:, None], stamps) + header(2, rate=100)
                       + samples(2, np.ones((10, 1)), (7 + np.arange(10) / 100).tolist()))  # fmt: skip
    assert recording.streams[0].values.shape == (1, 200)
    assert recording.streams[0].start_s == pytest.approx(recording.streams[1].start_s, abs=1e-9)
    assert warned(recording, "1 time stamp(s) are no numbers")


def test_a_single_stamp_that_was_damaged_bends_nothing() -> None:
    stamps = 100 + np.arange(3000) / 100
    stamps[1700] = 1e9
    recording = opened(START + header(1, rate=100) + samples(1, np.arange(3000.0)[:, None], stamps.tolist()))
    stream = recording.streams[0]
    assert stream.rate_hz == pytest.approx(100)
    assert stream.values.shape == (1, 3000)
    assert warned(recording, "1 time stamp(s) lie far from those before and behind")


def test_a_stream_without_any_stamp_begins_where_its_footer_says() -> None:
    foot = b'<?xml version="1.0"?><info><first_timestamp>12.5</first_timestamp><sample_count>60</sample_count></info>'
    data = START + header(1, rate=100) + header(2, rate=100) + samples(1, np.ones((50, 1)), [None] * 50)
    data += samples(2, np.ones((50, 1)), (12 + np.arange(50) / 100).tolist()) + chunk_bytes(STREAM_FOOTER, struct.pack("<I", 1) + foot)
    recording = opened(data)
    assert [stream.start_s for stream in recording.streams] == pytest.approx([0.5, 0.0])
    assert warned(recording, "no sample carries a time stamp; as its footer tells")
    assert warned(recording, "its footer counts 60 samples, the file holds 50")


# --------------------------------------------------------------------------------------------------------- streams and labels


def test_every_number_format_is_read() -> None:
    data = START
    for number, form in enumerate(NUMPY, 1):
        top = 100 if form.startswith("int") else 0.5
        data += header(number, rate=100, channels=2, form=form)
        data += samples(number, np.array([[k % 50, -top] for k in range(120)]), (np.arange(120) / 100).tolist(), form)
    for stream, form in zip(opened(data).streams, NUMPY, strict=True):
        assert np.asarray(stream.values)[0, :3].tolist() == [0.0, 1.0, 2.0]
        assert np.asarray(stream.values)[1, 0] == (-100 if form.startswith("int") else -0.5)


def test_channels_carry_the_file_s_labels_units_and_kinds() -> None:
    desc = (
        "<desc><channels>"
        "<channel><label>GMAX_L</label><unit>microvolts</unit><type>EMG</type></channel>"
        "<channel><label>ACC X</label><unit>g</unit></channel>"
        "</channels><acquisition><manufacturer>Delsys</manufacturer><model>Trigno</model></acquisition></desc>"
    )
    recording = opened(START + header(1, rate=100, channels=2, desc=desc) + samples(1, np.ones((50, 2)), (np.arange(50) / 100).tolist()))
    by_label = {channel.label: (stream, row) for stream in recording.streams for row, channel in enumerate(stream.channels)}
    emg, row = by_label["GMAX_L"]
    assert (emg.kind, emg.channels[row].unit, emg.channels[row].muscle) == (StreamKind.EMG, "V", "gluteus_maximus")
    assert emg.values[row, 0] == pytest.approx(1e-6)
    acc, row = by_label["ACC X"]
    assert (acc.kind, acc.channels[row].unit) == (StreamKind.IMU, "m/s^2")
    assert recording.about["device"] == "Delsys Trigno"


def test_marks_of_texts_and_of_numbers_become_events() -> None:
    sided = "<desc><channels><channel><label>event</label></channel><channel><label>side</label></channel></channels></desc>"
    data = START + header(1, rate=100) + samples(1, np.ones((300, 1)), (40 + np.arange(300) / 100).tolist())
    data += header(2, kind="Markers", channels=2, form="string", desc=sided)
    data += marks(2, [(41.0, ("Heel Strike", "left")), (42.0, ("go", "")), (42.2, ("", ""))])
    data += header(3, kind="Stim", form="int32") + samples(3, np.array([[7], [8]]), [41.5, 42.5], "int32")
    recording = opened(data)
    assert [(e.label, e.side) for e in recording.events] == [("foot strike", Side.LEFT), ("7", None), ("cue", None), ("8", None)]
    assert [event.time_s for event in recording.events] == pytest.approx([1.0, 1.5, 2.0, 2.5])


def test_numbers_without_a_rate_are_a_stream_where_their_clock_is_even_and_else_named_and_left_out() -> None:
    dice = np.random.default_rng(1)
    data = START + header(1, rate=100) + samples(1, np.ones((300, 1)), (np.arange(300) / 100).tolist())
    data += header(2, kind="Force") + samples(2, dice.normal(size=(300, 1)), (np.arange(300) / 80).tolist())
    data += header(3, kind="Gaze") + samples(3, dice.normal(size=(300, 1)), np.sort(dice.uniform(0, 3, 300)).tolist())
    recording = opened(data)
    assert [stream.rate_hz for stream in recording.streams] == pytest.approx([100.0, 80.0])
    assert warned(recording, "stream 3 (Gaze) (1 channel(s), 300 samples) is left out")
    assert warned(recording, "stream 2 (Force) states no rate; its time stamps lie on an even clock of 80 Hz")


def test_an_empty_stream_is_said_and_hides_nothing() -> None:
    data = START + header(1, rate=100) + header(2, rate=100) + samples(2, np.ones((50, 1)), (np.arange(50) / 100).tolist())
    recording = opened(data)
    assert len(recording.streams) == 1
    assert warned(recording, "stream 1 (EMG) holds no samples")


def test_marks_alone_are_refused() -> None:
    with pytest.raises(FormatError, match="no signal"):
        opened(START + header(1, kind="Markers", form="string") + marks(1, [(1.0, ("go",))]))


def test_one_channel_is_read_without_the_others_and_in_any_stretch() -> None:
    data = recorded(device(1, 1000, 12, channels=5, stamped=lambda k: k % 7 == 0))
    whole, one = opened(data).streams[0], READER.recording(Source(Path("x"), data), only=["EMG 4"]).streams[0]
    np.testing.assert_array_equal(one.values[0], np.asarray(whole.values)[3])
    np.testing.assert_array_equal(whole.values[[4, 1], 1234:5678], np.asarray(whole.values)[[4, 1], 1234:5678])


def test_two_blanks_in_a_label_stay_two() -> None:
    channel = Channel("GM  1", unit="V")
    before = Recording("x", "x", (Stream(StreamKind.EMG, 1000.0, 0.0, (channel,), np.ones((1, 50))),))
    file = io.BytesIO()
    WRITER.write(before, file, "walk.xdf")
    assert opened(file.getvalue()).streams[0].channels[0].label == "GM  1"


def test_a_latin_1_header_of_a_windows_program_is_read() -> None:
    data = START + header(1, rate=100, desc="<desc><channels><channel><label>BF_L</label><unit>#V</unit></channel></channels></desc>")
    data = data.replace(b"<unit>#V", b"<unit>\xb5V") + samples(1, np.ones((50, 1)), (np.arange(50) / 100).tolist())
    assert opened(data).streams[0].values[0, 0] == pytest.approx(1e-6)


def test_a_compressed_file_is_read_and_a_bomb_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    data = recorded(device(1, 100, 12))
    assert opened(gzip.compress(data), "walk.xdfz").streams[0].values.shape == (2, 1200)
    cut = opened(gzip.compress(data)[:-900], "walk.xdfz")
    assert warned(cut, "the compressed file is cut off")
    monkeypatch.setattr(xdf_compressed, "_CONSTANT", 1_000_000)
    with pytest.raises(FormatError, match="grows to more than"):
        opened(gzip.compress(MAGIC + bytes(9_000_000), compresslevel=1), "bomb.xdfz")


def test_compressed_files_that_stand_one_after_the_other_are_one() -> None:
    data = recorded(device(1, 1000, 3.0))
    joined = opened(gzip.compress(data[:9000]) + gzip.compress(data[9000:]) + bytes(512), "walk.xdfz")
    np.testing.assert_array_equal(joined.streams[0].values, opened(data).streams[0].values)
    assert not warned(joined, "compressed")


def test_a_compressed_file_is_in_memory_once() -> None:
    data = START + header(1, channels=2000, rate=1000) + samples(1, np.zeros((10_000, 2000)), [1.0, *[None] * 9999])
    source = Source(Path("walk.xdfz"), gzip.compress(data, 1))
    del data
    tracemalloc.start()
    size = xdf_compressed.expanded(source, []).size
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.3 * size


def test_memory_stays_near_what_is_used(tmp_path: Path) -> None:
    path, count = tmp_path / "long.xdf", 400_000
    rows = np.zeros((count, 9 + 2), np.uint8)  # the least favourable file: one small channel, a stamp on every sample
    rows[:, 0] = 8
    rows[:, 1:9] = (5000 + np.arange(count) / 2000).astype("<f8").view(np.uint8).reshape(count, 8)
    rows[:, 9:] = np.random.default_rng(1).integers(-999, 999, count).astype("<i2").view(np.uint8).reshape(count, 2)
    chunk = chunk_bytes(SAMPLES, struct.pack("<IBI", 1, 4, count) + rows.tobytes())
    path.write_bytes(START + header(1, rate=2000, form="int16") + chunk)
    size = path.stat().st_size
    del chunk
    opened(START + header(1, rate=100) + samples(1, np.ones((50, 1)), (np.arange(50) / 100).tolist()))  # tables are loaded once
    tracemalloc.start()
    recording = READER.recording(Source(path))
    recording.streams[0].values[0, 1000:2000]
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 1.5 * size
    assert peak < 4 * size + 50_000_000


# --------------------------------------------------------------------------------------------------------------------- damage


def test_a_recorder_that_crashed_leaves_all_whole_chunks_and_the_whole_samples_of_the_torn_one() -> None:
    data = recorded(device(1, 1000, 12))
    whole = np.asarray(opened(data).streams[0].values)
    for cut in (1, 500, 5000, 40_000):
        recording = opened(data[:-cut])
        values = np.asarray(recording.streams[0].values)
        assert values.shape[1] >= whole.shape[1] - cut // 16 - 1
        np.testing.assert_array_equal(values, whole[:, : values.shape[1]])
        assert warned(recording, "the file is cut off") or cut == 1


@pytest.mark.parametrize("boundaries", [True, False])
def test_reading_goes_on_behind_damage(boundaries: bool) -> None:
    data = recorded(device(1, 1000, 40, jitter_s=1e-4))
    if not boundaries:
        data = data.replace(EDGE, b"")
    at = len(data) // 3
    broken = data[:at] + b"\xff" * 3000 + data[at + 3000 :]
    recording = opened(broken)
    values, before = recording.streams[0].values, np.asarray(opened(data).streams[0].values)
    there = np.isfinite(values[0])
    assert there.sum() > (0.7 if boundaries else 0.93) * before.shape[1]
    assert values.shape[1] == pytest.approx(before.shape[1], abs=1)
    np.testing.assert_array_equal(values[0][there][-500:], before[0][-500:])
    assert warned(recording, "damaged from byte")


def test_a_header_s_word_takes_no_memory() -> None:
    lie = chunk_bytes(SAMPLES, struct.pack("<IBQ", 1, 8, 1 << 60) + bytes(200))
    good = samples(1, np.ones((50, 1)), (np.arange(50) / 100).tolist())
    recording = opened(START + header(1, rate=100) + lie + good)
    assert recording.streams[0].values.shape == (1, 50)
    with pytest.raises(FormatError, match="no signal that can be read"):
        opened(START + header(1, rate=100, channels=999_999_999) + good)


@pytest.mark.parametrize(
    "bomb",
    [
        b'<?xml version="1.0"?><!DOCTYPE i [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><info><name>&b;</name></info>',
        b'<?xml version="1.0"?><!DOCTYPE i SYSTEM "file:///etc/hostname"><info/>',
        b"<info>" + b"<a>" * 90 + b"</a>" * 90 + b"</info>",
        b"<info>" + b"<a/>" * 200_000 + b"</info>",
        b"<info>" + b" " * 5_000_000 + b"</info>",
    ],
    ids=["entities", "external", "deep", "many", "long"],
)
def test_xml_that_could_explode_is_not_read_and_hides_nothing(bomb: bytes) -> None:
    good = header(1, rate=100) + samples(1, np.ones((50, 1)), (np.arange(50) / 100).tolist())
    recording = opened(START + chunk_bytes(STREAM_HEADER, struct.pack("<I", 9) + bomb) + good)
    assert recording.streams[0].values.shape == (1, 50)
    assert warned(recording, "stream 9 is left out")
