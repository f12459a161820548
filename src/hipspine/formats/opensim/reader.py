"""OpenSim storage files (.mot, .sto): coordinates, ground reactions, joint moments, muscle activity, markers and orientations.

Headers of SIMM and OpenSim 1 to 4; tables of numbers, of vectors (``DataType=Vec3``) and of quaternions. Units are SI by definition, but
for the rotations of a file that says ``inDegrees=yes`` and for lengths of one that says ``Units=mm``.
Layout: the OpenSim user's guide, "Storage (.sto) Files" and "Motion (.mot) Files".
"""

import json
import re
from dataclasses import dataclass, field
from typing import BinaryIO

from hipspine.errors import FormatError
from hipspine.formats.content import Content, Group
from hipspine.formats.motion.clock import samples_of, timing_of
from hipspine.formats.motion.head import Head, cells_of, copy, head_of, head_text, plain, whole
from hipspine.formats.motion.table import Layout, Table, layout_of
from hipspine.formats.opensim.columns import Named, columns_of
from hipspine.formats.ours import about_of, statement_of
from hipspine.formats.personal import quoted
from hipspine.formats.reader import Reader
from hipspine.formats.source import Source
from hipspine.signals.recording import Event
from hipspine.terms import Side

NAME = "OpenSim storage"
ABOUT, EVENT, STREAMS, PERSON = "hipspine_about", "hipspine_event", "hipspine_streams", "hipspine_person"
_WORDS = re.compile(r"[\w.]+$")
_PARTS = {"vec2": 2, "vec3": 3, "unitvec3": 3, "vec4": 4, "quaternion": 4, "vec5": 5, "vec6": 6, "spatialvec": 6}
_WORDY = frozenset(("indegrees", "datatype", "units", "opensimversion", "calc_derivatives", "event_type"))
_KEYS = _WORDY | {"version", "nrows", "ncolumns", "nr", "nc", "datarows", "datacolumns", "otherdata", "range", "datarate"}
_TITLES = re.compile(
    r"(coordinates|electromyography|emg|inverse (kinematics|dynamics)( generalized forces)?|kinematics|markers?( positions?)?|orientations|"
    r"(model)?states|controls|ground reactions?|grf|forces?|activations?|moments?|speeds|accelerations|results|static ?optimization|"
    r"(joint)?reactions?|motion|normalized emg|muscle (activations?|excitations?))$",
    re.IGNORECASE,
)  # titles that name a kind of table and nobody
_NO_TITLE = "anonymised"
_OF_PEOPLE = ("name", "file", "subject", "patient", "date", PERSON)
_WORD, _COUNTS = re.compile(r"[\w.+-]+$"), re.compile(r"[\d.eE+\-\s]+$")
_HELP = re.compile(
    r"\s*(units are s\.?i\.?( units)?\.?(\s*\([a-z, .]*\))?|angles are in (degrees|radians)\.?|"
    r"if the header above contains a line with 'indegrees', this indicates whether rotational values are in degrees \(yes\) or radians "
    r"\(no\)\.?)\s*$",
    re.IGNORECASE,
)  # what OpenSim itself writes


def recognises(head: bytes, suffix: str) -> bool:
    """Whether a line ``endheader`` follows, or, for a header longer than these bytes, one of its keys under the right suffix."""
    low = head_text(head).lower()
    keys = any(key in low for key in ("nrows", "datarows", "indegrees", "ncolumns", "datatype=", STREAMS))
    return "endheader" in low or (suffix in (".mot", ".sto") and keys)


def read(source: Source) -> Content:
    """The content of a storage file; rotations in rad whatever ``inDegrees`` says in the file."""
    source = plain(source)
    head = _head(source)
    header = _header(head, source.name)
    named, layout = _layout(source, head, header)
    table = Table(source, layout, time=0)
    warnings = _counted(header, table, named.cells, source.name)
    timing = timing_of(table, where=f"{source.name}, column 'time'", stated_hz=_rate(header.keys.get("datarate", "")))
    warnings.extend(timing.warnings)
    stated = statement_of(header.ours[STREAMS][0] if STREAMS in header.ours else "", source.name)
    columns = columns_of(named, table.largest[1:], header.title, header.keys, stated, warnings)
    values = samples_of(table, range(1, layout.columns), timing)
    events = tuple(sorted((_event_of(text, source.name) for text in header.ours.get(EVENT, ())), key=lambda event: event.time_s))
    about = about_of(header.ours.get(ABOUT, ()))
    if "opensimversion" in header.keys:
        about.setdefault("software", f"OpenSim {header.keys['opensimversion']}")
    group = Group(columns, values, timing.rate_hz, timing.start_s)
    return Content((group,), events, tuple(warnings), about=about, person=_person(header), statement=stated, units_stated=True)


def anonymise(source: Source, out: BinaryIO) -> tuple[str, ...]:
    """Write the file without its title and its free lines, which hold names of people, trials and folders; every number stays as it is."""
    source = plain(source)
    head = _head(source)
    end = _end(head, source.name)
    removed, at = [], 0
    for i, line in enumerate(head.lines[:end]):
        raw = source.read(at, head.ends[i] - at)
        at = head.ends[i]
        if _says_nothing_of_people(line):
            out.write(raw)
        elif i == 0:
            out.write(_NO_TITLE.encode() + raw[len(raw.rstrip(b"\r\n")) :])
            removed.append("the title")
        else:
            pair = _pair(line)
            removed.append(f"the line '{pair[0]}'" if pair and pair[0].lower() in _OF_PEOPLE else "a free line of the header")
    copy(source, at, out)
    return tuple(dict.fromkeys(removed))


READER = Reader(NAME, (".mot", ".sto"), recognises, read, anonymise)


# ----------------------------------------------------------------------------------------------------------------- header


@dataclass(frozen=True, slots=True)
class _Header:
    title: str
    end: int  # line 'endheader', from 0
    keys: dict[str, str] = field(default_factory=dict)
    ours: dict[str, list[str]] = field(default_factory=dict)
    free: tuple[str, ...] = ()


def _says_nothing_of_people(line: str) -> bool:
    text, pair = line.strip(), _pair(line)
    if not text or _TITLES.match(text) or _HELP.match(text):
        return True
    if pair is None:
        return False
    key = pair[0].lower()
    return key in (ABOUT, EVENT, STREAMS) or (key in _KEYS and bool((_WORD if key in _WORDY else _COUNTS).match(pair[1])))


def _pair(line: str) -> tuple[str, str] | None:
    """Key and value of ``key=value``, or of ``key value`` as SIMM writes it."""
    key, mark, value = (part.strip() for part in line.partition("="))
    if not mark or not _WORDS.match(key):
        key, value = (*line.split(None, 1), "", "")[:2]
    return (key, value.strip()) if _WORDS.match(key) and value.strip() else None


def _event_of(text: str, name: str) -> Event:
    """``[0.25, "foot strike", "left"]``."""
    try:
        time_s, label, side = json.loads(text)
        if abs(float(time_s)) < 1e9:
            return Event(str(label), float(time_s), Side(side) if side else None)
    except (ValueError, TypeError, RecursionError):
        pass
    raise FormatError(f'{name}: the header line {EVENT}={quoted(text)} should read \'{EVENT}=[1.25, "foot strike", "left"]\'.')


def _head(source: Source) -> Head:
    """The first lines, more of them where the header is long: each event has a line of its own."""
    head = head_of(source)
    return head if any(line.strip().lower() == "endheader" for line in head.lines) else head_of(source, 100_000)


def _end(head: Head, name: str) -> int:
    end = next((i for i, line in enumerate(head.lines) if line.strip().lower() == "endheader"), None)
    if end is None:
        raise FormatError(
            f"{name}: no line 'endheader' in the first {len(head.lines)}; an OpenSim storage file needs one. Export it again."
        )
    return end


def _header(head: Head, name: str) -> _Header:
    end = _end(head, name)
    keys: dict[str, str] = {}
    ours: dict[str, list[str]] = {}
    free = []
    for i, line in enumerate(head.lines[:end]):
        pair = _pair(line)
        if pair and pair[0] in (ABOUT, EVENT, STREAMS, PERSON):
            ours.setdefault(pair[0], []).append(pair[1])
        elif pair and ("=" in line or pair[0].lower() in _KEYS or pair[0].lower() == "name"):
            keys[pair[0].lower()] = pair[1]
        elif i and line.strip() and not _HELP.match(line):
            free.append(line.strip())
    return _Header(_title(head.lines[0].strip() if end else "", keys), end, keys, ours, tuple(free))


def _title(first: str, keys: dict[str, str]) -> str:
    """The first line, or the name in a SIMM header."""
    key = first.split()[0].lower() if first else ""
    return keys.get("name", "") if key == "name" else "" if "=" in first or key in _KEYS else first


def _person(header: _Header) -> dict[str, str]:
    """The title, where it is more than the kind of table, and lines that OpenSim does not know: names of trials, people and folders."""
    person = dict(pair.partition(":")[::2] for pair in header.ours.get(PERSON, ()))
    person = {key.strip(): value.strip() for key, value in person.items()}
    if header.title and header.title != _NO_TITLE and not _TITLES.match(header.title):
        person.setdefault("title", header.title)
    others = [f"{key}={value}" for key, value in header.keys.items() if key not in _KEYS and key != "name"]
    if header.free or others:
        person.setdefault("notes", "; ".join([*header.free, *others]))
    return person


# ------------------------------------------------------------------------------------------------------------------ table


def _layout(source: Source, head: Head, header: _Header) -> tuple[Named, Layout]:
    """Column names and how the rows below them stand."""
    filled = [i for i in range(header.end + 1, len(head.lines)) if head.lines[i].strip()]
    if len(filled) < 2:
        raise FormatError(f"{source.name}: no rows of numbers follow the header; the file is empty or cut off. Export it again.")
    names_line, first = filled[0], filled[1]
    row, titles = head.lines[first], head.lines[names_line]
    parts = _PARTS.get(header.keys.get("datatype", "").lower(), 1)
    delimiter, names, cells = _split(titles, row, parts)
    if names[0].lower() != "time":
        raise FormatError(f"{source.name}: line {names_line + 1}: the first column should be 'time', found {quoted(names[0])}.")
    if len(names) != cells:
        raise FormatError(
            f"{source.name}: {len(names)} column names (line {names_line + 1}), but {cells} numbers in a row; the file is damaged."
        )
    if len(names) < 2:
        raise FormatError(f"{source.name}: line {names_line + 1}: there is no column beside 'time'; export at least one.")
    columns = 1 + (len(names) - 1) * parts
    layout = layout_of(source, head, first, columns, delimiter="\t" if parts > 1 and delimiter else delimiter, parts=parts > 1)
    return Named(tuple(names), parts, header.keys.get("datatype", "").lower()), layout


def _split(titles: str, row: str, parts: int) -> tuple[str | None, list[str], int]:
    """Delimiter, names, and cells of a row: the way of splitting both under which they agree, else the first."""
    ways: list[tuple[str | None, list[str], int]] = []
    for delimiter in ("\t", ",", None):
        if delimiter and (delimiter not in row or (delimiter == "," and (parts > 1 or "," not in titles))):
            continue
        cells = len(cells_of(row, delimiter))
        options: list[list[str]] = [cells_of(titles, delimiter)] if delimiter else []
        options = [*options, re.split(r"\t+|\s{2,}", titles.strip()), titles.split()]
        ways.extend((delimiter, names, cells) for names in options)
    return next((way for way in ways if len(way[1]) == way[2]), ways[0])


def _rate(text: str) -> float:
    """DataRate, as tables of OpenSim 4 state it; 0 where there is none."""
    return float(text) if re.fullmatch(r"\d{1,9}(\.\d{1,30})?", text) else 0.0


def _counted(header: _Header, table: Table, columns: int, name: str) -> list[str]:
    """Warnings where the header counts otherwise; fewer rows than it promises are a file that was cut off."""
    rows = next((header.keys[key] for key in ("nrows", "datarows", "nr") if key in header.keys), "")
    said = whole(rows)
    promised = table.rows if said is None else said
    if promised > table.rows:
        raise FormatError(
            f"{name}: the header promises {promised} rows, the file holds {table.rows}; it is cut off or was edited. Export it again."
        )
    warnings = [f"the header promises {promised} rows, the file holds {table.rows}: all are read"] if promised < table.rows else []
    given = whole(next((header.keys[key] for key in ("ncolumns", "datacolumns", "nc") if key in header.keys), ""))
    if given is not None and given not in (columns, columns - 1):
        warnings.append(f"the header counts {given} columns, the table has {columns}: all are read")
    return warnings
