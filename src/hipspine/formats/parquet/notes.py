"""The key-value notes of a Parquet file: what hipspine, pandas, Arrow and others wrote beside the table."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hipspine.errors import FormatError
from hipspine.signals.recording import Event
from hipspine.terms import Side

STREAMS, ABOUT, EVENTS, PERSON = "hipspine.streams", "hipspine.about", "hipspine.events", "hipspine.person"
_OF_PROGRAMS = re.compile(r"^(arrow:schema|pandas|geo|org\.apache\.|parquet\.|iceberg|delta|huggingface|r$|writer\.)", re.IGNORECASE)
_RATE = re.compile(
    r"(^|[._ -])(fs|sr|srate|rate|rate_hz|(sampl\w*|data|frame)[._ -]*(rate|freq\w*)([._ -]*hz)?|frequency|hz)$", re.IGNORECASE
)
_OF_A_PERSON = re.compile(
    r"(^|[^a-z])(name|first[ _-]?name|last[ _-]?name|surname|patient|subject|participant|client|person|proband|probant|sujet|paciente|"
    r"paziente|birth\w*|dob|geburt\w*|naissance|nacimiento|nascimento|nascita|age|sex|gender|e-?mail|address|phone|telefon\w*|technician|"
    r"operator|investigator|experimenter|examiner|tester|therapist|physician|clinician|author|owner|user|hospital|clinic|institution|"
    r"code|initials|mrn|ssn|insurance|date|datetime|day|recorded|created|creation|session|height|weight|mass)([^a-z]|$)",
    re.IGNORECASE,
)
_REMARK = re.compile(
    r"(^|[^a-z])(comments?|remarks?|notes?|history|diagnosis|title|(file|folder)([ _-]?(name|path))?|filename|filepath|path|source|"
    r"directory|kommentar|bemerkung(en)?|notizen?|remarques?|commentaires?|notas?|comentarios?|observa\w+)([^a-z]|$)",
    re.IGNORECASE,
)
_LONGEST = 300  # letters of a note that is kept
_LARGEST = 1 << 20  # letters of a note that is looked into


@dataclass(frozen=True, slots=True)
class TableNotes:
    """What the notes say that concerns the recording."""

    statement: str = ""
    rate_hz: float | None = None
    units: Mapping[str, str] = field(default_factory=dict)  # by column
    durations: Mapping[str, float] = field(default_factory=dict)  # columns that count time: seconds per count
    events: tuple[Event, ...] = ()
    about: Mapping[str, str] = field(default_factory=dict)
    person: Mapping[str, str] = field(default_factory=dict, repr=False)


def is_of_a_person(key: str) -> bool:
    """Whether what stands under this word points at a person: name, code, date, place.

    >>> is_of_a_person("subject_id"), is_of_a_person("Birth date"), is_of_a_person("device"), is_of_a_person("filename")
    (True, True, False, False)
    """
    return bool(_OF_A_PERSON.search(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", key).replace("_", " ")))


def is_remark(key: str) -> bool:
    """Whether anything may stand under this word: remarks, and paths, which tend to hold names.

    >>> is_remark("comment"), is_remark("fileName"), is_remark("filter"), is_remark("profile")
    (True, True, False, False)
    """
    return bool(_REMARK.search(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", key).replace("_", " ")))


def notes_of(pairs: Sequence[tuple[str, str]], name: str) -> TableNotes:
    """The notes in order; what points at a person is kept apart.

    Raises:
        FormatError: a note that hipspine wrote is damaged, or a rate is no number.
    """
    told = dict(pairs)
    ours = {key: _ours(told, key, name) for key in (ABOUT, EVENTS, PERSON)}
    about, person = dict(_texts(ours[ABOUT], name)), dict(_texts(ours[PERSON], name))
    rate, units = None, {}
    for key, value in _flat(told):
        if key[-1].lower() in ("unit", "units") or (len(key) > 1 and key[-2].lower() == "units"):
            units[key[-1] if key[-2:-1] and key[-2].lower() == "units" else ".".join(key[:-1])] = str(value)
        elif rate is None and _RATE.search(key[-1]):
            rate = _rate(value, key[-1], name)
        elif str(value).strip():
            kept = person if any(is_of_a_person(word) or is_remark(word) for word in key) else about
            kept.setdefault(".".join(key), _plain(value))
    return TableNotes(told.get(STREAMS, ""), rate, units, _durations(told), _events(ours[EVENTS], name), about, person)


def _ours(told: Mapping[str, str], key: str, name: str) -> Any:
    if key not in told:
        return {}
    try:
        return json.loads(told[key])
    except (ValueError, RecursionError):
        raise FormatError(f"{name}: the note {key!r} that hipspine wrote is damaged; write the file again.") from None


def _texts(found: Any, name: str) -> Iterator[tuple[str, str]]:
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise FormatError(f"{name}: a note that hipspine wrote holds something else than words; write the file again.")
    yield from found.items()


def _events(found: Any, name: str) -> tuple[Event, ...]:
    try:
        return tuple(Event(str(label), float(time_s), Side(side) if side else None) for label, time_s, side in found or ())
    except (TypeError, ValueError):
        raise FormatError(f"{name}: the events that hipspine wrote are damaged; write the file again.") from None


def _flat(told: Mapping[str, str]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Words and numbers of all notes but those of programs; a note that is JSON is looked into, two levels deep."""
    for key, value in told.items():
        if key.startswith("hipspine.") or len(value) > _LARGEST:
            continue
        if key == "pandas":
            yield from _inside((), _json(value).get("attributes"))
        elif not _OF_PROGRAMS.match(key):
            found = _json(value)
            yield from _inside((key,) if key.lower() not in ("attrs", "attributes", "pandas_attrs", "metadata") else (), found or value)


def _inside(key: tuple[str, ...], value: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict) and len(key) < 3:
        for name, member in value.items():
            yield from _inside((*key, str(name)), member)
    elif isinstance(value, str | int | float) and key:
        yield key, value


def _json(text: str) -> dict[str, Any]:
    if not text.lstrip().startswith("{"):
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _durations(told: Mapping[str, str]) -> dict[str, float]:
    """Columns that pandas kept as durations: whole numbers in the file, their unit only in its note."""
    columns = _json(told.get("pandas", "")).get("columns")
    seconds = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
    found = {}
    for column in columns if isinstance(columns, list) else ():
        kind = re.match(r"timedelta64\[(\w+)\]", str(column.get("numpy_type"))) if isinstance(column, dict) else None
        if kind and kind[1] in seconds:
            found[str(column.get("field_name") or column.get("name"))] = seconds[kind[1]]
    return found


def _rate(value: Any, key: str, name: str) -> float:
    number = re.match(r"\s*([0-9.]+(?:[eE][+-]?\d+)?)\s*(k?hz|samples/s|1/s)?\s*$", str(value), re.IGNORECASE)
    try:
        rate = float(number[1]) * (1000.0 if (number[2] or "").lower() == "khz" else 1.0) if number else 0.0
    except ValueError:
        rate = 0.0
    if not 0 < rate < 1e7:
        raise FormatError(f"{name}: the note {key[:40]!r} gives the rate as {str(value)[:40]!r}; it must be a positive number of hertz.")
    return rate


def _plain(value: Any) -> str:
    text = "".join(letter if letter.isprintable() else " " for letter in str(value)).strip()
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
