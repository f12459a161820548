"""OpenSim storage files: old and new headers, degrees, paths, envelopes, and counts that do not agree."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hipspine.errors import FormatError
from hipspine.formats.motion import table as motion_table
from hipspine.formats.opensim.reader import READER
from hipspine.formats.opensim.writer import WRITER
from hipspine.formats.source import Source
from hipspine.signals.recording import Channel, Event, Recording, Stream
from hipspine.terms import ChannelStatus, Region, Side, StreamKind

DATA = Path(__file__).parents[1].parent / "shared" / "data"
with_data = pytest.mark.skipif(not DATA.exists(), reason="the shared recordings are not beside this checkout")


def read(text: str) -> Recording:
    return READER.recording(Source(Path("walk.sto"), text.encode()))


def written(recording: Recording) -> bytes:
    file = io.BytesIO()
    WRITER.write(recording, file, "x.sto")
    return file.getvalue()


def anonymised(data: bytes) -> tuple[bytes, tuple[str, ...]]:
    file = io.BytesIO()
    assert READER.anonymise is not None
    removed = READER.anonymise(Source(Path("x.sto"), data), file)
    return file.getvalue(), removed


def storage(title: str, names: str, columns: list[np.ndarray], *, header: str = "version=1\ninDegrees=no", rate_hz: float = 100.0) -> str:
    rows = [[i / rate_hz, *(column[i] for column in columns)] for i in range(columns[0].size)]
    body = "\n".join("\t".join(f"{value:.8f}" for value in row) for row in rows)
    return f"{title}\n{header}\nnRows={len(rows)}\nnColumns={len(columns) + 1}\nendheader\ntime\t{names}\n{body}\n"


SWING = np.linspace(-0.4, 1.2, 60)


def test_angles_are_in_radians_whatever_the_header_says() -> None:
    degrees = read(storage("Coordinates", "hip_flexion_r\tpelvis_tx", [np.degrees(SWING), SWING], header="version=1\ninDegrees=yes"))
    radians = read(storage("Coordinates", "hip_flexion_r\tpelvis_tx", [SWING, SWING]))
    for recording in (degrees, radians):
        angle = recording.of_kind(StreamKind.ANGLE)[0]
        np.testing.assert_allclose(angle.values[0], SWING, atol=1e-6)
        assert (angle.channels[0].side, angle.channels[0].unit) == (Side.RIGHT, "rad")
        translation = recording.of_kind(StreamKind.OTHER)[0]
        np.testing.assert_allclose(translation.values[0], SWING, atol=1e-6)
        assert translation.channels[0].unit == "m"


def test_a_header_without_in_degrees_is_read_by_size_and_said() -> None:
    recording = read(storage("Coordinates", "hip_flexion_l", [np.degrees(SWING)], header="version=1"))
    np.testing.assert_allclose(recording.streams[0].values[0], SWING, atol=1e-6)
    assert any("inDegrees" in warning and "degrees" in warning for warning in recording.warnings)


def test_old_headers_with_spaces_and_windows_line_ends() -> None:
    text = "name walk\ndatacolumns 2\ndatarows 60\nrange 0 0.59\nendheader\ntime\tground_force_vy\n"
    text += "\n".join(f"{i / 100:.3f}\t{100 * value:.5f}" for i, value in enumerate(SWING))
    recording = read(text.replace("\n", "\r\n"))
    assert (recording.streams[0].kind, recording.streams[0].channels[0].unit) == (StreamKind.FORCE, "N")
    assert recording.streams[0].values.shape == (1, 60)


def test_paths_of_new_files_become_coordinate_names() -> None:
    recording = read(storage("Coordinates", "/jointset/hip_l/hip_flexion_l/value", [SWING]))
    assert recording.streams[0].channels[0].label == "hip_flexion_l"
    assert recording.streams[0].channels[0].side is Side.LEFT


def test_an_electromyography_table_holds_muscles_and_knows_envelopes() -> None:
    dice = np.random.default_rng(1)
    times = np.arange(4000) / 1000
    envelope = np.clip(np.sin(5 * times), 0, None) ** 2
    recording = read(storage("Electromyography", "gluteus_maximus\tvastus_lateralis", [envelope, dice.normal(size=4000)], rate_hz=1000.0))
    assert [c.muscle for c in recording.streams[0].channels] == ["gluteus_maximus", "vastus_lateralis"]
    assert [c.status for c in recording.streams[0].channels] == [ChannelStatus.ENVELOPE, ChannelStatus.OK]


def test_joint_moments_are_no_force_of_the_ground() -> None:
    recording = read(storage("Inverse Dynamics Generalized Forces", "hip_flexion_r_moment\tpelvis_tx_force", [SWING, SWING]))
    assert recording.of_kind(StreamKind.FORCE) == ()
    assert [c.unit for c in recording.streams[0].channels] == ["N m", "N"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.replace("nRows=60", "nRows=90"), "promises 90 rows, the file holds 60"),
        (lambda t: t.replace("endheader", "end"), "no line 'endheader'"),
        (lambda t: t.replace("time\t", "frame\t"), "first column should be 'time'"),
        (lambda t: t.replace("hip_flexion_r", "hip_flexion_r\tknee"), "3 column names"),
        (lambda t: t[: t.index("time\t")], "no rows of numbers"),
        (lambda t: t.replace("0.30000000\t", "0.30000000\tx"), "damaged or cut off"),
        (lambda t: t[:-6], "damaged or cut off|promises"),
    ],
)
def test_what_is_wrong_is_said(change: object, words: str) -> None:
    text = storage("Coordinates", "hip_flexion_r", [SWING])
    damaged = change(text)  # type: ignore[operator]
    if damaged == text[:-6]:
        damaged = "\n".join(text.splitlines()[:-1]) + "\n0.59"
    with pytest.raises(FormatError, match=words) as caught:
        read(damaged)
    assert str(caught.value).startswith("walk.sto: ")


# ---------------------------------------------------------------------------------------------------- tables of all kinds


def test_a_cell_of_a_vector_table_becomes_three_columns() -> None:
    rows = "\n".join(f"{i / 100}\t{i},{2 * i},0.5\t~[{-i},nan,1]" for i in range(20))
    recording = read(f"DataRate=100\nDataType=Vec3\nversion=3\nUnits=mm\nendheader\ntime\tLASI\tRASI\n{rows}\n")
    markers = recording.streams[0]
    assert [c.label for c in markers.channels] == ["LASI.x", "LASI.y", "LASI.z", "RASI.x", "RASI.y", "RASI.z"]
    assert (markers.kind, markers.channels[0].unit, markers.rate_hz) == (StreamKind.MARKER, "m", 100.0)
    np.testing.assert_allclose(markers.values[1], np.arange(20) * 2e-3)
    assert np.isnan(markers.values[4]).all()


def test_a_quaternion_has_its_scalar_first() -> None:
    rows = "\n".join(f"{i / 60:.6f}\t0.5,0.1,0.2,0.3" for i in range(20))
    orientations = read(f"DataRate=60\nDataType=Quaternion\nversion=3\nendheader\ntime\tpelvis_imu\n{rows}\n").streams[0]
    assert [c.label[-2:] for c in orientations.channels] == [".w", ".x", ".y", ".z"]
    assert orientations.kind is StreamKind.IMU
    assert orientations.values[:, 3].tolist() == [0.5, 0.1, 0.2, 0.3]


def test_missing_numbers_are_gaps() -> None:
    text = storage("Coordinates", "hip_flexion_r", [SWING]).replace(f"0.05000000\t{SWING[5]:.8f}", "0.05000000\t-1.#IND")
    channel, values = read(text).streams[0].channels[0], read(text).streams[0].values[0]
    assert np.flatnonzero(np.isnan(values)).tolist() == [5]
    assert channel.status is ChannelStatus.GAPS


def test_rows_that_repeat_a_time_are_left_out_and_said() -> None:
    lines = storage("Coordinates", "hip_flexion_r", [SWING]).replace("nRows=60", "nRows=61").splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("0.20000000"))
    recording = read("\n".join([*lines[:at], lines[at], *lines[at:]]) + "\n")
    assert recording.streams[0].rate_hz == 100.0
    np.testing.assert_allclose(recording.streams[0].values[0], SWING, atol=1e-6)
    assert any("1 row(s) repeat the time" in warning for warning in recording.warnings)


def test_times_that_were_rounded_are_no_repeated_rows() -> None:
    rows = "\n".join(f"{np.floor(i / 2) / 100:.2f}\t{value:.5f}" for i, value in enumerate(np.repeat(SWING, 2) + np.arange(120) * 1e-3))
    recording = read(f"Coordinates\nnRows=120\ninDegrees=no\nendheader\ntime\thip_flexion_r\n{rows}\n")
    assert recording.streams[0].values.shape == (1, 120)
    assert recording.streams[0].rate_hz == pytest.approx(200, rel=0.02)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(".", ","),
        lambda text: text.replace("\t", "    "),
        lambda text: text.replace("\t", ","),
        lambda text: text.replace("\n", "\t\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: "\ufeff" + text,
    ],
    ids=["decimal comma", "spaces", "commas between", "tab at the end", "old Macintosh", "mark of a text editor"],
)
def test_a_table_may_be_written_in_many_ways(change: object) -> None:
    text = storage("Coordinates", "hip_flexion_r\tpelvis_tx", [SWING, SWING])
    recording = read(change(text))  # type: ignore[operator]
    np.testing.assert_allclose(recording.streams[0].values[0], SWING, atol=1e-6)
    assert (recording.streams[0].rate_hz, len(recording.streams)) == (100.0, 2)


def test_utf_16_is_read() -> None:
    data = storage("Coordinates", "hip_flexion_r", [SWING]).encode("utf-16")
    assert READER.recognises(data[:4096], ".sto")
    np.testing.assert_allclose(READER.recording(Source(Path("x.sto"), data)).streams[0].values[0], SWING, atol=1e-6)


def test_counts_of_the_header_that_do_not_agree_are_said() -> None:
    text = storage("Coordinates", "hip_flexion_r", [SWING]).replace("nRows=60", "nRows=50").replace("nColumns=2", "nColumns=40")
    warnings = read(text).warnings
    assert any("promises 50 rows, the file holds 60" in warning for warning in warnings)
    assert any("counts 40 columns, the table has 2" in warning for warning in warnings)


@pytest.mark.parametrize("kept", [0, 1 << 26])
def test_samples_are_the_same_from_memory_and_from_the_file(kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(motion_table, "BLOCK_BYTES", 400)
    monkeypatch.setattr(motion_table, "KEPT_BYTES", kept)
    values = np.random.default_rng(5).normal(size=(3, 300))
    values[1, 40:60] = np.nan
    lines = storage("Coordinates", "a_flexion\tb_flexion\tc_flexion", list(values), header="inDegrees=no").splitlines()
    text = "\n".join(line for line in lines if not line.startswith(("1.1", "nRows"))) + "\n"
    stream = read(text).streams[0]
    expected = np.array(values)
    expected[:, 110:120] = np.nan
    np.testing.assert_allclose(np.asarray(stream.values), expected, atol=1e-8)
    np.testing.assert_allclose(stream.values[[2, 0], 95:130], expected[[2, 0], 95:130], atol=1e-8)


# ----------------------------------------------------------------------------------------------------------------- people


PERSON = "Jane Roe walk 3\nversion=1\nfile=C:/lab/Jane Roe/walk3.c3d\nRange of Jane Roe\n%s\nnColumns=2\ninDegrees=no\nendheader\n"


def test_title_and_free_lines_are_of_the_person_and_nowhere_else() -> None:
    text = PERSON % "nRows=60" + storage("x", "hip_flexion_r", [SWING]).split("endheader\n")[1]
    recording = read(text)
    assert "Jane" in recording.person["title"]
    assert "Jane" in recording.person["notes"]
    assert not any("Jane" in word for word in [*recording.about.values(), *recording.warnings])


def test_an_anonymised_file_holds_the_same_rows_and_no_person() -> None:
    text = PERSON % "nRows=60" + storage("x", "hip_flexion_r", [SWING]).split("endheader\n")[1]
    data, removed = anonymised(text.encode())
    assert b"Jane" not in data
    assert b"lab" not in data
    assert "the title" in removed
    assert not any("Jane" in sentence for sentence in removed)
    assert data[data.index(b"endheader") :] == text.encode()[text.index("endheader") :]
    np.testing.assert_array_equal(READER.recording(Source(Path("x"), data)).streams[0].values[0], read(text).streams[0].values[0])


# --------------------------------------------------------------------------------------------------------------- writing


LABELS = st.lists(
    st.text("abcXYZ019 _-/äé:[](),'#=", min_size=1, max_size=12).map(str.strip).filter(bool), min_size=1, max_size=6, unique=True
)
UNITS = {StreamKind.EMG: "V", StreamKind.ANGLE: "rad", StreamKind.FORCE: "N", StreamKind.OTHER: ""}


@settings(max_examples=60, deadline=None)
@given(LABELS, st.sampled_from([50.0, 148.148148, 2000.0]), st.integers(0, 500), st.integers(2, 30), st.integers(0, 2**32), st.data())
def test_what_is_written_on_one_clock_reads_back_the_same(
    labels: list[str], rate_hz: float, first: int, samples: int, seed: int, data: st.DataObject
) -> None:
    dice = np.random.default_rng(seed)
    streams = []
    for label in labels:
        kind = data.draw(st.sampled_from(sorted(UNITS)))
        region = data.draw(st.none() | st.sampled_from(Region)) if kind is StreamKind.EMG else None
        muscle = data.draw(st.none() | st.sampled_from(["gluteus_maximus", "multifidus"]))
        channel = Channel(label, muscle, data.draw(st.none() | st.sampled_from(Side)), region, UNITS[kind])
        values = dice.normal(size=(1, samples)) * 10.0 ** dice.integers(-6, 4)
        values[0, samples // 2] = np.nan
        streams.append(Stream(kind, rate_hz, first / rate_hz, (channel,), values, data.draw(st.sampled_from(["", "plate 1"]))))
    events = (Event("foot strike", 0.25, Side.LEFT), Event("cue", 1.5))
    before = Recording("x", "x", tuple(streams), events, about={"simulated": "yes", "cue": "a: b = c"})
    assert WRITER.losses(before) == ()
    back = READER.recording(Source(Path("x.sto"), written(before)))
    assert [(s.kind, s.name, s.rate_hz, s.start_s, s.values.shape) for s in back.streams] == [
        (s.kind, s.name, s.rate_hz, s.start_s, s.values.shape) for s in before.streams
    ]
    for read_, stream in zip(back.streams, before.streams, strict=True):
        assert [(c.label, c.side, c.unit, c.muscle, c.region) for c in read_.channels] == [
            (c.label, c.side, c.unit, c.muscle, c.region) for c in stream.channels
        ]
        largest = np.nanmax(np.abs(stream.values), initial=0)
        np.testing.assert_allclose(np.asarray(read_.values), stream.values, rtol=0, atol=WRITER.precision * largest + 1e-37)
    assert (back.events, dict(back.about)) == (before.events, dict(before.about))
    assert written(back) == written(before)


def two_clocks() -> Recording:
    emg = Stream(StreamKind.EMG, 1000.0, 0.0, (Channel("GMAX_L", "gluteus_maximus", Side.LEFT, unit="V"),), np.ones((1, 500)))
    angle = Stream(StreamKind.ANGLE, 100.0, 0.0, (Channel("hip_flexion_l", None, Side.LEFT, unit="rad"),), np.ones((1, 50)), "angles")
    return Recording("x", "x", (angle, emg), person={"name": "Jane Roe"})


def test_streams_of_another_clock_are_left_out_and_named() -> None:
    losses = WRITER.losses(two_clocks())
    assert len(losses) == 1
    assert "angle 'angles' at 100 Hz" in losses[0]
    back = READER.recording(Source(Path("x"), written(two_clocks())))
    assert [s.rate_hz for s in back.streams] == [1000.0]
    assert back.person["name"] == "Jane Roe"
    assert b"Jane" not in anonymised(written(two_clocks()))[0]


def test_every_line_of_a_written_header_is_one_that_opensim_accepts() -> None:
    """A title, then ``key=value`` until ``endheader``; then as many names and numbers as it says."""
    lines = written(two_clocks()).decode().splitlines()
    end = lines.index("endheader")
    assert all("=" in line for line in lines[1:end])
    table = np.loadtxt(lines[end + 2 :], delimiter="\t")
    assert f"nRows={table.shape[0]}" in lines
    assert f"nColumns={table.shape[1]}" in lines
    assert lines[end + 1].split("\t")[0] == "time"


# ------------------------------------------------------------------------------------------------------------- real files


@with_data
@pytest.mark.parametrize(
    "name",
    ["walk_rajagopal/coordinates.sto", "walk_rajagopal/electromyography.sto", "walk_rajagopal/grf_walk.mot", "walk_rajagopal/id_walk.sto",
     "squat_opencap/squats1_videoAndMocap.mot"],
)  # fmt: skip
def test_a_real_table_reads_as_a_plain_table_does(name: str) -> None:
    text = (DATA / name).read_text()
    lines = text.splitlines()
    end = next(i for i, line in enumerate(lines) if line.strip() == "endheader")
    table = np.loadtxt(lines[end + 2 :])
    recording = READER.recording(Source(DATA / name))
    values = {c.label: stream.values[row] for stream in recording.streams for row, c in enumerate(stream.channels)}
    factor = np.pi / 180 if "inDegrees=yes" in text else 1.0
    names = [label.removesuffix("/value").split("/")[-1] for label in lines[end + 1].split()[1:]]
    assert sorted(values) == sorted(names)
    for column, label in enumerate(names, 1):
        turned = any(c.label == label and c.unit == "rad" for stream in recording.streams for c in stream.channels)
        np.testing.assert_allclose(values[label], table[:, column] * (factor if turned else 1.0), rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(recording.streams[0].times_s(), table[:, 0], atol=1e-6)
