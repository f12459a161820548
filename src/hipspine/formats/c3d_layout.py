"""The bytes of a C3D file as plain arrays: header, parameters, points, analog samples, header events.

Intel, DEC and SGI/MIPS; integer and real. Every size that the file claims is compared with the bytes that are there before any
memory is taken, so that a damaged or lying header costs one sentence and nothing else. Layout: the C3D file format guide (c3d.org).
The widely used libraries are the judges of this module in its tests; they are not called here, because one of them refuses SGI files
and takes memory on the word of a damaged header.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from hipspine.errors import FormatError
from hipspine.terms import Floats

BLOCK = 512
INTEL, DEC, MIPS = 84, 85, 86
PROCESSORS = {INTEL: "Intel", DEC: "DEC", MIPS: "SGI/MIPS"}

Value: TypeAlias = "list[str] | Floats"


@dataclass(frozen=True, slots=True, eq=False)
class C3dContent:
    """What the bytes of a C3D file hold, in the file's own units."""

    processor: str
    first_frame: int  # counted from 1, as in the file
    point_rate_hz: float
    analog_rate_hz: float
    points: Floats  # (3, point, frame); NaN where a point was not seen
    analog: Floats  # (channel, sample)
    parameters: Mapping[str, Mapping[str, Value]]
    header_events: tuple[tuple[str, float], ...]
    warnings: tuple[str, ...]

    def texts(self, group: str, name: str) -> list[str]:
        """All strings of a parameter and of its continuations (LABELS, LABELS2, ...); empty if there are none."""
        return _texts(self.parameters, group, name)

    def numbers(self, group: str, name: str) -> Floats:
        """All numbers of a parameter and of its continuations, flat, first index fastest; empty if there are none."""
        return _numbers(self.parameters, group, name)


@dataclass(frozen=True, slots=True)
class _Numbers:
    """How this processor writes numbers."""

    order: str  # '<' or '>'
    dec: bool

    def integers(self, data: bytes, *, signed: bool = True) -> NDArray[np.int64]:
        return np.frombuffer(data, dtype=f"{self.order}{'i' if signed else 'u'}2").astype(np.int64)

    def reals(self, data: bytes) -> Floats:
        """Single-precision numbers; DEC stores the words swapped and the exponent two higher."""
        if not self.dec:
            return np.frombuffer(data, dtype=f"{self.order}f4").astype(np.float64)
        words = np.frombuffer(data, dtype="<u2").astype(np.uint32)
        bits = (words[0::2] << np.uint32(16)) | words[1::2]
        values = bits.view(np.float32).astype(np.float64) / 4.0
        return np.where((bits >> np.uint32(23)) & np.uint32(0xFF) == 0, 0.0, values)


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
            f"{name}: the C3D parameter section should begin at block {data[0]}, but the file has {len(data) // BLOCK} blocks; it is cut off or damaged."
        )
    processor = data[section + 3]
    if processor not in PROCESSORS:
        raise FormatError(
            f"{name}: C3D processor type is {processor} (byte {section + 3}); known are 84 Intel, 85 DEC and 86 SGI/MIPS. The file is damaged."
        )
    numbers = _Numbers(">" if processor == MIPS else "<", processor == DEC)
    parameters = _parameters(data, section, numbers, name)
    return _content(data, numbers, PROCESSORS[processor], parameters, name)


# ---------------------------------------------------------------------------------------------------------------- parameters


def _parameters(data: bytes, section: int, numbers: _Numbers, name: str) -> dict[str, dict[str, Value]]:
    """Every parameter by group and name, in upper case."""
    groups: dict[int, str] = {}
    found: list[tuple[int, str, Value]] = []
    at = section + 4
    end = min(len(data), section + data[section + 2] * BLOCK) if data[section + 2] else len(data)
    while at + 2 <= end:
        length, identity = abs(_int8(data[at])), _int8(data[at + 1])
        after_name = at + 2 + length
        if length == 0 or identity == 0:
            break
        if after_name + 2 > len(data):
            raise FormatError(
                f"{name}: the C3D parameters end in the middle (byte {at} of {len(data)}); the file is cut off. Export it again."
            )
        title = _text(data[at + 2 : after_name]).upper()
        offset = int(numbers.integers(data[after_name : after_name + 2])[0])
        if identity < 0:
            groups[-identity] = title
        else:
            found.append((identity, title, _value(data, after_name + 2, numbers, f"{name}: C3D parameter {title} (byte {at})")))
        if offset <= 0:
            break
        at = after_name + offset
    parameters: dict[str, dict[str, Value]] = {group: {} for group in groups.values()}
    for identity, title, value in found:
        parameters.setdefault(groups.get(identity, str(identity)), {})[title] = value
    return parameters


def _value(data: bytes, at: int, numbers: _Numbers, where: str) -> Value:
    if at + 2 > len(data) or at + 2 + data[at + 1] > len(data):
        raise FormatError(f"{where} is cut off at the end of the file; export it again.")
    kind, dimensions = _int8(data[at]), data[at + 1]
    shape = tuple(data[at + 2 : at + 2 + dimensions])
    start = at + 2 + dimensions
    count = int(np.prod([int(n) for n in shape], dtype=object)) if shape else 1
    size = count * abs(kind)
    if kind not in (-1, 1, 2, 4):
        raise FormatError(f"{where} has the unknown type {kind}; allowed are -1 (text), 1, 2 and 4. The file is damaged.")
    if start + size > len(data):
        raise FormatError(f"{where} claims {size} bytes, but only {len(data) - start} are left; the file is cut off or damaged.")
    raw = data[start : start + size]
    if kind == -1:
        width = shape[0] if shape else 1
        return [_text(raw[i : i + width]) for i in range(0, len(raw), width)] if width else []
    if kind == 1:
        return np.frombuffer(raw, dtype=np.uint8).astype(np.float64)
    return numbers.integers(raw).astype(np.float64) if kind == 2 else numbers.reals(raw)


def _texts(parameters: Mapping[str, Mapping[str, Value]], group: str, name: str) -> list[str]:
    out: list[str] = []
    for title in _continued(parameters.get(group, {}), name):
        value = parameters[group][title]
        if isinstance(value, list):
            out.extend(value)
    return out


def _numbers(parameters: Mapping[str, Mapping[str, Value]], group: str, name: str) -> Floats:
    parts = [value for title in _continued(parameters.get(group, {}), name) if not isinstance(value := parameters[group][title], list)]
    return np.concatenate(parts) if parts else np.empty(0)


def _continued(group: Mapping[str, Value], name: str) -> list[str]:
    titles = [name] if name in group else []
    number = 2
    while titles and f"{name}{number}" in group:
        titles.append(f"{name}{number}")
        number += 1
    return titles


def _int8(byte: int) -> int:
    return byte - 256 if byte > 127 else byte


def _text(raw: bytes) -> str:
    raw = raw.split(b"\0", 1)[0] if raw.strip(b"\0 ") else b""
    try:
        return raw.decode("utf-8").strip()
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace").strip()


# ---------------------------------------------------------------------------------------------------------------- samples


def _content(data: bytes, numbers: _Numbers, processor: str, parameters: dict[str, dict[str, Value]], name: str) -> C3dContent:
    """The samples, once the sizes in the header have been found to fit into the file."""
    words = numbers.integers(data[:BLOCK], signed=False)
    points, analog_per_frame, per_frame = int(words[1]), int(words[2]), int(words[9])
    warnings: list[str] = []
    channels = _channels(analog_per_frame, per_frame, parameters, name)
    scale = _first(_numbers(parameters, "POINT", "SCALE"), float(numbers.reals(data[12:16])[0]))
    width = 4 if scale < 0 else 2
    rate = _first(_numbers(parameters, "POINT", "RATE"), float(numbers.reals(data[20:24])[0]))
    frame_words = 4 * points + channels * per_frame
    if frame_words and not (np.isfinite(rate) and 0 < rate < 1e7):
        raise FormatError(
            f"{name}: the C3D point rate is {rate:g} Hz; it must be a positive number. The header (byte 20) or POINT:RATE is damaged."
        )
    start = _data_start(int(words[8]), parameters, len(data), name) if frame_words else len(data)
    available = (len(data) - start) // (frame_words * width) if frame_words else 0
    first, frames = (
        _frames(int(words[3]), int(words[4]), parameters, available, name, warnings) if frame_words else (max(int(words[3]), 1), 0)
    )
    raw = data[start : start + frames * frame_words * width]
    table = (numbers.reals(raw) if width == 4 else numbers.integers(raw).astype(np.float64)).reshape(frames, frame_words)
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


def _channels(analog_per_frame: int, per_frame: int, parameters: Mapping[str, Mapping[str, Value]], name: str) -> int:
    if analog_per_frame == 0:
        return 0
    if per_frame == 0 or analog_per_frame % per_frame:
        raise FormatError(
            f"{name}: the C3D header gives {analog_per_frame} analog samples per frame in {per_frame} rows; they do not divide. The header is damaged."
        )
    channels = analog_per_frame // per_frame
    used = int(_first(_numbers(parameters, "ANALOG", "USED"), channels))
    if used % 65536 != channels:
        raise FormatError(
            f"{name}: the C3D header counts {channels} analog channels, ANALOG:USED {used}; the file contradicts itself. Export it again."
        )
    return channels


def _data_start(header_block: int, parameters: Mapping[str, Mapping[str, Value]], size: int, name: str) -> int:
    """Byte where the samples begin: by the header, else by POINT:DATA_START."""
    blocks = [header_block, int(_first(_numbers(parameters, "POINT", "DATA_START"), 0))]
    for block in blocks:
        if block > 1 and (block - 1) * BLOCK < size:
            return (block - 1) * BLOCK
    raise FormatError(
        f"{name}: the C3D samples should begin at block {header_block}, but the file ends at block {-(-size // BLOCK)}; it is cut off."
    )


def _frames(
    first: int, last: int, parameters: Mapping[str, Mapping[str, Value]], available: int, name: str, warnings: list[str]
) -> tuple[int, int]:
    """First frame (from 1) and number of frames. Records above 65535 frames are counted in TRIAL or POINT:LONG_FRAMES."""
    in_header = (last - first) % 65536 + 1
    begin, end = (_two_words(_numbers(parameters, "TRIAL", f"ACTUAL_{edge}_FIELD")) for edge in ("START", "END"))
    in_trial = end - begin + 1 if begin is not None and end is not None else 0
    in_point = int(_first(_numbers(parameters, "POINT", "FRAMES"), 0)) % 65536
    long_frames = int(np.nan_to_num(_first(_numbers(parameters, "POINT", "LONG_FRAMES"), 0)))
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
    if begin is not None and 0 < begin and (saturated or begin % 65536 == first):
        first = begin
    return max(first, 1), frames


def _two_words(pair: Floats) -> int | None:
    return int(pair[0]) % 65536 + 65536 * (int(pair[1]) % 65536) if pair.size == 2 else None


def _points(table: Floats, points: int, scale: float) -> Floats:
    """(3, point, frame); a negative residual means that the point was not seen."""
    cube = table.reshape(table.shape[0], points, 4)
    position = np.where(cube[:, :, 3:4] < 0, np.nan, cube[:, :, :3] * scale)
    position[~np.isfinite(position)] = np.nan
    return np.ascontiguousarray(position.transpose(2, 1, 0))


def _analog(
    table: Floats, channels: int, per_frame: int, width: int, parameters: Mapping[str, Mapping[str, Value]], warnings: list[str]
) -> Floats:
    """(channel, sample) in the unit of ANALOG:UNITS: (raw - OFFSET) x SCALE x GEN_SCALE."""
    raw = table.reshape(table.shape[0] * per_frame, channels).T if channels else np.empty((0, 0))
    unsigned = "".join(_texts(parameters, "ANALOG", "FORMAT")).upper().startswith("UNSIGNED")
    offset, scale = _numbers(parameters, "ANALOG", "OFFSET"), _numbers(parameters, "ANALOG", "SCALE")
    if unsigned and width == 2:
        raw, offset = raw % 65536, offset % 65536
    offset = np.where(offset == -32768, 32768.0, offset)  # 2^15, the middle of an unsigned 16-bit converter, does not fit into int16
    if channels and (offset.size < channels or scale.size < channels):
        warnings.append(
            f"ANALOG:SCALE or OFFSET is given for {min(offset.size, scale.size)} of {channels} channels; the others are kept as stored"
        )
    offset, scale = _filled(offset, channels, 0.0), _filled(scale, channels, 1.0)
    values = (raw - offset[:, None]) * (scale * _first(_numbers(parameters, "ANALOG", "GEN_SCALE"), 1.0))[:, None]
    return np.where(np.isfinite(values), values, np.nan)


def _header_events(data: bytes, numbers: _Numbers, words: NDArray[np.int64]) -> tuple[tuple[str, float], ...]:
    """Events of old files, kept in the header: four letters and a time [s] each."""
    count = int(words[150])
    if int(words[149]) != 12345 or not 0 < count <= 18:
        return ()
    times = numbers.reals(data[304 : 304 + 4 * count])
    labels = [_text(data[396 + 4 * i : 400 + 4 * i]) for i in range(count)]
    return tuple((label, float(time)) for label, time in zip(labels, times, strict=True) if np.isfinite(time))


def _first(values: Floats, otherwise: float) -> float:
    return float(values[0]) if values.size else float(otherwise)


def _filled(values: Floats, count: int, filler: float) -> Floats:
    return np.concatenate([values[:count], np.full(max(0, count - values.size), filler)])
