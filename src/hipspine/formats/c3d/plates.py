"""Force plates of a C3D file: which analog channels belong to which plate, and forces from plates that are stored as voltages.

A plate of type 4 keeps the voltages of its six channels; force and moment are its calibration matrix times these (the C3D file format
guide, FORCE_PLATFORM:CAL_MATRIX: W = C V, the matrix stored by columns, forces in N/V, moments in N times the unit of the points per V).
Nothing is subtracted for FORCE_PLATFORM:ZERO: the guide leaves that to the reader, and whether the plate was empty then nobody knows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hipspine.formats.c3d.layout import C3dContent
from hipspine.formats.channels import si_spelling
from hipspine.formats.lazy import Lazy, Rows
from hipspine.terms import Floats
from hipspine.units import to_si

_CALIBRATED = 4


@dataclass(frozen=True, slots=True, eq=False)
class Plates:
    """The analog channels, with the plates among them as forces."""

    names: dict[int, str]  # "force plate 1" of each channel, from 0
    units: tuple[str, ...]  # of all channels
    values: Lazy


@dataclass(frozen=True, slots=True, eq=False)
class _Plate:
    rows: tuple[int, ...]  # its six channels, from 0
    matrix: Floats  # (force or moment, channel) per unit of the channel as stored


def plates_of(content: C3dContent, units: Sequence[str], warnings: list[str]) -> Plates:
    """The plates that FORCE_PLATFORM lists.

    Args:
        content: the file.
        units: of all analog channels, as the file writes them.
        warnings: what was not applied is said here.
    """
    count = content.analog.shape[0]
    channels = _channels(content, warnings)
    names = {row: f"force plate {plate}" for plate, rows in enumerate(channels, 1) for row in rows if row < count}
    if len(names) < sum(len(rows) for rows in channels):
        warnings.append("FORCE_PLATFORM:CHANNEL lists channels that the file does not have or gives twice")
    calibrated = _calibrated(content, channels, units, warnings)
    if not calibrated:
        return Plates(names, tuple(units), content.analog)
    moment = f"N{_point_unit(content)}"
    given = list(units)
    for plate in calibrated:
        for place, row in enumerate(plate.rows):
            given[row] = "N" if place < 3 else moment
    return Plates(names, tuple(given), _multiplied(content.analog, calibrated))


def _channels(content: C3dContent, warnings: list[str]) -> list[list[int]]:
    """Channels of each plate, from 0."""
    used, channels = content.values("FORCE_PLATFORM", "USED"), content.values("FORCE_PLATFORM", "CHANNEL")
    plates = int(used[0]) if used.size and np.isfinite(used[0]) else 0
    if plates <= 0 or channels.size == 0:
        return []
    if channels.size < plates:
        warnings.append(f"FORCE_PLATFORM counts {plates} plates, CHANNEL lists {channels.size} channels; no plate was read")
        return []
    per_plate = np.reshape(channels[: channels.size // plates * plates], (plates, -1))
    return [[int(channel) - 1 for channel in row if np.isfinite(channel) and channel >= 1] for row in per_plate]


def _calibrated(content: C3dContent, channels: list[list[int]], units: Sequence[str], warnings: list[str]) -> list[_Plate]:
    types = content.values("FORCE_PLATFORM", "TYPE")
    wanted = [plate for plate in range(min(len(channels), types.size)) if types[plate] == _CALIBRATED]
    if not wanted:
        return []
    matrices = content.values("FORCE_PLATFORM", "CAL_MATRIX")
    known = matrices.size // 36
    if known not in (len(wanted), len(channels)) and known < len(channels):
        warnings.append(f"FORCE_PLATFORM:CAL_MATRIX holds {known} matrices for {len(wanted)} plates of type 4; these are given as recorded")
        return []
    plates = []
    for place, plate in enumerate(wanted):
        at = plate if known >= len(channels) else place
        matrix = matrices[36 * at : 36 * at + 36].reshape(6, 6).T  # stored by columns
        fault = _fault(channels[plate], matrix, content)
        if fault:
            warnings.append(f"force plate {plate + 1} is given as recorded: {fault}")
            continue
        plates.append(_Plate(tuple(channels[plate]), matrix * _to_volts(channels[plate], units)))
    foreign = {units[row].strip() for plate in plates for row in plate.rows if to_si(si_spelling(units[row]))[1] != "V"}
    if foreign:
        listed = ", ".join(repr(unit) for unit in sorted(foreign))
        warnings.append(
            f"the plates of type 4 are multiplied by their calibration matrix, taken as V although their unit is written {listed}"
        )
    return plates


def _fault(rows: list[int], matrix: Floats, content: C3dContent) -> str:
    """Why a calibration matrix cannot be applied; empty if it can."""
    if len(set(rows)) != 6 or max(rows) >= content.analog.shape[0]:
        return "a plate of type 4 has six channels of its own"
    if not np.isfinite(matrix).all() or not matrix.any():
        return "its calibration matrix is empty or holds no numbers"
    if content.unscaled & set(rows):
        return "its channels have no scale"
    return ""


def _to_volts(rows: list[int], units: Sequence[str]) -> Floats:
    """Factor of each channel; the unit of forces there is the one after the calibration, which some programs write already."""
    scales = [to_si(si_spelling(units[row])) for row in rows]
    return np.array([factor if unit == "V" else 1.0 for factor, unit in scales])


def _point_unit(content: C3dContent) -> str:
    return (content.texts("POINT", "UNITS") or ["mm"])[0] or "mm"


def _multiplied(analog: Lazy, plates: Sequence[_Plate]) -> Lazy:
    """The analog channels, those of these plates multiplied by their matrix."""
    place = {row: (plate, i) for plate in plates for i, row in enumerate(plate.rows)}

    def read(rows: Rows, start: int, stop: int) -> Floats:
        asked = [place.get(int(row)) for row in rows]
        needed = sorted({int(row) for row in rows} | {row for found in asked if found for row in found[0].rows})
        stored: Floats = analog[np.array(needed, dtype=np.intp), start:stop]
        where = {row: i for i, row in enumerate(needed)}
        out = stored[[where[int(row)] for row in rows]]
        for i, found in enumerate(asked):
            if found:
                plate, line = found
                out[i] = plate.matrix[line] @ stored[[where[row] for row in plate.rows]]
        return out

    return Lazy(analog.shape, read)
