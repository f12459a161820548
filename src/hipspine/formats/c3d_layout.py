"""The bytes of a C3D file as plain arrays: header, parameters, points, analog samples, header events.

Intel, DEC and SGI/MIPS; integer and real. Every size that the file claims is compared with the bytes that are there before any
memory is taken, so that a damaged or lying header costs one sentence and nothing else. Layout: the C3D file format guide (c3d.org).
The widely used libraries are the judges of this module in its tests; they are not called here, because one of them refuses SGI files
and takes memory on the word of a damaged header.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hipspine.errors import FormatError
from hipspine.formats.c3d_parameters import BLOCK, Numbers, Parameters, numbers_in, parse_parameters, text_of, texts
from hipspine.terms import Floats

INTEL, DEC, MIPS = 84, 85, 86
PROCESSORS = {INTEL: "Intel", DEC: "DEC", MIPS: "SGI/MIPS"}


@dataclass(frozen=True, slots=True, eq=False)
class C3dContent:
    """What the bytes of a C3D file hold, in the file's own units."""

    processor: str
    first_frame: int  # counted from 1, as in the file
    point_rate_hz: float
    analog_rate_hz: float
    points: Floats  # (3, point, frame); NaN where a point was not seen
    analog: Floats  # (channel, sample)
    parameters: Parameters
    header_events: tuple[tuple[str, float], ...]
    warnings: tuple[str, ...]

    def texts(self, group: str, name: str) -> list[str]:
        """As `c3d_parameters.texts`."""
        return texts(self.parameters, group, name)

    def numbers(self, group: str, name: str) -> Floats:
        """As `c3d_parameters.numbers_in`."""
        return numbers_in(self.parameters, group, name)


def parse(data: bytes, *, name: str) -> C3dContent:
    """The content of a C3D file.

    Args:
        data: the whole file.
        name: of the file, for messages.

    Raises:
        FormatError: not a C3D file, cut off, or contradicting itself; the sentence says where.
    """
    if len(data) < BLOCK or data[1] != 0x50:
        raise FormatError(
            f"{name}: not a C3D file: its first block should hold {BLOCK} bytes with 80 as the second; found {len(data)} bytes."
        )
    section = (data[0] - 1) * BLOCK
    if data[0] < 2 or section + 4 > len(data):
        raise FormatError(
            f"{name}: the C3D parameters should begin at block {data[0]}, the file has {len(data) // BLOCK} blocks; it is damaged."
        )
    processor = data[section + 3]
    if processor not in PROCESSORS:
        raise FormatError(
            f"{name}: C3D processor type is {processor} (byte {section + 3}); known are 84 Intel, 85 DEC, 86 SGI. The file is damaged."
        )
    numbers = Numbers(">" if processor == MIPS else "<", processor == DEC)
    parameters = parse_parameters(data, section, numbers, name)
    return _content(data, numbers, PROCESSORS[processor], parameters, name)


# ---------------------------------------------------------------------------------------------------------------- samples


def _content(data: bytes, numbers: Numbers, processor: str, parameters: Parameters, name: str) -> C3dContent:
    """The samples, once the sizes in the header have been found to fit into the file."""
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
    start = _data_start(int(words[8]), parameters, len(data), name, warnings) if frame_words else len(data)
    available = (len(data) - start) // (frame_words * width) if frame_words else 0
    first, frames = (
        _frames(int(words[3]), int(words[4]), parameters, available, name, warnings) if frame_words else (max(int(words[3]), 1), 0)
    )
    samples = numbers.samples(data, start, frames * frame_words, real=width == 4)
    table = samples.reshape(frames, frame_words)
    return C3dContent(
        processor=f"{processor}, {'real' if width == 4 else 'integer'}",
        first_frame=first,
        point_rate_hz=rate,
        analog_rate_hz=rate * max(per_frame, 1),
        points=_points(table[:, : 4 * points], points, 1.0 if width == 4 else scale),
        analog=_analog(table[:, 4 * points :], channels, per_frame, width, parameters, warnings),
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


def _points(table: NDArray[Any], points: int, scale: float) -> Floats:
    """(3, point, frame); a negative residual means that the point was not seen."""
    cube = table.reshape(table.shape[0], points, 4).transpose(2, 1, 0)
    position: Floats = cube[:3].astype(np.float64)
    position *= scale
    position[:, cube[3] < 0] = np.nan
    position[~np.isfinite(position)] = np.nan
    return position


def _analog(table: NDArray[Any], channels: int, per_frame: int, width: int, parameters: Parameters, warnings: list[str]) -> Floats:
    """(channel, sample) in the unit of ANALOG:UNITS: (raw - OFFSET) x SCALE x GEN_SCALE."""
    if not channels:
        return np.empty((0, 0))
    values: Floats = table.reshape(table.shape[0] * per_frame, channels).T.astype(np.float64)
    offset, scale = numbers_in(parameters, "ANALOG", "OFFSET"), numbers_in(parameters, "ANALOG", "SCALE")
    if width == 2 and "".join(texts(parameters, "ANALOG", "FORMAT")).upper().startswith("UNSIGNED"):
        values, offset = values % 65536, offset % 65536
    if offset.size < channels or scale.size < channels:
        given = min(offset.size, scale.size)
        warnings.append(f"ANALOG:SCALE or OFFSET is given for {given} of {channels} channels; the others are kept as stored")
    offset = np.where(offset == -32768, 32768.0, offset)  # 2^15, the middle of an unsigned 16-bit converter, does not fit into int16
    values -= _filled(offset, channels, 0.0)[:, None]
    values *= (_filled(scale, channels, 1.0) * _first(numbers_in(parameters, "ANALOG", "GEN_SCALE"), 1.0))[:, None]
    values[~np.isfinite(values)] = np.nan
    return values


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
