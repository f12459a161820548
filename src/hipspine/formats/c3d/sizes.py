"""How many points, channels and frames a C3D file holds, when header, parameters and the number of bytes do not say the same.

Each size is written twice or three times in a C3D file, and the bytes that are there count them once more. Where the header fits it is
followed; where it does not, what fills the file to its last block is taken and said. What nothing confirms is refused.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hipspine.errors import FormatError
from hipspine.formats.c3d.counts import FULL, Header, counts_of, fills, first_of, frames_of, good_rate, rate_if_any, rate_of
from hipspine.formats.c3d.parameters import BLOCK, Numbers, Parameters, numbers_in, whole
from hipspine.formats.source import Source
from hipspine.terms import Floats

_MOST = 5_000  # points and analog channels of one file; the largest known hold some hundreds
_LOOK = 16_384  # bytes of the samples that are looked at to tell real from integer


@dataclass(frozen=True, slots=True)
class Layout:
    """What one frame holds."""

    points: int
    channels: int
    per_frame: int  # analog rows

    @property
    def words(self) -> int:
        """Numbers in one frame."""
        return 4 * self.points + self.channels * self.per_frame


@dataclass(frozen=True, slots=True)
class Sizes:
    """The layout that header, parameters and the number of bytes agree upon best."""

    layout: Layout
    start: int  # byte of the first frame
    first_frame: int  # from 1
    frames: int
    width: int  # bytes of a number: 4 real, 2 integer
    rate_hz: float


def sizes_of(
    source: Source, header: Header, parameters: Parameters, after_parameters: tuple[int, int], numbers: Numbers, warnings: list[str]
) -> Sizes:
    """Where the samples stand and how many there are.

    Args:
        source: the file.
        header: its first block.
        parameters: its parameters.
        after_parameters: byte where the parameters end; block, from 1, that follows them by the section's own count.
        numbers: how its processor writes numbers.
        warnings: what was corrected is said here.

    Raises:
        FormatError: no reading of the sizes fits into the file.
    """
    name = source.name
    layouts = _layouts(header, parameters)
    if not layouts:
        raise FormatError(
            f"{name}: the C3D header gives {header.words[2]} samples per frame in {header.words[9]} rows; they do not divide. "
            "The file is damaged."
        )
    if not any(layout.words for layout in layouts):
        return Sizes(layouts[0], source.size, max(int(header.words[3]), 1), 0, 4, rate_if_any(header, parameters))
    start = _start(source, header, parameters, after_parameters, warnings)
    room = source.size - start
    counts = counts_of(header, parameters)
    layout = _layout(layouts, counts, room, header, parameters, warnings)
    if max(layout.points, layout.channels) > _MOST:
        raise FormatError(
            f"{name}: the C3D header counts {layout.points} points and {layout.channels} analog channels; at most {_MOST} are read. "
            "It is damaged, or a cloud of points that is no recording of a person."
        )
    width = _width(layout, counts, room, header, parameters, _looks_real(source, start, numbers), name, warnings)
    if max(counts.values()) == FULL:  # the count is full: the file's length counts, without what fills up its last block
        room = _filled(source, start, layout.words * width)
    frames = frames_of(counts, room, layout.words * width, name, warnings)
    _say_the_rest(source, start + frames * layout.words * width, parameters, warnings)
    if header.words[4] < header.words[3]:
        warnings.append(f"the header's last frame, {header.words[4]}, is before its first, {header.words[3]}; {frames} frames are read")
    first = first_of(header, parameters, counts, warnings)
    rate = rate_of(header, parameters, layout.channels, layout.per_frame, name, warnings)
    return Sizes(layout, start, first, frames, width, rate)


# ------------------------------------------------------------------------------------------------------- where samples begin


def _start(source: Source, header: Header, parameters: Parameters, after_parameters: tuple[int, int], warnings: list[str]) -> int:
    """Byte where the samples begin: the block that header, POINT:DATA_START and the length of the parameters name most often."""
    end, behind = after_parameters
    stated = whole(parameters, "POINT", "DATA_START")
    named = [block for block in (header.start_block, stated, behind) if block > 1]
    fitting = [block for block in named if end <= (block - 1) * BLOCK < source.size]
    first = [block for block in (header.start_block, stated) if block > 1]
    if not fitting:
        blocks = -(-source.size // BLOCK)
        raise FormatError(
            f"{source.name}: the C3D samples should begin at block {(first or named or [0])[0]}, the file ends at {blocks}; it is cut off."
        )
    block = max(fitting, key=lambda one: (fitting.count(one), -fitting.index(one)))
    if first and any(other != block for other in (header.start_block, *([stated] if stated else []))):
        warnings.append(f"the header puts the samples at block {header.start_block}, POINT:DATA_START at {stated}; block {block} is used")
    elif not first:
        warnings.append(f"neither header nor POINT:DATA_START says where the samples begin; block {block}, after the parameters, is used")
    return (block - 1) * BLOCK


# ---------------------------------------------------------------------------------------------------------- what a frame holds


def _layouts(header: Header, parameters: Parameters) -> list[Layout]:
    """What one frame may hold: by the header, by USED and RATE, by mixtures of them; the likeliest first."""
    samples, rows = int(header.words[2]), int(header.words[9])
    used, ratio = whole(parameters, "ANALOG", "USED"), _ratio(parameters)
    analog: list[tuple[int, int]] = []
    if used and ratio and used * ratio == samples:
        analog.append((used, ratio))
    if samples == 0:
        analog.append((0, max(rows, 1)))
    elif rows and samples % rows == 0:
        analog.append((samples // rows, rows))
    elif used and samples % used == 0:
        analog.append((used, samples // used))
    if used and ratio:
        analog.append((used, ratio))
    points = [int(header.words[1]), *([whole(parameters, "POINT", "USED")] if "USED" in parameters.get("POINT", {}) else [])]
    return list(dict.fromkeys(Layout(point, *pair) for point in points for pair in analog))


def _ratio(parameters: Parameters) -> int:
    """Analog rows in one frame by the two rates; 0 where they do not say."""
    fast, slow = numbers_in(parameters, "ANALOG", "RATE"), numbers_in(parameters, "POINT", "RATE")
    if not (fast.size and slow.size and good_rate(float(fast[0])) and good_rate(float(slow[0]))):
        return 0
    ratio = float(fast[0] / slow[0])
    return round(ratio) if 1 <= ratio <= FULL and abs(ratio - round(ratio)) < 1e-3 * ratio else 0


def _layout(
    layouts: Sequence[Layout], counts: dict[str, int], room: int, header: Header, parameters: Parameters, warnings: list[str]
) -> Layout:
    """The first that fills the file, else the first."""
    exact = [
        layout
        for layout in layouts
        if layout.words and any(fills(room, layout.words * width, n) for width in _widths(header, parameters) for n in counts.values())
    ]
    layout = (exact or [one for one in layouts if one.words])[0]
    points, samples, rows = (int(header.words[i]) for i in (1, 2, 9))
    if layout.points != points:
        warnings.append(f"the header counts {points} points, POINT:USED {layout.points}; the latter fills the file and is used")
    elif "USED" in parameters.get("POINT", {}) and whole(parameters, "POINT", "USED") != points:
        warnings.append(f"the header counts {points} points, POINT:USED {whole(parameters, 'POINT', 'USED')}; the header is followed")
    used = whole(parameters, "ANALOG", "USED")
    if (layout.channels * layout.per_frame, layout.per_frame if samples else rows) != (samples, rows):
        warnings.append(
            f"the header gives {samples} analog samples per frame in {rows} rows; ANALOG:USED and the rates give {layout.channels} "
            f"channels in {layout.per_frame} rows, which fills the file and is used"
        )
    elif used != layout.channels and "USED" in parameters.get("ANALOG", {}):
        warnings.append(
            f"the header counts {layout.channels} analog channels, ANALOG:USED {used}; the header, which fixes the layout, is followed"
        )
    return layout


# --------------------------------------------------------------------------------------------------------- real or integer


def _scales(header: Header, parameters: Parameters) -> list[float]:
    given = [*numbers_in(parameters, "POINT", "SCALE")[:1], header.scale]
    return [float(scale) for scale in given if np.isfinite(scale) and scale != 0]


def _widths(header: Header, parameters: Parameters) -> list[int]:
    """Bytes of a number by the signs of the scales; both where they disagree or are missing."""
    signs = {scale < 0 for scale in _scales(header, parameters)}
    return [4, 2] if len(signs) != 1 else [4 if signs == {True} else 2]


def _width(
    layout: Layout,
    counts: dict[str, int],
    room: int,
    header: Header,
    parameters: Parameters,
    looks_real: Callable[[], bool],
    name: str,
    warnings: list[str],
) -> int:
    """4 or 2: as the sign of POINT:SCALE says, unless another sign, the number of bytes and the samples themselves say otherwise."""
    stated = _widths(header, parameters)
    filling = [width for width in (4, 2) if any(fills(room, layout.words * width, n) for n in counts.values())]
    if len(stated) == 1 and (stated[0] in filling or not filling):
        return stated[0]
    seen = 4 if looks_real() else 2
    if len(stated) == 1:
        if seen == stated[0] or seen not in filling:
            return stated[0]
    elif filling and seen not in filling:
        raise FormatError(
            f"{name}: the scale of the points does not say whether the samples are real or integer (POINT:SCALE, header byte 12), and "
            "their bytes do not either; the file is damaged. Export it again."
        )
    words = "real" if seen == 4 else "integer"
    warnings.append(f"POINT:SCALE and the header's scale do not say that the samples are {words}; their number and their bytes do")
    return seen


def _looks_real(source: Source, start: int, numbers: Numbers) -> Callable[[], bool]:
    """Whether the first samples make sense as single-precision numbers: pairs of integers give numbers of any size."""

    def look() -> bool:
        raw = source.array(np.uint8, min(_LOOK, source.size - start) // 4 * 4, start)
        with np.errstate(all="ignore"):
            sizes: Floats = np.abs(numbers.stored(raw, real=True).astype(np.float64))
        sizes = sizes[sizes != 0]
        return bool(sizes.size and np.mean((sizes > 1e-15) & (sizes < 1e9)) > 0.8)

    return look


def _filled(source: Source, start: int, frame_bytes: int) -> int:
    """Bytes of samples, without the frames of zeros that only fill up the last block."""
    room = source.size - start
    held = room // frame_bytes * frame_bytes
    last = source.read(start + max(held - BLOCK, 0), min(BLOCK, held))
    zeros = (len(last) - len(last.rstrip(b"\0"))) // frame_bytes * frame_bytes
    return held - zeros if zeros + room - held < BLOCK else room


def _say_the_rest(source: Source, end: int, parameters: Parameters, warnings: list[str]) -> None:
    """What stands behind the last frame, unless it only fills up a block."""
    rest = source.size - end
    rotations = parameters.get("ROTATION", {})
    if "DATA_START" in rotations and ("USED" not in rotations or whole(parameters, "ROTATION", "USED")):
        warnings.append("the file holds rotations of segments (group ROTATION), which are not read")
    elif rest >= BLOCK and source.read(end, min(rest, _LOOK)).strip(b"\0"):
        warnings.append(f"{rest} bytes follow the last frame that the header counts; they are not read")
