"""The header of a Qualisys export: ``KEY<tab>value`` lines, then perhaps a row of column names, then the rows.

Keys as in the manual of Qualisys Track Manager (chapters "Motion data (.tsv)", "Analog data (_a.tsv)", "Force data (_f.tsv)", "6DOF data
format"), and of the FSV files from which the format comes.
"""

import re
from dataclasses import dataclass

from hipspine.errors import FormatError
from hipspine.formats.events import canonical_event
from hipspine.formats.motion.head import Head, cells_of, is_row
from hipspine.signals.recording import Event

_KNOWN = frozenset(
    ("FILE_VERSION", "NO_OF_FRAMES", "NO_OF_CAMERAS", "NO_OF_MARKERS", "NO_OF_SAMPLES", "TOT_NO_OF_CHAN", "NO_OF_CALC_CHAN", "FREQUENCY",
     "NO_OF_ANALOG", "ANALOG_FREQUENCY", "DATA_INCLUDED", "MARKER_NAMES", "TRAJECTORY_TYPES", "CHANNEL_NAMES", "CHANNEL_GAIN",
     "CHANNEL_UNITS", "CHANNEL_FREQUENCIES", "CHANNEL_SAMPLE_COUNTS", "BOARD_TYPES", "FIRST_SAMPLE", "NO_OF_BODIES", "BODY_NAMES",
     "REFERENCE", "SCALE", "SOLVER", "FP_LOCATION", "FP_CAL", "FP_GAIN", "FORCE_PLATE_TYPE", "FORCE_PLATE_MODEL", "FORCE_PLATE_NAME",
     "FORCE_PLATE_LENGTH", "FORCE_PLATE_WIDTH", "EVENT")
)  # fmt: skip
_KEY = re.compile(r"[A-Z][A-Z0-9_]+$")
_SAFE = re.compile(r"FORCE_PLATE_(CORNER|OFFSET)_\w+$")
_OF_PEOPLE = {"TIME_STAMP": "date and time of the recording", "DESCRIPTION": "description"}
_CLOCKS = re.compile(r"(frame|sample|time|smpte)[\s_#]*(no|number|nr)?\.?\s*(\[s\]|\(s\))?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Header:
    """What stands above the rows."""

    keys: dict[str, tuple[str, ...]]
    events: tuple[tuple[str, ...], ...]  # cells behind EVENT
    titles: tuple[str, ...]  # names of the columns, where the file has a row of them
    first_row: int  # line, from 0
    cells: int  # in the first row
    open_end: bool  # whether the last of these is empty

    def text(self, key: str) -> str:
        """The value of a key as one text."""
        return " ".join(self.keys.get(key, ())).strip()

    def number(self, key: str) -> float | None:
        """The value of a key, where it is a positive number."""
        return positive(self.text(key))

    @property
    def leading(self) -> int:
        """Columns of frame numbers and times that the row of names puts before the others."""
        count = 0
        while count < len(self.titles) and _CLOCKS.match(self.titles[count][:40]):
            count += 1
        return count


def positive(text: str) -> float | None:
    """A positive number, with a point or a comma."""
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return None
    return number if 0 < number < 1e9 else None


def is_header(text: str) -> bool:
    """Whether a text begins with the keys of a Qualisys export."""
    found = {line.split("\t")[0].strip() for line in text.splitlines() if "\t" in line}
    own = found & (_KNOWN - {"FREQUENCY", "EVENT", "SCALE", "REFERENCE", "SOLVER"})
    return len(own) >= 2 or (bool(own) and bool(found & {"FREQUENCY", *_OF_PEOPLE}))


def header_of(head: Head, name: str) -> Header:
    """The header, and where the rows begin.

    Raises:
        FormatError: no rows.
    """
    keys: dict[str, tuple[str, ...]] = {}
    events: list[tuple[str, ...]] = []
    titles: tuple[str, ...] = ()
    named = False
    for i, line in enumerate(head.lines):
        cells = line.split("\t")
        key = cells[0].strip()
        if not _is_key(key, cells) and (is_row(line, "\t") or (named and _is_blank_row(line))):
            if not is_header("\n".join(head.lines[:i])):
                break
            return Header(keys, tuple(events), titles, i, len(cells), not cells[-1].strip())
        if key == "EVENT":
            events.append(tuple(cell.strip() for cell in cells[1:]))
        elif _is_key(key, cells):
            titles = ()  # the row of titles stands below all keys
            named = named or key in ("MARKER_NAMES", "CHANNEL_NAMES", "BODY_NAMES")
            keys.setdefault(key, tuple(cells_of(line, "\t")[1:]))
        elif line.strip():
            titles = tuple(cells_of(line, "\t"))
    if not is_header("\n".join(head.lines)):
        raise FormatError(
            f"{name}: no header of a Qualisys export (NO_OF_FRAMES, FREQUENCY, MARKER_NAMES ...) stands above the numbers; export again "
            "with 'Include TSV header'."
        )
    raise FormatError(f"{name}: no rows of numbers follow the header; the file is empty or cut off. Export it again.")


def _is_blank_row(line: str) -> bool:
    """Whether a line holds nothing but tabs: a frame in which no marker was seen."""
    return "\t" in line and not line.strip()


def _is_key(key: str, cells: list[str]) -> bool:
    """Whether a line is ``KEY<tab>value`` and not a row of column names."""
    if key in _KNOWN or key in _OF_PEOPLE or _SAFE.match(key):
        return True
    return bool(_KEY.match(key)) and "_" in key and sum(1 for cell in cells if cell.strip()) <= 2


def person_of(header: Header) -> dict[str, str]:
    """What points at a person or a day."""
    person = {"recorded": header.text("TIME_STAMP").strip("- "), "description": header.text("DESCRIPTION").strip("- ")}
    return {key: value for key, value in person.items() if value}


def anonymised_line(line: str, titles: bool) -> tuple[str | None, str]:
    """What remains of a line of the header (None: as it is), and what was removed from it."""
    key = line.split("\t")[0].strip()
    if key in _OF_PEOPLE:
        empty = len(line.split("\t")) < 2 or not line.split("\t", 1)[1].strip("\t -")
        return (None, "") if empty else (f"{key}\t--", f"{_OF_PEOPLE[key]} ({key})")
    if not line.strip() or titles or key in _KNOWN or _SAFE.match(key):
        return None, ""
    return "", "a free line of the header"


def events_of(header: Header, rate_hz: float, warnings: list[str]) -> tuple[Event, ...]:
    """Events by their time; by their frame where the time is missing."""
    events, lost = [], 0
    for cells in header.events:
        label, frame, time = (*cells, "", "", "")[:3]
        at = _seconds(time)
        if at is None and positive(frame) is not None:
            at = (float(frame.replace(",", ".")) - 1) / rate_hz
        if at is None or not label:
            lost += 1
            continue
        name, side = canonical_event(label)
        events.append(Event(name, at, side))
    if lost:
        warnings.append(f"{lost} EVENT line(s) hold no name or no time: left out")
    return tuple(sorted(events, key=lambda event: event.time_s))


def _seconds(text: str) -> float | None:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return None
    return number if abs(number) < 1e9 else None
