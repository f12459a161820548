"""MATLAB files of version 5 to 7.2: layouts of real programs, hostile files, privacy, and scipy as the judge of what is written."""

import io
import struct
import tracemalloc
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
from numpy.typing import NDArray

from hipspine.errors import FormatError
from hipspine.formats.matlab import reader as matlab
from hipspine.formats.matlab import writer as matlab_write
from hipspine.formats.source import Source
from hipspine.signals.recording import Channel, Event, Recording, Stream
from hipspine.terms import Side, StreamKind

DICE = np.random.default_rng(11)
EMG = DICE.normal(size=(2000, 4)) * 1e-4  # sample, channel
NAMES = ("GMAX_L", "GMAX_R", "ES_L", "ES_R")
MOMENT_ARMS = Path(__file__).parents[1].parent / "shared" / "data" / "moment_arms"


def cells(*items: Any) -> NDArray[Any]:
    out = np.empty(len(items), dtype=object)
    for i, item in enumerate(items):
        out[i] = item
    return out


def structs(**fields: tuple[Any, ...]) -> NDArray[Any]:
    rows = list(zip(*fields.values(), strict=True))
    return np.array(rows, dtype=[(name, object) for name in fields])


def saved(variables: Mapping[str, Any], *, compressed: bool = True) -> bytes:
    file: Any = io.BytesIO()
    scipy.io.savemat(file, dict(variables), do_compression=compressed)
    data: bytes = file.getvalue()
    return data


def loaded(data: bytes) -> dict[str, Any]:
    file: Any = io.BytesIO(data)
    variables: dict[str, Any] = scipy.io.loadmat(file, simplify_cells=True)
    return variables


def opened(variables: Mapping[str, Any] | bytes, name: str = "walk.mat") -> Recording:
    data = variables if isinstance(variables, bytes) else saved(variables)
    return matlab.READER.recording(Source(Path(name), data))


def labels_of(recording: Recording) -> list[str]:
    return [channel.label for stream in recording.streams for channel in stream.channels]


def refusal(variables: Mapping[str, Any] | bytes) -> str:
    with pytest.raises(FormatError) as caught:
        opened(variables)
    assert str(caught.value).startswith("walk.mat: ")
    return str(caught.value)


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("turned", [True, False])
def test_a_matrix_with_labels_and_a_rate_is_read_whichever_way_it_lies(compressed: bool, turned: bool) -> None:
    data = saved({"data": EMG.T if turned else EMG, "fs": 1500.0, "labels": cells(*NAMES), "units": "mV"}, compressed=compressed)
    (stream,) = opened(data).streams
    assert (stream.kind, stream.rate_hz, stream.start_s) == (StreamKind.EMG, 1500.0, 0.0)
    assert [c.label for c in stream.channels] == list(NAMES)
    np.testing.assert_allclose(np.asarray(stream.values), EMG.T * 1e-3, rtol=1e-15)
    np.testing.assert_allclose(stream.values[[3, 1], 500:900], EMG[500:900, [3, 1]].T * 1e-3, rtol=1e-15)


def test_one_vector_per_muscle_with_units_in_the_names() -> None:
    (stream,) = opened({"GMAX_L_mV": EMG[:, 0], "ES_R_mV": EMG[:, 1], "sampling_rate": 1000, "mvc": np.ones(3)}).streams
    assert [(c.label, c.muscle, c.side, c.unit) for c in stream.channels] == [
        ("GMAX_L", "gluteus_maximus", Side.LEFT, "V"),
        ("ES_R", "erector_spinae", Side.RIGHT, "V"),
    ]


@pytest.mark.parametrize("numbers", ["<i2", ">i2", "<f4", ">f8", "<u1", "<i4"])
def test_every_sort_of_number_keeps_its_value(numbers: str) -> None:
    values = np.arange(600).reshape(200, 3) % 120
    (stream,) = opened({"emg": values.astype(numbers), "fs": 1000.0}).streams
    np.testing.assert_array_equal(np.asarray(stream.values), values.T)


def test_a_clock_in_place_of_a_rate_and_in_milliseconds() -> None:
    assert opened({"time": np.arange(2000) / 800 + 0.5, "emg": EMG}).streams[0].rate_hz == 800.0
    assert opened({"time": np.arange(2000) / 800 + 0.5, "emg": EMG}).streams[0].start_s == pytest.approx(0.5)
    assert opened({"time_ms": np.arange(2000) / 2, "emg": EMG}).streams[0].rate_hz == 2000.0


def test_a_clock_that_contradicts_the_rate_is_refused() -> None:
    assert "1000 Hz" in refusal({"time": np.arange(2000) / 500, "fs": 1000.0, "emg": EMG})


def test_a_clock_that_counts_by_one_is_not_taken_for_seconds() -> None:
    assert "time_ms" in refusal({"time": np.arange(2000.0), "emg": EMG})


def test_a_gap_in_the_clock_becomes_missing_samples() -> None:
    times = np.delete(np.arange(2000) / 1000, slice(100, 150))
    recording = opened({"t": times, "emg": EMG[: times.size]})
    assert recording.streams[0].values.shape[1] == 2000
    assert np.isnan(recording.streams[0].values[0, 100:150]).all()
    assert any("gap" in warning for warning in recording.warnings)


def test_two_rates_go_to_the_arrays_that_their_names_say() -> None:
    recording = opened({"fs_emg": 1000, "fs_kin": 100, "emg": EMG, "kin_hip_flexion_deg": DICE.normal(size=200)})
    assert {s.kind: s.rate_hz for s in recording.streams} == {StreamKind.EMG: 1000.0, StreamKind.ANGLE: 100.0}


def test_a_rate_in_kilohertz_is_one_in_whatever_capitals() -> None:
    for name in ("fs_kHz", "fs_khz", "rateKHz"):
        assert opened({name: 2.0, "emg": EMG}).streams[0].rate_hz == 2000.0


def test_arrays_that_share_their_labels_keep_the_side_in_their_names() -> None:
    muscles = np.array(["gluteus_maximus", "biceps_femoris"], dtype=object)
    recording = opened({"emg_left": EMG[:, :2], "emg_right": EMG[:, 2:4], "muscles": muscles, "fs": 1000.0})
    assert [(c.muscle, c.side) for s in recording.streams for c in s.channels] == [
        ("gluteus_maximus", Side.LEFT), ("biceps_femoris", Side.LEFT), ("gluteus_maximus", Side.RIGHT), ("biceps_femoris", Side.RIGHT),
    ]  # fmt: skip


def test_two_rates_without_names_go_by_the_common_duration_and_it_is_said() -> None:
    recording = opened({"analog_rate": 1000, "point_rate": 100, "GMAX": EMG[:, 0], "hip_flexion_r": DICE.normal(size=200)})
    assert {s.kind: s.rate_hz for s in recording.streams} == {StreamKind.EMG: 1000.0, StreamKind.ANGLE: 100.0}
    assert any("common duration" in warning for warning in recording.warnings)


def test_no_rate_is_refused_with_what_was_found_and_what_to_add() -> None:
    message = refusal({"emg": EMG, "labels": cells(*NAMES)})
    assert "emg (2000 x 4)" in message
    assert "'fs'" in message


def test_a_file_without_samples_is_refused_with_what_is_in_it() -> None:
    assert "found a (1 x 3)" in refusal({"a": np.arange(3.0)})


def test_arrays_that_were_not_used_are_named() -> None:
    warnings = opened({"emg": EMG, "fs": 1000.0, "map": DICE.normal(size=(30, 30))}).warnings
    assert any("map" in warning and "not read" in warning for warning in warnings)


def test_moment_arms_are_no_recording() -> None:
    if not MOMENT_ARMS.is_dir():
        pytest.skip("the shared data are not here")
    for name in ("Dostal1986.mat", "Arnold2000.mat"):
        with pytest.raises(FormatError, match=r"data \(108 x 4\)"):
            matlab.READER.recording(Source(MOMENT_ARMS / name))


# ------------------------------------------------------------------------------------------------------- layouts of programs


def test_eeglab_with_events_counted_in_samples_from_one() -> None:
    eeg = {"srate": 500.0, "data": EMG.T, "nbchan": 4, "xmin": 0.0, "times": np.arange(2000) * 2.0, "chanlocs": structs(labels=NAMES),
           "event": structs(type=("cue", "go"), latency=(101.0, 501.0))}  # fmt: skip
    recording = opened({"EEG": eeg})
    assert labels_of(recording) == list(NAMES)
    assert [(e.label, e.time_s) for e in recording.events] == [("cue", 0.2), ("cue", 1.0)]


def test_otbiolab_with_units_in_its_descriptions() -> None:
    described = cells("Biceps femoris - left (1)[mV]", "Gluteus max - L (2)[mV]", "RF - L (3)[mV]", "ES - R (4)[mV]")
    for data in (EMG, cells(EMG)):
        recording = opened({"Data": data, "Time": np.arange(2000) / 2048, "Description": described, "SamplingFrequency": 2048.0})
        assert recording.streams[0].rate_hz == 2048.0
        assert recording.streams[0].channels[1].muscle == "gluteus_maximus"
        assert recording.streams[0].channels[1].unit == "V"


def test_emgworks_with_slow_channels_that_are_filled_up() -> None:
    data = np.vstack([EMG[:, 0], EMG[:, 1], np.r_[np.ones(500), np.zeros(1500)]])
    time = np.vstack([np.arange(2000) / 2000] * 2 + [np.r_[np.arange(500) / 500, np.zeros(1500)]])
    titles = np.array(["GMAX_L: EMG 1", "GMAX_R: EMG 2", "Sensor: ACC X 1"])
    recording = opened({"Data": data, "Time": time, "Channels": titles, "Fs": np.array([[2000], [2000], [500]])})
    assert [(s.kind, s.rate_hz, s.values.shape) for s in recording.streams] == [
        (StreamKind.EMG, 2000.0, (2, 2000)),
        (StreamKind.IMU, 500.0, (1, 500)),
    ]


def test_noraxon_as_cells_and_as_channel_structs() -> None:
    direct = opened({"Data": cells(*EMG.T), "samplingRate": 1500, "channelNames": cells(*NAMES), "noChans": 4})
    rows = structs(data=tuple(EMG.T), name=NAMES, units=("uV",) * 4, frequency=(1500.0,) * 4)
    nested = opened({"noraxon_data": {"channels": rows}})
    for recording in (direct, nested):
        assert labels_of(recording) == list(NAMES)
        assert recording.streams[0].rate_hz == 1500.0
    assert nested.streams[0].channels[0].unit == "V"


def test_spike2_with_intervals() -> None:
    one = {"title": "GMax L", "interval": 0.0005, "units": "mV", "start": 0.25, "values": EMG[:, 0]}
    (stream,) = opened({"walk_Ch1": one, "walk_Ch2": one | {"title": "ES R", "values": EMG[:, 1]}}).streams
    assert ([c.label for c in stream.channels], stream.rate_hz, stream.start_s) == (["GMax L", "ES R"], 2000.0, 0.25)


def test_acqknowledge_with_its_interval_in_milliseconds() -> None:
    (stream,) = opened({"data": EMG, "isi": 0.5, "isi_units": "ms", "labels": np.array(NAMES), "units": np.array(["mV"] * 4)}).streams
    assert ([c.label for c in stream.channels], stream.rate_hz, stream.channels[0].unit) == (list(NAMES), 2000.0, "V")


def test_labchart_with_all_channels_in_one_vector_and_comments() -> None:
    starts = np.array([[1], [2001], [4001], [6001]])
    variables = {"data": EMG.T.ravel()[None], "datastart": starts, "dataend": starts + 1999, "samplerate": np.full((4, 1), 1000.0),
                 "titles": np.array(NAMES), "unittext": np.array(["mV"]), "unittextmap": np.ones((4, 1)), "tickrate": 1000.0,
                 "com": np.array([[1, 1, 500.0, 1, 1]]), "comtext": np.array(["cue"])}  # fmt: skip
    recording = opened(variables)
    np.testing.assert_allclose(np.asarray(recording.streams[0].values), EMG.T * 1e-3)
    assert [(e.label, e.time_s) for e in recording.events] == [("cue", 0.5)]
    two = variables | {"datastart": np.hstack([starts, starts]), "dataend": np.hstack([starts, starts])}
    assert "2 blocks" in refusal(two)


def test_biomech_zoo_with_two_rates_and_its_first_frame() -> None:
    system = {"Analog": {"Freq": 1000.0, "Channels": cells("RGMAX", "")}, "Video": {"Freq": 100.0, "ORIGINAL_START_FRAME": 11.0}}
    data = {"RGMAX": {"line": EMG[:, 0], "event": {"RHS1": np.array([101.0, 0.3, 0.0])}},
            "RKneeAngles": {"line": DICE.normal(size=(200, 3)), "event": cells()}, "zoosystem": system}  # fmt: skip
    recording = opened({"data": data})
    assert [(s.kind, s.rate_hz, s.start_s) for s in recording.streams] == [(StreamKind.EMG, 1000.0, 0.1), (StreamKind.ANGLE, 100.0, 0.1)]
    assert [(e.label, e.side, round(e.time_s, 9)) for e in recording.events] == [("foot strike", Side.RIGHT, 0.2)]


def test_visual3d_with_cells_around_everything() -> None:
    recording = opened({"FRAME_RATE": cells(200.0), "L_HIP_ANGLE": cells(DICE.normal(size=(400, 3))), "GMAX_L": cells(EMG[:400, :1])})
    assert labels_of(recording) == ["L_HIP_ANGLE.x", "L_HIP_ANGLE.y", "L_HIP_ANGLE.z", "GMAX_L"]
    assert {s.rate_hz for s in recording.streams} == {200.0}


def test_qualisys_with_markers_analog_and_a_late_first_frame() -> None:
    points = DICE.normal(size=(2, 4, 100)) * 100
    labeled = {"Count": 2.0, "Labels": cells("LASI", "RASI"), "Data": points}
    board = {"BoardName": "Delsys", "Labels": cells("GMAX_L", "GMAX_R"), "Frequency": 2000.0, "Data": EMG.T[:2]}
    top = {"File": "walk.qtm", "StartFrame": 51.0, "FrameRate": 100.0, "Trajectories": {"Labeled": labeled}, "Analog": board}
    recording = opened({"walk01": top})
    markers = recording.of_kind(StreamKind.MARKER)[0]
    np.testing.assert_allclose(markers.values[4], points[1, 1] * 1e-3)
    assert {(s.kind, s.rate_hz, s.start_s) for s in recording.streams} == {(StreamKind.EMG, 2000.0, 0.5), (StreamKind.MARKER, 100.0, 0.5)}


def test_several_trials_in_one_file_are_refused() -> None:
    assert "2 recordings" in refusal({"trial": structs(emg=(EMG, 2 * EMG), fs=(1000.0, 1000.0))})
    several = {"fsample": 1000.0, "label": cells(*NAMES), "trial": cells(EMG.T, 2 * EMG.T)}
    assert "2 recordings" in refusal({"data": several})


# ------------------------------------------------------------------------------------------------------------- hostile files


def bomb(megabytes: int) -> bytes:
    """A variable of zeros that is a thousandth of its size in the file."""
    machine, size = zlib.compressobj(9), megabytes << 20
    head = struct.pack("<II", 14, size + 48) + struct.pack("<IIII", 6, 8, 6, 0) + struct.pack("<IIii", 5, 8, 1, size // 8)
    head += struct.pack("<II", 1, 1) + b"x".ljust(8, b"\0") + struct.pack("<II", 9, size)
    packed = machine.compress(head)
    for _ in range(megabytes):
        packed += machine.compress(b"\0" * (1 << 20))
    packed += machine.flush()
    return b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM" + struct.pack("<II", 15, len(packed)) + packed


def test_a_zip_bomb_is_refused_in_a_sentence() -> None:
    assert "grows beyond" in refusal(bomb(400))


@pytest.mark.parametrize("turned", [False, True])
def test_reading_everything_takes_little_more_than_what_is_handed_out(tmp_path: Path, turned: bool) -> None:
    path, emg = tmp_path / "walk.mat", np.arange(4_000_000, dtype=np.int16).reshape(-1, 4)
    path.write_bytes(saved({"emg": emg.T if turned else emg, "fs": 1000.0}, compressed=False))
    values = matlab.READER.recording(Source(path)).streams[0].values
    for asked in (slice(None), [2]):
        tracemalloc.start()
        handed = values[asked]
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        np.testing.assert_array_equal(handed, emg.T[asked])
        assert peak < handed.nbytes + 25_000_000


def test_a_zip_bomb_takes_no_memory() -> None:
    data = bomb(400)
    tracemalloc.start()
    refusal(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40_000_000


def test_sizes_that_a_header_claims_are_compared_with_the_bytes() -> None:
    data = bytearray(saved({"emg": EMG, "fs": 1000.0}, compressed=False))
    place = data.index(struct.pack("<ii", 2000, 4))
    for shape in ((2**31 - 1, 2**31 - 1), (-5, 4), (2001, 4)):
        data[place : place + 8] = struct.pack("<ii", *shape)
        assert "damaged" in refusal(bytes(data))


def test_structs_in_structs_without_end_are_refused() -> None:
    nested: Any = 1.0
    for _ in range(60):
        nested = cells(nested, 1.0)
    with pytest.raises(FormatError, match="deeper"):
        matlab.READER.read(Source(Path("walk.mat"), saved({"x": nested, "emg": EMG, "fs": 1000.0})))


def test_an_object_of_matlab_is_named_with_the_way_out() -> None:
    name = struct.pack("<II", 1, 1) + b"T".ljust(8, b"\0")
    body = struct.pack("<IIII", 6, 8, 17, 0) + name + struct.pack("<II", 1, 4) + b"MCOS\0\0\0\0" + struct.pack("<II", 1, 5) + b"table\0\0\0"
    table = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM" + struct.pack("<II", 14, len(body)) + body
    assert "table" in refusal(table)
    assert "T.Variables" in refusal(table)


def test_an_eeglab_file_whose_samples_are_elsewhere_says_so() -> None:
    assert "another file" in refusal({"EEG": {"srate": 500.0, "data": "walk.fdt", "nbchan": 4}})


# ------------------------------------------------------------------------------------------------------------------ writing


def recording_of(samples: int = 300) -> Recording:
    emg = (Channel("GMAX_L", "gluteus_maximus", Side.LEFT, unit="V"), Channel("Größe", unit="V"))
    values = np.random.default_rng(3).normal(size=(2, samples))
    values[1, 5] = np.nan
    stream = Stream(StreamKind.EMG, 1000.0, 0.25, emg, values)
    return Recording("x", "x", (stream,), (Event("foot strike", 0.3, Side.LEFT),), about={"cue": "go"})


def written(recording: Recording) -> bytes:
    file = io.BytesIO()
    matlab_write.WRITER.write(recording, file, "x.mat")
    return file.getvalue()


def test_scipy_finds_plain_names_in_what_is_written() -> None:
    variables = loaded(written(recording_of()))
    emg = variables["emg"]
    np.testing.assert_array_equal(emg["data"], np.asarray(recording_of().streams[0].values).T)
    assert (emg["fs"], emg["start_s"], list(emg["labels"]), list(emg["units"])) == (1000.0, 0.25, ["GMAX_L", "Größe"], ["V", "V"])
    assert (variables["events"]["labels"], variables["events"]["times_s"]) == ("foot strike", 0.3)


def test_the_same_recording_gives_the_same_bytes() -> None:
    assert written(recording_of()) == written(recording_of())


# ------------------------------------------------------------------------------------------------------------------ privacy

SECRETS = ("Doe", "Jane", "1970-02-03", "XQZ-77", "Dr. Quill")


def inflated(data: bytes) -> bytes:
    """The file with every compressed element beside its content."""
    out, at = data, 128
    while at + 8 <= len(data):
        kind, size = struct.unpack_from("<II", data, at)
        out += zlib.decompress(data[at + 8 : at + 8 + size]) if kind == 15 else b""
        at += 8 + size
    return out


@pytest.mark.parametrize("compressed", [True, False])
def test_an_anonymised_file_keeps_the_samples_and_no_secret(compressed: bool) -> None:
    person = {"name": "Jane Döe", "born": "1970-02-03", "age": 51.0, "codes": cells("XQZ-77", "b")}
    top = {"data": EMG, "fs": 1000.0, "labels": cells(*NAMES), "subject": person, "File": "C:/Doe/w.mat", "remark": "Jane, see Dr. Quill"}
    before = saved({"Doe_Jane_walk": top | {"device": "Trigno"}}, compressed=compressed)
    out = io.BytesIO()
    assert matlab.READER.anonymise is not None
    removed = matlab.READER.anonymise(Source(Path("x.mat"), before), out)
    bare = inflated(out.getvalue())
    for secret in SECRETS:
        assert secret in inflated(before).decode("latin-1") or secret.encode("utf-16-le") in inflated(before)
        for encoding in ("utf-8", "latin-1", "utf-16-le", "utf-16-be"):
            assert secret.encode(encoding) not in bare
        assert not any(secret in sentence for sentence in removed)
    after = opened(out.getvalue())
    np.testing.assert_array_equal(np.asarray(after.streams[0].values), EMG.T)
    assert (after.person, dict(after.about)) == ({}, {"device": "Trigno"})
    assert set(loaded(out.getvalue())) >= {"recording"}


def test_a_label_that_is_the_name_of_the_person_is_not_passed_over() -> None:
    before = saved({"data": EMG[:, :2], "fs": 1000.0, "labels": cells("Quillfeather arm", "GMAX"), "subject_name": "Quillfeather"})
    with pytest.raises(FormatError, match="rename"):
        matlab.anonymise(Source(Path("x.mat"), before), io.BytesIO())


def test_personal_texts_are_kept_apart_and_never_in_warnings() -> None:
    recording = opened({"data": EMG, "fs": 1000.0, "labels": cells(*NAMES), "info": {"name": "Jane", "device": "Trigno"}})
    assert recording.person["info.name"] == "Jane"
    assert "Jane" not in " ".join([*recording.warnings, *recording.about.values(), *labels_of(recording)])
