"""From a path to a recording: what is no file, or holds what no device can have given, is refused in one sentence."""

import os
from pathlib import Path

import numpy as np
import pytest

import hipspine
import hipspine.cli
from hipspine.errors import FormatError, InputError
from hipspine.signals.recording import Channel, Recording, Stream
from hipspine.terms import Side, StreamKind


def table(path: Path, values: np.ndarray, *, label: str = "GMAX_L [V]") -> Path:
    rows = "\n".join(f"{i / 1000},{value:.9g}" for i, value in enumerate(values))
    path.write_text(f"time_s,{label}\n{rows}\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null"])
def test_a_device_is_refused_and_not_read(device: str) -> None:
    if not Path(device).exists():
        pytest.skip(f"no {device} on this system")
    with pytest.raises(FormatError, match=f"^{device}: is no file but a device or a pipe; save the recording as a file"):
        hipspine.open_recording(device)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "stream.csv")
    with pytest.raises(FormatError, match="a device or a pipe"):
        hipspine.open_recording(tmp_path / "stream.csv")


def test_a_link_to_a_recording_is_opened_and_one_that_leads_to_itself_is_refused(tmp_path: Path) -> None:
    trial = table(tmp_path / "trial.csv", np.sin(np.arange(900.0)))
    (tmp_path / "link.csv").symlink_to(trial)
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    assert hipspine.open_recording(tmp_path / "link.csv").sha256 == hipspine.open_recording(str(trial)).sha256
    with pytest.raises(FormatError, match=r"loop\.csv: "):
        hipspine.open_recording(tmp_path / "loop.csv")


def test_a_name_that_no_system_allows_is_refused_in_one_sentence() -> None:
    with pytest.raises(FormatError, match="cannot be opened"):
        hipspine.open_recording("x" * 5000)


@pytest.mark.parametrize(("number", "said"), [(1e300, "holds 1e\\+300 at 0.500 s"), (-1e39, "holds -1e\\+39 at 0.500 s")])
def test_a_number_that_no_device_gives_is_refused_with_its_channel_and_time(number: float, said: str, tmp_path: Path) -> None:
    values = np.sin(np.arange(900.0))
    values[500] = number
    with pytest.raises(FormatError, match=rf"trial\.csv: channel 'GMAX_L' {said}"):
        hipspine.open_recording(table(tmp_path / "trial.csv", values))


def test_emg_that_is_smaller_than_any_device_gives_is_refused_and_silence_is_not(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="holds nothing larger than 1e-300"):
        hipspine.open_recording(table(tmp_path / "small.csv", 1e-300 * np.cos(np.arange(900.0))))
    assert hipspine.open_recording(table(tmp_path / "zero.csv", np.zeros(900))).streams[0].channels[0].status == "flat"


def test_a_gap_beside_usual_numbers_is_no_impossible_number(tmp_path: Path) -> None:
    values = np.sin(np.arange(900.0))
    values[100:120] = np.nan
    assert hipspine.open_recording(table(tmp_path / "gap.csv", values)).streams[0].channels[0].status == "gaps"


def test_streams_are_found_by_kind_and_by_the_name_of_the_kind() -> None:
    emg = Stream(StreamKind.EMG, 1000.0, 0.0, (Channel("GMAX_L"),), np.zeros((1, 9)))
    angle = Stream(StreamKind.ANGLE, 100.0, 0.0, (Channel("hip_flexion_l"),), np.zeros((1, 9)))
    recording = Recording("trial.csv", "text", (angle, emg))
    assert recording.of_kind(StreamKind.EMG) == recording.of_kind("emg") == (emg,)  # type: ignore[arg-type]
    assert recording.of_kind(StreamKind.FORCE) == ()


@pytest.mark.parametrize(
    ("label", "side"), [("LT Hip Flexion [deg]", Side.LEFT), ("Hip Flexion RT [deg]", Side.RIGHT), ("hip_flexion rechts [deg]", Side.RIGHT),
                        ("knee_sin [deg]", None), ("hip flexion [deg]", None)]
)  # fmt: skip
def test_the_side_of_an_angle_is_read_from_the_words_of_measuring_systems(label: str, side: Side | None, tmp_path: Path) -> None:
    angles = hipspine.open_recording(table(tmp_path / "angles.csv", np.arange(900.0), label=label)).of_kind(StreamKind.ANGLE)
    assert [channel.side for stream in angles for channel in stream.channels] == [side]


def test_a_path_given_for_a_recording_is_answered_with_how_to_open_it() -> None:
    with pytest.raises(InputError, match=r"recording is str; open it first: hipspine\.open_recording"):
        hipspine.assess("trial.c3d", "contact")


def test_the_public_names_can_be_discovered() -> None:
    assert {"open_recording", "detect_onsets", "assess"} <= set(dir(hipspine))


@pytest.mark.parametrize("beside", ["walk_events.csv", "walk_cycles.txt"])
def test_events_beside_a_recording_that_is_no_text_are_read_too(beside: str, tmp_path: Path) -> None:
    assert hipspine.cli.main(["convert", str(table(tmp_path / "made.csv", np.sin(np.arange(3000.0)))), str(tmp_path / "walk.edf")]) == 0
    (tmp_path / beside).write_text("time_s,label,side\n1.0,foot strike,left\n2.0,foot off,left\n", encoding="utf-8")
    recording = hipspine.open_recording(tmp_path / "walk.edf")
    assert [(event.label, event.time_s, event.side) for event in recording.events] == [
        ("foot strike", 1.0, Side.LEFT), ("foot off", 2.0, Side.LEFT)
    ]  # fmt: skip
