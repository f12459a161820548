"""How numbers become whole numbers of 16 or 24 bits, and how long a record lasts so that every rate fits into it.

A scale is a decimal of five digits, so that the 8 letters of a header field hold it exactly, and lies symmetrically around 0, so that 0
stays 0. Numbers that were read from a file of ours get the same scale again: a second round changes nothing.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hipspine.errors import FormatError
from hipspine.terms import Floats

_DIGITS = 5
_NEARLY = 1e-9  # relative; far below a step of 24 bits and far above the rounding of sums
_RECORD_BYTES = 61440  # recommended as the longest record by the EDF specification
_GRIDS_S = (1e-6, 1e-5, 1e-4, 1e-3)  # of record durations; a million of each are tried
_TRIED = 1_000_000
_TOLERANCES = (2e-9, 1e-7)  # relative error of a rate: 1e-7 is 0.4 ms in an hour, and the note keeps the exact rate


@dataclass(frozen=True, slots=True)
class Scale:
    """From numbers in SI to whole numbers of a converter and back."""

    text: str  # physical maximum as the header writes it; the minimum is its negative
    power: int  # of ten, of the header's unit
    below: float  # the next smaller physical maximum there is
    top: int  # digital maximum; one below its negative stands for a missing sample

    @property
    def step(self) -> float:
        """Between two whole numbers, in the header's unit."""
        return float(self.text) / self.top

    def digital(self, values: Floats) -> NDArray[np.int32]:
        """(sample,) the nearest whole numbers; -top - 1 for what is not finite.

        A number above the next smaller scale stays above it, so that the scale can be found again from what was written.
        """
        counts: Floats = values / (10.0**self.power * self.step)
        nearest = np.rint(counts)
        least = math.floor(self.below / self.step + 0.01) + 1
        edge = np.flatnonzero(np.abs(counts) > self.below / self.step * (1 + _NEARLY))
        nearest[edge] = np.copysign(np.clip(np.abs(nearest[edge]), least, self.top), counts[edge])
        nearest[~np.isfinite(counts)] = -self.top - 1
        return nearest.astype(np.int32)


def scale_of(largest: float, top: int) -> Scale:
    """The smallest scale that holds numbers up to this size.

    >>> scale_of(1.2345678e-4, 32767)
    Scale(text='123.46', power=-6, below=123.45, top=32767)
    >>> scale_of(0.0, 32767).text, scale_of(0.99999999, 32767).text, scale_of(1.0, 32767).text
    ('1', '1', '1')
    """
    if not largest > 0:
        return Scale("1", 0, 0.0, top)
    size = largest * (1 - _NEARLY)
    power = 3 * math.floor(math.log10(size) / 3)
    shown = size / 10.0**power
    decimals = _DIGITS - 1 - math.floor(math.log10(shown))
    units = math.ceil(shown * 10**decimals)
    text = f"{units / 10**decimals:.{decimals}f}".rstrip("0").rstrip(".")
    if float(text) >= 1000:
        return Scale("1", power + 3, (units - 1) / 10 ** (decimals + 3), top)
    return Scale(text, power, (units - 1) / 10**decimals, top)


def record_duration(rates_hz: Sequence[float], width: int, length_s: float, name: str) -> tuple[str, list[int]]:
    """Duration of a record as the header writes it, and the samples of each rate in it: whole numbers for all rates.

    About a second, less where a record would become longer than the specification recommends or the recording is shorter.

    Args:
        rates_hz: of each signal.
        width: bytes of a sample.
        length_s: of the recording.

    Raises:
        FormatError: no duration of up to 1000 s fits these rates.
    """
    rates = np.array(sorted(set(rates_hz)))
    room_s = _RECORD_BYTES / (width * sum(rates_hz))
    wanted_s = min(1.0, room_s, length_s)
    for tolerance in _TOLERANCES:
        for grid_s in _GRIDS_S:
            duration = _fitting(rates, grid_s, wanted_s, tolerance)
            if duration:
                return duration, [max(1, round(rate * float(duration))) for rate in rates_hz]
    listed = ", ".join(f"{rate:.9g}" for rate in rates)
    raise FormatError(f"{name}: no duration of a record holds whole numbers of samples at {listed} Hz; write a CSV file instead.")


def _fitting(rates: Floats, grid_s: float, wanted_s: float, tolerance: float) -> str:
    """The longest duration up to the wanted one that fits all rates, else the shortest there is; empty if there is none."""
    places = np.arange(1, _TRIED + 1)
    for rate in rates:
        samples = rate * (places * grid_s)
        whole = np.rint(samples)
        places = places[(whole >= 1) & (np.abs(samples - whole) <= tolerance * samples)]
    if not places.size:
        return ""
    short = places[places * grid_s <= wanted_s * (1 + _NEARLY)]
    place = int(short[-1] if short.size else places[0])
    decimals = round(-math.log10(grid_s))
    return f"{place / 10**decimals:.{decimals}f}".rstrip("0").rstrip(".")
