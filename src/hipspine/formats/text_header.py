"""What the lines above the numbers say: sampling rate, column labels, events, and what the file says of itself."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from hipspine.errors import FormatError
from hipspine.formats.events import canonical_event
from hipspine.signals.recording import Event
from hipspine.terms import Side

_PAIR = re.compile(r"^\s*([^:=]{1,60}?)\s*(?::=|:|=)\s*(.*)$")
_RATE_KEY = re.compile(
    r"sampl\w*\s*_?-?\s*(rate|freq)|^freq|frequen[cz]|rate_hz|^rate$|abtastrate|fr[eé]quence|frecuencia|frequenza|^fs$|data_?rate|^hz$"
)
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?")
_OF_A_PERSON = re.compile(
    r"^name$|\b((first|last|full|sur|patient|subject|client|person)[ _-]?name|patient|subject|birth\w*|dob|geburt\w*|naissance|"
    r"nombre|nome|cognome|e-?mail|address|phone|telefon)\b"
)
_OURS = ("event", "streams")


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a text file."""

    rate_hz: float | None = None
    rate_text: str = ""
    labels: tuple[str, ...] = ()
    resolution_bits: int | None = None
    events: tuple[Event, ...] = ()
    statement: str = ""
    about: dict[str, str] = field(default_factory=dict)


def header_of(comments: Sequence[str], preamble: Sequence[Sequence[str]], name: str) -> Header:
    """The header from comment lines (``# key: value``) and from the lines of a header block.

    Names, birth dates and other particulars of a person are not taken over.
    """
    about: dict[str, str] = {}
    events: list[Event] = []
    found: dict[str, str] = {}
    for comment in comments:
        if comment.startswith("{"):
            found.update(_from_json(comment))
            continue
        pair = _PAIR.match(comment)
        if pair is None:
            continue
        key, value = pair[1].strip(), pair[2].strip()
        if key == "event":
            events.append(_event(value, name))
        elif key == "streams" or _is_technical(key.lower()):
            found[key.lower()] = value
        elif value and not _OF_A_PERSON.search(key.lower()):
            about[key] = value
    found.update(_from_preamble(preamble))
    rate_text = next((value for key, value in found.items() if _RATE_KEY.search(key)), "")
    labels = tuple(label.strip() for label in re.split(r"[,;\t]", found.get("labels", "")) if label.strip())
    bits = _NUMBER.match(found.get("resolution", ""))
    return Header(
        _rate(rate_text, name),
        rate_text,
        labels,
        int(float(bits[0].replace(",", "."))) if bits else None,
        tuple(events),
        found.get("streams", ""),
        about,
    )


def _is_technical(key: str) -> bool:
    return bool(_RATE_KEY.search(key)) or key in ("labels", "resolution")


def _from_preamble(preamble: Sequence[Sequence[str]]) -> dict[str, str]:
    """Keys of a header block: "Sampling frequency;1500" or "Sampling frequency: 1500 Hz" in one cell."""
    found: dict[str, str] = {}
    for row in preamble:
        cells = [cell for cell in row if cell]
        if len(cells) >= 2:
            found.setdefault(cells[0].rstrip(": ").lower(), cells[1])
        pair = _PAIR.match(cells[0]) if cells else None
        if pair and pair[2]:
            found.setdefault(pair[1].lower(), pair[2])
    return {key: value for key, value in found.items() if _is_technical(key)}


def _from_json(comment: str) -> dict[str, str]:
    """The header line of OpenSignals: one device with its rate and column names."""
    try:
        device = next(iter(json.loads(comment).values()))
        columns, sensors = list(map(str, device.get("column", []))), list(map(str, device.get("sensor", [])))
        plain = len(columns) - len(sensors)
        labels = [*columns[:plain], *(f"{sensor} {column}" for sensor, column in zip(sensors, columns[plain:], strict=True))]
        return {"sampling rate": str(device.get("sampling rate", "")), "labels": ",".join(labels)}
    except (ValueError, AttributeError, StopIteration, TypeError, RecursionError):
        return {}


def _rate(text: str, name: str) -> float | None:
    if not text:
        return None
    number = _NUMBER.search(text)
    rate = float(number[0].replace(",", ".")) if number else 0.0
    if "khz" in text.lower():
        rate *= 1000.0
    if not 0 < rate < 1e7:
        raise FormatError(f"{name}: the header gives the sampling rate as {text[:40]!r}; it must be a positive number of hertz.")
    return rate


def _event(text: str, name: str) -> Event:
    """``time_s, label[, side]`` as hipspine writes it."""
    time, _, rest = text.partition(",")
    label, _, side = rest.rpartition(",") if rest.strip().lower().endswith((", left", ", right", ",")) else (rest, "", "")
    try:
        time_s = float(time)
    except ValueError:
        raise FormatError(
            f"{name}: the header line '# event: {text[:40]}' should read '# event: 1.25, foot strike, left' with a time in seconds."
        ) from None
    if not abs(time_s) < 1e9:
        raise FormatError(f"{name}: the header line '# event: {text[:40]}' has no usable time in seconds.")
    event, stated = canonical_event(label.strip(), side.strip())
    return Event(event, time_s, stated if stated is not None else _side(side))


def _side(text: str) -> Side | None:
    return Side(text.strip()) if text.strip() in ("left", "right") else None
