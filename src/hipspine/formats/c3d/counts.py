"""How many frames a C3D file holds, which is the first, and at what rate: each is written in several places, and they may disagree.

What fills the file to its last block is taken, else the likeliest that fits; every disagreement is said. Rules for more than 65535
frames: the C3D file format guide, "Reading the frame count".
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hipspine.errors import FormatError
from hipspine.formats.c3d.parameters import BLOCK, Numbers, Parameters, numbers_in, whole

FULL = 65_535  # the highest count that one word holds


@dataclass(frozen=True, slots=True)
class Header:
    """The first block, as its processor writes it."""

    words: NDArray[np.int64]  # word 1 of the format guide is words[0]
    scale: float
    rate_hz: float

    @property
    def start_block(self) -> int:
        """Block of the first sample, from 1."""
        return int(self.words[8])


def header_of(block: bytes, numbers: Numbers) -> Header:
    """The header in the first 512 bytes of a file."""
    words = numbers.integers(block[:BLOCK], signed=False)
    return Header(words, float(numbers.reals(block[12:16])[0]), float(numbers.reals(block[20:24])[0]))


def good_rate(rate_hz: float) -> bool:
    """Whether a rate can be one of a device."""
    return bool(np.isfinite(rate_hz) and 1e-3 < rate_hz < 1e7)


def fills(room: int, frame_bytes: int, frames: int) -> bool:
    """Whether so many frames end in the last block of the file."""
    return 0 <= room - frames * frame_bytes < BLOCK


# -------------------------------------------------------------------------------------------------------------- the frames


def counts_of(header: Header, parameters: Parameters) -> dict[str, int]:
    """The number of frames in each place that states one, the likeliest first."""
    first, last = int(header.words[3]), int(header.words[4])
    begin, end = actual_field(parameters, "START"), actual_field(parameters, "END")
    stated = {
        "header": last - first + 1 if last >= first else 0,
        "POINT:FRAMES": whole(parameters, "POINT", "FRAMES"),
        "TRIAL": end - begin + 1 if begin is not None and end is not None else 0,
        "POINT:LONG_FRAMES": whole(parameters, "POINT", "LONG_FRAMES"),
    }
    if last >= FULL or stated["POINT:FRAMES"] == FULL or stated["header"] >= FULL:  # a word is full: the longest count is the one
        stated = dict(sorted(stated.items(), key=lambda item: -item[1]))
        if last >= FULL and any(count for place, count in stated.items() if place != "header"):
            del stated["header"]
    return {place: count for place, count in stated.items() if count > 0} or {"header": (last - first) % 65536 + 1}


def frames_of(counts: dict[str, int], room: int, frame_bytes: int, name: str, warnings: list[str]) -> int:
    """The count that fills the file, else the one that most places state, else the likeliest."""
    stated = list(counts.values())
    place = max(counts, key=lambda one: (fills(room, frame_bytes, counts[one]), stated.count(counts[one]), -list(counts).index(one)))
    frames, available = counts[place], room // frame_bytes
    if max(counts.values()) == FULL < available:
        warnings.append(f"the counts of frames are full at {FULL}; the file holds {available}, which are read")
        return available
    if frames > available:
        raise FormatError(
            f"{name}: the header promises {frames} frames, the file holds {available}; it is cut off or damaged. Copy or export it again."
        )
    others = [f"{other} {count}" for other, count in counts.items() if count != frames and not (count == FULL < frames)]
    if others:
        warnings.append(f"the counts of frames disagree: {place} {frames}, {', '.join(others)} frames; {frames} are read")
    return frames


def actual_field(parameters: Parameters, edge: str) -> int | None:
    """TRIAL:ACTUAL_START_FIELD or ..._END_FIELD: a frame number in two words, or in one."""
    pair = numbers_in(parameters, "TRIAL", f"ACTUAL_{edge}_FIELD")
    if not pair.size or not np.isfinite(pair[:2]).all():
        return None
    low, high = int(pair[0]), int(pair[1]) if pair.size > 1 else 0
    return low if low > 65535 else low % 65536 + 65536 * (high % 65536)


def first_of(header: Header, parameters: Parameters, counts: dict[str, int], warnings: list[str]) -> int:
    """Number of the first frame, from 1: the header's, or TRIAL's where the header's word is too short for it."""
    first, begin = int(header.words[3]), actual_field(parameters, "START")
    if begin is not None and begin > 0 and (begin % 65536 == first or first == FULL):
        return begin
    if first == 0:
        warnings.append("the header gives the first frame as 0; frames count from 1, so the recording begins at 0 s")
    elif begin is not None and begin > 0 and "TRIAL" in counts:
        warnings.append(f"the header begins with frame {first}, TRIAL with {begin}; the header is followed")
    return max(first, 1)


# ---------------------------------------------------------------------------------------------------------------- the rate


def rate_of(header: Header, parameters: Parameters, channels: int, per_frame: int, name: str, warnings: list[str]) -> float:
    """POINT:RATE, else the header's, else ANALOG:RATE over the analog rows of a frame."""
    stated, fast = (numbers_in(parameters, group, "RATE")[:1] for group in ("POINT", "ANALOG"))
    if stated.size and good_rate(float(stated[0])):
        if good_rate(header.rate_hz) and abs(header.rate_hz - stated[0]) > 1e-3 * stated[0]:
            warnings.append(f"POINT:RATE is {stated[0]:g} Hz, the header's rate {header.rate_hz:g} Hz; POINT:RATE is used")
        rate = float(stated[0])
    elif good_rate(header.rate_hz):
        rate = header.rate_hz
        warnings.append(f"POINT:RATE is missing or no rate; the header's {rate:g} Hz are used")
    elif fast.size and good_rate(float(fast[0])):
        rate = float(fast[0]) / per_frame
        warnings.append(f"neither POINT:RATE nor the header gives a rate; {rate:g} Hz follow from ANALOG:RATE")
    else:
        raise FormatError(
            f"{name}: the C3D point rate is {header.rate_hz:g} Hz; it must be a positive number. The header (byte 20) or "
            "POINT:RATE is damaged."
        )
    if channels and fast.size and abs(float(fast[0]) - rate * per_frame) > 1e-3 * rate * per_frame:
        warnings.append(
            f"ANALOG:RATE is {fast[0]:g} Hz; {per_frame} rows in each frame at {rate:g} Hz make {rate * per_frame:g}, which is used"
        )
    return rate


def rate_if_any(header: Header, parameters: Parameters) -> float:
    """The stated rate of a file without samples; 1 Hz where it states none."""
    stated = numbers_in(parameters, "POINT", "RATE")[:1]
    rate = float(stated[0]) if stated.size else header.rate_hz
    return rate if good_rate(rate) else 1.0
