"""Qualisys exports: markers with and without frame and time, gaps, events, analog channels, plates, bodies, skeletons, and the person."""

import io
from pathlib import Path

import numpy as np
import pytest

from hipspine.errors import FormatError
from hipspine.formats.motion import table as motion_table
from hipspine.formats.qualisys.reader import READER
from hipspine.formats.source import Source
from hipspine.signals.recording import Recording
from hipspine.terms import ChannelStatus, Side, StreamKind

POSITIONS = np.round(np.random.default_rng(2).normal(size=(30, 6)) * 400 + 900, 3)


def header(**keys: object) -> str:
    return "".join(f"{key}\t{value}\n" for key, value in keys.items())


def motion(
    positions: np.ndarray = POSITIONS,
    *,
    times: bool = False,
    titles: bool = False,
    names: str = "LASI\tRASI",
    end: str = "",
    **keys: object,
) -> str:
    frames = len(positions)
    given = {
        "NO_OF_FRAMES": frames, "NO_OF_CAMERAS": 8, "NO_OF_MARKERS": len(names.split("\t")), "FREQUENCY": 100, "NO_OF_ANALOG": 0,
        "ANALOG_FREQUENCY": 0, "DESCRIPTION": "--", "TIME_STAMP": "2022-06-02, 15:49:44.620\t25975.44751328", "DATA_INCLUDED": "3D", **keys,
        "MARKER_NAMES": names, "TRAJECTORY_TYPES": "\t".join(["Measured"] * len(names.split("\t"))),
    }  # fmt: skip
    out = header(**given)
    if titles:
        axes = "\t".join(f"{name} {axis}" for name in names.split("\t") for axis in "XYZ")
        out += ("Frame\tTime\t" if times else "") + axes + "\n"
    for i, row in enumerate(positions.tolist()):
        cells = ["" if np.isnan(value) else f"{value:.3f}" for value in row]
        out += "\t".join([*([str(i + 1), f"{i / 100:.5f}"] if times else []), *cells]) + end + "\n"
    return out


def read(text_: str) -> Recording:
    return READER.recording(Source(Path("walk.tsv"), text_.encode()))


@pytest.mark.parametrize("times", [False, True])
@pytest.mark.parametrize("titles", [False, True])
@pytest.mark.parametrize("end", ["", "\t", "\r"])
def test_markers_are_read_with_and_without_frame_time_and_names_of_columns(times: bool, titles: bool, end: str) -> None:
    recording = read(motion(times=times, titles=titles, end=end))
    markers = recording.streams[0]
    assert [c.label for c in markers.channels] == ["LASI.x", "LASI.y", "LASI.z", "RASI.x", "RASI.y", "RASI.z"]
    assert (markers.kind, markers.rate_hz, markers.start_s, markers.channels[0].unit) == (StreamKind.MARKER, 100.0, 0.0, "m")
    np.testing.assert_allclose(np.asarray(markers.values), POSITIONS.T * 1e-3)
    assert (recording.warnings, dict(recording.about)) == ((), {"device": "Qualisys, 8 cameras"})


def test_such_a_file_is_not_taken_for_plain_text() -> None:
    head = motion().encode()[:4096]
    assert READER.recognises(head, ".tsv")
    assert not READER.recognises(b"time\tGMAX\n0.001\t0.2\n0.002\t0.3\n", ".tsv")
    assert not READER.recognises(b"NAME\tfrequency\n1\t2\n", ".tsv")


def test_a_marker_at_three_zeros_was_not_seen_and_that_is_said() -> None:
    positions = POSITIONS.copy()
    positions[4:9, 3:] = 0
    positions[12, 3] = 0  # one coordinate may be zero
    recording = read(motion(positions))
    values = np.asarray(recording.streams[0].values)
    expected = positions.T * 1e-3
    expected[3:, 4:9] = np.nan
    np.testing.assert_allclose(values, expected)
    np.testing.assert_allclose(recording.streams[0].values[[5, 0], 2:11], expected[[5, 0], 2:11])
    assert recording.streams[0].channels[4].status is ChannelStatus.GAPS
    assert any("'RASI'" in warning and "5 frames" in warning and "taken as missing" in warning for warning in recording.warnings)


def test_where_missing_cells_are_empty_zeros_are_positions() -> None:
    positions = POSITIONS.copy()
    positions[4, 3:] = 0
    positions[6:8, :3] = np.nan
    recording = read(motion(positions))
    np.testing.assert_allclose(np.asarray(recording.streams[0].values), positions.T * 1e-3)
    assert any("exactly 0, 0, 0: kept" in warning for warning in recording.warnings)


def test_frames_in_which_nothing_was_seen_keep_their_place() -> None:
    positions = POSITIONS.copy()
    positions[0] = np.nan
    positions[5:7] = np.nan
    np.testing.assert_allclose(np.asarray(read(motion(positions)).streams[0].values)[:, 1:], positions.T[:, 1:] * 1e-3)


def test_events_have_names_sides_and_times() -> None:
    lines = motion(times=True).replace(
        "MARKER_NAMES", "EVENT\tRight heel strike\t11\t0.10000\nEVENT\tLeft toe off\t6\t\nEVENT\tnothing\t\t\nMARKER_NAMES"
    )
    recording = read(lines)
    assert [(e.label, e.side, e.time_s) for e in recording.events] == [
        ("foot off", Side.LEFT, pytest.approx(0.05)),
        ("foot strike", Side.RIGHT, pytest.approx(0.1)),
    ]
    assert any("1 EVENT line(s)" in warning for warning in recording.warnings)


def test_the_times_of_the_rows_are_the_clock() -> None:
    late = motion(times=True)
    lines = [line for line in late.splitlines() if not line.startswith(("1\t", "2\t", "9\t"))]
    stream = read("\n".join(lines) + "\n").streams[0]
    assert (stream.rate_hz, stream.start_s) == (100.0, pytest.approx(0.02))
    assert np.flatnonzero(np.isnan(stream.values[0])).tolist() == [6]


def test_a_rate_by_an_external_clock_is_that_of_the_times() -> None:
    assert read(motion(times=True, FREQUENCY="EXT")).streams[0].rate_hz == 100.0


def test_analog_channels_have_their_names_units_and_start() -> None:
    samples = np.random.default_rng(1).normal(size=(50, 3))
    keys = header(NO_OF_SAMPLES=50, TOT_NO_OF_CHAN=3, FREQUENCY=1000, TIME_STAMP="2022-06-02", FIRST_SAMPLE=501)
    keys += header(DATA_INCLUDED="ANALOG", BOARD_TYPES="USB-2533", CHANNEL_NAMES="GMAX_L\tBF_R\tFoot switch")
    keys += header(CHANNEL_UNITS="mV\tmV\tV", CHANNEL_GAIN="1\t1\t1")
    recording = read(keys + "\n".join("\t".join(f"{value:.6f}" for value in row) for row in samples) + "\n")
    emg = recording.of_kind(StreamKind.EMG)[0]
    assert [(c.muscle, c.side, c.unit) for c in emg.channels] == [
        ("gluteus_maximus", Side.LEFT, "V"),
        ("biceps_femoris", Side.RIGHT, "V"),
    ]
    assert (emg.rate_hz, emg.start_s) == (1000.0, 0.5)
    np.testing.assert_allclose(emg.values[1], samples[:, 1] * 1e-3, atol=1e-9)
    assert recording.about["board"] == "USB-2533"


def test_analog_channels_of_several_rates_are_as_long_as_the_header_says() -> None:
    fast, slow = np.arange(40) + 0.5, np.arange(10) - 0.5
    rows = [f"{fast[i]}\t{slow[i] if i < 10 else ''}" for i in range(40)]
    keys = header(FILE_VERSION="2.0.0", TOT_NO_OF_CHAN=2, TIME_STAMP="x", DATA_INCLUDED="ANALOG", CHANNEL_NAMES="GMAX_L\tpressure",
                  CHANNEL_GAIN="1\t1", CHANNEL_FREQUENCIES="2000\t500", CHANNEL_SAMPLE_COUNTS="40\t10")  # fmt: skip
    recording = read(keys + "\n".join(rows) + "\n")
    assert [(s.rate_hz, s.values.shape) for s in recording.streams] == [(2000.0, (1, 40)), (500.0, (1, 10))]
    np.testing.assert_array_equal(recording.streams[1].values[0], slow)


def test_force_plates_are_forces_in_newtons() -> None:
    keys = header(NO_OF_SAMPLES=20, FREQUENCY=1000, FIRST_SAMPLE=1, DESCRIPTION="Force data", DATA_INCLUDED="Force",
                  FORCE_PLATE_TYPE="AMTI", FORCE_PLATE_NAME="Plate 1", FORCE_PLATE_CORNER_POSX_POSY_X="400.0")  # fmt: skip
    titles = "\t".join(f"{what}_{axis}" for what in ("Force", "Moment", "COP") for axis in "XYZ")
    rows = "\n".join(f"{i + 1}\t{i / 1000:.5f}\t1\t2\t{700 + i}\t0.1\t0.2\t0.3\t10\t20\t0\t" for i in range(20))
    recording = read(keys + f"SAMPLE\tTIME\t{titles}\n{rows}\n")
    plate = recording.of_kind(StreamKind.FORCE)[0]
    assert (plate.name, [c.unit for c in plate.channels]) == ("Plate 1", ["N", "N", "N", "N m", "N m", "N m"])
    assert plate.values[2, 5] == 705
    assert recording.of_kind(StreamKind.OTHER)[0].values[1, 0] == pytest.approx(0.02)


def test_rigid_bodies_have_positions_angles_and_gaps() -> None:
    keys = header(NO_OF_FRAMES=20, NO_OF_CAMERAS=8, FREQUENCY=100, DATA_INCLUDED="6D", NO_OF_BODIES=1, BODY_NAMES="pelvis")
    rows = "\n".join("\t".join(["0.000"] * 16 if i == 7 else [f"{k + i}.0" for k in range(16)]) for i in range(20))
    recording = read(keys + rows + "\n")
    angles = recording.of_kind(StreamKind.ANGLE)[0]
    assert [c.label for c in angles.channels] == ["pelvis Roll", "pelvis Pitch", "pelvis Yaw"]
    assert angles.values[0, 2] == pytest.approx(np.radians(5.0))
    assert np.flatnonzero(np.isnan(recording.of_kind(StreamKind.MARKER)[0].values[0])).tolist() == [7]


def test_segments_of_a_skeleton_are_named_after_the_segment() -> None:
    keys = header(NO_OF_FRAMES=10, NO_OF_CAMERAS=12, FREQUENCY=100, TIME_STAMP="x", REFERENCE="GLOBAL", SCALE="1.0", SOLVER="Qualisys")
    titles = "Frame\tTime" + "".join(f"\t{segment}\tX\tY\tZ\tQX\tQY\tQZ\tQW" for segment in ("Hips", "Spine"))
    rows = "\n".join(f"{i + 1}\t{i / 100:.5f}" + "\t\t10\t20\t30\t0\t0\t0\t1" * 2 for i in range(10))
    recording = read(keys + titles + "\n" + rows + "\n")
    assert [c.label for c in recording.of_kind(StreamKind.MARKER)[0].channels] == [f"{s} {a}" for s in ("Hips", "Spine") for a in "XYZ"]
    assert recording.of_kind(StreamKind.IMU)[0].values.shape == (8, 10)


def test_counts_that_lie_are_said() -> None:
    recording = read(motion().replace("NO_OF_FRAMES\t30", "NO_OF_FRAMES\t99"))
    assert any("promises 99 frames, the file holds 30" in warning for warning in recording.warnings)


@pytest.mark.parametrize("kept", [0, 1 << 26])
def test_samples_are_the_same_from_memory_and_from_the_file(kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    positions = np.tile(POSITIONS, (8, 1))
    positions[50:70, 3:] = 0
    whole = np.asarray(read(motion(positions, times=True)).streams[0].values)
    monkeypatch.setattr(motion_table, "BLOCK_BYTES", 500)
    monkeypatch.setattr(motion_table, "KEPT_BYTES", kept)
    values = read(motion(positions, times=True)).streams[0].values
    np.testing.assert_array_equal(np.asarray(values), whole)
    np.testing.assert_array_equal(values[[4, 1], 45:90], whole[[4, 1], 45:90])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.replace("DATA_INCLUDED\t3D", "DATA_INCLUDED\t2D"), "DATA_INCLUDED is 2D"),
        (lambda t: t.replace("FREQUENCY\t100", "FREQUENCY\tEXT"), "FREQUENCY is 'EXT'"),
        (lambda t: t[: t.index("TRAJECTORY")], "no rows of numbers"),
        (
            lambda t: t.replace("LASI\tRASI", "LASI\tRASI\tSACR\tLPSI").replace("MARKERS\t2", "MARKERS\t4"),
            "for the 4 names in MARKER_NAMES 12 were expected",
        ),
        (lambda t: t[:-10], "the last line has"),
        (lambda t: t.replace(f"\n{POSITIONS[0, 0]:.3f}", "\n9o0.5"), "line 12, column 1: '9o0.5' is not a number"),
    ],
)
def test_what_is_wrong_is_said(change: object, words: str) -> None:
    with pytest.raises(FormatError, match=words) as caught:
        read(change(motion()))  # type: ignore[operator]
    assert str(caught.value).startswith("walk.tsv: ")


def test_date_description_and_subject_are_of_the_person_and_removed() -> None:
    data = motion(
        times=True,
        titles=True,
        names="Roe:LASI\tRoe:RASI",
        DESCRIPTION="Jane Roe",
        OPERATOR="Dr Poe",
        TIME_STAMP="1999-12-31, 11:59:01\t25975.4",
    )
    recording = read(data)
    assert recording.person["description"] == "Jane Roe"
    assert recording.person["recorded"].startswith("1999-12-31")
    assert recording.person["subject"] == "Roe"
    shown = [*recording.about.values(), *recording.warnings, *(c.label for s in recording.streams for c in s.channels)]
    assert not any(word in text_ for text_ in shown for word in ("Roe", "Poe", "1999"))
    file = io.BytesIO()
    assert READER.anonymise is not None
    removed = READER.anonymise(Source(Path("x.tsv"), data.encode()), file)
    clean = file.getvalue()
    for word in (b"Roe", b"Jane", b"Poe", b"1999", b"25975"):
        assert word not in clean
    assert len(removed) == 4
    assert not any("Roe" in sentence for sentence in removed)
    assert clean[clean.index(b"\n1\t0.00000") :] == data.encode()[data.index("\n1\t0.00000") :]
    np.testing.assert_array_equal(np.asarray(read(clean.decode()).streams[0].values), np.asarray(recording.streams[0].values))
