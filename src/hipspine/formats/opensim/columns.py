"""What a column of an OpenSim table measures, by the table's title, its header and the column's name."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hipspine.formats.channels import kind_of, names_of, unique_labels
from hipspine.formats.content import Column
from hipspine.formats.ours import Statement
from hipspine.terms import Floats, StreamKind

_ROTATION = re.compile(
    r"(^|_)(tilt|list|rotation|obliquity|flexion|adduction|abduction|extension|bending|angle|flex|add|rot|sup|dev|beta)(_|$)"
)
_TRANSLATION = re.compile(r"(^|_)t[xyz]$")
_LENGTHS = {"mm": "mm", "cm": "cm", "m": "m", "millimeters": "mm", "centimeters": "cm", "meters": "m"}


@dataclass(frozen=True, slots=True)
class Named:
    """The names above a table."""

    names: tuple[str, ...]  # the first is 'time'
    parts: int  # numbers in a cell
    data_type: str  # as DataType says, in lower case; empty if it does not

    @property
    def cells(self) -> int:
        """Cells in a row."""
        return len(self.names)


def columns_of(
    named: Named, largest: Floats, title: str, keys: Mapping[str, str], stated: Statement, warnings: list[str]
) -> tuple[Column, ...]:
    """The columns behind 'time'.

    Args:
        named: their names.
        largest: number of each column, without its sign, by which radians are told from degrees where the header is silent.
        title: of the table.
        keys: of the header, in lower case.
        stated: what hipspine wrote beside the data.
        warnings: what was assumed is added here.
    """
    if named.parts > 1:
        return _of_parts(named, keys, warnings)
    names = named.names[1:]
    labels, doubled = unique_labels([name if stated.of(name) else _short(name) for name in names])
    warnings.extend(doubled)
    described = [_described(label, name, title) for label, name in zip(labels, names, strict=True)]
    rotations = [k for k, (kind, unit, _) in enumerate(described) if kind is StreamKind.ANGLE and unit == "rad"]
    in_degrees = _in_degrees(keys.get("indegrees", "").lower(), largest[[k for k in rotations if not stated.of(labels[k])]], warnings)
    columns = []
    for k, (label, (kind, unit, stream)) in enumerate(zip(labels, described, strict=True)):
        ours = stated.of(label)
        unit = ours.unit if ours else "deg" if in_degrees and k in rotations else unit
        columns.append(Column(label, unit, names[k] if names[k] != label else "", kind, stream))
    return tuple(columns)


def _in_degrees(said: str, largest: Floats, warnings: list[str]) -> bool:
    if said or not largest.size:
        return said.startswith("y")
    in_degrees = bool(largest.max() > 2 * np.pi)
    warnings.append(f"the header has no 'inDegrees'; the angles are taken as {'degrees' if in_degrees else 'radians'} by their size")
    return in_degrees


def _of_parts(named: Named, keys: Mapping[str, str], warnings: list[str]) -> tuple[Column, ...]:
    """Columns of vectors and quaternions (scalar first, as SimTK writes them); vectors with a unit of length are markers."""
    labels, doubled = unique_labels([_short(name) for name in named.names[1:]])
    warnings.extend(doubled)
    unit = _LENGTHS.get(keys.get("units", "").lower(), "")
    kind, stream, endings = StreamKind.OTHER, "", [str(i + 1) for i in range(named.parts)]
    if named.data_type == "quaternion":
        kind, stream, endings = StreamKind.IMU, "orientations", ["w", "x", "y", "z"]
    elif named.parts == 3:
        kind, stream, endings = StreamKind.MARKER if unit else StreamKind.OTHER, "markers" if unit else "vectors", ["x", "y", "z"]
    elif named.parts == 2:
        endings = ["x", "y"]
    unit = unit if kind is StreamKind.MARKER else ""
    return tuple(Column(f"{label}.{ending}", unit, "", kind, stream) for label in labels for ending in endings)


def _short(name: str) -> str:
    """``/jointset/hip_r/hip_flexion_r/value`` is the coordinate hip_flexion_r; other paths keep their last two parts."""
    parts = [part for part in name.strip("/").split("/") if part]
    if len(parts) < 2:
        return name
    return parts[-2] if parts[-1] == "value" else "/".join(parts[-2:])


def _described(label: str, name: str, title: str) -> tuple[StreamKind | None, str, str]:
    """Kind, unit and stream of a column, by the table's title and the column's name."""
    low = label.lower().replace(" ", "_")
    if "electromyography" in title.lower() or title.lower().startswith("emg"):
        return StreamKind.EMG, "", ""
    if low.endswith("/speed"):
        return StreamKind.OTHER, "", "speeds"
    if low.endswith(("_moment", "_force")):
        return StreamKind.OTHER, "N m" if low.endswith("_moment") else "N", "joint moments"
    ground = re.search(r"(force|torque|moment)", low)
    if ground and re.search(r"_(v|p|)[xyz]$", low):
        if re.search(r"_p[xyz]$", low):
            return StreamKind.OTHER, "", "centre of pressure"
        return StreamKind.FORCE, "N" if re.search(r"_v[xyz]$", low) else "N m", "ground reaction"
    if _TRANSLATION.search(low):
        return StreamKind.OTHER, "m", "translations"
    coordinates = title.lower().startswith("coordinates") or name.endswith("/value") or "inverse kinematics" in title.lower()
    if coordinates or _ROTATION.search(low):
        return StreamKind.ANGLE, "rad", "angles"
    kind = kind_of(label, "", names_of([Column(label)])[0])
    return kind, "", ""
