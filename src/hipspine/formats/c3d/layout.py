"""The layout of a C3D file: header, parameters, header events, and where the points and analog samples stand.

Intel, DEC and SGI/MIPS; integer and real. Every size that the file claims is compared with the bytes that are there before any
memory is taken, so that a damaged or lying header costs one sentence and nothing else. Samples stay in the file until they are asked
for. Layout: the C3D file format guide (c3d.org).
The widely used libraries are the judges of this module in its tests; they are not called here, because one of them refuses SGI files
and takes memory on the word of a damaged header.
"""

from dataclasses import dataclass

import numpy as np

from hipspine.errors import FormatError
from hipspine.formats.c3d.counts import Header, good_rate, header_of
from hipspine.formats.c3d.parameters import BLOCK, Numbers, Parameters, Section, is_title, numbers_in, parse_parameters, text_of, texts
from hipspine.formats.c3d.samples import Frames, analog_of, points_of
from hipspine.formats.c3d.sizes import Sizes, sizes_of
from hipspine.formats.lazy import Lazy
from hipspine.formats.source import Source
from hipspine.terms import Floats

INTEL, DEC, MIPS = 84, 85, 86
PROCESSORS = {INTEL: "Intel", DEC: "DEC", MIPS: "SGI/MIPS"}
_LONGEST_SECTION = 256 * BLOCK  # the length of the parameters is one byte, in blocks
_FARTHEST = 64  # block up to which a section is looked for that does not stand where the header says


@dataclass(frozen=True, slots=True, eq=False)
class C3dContent:
    """What the bytes of a C3D file hold, in the file's own units."""

    processor: str
    first_frame: int  # counted from 1, as in the file
    point_rate_hz: float
    analog_rate_hz: float
    points: Lazy  # (3 x point, frame): x, y, z of the first point, then of the next; NaN where a point was not seen
    analog: Lazy  # (channel, sample)
    unscaled: frozenset[int]  # analog channels that stand as stored, because the file gives no scale for them
    parameters: Parameters
    header_events: tuple[tuple[str, float], ...]
    warnings: tuple[str, ...]
    section: Section
    sizes: Sizes
    numbers: Numbers

    def texts(self, group: str, name: str) -> list[str]:
        """As `c3d.parameters.texts`."""
        return texts(self.parameters, group, name)

    def values(self, group: str, name: str) -> Floats:
        """As `c3d.parameters.numbers_in`."""
        return numbers_in(self.parameters, group, name)


@dataclass(frozen=True, slots=True, eq=False)
class _Start:
    """Header and parameters, as one processor would have written them."""

    processor: int
    numbers: Numbers
    header: Header
    section: Section
    behind: int  # block after the parameters by the section's own count


def parse(source: Source) -> C3dContent:
    """The content of a C3D file.

    Raises:
        FormatError: not a C3D file, cut off, or contradicting itself; the sentence says where.
    """
    name, size = source.name, source.size
    head = source.read(0, min(BLOCK, size))
    if len(head) < BLOCK or head[1] != 0x50:
        raise FormatError(f"{name}: not a C3D file: its first block should hold {BLOCK} bytes with 80 as the second; found {size} bytes.")
    warnings: list[str] = []
    section = _section(source, head, warnings)
    start = _by_processor(source, section, warnings)
    warnings.extend(start.section.warnings)
    sizes = sizes_of(source, start.header, start.section.values, (start.section.end, start.behind), start.numbers, warnings)
    return _content(source, start, sizes, warnings)


# ------------------------------------------------------------------------------------------------- header and parameters


def _section(source: Source, head: bytes, warnings: list[str]) -> int:
    """Byte where the parameters begin: where the header says, or else the first block that begins as parameters do."""
    stated = (head[0] - 1) * BLOCK
    if head[0] >= 2 and stated + 4 <= source.size and _begins_parameters(source, stated):
        return stated
    for block in range(2, min(_FARTHEST, source.size // BLOCK) + 1):
        place = (block - 1) * BLOCK
        if place != stated and _begins_parameters(source, place) and source.read(place + 3, 1)[0] in PROCESSORS:
            warnings.append(f"the header puts the parameters at block {head[0]}; they stand at block {block}")
            return place
    if head[0] < 2 or stated + 4 > source.size:
        blocks = source.size // BLOCK
        raise FormatError(f"{source.name}: the C3D parameters should begin at block {head[0]}, the file has {blocks}; it is damaged.")
    return stated


def _begins_parameters(source: Source, place: int) -> bool:
    """Whether a group stands where the first one of the parameters should."""
    part = source.read(place, min(140, source.size - place))
    length = min(part[4], 256 - part[4]) if len(part) > 8 else 0
    return 0 < length < len(part) - 8 and part[5] != 0 and is_title(part[6 : 6 + length]) and chr(part[6]).isalnum()


def _by_processor(source: Source, section: int, warnings: list[str]) -> _Start:
    """Header and parameters in the writing of the stated processor; of another one, if that alone makes sense of the rates."""
    stated = source.read(section + 3, 1)[0]
    first = _start(source, section, stated) if stated in PROCESSORS else None
    if first is not None and _is_plausible(first):
        return first
    others = []
    for processor in PROCESSORS:
        if processor != stated:
            try:
                other = _start(source, section, processor)
            except FormatError:
                continue
            others += [other] if _is_plausible(other) else []
    if len(others) == 1:
        warnings.append(f"the processor type is {stated}; only as {PROCESSORS[others[0].processor]} do parameters and rates make sense")
        return others[0]
    if first is None:
        raise FormatError(
            f"{source.name}: C3D processor type is {stated} (byte {section + 3}); known are 84 Intel, 85 DEC, 86 SGI. The file is damaged."
        )
    return first


def _start(source: Source, section: int, processor: int) -> _Start:
    numbers = Numbers(">" if processor == MIPS else "<", processor == DEC)
    header = header_of(source.read(0, BLOCK), numbers)
    blocks = source.read(section + 2, 1)[0]
    first = section // BLOCK + 1
    behind = first + blocks
    if header.start_block > behind and (header.start_block - behind) % 256 == 0:
        behind = header.start_block  # more than 255 blocks: the count went once around
    stated_end = (behind - 1) * BLOCK if blocks or behind > first else section + _LONGEST_SECTION
    reach = max(stated_end, (header.start_block - 1) * BLOCK)
    data = source.read(0, min(source.size, max(reach, BLOCK)))
    return _Start(processor, numbers, header, parse_parameters(data, section, stated_end, numbers, source.name), behind)


def _is_plausible(start: _Start) -> bool:
    """Whether a point or analog group was found, and a rate that a device can have."""
    values = start.section.values
    rates = [start.header.rate_hz, *(float(r) for group in ("POINT", "ANALOG") for r in numbers_in(values, group, "RATE")[:1])]
    return ("POINT" in values or "ANALOG" in values) and any(good_rate(rate) for rate in rates)


# ---------------------------------------------------------------------------------------------------------------- content


def _content(source: Source, start: _Start, sizes: Sizes, warnings: list[str]) -> C3dContent:
    frames = Frames(source, start.numbers, sizes)
    parameters = start.section.values
    analog = analog_of(frames, parameters, warnings)
    points = points_of(frames, start.header, parameters, warnings)
    return C3dContent(
        processor=f"{PROCESSORS[start.processor]}, {'real' if sizes.width == 4 else 'integer'}",
        first_frame=sizes.first_frame,
        point_rate_hz=sizes.rate_hz,
        analog_rate_hz=sizes.rate_hz * max(sizes.layout.per_frame, 1),
        points=points,
        analog=analog.values,
        unscaled=analog.unscaled,
        parameters=parameters,
        header_events=_header_events(source.read(0, BLOCK), start.numbers, start.header),
        warnings=tuple(warnings),
        section=start.section,
        sizes=sizes,
        numbers=start.numbers,
    )


def _header_events(data: bytes, numbers: Numbers, header: Header) -> tuple[tuple[str, float], ...]:
    """Events of old files, kept in the header: four letters and a time [s] each."""
    count = int(header.words[150])
    if int(header.words[149]) != 12345 or not 0 < count <= 18:
        return ()
    times = numbers.reals(data[304 : 304 + 4 * count])
    labels = [text_of(data[396 + 4 * i : 400 + 4 * i]) for i in range(count)]
    return tuple((label, float(time)) for label, time in zip(labels, times, strict=True) if np.isfinite(time))
