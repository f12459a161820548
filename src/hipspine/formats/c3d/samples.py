"""The samples of a C3D file: points and analog channels in the file's own units, read when they are asked for."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hipspine.formats.c3d.counts import Header
from hipspine.formats.c3d.parameters import Numbers, Parameters, numbers_in, texts
from hipspine.formats.c3d.sizes import Sizes
from hipspine.formats.lazy import Lazy, Rows
from hipspine.formats.source import Source
from hipspine.terms import Floats

_HALF = 32_768.0  # 2^15, the middle of an unsigned 16-bit converter, does not fit into a signed word: it is stored as -2^15


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """Where the frames stand: 4 words for each point, then the analog channels row by row."""

    source: Source
    numbers: Numbers
    sizes: Sizes

    def blocks(self, first: int, last: int) -> Iterator[tuple[int, NDArray[Any]]]:
        """(frame, word) numbers as stored, with the place of the first frame of each block."""
        width = self.sizes.layout.words * self.sizes.width
        for at, raw in self.source.records(self.sizes.start, width, first, last):
            yield at, self.numbers.stored(raw, real=self.sizes.width == 4)


# ------------------------------------------------------------------------------------------------------------------ points


def points_of(frames: Frames, header: Header, parameters: Parameters, warnings: list[str]) -> Lazy:
    """(3 x point, frame) x, y, z of the first point, then of the next; NaN where the residual is negative: not seen."""
    points, count = frames.sizes.layout.points, frames.sizes.frames
    scale = 1.0 if frames.sizes.width == 4 else _point_scale(header, parameters)
    if points and count and scale == 0:
        warnings.append("POINT:SCALE and the header's scale are 0, so the size of the integer points is unknown; the points are left out")
        return Lazy((0, 0), lambda rows, start, stop: np.empty((rows.size, stop - start)))

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

    return Lazy((3 * points, count if points else 0), read)


def _point_scale(header: Header, parameters: Parameters) -> float:
    given = [*numbers_in(parameters, "POINT", "SCALE")[:1], header.scale]
    return next((abs(float(scale)) for scale in given if np.isfinite(scale) and scale != 0), 0.0)


# ------------------------------------------------------------------------------------------------------------------ analog


@dataclass(frozen=True, slots=True, eq=False)
class Analog:
    """The analog channels: (raw - OFFSET) x SCALE x GEN_SCALE."""

    values: Lazy  # (channel, sample) in the unit of ANALOG:UNITS
    unscaled: frozenset[int]  # channels whose scale the file does not give: as stored, in no unit


def analog_of(frames: Frames, parameters: Parameters, warnings: list[str]) -> Analog:
    """The analog channels of a file."""
    layout = frames.sizes.layout
    channels, per_frame, origin = layout.channels, layout.per_frame, 4 * layout.points
    offset, scale, unscaled = _scaling(frames, parameters, warnings)
    unsigned = _unsigned(frames, parameters, offset)
    offset = np.where(offset == -_HALF, _HALF, np.where(unsigned, offset % 65536, offset))

    def read(rows: Rows, start: int, stop: int) -> Floats:
        first, last = start // per_frame, -(-stop // per_frame)
        out = np.empty((rows.size, (last - first) * per_frame))
        wraps = unsigned[rows].any()
        for at, table in frames.blocks(first, last):
            raw = table[:, origin:].reshape(len(table) * per_frame, channels)[:, rows].T.astype(np.float64)
            if wraps:
                raw[unsigned[rows]] %= 65536
            raw -= offset[rows, None]
            raw *= scale[rows, None]
            raw[~np.isfinite(raw)] = np.nan
            place = (at - first) * per_frame
            out[:, place : place + raw.shape[1]] = raw
        return out[:, start - first * per_frame : stop - first * per_frame]

    return Analog(Lazy((channels, frames.sizes.frames * per_frame if channels else 0), read), unscaled)


def _scaling(frames: Frames, parameters: Parameters, warnings: list[str]) -> tuple[Floats, Floats, frozenset[int]]:
    """Offset and factor of each channel, and which channels the file gives no factor for.

    A factor of zero would hide samples that exist: such channels are kept as stored.
    """
    channels = frames.sizes.layout.channels
    offset, scale = numbers_in(parameters, "ANALOG", "OFFSET")[:channels], numbers_in(parameters, "ANALOG", "SCALE")[:channels]
    given = min(offset.size, scale.size)
    if given < channels:
        warnings.append(f"ANALOG:SCALE or OFFSET is given for {given} of {channels} channels; the others are kept as stored")
    general = float(np.r_[numbers_in(parameters, "ANALOG", "GEN_SCALE")[:1], 1.0][0])
    offset, scale = _filled(offset, channels, 0.0), _filled(scale, channels, np.nan)
    if channels and not (np.isfinite(general) and general != 0):
        warnings.append(f"ANALOG:GEN_SCALE is {general:g}; the analog channels are kept without it, and without a unit")
        return offset, np.where(_usable(scale), scale, 1.0), frozenset(range(channels))
    zero = [i for i in range(min(given, channels)) if not _usable(scale)[i]]
    if zero:
        listed = ", ".join(str(i + 1) for i in zero[:8]) + (" ..." if len(zero) > 8 else "")
        warnings.append(f"ANALOG:SCALE is 0 or no number for channel {listed}; kept as stored, without a unit")
    counts = range(given, channels) if frames.sizes.width == 2 else ()
    with np.errstate(all="ignore"):
        factor = np.where(_usable(scale), scale * general, 1.0)
    offset = np.where(np.isfinite(offset), offset, 0.0)
    return offset, factor, frozenset([*zero, *counts])


def _usable(scale: Floats) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(scale) & (scale != 0), dtype=np.bool_)


def _unsigned(frames: Frames, parameters: Parameters, offset: Floats) -> NDArray[np.bool_]:
    """Channels whose words count from 0: ANALOG:FORMAT says so, or it says nothing and the offset is the middle of 16 bits."""
    if frames.sizes.width == 4:
        return np.zeros(offset.size, dtype=bool)
    stated = "".join(texts(parameters, "ANALOG", "FORMAT")).upper()
    if stated:
        return np.full(offset.size, stated.startswith("UNSIGNED"))
    return np.asarray(np.abs(offset) == _HALF, dtype=np.bool_)


def _filled(values: Floats, count: int, filler: float) -> Floats:
    return np.concatenate([values[:count], np.full(max(0, count - values.size), filler)])
