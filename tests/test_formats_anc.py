"""ANC: counts to volts, several rates in one table, headers that lie; judged by the same trial as C3D, every channel of it."""

import io
from collections.abc import Sequence
from pathlib import Path

import ezc3d
import numpy as np
import pytest
from format_examples import EXAMPLES

from hipspine.errors import FormatError
from hipspine.formats.anc import READER
from hipspine.formats.motion import table as motion_table
from hipspine.formats.source import Source
from hipspine.signals.recording import Recording
from hipspine.terms import ChannelStatus, Side, StreamKind

DATA = Path(__file__).parents[1].parent / "shared" / "data"
with_data = pytest.mark.skipif(not DATA.exists(), reason="the shared recordings are not beside this checkout")
COUNTS = np.random.default_rng(4).integers(-32768, 32767, size=(3, 200))


def anc(
    counts: np.ndarray = COUNTS,
    *,
    names: Sequence[str] = ("R GMAX", "L GMAX", "F1Z"),
    rates: Sequence[object] = (1000, 1000, 1000),
    ranges: Sequence[object] = (5000, 2500, 10000),
    second: str = "Board_Type:\tNI USB-6210\tPolarity:\tBipolar",
    trial: str = "walk",
    depth: str = "BitDepth:\t16\tPreciseRate:\t1000.000000",
) -> str:
    lines = ["File_Type:\tAnalog R/C ASCII\tGeneration#:\t2", second]
    lines += [f"Trial_Name:\t{trial}\tTrial#:\t1\tDuration(Sec.):\t0.2\t#Channels:\t{len(names)}", depth, "", "", "", ""]
    for key, cells in (("Name", names), ("Rate", rates), ("Range", ranges)):
        lines.append("\t".join([key, *map(str, cells), ""]))
    lines += ["\t".join([f"{i / 1000:.6f}", *map(str, row), ""]) for i, row in enumerate(counts.T.tolist())]
    return "\r\n".join(lines) + "\r\n"


def read(text: str) -> Recording:
    return READER.recording(Source(Path("walk.anc"), text.encode()))


def channels(recording: Recording) -> dict[str, np.ndarray]:
    return {channel.label: np.asarray(stream.values[row]) for stream in recording.streams for row, channel in enumerate(stream.channels)}


def test_counts_become_volts_by_range_and_depth() -> None:
    recording = read(anc())
    values = channels(recording)
    for row, (label, volts) in enumerate((("R GMAX", 5.0), ("L GMAX", 2.5), ("F1Z", 10.0))):
        np.testing.assert_allclose(values[label], COUNTS[row] * 2 * volts / 2**16, rtol=1e-15)
        assert np.abs(values[label]).max() <= volts
    emg = recording.of_kind(StreamKind.EMG)[0]
    assert [(c.muscle, c.side, c.unit) for c in emg.channels] == [
        ("gluteus_maximus", Side.RIGHT, "V"),
        ("gluteus_maximus", Side.LEFT, "V"),
    ]
    assert (emg.rate_hz, emg.start_s, recording.warnings) == (1000.0, 0.0, ())
    assert recording.about == {"device": "NI USB-6210"}


def test_a_unipolar_converter_counts_from_zero_to_its_range() -> None:
    counts = np.arange(600).reshape(3, 200) * 6
    recording = read(anc(counts, second="Board_Type:\tX\tPolarity:\tUnipolar", depth="BitDepth:\t12\tPreciseRate:\t1000.0"))
    np.testing.assert_allclose(channels(recording)["R GMAX"], counts[0] * 5.0 / 4096)


@pytest.mark.parametrize("change", [{"ranges": ("", "", "")}, {"depth": ""}], ids=["no range", "no depth"])
def test_without_range_or_depth_counts_stay_counts_and_that_is_said(change: dict[str, object]) -> None:
    recording = read(anc(**change))  # type: ignore[arg-type]
    np.testing.assert_array_equal(channels(recording)["R GMAX"], COUNTS[0])
    assert any("stay counts of the converter" in warning for warning in recording.warnings)


def test_a_channel_without_a_range_does_not_take_it_from_the_others() -> None:
    recording = read(anc(ranges=(5000, "", 10000)))
    values = channels(recording)
    np.testing.assert_allclose(values["R GMAX"], COUNTS[0] * 10 / 2**16)
    np.testing.assert_array_equal(values["L GMAX"], COUNTS[1])


@pytest.mark.parametrize("filler", ["held", "empty"])
def test_a_slow_channel_has_its_own_rate(filler: str) -> None:
    counts = COUNTS.copy()
    counts[2] = np.repeat(counts[2, ::4], 4)
    text = anc(counts, rates=(1000, 1000, 250))
    if filler == "empty":
        lines = text.split("\r\n")
        first = next(i for i, line in enumerate(lines) if line.startswith("0.000000"))
        for i in range(first, len(lines) - 1):
            if (i - first) % 4:
                lines[i] = "\t".join([*lines[i].split("\t")[:3], "", ""])
        text = "\r\n".join(lines)
    recording = read(text)
    slow = next(stream for stream in recording.streams if stream.channels[0].label == "F1Z")
    assert (slow.rate_hz, slow.values.shape) == (250.0, (1, 50))
    np.testing.assert_allclose(slow.values[0], counts[2, ::4] * 20 / 2**16)
    np.testing.assert_allclose(slow.values[0, 7:19], counts[2, 28:76:4] * 20 / 2**16)
    assert channels(recording)["R GMAX"].size == 200


def test_a_channel_that_moves_in_every_row_is_not_thinned() -> None:
    recording = read(anc(rates=(1000, 1000, 250)))
    assert channels(recording)["F1Z"].size == 200
    assert any("change in every row" in warning for warning in recording.warnings)


def test_the_precise_rate_of_the_header_is_taken_where_rounded_times_agree() -> None:
    recording = read(anc(depth="BitDepth:\t16\tPreciseRate:\t1000.120000"))
    assert recording.streams[0].rate_hz == 1000.12
    other = read(anc(depth="BitDepth:\t16\tPreciseRate:\t1200.0", rates=(1200, 1200, 1200)))
    assert other.streams[0].rate_hz == 1000.0
    assert any("1200 Hz" in warning for warning in other.warnings)


def test_channels_without_a_name_keep_their_place() -> None:
    recording = read(anc(names=("R GMAX", "", "F1Z")))
    empty = next(c for stream in recording.streams for c in stream.channels if c.label not in ("R GMAX", "F1Z"))
    assert (empty.label, empty.status) == ("unlabelled 2", ChannelStatus.EMPTY)
    np.testing.assert_allclose(channels(recording)["F1Z"], COUNTS[2] * 20 / 2**16)


def test_counts_of_channels_that_lie_are_said() -> None:
    recording = read(anc().replace("#Channels:\t3", "#Channels:\t9"))
    assert any("promises 9 channels, the rows hold 3" in warning for warning in recording.warnings)


def test_samples_are_the_same_from_memory_and_from_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = COUNTS.copy()
    counts[2] = np.repeat(counts[2, ::4], 4)
    text = anc(counts, rates=(1000, 1000, 250))
    whole = channels(read(text))
    monkeypatch.setattr(motion_table, "BLOCK_BYTES", 300)
    monkeypatch.setattr(motion_table, "KEPT_BYTES", 0)
    parts = channels(read(text))
    assert all(np.array_equal(whole[label], parts[label]) for label in whole)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.replace("Name\t", "Names\t"), "no line 'Name'"),
        (lambda t: t[: t.index("\n0.000000") + 1], "no rows of samples"),
        (lambda t: t.replace("R GMAX\tL GMAX", "R GMAX\tL GMAX\tx\ty"), "the line 'Name' has 5 cells, the rows hold 3"),
        (lambda t: t.replace("Rate\t1000\t1000\t1000", "Rate\t1000\t1000\t300"), "channel 3 has a rate of 300 Hz"),
        (lambda t: t.replace("0.010000\t", "0.010000\tx"), "line 22, column 2"),
        (lambda t: t[: t.rindex("0.199") + 12], "the last line has 2 numbers"),
    ],
)
def test_what_is_wrong_is_said(change: object, words: str) -> None:
    with pytest.raises(FormatError, match=words) as caught:
        read(change(anc()))  # type: ignore[operator]
    assert str(caught.value).startswith("walk.anc: ")


def test_the_name_of_the_trial_is_of_the_person_and_removed() -> None:
    text = anc(trial="Jane Roe 1961-05-04").replace("\r\n\r\n", "\r\nMeasured by Dr Poe\r\n", 1)
    recording = read(text)
    assert recording.person == {"trial": "Jane Roe 1961-05-04"}
    file = io.BytesIO()
    assert READER.anonymise is not None
    removed = READER.anonymise(Source(Path("x.anc"), text.encode()), file)
    data = file.getvalue()
    for word in (b"Jane", b"Roe", b"1961", b"Poe"):
        assert word not in data
    assert removed == ("the name of the trial (Trial_Name)", "a free line of the header")
    assert data[data.index(b"Name\tR GMAX") :] == text.encode()[text.index("Name\tR GMAX") :]
    before, after = channels(recording), channels(read(data.decode()))
    assert all(np.array_equal(before[label], after[label]) for label in before)


@with_data
def test_every_channel_of_a_real_trial_agrees_with_its_c3d_within_a_thousandth_of_a_count() -> None:
    """C3D holds the same counts times its own scale; the sign of force channels is turned there, as plates report reactions."""
    recording = READER.recording(Source(DATA / "anc_trc" / "Res16bits.anc"))
    ours = {int(k): v for k, v in _by_place(recording).items()}
    c3d = ezc3d.c3d(str(DATA / "c3d" / "Res16bits.c3d"))
    theirs = c3d["data"]["analogs"][0]
    scale = np.array(c3d["parameters"]["ANALOG"]["SCALE"]["value"])
    assert len(ours) == len(theirs) == 81
    for place, values in ours.items():
        difference = values / abs(scale[place]) - theirs[place] / scale[place]
        assert np.abs(difference).max() < 1e-3
    assert (scale < 0).sum() == 36  # F1X ... M6Z


def _by_place(recording: Recording) -> dict[int, np.ndarray]:
    """Samples by place in the file: its labels, with those that are empty numbered by their place."""
    line = next(text for text in (DATA / "anc_trc" / "Res16bits.anc").read_text().splitlines() if text.startswith("Name"))
    labels = [cell or f"unlabelled {k}" for k, cell in enumerate(line.split("\t")[1:82], 1)]
    values = channels(recording)
    return {place: values[label] for place, label in enumerate(labels)}


def test_rows_that_end_before_the_stated_duration_are_said() -> None:
    whole = EXAMPLES["ANC"]()
    short = whole[: whole.index(b"\n0.300000\t") + 1]
    for data, said in ((whole, False), (short, True)):
        warnings = READER.recording(Source(Path("walk.anc"), data)).warnings
        assert any("promises 0.6 s, the rows hold 0.3 s" in warning for warning in warnings) is said
