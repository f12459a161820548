"""The layout of a C3D file: header, parameters, header events, and where the points and analog samples stand.

Intel, DEC and SGI/MIPS; integer and real. Every size that the file claims is compared with the bytes that are there before any
memory is taken, so that a damaged or lying header costs one sentence and nothing else. Samples stay in the file until they are asked
for. Layout: the C3D file format guide (c3d.org).
The widely used libraries are the judges of this module in its tests; they are not called here, because one of them refuses SGI files
and takes memory on the word of a damaged header.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hipspine.errors import FormatError
from hipspine.formats.c3d_parameters import BLOCK, Numbers, Parameters, numbers_in, parse_parameters, text_of, texts
from hipspine.formats.lazy import Lazy, Rows
from hipspine.formats.source import Source
from hipspine.terms import Floats

INTEL, DEC, MIPS = 84, 85, 86
_LONGEST_SECTION = 256 * BLOCK  # the length of the parameters is one byte, in blocks
PROCESSORS = {INTEL: "Intel", DEC: "DEC", MIPS: "SGI/MIPS"}


@dataclass(frozen=True, slots=True, eq=False)
class C3dContent:
    """What the bytes of a C3D file hold, in the file's own units."""

    processor: str
    first_frame: int  # counted from 1, as in the file
    point_rate_hz: float
    analog_rate_hz: float
    points: Lazy  # (3 x point, frame): x, y, z of the first point, then of the next; NaN where a point was not seen
    analog: Lazy  # (channel, sample)
    parameters: Parameters
    header_events: tuple[tuple[str, float], ...]
    warnings: tuple[str, ...]

    def texts(self, group: str, name: str) -> list[str]:
        """As `c3d_parameters.texts`."""
        return texts(self.parameters, group, name)

    def numbers(self, group: str, name: str) -> Floats:
        """As `c3d_parameters.numbers_in`."""
        return numbers_in(self.parameters, group, name)


def parse(source: Source) -> C3dContent:
    """The content of a C3D file.

    Raises:
        FormatError: not a C3D file, cut off, or contradicting itself; the sentence says where.
    """
    name, size = source.name, source.size
    head = source.read(0, min(BLOCK, size))
    if len(head) < BLOCK or head[1] != 0x50:
        raise FormatError(f"{name}: not a C3D file: its first block should hold {BLOCK} bytes with 80 as the second; found {size} bytes.")
    section = (head[0] - 1) * BLOCK
    if head[0] < 2 or section + 4 > size:
        raise FormatError(f"{name}: the C3D parameters should begin at block {head[0]}, the file has {size // BLOCK}; it is damaged.")
    data = source.read(0, min(size, section + _LONGEST_SECTION))
    processor = data[section + 3]
    if processor not in PROCESSORS:
        raise FormatError(
            f"{name}: C3D processor type is {processor} (byte {section + 3}); known are 84 Intel, 85 DEC, 86 SGI. The file is damaged."
        )
    numbers = Numbers(">" if processor == MIPS else "<", processor == DEC)
    parameters = parse_parameters(data, section, numbers, name)
    return _content(source, data, numbers, PROCESSORS[processor], parameters)


# ---------------------------------------------------------------------------------------------------------------- samples


@dataclass(frozen=True, slots=True, eq=False)
class _Frames:
    """Where the frames stand: 4 words for each point, then the analog channels row by row."""

    source: Source
    numbers: Numbers
    start: int  # byte of the first frame
    count: int
    points: int
    channels: int
    per_frame: int  # analog rows in one frame
    real: bool

    @property
    def words(self) -> int:
        """Numbers in one frame."""
        return 4 * self.points + self.channels * self.per_frame

    def blocks(self, first: int, last: int) -> Iterator[tuple[int, NDArray[Any]]]:
        """(frame, word) numbers as stored, with the place of the first frame of each block."""
        width = self.words * (4 if self.real else 2)
        for at, raw in self.source.records(self.start, width, first, last):
            yield at, self.numbers.stored(raw, real=self.real)


def _content(source: Source, data: bytes, numbers: Numbers, processor: str, parameters: Parameters) -> C3dContent:
    """The samples, once the sizes in the header have been found to fit into the file."""
    name = source.name
    words = numbers.integers(data[:BLOCK], signed=False)
    points, analog_per_frame, per_frame = int(words[1]), int(words[2]), int(words[9])
    warnings: list[str] = []
    channels = _channels(analog_per_frame, per_frame, parameters, name, warnings)
    scale = _first(numbers_in(parameters, "POINT", "SCALE"), float(numbers.reals(data[12:16])[0]))
    width = 4 if scale < 0 else 2
    rate = _first(numbers_in(parameters, "POINT", "RATE"), float(numbers.reals(data[20:24])[0]))
    frame_words = 4 * points + channels * per_frame
    if frame_words and not (np.isfinite(rate) and 0 < rate < 1e7):
        raise FormatError(
            f"{name}: the C3D point rate is {rate:g} Hz; it must be a positive number. The header (byte 20) or POINT:RATE is damaged."
        )
    start = _data_start(int(words[8]), parameters, source.size, name, warnings) if frame_words else source.size
    available = (source.size - start) // (frame_words * width) if frame_words else 0
    first, count = (
        _frames(int(words[3]), int(words[4]), parameters, available, name, warnings) if frame_words else (max(int(words[3]), 1), 0)
    )
    frames = _Frames(source, numbers, start, count, points, channels, per_frame, width == 4)
    return C3dContent(
        processor=f"{processor}, {'real' if width == 4 else 'integer'}",
        first_frame=first,
        point_rate_hz=rate,
        analog_rate_hz=rate * max(per_frame, 1),
        points=_points(frames, 1.0 if width == 4 else scale),
        analog=_analog(frames, parameters, warnings),
        parameters=parameters,
        header_events=_header_events(data, numbers, words),
        warnings=tuple(warnings),
    )


def _channels(analog_per_frame: int, per_frame: int, parameters: Parameters, name: str, warnings: list[str]) -> int:
    if analog_per_frame == 0:
        return 0
    if per_frame == 0 or analog_per_frame % per_frame:
        raise FormatError(f"{name}: the C3D header gives {analog_per_frame} samples per frame in {per_frame} rows; they do not divide.")
    channels = analog_per_frame // per_frame
    used = int(_first(numbers_in(parameters, "ANALOG", "USED"), channels)) % 65536
    if used != channels:
        warnings.append(
            f"the header counts {channels} analog channels, ANALOG:USED {used}; the header, which fixes the layout, is followed"
        )
    return channels


def _data_start(header_block: int, parameters: Parameters, size: int, name: str, warnings: list[str]) -> int:
    """Byte where the samples begin: by the header, else by POINT:DATA_START."""
    stated = int(_first(numbers_in(parameters, "POINT", "DATA_START"), 0)) % 65536
    fitting = [block for block in (header_block, stated) if block > 1 and (block - 1) * BLOCK < size]
    if not fitting:
        blocks = -(-size // BLOCK)
        raise FormatError(f"{name}: the C3D samples should begin at block {header_block}, the file ends at {blocks}; it is cut off.")
    if stated not in (0, header_block):
        warnings.append(f"the header puts the samples at block {header_block}, POINT:DATA_START at {stated}; block {fitting[0]} is used")
    return (fitting[0] - 1) * BLOCK


def _frames(first: int, last: int, parameters: Parameters, available: int, name: str, warnings: list[str]) -> tuple[int, int]:
    """First frame (from 1) and number of frames. Records above 65535 frames are counted in TRIAL or POINT:LONG_FRAMES."""
    in_header = (last - first) % 65536 + 1
    begin, end = (_two_words(numbers_in(parameters, "TRIAL", f"ACTUAL_{edge}_FIELD")) for edge in ("START", "END"))
    in_trial = end - begin + 1 if begin is not None and end is not None else 0
    in_point = int(_first(numbers_in(parameters, "POINT", "FRAMES"), 0)) % 65536
    long_frames = int(np.nan_to_num(_first(numbers_in(parameters, "POINT", "LONG_FRAMES"), 0)))
    saturated = in_header >= 65535 or last == 65535 or in_point in (0, 65535)
    frames = in_header
    if saturated:
        frames = max(in_trial, long_frames, in_header if last >= first else 0, in_point)
    elif in_point != in_header and in_point == in_trial:
        frames = in_point
        warnings.append(f"the header counts {in_header} frames, POINT:FRAMES and TRIAL {in_point}; the latter are used")
    elif last < first:
        frames = in_point
    if frames > available:
        raise FormatError(
            f"{name}: the header promises {frames} frames, the file holds {available}; it is cut off or damaged. Copy or export it again."
        )
    if begin is not None and begin > 0 and (saturated or begin % 65536 == first):
        first = begin
    return max(first, 1), frames


def _two_words(pair: Floats) -> int | None:
    return int(pair[0]) % 65536 + 65536 * (int(pair[1]) % 65536) if pair.size == 2 else None


def _points(frames: _Frames, scale: float) -> Lazy:
    """(3 x point, frame); a negative residual means that the point was not seen."""

    def read(rows: Rows, start: int, stop: int) -> Floats:
        out = np.empty((rows.size, stop - start))
        point, axis = rows // 3, rows % 3
        for at, table in frames.blocks(start, stop):
            position = table[:, 4 * point + axis].T.astype(np.float64)
            position *= scale
            position[table[:, 4 * point + 3].T < 0] = np.nan
            position[~np.isfinite(position)] = np.nan
            out[:, at - start : at - start + len(table)] = position
        return out

    return Lazy((3 * frames.points, frames.count if frames.points else 0), read)


def _analog(frames: _Frames, parameters: Parameters, warnings: list[str]) -> Lazy:
    """(channel, sample) in the unit of ANALOG:UNITS: (raw - OFFSET) x SCALE x GEN_SCALE."""
    channels, per_frame, origin = frames.channels, frames.per_frame, 4 * frames.points
    offset, scale = numbers_in(parameters, "ANALOG", "OFFSET"), numbers_in(parameters, "ANALOG", "SCALE")
    unsigned = not frames.real and "".join(texts(parameters, "ANALOG", "FORMAT")).upper().startswith("UNSIGNED")
    if unsigned:
        offset = offset % 65536
    if channels and (offset.size < channels or scale.size < channels):
        given = min(offset.size, scale.size)
        warnings.append(f"ANALOG:SCALE or OFFSET is given for {given} of {channels} channels; the others are kept as stored")
    offset = np.where(offset == -32768, 32768.0, offset)  # 2^15, the middle of an unsigned 16-bit converter, does not fit into int16
    offset = _filled(offset, channels, 0.0)
    scale = _filled(scale, channels, 1.0) * _first(numbers_in(parameters, "ANALOG", "GEN_SCALE"), 1.0)

    def read(rows: Rows, start: int, stop: int) -> Floats:
        first, last = start // per_frame, -(-stop // per_frame)
        out = np.empty((rows.size, (last - first) * per_frame))
        for at, table in frames.blocks(first, last):
            raw = table[:, origin:].reshape(len(table) * per_frame, channels)[:, rows].T.astype(np.float64)
            if unsigned:
                raw %= 65536
            raw -= offset[rows, None]
            raw *= scale[rows, None]
            raw[~np.isfinite(raw)] = np.nan
            place = (at - first) * per_frame
            out[:, place : place + raw.shape[1]] = raw
        return out[:, start - first * per_frame : stop - first * per_frame]

    return Lazy((channels, frames.count * per_frame if channels else 0), read)


def _header_events(data: bytes, numbers: Numbers, words: NDArray[np.int64]) -> tuple[tuple[str, float], ...]:
    """Events of old files, kept in the header: four letters and a time [s] each."""
    count = int(words[150])
    if int(words[149]) != 12345 or not 0 < count <= 18:
        return ()
    times = numbers.reals(data[304 : 304 + 4 * count])
    labels = [text_of(data[396 + 4 * i : 400 + 4 * i]) for i in range(count)]
    return tuple((label, float(time)) for label, time in zip(labels, times, strict=True) if np.isfinite(time))


def _first(values: Floats, otherwise: float) -> float:
    return float(values[0]) if values.size else float(otherwise)


def _filled(values: Floats, count: int, filler: float) -> Floats:
    return np.concatenate([values[:count], np.full(max(0, count - values.size), filler)])
