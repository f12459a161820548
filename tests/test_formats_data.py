"""The real recordings beside the checkout, against what their SOURCES.md says of them."""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest

from hipspine.errors import FormatError
from hipspine.formats.c3d.layout import parse
from hipspine.formats.source import Source
from hipspine.signals.recording import Recording
from hipspine.terms import ChannelStatus, Side, StreamKind
from hipspine.workflows.reading import describe, open_recording

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import c3d as py_c3d
    import ezc3d

DATA = Path(__file__).parents[1].parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="no folder ../shared/data with recordings beside this checkout")
SAMPLE02 = ("DEC_INT.C3D", "Dec_real.c3d", "pc_int.c3d", "pc_real.c3d", "sgi_int.c3d", "sgi_real.c3d")
C3D_FILES = sorted(DATA.glob("**/*.[cC]3[dD]"))


def emg(recording: Recording) -> dict[str, tuple[str | None, Side | None, ChannelStatus]]:
    return {c.label: (c.muscle, c.side, c.status) for s in recording.of_kind(StreamKind.EMG) for c in s.channels}


def test_the_treadmill_recording_names_13_muscles_and_six_strides() -> None:
    recording = open_recording(DATA / "emg_gait_treadmill" / "ID0012_TW_01_emg.csv")
    stream = recording.streams[0]
    assert (stream.rate_hz, stream.start_s, stream.values.shape) == (1000.0, 0.014, (13, 7618))
    named = emg(recording)
    assert named["MA"][0] == "gluteus_maximus"
    assert named["ME"][0] == "gluteus_medius"
    assert named["GM"][0] == "gastrocnemius_medialis"
    assert len({muscle for muscle, _, _ in named.values()}) == 13
    assert {status for _, _, status in named.values()} == {ChannelStatus.OK}
    strikes = [event.time_s for event in recording.events if event.label == "foot strike"]
    assert strikes == [1.414, 2.448, 3.488, 4.515, 5.549, 6.596]
    assert {event.side for event in recording.events} == {None}
    assert any("ID0012_TW_01_cycles.csv" in warning for warning in recording.warnings)


def test_its_list_of_cycles_alone_is_not_a_recording() -> None:
    with pytest.raises(FormatError, match="moments, not samples"):
        open_recording(DATA / "emg_gait_treadmill" / "ID0012_TW_01_cycles.csv")


@pytest.mark.parametrize("path", C3D_FILES, ids=lambda path: path.name)
def test_our_c3d_bytes_agree_with_both_libraries(path: Path) -> None:
    ours = parse(Source(path))
    agreed = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            other = ezc3d.c3d(str(path))
        except RuntimeError:
            other = None  # ezc3d does not know SGI
        if other is not None:
            np.testing.assert_array_equal(other["data"]["points"][:3].transpose(1, 0, 2).reshape(ours.points.shape), ours.points)
            if ours.analog.shape[0]:
                np.testing.assert_array_equal(other["data"]["analogs"][0], ours.analog)
            assert other["header"]["points"]["first_frame"] + 1 == ours.first_frame
            agreed += 1
        if path.name.startswith(("sgi", "pc_", "Dec", "DEC", "1123")):
            with path.open("rb") as handle:
                analog = np.concatenate([a for _, _, a in py_c3d.Reader(handle).read_frames()], axis=1)
            np.testing.assert_allclose(analog, ours.analog, rtol=1e-6, atol=1e-9)
            agreed += 1
    assert agreed >= 1


def test_one_trial_stored_six_ways_is_one_trial() -> None:
    first, *others = (open_recording(DATA / "c3d" / name) for name in SAMPLE02)
    for other in others:
        assert [(s.kind, s.name, s.rate_hz) for s in other.streams] == [(s.kind, s.name, s.rate_hz) for s in first.streams]
        for a, b in zip(first.streams, other.streams, strict=True):
            assert [c.label for c in a.channels] == [c.label for c in b.channels]
            tolerance = 0.29e-3 if a.kind is StreamKind.MARKER else 1e-9  # integer points are rounded to 0.28 mm
            np.testing.assert_allclose(b.values, a.values, atol=tolerance)
        assert {(e.label, e.side, e.time_s) for e in first.events} <= {(e.label, e.side, e.time_s) for e in other.events}
    assert ("foot strike", Side.RIGHT) in {(e.label, e.side) for e in first.events}


@pytest.mark.parametrize(("name", "plates"), [("gait_cohort_sample/HC032A03.c3d", 2), ("c3d/PiG_Motion3_FF.c3d", 3)])
def test_events_plates_and_markers_meet_on_one_clock(name: str, plates: int) -> None:
    """Four roads to the moment of contact, in files whose first frames are 141 and 725.

    The laboratory's event, the force under the foot (analog), the heel that stops moving forward (points), and the ground reaction that
    the laboratory's model wrote among the points.
    """
    recording = open_recording(DATA / name)
    points = {c.label: s.values[i] for s in recording.streams if s.rate_hz == 100.0 for i, c in enumerate(s.channels)}
    times = next(stream for stream in recording.streams if stream.rate_hz == 100.0).times_s()
    found = []
    for stream in recording.of_kind(StreamKind.FORCE):
        vertical = next(values for channel, values in zip(stream.channels, stream.values, strict=True) if channel.label.startswith("Fz"))
        contact = stream.times_s()[np.flatnonzero(np.abs(vertical) > 20)[0]]
        strike = min((e for e in recording.events if e.label == "foot strike"), key=lambda event: abs(event.time_s - contact))
        assert abs(strike.time_s - contact) < 0.01
        letter = "L" if strike.side is Side.LEFT else "R"
        reaction = np.abs(np.nan_to_num(points[f"{letter}GroundReactionForce.z"]))
        rising = times[1:][(reaction[1:] > 0.03 * reaction.max()) & (reaction[:-1] <= 0.03 * reaction.max())]
        speed = np.hypot(*(np.gradient(points[f"{letter}HEE.{axis}"]) * 100.0 for axis in "xy"))
        stops = times[1:][(speed[:-1] > 0.5) & (speed[1:] <= 0.5)]
        assert np.abs(rising - contact).min() < 0.011
        assert np.abs(stops - contact).min() < 0.03
        found.append(contact)
    assert len(found) == plates


def test_plates_that_are_stored_as_voltages_become_forces() -> None:
    """Res16bits.c3d: six plates of type 4; ezc3d multiplies by their matrix, too, and turns the axes into the laboratory's."""
    recording = open_recording(DATA / "c3d" / "Res16bits.c3d")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        others = ezc3d.c3d(str(DATA / "c3d" / "Res16bits.c3d"), extract_forceplat_data=True)["data"]["platform"]
    plates = recording.of_kind(StreamKind.FORCE)
    assert [(plate.name, len(plate.channels)) for plate in plates] == [(f"force plate {i}", 6) for i in range(1, 7)]
    for plate, other in zip(plates, others, strict=True):
        assert [c.unit for c in plate.channels] == ["N"] * 3 + ["N m"] * 3
        np.testing.assert_allclose(np.linalg.norm(plate.values[:3], axis=0), np.linalg.norm(other["force"], axis=0), rtol=1e-5, atol=1e-4)
        np.testing.assert_allclose(np.abs(plate.values[2]), np.abs(other["force"][2]), rtol=1e-5, atol=1e-4)
    weight = np.median(sum(np.abs(plate.values[2]) for plate in plates))
    assert 300 < weight < 1500


def test_the_late_first_frame_of_pig_motion3() -> None:
    recording = open_recording(DATA / "c3d" / "PiG_Motion3_FF.c3d")
    assert {stream.start_s for stream in recording.streams} == {7.24}
    assert len(recording.events) == 12
    assert all(7.24 <= event.time_s <= 7.24 + recording.duration_s for event in recording.events)
    named = emg(recording)
    assert len(named) == 16
    assert {status for _, _, status in named.values()} == {ChannelStatus.UNNAMED}


def test_the_gait_cohort_sample() -> None:
    recording = open_recording(DATA / "gait_cohort_sample" / "HC032A03.c3d")
    named = emg(recording)
    assert named["L Rect"] == ("rectus_femoris", Side.LEFT, ChannelStatus.OK)
    assert named["R Hams"] == ("hamstrings", Side.RIGHT, ChannelStatus.OK)
    assert named["L Spare"][2] is named["R Spare"][2] is ChannelStatus.EMPTY
    angles = {c.label: (c.side, c.unit) for s in recording.of_kind(StreamKind.ANGLE) for c in s.channels}
    for label in ("LHipAngles.x", "LPelvisAngles.x", "LSpineAngles.x"):
        assert angles[label] == (Side.LEFT, "rad")
    hip = next(s.values[i] for s in recording.of_kind(StreamKind.ANGLE) for i, c in enumerate(s.channels) if c.label == "LHipAngles.x")
    assert 0.3 < np.nanmax(hip) < 1.2
    assert "LHipPower.x" not in angles


def test_french_labels_fillers_and_dead_channels() -> None:
    named = emg(open_recording(DATA / "c3d" / "Analysis.c3d"))
    assert named["Biceps Femoris Gauche"] == ("biceps_femoris", Side.LEFT, ChannelStatus.FLAT)
    assert [status for label, (_, _, status) in named.items() if label.startswith("--")] == [ChannelStatus.EMPTY] * 6


def test_descriptions_say_more_than_short_labels() -> None:
    recording = open_recording(DATA / "c3d" / "Res16bits.c3d")
    named = emg(recording)
    assert named["RGAS"][:2] == ("gastrocnemius_medialis", Side.RIGHT)
    assert named["LVAS"][:2] == ("vastus_lateralis", Side.LEFT)
    assert len(named) == 16
    assert sum(len(stream.channels) for stream in recording.streams if stream.rate_hz == 1000.0) == 81


@pytest.mark.parametrize(
    ("name", "label"),
    [("c3d/1123x01EMG.c3d", "Right Rectus Femoris"), ("text_emg/kineticstoolkit_emg_biceps_brachii.csv", "BicepsBrachiiR")],
)
def test_recordings_of_emg_alone(name: str, label: str) -> None:
    recording = open_recording(DATA / name)
    assert [stream.kind for stream in recording.streams] == [StreamKind.EMG]
    assert emg(recording)[label][1:] == (Side.RIGHT, ChannelStatus.OK)


def test_rates_from_times_and_from_a_header() -> None:
    kinetics = open_recording(DATA / "text_emg" / "kineticstoolkit_emg_biceps_brachii.csv")
    assert kinetics.streams[0].rate_hz == pytest.approx(1925.926, abs=0.01)
    assert kinetics.first_time_s == pytest.approx(20.6711)
    biosppy = open_recording(DATA / "text_emg" / "biosppy_emg.txt")
    assert (biosppy.streams[0].rate_hz, biosppy.streams[0].values.shape) == (1000.0, (1, 100_000))
    assert biosppy.streams[0].values.mean() == pytest.approx(2055, abs=10)


def test_every_channel_of_the_opensim_walk_is_an_envelope() -> None:
    named = emg(open_recording(DATA / "walk_rajagopal" / "electromyography.sto"))
    assert len(named) == 10
    assert {status for _, _, status in named.values()} == {ChannelStatus.ENVELOPE}
    assert named["gluteus_maximus"][0] == "gluteus_maximus"
    assert named["vastus_medius"][0] is None


def test_squats_are_in_radians() -> None:
    recording = open_recording(DATA / "squat_opencap" / "squats1_videoAndMocap.mot")
    angles = {c.label: values for s in recording.of_kind(StreamKind.ANGLE) for c, values in zip(s.channels, s.values, strict=True)}
    assert np.degrees([angles["hip_flexion_r"].min(), angles["hip_flexion_r"].max()]) == pytest.approx([-1.2, 105.7], abs=0.1)
    assert np.degrees([angles["lumbar_extension"].min(), angles["lumbar_extension"].max()]) == pytest.approx([-46.2, -1.1], abs=0.1)
    assert recording.streams[0].rate_hz == 100.0


@pytest.mark.parametrize("path", [*C3D_FILES, *DATA.glob("*/*.sto"), *DATA.glob("*/*.mot")], ids=lambda path: path.name)
def test_the_description_is_plain_json_without_nan(path: Path) -> None:
    shown = describe(open_recording(path))
    assert json.loads(json.dumps(shown, allow_nan=False)) == shown
    assert {"format", "duration_s", "first_time_s", "streams", "events", "warnings"} <= set(shown)
    assert len(shown["sha256"]) == 64


def test_a_real_c3d_survives_being_written_again(tmp_path: Path) -> None:
    from hipspine.formats.c3d.writer import write_c3d

    first = open_recording(DATA / "c3d" / "PiG_Motion3_FF.c3d")
    write_c3d(first, tmp_path / "again.c3d")
    second = open_recording(tmp_path / "again.c3d")
    assert [s.channels for s in second.streams] == [s.channels for s in first.streams]
    for a, b in zip(first.streams, second.streams, strict=True):
        np.testing.assert_allclose(b.values, a.values, rtol=2e-7)
    assert [(e.label, e.side) for e in second.events] == [(e.label, e.side) for e in first.events]
