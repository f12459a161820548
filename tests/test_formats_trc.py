"""TRC: markers that were not seen, clocks, units, headers that lie, and the person in the first line; judged by the same trial as C3D."""

import io
from pathlib import Path

import ezc3d
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hipspine.errors import FormatError
from hipspine.formats.motion import table as motion_table
from hipspine.formats.source import Source
from hipspine.formats.trc.reader import READER
from hipspine.formats.trc.writer import WRITER
from hipspine.signals.recording import Channel, Event, Recording, Stream
from hipspine.terms import ChannelStatus, Side, StreamKind

DATA = Path(__file__).parents[1].parent / "shared" / "data"
with_data = pytest.mark.skipif(not DATA.exists(), reason="the shared recordings are not beside this checkout")
NAMES = ("LASI", "RASI", "SACR")


def trc(
    names: tuple[str, ...] = NAMES, *, frames: int = 40, first: int = 1, unit: str = "mm", path: str = "walk.trc", rate_hz: float = 100.0
) -> str:
    keys = "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames"
    rate = f"{rate_hz:.2f}"
    head = f"PathFileType\t4\t(X/Y/Z)\t{path}\n{keys}\n{rate}\t{rate}\t{frames}\t{len(names)}\t{unit}\t{rate}\t1\t{frames}\n"
    head += (
        "Frame#\tTime\t" + "\t\t\t".join(names) + "\t\t\n\t\t" + "\t".join(f"X{k}\tY{k}\tZ{k}" for k in range(1, len(names) + 1)) + "\n\n"
    )
    rows = []
    for frame in range(first, first + frames):
        cells = [f"{100 * k + frame / 10:.5f}" for k in range(3 * len(names))]
        rows.append("\t".join([str(frame), f"{(frame - 1) / rate_hz:.5f}", *cells]))
    return head + "\n".join(rows) + "\n"


def read(text: str) -> Recording:
    return READER.recording(Source(Path("walk.trc"), text.encode()))


def written(recording: Recording) -> bytes:
    file = io.BytesIO()
    WRITER.write(recording, file, "x.trc")
    return file.getvalue()


def anonymised(text: str) -> tuple[bytes, tuple[str, ...]]:
    file = io.BytesIO()
    assert READER.anonymise is not None
    removed = READER.anonymise(Source(Path("x.trc"), text.encode()), file)
    return file.getvalue(), removed


def test_markers_are_in_metres_with_three_channels_each() -> None:
    markers = read(trc()).streams[0]
    assert [c.label for c in markers.channels[:4]] == ["LASI.x", "LASI.y", "LASI.z", "RASI.x"]
    assert (markers.kind, markers.rate_hz, markers.start_s, markers.values.shape) == (StreamKind.MARKER, 100.0, 0.0, (9, 40))
    np.testing.assert_allclose(markers.values[4], (400 + np.arange(1, 41) / 10) * 1e-3)


@pytest.mark.parametrize(("unit", "factor"), [("mm", 1e-3), ("cm", 1e-2), ("m", 1.0)])
def test_lengths_are_metres_whatever_the_unit(unit: str, factor: float) -> None:
    np.testing.assert_allclose(read(trc(unit=unit)).streams[0].values[3, 0], 300.1 * factor)


def test_an_unknown_unit_is_said() -> None:
    assert any("taken as mm" in warning for warning in read(trc(unit="furlong")).warnings)


def test_the_column_of_times_decides_where_the_first_frame_is_late() -> None:
    recording = read(trc(first=248))
    assert recording.streams[0].start_s == pytest.approx(2.47)


def test_an_empty_cell_is_a_marker_that_was_not_seen() -> None:
    lines = trc().splitlines()
    for i in (10, 11, 12):
        cells = lines[i].split("\t")
        lines[i] = "\t".join([*cells[:2], "", "", "", *cells[5:8], "", "", ""])
    lines[13] = "\t".join(lines[13].split("\t")[:8])  # the last marker's cells are not even there
    markers = read("\n".join(lines) + "\n").streams[0]
    assert np.isnan(markers.values[:3, 4:7]).all()
    assert np.isnan(markers.values[6:, 4:8]).all()
    assert np.isfinite(markers.values[3:6]).all()
    assert [c.status for c in markers.channels[::3]] == [ChannelStatus.GAPS, ChannelStatus.OK, ChannelStatus.GAPS]


def test_a_lost_frame_is_a_gap() -> None:
    lines = trc().splitlines()
    markers = read("\n".join([*lines[:20], *lines[22:]]) + "\n").streams[0]
    assert markers.values.shape == (9, 40)
    assert np.flatnonzero(np.isnan(markers.values[0])).tolist() == [14, 15]


def test_zeros_are_kept_and_said() -> None:
    text = trc()
    row = text.splitlines()[9]
    zero = "\t".join([*row.split("\t")[:2], "0.000", "0.000", "0.000", *row.split("\t")[5:]])
    recording = read(text.replace(row, zero))
    assert recording.streams[0].values[0, 3] == 0
    assert any("exactly 0, 0, 0: kept" in warning for warning in recording.warnings)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\t\r\n"),
        lambda text: text.replace("Z3\n\n", "Z3\n"),
        lambda text: text.replace("PathFileType\t4\t(X/Y/Z)\t", "PathFileType  4\t(X/Y/Z) "),
        lambda text: text.replace("LASI\t\t\tRASI\t\t\tSACR\t\t", "LASI\tRASI\tSACR"),
        lambda text: text.replace(".", ","),
        lambda text: text.replace("X1\tY1\tZ1", "X5\tY5\tZ5"),
        lambda text: text.replace("100.00\t100.00\t40\t3\tmm", "  100.0\t\t  100.0\t\t    40\t\t     3\t mm"),
        lambda text: text.replace("\t\t", "\t").replace("\t\t", "\t").replace("\t", "  "),
    ],
    ids=[
        "windows",
        "tabs at the end",
        "no empty line",
        "spaces",
        "names side by side",
        "decimal comma",
        "other numbers",
        "padded",
        "no tabs",
    ],
)
def test_a_header_may_be_written_in_many_ways(change: object) -> None:
    recording = read(change(trc()))  # type: ignore[operator]
    markers = recording.streams[0]
    assert [c.label for c in markers.channels[::3]] == ["LASI.x", "RASI.x", "SACR.x"]
    np.testing.assert_allclose(markers.values[4], (400 + np.arange(1, 41) / 10) * 1e-3)
    assert recording.warnings == ()


def test_counts_that_lie_are_said_and_the_rows_followed() -> None:
    text = trc().replace("\t40\t3\tmm", "\t90\t7\tmm")
    recording = read(text)
    assert recording.streams[0].values.shape == (9, 40)
    assert any("promises 90 frames, the file holds 40" in w and "cut off" in w for w in recording.warnings)
    assert any("promises 7 markers, the table has 3" in w for w in recording.warnings)


def test_another_rate_in_the_header_is_said() -> None:
    recording = read(trc().replace("100.00\t100.00", "60.00\t60.00"))
    assert recording.streams[0].rate_hz == 100.0
    assert any("60 Hz" in warning for warning in recording.warnings)


def test_times_that_do_not_rise_leave_the_clock_to_the_header() -> None:
    lines = trc(first=11).splitlines()
    rows = ["\t".join([line.split("\t")[0], "0.0", *line.split("\t")[2:]]) for line in lines[6:]]
    recording = read("\n".join([*lines[:6], *rows]) + "\n")
    assert (recording.streams[0].rate_hz, recording.streams[0].start_s) == (100.0, pytest.approx(0.1))
    assert any("does not rise" in warning for warning in recording.warnings)


def test_markers_of_one_name_and_without_a_name_can_be_told_apart() -> None:
    labels = [c.label for c in read(trc(("LASI", "LASI", "", "SACR"))).streams[0].channels[::3]]
    assert labels == ["LASI.x", "LASI (2).x", "marker 3.x", "SACR.x"]


@pytest.mark.parametrize("kept", [0, 1 << 26])
def test_samples_are_the_same_from_memory_and_from_the_file(kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = np.asarray(read(trc(frames=300)).streams[0].values)
    monkeypatch.setattr(motion_table, "BLOCK_BYTES", 700)
    monkeypatch.setattr(motion_table, "KEPT_BYTES", kept)
    values = read(trc(frames=300)).streams[0].values
    np.testing.assert_array_equal(np.asarray(values), whole)
    np.testing.assert_array_equal(values[[7, 2], 90:211], whole[[7, 2], 90:211])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.replace("Rate", "a").replace("Num", "c"), "no line of keys"),
        (lambda t: t.replace("Frame#", "Bild"), "no line 'Frame# Time"),
        (lambda t: t[: t.index("\n\n") + 2], "no rows of numbers"),
        (lambda t: t.replace("300.10000", "3oo.1"), "line 7, column 6: '3oo.1' is not a number"),
        (lambda t: t[:-12], "the last line has 10 numbers, the header names 11 columns"),
        (lambda t: t.replace("\t300.30000", ""), "line 9 has 10 numbers"),
    ],
)
def test_what_is_wrong_is_said(change: object, words: str) -> None:
    with pytest.raises(FormatError, match=words) as caught:
        read(change(trc()))  # type: ignore[operator]
    assert str(caught.value).startswith("walk.trc: ")


# ----------------------------------------------------------------------------------------------------------------- people


def test_the_path_and_the_name_before_the_markers_are_of_the_person_and_removed() -> None:
    text = trc(("Roe:LASI", "Roe:RASI", "Roe:SACR"), path="C:\\lab\\Jane Roe\\walk 3.trc")
    recording = read(text)
    assert recording.person == {"file": "C:\\lab\\Jane Roe\\walk 3.trc", "subject": "Roe"}
    assert [c.label for c in recording.streams[0].channels[::3]] == ["LASI.x", "RASI.x", "SACR.x"]
    assert not recording.about
    data, removed = anonymised(text)
    assert b"Roe" not in data
    assert b"Jane" not in data
    assert b"lab" not in data
    assert len(removed) == 2
    assert not any("Roe" in sentence for sentence in removed)
    assert data[data.index(b"1\t0.00000") :] == text.encode()[text.index("1\t0.00000") :]
    assert not read(data.decode()).person


# --------------------------------------------------------------------------------------------------------------- writing


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.text("abcXYZ019 _-/é", min_size=1, max_size=10).map(str.strip).filter(bool), min_size=1, max_size=5, unique=True),
    st.sampled_from([50.0, 119.88012, 200.0]),
    st.integers(0, 400),
    st.integers(2, 30),
    st.integers(0, 2**32),
)
def test_markers_read_back_as_they_were_written(names: list[str], rate_hz: float, first: int, frames: int, seed: int) -> None:
    dice = np.random.default_rng(seed)
    values = dice.normal(size=(3 * len(names), frames))
    values[:3, frames // 2] = np.nan
    channels = tuple(Channel(name + axis, unit="m") for name in names for axis in (".x", ".y", ".z"))
    before = Recording("x", "x", (Stream(StreamKind.MARKER, rate_hz, first / rate_hz, channels, values, "markers"),))
    assert WRITER.losses(before) == ()
    back = READER.recording(Source(Path("x.trc"), written(before))).streams[0]
    assert [c.label for c in back.channels] == [c.label for c in channels]
    assert (back.kind, back.rate_hz) == (StreamKind.MARKER, pytest.approx(rate_hz, rel=1e-9))
    assert back.start_s == pytest.approx(first / rate_hz, abs=1e-9)
    for one, other in zip(back.values, values, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=WRITER.precision * np.nanmax(np.abs(other), initial=0))


def test_everything_that_is_no_marker_is_named_as_lost() -> None:
    marker = (Channel("LASI.x", unit="m"), Channel("LASI.y", unit="m"), Channel("LASI.z", unit="m"), Channel("odd", unit="m"))
    emg = Stream(StreamKind.EMG, 1000.0, 0.0, (Channel("GMAX_L", side=Side.LEFT, unit="V"),), np.ones((1, 50)))
    markers = Stream(StreamKind.MARKER, 100.0, 0.0, marker, np.ones((4, 5)))
    recording = Recording("x", "x", (emg, markers), (Event("cue", 0.1),), about={"simulated": "yes"})
    losses = " ".join(WRITER.losses(recording))
    for words in ("emg at 1000 Hz", "'odd'", "events", "notes"):
        assert words in losses
    assert [c.label for c in READER.recording(Source(Path("x"), written(recording))).streams[0].channels] == ["LASI.x", "LASI.y", "LASI.z"]
    with pytest.raises(FormatError, match="TRC holds markers, the recording has none"):
        written(Recording("x", "x", (emg,)))


def test_a_written_header_keeps_the_rules_of_opensim() -> None:
    """Eight keys, names three cells apart, X1 Y1 Z1 ..., an empty line; a marker that was not seen is empty."""
    values = np.arange(12.0).reshape(3, 4)
    values[:, 1] = np.nan
    channels = tuple(Channel("LASI" + axis, unit="m") for axis in (".x", ".y", ".z"))
    lines = written(Recording("x", "x", (Stream(StreamKind.MARKER, 100.0, 0.5, channels, values),))).decode().splitlines()
    assert lines[0].split("\t")[:3] == ["PathFileType", "4", "(X/Y/Z)"]
    assert len(lines[1].split("\t")) == len(lines[2].split("\t")) == 8
    assert lines[3].split("\t")[:5] == ["Frame#", "Time", "LASI", "", ""]
    assert lines[4].split("\t")[2:5] == ["X1", "Y1", "Z1"]
    assert lines[5] == ""
    assert lines[6].split("\t") == ["51", "0.5", "0", "4000", "8000"]
    assert lines[7].split("\t")[2:] == ["", "", ""]


# ------------------------------------------------------------------------------------------------------------- real files


@with_data
@pytest.mark.parametrize("name", ["anc_trc/Anto.trc", "anc_trc/Res16bits.trc", "walk_rajagopal/markers_walk.trc"])
def test_a_real_file_reads_as_a_plain_table_does(name: str) -> None:
    lines = (DATA / name).read_text().splitlines()
    rows = [line.split("\t") for line in lines[5:] if line.strip()]
    recording = READER.recording(Source(DATA / name))
    markers = recording.streams[0]
    table = np.array([[float(cell) if cell else np.nan for cell in row[: 2 + len(markers.channels)]] for row in rows])
    np.testing.assert_allclose(np.asarray(markers.values), table[:, 2:].T * 1e-3, rtol=1e-12)
    np.testing.assert_allclose(markers.times_s(), table[:, 1], atol=1e-6)
    assert recording.warnings == ()


@with_data
def test_the_same_trial_as_c3d_holds_the_same_positions_and_gaps() -> None:
    ours = np.asarray(READER.recording(Source(DATA / "anc_trc" / "Res16bits.trc")).streams[0].values)
    points = ezc3d.c3d(str(DATA / "c3d" / "Res16bits.c3d"))["data"]["points"][:3]
    theirs = points.transpose(1, 0, 2).reshape(-1, points.shape[2]) * 1e-3
    np.testing.assert_allclose(ours, theirs, atol=6e-9)  # the text has five digits of a millimetre
