"""OpenSim storage files (.mot, .sto): coordinates, ground reactions, joint moments, muscle activity; units are SI by definition."""

import io
import re

import numpy as np

from hipspine.errors import FormatError
from hipspine.formats.channels import kind_of, names_of, unique_labels
from hipspine.formats.clock import clock_of
from hipspine.formats.content import Column, Content, Group
from hipspine.formats.reader import Reader
from hipspine.formats.source import Source
from hipspine.formats.text_table import decode
from hipspine.terms import Floats, StreamKind

NAME = "OpenSim storage"
_KEY = re.compile(r"^\s*(\w+)\s*[=\s]\s*(\S.*?)\s*$")
_ROTATION = re.compile(
    r"(^|_)(tilt|list|rotation|obliquity|flexion|adduction|abduction|extension|bending|angle|flex|add|rot|sup|dev|beta)(_|$)"
)
_TRANSLATION = re.compile(r"(^|_)t[xyz]$")
_LONGEST_HEADER = 200


def recognises(head: bytes, suffix: str) -> bool:
    """Whether a line ``endheader`` follows, or, for a header longer than these bytes, one of its keys under the right suffix."""
    low = head.lower()
    keys = any(key in low for key in (b"nrows", b"datarows", b"indegrees", b"ncolumns"))
    return b"\0" not in head and (b"endheader" in low or (suffix in (".mot", ".sto") and keys))


def read(source: Source) -> Content:
    """The content of a storage file; rotations in rad whatever ``inDegrees`` says in the file."""
    lines = decode(source.read(0, source.size), source.name).splitlines()
    end = next((i for i, line in enumerate(lines[:_LONGEST_HEADER]) if line.strip().lower() == "endheader"), None)
    if end is None:
        raise FormatError(
            f"{source.name}: no line 'endheader' in the first {_LONGEST_HEADER}; an OpenSim storage file needs one. Export it again."
        )
    keys = {match[1].lower(): match[2] for line in lines[:end] if (match := _KEY.match(line))}
    names, values = _table(lines, end + 1, keys, source.name)
    title = lines[0].strip() if lines else ""
    warnings: list[str] = []
    clock = clock_of(values[:, 0], where=f"{source.name}, column 'time'")
    warnings.extend(clock.warnings)
    samples = clock.spread(values)[:, 1:].T
    columns = _columns(names[1:], samples, title, keys, warnings)
    return Content((Group(tuple(columns), samples, clock.rate_hz, clock.start_s),), (), tuple(warnings), units_stated=True)


READER = Reader(NAME, (".mot", ".sto"), recognises, read)


def _table(lines: list[str], at: int, keys: dict[str, str], name: str) -> tuple[list[str], Floats]:
    """Column names and numbers, compared with the counts that the header promises."""
    while at < len(lines) and not lines[at].strip():
        at += 1
    names = re.split(r"\t+|\s{2,}", lines[at].strip()) if at < len(lines) else []
    if len(names) < 2:
        names = lines[at].split() if at < len(lines) else []
    rows = [line for line in lines[at + 1 :] if line.strip()]
    if len(names) < 2 or not rows:
        raise FormatError(f"{name}: no rows of numbers follow the header; the file is empty or cut off. Export it again.")
    if names[0].lower() != "time":
        raise FormatError(f"{name}: line {at + 1}: the first column should be 'time', found {names[0][:30]!r}.")
    try:
        values = np.loadtxt(io.StringIO("\n".join(rows)), ndmin=2, comments=None, dtype=np.float64)
    except ValueError as error:
        raise FormatError(
            f"{name}: a row of numbers from line {at + 2} on is damaged or cut off ({str(error).split(';')[0]}). Export the file again."
        ) from None
    if values.shape[1] != len(names):
        raise FormatError(
            f"{name}: {len(names)} column names (line {at + 1}), but {values.shape[1]} numbers in a row; the file is damaged."
        )
    promised = keys.get("nrows", keys.get("datarows", ""))
    if promised.isdigit() and int(promised) != len(rows):
        raise FormatError(
            f"{name}: the header promises {promised} rows, the file holds {len(rows)}; it is cut off or was edited. Export it again."
        )
    return names, np.where(np.isfinite(values), values, np.nan)


def _columns(names: list[str], values: Floats, title: str, keys: dict[str, str], warnings: list[str]) -> list[Column]:
    labels, doubled = unique_labels([_short(name) for name in names])
    warnings.extend(doubled)
    described = [_described(label, name, title) for label, name in zip(labels, names, strict=True)]
    degrees = keys.get("indegrees", "").lower()
    rotations = [k for k, (kind, unit, _) in enumerate(described) if kind is StreamKind.ANGLE and unit == "rad"]
    in_degrees = degrees.startswith("y")
    if rotations and not degrees:
        in_degrees = bool(np.nanmax(np.abs(values[rotations])) > 2 * np.pi)
        warnings.append(f"the header has no 'inDegrees'; the angles are taken as {'degrees' if in_degrees else 'radians'} by their size")
    return [
        Column(label, "deg" if in_degrees and k in rotations else unit, names[k] if names[k] != label else "", kind, stream)
        for k, (label, (kind, unit, stream)) in enumerate(zip(labels, described, strict=True))
    ]


def _short(name: str) -> str:
    """``/jointset/hip_r/hip_flexion_r/value`` is the coordinate hip_flexion_r; other paths keep their last two parts."""
    parts = [part for part in name.strip("/").split("/") if part]
    if len(parts) < 2:
        return name
    return parts[-2] if parts[-1] == "value" else "/".join(parts[-2:])


def _described(label: str, name: str, title: str) -> tuple[StreamKind | None, str, str]:
    """Kind, unit and stream of a column, by the table's title and the column's name."""
    low = label.lower()
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
