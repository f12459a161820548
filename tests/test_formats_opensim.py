"""OpenSim storage files: old and new headers, degrees, paths, envelopes, and counts that do not agree."""

from pathlib import Path

import numpy as np
import pytest

from hipspine.errors import FormatError
from hipspine.formats.opensim import READER
from hipspine.formats.source import Source
from hipspine.signals.recording import Recording
from hipspine.terms import ChannelStatus, Side, StreamKind


def read(text: str) -> Recording:
    return READER.recording(Source(Path("walk.sto"), text.encode()))


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
