"""C3D as other programs write it: headers that contradict themselves, and what the file itself says against them.

Each variant is one file, built here byte by byte from the format guide, with one thing wrong or unusual that is known from the wild
(trackers of ezc3d, py-c3d, BTK, biomechZoo). ``benchmarks/c3d_readers.py`` puts the readers side by side on the same variants.
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hipspine.errors import FormatError
from hipspine.formats.c3d.layout import C3dContent, parse
from hipspine.formats.c3d.reader import READER
from hipspine.formats.source import Source
from hipspine.terms import Side

FRAMES, POINTS, CHANNELS, ROWS = 40, 2, 3, 5
RATE = 100.0
BLOCK = 512
START, FRAME_BYTES = 2 * BLOCK, 4 * (4 * POINTS + CHANNELS * ROWS)  # of the plain file with real numbers

# ------------------------------------------------------------------------------------------------------- a builder of files


def point_values() -> np.ndarray:
    """(frame, point, axis) whole multiples of 0.5, so that integers hold them."""
    frame, point, axis = np.ogrid[:FRAMES, :POINTS, :3]
    return 0.5 * (40 * frame - 300 * point + 100 * axis + 7)


def analog_values() -> np.ndarray:
    """(sample, channel) whole multiples of 0.25."""
    sample, channel = np.ogrid[: FRAMES * ROWS, :CHANNELS]
    return 0.25 * (np.round(300 * np.sin(sample / 3 + channel)) + 11 * channel)


@dataclass
class Build:
    """One C3D file; everything may be overridden."""

    processor: int = 84
    real: bool = True
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    header: dict[int, int] = field(default_factory=dict)  # word from 0 -> value
    header_scale: float | None = None
    header_rate: float = RATE
    points: int = POINTS
    locked: bool = False
    ended: bool = True  # zero bytes behind the last parameter
    offset: int = 0  # of all analog channels, as stored
    wrap: bool = False  # keep the analog words unsigned
    filler: bytes = b"\0"

    def __post_init__(self) -> None:
        scale = -0.5 if self.real else 0.5
        standard: dict[str, dict[str, Any]] = {
            "POINT": {
                "USED": self.points, "FRAMES": FRAMES, "SCALE": scale, "RATE": RATE, "DATA_START": 0,
                "LABELS": ["LASI", "RASI"], "UNITS": ["mm"],
            },
            "ANALOG": {
                "USED": CHANNELS, "RATE": RATE * ROWS, "GEN_SCALE": 1.0, "SCALE": np.full(CHANNELS, 1.0 if self.real else 0.25),
                "OFFSET": np.full(CHANNELS, self.offset), "LABELS": ["GMAX_L", "BF_R", "Fz1"], "UNITS": ["mV", "mV", "N"],
            },
            "TRIAL": {"ACTUAL_START_FIELD": np.array([1, 0]), "ACTUAL_END_FIELD": np.array([FRAMES, 0])},
        }  # fmt: skip
        for group, titles in self.groups.items():
            standard.setdefault(group, {}).update(titles)
        self.all_groups = {g: {t: v for t, v in titles.items() if v is not None} for g, titles in standard.items()}

    @property
    def order(self) -> str:
        return ">" if self.processor == 86 else "<"

    def words(self, values: Any) -> bytes:
        return (np.asarray(values).astype(np.int64) & 0xFFFF).astype(f"{self.order}u2").tobytes()

    def reals(self, values: Any) -> bytes:
        data = np.asarray(values, dtype=np.float32)
        if self.processor != 85:
            return data.astype(f"{self.order}f4").tobytes()
        bits = (data * np.float32(4)).view(np.uint32)  # DEC: exponent two higher, words swapped
        return np.stack([bits >> 16, bits & 0xFFFF], axis=-1).astype("<u2").tobytes()

    def value(self, value: Any) -> bytes:
        if isinstance(value, bytes):
            return value  # as it is: type, dimensions, data
        if isinstance(value, list):
            raw = [text.encode("utf-8") for text in value]
            width = max([1, *map(len, raw)])
            return struct.pack("bBBB", -1, 2, width, len(raw)) + b"".join(text.ljust(width) for text in raw)
        array = np.asarray(value)
        kind = 4 if array.dtype.kind == "f" else 2
        data = self.reals(array.ravel(order="F")) if kind == 4 else self.words(array.ravel(order="F"))
        return struct.pack("bB", kind, array.ndim) + bytes(array.shape) + data

    def section(self) -> bytearray:
        items: list[tuple[bytes, bytes]] = []
        for number, (group, titles) in enumerate(self.all_groups.items(), 1):
            items.append((self.name(group, -number), b"\0"))
            items.extend((self.name(title, number), self.value(value) + b"\0") for title, value in titles.items())
        out = bytearray([1, 0x50, 0, self.processor])
        for place, (name, rest) in enumerate(items):
            last = place == len(items) - 1 and not self.ended
            out += name + self.words([0 if last else len(rest) + 2]) + rest
        out += b"\0\0" if self.ended else b""
        blocks = -(-len(out) // BLOCK)
        out[2] = blocks % 256
        return out + self.filler * (blocks * BLOCK - len(out))

    def name(self, title: str, number: int) -> bytes:
        raw = title.encode("cp1252")
        return struct.pack("bb", -len(raw) if self.locked else len(raw), number) + raw

    def samples(self) -> bytes:
        points = np.concatenate([point_values(), np.zeros((FRAMES, POINTS, 1))], axis=2)[:, : self.points]
        analog = analog_values().reshape(FRAMES, ROWS * CHANNELS)
        if self.real:
            return self.reals(np.concatenate([points.reshape(FRAMES, -1), analog], axis=1))
        points[:, :, :3] /= 0.5
        raw = np.round(analog / 0.25) + (self.offset & 0xFFFF if self.wrap else self.offset)
        return self.words(np.concatenate([points.reshape(FRAMES, -1), raw], axis=1))

    def bytes(self) -> bytes:
        section = self.section()
        start = 2 + len(section) // BLOCK
        for order, title in ((self.order, b"DATA_START"),):
            at = section.find(title)
            if at >= 0 and section[at + 14 : at + 16] == b"\0\0":
                struct.pack_into(f"{order}H", section, at + 14, start)
        words = np.zeros(BLOCK // 2, dtype=np.int64)
        words[[1, 2, 3, 4, 8, 9]] = self.points, CHANNELS * ROWS, 1, FRAMES, start, ROWS
        for place, value in self.header.items():
            words[place] = value
        head = bytearray(self.words(words))
        head[0:2] = bytes([2, 0x50])
        scale = self.header_scale if self.header_scale is not None else (-0.5 if self.real else 0.5)
        head[12:16], head[20:24] = self.reals([scale]), self.reals([self.header_rate])
        data = self.samples()
        return bytes(head) + bytes(section) + data + b"\0" * (-len(data) % BLOCK)


def built(**changes: Any) -> bytes:
    return Build(**changes).bytes()


def put(data: bytes, place: int, new: bytes) -> bytes:
    return data[:place] + new + data[place + len(new) :]


def parameter(data: bytes, title: bytes, new: bytes) -> bytes:
    """The value of a scalar parameter, changed in place."""
    at = data.index(bytes([len(title)]), 512)
    while data[at + 2 : at + 2 + len(title)] != title or data[at] != len(title):
        at = data.index(bytes([len(title)]), at + 1)
    return put(data, at + 2 + len(title) + 4, new)


# ------------------------------------------------------------------------------------------------------------- the variants


def many_parameters() -> Mapping[str, Any]:
    """More than 255 blocks of parameters: what a laboratory's own groups can come to."""
    return {f"REMARKS_{i}": ["".join(chr(97 + (i + k) % 26) for k in range(120))] * 200 for i in range(6)}


def _wrong_processor(processor: int, stated: int) -> bytes:
    return put(built(processor=processor), 515, bytes([stated]))


SAME: dict[str, tuple[Callable[[], bytes], str]] = {
    # name: (bytes, words of the warning; empty where nothing is wrong)
    **{
        f"{name} {'real' if real else 'integer'}": (lambda p=p, real=real: built(processor=p, real=real), "")
        for p, name in ((84, "Intel"), (85, "DEC"), (86, "SGI"))
        for real in (True, False)
    },
    "parameters not where the header says": (lambda: put(built(), 0, b"\x05"), "parameters at block 5; they stand at block 2"),
    "parameter pointer zero": (lambda: put(built(), 0, b"\x00"), "they stand at block 2"),
    "more than 255 blocks of parameters": (lambda: built(groups={"LABORATORY": many_parameters()}), ""),
    "no count of parameter blocks": (lambda: put(built(), 514, b"\0"), ""),
    "count of parameter blocks too small": (lambda: put(built(groups={"A": {"B": ["x" * 120] * 8}}), 514, b"\1"), ""),
    "count of parameter blocks too large": (lambda: put(built(), 514, b"\x09"), ""),
    "first bytes of the parameters zero": (lambda: put(built(), 512, b"\0\0"), ""),
    "parameters end without a zero": (lambda: built(ended=False), ""),
    "rubbish behind the last parameter": (lambda: built(ended=False, filler=b"\xee"), ""),
    "all parameters locked": (lambda: built(locked=True), ""),
    "POINT:DATA_START wrong": (lambda: built(groups={"POINT": {"DATA_START": 77}}), "POINT:DATA_START at 77"),
    "POINT:DATA_START missing": (lambda: built(groups={"POINT": {"DATA_START": None}}), ""),
    "header's data start zero": (lambda: built(header={8: 0}), "block 3 is used"),
    "header's data start within the parameters": (lambda: built(header={8: 2}), "block 3 is used"),
    "header's data start behind the end": (lambda: built(header={8: 9999}), "block 3 is used"),
    "header's data start one too high": (lambda: built(header={8: 4}), "block 3 is used"),
    "no data start at all": (lambda: built(header={8: 0}, groups={"POINT": {"DATA_START": None}}), "neither header nor POINT:DATA_START"),
    "POINT:RATE missing": (lambda: built(groups={"POINT": {"RATE": None}}), "POINT:RATE is missing"),
    "POINT:RATE zero": (lambda: built(groups={"POINT": {"RATE": 0.0}}), "the header's 100 Hz"),
    "header's rate zero": (lambda: built(header_rate=0.0), ""),
    "only ANALOG:RATE": (lambda: built(header_rate=0.0, groups={"POINT": {"RATE": None}}), "follow from ANALOG:RATE"),
    "ANALOG:RATE missing": (lambda: built(groups={"ANALOG": {"RATE": None}}), ""),
    "ANALOG:RATE wrong": (lambda: built(groups={"ANALOG": {"RATE": 1000.0}}), "ANALOG:RATE is 1000 Hz"),
    "ANALOG:USED wrong": (lambda: built(groups={"ANALOG": {"USED": 2}}), "ANALOG:USED 2"),
    "ANALOG:USED zero": (lambda: built(groups={"ANALOG": {"USED": 0}}), "ANALOG:USED 0"),
    "header without points": (lambda: built(header={1: 0}), "the header counts 0 points"),
    "POINT:USED zero": (lambda: built(groups={"POINT": {"USED": 0}}), "POINT:USED 0; the header is"),
    "counts as bytes": (lambda: built(groups={"POINT": {"USED": b"\1\0\2"}, "ANALOG": {"USED": b"\1\0\3"}}), ""),
    "POINT:FRAMES zero": (lambda: built(groups={"POINT": {"FRAMES": 0}}), ""),
    "POINT:FRAMES missing": (lambda: built(groups={"POINT": {"FRAMES": None}}), ""),
    "POINT:FRAMES full": (lambda: built(groups={"POINT": {"FRAMES": 65535}}), "POINT:FRAMES 65535"),
    "POINT:FRAMES a real number": (lambda: built(groups={"POINT": {"FRAMES": 40.0}}), ""),
    "TRIAL missing": (lambda: built(groups={"TRIAL": {"ACTUAL_START_FIELD": None, "ACTUAL_END_FIELD": None}}), ""),
    "TRIAL in one word": (lambda: built(groups={"TRIAL": {"ACTUAL_START_FIELD": 1, "ACTUAL_END_FIELD": FRAMES}}), ""),
    "TRIAL of the uncut recording": (lambda: built(groups={"TRIAL": {"ACTUAL_END_FIELD": np.array([900, 0])}}), "TRIAL 900"),
    "header's last frame too high": (lambda: built(header={4: 60_000}), "header 60000"),
    "header's last frame one too high": (lambda: built(header={4: FRAMES + 1}), "header 41"),
    "header's last frame zero": (lambda: built(header={4: 0}), "last frame, 0, is before"),
    "frames counted from zero": (lambda: built(header={3: 0, 4: FRAMES - 1}), "first frame as 0"),
    "first frame zero": (lambda: built(header={3: 0}), "first frame as 0"),
    "POINT:SCALE zero": (lambda: built(groups={"POINT": {"SCALE": 0.0}}), ""),
    "POINT:SCALE missing": (lambda: built(groups={"POINT": {"SCALE": None}}), ""),
    "both scales zero, real": (lambda: built(groups={"POINT": {"SCALE": 0.0}}, header_scale=0.0), "samples are real"),
    "positive scales, real samples": (lambda: built(groups={"POINT": {"SCALE": 0.5}}, header_scale=0.5), "samples are real"),
    "negative scales, integer samples": (
        lambda: built(real=False, groups={"POINT": {"SCALE": -0.5}}, header_scale=-0.5), "samples are integer",
    ),
    "scales of two signs, real": (lambda: built(header_scale=0.5), "samples are real"),
    "scales of two signs, integer": (lambda: built(real=False, header_scale=-0.5), "samples are integer"),
    "ANALOG:GEN_SCALE missing": (lambda: built(real=False, groups={"ANALOG": {"GEN_SCALE": None}}), ""),
    "unsigned analog samples": (
        lambda: built(real=False, offset=-32768, wrap=True, groups={"ANALOG": {"FORMAT": ["UNSIGNED"]}}), "",
    ),
    "unsigned analog samples, not said": (lambda: built(real=False, offset=-32768, wrap=True), ""),
    "processor type zero": (lambda: _wrong_processor(84, 0), "only as Intel"),
    "processor type unknown, SGI": (lambda: _wrong_processor(86, 1), "only as SGI/MIPS"),
    "SGI called Intel": (lambda: _wrong_processor(86, 84), "only as SGI/MIPS"),
    "DEC called Intel": (lambda: _wrong_processor(85, 84), "only as DEC"),
    "Intel called DEC": (lambda: _wrong_processor(84, 85), "only as Intel"),
    "last block not filled up": (lambda: built()[: START + FRAME_BYTES * FRAMES], ""),
    "rubbish behind the last frame": (lambda: built() + b"\xa5" * 3000, "follow the last frame"),
    "more frames than the header counts": (lambda: built() + built()[START : START + 5 * FRAME_BYTES + BLOCK], "follow the last frame"),
    "header's samples per frame wrong": (lambda: built(header={2: 31}), "31 analog samples per frame"),
    "header's rows per frame zero": (lambda: built(header={9: 0}), "in 0 rows"),
    "header's rows per frame one": (lambda: built(header={9: 1}), "in 1 rows"),
    "names beyond ASCII": (lambda: built(groups={"PRÜFUNG": {"GRÖßE": 3.0}}), ""),
    "a damaged parameter of a foreign group": (
        lambda: built(groups={"LAB": {"ODD": b"\x09\x01\x02ab"}, "LATER": {"X": 1}}), "LAB:ODD",
    ),
    "a parameter of no group": (lambda: built(groups={"Q": {"LONE": 7}}).replace(b"\x04\x04LONE", b"\x04\x44LONE"), ""),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_an_odd_header_changes_no_sample_and_every_repair_is_said(name: str) -> None:
    data, words = SAME[name][0](), SAME[name][1]
    content = parse(Source(Path("odd.c3d"), data))
    assert (content.first_frame, content.point_rate_hz, content.analog_rate_hz) == (1, RATE, RATE * ROWS)
    np.testing.assert_array_equal(content.points, point_values().transpose(1, 2, 0).reshape(-1, FRAMES))
    np.testing.assert_array_equal(content.analog, analog_values().T)
    assert any(words in warning for warning in content.warnings) or not words
    recording = READER.recording(Source(Path("odd.c3d"), data))
    assert set(content.warnings) <= set(recording.warnings)
    assert [channel.label for channel in recording.streams[0].channels] == ["GMAX_L", "BF_R"]


def test_files_with_nothing_wrong_open_without_a_warning() -> None:
    for name in (name for name, (_, words) in SAME.items() if not words):
        assert parse(Source(Path("x.c3d"), SAME[name][0]())).warnings == (), name


def read(data: bytes) -> C3dContent:
    return parse(Source(Path("odd.c3d"), data))


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "no parameters anywhere": (lambda: put(built(), 512, b"\0" * 512), "odd.c3d"),
    "a damaged scale": (lambda: built(groups={"ANALOG": {"SCALE": b"\x09\x01\x02ab"}}), "ANALOG:SCALE .* unknown type 9"),
    "frames that are not there": (lambda: built()[:-2048], "promises 40 frames, the file holds"),
    "cut within the last frame": (lambda: built()[: START + FRAMES * FRAME_BYTES - 4], "promises 40 frames, the file holds 39"),
    "a layout that nothing explains": (
        lambda: built(header={2: 31}, groups={"ANALOG": {"USED": 7, "RATE": 333.0}}), "31 samples per frame in 5 rows",
    ),
    "more points than any laboratory has": (
        lambda: built(header={1: 60_000}, groups={"POINT": {"USED": 60_000}}), "counts 60000 points .* at most 5000",
    ),
    "no rate": (
        lambda: built(header_rate=0.0, groups={"POINT": {"RATE": None}, "ANALOG": {"RATE": None}}), "point rate is 0 Hz",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_nothing_in_the_file_corrects_is_refused_in_one_sentence(name: str) -> None:
    with pytest.raises(FormatError, match=REFUSED[name][1]) as caught:
        READER.recording(Source(Path("odd.c3d"), REFUSED[name][0]()))
    assert str(caught.value).startswith("odd.c3d: ")
    assert "\n" not in str(caught.value)


def test_samples_without_a_scale_are_kept_as_stored_and_in_no_unit() -> None:
    raw = analog_values().T / 0.25
    for analog in ({"GEN_SCALE": 0.0, "SCALE": np.ones(CHANNELS)}, {"SCALE": np.zeros(CHANNELS)}, {"SCALE": None, "OFFSET": None}):
        data = built(real=False, groups={"ANALOG": analog})
        np.testing.assert_array_equal(read(data).analog, raw)
        recording = READER.recording(Source(Path("x.c3d"), data))
        assert [c.unit for c in recording.streams[0].channels if c.label == "GMAX_L"] == [""]
        assert any("ANALOG:" in warning for warning in recording.warnings)


def test_one_channel_without_a_scale_leaves_the_others_alone() -> None:
    content = read(built(real=False, groups={"ANALOG": {"SCALE": np.array([0.25, 0.0, 0.25])}}))
    np.testing.assert_array_equal(content.analog[[0, 2]], analog_values().T[[0, 2]])
    assert content.unscaled == {1}
    assert any("channel 2" in warning for warning in content.warnings)


def test_points_of_unknown_size_are_left_out_and_the_analog_part_is_read() -> None:
    recording = READER.recording(Source(Path("x.c3d"), built(real=False, groups={"POINT": {"SCALE": 0.0}}, header_scale=0.0)))
    assert {stream.kind.value for stream in recording.streams} == {"emg", "force"}
    assert any("the points are left out" in warning for warning in recording.warnings)


@pytest.mark.parametrize(("processor", "real"), [(84, True), (84, False), (85, True), (86, False)])
def test_a_point_is_missing_where_its_residual_is_negative(processor: int, real: bool) -> None:
    """Real: -1. Integer: the word -1; a positive word holds cameras and residual. Points that are no number are missing, too."""
    build = Build(processor=processor, real=real)
    data = bytearray(build.bytes())
    start, width = parse(Source(Path("x.c3d"), bytes(data))).sizes.start, 4 if real else 2
    number = build.reals if real else build.words
    frame = width * (4 * POINTS + CHANNELS * ROWS)
    for at, residual in ((2, -1), (5, 0x0703), (9, -32768 if not real else -1)):
        data[start + at * frame + 3 * width : start + at * frame + 4 * width] = number([residual])
    points = np.asarray(read(bytes(data)).points)
    assert np.flatnonzero(np.isnan(points[0])).tolist() == [2, 9]
    assert np.isfinite(points[3:]).all()


def test_counts_of_frames_that_are_all_full_yield_to_the_bytes() -> None:
    """Some programs write 65535 everywhere and go on recording."""
    analog = {"USED": 1, "RATE": RATE, "SCALE": np.ones(1), "OFFSET": np.zeros(1, int), "LABELS": ["GMAX_L"], "UNITS": ["V"]}
    groups = {"POINT": {"USED": 0, "FRAMES": 65535}, "ANALOG": analog, "TRIAL": {"ACTUAL_START_FIELD": None, "ACTUAL_END_FIELD": None}}
    head = built(groups=groups, header={1: 0, 2: 1, 4: 65535, 9: 1}, points=0)[:START]
    samples = np.arange(70_016, dtype="<f4")
    content = read(head + samples.tobytes())
    np.testing.assert_array_equal(content.analog[0], samples)
    assert any("full at 65535; the file holds 70016" in warning for warning in content.warnings)


def test_what_fills_the_last_block_is_no_sample_where_all_counts_are_full() -> None:
    analog = {"USED": 1, "RATE": RATE, "SCALE": np.ones(1), "OFFSET": np.zeros(1, int), "LABELS": ["GMAX_L"], "UNITS": ["V"]}
    groups = {"POINT": {"USED": 0, "FRAMES": 65535}, "ANALOG": analog, "TRIAL": {"ACTUAL_START_FIELD": None, "ACTUAL_END_FIELD": None}}
    head = built(groups=groups, header={1: 0, 2: 1, 4: 65535, 9: 1}, points=0)[:START]
    samples = np.arange(1, 70_001, dtype="<f4")
    content = read(head + samples.tobytes() + bytes(-samples.nbytes % 512))
    np.testing.assert_array_equal(content.analog[0], samples)


@pytest.mark.parametrize(("used", "said"), [(0, False), (3, True), (None, True)])
def test_rotations_are_only_missed_where_the_file_has_some(used: int | None, said: bool) -> None:
    """Some libraries write the group ROTATION, with USED 0, into every file."""
    group = {"DATA_START": 4} | ({} if used is None else {"USED": used})
    assert any("rotations" in warning for warning in read(built(groups={"ROTATION": group})).warnings) is said


def test_labels_and_descriptions_may_be_fewer_than_channels_or_go_on_in_a_second_parameter() -> None:
    few = READER.recording(Source(Path("x.c3d"), built(groups={"ANALOG": {"LABELS": ["GMAX_L"], "UNITS": ["mV"] * 3}})))
    assert [c.label for s in few.streams for c in s.channels][:1] == ["GMAX_L"]
    assert sum(len(s.channels) for s in few.streams) == CHANNELS + 3 * POINTS
    more = built(groups={"ANALOG": {"LABELS": ["EMG1", "EMG2"], "LABELS2": ["EMG3"], "DESCRIPTIONS": ["left gluteus maximus", "", ""]}})
    recording = READER.recording(Source(Path("x.c3d"), more))
    named = {c.label: (c.muscle, c.side) for s in recording.streams for c in s.channels}
    assert named["EMG1"] == ("gluteus_maximus", Side.LEFT)
    assert "EMG3" in named


EVENTS = {"USED": 2, "LABELS": ["Foot Strike", "Foot Off"], "CONTEXTS": ["Left", "Right"]}
TIMES: dict[str, tuple[dict[str, Any], str]] = {
    "minutes and seconds": ({"TIMES": np.array([[0.0, 1.0], [5.5, 2.25]])}, ""),
    "seconds above 60": ({"TIMES": np.array([[0.0, 0.0], [5.5, 62.25]])}, ""),
    "in one row": ({"TIMES": np.array([0.0, 5.5, 1.0, 2.25])}, ""),
    "minutes of all, then seconds": ({"TIMES": np.array([[0.0, 5.5], [1.0, 2.25], [0.0, 9.0]]), "USED": 3,
                                      "LABELS": ["Foot Strike", "Foot Off", "Stop"]}, "then seconds"),
    "seconds alone": ({"TIMES": np.array([5.5, 62.25])}, "one number for each event"),
    "more places than events": ({"TIMES": np.array([[0.0, 1.0, 0.0], [5.5, 2.25, 0.0]]),
                                 "LABELS": ["Foot Strike", "Foot Off", ""]}, "the first 2 were read"),
    "USED missing": ({"TIMES": np.array([[0.0, 1.0], [5.5, 2.25]]), "USED": None}, ""),
}  # fmt: skip


@pytest.mark.parametrize("name", TIMES)
def test_events_are_read_however_their_times_are_laid_out(name: str) -> None:
    changes, words = TIMES[name]
    recording = READER.recording(Source(Path("x.c3d"), built(groups={"EVENT": {**EVENTS, **changes}})))
    found = [(e.label, e.side, e.time_s) for e in recording.events if e.label != "Stop"]
    assert found == [("foot strike", Side.LEFT, 5.5), ("foot off", Side.RIGHT, 62.25)]
    assert any(words in warning for warning in recording.warnings) or not words


def header_events(data: bytes, events: list[tuple[str, float]]) -> bytes:
    out = bytearray(data)
    struct.pack_into("<HH", out, 298, 12345, len(events))
    for i, (label, time) in enumerate(events):
        struct.pack_into("<f", out, 304 + 4 * i, time)
        out[396 + 4 * i : 400 + 4 * i] = label.encode().ljust(4)
    return bytes(out)


def test_events_of_the_header_count_where_the_group_has_none() -> None:
    recording = READER.recording(Source(Path("x.c3d"), header_events(built(), [("RHS", 0.25), ("RTO", 0.5)])))
    assert [(e.label, e.side, e.time_s) for e in recording.events] == [("foot strike", Side.RIGHT, 0.25), ("foot off", Side.RIGHT, 0.5)]
    both = header_events(built(groups={"EVENT": {**EVENTS, "TIMES": np.array([[0.0, 1.0], [5.5, 2.25]])}}), [("LHS", 5.5), ("RMS", 0.4)])
    recording = READER.recording(Source(Path("x.c3d"), both))
    assert len(recording.events) == 2
    assert any("lists 1 events at other times" in warning for warning in recording.warnings)


# ------------------------------------------------------------------------------------------------------------ force plates


def plate_file(kind: int, *, units: list[str], matrix: np.ndarray | None, shape: str = "cube") -> bytes:
    """Six analog channels of one plate at the points' rate; the builder's own samples stand in for voltages."""
    stored = None if matrix is None else (matrix[:, :, None] if shape == "cube" else matrix)
    plate = {"USED": 1, "TYPE": np.array([kind]), "CHANNEL": np.arange(1, 7)[:, None], "CAL_MATRIX": stored, "ZERO": np.array([1, 10])}
    labels = ["Fx1", "Fy1", "Fz1", "Mx1", "My1", "Mz1"]
    analog = {"USED": 15, "RATE": RATE, "SCALE": np.ones(15), "OFFSET": np.zeros(15, int), "LABELS": labels, "UNITS": units}
    return built(header={9: 1}, groups={"ANALOG": analog, "FORCE_PLATFORM": plate})


@pytest.mark.parametrize(("unit", "factor"), [("V", 1.0), ("mV", 1e-3), ("", 1.0), ("N", 1.0)])
@pytest.mark.parametrize("shape", ["cube", "square"])
def test_a_plate_of_type_4_is_its_matrix_times_its_voltages(unit: str, factor: float, shape: str) -> None:
    """W = C V of the format guide, the matrix stored by columns; forces in N, moments in N mm as the points are in mm."""
    matrix = np.round(np.random.default_rng(4).normal(size=(6, 6)) * 100)
    recording = READER.recording(Source(Path("x.c3d"), plate_file(4, units=[unit] * 6 + ["V"] * 9, matrix=matrix, shape=shape)))
    plate = next(stream for stream in recording.streams if stream.name == "force plate 1")
    volts = analog_values().reshape(FRAMES, 15).T[:6] * factor
    expected = np.array([[float(np.dot(matrix[i], volts[:, t])) for t in range(FRAMES)] for i in range(6)])
    expected[3:] *= 1e-3
    np.testing.assert_allclose(plate.values, expected, rtol=2e-6, atol=1e-9)
    np.testing.assert_allclose(plate.values[4, 7:9], expected[4, 7:9], rtol=2e-6, atol=1e-9)
    assert [c.unit for c in plate.channels] == ["N"] * 3 + ["N m"] * 3
    assert any("taken as V" in warning for warning in recording.warnings) == (unit in ("", "N"))


@pytest.mark.parametrize("kind", [1, 2, 3])
def test_other_plates_are_given_as_recorded(kind: int) -> None:
    recording = READER.recording(Source(Path("x.c3d"), plate_file(kind, units=["N"] * 3 + ["Nmm"] * 3 + ["V"] * 9, matrix=np.eye(6) * 7.0)))
    plate = next(stream for stream in recording.streams if stream.name == "force plate 1")
    np.testing.assert_allclose(plate.values[:3], analog_values().reshape(FRAMES, 15).T[:3], rtol=1e-6)


def test_a_calibration_that_cannot_be_applied_is_said() -> None:
    for matrix, words in ((None, "holds 0 matrices"), (np.zeros((6, 6)), "matrix is empty")):
        recording = READER.recording(Source(Path("x.c3d"), plate_file(4, units=["V"] * 15, matrix=matrix)))
        assert any(words in warning for warning in recording.warnings)
