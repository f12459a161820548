"""TRC (track row column): marker positions of Motion Analysis, as OpenSim and many laboratories exchange them.

Five lines of header, then one row per frame: its number, its time, and x, y, z of each marker. An empty cell is a marker that was not
seen. The column of times is the clock; the header's rate is believed only where those times cannot give one.
Layout: the OpenSim user's guide, "Marker (.trc) Files".
"""

import re
from collections import Counter
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from hipspine.errors import FormatError
from hipspine.formats.channels import unique_labels
from hipspine.formats.content import Column, Content, Group
from hipspine.formats.motion.clock import Timing, samples_of, timing_of
from hipspine.formats.motion.head import Head, cells_of, copy, head_of, head_text, is_row, listed, plain, whole
from hipspine.formats.motion.markers import Zeros, nameless_line, people_of, without_people
from hipspine.formats.motion.table import Table, layout_of
from hipspine.formats.reader import Reader
from hipspine.formats.source import Source
from hipspine.terms import StreamKind

NAME = "TRC"
AXES = (".x", ".y", ".z")
_KEYS = re.compile(r"datarate|camerarate|numframes|nummarkers", re.IGNORECASE)
_UNITS = {"mm": "mm", "cm": "cm", "m": "m", "millimeters": "mm", "centimeters": "cm", "meters": "m", "metres": "m", "dm": "dm"}
_AGREEING = 0.01  # largest difference of two rates that may be one


def recognises(head: bytes, suffix: str) -> bool:
    """Whether these first bytes are the header of a TRC file."""
    text = head_text(head)
    keys = len({key.lower() for key in _KEYS.findall(text[:2000])}) >= 2
    return text.lstrip().lower().startswith("pathfiletype") or (keys and (suffix == ".trc" or "frame#" in text.lower()))


def read(source: Source) -> Content:
    """The content of a TRC file: one stream of markers, three channels each."""
    source = plain(source)
    head = head_of(source, 40)
    header = _header(head, source.name)
    markers, layout_columns, first = header.markers, 2 + 3 * len(header.markers), header.first_row
    layout = layout_of(source, head, first, layout_columns, delimiter=header.delimiter, pads=3 if header.delimiter else 0)
    zeros = Zeros(2, 3, len(markers))
    table = Table(source, layout, time=1, watch=zeros.watch)
    warnings = list(header.warnings)
    timing = _timing(table, header, warnings, source.name)
    promised = whole(header.keys.get("numframes", ""))
    if promised is not None and promised != table.rows:
        cut = "; the file may be cut off" if promised > table.rows else ""
        warnings.append(f"the header promises {promised} frames, the file holds {table.rows}: all that are there are read{cut}")
    if zeros.found(markers):
        warnings.append(
            f"{zeros.words(markers)} at exactly 0, 0, 0: kept; an empty cell is how TRC says that a marker was not seen, but some programs "
            "write zeros"
        )
    person = {"file": header.path} if header.path else {}
    if people_of(markers):
        person["subject"] = ", ".join(people_of(markers))
    unit = _unit(header.keys.get("units", ""), warnings)
    labels = [label + axis for label in without_people(markers) for axis in AXES]
    columns = tuple(Column(label, unit, "", StreamKind.MARKER, "markers") for label in labels)
    values = samples_of(table, range(2, layout.columns), timing)
    return Content((Group(columns, values, timing.rate_hz, timing.start_s),), (), tuple(warnings), person=person, units_stated=True)


def anonymise(source: Source, out: BinaryIO) -> tuple[str, ...]:
    """Write the file without the name and path in its first line and without the person before the markers' names."""
    source = plain(source)
    head = head_of(source, 40)
    header = _header(head, source.name)
    removed = []
    at = 0
    for i in range(header.first_row):
        raw, at = source.read(at, head.ends[i] - at), head.ends[i]
        ending = raw[len(raw.rstrip(b"\r\n")) :]
        if i < header.keys_line and header.path:
            kept = re.match(r"\s*pathfiletype[\s\d]*(\(X/Y/Z\))?\s?", head.lines[i], re.IGNORECASE)
            out.write((kept[0].rstrip(" ") if kept else "").encode("utf-8") + ending)
            removed.append("the name and path of the file (PathFileType)")
        elif i == header.names_line and people_of(header.markers):
            out.write(nameless_line(head.lines[i], header.markers).encode("utf-8") + ending)
            removed.append("the person before the names of the markers")
        elif i in (header.keys_line, header.keys_line + 1, header.names_line) or not _has_words(head.lines[i]):
            out.write(raw)
        else:
            removed.append("a free line of the header")
    copy(source, at, out)
    return tuple(dict.fromkeys(removed))


READER = Reader(NAME, (".trc",), recognises, read, anonymise)


def _has_words(line: str) -> bool:
    """Whether a line of the header holds more than X1 Y1 Z1."""
    return any(not re.match(r"[XYZxyz]\d*$", word) for word in line.split())


# ----------------------------------------------------------------------------------------------------------------- header


@dataclass(frozen=True, slots=True)
class _Header:
    path: str  # what stands behind PathFileType
    keys: dict[str, str]
    keys_line: int
    names_line: int
    markers: tuple[str, ...]
    delimiter: str | None
    first_row: int  # line, from 0
    warnings: tuple[str, ...]


def _header(head: Head, name: str) -> _Header:
    lines = head.lines
    keys_line = next((i for i, line in enumerate(lines) if len({key.lower() for key in _KEYS.findall(line)}) >= 2), None)
    if keys_line is None:
        raise FormatError(
            f"{name}: no line of keys (DataRate, CameraRate, NumFrames ...) in the header; a TRC file needs one. Export it again."
        )
    names_line = next((i for i, line in enumerate(lines) if i > keys_line + 1 and re.match(r"\s*\"?frame\s*#?", line, re.IGNORECASE)), None)
    if names_line is None:
        raise FormatError(f"{name}: no line 'Frame# Time ...' with the markers' names behind line {keys_line + 2}; export the file again.")
    delimiter = "\t" if "\t" in lines[names_line] else None
    first_row = next((i for i in range(names_line + 1, len(lines)) if _is_data(lines[i], delimiter)), None)
    if first_row is None:
        raise FormatError(f"{name}: no rows of numbers follow the markers' names; the file is empty or cut off. Export it again.")
    if delimiter and "\t" not in lines[first_row]:
        delimiter = None
    keys = dict(zip((key.lower() for key in lines[keys_line].split()), lines[keys_line + 1].split(), strict=False))
    warnings: list[str] = []
    markers = _markers(lines[names_line], lines[names_line + 1 : first_row], lines[first_row], delimiter, keys, warnings, name)
    path = next((_path(line) for line in lines[:keys_line] if line.strip()), "")
    return _Header(path, keys, keys_line, names_line, markers, delimiter, first_row, tuple(warnings))


def _is_data(line: str, delimiter: str | None) -> bool:
    return is_row(line, delimiter if delimiter and delimiter in line else None) and len(line.split()) >= 2


def _path(line: str) -> str:
    r"""What follows ``PathFileType 4 (X/Y/Z)``.

    >>> _path("PathFileType  4\t(X/Y/Z) C:/lab/walk1.trc")
    'C:/lab/walk1.trc'
    """
    return re.sub(r"^\s*pathfiletype[\s\d]*(\(X/Y/Z\))?", "", line, flags=re.IGNORECASE).strip()


def _markers(
    titles: str, axes: tuple[str, ...], row: str, delimiter: str | None, keys: dict[str, str], warnings: list[str], name: str
) -> tuple[str, ...]:
    """Names of the markers, one for three columns; those without a name are numbered."""
    cells = [cell.strip() for cell in titles.split("\t" if "\t" in titles else None)][2:]
    spaced = all(not cell or k % 3 == 0 for k, cell in enumerate(cells))
    names = cells[::3] if spaced and len(cells) > 3 else [cell for cell in cells if cell]
    while names and not names[-1]:
        names.pop()
    labelled = max((sum(bool(re.match(r"[XYZxyz]\d*$", word)) for word in line.split()) for line in axes), default=0)
    in_row = len(cells_of(row, delimiter)) - 2
    count = max(len(names), labelled // 3, -(-in_row // 3))
    if count == 0:
        raise FormatError(f"{name}: the header names no marker and the rows hold no position; export the file again.")
    if in_row > 3 * max(len(names), labelled // 3) and in_row % 3:
        raise FormatError(f"{name}: {in_row} positions in a row for {len(names)} markers; three each were expected. Export the file again.")
    if len(names) < count:
        warnings.append(f"{len(names)} markers are named, the rows hold {count}: the others are numbered")
    promised = whole(keys.get("nummarkers", ""))
    if promised is not None and promised != count:
        warnings.append(f"the header promises {promised} markers, the table has {count}: all that are there are read")
    doubled = [label for label, times in Counter(filter(None, names)).items() if times > 1]
    if doubled:
        warnings.append(f"several markers are called {listed(doubled)}: the later ones are shown as '{doubled[0]} (2)'")
    return _distinct([*names, *[""] * (count - len(names))])


def _distinct(names: list[str]) -> tuple[str, ...]:
    return tuple(unique_labels([name or f"marker {k}" for k, name in enumerate(names, 1)])[0])


def _unit(text: str, warnings: list[str]) -> str:
    unit = _UNITS.get(text.lower(), "")
    if not unit:
        warnings.append(f"the header gives {'no unit' if not text else 'an unknown unit'} of length: the positions are taken as mm")
        return "mm"
    return unit


# ------------------------------------------------------------------------------------------------------------------ clock


def _timing(table: Table, header: _Header, warnings: list[str], name: str) -> Timing:
    """The clock by the column of times; by frame numbers and the header's rate where the times do not rise."""
    stated = header.keys.get("datarate", "").replace(",", ".")
    try:
        stated_hz = float(stated)
    except ValueError:
        stated_hz = 0.0
    usable = 0 < stated_hz < 1e7
    try:
        timing = timing_of(table, where=f"{name}, column 'Time'", stated_hz=stated_hz if usable else 0.0)
    except FormatError:
        rises = np.isfinite(table.times_s).all() and table.times_s.size > 1 and table.times_s[-1] > table.times_s[0]
        if rises or not usable:
            raise
        frames = table.read(np.array([0]), 0, 1)[0, 0]
        start_s = max(float(frames) - 1, 0.0) / stated_hz if np.isfinite(frames) else 0.0
        warnings.append(f"the column of times does not rise: the clock is that of the header, {stated_hz:g} Hz")
        return Timing(stated_hz, start_s, table.rows)
    warnings.extend(timing.warnings)
    if usable and abs(timing.rate_hz - stated_hz) > _AGREEING * stated_hz:
        warnings.append(f"the header says {stated_hz:g} Hz, the column of times {timing.rate_hz:.6g} Hz: the times are followed")
    return timing
