"""What some programs write in a way of their own: AcqKnowledge, LabChart, BTS, OpenSignals, Trigno Discover, Noraxon."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from hipspine.formats.column_names import is_unit
from hipspine.formats.text.cells import is_number

_STEP = re.compile(r"^\s*([\d.,]+)\s*(usec|µsec|μsec|msec|millisec|sec|s|ms|min)\w*\s*/\s*sample", re.IGNORECASE)
_CHANNELS = re.compile(r"^\s*(\d{1,4})\s+channels?\s*$", re.IGNORECASE)
_SECONDS = {"usec": 1e-6, "µsec": 1e-6, "μsec": 1e-6, "msec": 1e-3, "millisec": 1e-3, "ms": 1e-3, "sec": 1.0, "s": 1.0, "min": 60.0}
_BIOPAC_TIME = {"millisec": "ms", "msec": "ms", "ms": "ms", "sec": "s", "seconds": "s", "s": "s", "min": "min", "minutes": "min"}
SECTIONS = ("Devices", "Trajectories", "Model Outputs", "Joints", "Segments", "Events")  # tables of Vicon Nexus, one below the other
_MARKERS = ("type", "name", "label", "time")


# ------------------------------------------------------------------------------------------------------------- AcqKnowledge


@dataclass(frozen=True, slots=True)
class Titles:
    """Names and rate of a header in a way of its own: AcqKnowledge gives a title and a unit in turn, LabChart a line of each."""

    names: tuple[str, ...]
    extra: Mapping[str, str]
    first: int  # header line where the titles begin


def biopac_columns(lines: Sequence[str], columns: int) -> Titles | None:
    """Names and rate from a header such as ``0.5 msec/sample``, ``2 channels``, ``EMG``, ``mV``, ``Force``, ``kg``."""
    step_at = next((i for i, line in enumerate(lines) if _STEP.match(line)), None)
    count_at = next((i for i, line in enumerate(lines) if _CHANNELS.match(line)), None)
    step = _STEP.match(lines[step_at]) if step_at is not None else None
    count = _CHANNELS.match(lines[count_at]) if count_at is not None else None
    if step is None or count is None or count_at is None or len(lines) < count_at + 1 + 2 * int(count[1]):
        return None
    channels = int(count[1])
    pairs = [line.strip() for line in lines[count_at + 1 : count_at + 1 + 2 * channels]]
    named = [f"{title} [{unit}]" for title, unit in zip(pairs[0::2], pairs[1::2], strict=True)]
    heads = re.split(r"[\t,;]", lines[count_at + 1 + 2 * channels].strip("\r\n")) if len(lines) > count_at + 1 + 2 * channels else []
    unit = _BIOPAC_TIME.get(heads[0].strip().lower(), "") if heads else ""
    names = [f"time [{unit}]"] if unit else []
    names += named
    interval = float(step[1].replace(",", ".") or 0) * _SECONDS[step[2].lower()] if is_number(step[1]) else 0.0
    extra = {"rate": f"{1 / interval!r}"} if 0 < interval < 1e6 else {}
    return Titles(tuple([*names, *[""] * columns][:columns]), extra, count_at + 1)


def labchart_columns(lines: Sequence[str], columns: int) -> Titles | None:
    """Names and rate from the header of LabChart: ``Interval=``, ``ChannelTitle=``, ``Range=`` or ``UnitName=``, a cell per channel."""
    rows = {cells[0]: [cell.strip() for cell in cells[1:]] for line in lines if (cells := line.rstrip("\r\n").split("\t"))[0].endswith("=")}
    titles = rows.get("ChannelTitle=", [])
    if "Interval=" not in rows or len(titles) not in (columns - 1, columns):
        return None
    ranges = [re.sub(r"^[-+\d.,eE\s]+", "", cell) for cell in rows.get("Range=", [])]
    units = [*(rows.get("UnitName=") or ranges), *[""] * columns]
    names = [f"{title} [{unit}]" if is_unit(unit) else title for title, unit in zip(titles, units, strict=False)]
    step = _STEP.match(f"{rows['Interval='][0] if rows['Interval='] else ''}/sample")
    extra = (
        {"rate": repr(1 / (float(step[1].replace(",", ".")) * _SECONDS[step[2].lower()]))}
        if step and float(step[1].strip(".,0") or 0)
        else {}
    )
    first = next(i for i, line in enumerate(lines) if line.startswith("ChannelTitle="))
    return Titles(tuple(["time [s]"] * (columns - len(titles)) + names), extra, first)


def is_count_row(heading: str, rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row holds the number of samples of each channel, as AcqKnowledge writes below ``CH1  CH2``."""
    if not re.search(r"\bCH\d", heading) or len(rows) < 3:
        return False
    counts = [cell for cell in rows[0] if cell]
    whole = bool(counts) and all(cell.isdigit() for cell in counts)
    near = whole and max(map(int, counts)) - min(map(int, counts)) <= 0.01 * max(map(int, counts)) + 10
    below = [cell for cell in rows[1] if cell]
    return near and ((rows[0][0] == "" and rows[1][0] != "") or (int(counts[0]) > 100 and not all(cell.isdigit() for cell in below)))


# ------------------------------------------------------------------------------------------------- Trigno Discover, Noraxon


def annotations_from(names: Sequence[str]) -> int:
    """Column from which on a table of markers stands beside the samples (Type, Name, Label, Time ...); their number if there is none."""
    words = [re.sub(r"[^a-z]", "", re.sub(r"[\[(].*", "", name.lower())) for name in names]
    for k in range(1, len(words) - 2):
        if words[k] == _MARKERS[0] and sum(word in words[k : k + 6] for word in _MARKERS) >= 3:
            return k
    return len(names)


def joined_units(row: Sequence[str], columns: int) -> list[str]:
    """A row of names where the comma before each unit separates cells too: ``Time,s,LT GLUT MAX,uV`` for two columns."""
    if len(row) <= columns + 1:
        return list(row)
    out: list[str] = []
    for cell in row:
        if out and cell and is_unit(cell) and "[" not in out[-1] and not is_unit(out[-1]):
            out[-1] = f"{out[-1]} [{cell}]"
        else:
            out.append(cell)
    return out if len(out) == columns else list(row)


# --------------------------------------------------------------------------------------------------------------------- BTS


def bts_unit(preamble: Sequence[Sequence[str]]) -> str:
    """The unit of all tracks in a ``BTS ASCII format`` file."""
    if not preamble or not preamble[0] or not preamble[0][0].startswith("BTS ASCII"):
        return ""
    found = [row[1] for row in preamble if len(row) > 1 and row[0].lower().startswith("measure unit")]
    return found[0] if found else ""


# ------------------------------------------------------------------------------------------------------------------- Vicon


def vicon_rate(preamble: Sequence[Sequence[str]]) -> str:
    """The sampling rate that Vicon Nexus writes below the title of a section; empty if there is none."""
    for title, number in pairwise(preamble):
        filled = [cell for cell in number if cell]
        if title and title[0] in SECTIONS and len(filled) == 1 and is_number(filled[0]):
            return filled[0]
    return ""


# -------------------------------------------------------------------------------------------------------------- OpenSignals


@dataclass(frozen=True, slots=True)
class Converter:
    """Volts from the counts of a converter: ``(counts / 2**bits - 1/2) * supply / gain``."""

    factor: float
    offset: float


@dataclass(frozen=True, slots=True)
class OpenSignals:
    """The JSON line of an OpenSignals file."""

    labels: tuple[str, ...] = ()
    converters: tuple[Converter | None, ...] = ()
    bits: tuple[int, ...] = ()
    rate: str = ""
    about: Mapping[str, str] = field(default_factory=dict)
    person: Mapping[str, str] = field(default_factory=dict)


# Supply [V] and gain of the EMG sensors, from the makers' data sheets: BITalino (r)evolution EMG, +-1.64 mV at 3.3 V, gain 1009;
# biosignalsplux EMG, +-1.5 mV at 3 V, gain 1000. Of the first BITalino different gains were published: its counts stay counts.
_PLUX, _BITALINO = (3.0, 1000.0), (3.3, 1009.0)
_EMG_SENSORS = {"bitalino_rev": _BITALINO, "bitalino_riot": _BITALINO, "biosignalsplux": _PLUX, "channeller": _PLUX, "bioplux": _PLUX}


def open_signals(comments: Sequence[str]) -> OpenSignals:
    """What the JSON line says of all devices in the file; empty if there is none, or a damaged one."""
    text = next((comment for comment in comments if comment.startswith("{")), "")
    try:
        devices = [device for device in json.loads(text).values() if isinstance(device, dict)]
    except (ValueError, AttributeError, RecursionError):
        return OpenSignals()
    labels: list[str] = []
    converters: list[Converter | None] = []
    bits: list[int] = []
    person: dict[str, str] = {}
    for device in devices:
        columns, sensors = _texts(device.get("column")), _texts(device.get("sensor"))
        front = max(0, len(columns) - len(sensors))
        depths = _depths(device.get("resolution"), len(sensors))
        labels += columns[:front]
        converters += [None] * front
        for sensor, column, depth in zip(sensors, columns[front:], depths, strict=False):
            own = column.lower() in ("", sensor.lower()) or sensor.upper() in ("RAW", "CUSTOM", "OTHER", "")
            labels.append(column if own else f"{sensor} {column}")
            converters.append(_converter(sensor, device, depth))
            bits += [depth] if depth else []
        person.update({f"recording {key}": str(device[key]) for key in ("date", "time") if device.get(key)})
        person.update({key: str(device[key]) for key in ("comments", "keywords") if device.get(key)})
    names = [str(device.get("device", "")) for device in devices if device.get("device")]
    rate = next((str(device["sampling rate"]) for device in devices if device.get("sampling rate")), "")
    return OpenSignals(tuple(labels), tuple(converters), tuple(bits), rate, {"device": ", ".join(names)} if names else {}, person)


def _texts(value: Any) -> list[str]:
    return [str(entry) for entry in value] if isinstance(value, list) else []


def _depths(value: Any, sensors: int) -> list[int]:
    """Bits of each sensor's converter: the last of the list, which also counts the digital columns in some versions; 0 if not given."""
    given = value if isinstance(value, list) else [value]
    whole = [int(entry) if isinstance(entry, int | float) and 0 < entry <= 32 else 0 for entry in given]
    return [*[whole[-1] if whole else 0] * max(0, sensors - len(whole)), *whole[-sensors:]] if sensors else []


def _converter(sensor: str, device: Mapping[str, Any], bits: int) -> Converter | None:
    known = _EMG_SENSORS.get(str(device.get("device", "")).lower())
    if known is None or sensor.upper() not in ("EMG", "EMGBITREV", "EMGBIT") or not bits or device.get("convertedValues"):
        return None
    supply, gain = known
    return Converter(supply / gain / 2.0**bits, -0.5 * supply / gain)
